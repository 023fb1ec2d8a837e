/// Which frames a driver wants (virtio 1.2, clauses 5.1.6.5.1 to 5.1.6.5.3). Until it says so: all of them.
struct NetworkFilter {
    var isPromiscuous = true
    var allMulticast = false
    var allUnicast = false
    var noMulticast = false
    var noUnicast = false
    var noBroadcast = false
    var mac: UInt64
    var unicast: Set<UInt64> = []
    var multicast: Set<UInt64> = []
    /// A table was too long to keep: all frames of its kind pass.
    var hasUnicastOverflow = false
    var hasMulticastOverflow = false
    /// Tagged frames pass only with these numbers, if the driver filters.
    var filtersVLANs = false
    private var vlans = [UInt64](repeating: 0, count: 64)

    /// Longer tables are not kept: all such frames pass then.
    static let tableLimit = 64

    init(mac: UInt64) { self.mac = mac }

    mutating func setVLAN(_ number: UInt16, _ isOn: Bool) {
        let bit = 1 << UInt64(number & 63) as UInt64
        if isOn { vlans[Int(number >> 6)] |= bit } else { vlans[Int(number >> 6)] &= ~bit }
    }

    /// - Parameter frame: from the destination address on.
    func accepts(_ frame: UnsafeRawBufferPointer) -> Bool {
        guard frame.count >= 14 else { return false }
        if filtersVLANs, frame.count >= 16, frame[12] == 0x81, frame[13] == 0 {
            let number = (UInt16(frame[14]) << 8 | UInt16(frame[15])) & 0xfff
            if number != 0, vlans[Int(number >> 6)] & (1 << UInt64(number & 63)) == 0 { return false }
        }
        if isPromiscuous { return true }
        let destination = Self.address(frame)
        if destination == 0xffff_ffff_ffff { return !noBroadcast }
        if destination >> 40 & 1 != 0 {
            return !noMulticast && (allMulticast || hasMulticastOverflow || multicast.contains(destination))
        }
        return !noUnicast && (allUnicast || hasUnicastOverflow || destination == mac || unicast.contains(destination))
    }

    /// The first six bytes as a number, the first byte highest.
    static func address(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        for byte in bytes.prefix(6) { value = value << 8 | UInt64(byte) }
        return value
    }
}
