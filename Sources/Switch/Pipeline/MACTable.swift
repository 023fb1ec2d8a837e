// The learning table of a bridge: which port a station was last heard on (IEEE 802.1D-2004, 7.8 and 7.9).
//
// What: VLAN and MAC address to port, with ageing, static entries and a bound.
// Design: an open-addressing index (linear probing, deletion by shifting back) of 16-byte buckets points into a pool of
//   entries. The dynamic entries of each port form a list from the longest to the most recently heard, so that the oldest of a
//   port is found at once. When the table is full, the port with the most entries loses its oldest: a host that floods forged
//   addresses throws out its own (the same fairness as Open vSwitch).
// Cost: hearing a known station again is one probe and a comparison. The time of an entry moves only when it is a `granularity`
//   old (a second, or an eighth of a shorter ageing time), so an entry may age out that much early, never late.
// Memory: grows by doubling up to the bound, since a lab may have hundreds of bridges with a few stations each.

/// What `MACTable.learn` did.
public enum MACLearning: Sendable, Equatable {
    /// Known on this port, heard a moment ago.
    case unchanged
    /// Known on this port; its age starts anew.
    case refreshed
    case added
    case moved(from: Int32)
    /// A group address, a static entry, or a table full of static entries.
    case rejected
}

/// An entry of a `MACTable` for display and for tests.
public struct MACTableEntry: Sendable, Equatable {
    public var vlan: UInt16
    public var mac: UInt64
    public var port: Int32
    /// Nanoseconds since the station was heard, to within the granularity; 0 for a static entry.
    public var age: UInt64
    public var isStatic: Bool
}

public struct MACTable: ~Copyable {
    /// How many entries there may be, static ones included.
    public let limit: Int
    /// Nanoseconds after which a silent station is forgotten; `.max` for never. Counts for existing entries too.
    public var ageingTime: UInt64
    public private(set) var count = 0
    /// Changes whenever the answer of a lookup may have changed other than by time passing.
    public private(set) var generation: UInt64 = 0
    /// Entries that were thrown out because the table was full, that came by learning, that aged out, and that moved.
    public private(set) var evictions: UInt64 = 0
    public private(set) var learned: UInt64 = 0
    public private(set) var expired: UInt64 = 0
    public private(set) var moves: UInt64 = 0

    struct Bucket {
        var key: UInt64
        var slot: Int32
    }

    struct Slot {
        var key: UInt64
        var heard: UInt64
        var port: Int32
        /// Index of the port's list, or `staticList`.
        var list: Int32
        var older: Int32
        /// In a free slot: the next free slot.
        var newer: Int32
    }

    struct PortList {
        var port: Int32
        var count: Int32
        var oldest: Int32
        var newest: Int32
    }

    private static let emptyKey = UInt64.max
    private static let staticList: Int32 = -2
    private static let freeList: Int32 = -3

    private var buckets: UnsafeMutablePointer<Bucket>
    private var mask: Int
    private var slots: UnsafeMutablePointer<Slot>
    private var capacity: Int
    private var firstFree: Int32 = -1
    private var usedSlots = 0
    private var lists: [PortList] = []
    private var listOfPort: [Int32: Int32] = [:]

    /// - Parameters:
    ///   - limit: at least 1.
    ///   - ageing: nanoseconds; the standard recommends 300 s.
    public init(limit: Int = 8192, ageing: UInt64 = 300_000_000_000) {
        self.limit = max(1, min(limit, 1 << 24))
        self.ageingTime = ageing
        capacity = min(self.limit, 32)
        slots = .allocate(capacity: capacity)
        let bucketCount = Self.bucketCount(for: capacity)
        mask = bucketCount - 1
        buckets = .allocate(capacity: bucketCount)
        buckets.initialize(repeating: Bucket(key: Self.emptyKey, slot: -1), count: bucketCount)
    }

    deinit {
        buckets.deallocate()
        slots.deallocate()
    }

    // MARK: Learning and looking up

