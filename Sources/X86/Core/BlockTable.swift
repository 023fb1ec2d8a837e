/// From a block's key to its first operation: open addressing, linear probing, at most half full. Keys are never zero.
struct BlockTable: ~Copyable {
    private var entries: UnsafeMutablePointer<(key: UInt64, first: UInt)>
    private var capacity = 4096
    private var count = 0

    init() {
        entries = .allocate(capacity: capacity)
        entries.initialize(repeating: (0, 0), count: capacity)
    }

    deinit { entries.deallocate() }

    private func slot(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 32) & (capacity - 1)
    }

    func find(_ key: UInt64) -> UnsafeMutableRawPointer? {
        var index = slot(key)
        while entries[index].key != 0 {
            if entries[index].key == key { return UnsafeMutableRawPointer(bitPattern: entries[index].first) }
            index = (index + 1) & (capacity - 1)
        }
        return nil
    }

    mutating func insert(_ key: UInt64, _ first: UnsafeMutableRawPointer) {
        if count * 2 >= capacity { grow() }
        var index = slot(key)
        while entries[index].key != 0, entries[index].key != key { index = (index + 1) & (capacity - 1) }
        if entries[index].key == 0 { count += 1 }
        entries[index] = (key, UInt(bitPattern: first))
    }

    /// Removes `key` if it leads to `first`. Entries behind it move up, so that no search ends early.
    mutating func remove(_ key: UInt64, _ first: UnsafeMutableRawPointer) {
        var index = slot(key)
        while entries[index].key != key {
            if entries[index].key == 0 { return }
            index = (index + 1) & (capacity - 1)
        }
        guard entries[index].first == UInt(bitPattern: first) else { return }
        var hole = index
        var next = (index + 1) & (capacity - 1)
        while entries[next].key != 0 {
            let home = slot(entries[next].key)
            // An entry whose home lies cyclically in (hole, next] stays.
            if (next - home) & (capacity - 1) >= (next - hole) & (capacity - 1) {
                entries[hole] = entries[next]
                hole = next
            }
            next = (next + 1) & (capacity - 1)
        }
        entries[hole] = (0, 0)
        count -= 1
    }

    mutating func removeAll() {
        entries.update(repeating: (0, 0), count: capacity)
        count = 0
    }

    private mutating func grow() {
        let old = entries
        let oldCapacity = capacity
        capacity *= 2
        entries = .allocate(capacity: capacity)
        entries.initialize(repeating: (0, 0), count: capacity)
        count = 0
        for index in 0..<oldCapacity where old[index].key != 0 {
            insert(old[index].key, UnsafeMutableRawPointer(bitPattern: old[index].first)!)
        }
        old.deallocate()
    }
}
