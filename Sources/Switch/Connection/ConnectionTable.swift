// The connections: slots in slabs, a hash table that finds them by either key, and a list for each timeout.
//
// Design: a bucket is a hash and a node, the slot's number and the direction; probing is linear, the table is at most half
// full, and a removed bucket is filled from behind, so that there are no tombstones. Slabs never move: growing is an
// allocation and no copy. A list holds the connections of one timeout in the order in which they are to be looked at again.
// A packet that prolongs a connection writes its expiry and nothing else; the sweep, which comes upon it at its old place,
// puts it to the end. So an established connection's packet costs one probe and one record.
// Thread-safety: none; it belongs to one data path.

struct ConnectionTable: ~Copyable {
    /// Connections in use.
    private(set) var count = 0
    private let seed: UInt64

    struct Bucket {
        var hash: UInt32
        /// The slot's number, doubled, and 1 for the reply key; -1: empty.
        var node: Int32
    }

    struct List {
        var oldest: Int32 = -1
        var newest: Int32 = -1
    }

    static let slabCount = 256
    static let free: Int32 = -2

    private var buckets: UnsafeMutablePointer<Bucket>
    private var mask: Int
    private var entries = 0
    private var slabs: UnsafeMutablePointer<UnsafeMutablePointer<Connection>>
    private var slabCapacity = 16
    private var slots = 0
    private var firstFree: Int32 = -1
    private var lists: UnsafeMutablePointer<List>
    private(set) var listCount = 0

    init(seed: UInt64) {
        self.seed = seed
        mask = 1023
        buckets = .allocate(capacity: mask + 1)
        buckets.initialize(repeating: Bucket(hash: 0, node: -1), count: mask + 1)
        slabs = .allocate(capacity: slabCapacity)
        lists = .allocate(capacity: 1)
    }

    deinit {
        buckets.deallocate()
        for index in 0..<slots / Self.slabCount { slabs[index].deallocate() }
        slabs.deallocate()
        lists.deallocate()
    }

    /// The connection of a slot.
    @inline(__always)
    subscript(slot: Int32) -> UnsafeMutablePointer<Connection> {
        slabs[Int(slot) / Self.slabCount] + Int(slot) % Self.slabCount
    }

    /// Slots that may be in use: 0 ..< this.
    var slotCount: Int32 { Int32(slots) }

    func isUsed(_ slot: Int32) -> Bool { self[slot].pointee.list != Self.free }

    @inline(__always)
    func hash(_ key: ConnectionKey) -> UInt32 { key.hash(seed: seed) }

    // MARK: Finding

    /// The slot whose connection has the key, and whether it is its reply key; slot -1: none.
    @inline(__always)
    func find(_ key: ConnectionKey, hash: UInt32) -> (slot: Int32, isReply: Bool) {
        var index = Int(hash) & mask
        while true {
            let bucket = buckets[index]
            if bucket.node < 0 { return (-1, false) }
            if bucket.hash == hash {
                let connection = self[bucket.node >> 1]
                let isReply = bucket.node & 1 != 0
                if (isReply ? connection.pointee.reply : connection.pointee.original) == key {
                    return (bucket.node >> 1, isReply)
                }
            }
            index = (index &+ 1) & mask
        }
    }

    func find(_ key: ConnectionKey) -> (slot: Int32, isReply: Bool) { find(key, hash: hash(key)) }

    // MARK: Adding and removing

    /// Adds a connection and answers its slot. Its original key must not be known; its reply key may be.
    mutating func insert(_ connection: Connection) -> Int32 {
        if (entries + 2) * 2 > mask { grow() }
        if firstFree < 0 { addSlab() }
        let slot = firstFree
        let place = self[slot]
        firstFree = place.pointee.newer
        let generation = place.pointee.generation
        place.pointee = connection
        place.pointee.generation = generation &+ 1
        place.pointee.list = -1
        place.pointee.originalHash = hash(connection.original)
        place.pointee.replyHash = hash(connection.reply)
        place.pointee.hasReplyEntry =
            connection.reply != connection.original && find(connection.reply, hash: place.pointee.replyHash).slot < 0
        add(hash: place.pointee.originalHash, node: slot << 1)
        if place.pointee.hasReplyEntry { add(hash: place.pointee.replyHash, node: slot << 1 | 1) }
        count += 1
        return slot
    }

