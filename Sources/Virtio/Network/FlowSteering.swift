/// Which pair of queues a received frame goes to: where its flow was last sent from (virtio 1.2, clause 5.1.6.5.6.3).
struct FlowSteering {
    private var pairs = [UInt8](repeating: 0, count: 256)

    mutating func sent(_ frame: UnsafeRawBufferPointer, from pair: Int) {
        if let hash = Self.hash(frame) { pairs[Int(hash)] = UInt8(pair) }
    }

    /// - Parameter pairCount: pairs that are in use.
    func pair(_ frame: UnsafeRawBufferPointer, of pairCount: Int) -> Int {
        guard let hash = Self.hash(frame) else { return 0 }
        return Int(pairs[Int(hash)]) % pairCount
    }

    /// The same for both directions of a flow; nil for frames without one.
    /// - Parameter frame: from the destination address on; its first bytes are enough.
    static func hash(_ frame: UnsafeRawBufferPointer) -> UInt8? {
        guard frame.count >= 34 else { return nil }
        let type = UInt16(frame[12]) << 8 | UInt16(frame[13])
        var mixed: UInt32 = 0
        var ports = 0
        let transport: UInt8
        if type == 0x0800 {
            mixed = word(frame, 26) ^ word(frame, 30)
            transport = frame[23]
            let isFragment = (UInt16(frame[20]) << 8 | UInt16(frame[21])) & 0x3fff != 0
            if !isFragment { ports = 14 + 4 * Int(frame[14] & 15) }
        } else if type == 0x86dd, frame.count >= 54 {
            for offset in stride(from: 22, to: 54, by: 4) { mixed ^= word(frame, offset) }
            transport = frame[20]
            ports = 54
        } else {
            return nil
        }
        if ports > 0, transport == 6 || transport == 17, frame.count >= ports + 4 {
            let pair = word(frame, ports)
            mixed ^= pair >> 16 ^ pair & 0xffff
        }
        mixed ^= mixed >> 16
        return UInt8(truncatingIfNeeded: mixed ^ mixed >> 8)
    }

    private static func word(_ frame: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(bigEndian: frame.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
