import Board
import Linux
import Wire

/// A cable to another process's vhost-user device (a lab's switch), for adapters that move frames themselves: this side is the
/// driver. Its rings and buffers lie in memory of their own, so that the other process sees nothing of the guest's.
///
/// Segments and unfinished checksums travel whole. What the adapter does not take is cut and finished here.
public final class VhostUserPort: NetworkPort {
    public var onReadable: (() -> Void)?
    public var onWritable: (() -> Void)?
    /// The other side has gone, or did something wrong: nothing comes any more, and what is sent is lost.
    public var onDisconnect: ((VhostUserError) -> Void)?

    // Both queues, the buffers of the one and the places of the other.
    private static let receiveCount: UInt16 = 256
    private static let receiveByteCount = 4096
    private static let sendCount: UInt16 = 64
    private static let sendByteCount = (NetworkHeader.longestFrame + 4095 + 4096) & ~4095
    private static let sendQueue = (DriverQueue.byteCount(size: receiveCount) + 4095) & ~4095
    private static let receiveBuffers = sendQueue + (DriverQueue.byteCount(size: sendCount) + 4095) & ~4095
    private static let sendBuffers = receiveBuffers + Int(receiveCount) * receiveByteCount
    private static let byteCount = sendBuffers + Int(sendCount) * sendByteCount

    /// What the other side must offer, and what it may.
    private static let needed =
        Virtio.Feature.version1 | NetworkFeature.checksum | NetworkFeature.hostTSO4 | NetworkFeature.hostTSO6
    private static let receiveOffloads =
        NetworkFeature.mergeableBuffers | NetworkFeature.guestChecksum | NetworkFeature.guestTSO4
        | NetworkFeature.guestTSO6 | NetworkFeature.guestECN
    private static let wanted = needed | receiveOffloads | NetworkFeature.hostECN | Virtio.Feature.eventIndex

    private let watcher: any DescriptorWatcher
    private let mapping: Mapping
    private var frontend: VhostUserFrontend?
    private let receiveQueue: DriverQueue
    private let sendQueue: DriverQueue
    private let receiveEvents: Events
    private let sendEvents: Events
    /// Places to send from that are free, the one that was used last at the end: memory that is in the caches.
    private var freePlaces: [UInt16]
    private var isWaitingToSend = false
    /// Looks for a frame since the watcher has told of some last.
    private var stepCount = 0
    /// That many, and others have a turn: whoever asks for frames holds the device lock, and the other side can bring them, and what
    /// is dropped, as fast as they are taken.
    private static let stepLimit = 256
    private var offloads: UInt32 = 0

    /// A segment that is being cut.
    private let whole: UnsafeMutableRawBufferPointer
    private var segments: TCPSegments?
    /// Frames that could not be passed on: too long for the adapter, or broken.
    public private(set) var droppedCount = 0

    /// The memory of the queues, mapped here.
    private final class Mapping {
        let file: FileDescriptor
        let memory: GuestMemory
        private let map: MappedMemory

        init(byteCount: Int) throws(SystemError) {
            file = try MemoryFile.make("card", byteCount: byteCount)
            map = try MappedMemory(file: file, byteCount: byteCount)
            memory = GuestMemory(
                regions: [
                    GuestMemory.Region(address: 0, byteCount: UInt64(byteCount), host: map.base, fileOffset: 0)
                ])
        }
    }

    private struct Events {
        let kick: OwnedDescriptor
        let call: OwnedDescriptor

        init() throws(SystemError) {
            kick = OwnedDescriptor(try EventDescriptor().descriptor.duplicate())
            call = OwnedDescriptor(try EventDescriptor().descriptor.duplicate())
        }
    }

