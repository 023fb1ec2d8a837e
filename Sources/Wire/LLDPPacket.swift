/// The three TLVs that every LLDP data unit starts with (IEEE 802.1AB-2016, 8.5), as controllers use them to find links.
/// Later TLVs are skipped.
public struct LLDPPacket: Equatable, Sendable {
    /// 4: a MAC address, 7: a name assigned locally, … (table 8-2).
    public var chassisSubtype: UInt8
    public var chassis: [UInt8]
    /// 3: a MAC address, 5: an interface's name, 7: a name assigned locally, … (table 8-3).
    public var portSubtype: UInt8
    public var port: [UInt8]
    /// Seconds for which the information holds.
    public var timeToLive: UInt16

    /// Subtype of a MAC address in `chassisSubtype`.
    public static let chassisMAC: UInt8 = 4
    /// Subtype of an interface's name in `portSubtype`.
    public static let portInterfaceName: UInt8 = 5

    /// - Precondition: `chassis` and `port` have 1 to 255 bytes (8.5.2.1, 8.5.3.1).
    public init(chassisSubtype: UInt8, chassis: [UInt8], portSubtype: UInt8, port: [UInt8], timeToLive: UInt16) {
        precondition((1...255).contains(chassis.count) && (1...255).contains(port.count))
        self.chassisSubtype = chassisSubtype
        self.chassis = chassis
        self.portSubtype = portSubtype
        self.port = port
        self.timeToLive = timeToLive
    }

    /// Parses the data unit at the start of `bytes` (behind the EtherType); nil when the three TLVs are not there in
    /// their order and within their lengths.
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        var offset = 0
        func next(type: UInt16, lengths: ClosedRange<Int>) -> UnsafeRawBufferPointer? {
            guard offset + 2 <= bytes.count else { return nil }
            let head = UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
            let length = Int(head & 0x1ff)
            guard head >> 9 == type, lengths.contains(length), offset + 2 + length <= bytes.count else { return nil }
            defer { offset += 2 + length }
            return UnsafeRawBufferPointer(rebasing: bytes[(offset + 2)..<(offset + 2 + length)])
        }
        guard let chassis = next(type: 1, lengths: 2...256), let port = next(type: 2, lengths: 2...256),
            let timeToLive = next(type: 3, lengths: 2...511)
        else { return nil }
        chassisSubtype = chassis[0]
        self.chassis = Array(chassis[1...])
        portSubtype = port[0]
        self.port = Array(port[1...])
        self.timeToLive = UInt16(timeToLive[0]) << 8 | UInt16(timeToLive[1])
    }

    /// Bytes of the data unit, its end TLV included.
    public var byteCount: Int { 3 + chassis.count + 3 + port.count + 4 + 2 }

    /// Writes the data unit at the start of `bytes`.
    /// - Precondition: `bytes` holds at least `byteCount`.
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= byteCount)
        var offset = 0
        func put(_ byte: UInt8) {
            bytes[offset] = byte
            offset += 1
        }
        func open(type: UInt16, length: Int) {
            let head = type << 9 | UInt16(length)
            put(UInt8(head >> 8))
            put(UInt8(truncatingIfNeeded: head))
        }
        open(type: 1, length: 1 + chassis.count)
        put(chassisSubtype)
        chassis.forEach(put)
        open(type: 2, length: 1 + port.count)
        put(portSubtype)
        port.forEach(put)
        open(type: 3, length: 2)
        put(UInt8(timeToLive >> 8))
        put(UInt8(truncatingIfNeeded: timeToLive))
        open(type: 0, length: 0)
    }
}
