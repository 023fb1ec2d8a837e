/// A software translation look-aside buffer: raw memory in the layout of `CPU+Memory.swift`.
struct TranslationBuffer {
    let raw: UnsafeMutableRawPointer
    static let byteCount = CPU.tlbEntryCount * CPU.tlbEntryByteCount
    /// No page has this address.
    static let none: UInt64 = 1

    init() {
        raw = .allocate(byteCount: TranslationBuffer.byteCount, alignment: 64)
        flush()
    }

    func entry(_ address: UInt64) -> UnsafeMutableRawPointer {
        raw + Int(address >> 12 & UInt64(CPU.tlbEntryCount - 1)) * CPU.tlbEntryByteCount
    }

    /// Where fetches from the page of `address` find their bytes.
    func fetch(_ address: UInt64) -> UnsafeRawPointer? {
        let entry = entry(address)
        guard entry.load(fromByteOffset: 16, as: UInt64.self) == address & ~0xfff else { return nil }
        return UnsafeRawPointer(bitPattern: UInt(address &+ entry.load(fromByteOffset: 24, as: UInt64.self)))
    }

    func flush() {
        for index in 0..<CPU.tlbEntryCount { clear(raw + index * CPU.tlbEntryByteCount) }
    }

    private func clear(_ entry: UnsafeMutableRawPointer) {
        entry.storeBytes(of: TranslationBuffer.none, as: UInt64.self)
        entry.storeBytes(of: TranslationBuffer.none, toByteOffset: 8, as: UInt64.self)
        entry.storeBytes(of: TranslationBuffer.none, toByteOffset: 16, as: UInt64.self)
    }

    /// Forgets one page.
    func flush(page address: UInt64) { clear(entry(address)) }

    /// The page at `host` is not to be written to without asking any more.
    /// - Returns: whether it could be.
    func protect(host: UnsafeMutableRawPointer) -> Bool {
        let wanted = UInt64(UInt(bitPattern: host))
        var found = false
        var entry = raw
        for _ in 0..<CPU.tlbEntryCount {
            let page = entry.load(fromByteOffset: 8, as: UInt64.self)
            if page != TranslationBuffer.none, page &+ entry.load(fromByteOffset: 24, as: UInt64.self) == wanted {
                entry.storeBytes(of: TranslationBuffer.none, toByteOffset: 8, as: UInt64.self)
                found = true
            }
            entry += CPU.tlbEntryByteCount
        }
        return found
    }
}