    /// Says hello and hands the queues over. Frames come from now on.
    /// - Parameter socket: connected to the other side.
    /// - Throws: also when it takes no segments or unfinished checksums.
    public init(
        socket: OwnedDescriptor, watcher: any DescriptorWatcher, patience: Duration = .seconds(5)
    ) throws(VhostUserError) {
        let frontend = try VhostUserFrontend(socket, patience: patience)
        guard frontend.features & Self.needed == Self.needed else {
            throw .system("the backend does not take TCP segments with unfinished checksums")
        }
        var features = frontend.features & Self.wanted
        // Segments are longer than a buffer.
        if features & NetworkFeature.mergeableBuffers == 0 { features &= ~Self.receiveOffloads }
        do throws(SystemError) {
            mapping = try Mapping(byteCount: (Self.byteCount + 4095) & ~4095)
            receiveEvents = try Events()
            sendEvents = try Events()
        } catch {
            throw .system("\(error)")
        }
        let memory = mapping.memory
        receiveQueue = DriverQueue(memory: memory, at: 0, size: Self.receiveCount, features: features)
        sendQueue = DriverQueue(
            memory: memory, at: UInt64(Self.sendQueue), size: Self.sendCount, features: features)
        freePlaces = (0..<Self.sendCount).reversed()
        whole = .allocate(byteCount: Self.sendByteCount, alignment: 16)
        self.watcher = watcher
        self.frontend = frontend
        for buffer in 0..<Self.receiveCount { offer(buffer) }
        _ = receiveQueue.publish()
        _ = receiveQueue.enableInterrupts()
        sendQueue.disableInterrupts()

        try frontend.begin(features: features, memory: memory, file: mapping.file.rawValue)
        for (ring, queue, events) in [(0, receiveQueue, receiveEvents), (1, sendQueue, sendEvents)] {
            let parts: Virtqueue
            do throws(VirtqueueError) {
                parts = try Virtqueue(
                    memory: memory, size: queue.size, descriptorTable: queue.layout.descriptorTable,
                    availableRing: queue.layout.availableRing, usedRing: queue.layout.usedRing, features: features)
            } catch {
                throw .queue(error)
            }
            try frontend.start(
                ring: ring, parts, base: 0, kick: events.kick.rawValue, call: events.call.rawValue)
            try frontend.setEnabled(true, ring: ring)
            events.kick.signalEvent()
        }
        watch(frontend)
    }

    deinit { whole.deallocate() }

    private func watch(_ frontend: VhostUserFrontend) {
        watcher.watch(receiveEvents.call.rawValue, for: .readable) { [weak self] _ in
            guard let self else { return }
            receiveEvents.call.drainEvent()
            stepCount = 0
            onReadable?()
        }
        watcher.watch(sendEvents.call.rawValue, for: .readable) { [weak self] _ in
            guard let self else { return }
            sendEvents.call.drainEvent()
            guard isWaitingToSend, reclaim() else { return }
            isWaitingToSend = false
            sendQueue.disableInterrupts()
            onWritable?()
        }
        watcher.watch(frontend.rawValue, for: .readable) { [weak self, weak frontend] _ in
            if let event = frontend?.unaskedEvent { self?.disconnect(event) }
        }
    }

    public var isConnected: Bool { frontend != nil }

    public func setOffloads(_ offloads: UInt32) { self.offloads = offloads }

    // MARK: To the other side

    public func send(_ buffers: [UnsafeRawBufferPointer]) -> Bool {
        guard isConnected else { return true }
        if isWaitingToSend {
            // Who sends does not wait: should the other side turn out to be gone now, it is not called from in here.
            isWaitingToSend = false
            sendQueue.disableInterrupts()
        }
        guard reclaim() else {
            guard isConnected else { return true }
            isWaitingToSend = true
            // One that has come back meanwhile is not told of any more.
            if sendQueue.enableInterrupts() { sendEvents.call.signalEvent() }
            return false
        }
        let count = buffers.reduce(0) { $0 + $1.count }
        guard count > NetworkHeader.byteCount, count <= Self.sendByteCount, let place = freePlaces.popLast(),
            let pointer = mapping.memory.pointer(at: Self.address(ofPlace: place), count: count)
        else {
            droppedCount += 1
            return true
        }
        var done = 0
        for buffer in buffers where !buffer.isEmpty {
            (pointer + done).copyMemory(from: buffer.baseAddress!, byteCount: buffer.count)
            done += buffer.count
        }
        sendQueue.offer(place, at: Self.address(ofPlace: place), byteCount: count, isWritable: false)
        if sendQueue.publish() { sendEvents.kick.signalEvent() }
        return true
    }

    /// Takes places back that the other side is done with.
    /// - Returns: whether there is a free one.
    private func reclaim() -> Bool {
        do throws(VirtqueueError) {
            while let completion = try sendQueue.take() { freePlaces.append(completion.buffer) }
        } catch {
            disconnect(.queue(error))
        }
        return !freePlaces.isEmpty
    }

    private static func address(ofPlace place: UInt16) -> UInt64 {
        UInt64(sendBuffers + Int(place) * sendByteCount)
    }

    // MARK: From the other side

