import Board

/// A part of an image of which all bytes are of one kind.
public struct ImageExtent: Equatable, Sendable {
    public enum Kind: Sendable {
        /// Bytes are stored.
        case data
        /// Nothing is stored, here or in the backing files: all bytes are zero.
        case zero
    }

    /// 0 behind the end of the image only.
    public let byteCount: UInt64
    public let kind: Kind
}

/// Storage that can say what of it is empty.
public protocol ImageContent: BlockStorage {
    /// The extent that starts at `offset`; the next one may be of the same kind.
    func extent(at offset: UInt64) throws(BlockStorageError) -> ImageExtent
}

extension ImageContent {
    func checkRange(_ offset: UInt64, _ count: UInt64) throws(BlockStorageError) {
        let (end, overflow) = offset.addingReportingOverflow(count)
        if overflow || end > byteCount {
            throw BlockStorageError(
                .outOfRange, "\(count) bytes at \(offset) are not all on a disk of \(byteCount) bytes")
        }
    }

    func checkWritable() throws(BlockStorageError) {
        if isReadOnly { throw BlockStorageError(.readOnly, "the disk is open for reading only") }
    }
}