    /// The station `mac` was heard on `port`.
    /// - Parameters:
    ///   - vlan: 0...4095.
    ///   - mac: 48 bits.
    ///   - now: nanoseconds; time that goes back counts as standing still.
    @inline(__always)
    public mutating func learn(vlan: UInt16, mac: UInt64, port: Int32, now: UInt64) -> MACLearning {
        let key = Self.key(vlan, mac)
        let slot = find(key)
        if slot >= 0 {
            let entry = slots[slot]
            if entry.port == port, entry.list >= 0, now &- entry.heard < granularity || now < entry.heard {
                return .unchanged
            }
        }
        return learnSlowly(key, slot: slot, port: port, now: now)
    }

    /// The port of a station, or -1 if it is unknown or silent for longer than the ageing time.
    @inline(__always)
    public func lookup(vlan: UInt16, mac: UInt64, now: UInt64) -> Int32 {
        let slot = find(Self.key(vlan, mac))
        guard slot >= 0, !isExpired(slots[slot], now: now) else { return -1 }
        return slots[slot].port
    }

    /// The station was heard again on `port`, if that is where it is known to be (for packets counted by a cached flow).
    /// Unknown and aged stations stay unknown.
    public mutating func touch(vlan: UInt16, mac: UInt64, port: Int32, now: UInt64) {
        let slot = find(Self.key(vlan, mac))
        guard slot >= 0, slots[slot].port == port, slots[slot].list >= 0, !isExpired(slots[slot], now: now) else {
            return
        }
        _ = learn(vlan: vlan, mac: mac, port: port, now: now)
    }

    /// Adds or replaces an entry that neither ages nor moves. False if the table is full of static entries.
    @discardableResult
    public mutating func addStatic(vlan: UInt16, mac: UInt64, port: Int32) -> Bool {
        let key = Self.key(vlan, mac)
        let known = find(key)
        if known >= 0 { remove(slot: known) }
        guard let slot = takeSlot() else { return false }
        slots[slot] = Slot(key: key, heard: 0, port: port, list: Self.staticList, older: -1, newer: -1)
        insert(key, slot: slot)
        generation &+= 1
        return true
    }

    /// Removes one entry, static or not. Answers whether there was one.
    @discardableResult
    public mutating func remove(vlan: UInt16, mac: UInt64) -> Bool {
        let slot = find(Self.key(vlan, mac))
        guard slot >= 0 else { return false }
        remove(slot: slot)
        return true
    }

    // MARK: Ageing and flushing

    /// When the next entry ages out; nil if none will.
    public var nextExpiry: UInt64? {
        guard ageingTime != .max else { return nil }
        var earliest = UInt64.max
        for list in lists where list.count > 0 {
            earliest = min(earliest, slots[Int(list.oldest)].heard)
        }
        return earliest == .max ? nil : earliest.addingReportingOverflow(ageingTime).partialValue
    }

    /// Removes and returns the entries that are older than the ageing time.
    public mutating func expire(now: UInt64) -> [MACTableEntry] {
        var removed: [MACTableEntry] = []
        for list in lists.indices {
            while lists[list].count > 0 {
                let slot = Int(lists[list].oldest)
                guard isExpired(slots[slot], now: now) else { break }
                removed.append(entry(slots[slot], now: now))
                remove(slot: slot)
                expired &+= 1
            }
        }
        return removed
    }

    /// How many entries neither age nor move.
    public var staticCount: Int { count - lists.reduce(0) { $0 + Int($1.count) } }

    /// Begins to count anew what came, went and moved.
    public mutating func clearStatistics() {
        evictions = 0
        learned = 0
        expired = 0
        moves = 0
    }

    /// Forgets the dynamic entries of a port and of a VLAN; of every port or VLAN if nil. Answers how many there were.
    @discardableResult
    public mutating func flush(port: Int32? = nil, vlan: UInt16? = nil) -> Int {
        var removed = 0
        for list in lists.indices where port == nil || lists[list].port == port {
            var slot = lists[list].oldest
            while slot >= 0 {
                let newer = slots[Int(slot)].newer
                if vlan == nil || UInt16(truncatingIfNeeded: slots[Int(slot)].key >> 48) == vlan {
                    remove(slot: Int(slot))
                    removed += 1
                }
                slot = newer
            }
        }
        return removed
    }

