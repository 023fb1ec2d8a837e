import Board
import Linux

/// Locks that keep two machines from writing one image: those of QEMU's, so that the two programs see each other.
///
/// Each permission is a byte: byte 100 + n is locked by who uses permission n, byte 200 + n by who cannot bear that others
/// use it. All locks are shared ones; who opens an image takes its locks and then looks whether somebody else's are in
/// the way (QEMU, docs/system/images.rst and block/file-posix.c). They end with the open file.
enum ImageLock {
    private static let consistentRead: UInt64 = 0
    private static let write: UInt64 = 1
    private static let resize: UInt64 = 3

    static func take(
        _ file: borrowing FileDescriptor, path: String, writable: Bool
    ) throws(BlockStorageError) {
        let used = writable ? [consistentRead, write, resize] : [consistentRead]
        let refused = [write, resize]
        do throws(SystemError) {
            for permission in used { try file.lockByte(at: 100 + permission) }
            for permission in refused { try file.lockByte(at: 200 + permission) }
            for permission in used where try file.isByteLocked(at: 200 + permission) { throw inUse(path, writable) }
            for permission in refused where try file.isByteLocked(at: 100 + permission) {
                throw inUse(path, writable)
            }
        } catch {
            // File systems without locks: nobody can be seen, so nobody is refused.
            if error.code == .busy { throw BlockStorageError(.system, "\(error)") }
        }
    }

    private static func inUse(_ path: String, _ writable: Bool) -> SystemError {
        SystemError(
            writable ? "open for writing" : "open", path, code: .busy,
            remedy: "another virtual machine or tool has it open; give each machine a disk of its own, "
                + "with this one as its backing file")
    }
}
