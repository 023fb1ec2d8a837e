// The hash table under the classifier's and the megaflow cache's subtables: entries are the keys of one mask.
//
// Design: open addressing with linear probing. A slot is 8 bytes, 32 bits of the hash and the payload, so that a probe
// that misses touches one cache line; the masked words of the keys sit in a second block at the same index and are read only
// when the 32 bits agree. Removal shifts entries back, so there are no tombstones, and growth needs no key, since
// the position is a function of the 32 bits.

/// Multiply and fold: the mixing step of all hashes here.
@inline(__always)
func foldedProduct(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
}

/// An odd multiplier with well spread bits (the golden ratio's fraction).
let hashMultiplier: UInt64 = 0x9e37_79b9_7f4a_7c15
/// Another (of wyhash), for a second chain.
let oddMultiplier: UInt64 = 0xa076_1d64_78bd_642f

/// Keys of one mask, each with a payload of 0 or more. Storage is manual: `deallocate` when done with it.
struct MaskedTable {
    /// A word that the mask looks at.
    struct Word {
        var index: Int
        var mask: UInt64
    }

    struct Slot {
        var tag: UInt32
        /// -1: free.
        var payload: Int32
    }

    let words: UnsafeMutablePointer<Word>
    let wordCount: Int
    private(set) var slots: UnsafeMutablePointer<Slot>
    private(set) var keys: UnsafeMutablePointer<UInt64>
    private(set) var capacityMask: Int
    private(set) var count = 0

    init(mask: borrowing FlowMask) {
        var bits = mask.exactlyOccupied
        wordCount = bits.nonzeroBitCount
        words = .allocate(capacity: max(wordCount, 1))
        var position = 0
        while bits != 0 {
            let index = bits.trailingZeroBitCount
            (words + position).initialize(to: Word(index: index, mask: mask.words[unchecked: index]))
            position += 1
            bits &= bits &- 1
        }
        capacityMask = 7
        slots = .allocate(capacity: 8)
        slots.initialize(repeating: Slot(tag: 0, payload: -1), count: 8)
        keys = .allocate(capacity: max(8 * wordCount, 1))
    }

    func deallocate() {
        words.deallocate()
        slots.deallocate()
        keys.deallocate()
    }

    /// The mask that the table was made with.
    var mask: FlowMask {
        var result = FlowMask()
        for position in 0..<wordCount { result[word: words[position].index] = words[position].mask }
        return result
    }

    func hasMask(_ mask: borrowing FlowMask, occupied: UInt64) -> Bool {
        guard occupied.nonzeroBitCount == wordCount else { return false }
        for position in 0..<wordCount where mask.words[unchecked: words[position].index] != words[position].mask {
            return false
        }
        return true
    }

    /// Continues the hash of the masked key over the words `from` ..< `to`.
    @inline(__always)
    func hash(_ key: UnsafePointer<FlowKey>, from: Int, to: Int, state: UInt64) -> UInt64 {
        var state = state
        var position = from
        while position < to {
            let word = words[position]
            state = foldedProduct(state ^ (key.pointee.load(word.index) & word.mask), hashMultiplier)
            position &+= 1
        }
        return state
    }

    @inline(__always)
    static func tag(_ state: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: state &>> 32) }

    /// The slot that holds `key` under the mask, or -1.
    @inline(__always)
    func find(_ key: UnsafePointer<FlowKey>, tag: UInt32) -> Int {
        var index = Int(tag) & capacityMask
        while true {
            let slot = slots[index]
            if slot.payload < 0 { return -1 }
            if slot.tag == tag && holds(key, at: index) { return index }
            index = (index &+ 1) & capacityMask
        }
    }

    @inline(__always)
    private func holds(_ key: UnsafePointer<FlowKey>, at index: Int) -> Bool {
        let stored = keys + index &* wordCount
        var difference: UInt64 = 0
        var position = 0
        while position < wordCount {
            let word = words[position]
            difference |= (key.pointee.load(word.index) & word.mask) ^ stored[position]
            position &+= 1
        }
        return difference == 0
    }

    /// The first slot at or behind `start` (from `tag`'s first place when nil) whose tag is `tag`, or -1.
    func nextSlot(tag: UInt32, after start: Int?) -> Int {
        var index = start.map { ($0 + 1) & capacityMask } ?? Int(tag) & capacityMask
        while slots[index].payload >= 0 {
            if slots[index].tag == tag { return index }
            index = (index + 1) & capacityMask
        }
        return -1
    }

    func setPayload(_ payload: Int32, at index: Int) { slots[index].payload = payload }

    /// Adds a key that is not in the table.
    mutating func insert(_ key: UnsafePointer<FlowKey>, tag: UInt32, payload: Int32) {
        if count * 8 >= (capacityMask + 1) * 5 { resize(to: (capacityMask + 1) * 2) }
        var index = Int(tag) & capacityMask
        while slots[index].payload >= 0 { index = (index + 1) & capacityMask }
        slots[index] = Slot(tag: tag, payload: payload)
        for position in 0..<wordCount {
            keys[index * wordCount + position] = key.pointee.load(words[position].index) & words[position].mask
        }
        count += 1
    }

    /// Frees slot `index` and shifts back the entries behind it that were displaced over it.
    mutating func remove(at index: Int) {
        var hole = index
        var next = (hole + 1) & capacityMask
        while slots[next].payload >= 0 {
            let home = Int(slots[next].tag) & capacityMask
            // The entry may move into the hole unless its home lies cyclically behind the hole.
            if (next - home) & capacityMask >= (next - hole) & capacityMask {
                slots[hole] = slots[next]
                (keys + hole * wordCount).update(from: keys + next * wordCount, count: wordCount)
                hole = next
            }
            next = (next + 1) & capacityMask
        }
        slots[hole].payload = -1
        count -= 1
        if capacityMask > 63 && count * 8 < capacityMask + 1 { resize(to: (capacityMask + 1) / 2) }
    }

    /// The key in slot `index`.
    func key(at index: Int) -> FlowKey {
        var result = FlowKey()
        for position in 0..<wordCount { result[word: words[position].index] = keys[index * wordCount + position] }
        return result
    }

    /// Whether the key in slot `index` agrees with `match` in the bits that both look at.
    func overlaps(_ match: borrowing Match, at index: Int) -> Bool {
        for position in 0..<wordCount {
            let word = words[position]
            let difference = keys[index * wordCount + position] ^ match.key.words[unchecked: word.index]
            if difference & word.mask & match.mask.words[unchecked: word.index] != 0 { return false }
        }
        return true
    }

    private mutating func resize(to capacity: Int) {
        let oldSlots = slots
        let oldKeys = keys
        let oldCapacity = capacityMask + 1
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: Slot(tag: 0, payload: -1), count: capacity)
        keys = .allocate(capacity: max(capacity * wordCount, 1))
        capacityMask = capacity - 1
        for old in 0..<oldCapacity where oldSlots[old].payload >= 0 {
            var index = Int(oldSlots[old].tag) & capacityMask
            while slots[index].payload >= 0 { index = (index + 1) & capacityMask }
            slots[index] = oldSlots[old]
            (keys + index * wordCount).update(from: oldKeys + old * wordCount, count: wordCount)
        }
        oldSlots.deallocate()
        oldKeys.deallocate()
    }
}
