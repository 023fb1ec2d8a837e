import Linux

/// LZ4, as kernels are packed with it: the legacy frame, blocks of at most 8 MB unpacked (lz4_Frame_format.md, "Legacy frame";
/// lz4_Block_format.md).
enum LZ4 {
    private static let magic: UInt32 = 0x184c_2102
    private static let blockLimit = 8 << 20

    /// Unpacks all blocks. Returns the bytes written.
    static func unpackLegacy(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(DecompressionError) -> Int {
        guard let source = input.baseAddress, let target = output.baseAddress, input.count >= 4,
            source.loadUnaligned(as: UInt32.self) == magic
        else { throw DecompressionError("no LZ4 frame") }
        var position = 4
        var written = 0
        while position + 4 <= input.count {
            let size = Int(source.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            position += 4
            if size == Int(magic) { continue }
            guard size > 0, size <= input.count - position else {
                throw DecompressionError("a block reaches beyond the end of the file")
            }
            let room = min(blockLimit, output.count - written)
            written += try unpackBlock(source + position, size, target + written, room)
            position += size
        }
        return written
    }

    /// One block: sequences of literals and a match. Both sides are checked before each copy.
    private static func unpackBlock(
        _ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutableRawPointer, _ room: Int
    ) throws(DecompressionError) -> Int {
        let corrupt = DecompressionError("a block is corrupt")
        var next = source
        let end = source + count
        var out = target
        let outEnd = target + room
        while next < end {
            let token = next.load(as: UInt8.self)
            next += 1
            var literals = Int(token >> 4)
            if literals == 15 {
                while true {
                    guard next < end else { throw corrupt }
                    let byte = next.load(as: UInt8.self)
                    next += 1
                    literals += Int(byte)
                    if byte != 255 { break }
                }
            }
            guard literals <= end - next, literals <= outEnd - out else { throw corrupt }
            out.copyMemory(from: next, byteCount: literals)
            out += literals
            next += literals
            // The last sequence ends after its literals.
            if next == end { break }
            guard end - next >= 2 else { throw corrupt }
            let distance = Int(next.loadUnaligned(as: UInt16.self))
            next += 2
            var length = Int(token & 15)
            if length == 15 {
                while true {
                    guard next < end else { throw corrupt }
                    let byte = next.load(as: UInt8.self)
                    next += 1
                    length += Int(byte)
                    if byte != 255 { break }
                }
            }
            length += 4
            guard distance > 0, distance <= out - target, length <= outEnd - out else { throw corrupt }
            var from = UnsafeRawPointer(out) - distance
            // A match may reach into what it writes: then in steps of its distance, which doubles.
            while length > 0 {
                let step = min(length, UnsafeRawPointer(out) - from)
                out.copyMemory(from: from, byteCount: step)
                out += step
                length -= step
                if step < distance { from += step }
            }
        }
        return out - target
    }
}
