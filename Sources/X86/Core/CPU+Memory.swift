// A guest's loads and stores. The fast path is a look at the translation look-aside buffer: one entry for each of 1,024
// pages (by the low bits of the page's number), 32 bytes:
//
//   0  the page's linear address, where loads may go straight to RAM; otherwise 1, which no page has
//   8  the same for stores; also 1 for pages that hold decoded code, or whose writes are logged
//  16  the same for fetches
//  24  host address minus linear address
//
// There is one buffer for user mode, one for the supervisor, and one for the supervisor where SMAP does not apply, so that a
// change of privilege is a change of a pointer. Everything else (misses, devices, accesses that cross a
// page, code pages, faults) is `Processor`'s slow path.

extension CPU {
    public static let tlbEntryCount = 1024
    public static let tlbEntryByteCount = 32

    @inlinable @inline(__always)
    func tlbEntry(_ address: UInt64) -> UnsafeRawPointer {
        get(StateLayout.tlb, as: UnsafeRawPointer.self)
            + Int(address >> 7 & UInt64((CPU.tlbEntryCount - 1) * CPU.tlbEntryByteCount))
    }

    /// Loads from a linear address. Nil: an exception is recorded; the handler returns nil at once.
    @inlinable @inline(__always)
    public func load<W: BitwiseCopyable>(_ address: UInt64, _ type: W.Type) -> W? {
        let entry = tlbEntry(address)
        let last = address &+ UInt64(MemoryLayout<W>.size - 1)
        if _fastPath(entry.load(as: UInt64.self) == last & ~0xfff) {
            let host = address &+ entry.load(fromByteOffset: 24, as: UInt64.self)
            return UnsafeRawPointer(bitPattern: UInt(host)).unsafelyUnwrapped.loadUnaligned(as: type)
        }
        guard loadSlowly(self, address, MemoryLayout<W>.size) else { return nil }
        return raw.loadUnaligned(fromByteOffset: StateLayout.loaded, as: type)
    }

    /// Stores to a linear address. False: an exception is recorded, nothing was written; the handler returns nil at once.
    @inlinable @inline(__always)
    public func store<W: BitwiseCopyable>(_ address: UInt64, _ value: W) -> Bool {
        let entry = tlbEntry(address)
        let last = address &+ UInt64(MemoryLayout<W>.size - 1)
        if _fastPath(entry.load(fromByteOffset: 8, as: UInt64.self) == last & ~0xfff) {
            let host = address &+ entry.load(fromByteOffset: 24, as: UInt64.self)
            UnsafeMutableRawPointer(bitPattern: UInt(host)).unsafelyUnwrapped.storeBytes(of: value, as: W.self)
            return true
        }
        return withUnsafeBytes(of: value) { storeSlowly(self, address, $0) }
    }

    /// Where a locked instruction, or one that reads and writes, finds its operand in RAM: checked for writing.
    /// Nil with `Exit.none` recorded… see `Processor.modifySlowly`: devices, crossings and code pages take the slow way.
    @inlinable @inline(__always)
    public func pointerForModify(_ address: UInt64, _ byteCount: Int) -> UnsafeMutableRawPointer? {
        let entry = tlbEntry(address)
        let last = address &+ UInt64(byteCount - 1)
        if _fastPath(entry.load(fromByteOffset: 8, as: UInt64.self) == last & ~0xfff) {
            return UnsafeMutableRawPointer(
                bitPattern: UInt(address &+ entry.load(fromByteOffset: 24, as: UInt64.self)))
        }
        return nil
    }
}
