// A hierarchical timer wheel.
//
// What: deadlines in nanoseconds, each with a word that says what it is for, taken out in order of time.
//
// Design: a tick is 1,024 ns. Nine levels of 64 slots cover all of UInt64: level 0 has a slot for each tick of the
// current block of 64, level 1 one for each block of 64 ticks, and so on. An entry lies at the level of the highest
// 6-bit digit in which its tick differs from `current`. Hence
//
//     every entry of a level is due before every entry of the levels above it,
//     and within a level, slots are in order of time,
//
// so that a bitmap of the occupied slots of each level finds the earliest slot in a few instructions, however far away
// it is. When the clock reaches a slot of a higher level, its entries move down ("cascade"), each at most once a level.
// The list of a level-0 slot is kept sorted by the exact deadline (entries mostly come in order, so this is an append);
// entries therefore leave in exact order of deadline, first in, first out among equals, and never early.
//
// Optimisations: entries are 32 bytes in one raw array and are recycled, so scheduling allocates nothing once the array
// has grown; a slot of a higher level remembers its earliest deadline, so that `nextDeadline` is exact without a walk.
//
// Thread-safety: none; a wheel belongs to one poller.

/// What `TimerWheel.schedule` answers: names one scheduled deadline, and nothing once that has fired or been cancelled.
public struct TimerID: Hashable, Sendable {
    @usableFromInline
    let index: UInt32
    @usableFromInline
    let generation: UInt32
}

/// Deadlines in nanoseconds, each with a token, taken out in order of time.
public struct TimerWheel: ~Copyable {
    /// Nanoseconds in a tick, as a shift.
    public static let tickShift: UInt64 = 10

    private static let levelCount = 9
    private static let none = UInt32.max

    private struct Entry {
        var deadline: UInt64
        var token: UInt64
        var next: UInt32
        var previous: UInt32
        /// Level and slot in one, or `idle` while the entry is on the free list.
        var place: UInt32
        var generation: UInt32

        static let idle = UInt32.max
    }

    private struct Slot {
        var head: UInt32
        var tail: UInt32
        /// The earliest deadline in the slot; 0: not known (it was cancelled).
        var earliest: UInt64
    }

    private var entries: UnsafeMutablePointer<Entry>
    private var capacity: Int
    private var used = 0
    private var freeList = TimerWheel.none
    private let slots: UnsafeMutablePointer<Slot>
    private let occupied: UnsafeMutablePointer<UInt64>
    /// A bit for each level that holds an entry.
    private var levels: UInt32 = 0
    /// The tick that the wheel stands at: no later than that of any entry that was scheduled in time.
    private var current: UInt64

    /// Deadlines scheduled and neither fired nor cancelled.
    public private(set) var count = 0

