// Capture files: what tcpdump and Wireshark read and write.
//
// Writing is appending bytes to an array, so that the same code feeds a file, a pipe (`rookery capture -w -`) and a
// test. The classic format is written with nanoseconds; pcapng where a file holds several interfaces by name.
// Reading takes classic files of both byte orders and resolutions and the blocks of pcapng that carry packets.

/// The formats that can be written.
public enum CaptureFormat: Sendable {
    /// Classic pcap, timestamps in microseconds (magic 0xa1b2c3d4).
    case pcapMicroseconds
    /// Classic pcap, timestamps in nanoseconds (magic 0xa1b23c4d).
    case pcapNanoseconds
    /// pcapng (draft-ietf-opsawg-pcapng) with nanoseconds.
    case pcapng
}

/// The records of a capture file, little-endian, to be appended one after the other.
public struct CaptureWriter: Sendable {
    public let format: CaptureFormat
    /// The bytes of a packet that are kept at most.
    public let snapshotByteCount: Int

    /// Link type: Ethernet.
    static let ethernet: UInt16 = 1

    public init(format: CaptureFormat = .pcapNanoseconds, snapshotByteCount: Int = 262_144) {
        self.format = format
        self.snapshotByteCount = snapshotByteCount
    }

    /// Appends what a file starts with.
    /// - Parameter interfaces: for pcapng, the name of each interface, in the order of their numbers.
    public func appendHeader(interfaces: [String] = [""], to out: inout [UInt8]) {
        switch format {
        case .pcapMicroseconds, .pcapNanoseconds:
            append(UInt32(format == .pcapNanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4), to: &out)
            append(UInt16(2), to: &out)
            append(UInt16(4), to: &out)
            append(UInt32(0), to: &out)
            append(UInt32(0), to: &out)
            append(UInt32(clamping: snapshotByteCount), to: &out)
            append(UInt32(Self.ethernet), to: &out)
        case .pcapng:
            append(UInt32(0x0a0d_0d0a), to: &out)
            append(UInt32(28), to: &out)
            append(UInt32(0x1a2b_3c4d), to: &out)
            append(UInt16(1), to: &out)
            append(UInt16(0), to: &out)
            append(UInt64.max, to: &out)
            append(UInt32(28), to: &out)
            for name in interfaces { appendInterface(name: name, to: &out) }
        }
    }

    /// Appends a pcapng interface description with the interface's name and nanosecond resolution.
    private func appendInterface(name: String, to out: inout [UInt8]) {
        let bytes = Array(name.utf8.prefix(0xffff))
        let padding = (4 - bytes.count % 4) % 4
        let nameOption = bytes.isEmpty ? 0 : 4 + bytes.count + padding
        let total = UInt32(20 + nameOption + 8 + 4)
        append(UInt32(1), to: &out)
        append(total, to: &out)
        append(Self.ethernet, to: &out)
        append(UInt16(0), to: &out)
        append(UInt32(clamping: snapshotByteCount), to: &out)
        if !bytes.isEmpty {
            append(UInt16(2), to: &out)
            append(UInt16(bytes.count), to: &out)
            out.append(contentsOf: bytes)
            for _ in 0..<padding { out.append(0) }
        }
        // if_tsresol: 10^-9 s.
        append(UInt16(9), to: &out)
        append(UInt16(1), to: &out)
        append(UInt32(9), to: &out)
        append(UInt32(0), to: &out)
        append(total, to: &out)
    }

    /// Appends a packet.
    /// - Parameters:
    ///   - frame: the Ethernet frame, without its check sequence.
    ///   - timestamp: nanoseconds since 1970 (the reader shows them as the time of day).
    ///   - interface: the interface's number, for pcapng.
    ///   - originalByteCount: bytes of the packet on the wire, where `frame` is only the start of it.
    public func appendPacket(
        _ frame: UnsafeRawBufferPointer, timestamp: UInt64, interface: UInt32 = 0, originalByteCount: Int? = nil,
        to out: inout [UInt8]
    ) {
        let kept = UnsafeRawBufferPointer(rebasing: frame.prefix(snapshotByteCount))
        let original = UInt32(clamping: max(originalByteCount ?? frame.count, kept.count))
        switch format {
        case .pcapMicroseconds, .pcapNanoseconds:
            let fraction = timestamp % 1_000_000_000
            append(UInt32(truncatingIfNeeded: timestamp / 1_000_000_000), to: &out)
            append(UInt32(format == .pcapNanoseconds ? fraction : fraction / 1000), to: &out)
            append(UInt32(kept.count), to: &out)
            append(original, to: &out)
            out.append(contentsOf: kept)
        case .pcapng:
            let padding = (4 - kept.count % 4) % 4
            let total = UInt32(32 + kept.count + padding)
            append(UInt32(6), to: &out)
            append(total, to: &out)
            append(interface, to: &out)
            append(UInt32(truncatingIfNeeded: timestamp >> 32), to: &out)
            append(UInt32(truncatingIfNeeded: timestamp), to: &out)
            append(UInt32(kept.count), to: &out)
            append(original, to: &out)
            out.append(contentsOf: kept)
            for _ in 0..<padding { out.append(0) }
            append(total, to: &out)
        }
    }

    private func append<Field: FixedWidthInteger>(_ value: Field, to out: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
    }
}