    /// Forgets everything about a port that leaves the bridge, static entries included.
    public mutating func removePort(_ port: Int32) {
        for slot in 0..<usedSlots where slots[slot].list != Self.freeList && slots[slot].port == port {
            remove(slot: slot)
        }
    }

    /// Calls `body` with every entry that has not aged out, in no particular order.
    public func forEach(now: UInt64, _ body: (MACTableEntry) -> Void) {
        for slot in 0..<usedSlots where slots[slot].list != Self.freeList && !isExpired(slots[slot], now: now) {
            body(entry(slots[slot], now: now))
        }
    }

    /// Every entry that has not aged out, by VLAN and address.
    public func entries(now: UInt64) -> [MACTableEntry] {
        var entries: [MACTableEntry] = []
        forEach(now: now) { entries.append($0) }
        return entries.sorted { ($0.vlan, $0.mac) < ($1.vlan, $1.mac) }
    }

    /// Dynamic entries of a port, aged ones included until `expire`.
    public func dynamicCount(of port: Int32) -> Int {
        listOfPort[port].map { Int(lists[Int($0)].count) } ?? 0
    }

    // MARK: Inside

    @inline(__always)
    private var granularity: UInt64 { min(1_000_000_000, ageingTime / 8) }

    @inline(__always)
    private static func key(_ vlan: UInt16, _ mac: UInt64) -> UInt64 {
        UInt64(vlan & 0xFFF) << 48 | mac & 0xFFFF_FFFF_FFFF
    }

    @inline(__always)
    private static func hash(_ key: UInt64) -> Int {
        var hash = key &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 32
        return Int(truncatingIfNeeded: hash &* 0xD6E8_FEB8_6659_FD93 >> 32)
    }

    /// A power of two, at most half full.
    private static func bucketCount(for capacity: Int) -> Int {
        var count = 64
        while count < capacity * 2 { count *= 2 }
        return count
    }

    @inline(__always)
    private func find(_ key: UInt64) -> Int {
        var index = Self.hash(key) & mask
        while true {
            let bucket = buckets[index]
            if bucket.key == key { return Int(bucket.slot) }
            if bucket.key == Self.emptyKey { return -1 }
            index = (index &+ 1) & mask
        }
    }

    @inline(__always)
    private func isExpired(_ slot: Slot, now: UInt64) -> Bool {
        slot.list >= 0 && now > slot.heard && now &- slot.heard >= ageingTime
    }

    private func entry(_ slot: Slot, now: UInt64) -> MACTableEntry {
        MACTableEntry(
            vlan: UInt16(truncatingIfNeeded: slot.key >> 48), mac: slot.key & 0xFFFF_FFFF_FFFF, port: slot.port,
            age: slot.list >= 0 && now > slot.heard ? now - slot.heard : 0, isStatic: slot.list == Self.staticList)
    }

    @inline(never)
    private mutating func learnSlowly(_ key: UInt64, slot known: Int, port: Int32, now: UInt64) -> MACLearning {
        // The group bit is the lowest of the first octet.
        guard key & 0x0100_0000_0000 == 0, port >= 0 else { return .rejected }
        guard known >= 0 else {
            guard let slot = takeSlot() else { return .rejected }
            slots[slot] = Slot(key: key, heard: now, port: port, list: -1, older: -1, newer: -1)
            insert(key, slot: slot)
            link(slot, port: port)
            generation &+= 1
            learned &+= 1
            return .added
        }
        let entry = slots[known]
        guard entry.list >= 0 else { return .rejected }
        // An aged entry that nobody collected yet is news, wherever it was.
        let wasExpired = isExpired(entry, now: now)
        unlink(known)
        slots[known].heard = max(now, entry.heard)
        slots[known].port = port
        link(known, port: port)
        guard entry.port != port || wasExpired else { return .refreshed }
        generation &+= 1
        if wasExpired {
            learned &+= 1
            expired &+= 1
            return .added
        }
        moves &+= 1
        return .moved(from: entry.port)
    }

