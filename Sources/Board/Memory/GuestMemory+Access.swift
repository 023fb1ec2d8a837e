import Synchronization

extension GuestMemory {
    /// The integer at `address`, in the guest's byte order (little-endian), read once.
    @inlinable
    public func load<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type, at address: UInt64
    ) throws(GuestMemoryError) -> T {
        guard let pointer = pointer(at: address, count: MemoryLayout<T>.size) else {
            throw GuestMemoryError(address: address, byteCount: UInt64(MemoryLayout<T>.size))
        }
        return T(littleEndian: pointer.loadUnaligned(as: type))
    }

    /// Writes `value` at `address`, in the guest's byte order.
    @inlinable
    public func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at address: UInt64) throws(GuestMemoryError) {
        guard let pointer = pointer(at: address, count: MemoryLayout<T>.size) else {
            throw GuestMemoryError(address: address, byteCount: UInt64(MemoryLayout<T>.size))
        }
        pointer.storeBytes(of: value.littleEndian, as: T.self)
        noteWrite(at: address, byteCount: UInt64(MemoryLayout<T>.size))
    }

    /// Copies guest memory to `buffer`, as many bytes as the buffer has.
    public func read(at address: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(GuestMemoryError) {
        guard let pointer = pointer(at: address, count: buffer.count) else {
            throw GuestMemoryError(address: address, byteCount: UInt64(buffer.count))
        }
        buffer.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: buffer.count))
    }

    /// Copies `buffer` to guest memory.
    public func write(_ buffer: UnsafeRawBufferPointer, at address: UInt64) throws(GuestMemoryError) {
        guard let pointer = pointer(at: address, count: buffer.count) else {
            throw GuestMemoryError(address: address, byteCount: UInt64(buffer.count))
        }
        UnsafeMutableRawBufferPointer(start: pointer, count: buffer.count).copyMemory(from: buffer)
        noteWrite(at: address, byteCount: UInt64(buffer.count))
    }

    /// Copies `bytes` to guest memory.
    public func write(_ bytes: [UInt8], at address: UInt64) throws(GuestMemoryError) {
        guard let pointer = pointer(at: address, count: bytes.count) else {
            throw GuestMemoryError(address: address, byteCount: UInt64(bytes.count))
        }
        UnsafeMutableRawBufferPointer(start: pointer, count: bytes.count).copyBytes(from: bytes)
        noteWrite(at: address, byteCount: UInt64(bytes.count))
    }

    /// A copy of `count` bytes of guest memory.
    public func bytes(at address: UInt64, count: Int) throws(GuestMemoryError) -> [UInt8] {
        guard count >= 0, let pointer = pointer(at: address, count: count) else {
            throw GuestMemoryError(address: address, byteCount: UInt64(max(count, 0)))
        }
        return [UInt8](UnsafeRawBufferPointer(start: pointer, count: count))
    }

    /// A device has written here: decoded code of these pages is dropped, and the pages are marked where a log is kept. After
    /// the write, so that whoever decodes or copies the page anew finds what was written. `store` and `write` call it; so
    /// do those who let the kernel write to the memory itself (`readv` into guest buffers).
    @inlinable
    public func noteWrite(at address: UInt64, byteCount: UInt64) {
        guard byteCount > 0 else { return }
        var first = 0
        for region in table {
            if address >= region.address, address - region.address < region.byteCount {
                let start = first + Int((address - region.address) >> 12)
                let last = min(address &+ (byteCount - 1) - region.address, region.byteCount - 1)
                let end = first + Int(last >> 12)
                for page in start...end where pageFlags[page] & (PageFlags.code | PageFlags.isLogged) != 0 {
                    noteFlaggedWrite(page: page, address: region.address + UInt64(page - first) << 12)
                }
                return
            }
            first += Int(region.byteCount >> 12)
        }
    }

    /// The rare half of `noteWrite`: somebody asked to be told of writes to this page.
    @usableFromInline
    func noteFlaggedWrite(page: Int, address: UInt64) {
        let flags = pageFlags[page]
        if flags & PageFlags.isLogged != 0 { setFlags(PageFlags.dirty, page: page) }
        if flags & PageFlags.code != 0 { onCodeWrite?(address) }
    }

    /// Sets flags of a page, as one atomic step. `page` counts from the first page of the first region.
    public func setFlags(_ flags: UInt8, page: Int) {
        atomicFlags(page).pointee.bitwiseOr(flags, ordering: .sequentiallyConsistent)
    }

    /// Clears flags of a page, as one atomic step, and tells which of all flags were set before.
    @discardableResult
    public func clearFlags(_ flags: UInt8, page: Int) -> UInt8 {
        atomicFlags(page).pointee.bitwiseAnd(~flags, ordering: .sequentiallyConsistent).oldValue
    }

    private func atomicFlags(_ page: Int) -> UnsafePointer<Atomic<UInt8>> {
        precondition(page >= 0 && page < pageCount)
        return UnsafeRawPointer(pageFlags + page).assumingMemoryBound(to: Atomic<UInt8>.self)
    }
}
