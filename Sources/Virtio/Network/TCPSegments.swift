import Wire

/// Cuts a TCP segment of up to 64 KiB into frames of the size that its header asks for, as a card without offload of large
/// receives would have got them from the wire (the kernel's Documentation/networking/segmentation-offloads.rst).
struct TCPSegments {
    private let frame: UnsafeRawBufferPointer
    private let ip: Int
    private let tcp: Int
    private let payload: Int
    private let segmentSize: Int
    private let isIPv4: Bool
    private var position: Int

    private static let fin: UInt8 = 0x01
    private static let push: UInt8 = 0x08
    private static let windowReduced: UInt8 = 0x80

    /// - Parameters:
    ///   - header: the virtio-net header, of a TCP segment with an unfinished checksum.
    ///   - frame: what follows it. Must not change while this value is used.
    /// - Returns: nil where the two do not fit together.
    init?(header: UnsafeRawBufferPointer, frame: UnsafeRawBufferPointer) {
        guard header.count >= NetworkHeader.byteCount, header[0] & NetworkHeader.needsChecksum != 0 else { return nil }
        switch header[1] & ~NetworkHeader.ecn {
        case NetworkHeader.tcp4: isIPv4 = true
        case NetworkHeader.tcp6: isIPv4 = false
        default: return nil
        }
        func little(_ offset: Int) -> Int { Int(header[offset]) | Int(header[offset + 1]) << 8 }
        segmentSize = little(4)
        tcp = little(6)
        guard segmentSize > 0, little(8) == 16, tcp + 20 <= frame.count, frame.count >= 34 else { return nil }
        var type = 12
        // VLAN tags: customer's and provider's.
        while [0x8100, 0x88a8].contains(Self.word(frame, type)), type + 6 <= frame.count { type += 4 }
        ip = type + 2
        guard ip + 20 <= tcp else { return nil }
        if isIPv4 {
            guard frame[ip] >> 4 == 4, ip + Int(frame[ip] & 15) * 4 == tcp else { return nil }
        } else {
            guard frame[ip] >> 4 == 6, ip + 40 <= tcp else { return nil }
        }
        payload = tcp + Int(frame[tcp + 12] >> 4) * 4
        guard payload >= tcp + 20, payload < frame.count else { return nil }
        self.frame = frame
        position = payload
    }

    /// The next frame, with its header; its checksum is unfinished as the whole's was.
    /// - Returns: its size; 0: there is none any more; nil: it does not fit.
    mutating func next(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard position < frame.count else { return 0 }
        let count = min(segmentSize, frame.count - position)
        let total = NetworkHeader.byteCount + payload + count
        guard total <= buffer.count else { return nil }
        let isFirst = position == payload
        let isLast = position + count == frame.count
        let segment = UnsafeMutableRawBufferPointer(rebasing: buffer[NetworkHeader.byteCount..<total])
        segment.copyMemory(from: UnsafeRawBufferPointer(rebasing: frame[..<payload]))
        UnsafeMutableRawBufferPointer(rebasing: segment[payload...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: frame[position..<position + count]))

        if isIPv4 {
            let index = (position - payload) / segmentSize
            Self.store(segment.count - ip, segment, ip + 2)
            Self.store(Self.word(frame, ip + 4) + index, segment, ip + 4)
            Self.store(0, segment, ip + 10)
            let header = UnsafeRawBufferPointer(rebasing: segment[ip..<tcp])
            Self.store(Int(InternetChecksum.checksum(of: header)), segment, ip + 10)
        } else {
            Self.store(segment.count - ip - 40, segment, ip + 4)
        }
        let sequence = UInt32(bigEndian: frame.loadUnaligned(fromByteOffset: tcp + 4, as: UInt32.self))
        segment.storeBytes(
            of: (sequence &+ UInt32(position - payload)).bigEndian, toByteOffset: tcp + 4, as: UInt32.self)
        if !isLast { segment[tcp + 13] &= ~(Self.fin | Self.push) }
        if !isFirst { segment[tcp + 13] &= ~Self.windowReduced }
        // The checksum field holds the pseudo-header's sum, in which the whole's length is one word.
        var sum = InternetChecksum(continuing: UInt16(Self.word(frame, tcp + 16)))
        sum.subtract(UInt16(truncatingIfNeeded: frame.count - tcp))
        sum.add(UInt32(segment.count - tcp))
        Self.store(Int(sum.folded), segment, tcp + 16)

        for index in 0..<NetworkHeader.byteCount { buffer[index] = 0 }
        buffer[0] = NetworkHeader.needsChecksum
        buffer.storeBytes(of: UInt16(tcp).littleEndian, toByteOffset: 6, as: UInt16.self)
        buffer.storeBytes(of: UInt16(16).littleEndian, toByteOffset: 8, as: UInt16.self)
        buffer.storeBytes(of: UInt16(1).littleEndian, toByteOffset: NetworkHeader.bufferCount, as: UInt16.self)
        position += count
        return total
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
    }

    private static func store(_ value: Int, _ bytes: UnsafeMutableRawBufferPointer, _ offset: Int) {
        bytes[offset] = UInt8(truncatingIfNeeded: value >> 8)
        bytes[offset + 1] = UInt8(truncatingIfNeeded: value)
    }
}