    /// - Parameter now: the clock's reading in nanoseconds. Any value works; the right one saves the first cascade.
    public init(now: UInt64 = 0) {
        capacity = 64
        entries = .allocate(capacity: capacity)
        let slotCount = Self.levelCount * 64
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: Slot(head: Self.none, tail: Self.none, earliest: 0), count: slotCount)
        occupied = .allocate(capacity: Self.levelCount)
        occupied.initialize(repeating: 0, count: Self.levelCount)
        current = now >> Self.tickShift
    }

    deinit {
        entries.deallocate()
        slots.deallocate()
        occupied.deallocate()
    }

    /// Adds a deadline.
    /// - Parameter deadline: nanoseconds; one in the past fires at the next `popExpired`.
    /// - Parameter token: what `popExpired` answers when the deadline is reached.
    @discardableResult
    public mutating func schedule(at deadline: UInt64, token: UInt64) -> TimerID {
        let index = takeEntry()
        let entry = entries + Int(index)
        entry.pointee.deadline = deadline
        entry.pointee.token = token
        insert(index)
        count &+= 1
        return TimerID(index: index, generation: entry.pointee.generation)
    }

    /// Removes a deadline.
    /// - Returns: whether it was still there.
    @discardableResult
    public mutating func cancel(_ id: TimerID) -> Bool {
        guard Int(id.index) < used else { return false }
        let entry = entries + Int(id.index)
        guard entry.pointee.generation == id.generation, entry.pointee.place != Entry.idle else { return false }
        remove(id.index)
        recycle(id.index)
        return true
    }

    /// The earliest deadline in nanoseconds, or nil when there is none.
    public var nextDeadline: UInt64? {
        mutating get {
            guard levels != 0 else { return nil }
            let level = levels.trailingZeroBitCount
            let digit = occupied[level].trailingZeroBitCount
            let slot = slots + (level &* 64 &+ digit)
            // A level-0 list is sorted.
            if level == 0 { return entries[Int(slot.pointee.head)].deadline }
            if slot.pointee.earliest == 0 { slot.pointee.earliest = earliestDeadline(of: slot) }
            return slot.pointee.earliest
        }
    }

    /// Takes out the earliest entry whose deadline is not later than `now`, or answers nil.
    ///
    /// Entries come in order of deadline, first in, first out among equals.
    public mutating func popExpired(now: UInt64) -> (deadline: UInt64, token: UInt64)? {
        let nowTick = now >> Self.tickShift
        while levels != 0 {
            let level = levels.trailingZeroBitCount
            let digit = occupied[level].trailingZeroBitCount
            if level == 0 {
                let index = slots[digit].head
                let entry = entries + Int(index)
                guard entry.pointee.deadline <= now else { break }
                let result = (entry.pointee.deadline, entry.pointee.token)
                remove(index)
                recycle(index)
                return result
            }
            // The first tick that the slot covers: the digits of `current` above the level, then the slot's.
            let shift = UInt64(level &* 6)
            let above = (current >> (shift &+ 6)) << (shift &+ 6)
            let start = above | (UInt64(digit) << shift)
            guard start <= nowTick else { break }
            current = start
            cascade(level: level, digit: digit)
        }
        // No slot between `current` and now is occupied, so the clock may jump.
        if nowTick > current { current = nowTick }
        return nil
    }

    // MARK: - Places

    /// Puts the entry into the slot that its deadline and `current` give.
    private mutating func insert(_ index: UInt32) {
        let entry = entries + Int(index)
        let deadline = entry.pointee.deadline
        // Late entries go to the current tick; its list is sorted, so they come first.
        let tick = max(deadline >> Self.tickShift, current)
        let difference = tick ^ current
        let level = difference == 0 ? 0 : (63 &- difference.leadingZeroBitCount) / 6
        let digit = Int(truncatingIfNeeded: (tick >> UInt64(level &* 6)) & 63)
        let place = level &* 64 &+ digit
        let slot = slots + place
        entry.pointee.place = UInt32(truncatingIfNeeded: place)

        var before = slot.pointee.tail
        if before == Self.none {
            occupied[level] |= 1 << UInt64(digit)
            levels |= 1 << UInt32(level)
            slot.pointee.earliest = deadline
        } else if level == 0 {
            while before != Self.none, entries[Int(before)].deadline > deadline {
                before = entries[Int(before)].previous
            }
        } else if deadline < slot.pointee.earliest {
            slot.pointee.earliest = deadline
        }
        let after = before == Self.none ? slot.pointee.head : entries[Int(before)].next
        entry.pointee.previous = before
        entry.pointee.next = after
        if before == Self.none { slot.pointee.head = index } else { entries[Int(before)].next = index }
        if after == Self.none { slot.pointee.tail = index } else { entries[Int(after)].previous = index }
    }

    private mutating func remove(_ index: UInt32) {
        let entry = entries + Int(index)
        let place = Int(entry.pointee.place)
        let slot = slots + place
        let before = entry.pointee.previous
        let after = entry.pointee.next
        if before == Self.none { slot.pointee.head = after } else { entries[Int(before)].next = after }
        if after == Self.none { slot.pointee.tail = before } else { entries[Int(after)].previous = before }
        if slot.pointee.head == Self.none {
            vacate(level: place / 64, digit: place % 64)
        } else if slot.pointee.earliest == entry.pointee.deadline {
            slot.pointee.earliest = 0
        }
    }

    private mutating func vacate(level: Int, digit: Int) {
        occupied[level] &= ~(1 << UInt64(digit))
        if occupied[level] == 0 { levels &= ~(1 << UInt32(level)) }
    }

    /// Moves the entries of a slot that the clock has reached to lower levels, in their order.
    private mutating func cascade(level: Int, digit: Int) {
        let slot = slots + (level &* 64 &+ digit)
        var index = slot.pointee.head
        slot.pointee.head = Self.none
        slot.pointee.tail = Self.none
        vacate(level: level, digit: digit)
        while index != Self.none {
            let next = entries[Int(index)].next
            insert(index)
            index = next
        }
    }

    private func earliestDeadline(of slot: UnsafeMutablePointer<Slot>) -> UInt64 {
        var earliest = UInt64.max
        var index = slot.pointee.head
        while index != Self.none {
            earliest = min(earliest, entries[Int(index)].deadline)
            index = entries[Int(index)].next
        }
        return earliest
    }

    // MARK: - Entries

    private mutating func takeEntry() -> UInt32 {
        if freeList != Self.none {
            let index = freeList
            freeList = entries[Int(index)].next
            return index
        }
        if used == capacity { grow() }
        let index = UInt32(truncatingIfNeeded: used)
        used &+= 1
        (entries + Int(index)).initialize(
            to: Entry(deadline: 0, token: 0, next: Self.none, previous: Self.none, place: Entry.idle, generation: 0))
        return index
    }

    private mutating func recycle(_ index: UInt32) {
        let entry = entries + Int(index)
        entry.pointee.place = Entry.idle
        entry.pointee.generation &+= 1
        entry.pointee.next = freeList
        freeList = index
        count &-= 1
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: entries, count: used)
        entries.deallocate()
        entries = larger
        capacity *= 2
    }
}