    /// A slot for a new entry, by growing or by throwing an old entry out.
    private mutating func takeSlot() -> Int? {
        if count == limit {
            guard let victim = mostCrowdedList() else { return nil }
            remove(slot: Int(lists[victim].oldest))
            evictions &+= 1
        }
        count += 1
        if firstFree >= 0 {
            let slot = Int(firstFree)
            firstFree = slots[slot].newer
            return slot
        }
        if usedSlots == capacity { grow() }
        usedSlots += 1
        return usedSlots - 1
    }

    private func mostCrowdedList() -> Int? {
        var crowded: Int?
        for list in lists.indices where lists[list].count > (crowded.map { lists[$0].count } ?? 0) {
            crowded = list
        }
        return crowded
    }

    private mutating func grow() {
        let newCapacity = min(capacity * 2, limit)
        let newSlots = UnsafeMutablePointer<Slot>.allocate(capacity: newCapacity)
        newSlots.moveInitialize(from: slots, count: usedSlots)
        slots.deallocate()
        slots = newSlots
        capacity = newCapacity
        let bucketCount = Self.bucketCount(for: newCapacity)
        guard bucketCount != mask + 1 else { return }
        let old = buckets
        let oldCount = mask + 1
        buckets = .allocate(capacity: bucketCount)
        buckets.initialize(repeating: Bucket(key: Self.emptyKey, slot: -1), count: bucketCount)
        mask = bucketCount - 1
        for index in 0..<oldCount where old[index].key != Self.emptyKey {
            insert(old[index].key, slot: Int(old[index].slot))
        }
        old.deallocate()
    }

    private mutating func insert(_ key: UInt64, slot: Int) {
        var index = Self.hash(key) & mask
        while buckets[index].key != Self.emptyKey { index = (index &+ 1) & mask }
        buckets[index] = Bucket(key: key, slot: Int32(truncatingIfNeeded: slot))
    }

    private mutating func remove(slot: Int) {
        var hole = Self.hash(slots[slot].key) & mask
        while Int(buckets[hole].slot) != slot || buckets[hole].key != slots[slot].key { hole = (hole &+ 1) & mask }
        // What probed past the hole moves into it.
        var index = (hole &+ 1) & mask
        while buckets[index].key != Self.emptyKey {
            let home = Self.hash(buckets[index].key) & mask
            if (index &- home) & mask >= (index &- hole) & mask {
                buckets[hole] = buckets[index]
                hole = index
            }
            index = (index &+ 1) & mask
        }
        buckets[hole].key = Self.emptyKey
        if slots[slot].list >= 0 { unlink(slot) }
        slots[slot].list = Self.freeList
        slots[slot].newer = firstFree
        firstFree = Int32(truncatingIfNeeded: slot)
        count -= 1
        generation &+= 1
    }

    private mutating func link(_ slot: Int, port: Int32) {
        let index: Int
        if let known = listOfPort[port] {
            index = Int(known)
        } else {
            index = lists.count
            lists.append(PortList(port: port, count: 0, oldest: -1, newest: -1))
            listOfPort[port] = Int32(truncatingIfNeeded: index)
        }
        let newest = lists[index].newest
        let number = Int32(truncatingIfNeeded: slot)
        // Keeps the list in order of time even if the clock went back.
        if newest >= 0 { slots[slot].heard = max(slots[slot].heard, slots[Int(newest)].heard) }
        slots[slot].list = Int32(truncatingIfNeeded: index)
        slots[slot].older = newest
        slots[slot].newer = -1
        if newest >= 0 { slots[Int(newest)].newer = number } else { lists[index].oldest = number }
        lists[index].newest = number
        lists[index].count += 1
    }

    private mutating func unlink(_ slot: Int) {
        let entry = slots[slot]
        let index = Int(entry.list)
        if entry.older >= 0 { slots[Int(entry.older)].newer = entry.newer } else { lists[index].oldest = entry.newer }
        if entry.newer >= 0 { slots[Int(entry.newer)].older = entry.older } else { lists[index].newest = entry.older }
        lists[index].count -= 1
    }
}