    mutating func remove(_ slot: Int32) {
        let place = self[slot]
        drop(hash: place.pointee.originalHash, node: slot << 1)
        if place.pointee.hasReplyEntry { drop(hash: place.pointee.replyHash, node: slot << 1 | 1) }
        unlink(slot)
        place.pointee.list = Self.free
        place.pointee.newer = firstFree
        firstFree = slot
        count -= 1
    }

    private mutating func add(hash: UInt32, node: Int32) {
        var index = Int(hash) & mask
        while buckets[index].node >= 0 { index = (index &+ 1) & mask }
        buckets[index] = Bucket(hash: hash, node: node)
        entries += 1
    }

    private mutating func drop(hash: UInt32, node: Int32) {
        var hole = Int(hash) & mask
        while buckets[hole].node != node { hole = (hole &+ 1) & mask }
        var index = (hole &+ 1) & mask
        while buckets[index].node >= 0 {
            let home = Int(buckets[index].hash) & mask
            if (index &- home) & mask >= (index &- hole) & mask {
                buckets[hole] = buckets[index]
                hole = index
            }
            index = (index &+ 1) & mask
        }
        buckets[hole].node = -1
        entries -= 1
    }

    private mutating func grow() {
        let old = buckets
        let oldCount = mask + 1
        mask = oldCount * 2 - 1
        buckets = .allocate(capacity: oldCount * 2)
        buckets.initialize(repeating: Bucket(hash: 0, node: -1), count: oldCount * 2)
        entries = 0
        for index in 0..<oldCount where old[index].node >= 0 { add(hash: old[index].hash, node: old[index].node) }
        old.deallocate()
    }

    private mutating func addSlab() {
        let index = slots / Self.slabCount
        if index == slabCapacity {
            let larger = UnsafeMutablePointer<UnsafeMutablePointer<Connection>>.allocate(capacity: slabCapacity * 2)
            larger.moveInitialize(from: slabs, count: slabCapacity)
            slabs.deallocate()
            slabs = larger
            slabCapacity *= 2
        }
        let slab = UnsafeMutablePointer<Connection>.allocate(capacity: Self.slabCount)
        var unused = Connection(original: ConnectionKey(), reply: ConnectionKey())
        unused.list = Self.free
        slab.initialize(repeating: unused, count: Self.slabCount)
        slabs[index] = slab
        for offset in (0..<Self.slabCount).reversed() {
            slab[offset].newer = firstFree
            firstFree = Int32(slots + offset)
        }
        slots += Self.slabCount
    }

    // MARK: Lists

    /// Makes sure that there are lists of numbers 0 ..< `count`.
    mutating func setListCount(_ count: Int) {
        guard count > listCount else { return }
        let larger = UnsafeMutablePointer<List>.allocate(capacity: count)
        larger.initialize(repeating: List(), count: count)
        for index in 0..<listCount { larger[index] = lists[index] }
        lists.deallocate()
        lists = larger
        listCount = count
    }

    /// The connection that a list looks at next, or -1.
    func oldest(of list: Int) -> Int32 { lists[list].oldest }

    /// Puts a connection to the end of a list, to be looked at when it expires or with the one before it.
    mutating func link(_ slot: Int32, list: Int32) {
        unlink(slot)
        let place = self[slot]
        let newest = lists[Int(list)].newest
        place.pointee.list = list
        place.pointee.older = newest
        place.pointee.newer = -1
        place.pointee.deadline = place.pointee.expires
        if newest >= 0 { self[newest].pointee.newer = slot } else { lists[Int(list)].oldest = slot }
        lists[Int(list)].newest = slot
    }

    private mutating func unlink(_ slot: Int32) {
        let place = self[slot]
        let list = Int(place.pointee.list)
        guard list >= 0 else { return }
        let older = place.pointee.older
        let newer = place.pointee.newer
        if older >= 0 { self[older].pointee.newer = newer } else { lists[list].oldest = newer }
        if newer >= 0 { self[newer].pointee.older = older } else { lists[list].newest = older }
        place.pointee.list = -1
    }
}
