import CLinux
import Glibc

// Disks and disk images: bytes by offset, holes, sizes, locks.

extension FileDescriptor {
    /// Reads into `buffers`, one after the other, from `offset` on (preadv(2)).
    /// - Returns: the bytes read; fewer than asked for at the end of the file only.
    public borrowing func read(
        at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]
    ) throws(SystemError) -> Int {
        var parts = buffers.compactMap { $0.isEmpty ? nil : iovec(iov_base: $0.baseAddress, iov_len: $0.count) }
        return try transfer("read", at: offset, &parts) { preadv($0, $1, $2, $3) }
    }

    /// Writes all of `buffers`, one after the other, from `offset` on (pwritev(2)).
    public borrowing func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(SystemError) {
        var parts = buffers.compactMap {
            $0.isEmpty ? nil : iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        _ = try transfer("write", at: offset, &parts) { pwritev($0, $1, $2, $3) }
    }

    private borrowing func transfer(
        _ operation: String, at offset: UInt64, _ parts: inout [iovec],
        _ call: (Int32, UnsafePointer<iovec>?, Int32, off_t) -> Int
    ) throws(SystemError) -> Int {
        let number = rawValue
        var done = 0
        var first = 0
        while first < parts.count {
            // IOV_MAX: no more than 1024 parts a call.
            let count = Int32(min(parts.count - first, 1024))
            var moved = try retrying(operation, "descriptor \(number)") {
                parts.withUnsafeBufferPointer { call(number, $0.baseAddress! + first, count, off_t(offset) + done) }
            }
            if moved == 0 { break }
            done += moved
            while first < parts.count && moved >= parts[first].iov_len {
                moved -= parts[first].iov_len
                first += 1
            }
            if moved > 0 {
                parts[first].iov_base += moved
                parts[first].iov_len -= moved
            }
        }
        return done
    }

    /// When this returns, what was written survives a crash of the machine (fdatasync(2)).
    public borrowing func syncData() throws(SystemError) {
        let number = rawValue
        try retrying("sync", "descriptor \(number)") { fdatasync(number) }
    }

    /// The size of a file or a block device, in bytes.
    public borrowing func blockByteCount() throws(SystemError) -> UInt64 {
        let number = rawValue
        var status = stat()
        try retrying("look at", "descriptor \(number)") { fstat(number, &status) }
        guard status.st_mode & S_IFMT == S_IFBLK else { return UInt64(status.st_size) }
        var count: UInt64 = 0
        try retrying("ask for the size of", "descriptor \(number)") { rk_block_device_size(number, &count) }
        return count
    }

    /// Sets the size of a file.
    public borrowing func resize(to byteCount: UInt64) throws(SystemError) {
        let number = rawValue
        try retrying("resize", "descriptor \(number)") { ftruncate(number, off_t(byteCount)) }
    }

    /// Gives a part of the file back to the file system; it reads as zero afterwards.
    public borrowing func punchHole(at offset: UInt64, byteCount: UInt64) throws(SystemError) {
        let number = rawValue
        try retrying("punch a hole into", "descriptor \(number)") { rk_punch_hole(number, offset, byteCount) }
    }

    /// Makes a part of the file read as zero and keeps its space.
    public borrowing func zeroRange(at offset: UInt64, byteCount: UInt64) throws(SystemError) {
        let number = rawValue
        try retrying("zero a part of", "descriptor \(number)") { rk_zero_range(number, offset, byteCount) }
    }

    /// Reserves space for a part of the file.
    public borrowing func allocateRange(at offset: UInt64, byteCount: UInt64) throws(SystemError) {
        let number = rawValue
        try retrying("reserve space in", "descriptor \(number)") { rk_allocate_range(number, offset, byteCount) }
    }

    /// Where the next data of a sparse file is, at or behind `offset`; nil when there is only a hole up to the end.
    public borrowing func nextData(at offset: UInt64) throws(SystemError) -> UInt64? {
        let result = rk_seek_data(rawValue, offset)
        if result >= 0 { return UInt64(result) }
        if errno == ENXIO { return nil }
        throw SystemError("look for data in", "descriptor \(rawValue)")
    }

    /// Where the next hole of a sparse file is, at or behind `offset`; the end of the file is one.
    public borrowing func nextHole(at offset: UInt64) throws(SystemError) -> UInt64? {
        let result = rk_seek_hole(rawValue, offset)
        if result >= 0 { return UInt64(result) }
        if errno == ENXIO { return nil }
        throw SystemError("look for a hole in", "descriptor \(rawValue)")
    }

    /// Takes a shared lock on one byte of the file, held by the open file and all that have inherited it
    /// (fcntl_locking(2), open file description locks).
    public borrowing func lockByte(at offset: UInt64) throws(SystemError) {
        let number = rawValue
        try retrying("lock", "descriptor \(number)") { rk_lock_byte(number, offset, 1) }
    }

    public borrowing func unlockByte(at offset: UInt64) throws(SystemError) {
        let number = rawValue
        try retrying("unlock", "descriptor \(number)") { rk_lock_byte(number, offset, 0) }
    }

    /// Whether another open file holds a lock on the byte.
    public borrowing func isByteLocked(at offset: UInt64) throws(SystemError) -> Bool {
        let number = rawValue
        return try retrying("ask for locks of", "descriptor \(number)") { rk_byte_is_locked(number, offset) } == 1
    }

    /// What tells the file from all others of the machine: device and inode.
    public borrowing func identity() throws(SystemError) -> FileIdentity {
        let number = rawValue
        var status = stat()
        try retrying("look at", "descriptor \(number)") { fstat(number, &status) }
        return FileIdentity(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
            isBlockDevice: status.st_mode & S_IFMT == S_IFBLK, isRegular: status.st_mode & S_IFMT == S_IFREG,
            allocatedByteCount: UInt64(status.st_blocks) * 512)
    }
}

/// A file, whatever its path.
public struct FileIdentity: Hashable, Sendable {
    public let device: UInt64
    public let inode: UInt64
    public let isBlockDevice: Bool
    public let isRegular: Bool
    /// The bytes of disk that the file takes.
    public let allocatedByteCount: UInt64
}
