import Board
import Synchronization

/// The driver's side of a split virtqueue (virtio 1.2, clause 2.7) whose chains are single buffers: descriptor n is buffer n.
/// For a monitor that is itself the driver of another process's device.
///
/// What the device writes is not trusted: a buffer that it does not have, or more bytes than the buffer holds, is an error.
/// One thread at a time.
final class DriverQueue {
    /// What a buffer's number and its bytes are when it comes back.
    struct Completion {
        let buffer: UInt16
        let byteCount: Int
    }

    let size: UInt16
    let layout: Virtqueue.Layout
    /// Bytes from the descriptor table to the end of the used ring, for a queue of `size` buffers.
    static func byteCount(size: UInt16) -> Int { Self.usedOffset(size) + 6 + 8 * Int(size) }

    private let hasEventIndex: Bool
    private let descriptors: UnsafeMutableRawPointer
    private let available: UnsafeMutableRawPointer
    private let used: UnsafeMutableRawPointer
    private var nextAvailable: UInt16 = 0
    private var publishedAvailable: UInt16 = 0
    private var nextUsed: UInt16 = 0
    /// By buffer: the bytes that it is offered with; 0: the device does not have it.
    private var offered: [Int]

    private static func availableOffset(_ size: UInt16) -> Int { Descriptor.byteCount * Int(size) }
    private static func usedOffset(_ size: UInt16) -> Int {
        (availableOffset(size) + 6 + 2 * Int(size) + 3) & ~3
    }

    /// - Parameters:
    ///   - memory: shared with the device, zeroes.
    ///   - address: where the queue lies in it, aligned to 16 bytes.
    ///   - features: what was agreed on: the event index.
    init(memory: GuestMemory, at address: UInt64, size: UInt16, features: UInt64) {
        let count = Self.byteCount(size: size)
        guard size.nonzeroBitCount == 1, address % 16 == 0, let base = memory.pointer(at: address, count: count) else {
            preconditionFailure("a queue of \(size) lies in memory of its own")
        }
        self.size = size
        layout = Virtqueue.Layout(
            descriptorTable: address, availableRing: address + UInt64(Self.availableOffset(size)),
            usedRing: address + UInt64(Self.usedOffset(size)))
        descriptors = base
        available = base + Self.availableOffset(size)
        used = base + Self.usedOffset(size)
        hasEventIndex = features & Virtio.Feature.eventIndex != 0
        offered = Array(repeating: 0, count: Int(size))
    }

    /// Makes a buffer available. The device sees it after `publish`.
    func offer(_ buffer: UInt16, at address: UInt64, byteCount: Int, isWritable: Bool) {
        let descriptor = descriptors + Descriptor.byteCount * Int(buffer)
        descriptor.storeBytes(of: address.littleEndian, as: UInt64.self)
        descriptor.storeBytes(of: UInt32(byteCount).littleEndian, toByteOffset: 8, as: UInt32.self)
        let flags = isWritable ? Descriptor.isWritable : 0
        descriptor.storeBytes(of: UInt32(flags).littleEndian, toByteOffset: 12, as: UInt32.self)
        let place = available + 4 + 2 * Int(nextAvailable & (size - 1))
        place.storeBytes(of: buffer.littleEndian, as: UInt16.self)
        nextAvailable &+= 1
        offered[Int(buffer)] = byteCount
    }

    /// Shows the device what was offered.
    /// - Returns: whether it wants a notification for that.
    func publish() -> Bool {
        let old = publishedAvailable
        let new = nextAvailable
        guard old != new else { return false }
        SharedRing.store16(new, available + 2)
        publishedAvailable = new
        // The device stores its wish and then looks at the index; we do the reverse.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if hasEventIndex {
            let event = SharedRing.load16(used + 4 + 8 * Int(size))
            return new &- event &- 1 < new &- old
        }
        return SharedRing.load16(used) & 1 == 0
    }

    /// Takes a buffer back; nil when none has come.
    func take() throws(VirtqueueError) -> Completion? {
        guard SharedRing.load16(used + 2) != nextUsed else { return nil }
        let entry = used + 4 + 8 * Int(nextUsed & (size - 1))
        let buffer = UInt32(littleEndian: entry.load(as: UInt32.self))
        let byteCount = Int(UInt32(littleEndian: entry.load(fromByteOffset: 4, as: UInt32.self)))
        guard buffer < UInt32(size), offered[Int(buffer)] > 0 else {
            throw .badIndex(UInt16(truncatingIfNeeded: buffer))
        }
        guard byteCount <= offered[Int(buffer)] else { throw .badRequest("more bytes than a buffer has room for") }
        offered[Int(buffer)] = 0
        nextUsed &+= 1
        return Completion(buffer: UInt16(buffer), byteCount: byteCount)
    }

    /// Asks the device to interrupt when the next buffer comes back.
    /// - Returns: whether one is there already, of which no interrupt may come: look again.
    func enableInterrupts() -> Bool {
        if hasEventIndex {
            SharedRing.store16(nextUsed, available + 4 + 2 * Int(size))
        } else {
            SharedRing.store16(0, available)
        }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return SharedRing.load16(used + 2) != nextUsed
    }

    /// Interrupts are not needed for now. A hint: some may come.
    func disableInterrupts() {
        // With an event index it is enough not to move it.
        if !hasEventIndex { SharedRing.store16(1, available) }
    }
}
