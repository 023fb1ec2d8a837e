import CLinux
import Glibc

/// Memory from mmap(2), given back with the value's life.
public struct MappedMemory: ~Copyable, @unchecked Sendable {
    public let base: UnsafeMutableRawPointer
    public let byteCount: Int

    public var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: byteCount) }

    /// Fresh zeroed memory of this process, or shared with the processes it forks.
    /// - Parameters:
    ///   - hugePages: asks for transparent huge pages.
    ///   - populate: touches all pages now, so that none faults later.
    public init(
        byteCount: Int, shared: Bool = false, hugePages: Bool = false, populate: Bool = false
    ) throws(SystemError) {
        var flags = Int32(MAP_ANONYMOUS) | (shared ? MAP_SHARED : MAP_PRIVATE)
        if populate { flags |= Int32(MAP_POPULATE) }
        let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let address, address != MAP_FAILED else { throw SystemError("map memory", "\(byteCount) bytes") }
        if hugePages { madvise(address, byteCount, MADV_HUGEPAGE) }
        base = address
        self.byteCount = byteCount
    }

    /// A part of a file, shared.
    /// - Parameter offset: in bytes, a multiple of the page size.
    public init(
        file: borrowing FileDescriptor, byteCount: Int, offset: Int = 0, writable: Bool = true
    ) throws(SystemError) {
        let number = file.rawValue
        let address = mmap(
            nil, byteCount, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, number, offset)
        guard let address, address != MAP_FAILED else { throw SystemError("map", "descriptor \(number)") }
        base = address
        self.byteCount = byteCount
    }

    deinit { munmap(base, byteCount) }
}
