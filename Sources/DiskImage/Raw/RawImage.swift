import Board

/// A disk's bytes as they are, in a file or on a block device.
public final class RawImage: BlockStorage, ImageContent {
    public let byteCount: UInt64
    public var isReadOnly: Bool { file.isReadOnly }
    public let file: any ImageFile
    /// The image was taken for a raw one because it looks like no other format: then nothing may be written that would
    /// make it look like one, or a guest could have its next start read any file of the host's as a backing file.
    private let keepsFormat: Bool

    /// - Parameter wasProbed: nobody said that the format is raw; it was found by looking.
    public init(_ file: any ImageFile, wasProbed: Bool = false) throws(BlockStorageError) {
        self.file = file
        // Guests see whole sectors; what the last one lacks reads as zero.
        let size = try file.byteCount()
        byteCount = file.isGrowable ? (size + 511) / 512 * 512 : size / 512 * 512
        keepsFormat = wasProbed
    }

    public func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) throws(BlockStorageError) {
        try checkRange(offset, buffers.totalByteCount)
        try file.read(at: offset, into: buffers)
    }

    public func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError) {
        try checkWritable()
        try checkRange(offset, buffers.totalByteCount)
        if keepsFormat && offset < 4 { try checkFormatIsKept(offset, buffers) }
        try file.write(at: offset, from: buffers)
    }

    public func flush() throws(BlockStorageError) {
        if !isReadOnly { try file.flush() }
    }

    public func discard(at offset: UInt64, byteCount: UInt64, mustZero: Bool) throws(BlockStorageError) {
        try checkWritable()
        try checkRange(offset, byteCount)
        if byteCount == 0 { return }
        if try file.punchHole(at: offset, byteCount: byteCount) { return }
        if !mustZero { return }
        if try file.zeroRange(at: offset, byteCount: byteCount) { return }
        try file.writeZeros(at: offset, byteCount: byteCount)
    }

    public func extent(at offset: UInt64) throws(BlockStorageError) -> ImageExtent {
        guard offset < byteCount else { return ImageExtent(byteCount: 0, kind: .zero) }
        let (count, isHole) = try file.extent(at: offset)
        if count == 0 { return ImageExtent(byteCount: byteCount - offset, kind: .zero) }
        return ImageExtent(byteCount: min(count, byteCount - offset), kind: isHole ? .zero : .data)
    }

    private func checkFormatIsKept(
        _ offset: UInt64, _ buffers: [UnsafeRawBufferPointer]
    ) throws(BlockStorageError) {
        var first = offset == 0 ? [UInt8](repeating: 0, count: 4) : try file.read(at: 0, count: 4)
        var index = Int(offset)
        for byte in buffers.lazy.joined() {
            if index == 4 { break }
            first[index] = byte
            index += 1
        }
        if first == QCOW2Header.magicBytes {
            throw BlockStorageError(
                .readOnly,
                "a guest wrote the start of a qcow2 image to the first sector of '\(file.name)', whose format was "
                    + "found by looking: refused; say that the format is raw")
        }
    }
}