    public func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while isConnected {
            guard stepCount < Self.stepLimit else {
                receiveEvents.call.signalEvent()
                return 0
            }
            stepCount += 1
            if let count = nextSegment(into: buffer) { return count }
            do throws(VirtqueueError) {
                guard let first = try receiveQueue.take() else {
                    if receiveQueue.enableInterrupts() { continue }
                    stepCount = 0
                    return 0
                }
                let count = try gather(first, buffer)
                if count > 0 { return count }
            } catch {
                disconnect(.queue(error))
            }
        }
        return 0
    }

    /// The next part of a segment that is being cut; nil: there is none.
    private func nextSegment(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard segments != nil else { return nil }
        if let count = segments?.next(into: buffer) {
            if count > 0 { return finished(buffer, count) }
        } else {
            droppedCount += 1
        }
        segments = nil
        return nil
    }

    /// Puts a frame together from its buffers (clause 5.1.6.4), and gives the buffers back.
    /// - Returns: its size; 0 where it is dropped, or is to be cut.
    private func gather(
        _ first: DriverQueue.Completion, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(VirtqueueError) -> Int {
        guard first.byteCount > NetworkHeader.byteCount else { throw .badRequest("a frame without bytes") }
        let start = memory(of: first)
        let header = start[..<NetworkHeader.byteCount]
        let kind = header[1]
        let isWhole = kind == 0 || takes(kind)
        let count = Int(header[NetworkHeader.bufferCount]) | Int(header[NetworkHeader.bufferCount + 1]) << 8
        guard count <= Int(Self.receiveCount) else { throw .badRequest("a frame of more buffers than there are") }
        let target = isWhole ? buffer : whole
        var done = 0
        var part = first
        for left in stride(from: max(count, 1), to: 0, by: -1) {
            let bytes = memory(of: part)
            if done + bytes.count <= target.count {
                UnsafeMutableRawBufferPointer(rebasing: target[done...]).copyMemory(from: bytes)
            }
            done += bytes.count
            offer(part.buffer)
            if left == 1 { break }
            guard let next = try receiveQueue.take() else {
                throw .badRequest("a frame of fewer buffers than it says")
            }
            part = next
        }
        if receiveQueue.publish() { receiveEvents.kick.signalEvent() }
        guard done <= target.count else { return drop() }
        // What it was judged by: the other side could write there until now.
        target[1] = kind
        if isWhole { return finished(buffer, done) }
        segments = TCPSegments(
            header: UnsafeRawBufferPointer(rebasing: whole[..<NetworkHeader.byteCount]),
            frame: UnsafeRawBufferPointer(rebasing: whole[NetworkHeader.byteCount..<done]))
        return segments == nil ? drop() : 0
    }

    /// Whether the adapter takes segments of this kind whole (TUN_F_TSO4, TUN_F_TSO6, TUN_F_TSO_ECN of the kernel's if_tun.h).
    private func takes(_ kind: UInt8) -> Bool {
        let needed: UInt32 =
            switch kind & ~NetworkHeader.ecn {
            case NetworkHeader.tcp4: 2
            case NetworkHeader.tcp6: 4
            default: .max
            }
        return offloads & needed == needed && (kind & NetworkHeader.ecn == 0 || offloads & 8 != 0)
    }

    /// A frame whose checksum the adapter does not finish has it finished here.
    private func finished(_ buffer: UnsafeMutableRawBufferPointer, _ count: Int) -> Int {
        guard buffer[0] & NetworkHeader.needsChecksum != 0, offloads & 1 == 0 else { return count }
        return InternetChecksum.finish(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])) ? count : drop()
    }

    private func drop() -> Int {
        droppedCount += 1
        return 0
    }

    private func memory(of completion: DriverQueue.Completion) -> UnsafeRawBufferPointer {
        let address = Self.address(ofBuffer: completion.buffer)
        return UnsafeRawBufferPointer(
            start: mapping.memory.pointer(at: address, count: completion.byteCount), count: completion.byteCount)
    }

    private static func address(ofBuffer buffer: UInt16) -> UInt64 {
        UInt64(receiveBuffers + Int(buffer) * receiveByteCount)
    }

    private func offer(_ buffer: UInt16) {
        receiveQueue.offer(
            buffer, at: Self.address(ofBuffer: buffer), byteCount: Self.receiveByteCount, isWritable: true)
    }

    // MARK: The end

    private func disconnect(_ error: VhostUserError) {
        guard let frontend else { return }
        watcher.unwatch(frontend.rawValue)
        watcher.unwatch(receiveEvents.call.rawValue)
        watcher.unwatch(sendEvents.call.rawValue)
        self.frontend = nil
        segments = nil
        onDisconnect?(error)
        // Whoever waits for room sends into nothing now.
        if isWaitingToSend { onWritable?() }
        isWaitingToSend = false
    }
}
