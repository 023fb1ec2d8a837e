import Board

/// What can be said of an image without looking at the disk in it.
public struct ImageInformation: Sendable, Codable, Equatable {
    public var path: String
    public var format: ImageFormat
    /// The size of the disk, in bytes.
    public var byteCount: UInt64
    /// What the file takes of the host's disk, in bytes.
    public var allocatedByteCount: UInt64
    public var clusterByteCount: UInt64?
    /// The version of the qcow2 format: 2 or 3.
    public var version: UInt32?
    /// As the image names it.
    public var backingFile: String?
    public var backingFormat: String?
    public var snapshotCount: Int?
    /// It was not closed: its refcounts are rebuilt when it is next written.
    public var isDirty: Bool?
    public var isCorrupt: Bool?
}

extension DiskImageFile {
    /// Looks at an image, also one that a machine is using.
    public static func information(
        _ path: String, format: ImageFormat? = nil
    ) throws(BlockStorageError) -> ImageInformation {
        let file = try HostFile(path: path, writable: false, isLocked: false)
        let isQCOW2 = try isQCOW2(file, format)
        guard isQCOW2 else {
            return ImageInformation(
                path: path, format: .raw, byteCount: try RawImage(file).byteCount,
                allocatedByteCount: file.allocatedByteCount())
        }
        let header = try QCOW2Header(file)
        return ImageInformation(
            path: path, format: .qcow2, byteCount: header.byteCount, allocatedByteCount: file.allocatedByteCount(),
            clusterByteCount: header.clusterByteCount, version: header.version, backingFile: header.backingFile,
            backingFormat: header.backingFormat, snapshotCount: header.snapshotCount,
            isDirty: header.incompatible & QCOW2Header.Incompatible.dirty != 0,
            isCorrupt: header.incompatible & QCOW2Header.Incompatible.corrupt != 0)
    }
}
