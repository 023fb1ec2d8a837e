/// A meter at work: a token bucket for each band, in integers.
///
/// A bucket fills at the band's rate and is as deep as its burst. A packet conforms while anything is in the bucket that it
/// could have filled alone or that is full, and takes out what it weighs, be it more than there is: so the rate
/// holds over any long time, whatever the size of the packets. The band of the highest rate that a packet does not
/// conform to acts on it.
struct MeterState {
    struct Band {
        var effect: Meter.Band.Effect
        /// Added each nanosecond: bits, or packets, in units of which a packet weighs `scale` for each.
        var rate: UInt64
        var depth: Int64
        var level: Int64
        var filled: UInt64
        var packets: UInt64 = 0
        var bytes: UInt64 = 0
    }

    var meter: Meter
    let created: UInt64
    var flowCount: Int32 = 0
    var packetsIn: UInt64 = 0
    var bytesIn: UInt64 = 0
    var bands: [Band]

    init(_ meter: Meter, now: UInt64) {
        self.meter = meter
        created = now
        bands = meter.bands.map { band in
            let inPackets = meter.flags.contains(.packets)
            // Kilobits a second are 10⁻⁶ bits a nanosecond; packets a second 10⁻⁹ packets a nanosecond.
            let second = inPackets ? UInt64(band.rate) * 1_000_000_000 : UInt64(band.rate) * 1000 * 1_000_000
            // A band without a burst gets a tenth of a second's.
            var depth = second / 10
            if meter.flags.contains(.burst) && band.burst > 0 {
                depth = inPackets ? UInt64(band.burst) * 1_000_000_000 : UInt64(band.burst) * 1000 * 1_000_000
            }
            // Never less than one ordinary packet.
            depth = max(depth, inPackets ? 1_000_000_000 : 12_144 * 1_000_000)
            return Band(
                effect: band.effect, rate: UInt64(band.rate), depth: Int64(min(depth, 1 << 62)),
                level: Int64(min(depth, 1 << 62)), filled: now)
        }
    }

    /// Holds a packet against the bands.
    /// - Returns: the band that acts on it, or -1.
    mutating func pass(packets: Int, bytes: Int, now: UInt64) -> Int {
        packetsIn &+= UInt64(packets)
        bytesIn &+= UInt64(bytes)
        let inPackets = meter.flags.contains(.packets)
        let weight = inPackets ? Int64(packets) * 1_000_000_000 : Int64(bytes) * 8 * 1_000_000
        var chosen = -1
        for place in bands.indices {
            let elapsed = now > bands[place].filled ? now - bands[place].filled : 0
            let (added, overflow) = elapsed.multipliedReportingOverflow(by: bands[place].rate)
            bands[place].filled = max(now, bands[place].filled)
            if overflow || added > UInt64(bands[place].depth) &- UInt64(bitPattern: min(bands[place].level, 0)) {
                bands[place].level = bands[place].depth
            } else {
                bands[place].level = min(bands[place].depth, bands[place].level + Int64(added))
            }
            if bands[place].level >= min(weight, bands[place].depth) {
                bands[place].level -= weight
            } else if chosen < 0 || bands[place].rate > bands[chosen].rate {
                chosen = place
            }
        }
        if chosen >= 0 {
            bands[chosen].packets &+= UInt64(packets)
            bands[chosen].bytes &+= UInt64(bytes)
        }
        return chosen
    }
}
