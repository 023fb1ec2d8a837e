// The megaflow cache: the answers of the pipeline, each valid for every packet that agrees with it under a mask.
//
// Design: tuple-space search without priorities, since the entries do not overlap: the first hit is the answer. One
// hash table per mask; the tables are probed in the order of their recent hits, which is renewed now and then on lookup.
// Thread-safety: none; it belongs to one poller.

/// Megaflows by mask and key. The payload is the owner's id of the megaflow, 0 or more and dense (it indexes an array).
public struct MegaflowCache: ~Copyable {
    struct Subtable {
        var table: MaskedTable
        var hits: UInt64 = 0
    }

    /// Where an id is: its subtable and hash; subtable nil: nowhere.
    private struct Location {
        var subtable: UnsafeMutablePointer<Subtable>?
        var tag: UInt32
    }

    private(set) var order: UnsafeMutablePointer<UnsafeMutablePointer<Subtable>>
    private var orderCapacity = 16
    private var locations: UnsafeMutablePointer<Location>
    private var locationCapacity = 64
    let seed: UInt64
    private var lookupsUntilRanking: Int32 = 1 << 12
    /// Masks in the cache.
    public private(set) var subtableCount = 0
    /// Megaflows in the cache.
    public private(set) var count = 0

    /// - Parameter seed: keys the hash, so that nobody outside can choose packets that collide.
    public init(seed: UInt64 = 0x243f_6a88_85a3_08d3) {
        self.seed = seed
        order = .allocate(capacity: orderCapacity)
        locations = .allocate(capacity: locationCapacity)
        locations.initialize(repeating: Location(subtable: nil, tag: 0), count: locationCapacity)
    }

    deinit {
        for index in 0..<subtableCount {
            order[index].pointee.table.deallocate()
            order[index].deallocate()
        }
        order.deallocate()
        locations.deallocate()
    }

    /// The id of the megaflow that `key` falls in, or -1.
    public mutating func lookup(_ key: UnsafePointer<FlowKey>) -> Int32 {
        lookupsUntilRanking &-= 1
        if lookupsUntilRanking < 0 { rank() }
        var position = 0
        while position < subtableCount {
            let subtable = order[position]
            let table = subtable.pointee.table
            let tag = MaskedTable.tag(table.hash(key, from: 0, to: table.wordCount, state: seed))
            let slot = table.find(key, tag: tag)
            if slot >= 0 {
                subtable.pointee.hits &+= 1
                return table.slots[slot].payload
            }
            position &+= 1
        }
        return -1
    }

    /// Adds a megaflow: `key` under `mask`. The caller sees to it that no other overlaps.
    /// - Returns: -1, or the id of the megaflow that has this mask and key already, in which case nothing was changed.
    /// - Precondition: `id` is 0 or more and not in the cache.
    public mutating func insert(
        id: Int32, key: UnsafePointer<FlowKey>, mask: UnsafePointer<FlowMask>
    ) -> Int32 {
        let subtable = subtable(for: mask)
        let table = subtable.pointee.table
        let tag = MaskedTable.tag(table.hash(key, from: 0, to: table.wordCount, state: seed))
        let present = table.find(key, tag: tag)
        if present >= 0 { return table.slots[present].payload }
        reserve(id)
        precondition(locations[Int(id)].subtable == nil, "a megaflow id that is in use")
        subtable.pointee.table.insert(key, tag: tag, payload: id)
        locations[Int(id)] = Location(subtable: subtable, tag: tag)
        count += 1
        return -1
    }

    /// Removes megaflow `id`; false: it is not in the cache.
    @discardableResult
    public mutating func remove(id: Int32) -> Bool {
        guard let (subtable, slot) = find(id) else { return false }
        subtable.pointee.table.remove(at: slot)
        locations[Int(id)].subtable = nil
        count -= 1
        if subtable.pointee.table.count == 0 { drop(subtable) }
        return true
    }

    /// Removes every megaflow.
    public mutating func removeAll() {
        while subtableCount > 0 { drop(order[subtableCount - 1]) }
        locations.update(repeating: Location(subtable: nil, tag: 0), count: locationCapacity)
        count = 0
    }

    /// Calls `body` with each id in the cache, in no order. The cache must not be changed meanwhile.
    public func forEach(_ body: (Int32) -> Void) {
        for position in 0..<subtableCount {
            let table = order[position].pointee.table
            for slot in 0...table.capacityMask where table.slots[slot].payload >= 0 { body(table.slots[slot].payload) }
        }
    }

    /// The key and mask of megaflow `id`, or nil when it is not in the cache.
    public func match(of id: Int32) -> Match? {
        guard let (subtable, slot) = find(id) else { return nil }
        return Match(key: subtable.pointee.table.key(at: slot), mask: subtable.pointee.table.mask)
    }

    func find(_ id: Int32) -> (UnsafeMutablePointer<Subtable>, Int)? {
        guard id >= 0, Int(id) < locationCapacity, let subtable = locations[Int(id)].subtable else { return nil }
        let table = subtable.pointee.table
        var slot = table.nextSlot(tag: locations[Int(id)].tag, after: nil)
        while slot >= 0 && table.slots[slot].payload != id {
            slot = table.nextSlot(tag: locations[Int(id)].tag, after: slot)
        }
        return slot >= 0 ? (subtable, slot) : nil
    }

    private mutating func subtable(for mask: UnsafePointer<FlowMask>) -> UnsafeMutablePointer<Subtable> {
        let occupied = mask.pointee.exactlyOccupied
        for position in 0..<subtableCount
        where order[position].pointee.table.hasMask(mask.pointee, occupied: occupied) {
            return order[position]
        }
        if subtableCount == orderCapacity {
            let grown = UnsafeMutablePointer<UnsafeMutablePointer<Subtable>>.allocate(capacity: orderCapacity * 2)
            grown.moveInitialize(from: order, count: subtableCount)
            order.deallocate()
            order = grown
            orderCapacity *= 2
        }
        let subtable = UnsafeMutablePointer<Subtable>.allocate(capacity: 1)
        subtable.initialize(to: Subtable(table: MaskedTable(mask: mask.pointee)))
        (order + subtableCount).initialize(to: subtable)
        subtableCount += 1
        return subtable
    }

    private mutating func drop(_ subtable: UnsafeMutablePointer<Subtable>) {
        var kept = 0
        for position in 0..<subtableCount where order[position] != subtable {
            order[kept] = order[position]
            kept += 1
        }
        subtableCount = kept
        subtable.pointee.table.deallocate()
        subtable.deallocate()
    }

    private mutating func reserve(_ id: Int32) {
        precondition(id >= 0, "a negative megaflow id")
        guard Int(id) >= locationCapacity else { return }
        let capacity = max(locationCapacity * 2, Int(id) + 1)
        let grown = UnsafeMutablePointer<Location>.allocate(capacity: capacity)
        grown.initialize(repeating: Location(subtable: nil, tag: 0), count: capacity)
        grown.update(from: locations, count: locationCapacity)
        locations.deallocate()
        locations = grown
        locationCapacity = capacity
    }

    /// Puts the subtables with the most recent hits first and forgets half of the hits.
    @inline(never)
    private mutating func rank() {
        lookupsUntilRanking = 1 << 14
        // Insertion sort: the order changes little from time to time.
        for position in 0..<subtableCount {
            let moving = order[position]
            var target = position
            while target > 0 && order[target - 1].pointee.hits < moving.pointee.hits {
                order[target] = order[target - 1]
                target -= 1
            }
            order[target] = moving
        }
        for position in 0..<subtableCount { order[position].pointee.hits /= 2 }
    }
}
