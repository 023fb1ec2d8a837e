/// The packets on their way along a link, each with the time at which it is due at the far end (`Packet.due`).
///
/// As long as packets come in order of their due times this is a list. The first that is due before one already on the
/// way (jitter, reordering, a shorter delay) turns it into a binary heap, which it stays until it is empty.
struct LinkFlight: ~Copyable {
    private struct Entry {
        var due: UInt64
        var sequence: UInt64
        var packet: PacketRef
    }

    private var inOrder = PacketList()
    private var heap: UnsafeMutablePointer<Entry>?
    private var heapCount = 0
    private var heapCapacity = 0
    /// The sequence number of the next packet that sets out.
    private var sequence: UInt64 = 0
    /// One more than the highest sequence number that has arrived.
    private var expected: UInt64 = 0

    /// Above this the heap's storage is given back as soon as it is empty.
    private static let keptCapacity = 1024

    deinit { heap?.deallocate() }

    var count: Int { inOrder.count &+ heapCount }
    var isEmpty: Bool { inOrder.isEmpty && heapCount == 0 }

    /// When the next packet is due.
    var firstDue: UInt64? {
        if let first = inOrder.first { return first.pointee.due }
        return heapCount > 0 ? heap.unsafelyUnwrapped[0].due : nil
    }

    /// Notes a packet that arrives the moment it sets out, with nothing on the way.
    mutating func passAtOnce() {
        sequence &+= 1
        expected = sequence
    }

    mutating func insert(_ packet: PacketRef) {
        if heapCount == 0 {
            guard let last = inOrder.last, packet.pointee.due < last.pointee.due else {
                sequence &+= 1
                inOrder.append(packet)
                return
            }
            expected = sequence &- UInt64(inOrder.count)
            var number = expected
            while let earlier = inOrder.popFirst() {
                push(earlier, sequence: number)
                number &+= 1
            }
        }
        push(packet, sequence: sequence)
        sequence &+= 1
    }

    /// Takes out the next packet that is due by `now`, and says whether one that set out later came before it.
    mutating func popDue(now: UInt64) -> (packet: PacketRef, isReordered: Bool)? {
        if let first = inOrder.first {
            guard first.pointee.due <= now else { return nil }
            _ = inOrder.popFirst()
            return (first, false)
        }
        guard heapCount > 0, heap.unsafelyUnwrapped[0].due <= now else { return nil }
        let top = pop()
        let late = top.sequence < expected
        if !late { expected = top.sequence &+ 1 }
        return (top.packet, late)
    }

    /// Takes out any packet.
    mutating func popAny() -> PacketRef? {
        popDue(now: .max)?.packet
    }

    /// Moves the packet that set out last to `due`, where the order allows it.
    mutating func rescheduleLast(to due: UInt64) {
        guard heapCount == 0, let last = inOrder.last else { return }
        last.pointee.due = due
        guard inOrder.count > 1 else { return }
        // Out of order now: the heap sorts it.
        expected = sequence &- UInt64(inOrder.count)
        var number = expected
        while let earlier = inOrder.popFirst() {
            push(earlier, sequence: number)
            number &+= 1
        }
    }

    private mutating func push(_ packet: PacketRef, sequence: UInt64) {
        if heapCount == heapCapacity { grow() }
        let heap = heap.unsafelyUnwrapped
        let entry = Entry(due: packet.pointee.due, sequence: sequence, packet: packet)
        var index = heapCount
        heapCount &+= 1
        while index > 0 {
            let parent = (index &- 1) / 2
            guard Self.isBefore(entry, heap[parent]) else { break }
            heap[index] = heap[parent]
            index = parent
        }
        heap[index] = entry
    }

    private mutating func pop() -> Entry {
        let heap = heap.unsafelyUnwrapped
        let top = heap[0]
        heapCount &-= 1
        let moved = heap[heapCount]
        var index = 0
        while true {
            var child = index &* 2 &+ 1
            guard child < heapCount else { break }
            if child &+ 1 < heapCount, Self.isBefore(heap[child &+ 1], heap[child]) { child &+= 1 }
            guard Self.isBefore(heap[child], moved) else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = moved
        if heapCount == 0, heapCapacity > Self.keptCapacity {
            heap.deallocate()
            self.heap = nil
            heapCapacity = 0
        }
        return top
    }

    private static func isBefore(_ a: Entry, _ b: Entry) -> Bool {
        a.due < b.due || (a.due == b.due && a.sequence < b.sequence)
    }

    @inline(never)
    private mutating func grow() {
        let capacity = max(64, heapCapacity * 2)
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
        if let heap {
            larger.moveInitialize(from: heap, count: heapCount)
            heap.deallocate()
        }
        heap = larger
        heapCapacity = capacity
    }
}
