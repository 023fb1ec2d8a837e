/// A software translation look-aside buffer: raw memory in the layout of `CPU+Memory.swift`.
struct TranslationBuffer {
    let raw: UnsafeMutableRawPointer
    /// The physical page of each entry, for fetches.
    let physicalPages: UnsafeMutablePointer<UInt64>
    /// Which entries were entered since the last flush: their count, then their indices, some more than once. At
    /// `CPU.tlbEntryCount` the list is full, and all entries are meant. Guests flush often, and most use few pages meanwhile.
    private let entered: UnsafeMutablePointer<UInt16>
    static let byteCount = CPU.tlbEntryCount * CPU.tlbEntryByteCount
    /// No page has this address.
    static let none: UInt64 = 1

    init() {
        raw = .allocate(byteCount: TranslationBuffer.byteCount, alignment: 64)
        physicalPages = .allocate(capacity: CPU.tlbEntryCount)
        physicalPages.initialize(repeating: 0, count: CPU.tlbEntryCount)
        entered = .allocate(capacity: CPU.tlbEntryCount + 1)
        entered.initialize(repeating: 0, count: CPU.tlbEntryCount + 1)
        entered[0] = UInt16(CPU.tlbEntryCount)
        flush()
    }

    func entry(_ address: UInt64) -> UnsafeMutableRawPointer {
        raw + index(address) * CPU.tlbEntryByteCount
    }

    /// The physical address that a fetch goes to, if it is known.
    func fetch(_ address: UInt64) -> UInt64? {
        guard entry(address).load(fromByteOffset: 16, as: UInt64.self) == address & ~0xfff else { return nil }
        return physicalPages[index(address)] | address & 0xfff
    }

    private func index(_ address: UInt64) -> Int { Int(address >> 12 & UInt64(CPU.tlbEntryCount - 1)) }

    /// Enters a page of RAM at `host`: its linear and physical address, and whether loads, stores and fetches need not ask.
    func enter(
        _ page: UInt64, physical: UInt64, host: UnsafeMutableRawPointer, isReadable: Bool, isWritable: Bool,
        isExecutable: Bool
    ) {
        let entry = entry(page)
        if entry.load(as: UInt64.self) == TranslationBuffer.none, Int(entered[0]) < CPU.tlbEntryCount {
            entered[0] += 1
            entered[Int(entered[0])] = UInt16(index(page))
        }
        entry.storeBytes(of: isReadable ? page : TranslationBuffer.none, as: UInt64.self)
        entry.storeBytes(of: isWritable ? page : TranslationBuffer.none, toByteOffset: 8, as: UInt64.self)
        entry.storeBytes(of: isExecutable ? page : TranslationBuffer.none, toByteOffset: 16, as: UInt64.self)
        entry.storeBytes(of: UInt64(UInt(bitPattern: host)) &- page, toByteOffset: 24, as: UInt64.self)
        physicalPages[index(page)] = physical
    }

    /// Whether the entry that `page` would get lets stores go to another page.
    func wouldLoseWritable(_ page: UInt64) -> Bool {
        let writable = entry(page).load(fromByteOffset: 8, as: UInt64.self)
        return writable != TranslationBuffer.none && writable != page
    }

    func deallocate() {
        raw.deallocate()
        physicalPages.deallocate()
        entered.deallocate()
    }

    func flush() {
        let count = Int(entered[0])
        if count < CPU.tlbEntryCount {
            for index in 0..<count { clear(raw + Int(entered[index + 1]) * CPU.tlbEntryByteCount) }
        } else {
            for index in 0..<CPU.tlbEntryCount { clear(raw + index * CPU.tlbEntryByteCount) }
        }
        entered[0] = 0
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
