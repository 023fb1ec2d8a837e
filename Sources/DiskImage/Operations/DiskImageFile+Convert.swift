import Board

extension DiskImageFile {
    /// Copies a disk, with what its backing files have, into a new image of any format. What is zero takes no space.
    /// - Parameter progress: told how many bytes of the disk are done, of how many.
    public static func convert(
        from source: String, format: ImageFormat? = nil, to target: String, as targetFormat: ImageFormat,
        clusterByteCount: UInt64 = 65536, progress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws(BlockStorageError) {
        let image = try open(source, format: format, writable: false)
        var creation = Creation(targetFormat, byteCount: image.byteCount)
        creation.clusterByteCount = clusterByteCount
        try create(target, creation)
        let copy = try open(target, format: targetFormat, writable: true)
        try copyContent(of: image, to: copy, progress: progress)
    }

    /// Copies all bytes to an image that reads as zero.
    static func copyContent(
        of source: any ImageContent, to target: any BlockStorage, progress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws(BlockStorageError) {
        let chunk: UInt64 = 1 << 20
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(chunk), alignment: 4096)
        defer { bytes.deallocate() }
        var offset: UInt64 = 0
        while offset < source.byteCount {
            let extent = try source.extent(at: offset)
            if extent.kind == .zero {
                offset += extent.byteCount
            } else {
                let count = min(extent.byteCount, chunk)
                try source.read(at: offset, into: [UnsafeMutableRawBufferPointer(rebasing: bytes[..<Int(count)])])
                try writeNonZero(UnsafeRawBufferPointer(rebasing: bytes[..<Int(count)]), at: offset, to: target)
                offset += count
            }
            progress(min(offset, source.byteCount), source.byteCount)
        }
        try target.flush()
    }

    /// Writes the pieces of 64 KiB that are not all zero, neighbours together.
    private static func writeNonZero(
        _ bytes: UnsafeRawBufferPointer, at offset: UInt64, to target: any BlockStorage
    ) throws(BlockStorageError) {
        let piece = 65536
        var start: Int?
        var next = 0
        while next < bytes.count {
            let end = min(bytes.count, next + piece)
            if UnsafeRawBufferPointer(rebasing: bytes[next..<end]).isZero {
                if let first = start {
                    try target.write(
                        at: offset + UInt64(first), from: [UnsafeRawBufferPointer(rebasing: bytes[first..<next])])
                    start = nil
                }
            } else if start == nil {
                start = next
            }
            next = end
        }
        if let first = start {
            try target.write(at: offset + UInt64(first), from: [UnsafeRawBufferPointer(rebasing: bytes[first...])])
        }
    }
}
