import Board
import Synchronization

/// The device's side of a split virtqueue (virtio 1.2, clause 2.7).
///
/// The driver's memory is not trusted: each field is read once and checked; a chain that breaks a rule is an error and
/// never an access outside of RAM. Nothing is allocated for a chain, so that a poller of another process
/// (a vhost-user back end) can run the same code over the memory it has mapped.
///
/// One thread at a time.
public final class Virtqueue {
    /// Where a queue's parts are, in guest physical addresses.
    public struct Layout: Equatable, Sendable {
        public let descriptorTable: UInt64
        public let availableRing: UInt64
        public let usedRing: UInt64
    }

    public let memory: GuestMemory
    public let layout: Layout
    /// Descriptors in the table: a power of two.
    public let size: UInt16
    /// The chain that is taken next: the position in the available ring, modulo 2^16.
    public private(set) var nextAvailable: UInt16
    /// Where the next chain is given back, modulo 2^16.
    public private(set) var nextUsed: UInt16
    /// The used index that the driver knows.
    private var publishedUsed: UInt16

    private let hasEventIndex: Bool
    private let allowsIndirect: Bool
    private let descriptors: UnsafeMutableRawPointer
    private let available: UnsafeMutableRawPointer
    private let used: UnsafeMutableRawPointer
    private let segments: UnsafeMutablePointer<GuestSegment>
    private let segmentLimit: Int

    /// Drivers use longer chains than their queues with indirect tables; this is where everybody stops.
    public static let longestChain = 1024

    /// - Parameters:
    ///   - features: what was agreed on: event index, indirect descriptors.
    ///   - start: where in both rings to go on, as another device left off; 0 for a queue that begins.
    public init(
        memory: GuestMemory, size: UInt16, descriptorTable: UInt64, availableRing: UInt64, usedRing: UInt64,
        features: UInt64, start: UInt16 = 0
    ) throws(VirtqueueError) {
        guard size > 0, size <= 32768, size.nonzeroBitCount == 1 else { throw .badSize(Int(size)) }
        let count = Int(size)
        guard descriptorTable % 16 == 0,
            let descriptors = memory.pointer(at: descriptorTable, count: Descriptor.byteCount * count)
        else { throw .badRing("descriptor table", address: descriptorTable) }
        guard availableRing % 2 == 0, let available = memory.pointer(at: availableRing, count: 6 + 2 * count) else {
            throw .badRing("available ring", address: availableRing)
        }
        guard usedRing % 4 == 0, let used = memory.pointer(at: usedRing, count: 6 + 8 * count) else {
            throw .badRing("used ring", address: usedRing)
        }
        self.memory = memory
        layout = Layout(descriptorTable: descriptorTable, availableRing: availableRing, usedRing: usedRing)
        self.size = size
        self.descriptors = descriptors
        self.available = available
        self.used = used
        hasEventIndex = features & Virtio.Feature.eventIndex != 0
        allowsIndirect = features & Virtio.Feature.indirectDescriptors != 0
        nextAvailable = start
        nextUsed = start
        publishedUsed = start
        segmentLimit = max(Self.longestChain, count)
        segments = .allocate(capacity: segmentLimit)
    }

    deinit { segments.deallocate() }

    /// How many chains the driver has made available; more than `size` is the driver's error, which `next` reports.
    public var waitingCount: Int { Int(SharedRing.load16(available + 2) &- nextAvailable) }

    /// Up to where chains were given back, as the ring itself says: where to go on when whoever served it is gone.
    public var usedIndexInRing: UInt16 { SharedRing.load16(used + 2) }

    /// Takes the next chain; nil when there is none. The one taken before is not valid any more.
    public func next() throws(VirtqueueError) -> DescriptorChain? {
        let waiting = SharedRing.load16(available + 2) &- nextAvailable
        if waiting == 0 { return nil }
        guard waiting <= size else { throw .tooManyAvailable(waiting) }
        let head = SharedRing.load16(available + 4 + 2 * Int(nextAvailable & (size - 1)))
        nextAvailable &+= 1
        return try chain(head)
    }

    /// Puts the chain that was taken last back, to be taken again.
    public func putBack() { nextAvailable &-= 1 }

    /// Undoes the last `count` chains, each taken and given back and none of them published.
    public func undo(_ count: Int) {
        precondition(count <= Int(nextUsed &- publishedUsed))
        nextAvailable &-= UInt16(count)
        nextUsed &-= UInt16(count)
    }

