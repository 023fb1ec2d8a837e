import Wire

// IPv4 and IPv6.

extension PacketEditing {
    static func setNetwork(
        _ field: Field, _ value: FieldValue, in packet: PacketRef, _ layout: PacketLayout
    ) -> Bool {
        switch layout.network {
        case .ipv4:
            guard let ip = header(layout.l3, IPv4Header.byteCount, in: packet) else { return false }
            return setIPv4(field, value.low, ip, in: packet, layout)
        case .ipv6:
            guard let ip = header(layout.l3, IPv6Header.byteCount, in: packet) else { return false }
            return setIPv6(field, value, ip, in: packet, layout)
        default: return false
        }
    }

    private static func setIPv4(
        _ field: Field, _ value: UInt64, _ ip: UnsafeMutableRawPointer, in packet: PacketRef, _ layout: PacketLayout
    ) -> Bool {
        let byte = UInt8(truncatingIfNeeded: value)
        let trafficClass = ip.loadByte(at: IPv4Header.Offset.trafficClass)
        switch field {
        case .ipv4Source, .ipv4Destination:
            let offset = field == .ipv4Source ? IPv4Header.Offset.source : IPv4Header.Offset.destination
            let new = UInt32(truncatingIfNeeded: value)
            let old = ip.loadBigEndian32(at: offset)
            ip.storeBigEndian(new, at: offset)
            let checksum = ip.loadBigEndian16(at: IPv4Header.Offset.checksum)
            ip.storeBigEndian(
                InternetChecksum.update(checksum, from: old, to: new), at: IPv4Header.Offset.checksum)
            var change = InternetChecksum()
            change.subtract(old)
            change.add(new)
            addressesChanged(by: change, in: packet, layout)
        case .ipToS: setIPv4Word(at: 0, keeping: 0xff00, UInt16(byte), ip)
        case .ipDSCP: setIPv4Word(at: 0, keeping: 0xff00, UInt16(byte << 2 | trafficClass & 3), ip)
        case .ipECN: setIPv4Word(at: 0, keeping: 0xff00, UInt16(trafficClass & 0xfc | byte & 3), ip)
        case .ipTTL: setIPv4Word(at: IPv4Header.Offset.timeToLive, keeping: 0x00ff, UInt16(byte) << 8, ip)
        default: return false
        }
        return true
    }

    /// Overwrites the bits of a 16-bit word that are not in `mask`, and keeps the header's checksum.
    private static func setIPv4Word(
        at offset: Int, keeping mask: UInt16, _ value: UInt16, _ ip: UnsafeMutableRawPointer
    ) {
        let old = ip.loadBigEndian16(at: offset)
        let new = old & mask | value
        ip.storeBigEndian(new, at: offset)
        let checksum = ip.loadBigEndian16(at: IPv4Header.Offset.checksum)
        ip.storeBigEndian(InternetChecksum.update(checksum, from: old, to: new), at: IPv4Header.Offset.checksum)
    }

    private static func setIPv6(
        _ field: Field, _ value: FieldValue, _ ip: UnsafeMutableRawPointer, in packet: PacketRef,
        _ layout: PacketLayout
    ) -> Bool {
        let first = ip.loadBigEndian32()
        let byte = UInt32(truncatingIfNeeded: value.low & 0xff)
        switch field {
        case .ipv6Source, .ipv6Destination:
            let isSource = field == .ipv6Source
            let place = ip + (isSource ? IPv6Header.Offset.source : IPv6Header.Offset.destination)
            let old = IPv6Address(reading: place)
            IPv6Address(high: value.high, low: value.low).write(to: place)
            if !isSource, isRouted(ip, layout) { return true }
            var change = InternetChecksum()
            change.subtract(old.high)
            change.subtract(old.low)
            change.add(value.high)
            change.add(value.low)
            addressesChanged(by: change, in: packet, layout)
        case .ipToS: ip.storeBigEndian(first & 0xf00f_ffff | byte << 20)
        case .ipDSCP: ip.storeBigEndian(first & 0xf03f_ffff | (byte & 0x3f) << 22)
        case .ipECN: ip.storeBigEndian(first & 0xffcf_ffff | (byte & 3) << 20)
        case .ipTTL: ip.storeByte(UInt8(truncatingIfNeeded: value.low), at: IPv6Header.Offset.hopLimit)
        case .ipv6FlowLabel: ip.storeBigEndian(first & 0xfff0_0000 | UInt32(truncatingIfNeeded: value.low) & 0xf_ffff)
        default: return false
        }
        return true
    }

    /// Whether a routing header with segments left makes the pseudo-header's destination another than the header's
    /// (RFC 8200, 8.1).
    private static func isRouted(_ ip: UnsafeMutableRawPointer, _ layout: PacketLayout) -> Bool {
        let end = Int(layout.l4 < 0 ? layout.l3 : layout.l4) - Int(layout.l3)
        var next = ip.loadByte(at: IPv6Header.Offset.nextHeader)
        var offset = IPv6Header.byteCount
        // `extract` walked these headers: they are in the frame as far as the transport header.
        while offset + 8 <= end {
            let length = Int(ip.loadByte(at: offset + 1))
            let count: Int
            switch next {
            case IPProtocol.routing: return ip.loadByte(at: offset + 3) > 0
            case IPProtocol.fragment: count = 8
            case IPProtocol.ah: count = (length + 2) * 4
            default: count = (length + 1) * 8
            }
            next = ip.loadByte(at: offset)
            offset += count
        }
        return false
    }

    /// Takes one from the IPv4 time to live or the IPv6 hop limit.
    /// - Returns: true, with nothing changed, when it is 1 or 0: the packet has expired. False for other packets.
    public static func decrementTTL(_ packet: PacketRef, _ layout: PacketLayout) -> Bool {
        switch layout.network {
        case .ipv4:
            guard let ip = header(layout.l3, IPv4Header.byteCount, in: packet) else { return false }
            let timeToLive = ip.loadByte(at: IPv4Header.Offset.timeToLive)
            if timeToLive <= 1 { return true }
            setIPv4Word(at: IPv4Header.Offset.timeToLive, keeping: 0x00ff, UInt16(timeToLive - 1) << 8, ip)
            return false
        case .ipv6:
            guard let ip = header(layout.l3, IPv6Header.byteCount, in: packet) else { return false }
            let hopLimit = ip.loadByte(at: IPv6Header.Offset.hopLimit)
            if hopLimit <= 1 { return true }
            ip.storeByte(hopLimit - 1, at: IPv6Header.Offset.hopLimit)
            return false
        default: return false
        }
    }
}
