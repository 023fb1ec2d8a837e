import Glibc
import Linux

/// What is known of files and of the file system, and changing it.
extension NinePServer {
    /// All that stat(2) says (P9_GETATTR_BASIC).
    private static let basicAttributes: UInt64 = 0x7ff

    func getAttributes(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        let handle = try takeHandle(&reader)
        _ = try take(UInt64.self, &reader)
        let status = try system { () throws(Errno) in try handle.node.status() }
        writer.append(Self.basicAttributes)
        writer.append(identity(status))
        writer.append(status.st_mode)
        writer.append(status.st_uid)
        writer.append(status.st_gid)
        for value in [
            Int(status.st_nlink), Int(status.st_rdev), status.st_size, Int(status.st_blksize), Int(status.st_blocks),
            status.st_atim.tv_sec, status.st_atim.tv_nsec, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
            status.st_ctim.tv_sec, status.st_ctim.tv_nsec, 0, 0, 0, 0,
        ] { writer.append(UInt64(bitPattern: Int64(value))) }
    }

    /// Which attributes a request sets (P9_SETATTR_MODE …).
    private enum Change {
        static let mode: UInt32 = 1 << 0
        static let user: UInt32 = 1 << 1
        static let group: UInt32 = 1 << 2
        static let size: UInt32 = 1 << 3
        static let accessTime: UInt32 = 1 << 4
        static let modificationTime: UInt32 = 1 << 5
        static let givenAccessTime: UInt32 = 1 << 7
        static let givenModificationTime: UInt32 = 1 << 8
    }

    func setAttributes(_ reader: inout NinePReader) throws(Failure) {
        try checkWritable()
        let handle = try takeHandle(&reader)
        let changes = try take(UInt32.self, &reader)
        let mode = try take(UInt32.self, &reader)
        let user = try take(UInt32.self, &reader)
        let group = try take(UInt32.self, &reader)
        let size = try take(UInt64.self, &reader)
        var times: [timespec] = []
        for _ in 0..<2 {
            let seconds = try take(UInt64.self, &reader)
            let nanoseconds = try take(UInt64.self, &reader)
            times.append(
                timespec(
                    tv_sec: Int(truncatingIfNeeded: seconds), tv_nsec: Int(truncatingIfNeeded: nanoseconds)))
        }
        let node = handle.node
        if changes & Change.mode != 0 { try setMode(node, mode) }
        if changes & (Change.user | Change.group) != 0 {
            try call {
                Int(
                    fchownat(
                        node.descriptor.rawValue, "", changes & Change.user != 0 ? user : .max,
                        changes & Change.group != 0 ? group : .max, File.emptyPath))
            }
        }
        if changes & Change.size != 0 { try setSize(handle, size) }
        let chosen = [
            (Change.accessTime, Change.givenAccessTime), (Change.modificationTime, Change.givenModificationTime),
        ]
        guard changes & (Change.accessTime | Change.modificationTime) != 0 else { return }
        for (index, (isSet, isGiven)) in chosen.enumerated() {
            // UTIME_OMIT and UTIME_NOW, which are macros.
            if changes & isSet == 0 {
                times[index].tv_nsec = (1 << 30) - 2
            } else if changes & isGiven == 0 {
                times[index].tv_nsec = (1 << 30) - 1
            }
        }
        try call { Int(utimensat(node.descriptor.rawValue, "", times, File.emptyPath)) }
    }

    /// Permissions only: a guest must not make programs that run with the rights of the host's user.
    private func setMode(_ node: NinePNode, _ mode: UInt32) throws(Failure) {
        let kept = mode & (node.isDirectory ? 0o1777 : 0o777)
        guard node.type == S_IFREG || node.isDirectory else { throw .errno(.notSupported) }
        let opened: FileDescriptor
        do throws(Errno) {
            opened = try node.open(O_RDONLY)
        } catch {
            guard error == .accessDenied, !node.isDirectory else { throw .errno(error) }
            opened = try system { () throws(Errno) in try node.open(O_WRONLY) }
        }
        let number = opened.rawValue
        try call { Int(fchmod(number, kept)) }
    }

    private func setSize(_ handle: NinePHandle, _ size: UInt64) throws(Failure) {
        guard size <= UInt64(Int.max) else { throw .errno(Errno(rawValue: EFBIG)) }
        // An open file is changed with the rights it was opened with.
        if let file = handle.file, ftruncate(file.rawValue, Int(size)) == 0 { return }
        guard !handle.node.isDirectory else { throw .errno(.isDirectory) }
        let opened = try system { () throws(Errno) in try handle.node.open(O_WRONLY) }
        let number = opened.rawValue
        try call { Int(ftruncate(number, Int(size))) }
    }

    func statfs(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        let node = try takeHandle(&reader).node
        var status = statvfs()
        try call { Int(fstatvfs(node.descriptor.rawValue, &status)) }
        // V9FS_MAGIC.
        writer.append(UInt32(0x0102_1997))
        writer.append(UInt32(truncatingIfNeeded: status.f_bsize))
        writer.append(UInt64(status.f_blocks))
        writer.append(UInt64(status.f_bfree))
        writer.append(UInt64(status.f_bavail))
        writer.append(UInt64(status.f_files))
        writer.append(UInt64(status.f_ffree))
        writer.append(UInt64(truncatingIfNeeded: node.device))
        writer.append(UInt32(truncatingIfNeeded: status.f_namemax))
    }
}
