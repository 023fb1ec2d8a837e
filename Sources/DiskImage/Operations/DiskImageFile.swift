import Board
import Glibc
import Linux

/// Disk images by path: opened with all their backing files, made, looked at, changed.
public enum DiskImageFile {
    /// Images on images, at most.
    static let maximumChain = 64

    /// Opens an image and its backing files, locked against other machines.
    ///
    /// Only the image itself is opened for writing. A process that gives up its view of the file system does this before.
    /// - Parameters:
    ///   - format: nil: found by looking. Then a raw image refuses to be made to look like another format.
    ///   - cacheByteCount: memory for tables of each qcow2 image of the chain.
    public static func open(
        _ path: String, format: ImageFormat? = nil, writable: Bool, cacheByteCount: Int = 4 << 20,
        isLocked: Bool = true
    ) throws(BlockStorageError) -> any ImageContent {
        var seen: Set<FileIdentity> = []
        return try open(path, format, writable, cacheByteCount, isLocked, &seen)
    }

    private static func open(
        _ path: String, _ format: ImageFormat?, _ writable: Bool, _ cacheByteCount: Int, _ isLocked: Bool,
        _ seen: inout Set<FileIdentity>
    ) throws(BlockStorageError) -> any ImageContent {
        // Before its locks: those of an image that is its own backing file would be in its own way.
        if !seen.isEmpty, seen.contains(try HostFile(path: path, writable: false, isLocked: false).identity) {
            throw BlockStorageError(.corrupt, "'\(path)' is a backing file of itself")
        }
        let file = try HostFile(path: path, writable: writable, isLocked: isLocked)
        guard seen.insert(file.identity).inserted else {
            throw BlockStorageError(.corrupt, "'\(path)' is a backing file of itself")
        }
        guard seen.count <= maximumChain else {
            throw BlockStorageError(.unsupported, "'\(path)' is behind \(maximumChain) images that need each other")
        }
        let isQCOW2 = try Self.isQCOW2(file, format)
        if !isQCOW2 { return try RawImage(file, wasProbed: format == nil) }
        let header = try QCOW2Header(file)
        var backing: (any ImageContent)?
        if let name = header.backingFile {
            do throws(BlockStorageError) {
                let backingFormat = try Self.format(named: header.backingFormat)
                backing = try open(
                    try resolve(name, beside: path), backingFormat, false, cacheByteCount, isLocked, &seen)
            } catch {
                throw BlockStorageError(error.kind, "the backing file of '\(path)': \(error.description)")
            }
        }
        return try QCOW2Image(file, header, backing: backing, cacheByteCount: cacheByteCount)
    }

    static func isQCOW2(_ file: HostFile, _ format: ImageFormat?) throws(BlockStorageError) -> Bool {
        if let format { return format == .qcow2 }
        return try QCOW2Header.isPresent(in: file)
    }

    private static func format(named name: String?) throws(BlockStorageError) -> ImageFormat? {
        guard let name else { return nil }
        // QEMU's older names for raw.
        if ["file", "host_device"].contains(name) { return .raw }
        guard let format = ImageFormat(rawValue: name) else {
            throw BlockStorageError(.unsupported, "the format '\(name)' is not supported")
        }
        return format
    }

    /// The path of a backing file: relative to the image that names it.
    static func resolve(_ name: String, beside path: String) throws(BlockStorageError) -> String {
        var name = name
        if name.hasPrefix("file:") { name.removeFirst(5) }
        if name.hasPrefix("/") { return name }
        // "nbd://…", "json:{…}": a colon before any slash names a protocol of QEMU's.
        if let colon = name.firstIndex(of: ":"), !name[..<colon].contains("/") {
            throw BlockStorageError(.unsupported, "'\(name)' is not a file's path")
        }
        guard let slash = path.lastIndex(of: "/") else { return name }
        return path[...slash] + name
    }

    // MARK: Making and changing

