import Board

/// Parts of tables (L2 tables, refcount blocks) in memory: a bounded number of pages, the longest unused one is given up
/// first. A page never crosses a table, because tables are clusters.
final class TableCache {
    final class Page {
        let offset: UInt64
        let bytes: UnsafeMutableRawBufferPointer
        fileprivate(set) var isDirty = false
        fileprivate var lastUse: UInt64 = 0

        fileprivate init(offset: UInt64, byteCount: Int) {
            self.offset = offset
            bytes = .allocate(byteCount: byteCount, alignment: 8)
        }

        deinit { bytes.deallocate() }
    }

    let pageByteCount: UInt64
    private let file: any ImageFile
    private let capacity: Int
    private var pages: [UInt64: Page] = [:]
    private var time: UInt64 = 0
    private(set) var hasDirty = false
    /// The page of the last call: tables are walked in order.
    private var last: Page?

    init(_ file: any ImageFile, pageByteCount: UInt64, capacity: Int) {
        self.file = file
        self.pageByteCount = pageByteCount
        self.capacity = capacity
    }

    /// The page that the byte at `offset` is in. It is valid until the next call.
    /// - Parameter clean: writes what is dirty; called when no page can be given up otherwise.
    func page(
        holding offset: UInt64, clean: () throws(BlockStorageError) -> Void
    ) throws(BlockStorageError) -> Page {
        let start = offset & ~(pageByteCount - 1)
        if let last, last.offset == start { return last }
        time += 1
        if let page = pages[start] {
            page.lastUse = time
            last = page
            return page
        }
        if pages.count >= capacity { try giveUpOne(clean) }
        let page = Page(offset: start, byteCount: Int(pageByteCount))
        try file.read(at: start, into: [page.bytes])
        page.lastUse = time
        pages[start] = page
        last = page
        return page
    }

    func word(at offset: UInt64, in page: Page) -> UInt64 {
        UInt64(bigEndian: page.bytes.load(fromByteOffset: Int(offset - page.offset), as: UInt64.self))
    }

    func setWord(at offset: UInt64, in page: Page, _ value: UInt64) {
        page.bytes.storeBytes(of: value.bigEndian, toByteOffset: Int(offset - page.offset), as: UInt64.self)
        markDirty(page)
    }

    func markDirty(_ page: Page) {
        page.isDirty = true
        hasDirty = true
    }

    private func giveUpOne(_ clean: () throws(BlockStorageError) -> Void) throws(BlockStorageError) {
        var oldest = oldestClean
        if oldest == nil {
            try clean()
            oldest = oldestClean
        }
        guard let oldest else { throw BlockStorageError(.system, "no table of '\(file.name)' could be written") }
        pages[oldest.offset] = nil
        if last === oldest { last = nil }
    }

    private var oldestClean: Page? {
        var oldest: Page?
        for page in pages.values where !page.isDirty && page.lastUse < oldest?.lastUse ?? .max { oldest = page }
        return oldest
    }

    /// Writes the dirty pages; neighbours together. Those after one that fails stay dirty.
    func writeBack() throws(BlockStorageError) {
        guard hasDirty else { return }
        let dirty = pages.values.filter(\.isDirty).sorted { $0.offset < $1.offset }
        var first = 0
        while first < dirty.count {
            var end = first + 1
            while end < dirty.count, dirty[end].offset == dirty[end - 1].offset + pageByteCount { end += 1 }
            try file.write(at: dirty[first].offset, from: dirty[first..<end].map { UnsafeRawBufferPointer($0.bytes) })
            for page in dirty[first..<end] { page.isDirty = false }
            first = end
        }
        hasDirty = false
    }

    /// Forgets a table that is no table any more.
    func drop(from start: UInt64, byteCount: UInt64) {
        if pages.isEmpty { return }
        if byteCount / pageByteCount > UInt64(pages.count) {
            pages = pages.filter { $0.key < start || $0.key >= start + byteCount }
        } else {
            for offset in stride(from: start, to: start + byteCount, by: Int(pageByteCount)) { pages[offset] = nil }
        }
        last = nil
    }
}
