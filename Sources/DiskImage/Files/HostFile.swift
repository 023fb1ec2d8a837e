import Board
import Glibc
import Linux

/// An image's file on the host, or a block device.
public final class HostFile: ImageFile {
    public let name: String
    public let isReadOnly: Bool
    public let isGrowable: Bool
    public let identity: FileIdentity
    private let descriptor: FileDescriptor
    /// Something may have been written since the last sync. True at first: another process may have written.
    private var isUnsynced = true
    /// A sync failed: the kernel has thrown pages away that were never written, so no later sync can be believed.
    private var lostWrites: BlockStorageError?

    /// Opens a file or block device and locks it against other machines, this program's and QEMU's.
    /// - Parameter isLocked: false only to look at an image that somebody else may be writing.
    public init(path: String, writable: Bool, isLocked: Bool = true) throws(BlockStorageError) {
        name = path
        isReadOnly = !writable
        do throws(SystemError) {
            let file = try File.open(path, writable ? O_RDWR : O_RDONLY)
            identity = try file.identity()
            descriptor = file
        } catch {
            throw BlockStorageError(.system, "\(error)")
        }
        isGrowable = identity.isRegular
        guard identity.isRegular || identity.isBlockDevice else {
            throw BlockStorageError(.unsupported, "'\(path)' is neither a file nor a block device")
        }
        if isLocked { try ImageLock.take(descriptor, path: path, writable: writable) }
    }

    public func byteCount() throws(BlockStorageError) -> UInt64 {
        do throws(SystemError) { return try descriptor.blockByteCount() } catch { throw failure("size", error) }
    }

    /// The bytes of disk that it takes.
    public func allocatedByteCount() -> UInt64 { (try? descriptor.identity().allocatedByteCount) ?? 0 }

    public func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) throws(BlockStorageError) {
        let wanted = buffers.reduce(0) { $0 + $1.count }
        do throws(SystemError) {
            var done = try descriptor.read(at: offset, into: buffers)
            if done == wanted { return }
            for buffer in buffers {
                if done < buffer.count {
                    memset(buffer.baseAddress! + done, 0, buffer.count - done)
                    done = 0
                } else {
                    done -= buffer.count
                }
            }
        } catch {
            throw failure("read \(wanted) bytes at \(offset) of", error)
        }
    }

    public func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError) {
        isUnsynced = true
        do throws(SystemError) { try descriptor.write(at: offset, from: buffers) } catch {
            throw failure("write \(buffers.reduce(0) { $0 + $1.count }) bytes at \(offset) of", error)
        }
    }

    public func flush() throws(BlockStorageError) {
        if let lostWrites { throw lostWrites }
        if !isUnsynced { return }
        do throws(SystemError) { try descriptor.syncData() } catch {
            let error = failure("sync", error)
            lostWrites = error
            throw error
        }
        isUnsynced = false
    }

    public func resize(to byteCount: UInt64) throws(BlockStorageError) {
        guard isGrowable else {
            throw BlockStorageError(.noSpace, "'\(name)' is a block device and cannot become \(byteCount) bytes long")
        }
        isUnsynced = true
        do throws(SystemError) { try descriptor.resize(to: byteCount) } catch { throw failure("resize", error) }
    }

    public func punchHole(at offset: UInt64, byteCount: UInt64) throws(BlockStorageError) -> Bool {
        try attempt("punch a hole into") { () throws(SystemError) in
            try descriptor.punchHole(at: offset, byteCount: byteCount)
        }
    }

    public func zeroRange(at offset: UInt64, byteCount: UInt64) throws(BlockStorageError) -> Bool {
        try attempt("zero a part of") { () throws(SystemError) in
            try descriptor.zeroRange(at: offset, byteCount: byteCount)
        }
    }

    /// Reserves space, so that later writes cannot fail for want of it.
    /// - Returns: false where the file system cannot.
    public func allocateRange(at offset: UInt64, byteCount: UInt64) throws(BlockStorageError) -> Bool {
        try attempt("reserve space in") { () throws(SystemError) in
            try descriptor.allocateRange(at: offset, byteCount: byteCount)
        }
    }

    private func attempt(
        _ operation: String, _ call: () throws(SystemError) -> Void
    ) throws(BlockStorageError) -> Bool {
        isUnsynced = true
        do throws(SystemError) {
            try call()
            return true
        } catch {
            switch error.code.rawValue {
            case EOPNOTSUPP, ENOSYS, EINVAL, ENODEV, ENOTTY, EPERM, EACCES: return false
            default: throw failure(operation, error)
            }
        }
    }

    public func extent(at offset: UInt64) throws(BlockStorageError) -> (byteCount: UInt64, isHole: Bool) {
        let end = try byteCount()
        guard offset < end else { return (0, true) }
        guard identity.isRegular else { return (end - offset, false) }
        do throws(SystemError) {
            guard let data = try descriptor.nextData(at: offset) else { return (end - offset, true) }
            if data > offset { return (data - offset, true) }
            let hole = try descriptor.nextHole(at: offset) ?? end
            return (max(1, hole - offset), false)
        } catch {
            // File systems without holes: all is data.
            return (end - offset, false)
        }
    }

    private func failure(_ operation: String, _ error: SystemError) -> BlockStorageError {
        switch error.code.rawValue {
        case ENOSPC, EDQUOT, EFBIG:
            BlockStorageError(.noSpace, "cannot \(operation) '\(name)': \(error.code); free space on the host")
        default:
            BlockStorageError(.system, "cannot \(operation) '\(name)': \(error.code)")
        }
    }
}