    private func chain(_ head: UInt16) throws(VirtqueueError) -> DescriptorChain {
        var table = descriptors
        var tableCount = size
        var isIndirect = false
        var index = head
        // Direct and indirect descriptors together: what ends a loop.
        var budget = segmentLimit
        var count = 0
        var readableCount = 0
        while true {
            guard index < tableCount else { throw .badIndex(index) }
            budget -= 1
            guard budget >= 0 else { throw .loop }
            let descriptor = SharedRing.loadDescriptor(table + Descriptor.byteCount * Int(index))
            if descriptor.flags & Descriptor.isIndirect != 0 {
                // Only as the last of a chain, and only once (clause 2.7.5.3.1).
                let entries = descriptor.byteCount / UInt32(Descriptor.byteCount)
                guard allowsIndirect, !isIndirect, descriptor.flags & Descriptor.hasNext == 0, entries > 0,
                    descriptor.byteCount % UInt32(Descriptor.byteCount) == 0, entries <= 32768,
                    let indirect = memory.pointer(at: descriptor.address, count: Int(descriptor.byteCount))
                else { throw .badIndirectTable(address: descriptor.address, byteCount: descriptor.byteCount) }
                (table, tableCount, index, isIndirect) = (indirect, UInt16(entries), 0, true)
                continue
            }
            if descriptor.byteCount > 0 {
                guard let host = memory.pointer(at: descriptor.address, count: Int(descriptor.byteCount)) else {
                    throw .notRAM(address: descriptor.address, byteCount: descriptor.byteCount)
                }
                if descriptor.flags & Descriptor.isWritable == 0 {
                    guard readableCount == count else { throw .readableAfterWritable }
                    readableCount += 1
                }
                (segments + count).initialize(
                    to: GuestSegment(
                        address: descriptor.address, host: host, byteCount: Int(descriptor.byteCount)))
                count += 1
            }
            guard descriptor.flags & Descriptor.hasNext != 0 else { break }
            index = descriptor.next
        }
        return DescriptorChain(
            head: head, readable: UnsafeBufferPointer(start: segments, count: readableCount),
            writable: UnsafeBufferPointer(start: segments + readableCount, count: count - readableCount),
            memory: memory)
    }

    /// Gives a chain back, `written` bytes of its writable part filled. The driver sees it after `publish`.
    public func giveBack(_ head: UInt16, written: Int) {
        let offset = 4 + 8 * Int(nextUsed & (size - 1))
        (used + offset).storeBytes(of: UInt32(head).littleEndian, as: UInt32.self)
        (used + offset + 4).storeBytes(of: UInt32(truncatingIfNeeded: written).littleEndian, as: UInt32.self)
        memory.noteWrite(at: layout.usedRing + UInt64(offset), byteCount: 8)
        nextUsed &+= 1
    }

    /// Where the used ring stands, as the driver sees it.
    public var published: UInt16 { publishedUsed }

    /// Shows the driver what was given back.
    /// - Returns: whether it wants an interrupt for that.
    public func publish() -> Bool {
        let old = publishedUsed
        guard old != nextUsed else { return false }
        show()
        return wantsInterrupt(since: old)
    }

    /// Shows the driver what was given back; whether it wants an interrupt for that can be asked later.
    public func show() {
        SharedRing.store16(nextUsed, used + 2)
        memory.noteWrite(at: layout.usedRing, byteCount: 4)
        publishedUsed = nextUsed
    }

    /// Whether the driver wants an interrupt for what it was shown since the used ring stood at `old`. A driver that has seen
    /// some of it by itself meanwhile may want none.
    public func wantsInterrupt(since old: UInt16) -> Bool {
        // The driver stores its wish and then looks at the index; we do the reverse.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if hasEventIndex {
            let event = SharedRing.load16(available + 4 + 2 * Int(size))
            return publishedUsed &- event &- 1 < publishedUsed &- old
        }
        return SharedRing.load16(available) & 1 == 0
    }

    /// Asks the driver for a notification when it makes the next chain available.
    /// - Returns: whether chains are there already, of which no notification may come: look again.
    public func enableNotifications() -> Bool {
        if hasEventIndex {
            let offset = 4 + 8 * Int(size)
            // What is there already, even if it was not enough to take: the next chain after that.
            SharedRing.store16(SharedRing.load16(available + 2), used + offset)
            memory.noteWrite(at: layout.usedRing + UInt64(offset), byteCount: 2)
        } else {
            SharedRing.store16(0, used)
            memory.noteWrite(at: layout.usedRing, byteCount: 2)
        }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return SharedRing.load16(available + 2) != nextAvailable
    }

    /// Notifications are not needed while the device is at the queue. A hint: some may come.
    public func disableNotifications() {
        // With an event index it is enough not to move it.
        guard !hasEventIndex else { return }
        SharedRing.store16(1, used)
        memory.noteWrite(at: layout.usedRing, byteCount: 2)
    }
}
