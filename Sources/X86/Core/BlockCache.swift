/// The decoded blocks of one processor, by physical address and `BlockKey`, and by page.
///
/// Blocks lie one behind the other in an arena. A dropped block stays where it is (others may hold pointers to its first
/// operation) with its first operation replaced by one that looks for the code anew. When the arena is full,
/// everything is dropped at once, between two blocks.
struct BlockCache: ~Copyable {
    struct PageBlocks {
        /// Address of each block's first operation, and the key it is found under.
        var blocks: [(first: UnsafeMutableRawPointer, key: UInt64)] = []
        /// A bit for each 64 bytes that decoded code was read from.
        var lines: UInt64 = 0
    }

    /// Bytes of operations kept: enough for the code a kernel uses; part of what the monitor needs beside the guest's RAM.
    static let arenaByteCount = 6 << 20
    private static let chunkByteCount = 256 << 10

    private var table = BlockTable()
    private var pages: [Int: PageBlocks] = [:]
    private var chunks: [UnsafeMutableRawPointer] = []
    private var chunkIndex = 0
    private var used = 0
    /// Of the last drop of everything: for statistics.
    private(set) var resets = 0

    init() {}

    deinit { for chunk in chunks { chunk.deallocate() } }

    /// Physical addresses have at most 46 bits, keys 7. Never zero.
    @inline(__always)
    static func tableKey(address: UInt64, key: BlockKey) -> UInt64 {
        address &<< 8 | (key.rawValue & 0x7f) | 0x80
    }

    static func pageOffset(ofKey key: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: key >> 8 & 0xfff) }

    /// The first operation of the block at a physical address.
    func find(address: UInt64, key: BlockKey) -> UnsafeMutableRawPointer? {
        table.find(BlockCache.tableKey(address: address, key: key))
    }

    /// Whether a block more may need a reset first.
    var isFull: Bool {
        chunkIndex * BlockCache.chunkByteCount + used + BlockBuilder.byteLimit > BlockCache.arenaByteCount
    }

    /// Room for the operations of one block: `BlockBuilder.byteLimit` bytes, of which `commit` keeps some.
    mutating func room() -> UnsafeMutableRawPointer {
        if chunks.isEmpty || used + BlockBuilder.byteLimit > BlockCache.chunkByteCount {
            if !chunks.isEmpty { chunkIndex += 1 }
            if chunkIndex == chunks.count {
                chunks.append(.allocate(byteCount: BlockCache.chunkByteCount, alignment: 64))
            }
            used = 0
        }
        return chunks[chunkIndex] + used
    }

    /// Keeps a block that was built in `room()`.
    mutating func commit(
        address: UInt64, key: BlockKey, page: Int, lines: UInt64, first: UnsafeMutableRawPointer, byteCount: Int
    ) {
        used += (byteCount + 63) & ~63
        let tableKey = BlockCache.tableKey(address: address, key: key)
        table.insert(tableKey, first)
        note(page: page, lines: lines, first: first, tableKey: tableKey)
    }

    /// The block `first` was read from this page (too).
    mutating func note(page: Int, lines: UInt64, first: UnsafeMutableRawPointer, tableKey: UInt64) {
        pages[page, default: PageBlocks()].blocks.append((first, tableKey))
        pages[page]!.lines |= lines
    }

    /// The 64-byte lines of a page that decoded code was read from.
    func lines(page: Int) -> UInt64 { pages[page]?.lines ?? 0 }

    /// Forgets all blocks of a page.
    /// - Returns: whether there were any.
    mutating func drop(page: Int) -> Bool {
        guard let blocks = pages.removeValue(forKey: page) else { return false }
        for block in blocks.blocks {
            table.remove(block.key, block.first)
            block.first.storeBytes(of: BlockOperation.dropped, as: Handler.self)
            // Where the block starts: instructions that are no work (NOP, where kernels patch) have no operation.
            let offset = BlockCache.pageOffset(ofKey: block.key)
            block.first.storeBytes(of: offset, toByteOffset: Op.offsetField, as: UInt16.self)
        }
        return true
    }

    /// Forgets everything. No pointer into the arena may be in use any more.
    /// - Returns: the pages that had blocks.
    mutating func reset() -> [Int] {
        let held = Array(pages.keys)
        pages.removeAll(keepingCapacity: true)
        table.removeAll()
        chunkIndex = 0
        used = 0
        resets += 1
        return held
    }

    /// The lines of a page that `count` bytes from `offset` on touch.
    static func lines(offset: Int, count: Int) -> UInt64 {
        let first = offset >> 6
        let last = min((offset + max(count, 1) - 1) >> 6, 63)
        return (UInt64.max << UInt64(first)) & (UInt64.max >> UInt64(63 - last))
    }
}
