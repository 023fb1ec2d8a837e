/// Reads the packets of a capture file that is in memory, one after the other.
public struct CaptureReader: Sendable {
    /// A packet of the file.
    public struct Packet: Equatable, Sendable {
        /// The bytes that were kept, as a range of the file.
        public var range: Range<Int>
        /// Nanoseconds since 1970.
        public var timestamp: UInt64
        /// Bytes of the packet on the wire.
        public var originalByteCount: Int
        /// The interface's number; 0 in classic files.
        public var interface: Int
    }

    /// Why a file cannot be read on.
    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// The first bytes are those of no capture format.
        case notACapture
        /// The record at `offset` is cut short or its lengths contradict each other.
        case malformed(offset: Int)
        /// A pcapng packet names an interface that was not described.
        case unknownInterface(offset: Int)

        public var description: String {
            switch self {
            case .notACapture: "not a pcap or pcapng file: the magic number is unknown"
            case .malformed(let offset): "the capture is cut short or damaged at byte \(offset)"
            case .unknownInterface(let offset): "the packet at byte \(offset) is of an interface not described before"
            }
        }
    }

    private struct Interface: Sendable {
        var linkType: UInt16
        var unitsPerSecond: UInt64
    }

    /// The whole file.
    public let bytes: [UInt8]
    /// Where the next record starts.
    public private(set) var offset: Int
    /// The link type of each interface; 1 is Ethernet.
    public var linkTypes: [UInt16] { interfaces.map(\.linkType) }

    private var isSwapped: Bool
    private let isNextGeneration: Bool
    private var interfaces: [Interface] = []

    /// Reads the header of the file in `bytes`.
    public init(_ bytes: [UInt8]) throws(Failure) {
        self.bytes = bytes
        offset = 0
        isSwapped = false
        guard bytes.count >= 24 else { throw .notACapture }
        let magic = bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
        isNextGeneration = magic == 0x0a0d_0d0a
        if isNextGeneration { return }
        let swapped = magic.byteSwapped
        isSwapped = swapped == 0xa1b2_c3d4 || swapped == 0xa1b2_3c4d
        let units: UInt64
        switch isSwapped ? swapped : magic {
        case 0xa1b2_c3d4: units = 1_000_000
        case 0xa1b2_3c4d: units = 1_000_000_000
        default: throw .notACapture
        }
        interfaces = [Interface(linkType: UInt16(truncatingIfNeeded: load32(20)), unitsPerSecond: units)]
        offset = 24
    }

    /// The next packet; nil at the end of the file.
    public mutating func next() throws(Failure) -> Packet? {
        isNextGeneration ? try nextBlockPacket() : try nextClassic()
    }

    private mutating func nextClassic() throws(Failure) -> Packet? {
        if offset == bytes.count { return nil }
        guard bytes.count - offset >= 16 else { throw .malformed(offset: offset) }
        let kept = Int(load32(offset + 8))
        guard bytes.count - offset - 16 >= kept else { throw .malformed(offset: offset) }
        let units = interfaces[0].unitsPerSecond
        let fraction = UInt64(load32(offset + 4)) &* (1_000_000_000 / units)
        let packet = Packet(
            range: (offset + 16)..<(offset + 16 + kept),
            timestamp: UInt64(load32(offset)) * 1_000_000_000 &+ fraction,
            originalByteCount: Int(load32(offset + 12)), interface: 0)
        offset += 16 + kept
        return packet
    }

    private mutating func nextBlockPacket() throws(Failure) -> Packet? {
        while offset < bytes.count {
            let start = offset
            guard bytes.count - start >= 12 else { throw .malformed(offset: start) }
            if load32(start) == 0x0a0d_0d0a {
                // A section says its byte order behind its length, and starts the count of interfaces again.
                let order = load32(start + 8)
                if order == 0x4d3c_2b1a { isSwapped.toggle() }
                guard load32(start + 8) == 0x1a2b_3c4d else { throw .malformed(offset: start) }
                interfaces = []
            }
            let total = Int(load32(start + 4))
            guard total >= 12, total % 4 == 0, bytes.count - start >= total else { throw .malformed(offset: start) }
            offset = start + total
            switch load32(start) {
            case 1:
                guard total >= 20 else { throw .malformed(offset: start) }
                interfaces.append(interface(at: start, total: total))
            case 6:
                guard total >= 32 else { throw .malformed(offset: start) }
                let kept = Int(load32(start + 20))
                guard kept <= total - 32 else { throw .malformed(offset: start) }
                let number = Int(load32(start + 8))
                guard number < interfaces.count else { throw .unknownInterface(offset: start) }
                let time = UInt64(load32(start + 12)) << 32 | UInt64(load32(start + 16))
                return Packet(
                    range: (start + 28)..<(start + 28 + kept),
                    timestamp: nanoseconds(time, unitsPerSecond: interfaces[number].unitsPerSecond),
                    originalByteCount: Int(load32(start + 24)), interface: number)
            default:
                continue
            }
        }
        return nil
    }

    /// The interface that the description block at `start` describes: link type and resolution of timestamps.
    private func interface(at start: Int, total: Int) -> Interface {
        var found = Interface(linkType: load16(start + 8), unitsPerSecond: 1_000_000)
        var option = start + 16
        let end = start + total - 4
        while option + 4 <= end {
            let code = load16(option)
            let length = Int(load16(option + 2))
            guard code != 0, option + 4 + length <= end else { break }
            if code == 9, length == 1 {
                let exponent = bytes[option + 4]
                if exponent & 0x80 == 0, exponent <= 19 {
                    found.unitsPerSecond = (0..<exponent).reduce(1) { value, _ in value * 10 }
                } else if exponent & 0x80 != 0, exponent & 0x7f < 64 {
                    found.unitsPerSecond = 1 << UInt64(exponent & 0x7f)
                }
            }
            option += 4 + (length + 3) / 4 * 4
        }
        return found
    }

    private func nanoseconds(_ time: UInt64, unitsPerSecond units: UInt64) -> UInt64 {
        if units == 1_000_000_000 { return time }
        let seconds = time / units
        let product = (time % units).multipliedFullWidth(by: 1_000_000_000)
        let fraction = units.dividingFullWidth(product).quotient
        return seconds &* 1_000_000_000 &+ fraction
    }

    private func load32(_ offset: Int) -> UInt32 {
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
        return isSwapped ? UInt32(bigEndian: value) : UInt32(littleEndian: value)
    }

    private func load16(_ offset: Int) -> UInt16 {
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt16.self) }
        return isSwapped ? UInt16(bigEndian: value) : UInt16(littleEndian: value)
    }
}
