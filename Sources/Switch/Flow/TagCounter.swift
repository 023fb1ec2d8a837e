/// How many entries of a subtable have a given 32-bit hash up to a stage: the index that ends a staged lookup early.
/// Storage is manual: `deallocate` when done with it.
struct TagCounter {
    private struct Slot {
        var tag: UInt32
        /// 0: free.
        var count: UInt32
    }

    private var slots: UnsafeMutablePointer<Slot>
    private var capacityMask: Int
    private var used = 0

    init() {
        capacityMask = 7
        slots = .allocate(capacity: 8)
        slots.initialize(repeating: Slot(tag: 0, count: 0), count: 8)
    }

    func deallocate() { slots.deallocate() }

    @inline(__always)
    func contains(_ tag: UInt32) -> Bool {
        var index = Int(tag) & capacityMask
        while true {
            let slot = slots[index]
            if slot.count == 0 { return false }
            if slot.tag == tag { return true }
            index = (index &+ 1) & capacityMask
        }
    }

    mutating func add(_ tag: UInt32) {
        var index = place(of: tag)
        if slots[index].count == 0 {
            if used * 8 >= (capacityMask + 1) * 5 {
                resize(to: (capacityMask + 1) * 2)
                index = place(of: tag)
            }
            used += 1
            slots[index].tag = tag
        }
        slots[index].count += 1
    }

    /// Takes away one of the entries that `add` counted.
    mutating func remove(_ tag: UInt32) {
        var hole = place(of: tag)
        precondition(slots[hole].count > 0, "a hash that was never added")
        slots[hole].count -= 1
        if slots[hole].count > 0 { return }
        used -= 1
        var next = (hole + 1) & capacityMask
        while slots[next].count > 0 {
            let home = Int(slots[next].tag) & capacityMask
            if (next - home) & capacityMask >= (next - hole) & capacityMask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & capacityMask
        }
        slots[hole].count = 0
    }

    private func place(of tag: UInt32) -> Int {
        var index = Int(tag) & capacityMask
        while slots[index].count > 0 && slots[index].tag != tag { index = (index + 1) & capacityMask }
        return index
    }

    private mutating func resize(to capacity: Int) {
        let old = slots
        let oldCapacity = capacityMask + 1
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: Slot(tag: 0, count: 0), count: capacity)
        capacityMask = capacity - 1
        for index in 0..<oldCapacity where old[index].count > 0 { slots[place(of: old[index].tag)] = old[index] }
        old.deallocate()
    }
}