    /// What a new image is to be.
    public struct Creation: Sendable {
        public var format: ImageFormat
        /// The size of the disk in bytes; rounded up to 512. nil: the backing file's.
        public var byteCount: UInt64?
        /// The backing file, as it is to be named: relative to the image.
        public var backingFile: String?
        /// nil: found by looking, and written down.
        public var backingFormat: ImageFormat?
        /// qcow2: a power of two from 512 to 2 MiB.
        public var clusterByteCount: UInt64 = 65536
        /// Raw: reserves the space now.
        public var isPreallocated = false

        public init(_ format: ImageFormat, byteCount: UInt64? = nil) {
            self.format = format
            self.byteCount = byteCount
        }
    }

    /// Makes an image at `path`; one that is there is replaced only where `replaces`.
    public static func create(
        _ path: String, _ creation: Creation, replaces: Bool = false
    ) throws(BlockStorageError) {
        var byteCount = creation.byteCount
        var backingFormat = creation.backingFormat
        if let name = creation.backingFile {
            guard creation.format == .qcow2 else {
                throw BlockStorageError(.unsupported, "raw images have no backing files; make it qcow2")
            }
            let backingPath = try resolve(name, beside: path)
            let backing = try open(backingPath, format: backingFormat, writable: false)
            backingFormat = backing is QCOW2Image ? .qcow2 : .raw
            byteCount = byteCount ?? backing.byteCount
        }
        guard let byteCount else { throw BlockStorageError(.unsupported, "a new image needs a size") }
        let clusterBits = UInt64(creation.clusterByteCount.trailingZeroBitCount)
        guard creation.clusterByteCount.nonzeroBitCount == 1, (9...21).contains(clusterBits) else {
            throw BlockStorageError(
                .unsupported, "clusters of \(creation.clusterByteCount) bytes: a power of two from 512 to 2097152")
        }
        do throws(SystemError) {
            let flags = O_RDWR | O_CREAT | (replaces ? 0 : O_EXCL)
            _ = try File.open(path, flags)
        } catch {
            throw BlockStorageError(.system, "\(error)")
        }
        do throws(BlockStorageError) {
            let file = try HostFile(path: path, writable: true)
            let rounded = (byteCount + 511) / 512 * 512
            switch creation.format {
            case .raw:
                if file.isGrowable {
                    try file.resize(to: 0)
                    try file.resize(to: rounded)
                }
                if creation.isPreallocated { _ = try file.allocateRange(at: 0, byteCount: rounded) }
                try file.flush()
            case .qcow2:
                try QCOW2Image.create(
                    in: file, byteCount: rounded, clusterBits: clusterBits, backingFile: creation.backingFile,
                    backingFormat: backingFormat?.rawValue)
            }
        } catch {
            if !replaces { unlink(path) }
            throw error
        }
    }

    /// Changes the size of a disk, in bytes; rounded up to 512.
    /// - Parameter shrinks: allows that the end of the disk is lost.
    public static func resize(
        _ path: String, format: ImageFormat? = nil, to byteCount: UInt64, shrinks: Bool = false
    ) throws(BlockStorageError) {
        let image = try open(path, format: format, writable: true)
        let newSize = (byteCount + 511) / 512 * 512
        if newSize < image.byteCount && !shrinks {
            throw BlockStorageError(
                .unsupported,
                "'\(path)' has \(image.byteCount) bytes: the end of its content would be lost; say so to shrink it")
        }
        if let image = image as? QCOW2Image {
            try image.resize(to: newSize)
        } else if let image = image as? RawImage {
            try image.file.resize(to: newSize)
            try image.file.flush()
        }
    }

    /// Checks a qcow2 image; nil for raw ones, of which nothing can be wrong.
    public static func check(
        _ path: String, format: ImageFormat? = nil, repair: Bool = false
    ) throws(BlockStorageError) -> ImageCheck? {
        let file = try HostFile(path: path, writable: repair)
        let isQCOW2 = try Self.isQCOW2(file, format)
        if !isQCOW2 { return nil }
        return try QCOW2Image(file).check(repair: repair)
    }
}
