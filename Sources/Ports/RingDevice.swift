import Glibc
import Switch
import Virtio
import Wire

/// A device whose frames lie in rings of memory shared with a virtual machine's monitor: the poller is vhost-user's back end.
///
/// Even rings are those the guest receives on, odd ones those it transmits on. All but `init` runs on the poller's thread.
/// A guest that breaks a ring's rules loses the ring, and nobody else anything.
public final class RingDevice: @unchecked Sendable {
    /// What the device can do (virtio 1.2, 5.1.3): checksums and segmentation both ways, mergeable buffers.
    public static let offeredFeatures: UInt64 =
        NetworkFeature.allOffloads & ~NetworkFeature.controlGuestOffloads | NetworkFeature.mergeableBuffers
        | Virtio.Feature.ofQueues

    /// The header with `num_buffers` (virtio 1.2, 5.1.6).
    static let headerByteCount = 12
    /// Frames taken from one ring before the others have their turn.
    static let burst = 64
    /// So many frames may have left without the guest's being told.
    private static let owedLimit = 8
    /// Most receive buffers that one frame takes.
    private static let bufferLimit = 64

    public let ringCount: Int
    private var rings: [VhostUserBackend.Ring?]
    private var features: UInt64 = 0
    /// Chains were given back that the guest has not been told of.
    private var isUnpublished: [Bool]
    /// Where a transmit ring stood when the guest was last told of frames that have left; nil: it knows of all.
    private var owed: [UInt16?]
    private let scratch: UnsafeMutableRawPointer
    private let taken: UnsafeMutablePointer<(head: UInt16, written: Int)>
    /// Frames dropped: the guest had no buffers, or its ring is broken.
    public private(set) var dropped: UInt64 = 0
    /// What a guest did wrong, for the log; the first of it.
    public private(set) var fault: String?

    /// Answers a broadcast frame of the guest's in the network's place; nil: the frame goes its way.
    public typealias Answer = @Sendable (UnsafeRawBufferPointer) -> [UInt8]?
    private let answer: Answer?

    /// - Parameter answer: asked on the poller's thread, of broadcast frames only.
    public init(ringCount: Int, answer: Answer? = nil) {
        self.ringCount = ringCount
        self.answer = answer
        rings = Array(repeating: nil, count: ringCount)
        isUnpublished = Array(repeating: false, count: ringCount)
        owed = Array(repeating: nil, count: ringCount)
        scratch = .allocate(byteCount: 64, alignment: 16)
        taken = .allocate(capacity: Self.bufferLimit)
    }

    deinit {
        scratch.deallocate()
        taken.deallocate()
    }

    var mergesBuffers: Bool { features & NetworkFeature.mergeableBuffers != 0 }
    var capabilities: DeviceCapabilities {
        DeviceCapabilities(
            virtioHeader: true,
            tcpSegmentation: takes(NetworkFeature.guestTSO4 | NetworkFeature.guestTSO6),
            udpSegmentation: takes(NetworkFeature.guestUSO4 | NetworkFeature.guestUSO6))
    }
    private func takes(_ wanted: UInt64) -> Bool { features & wanted == wanted }
    /// The descriptors that tell of frames to transmit.
    var kicks: [Int32] { rings.indices.filter { $0 & 1 == 1 }.compactMap { rings[$0]?.kick }.filter { $0 >= 0 } }

    func start(_ index: Int, _ ring: VhostUserBackend.Ring, features: UInt64) {
        self.features = features
        rings[index] = ring
        isUnpublished[index] = false
        owed[index] = nil
        _ = ring.queue.enableNotifications()
    }

    /// - Returns: where the ring stood.
    func stop(_ index: Int) -> UInt16 {
        guard let ring = rings[index] else { return 0 }
        publish(index)
        pay(index)
        rings[index] = nil
        return ring.queue.nextAvailable
    }

    private func breakDown(_ index: Int, _ error: VirtqueueError) {
        if fault == nil { fault = "ring \(index): \(error)" }
        rings[index] = nil
    }

    // MARK: - From the guest

    /// Takes frames that the guest transmits.
    /// - Returns: whether there may be more: the next turn looks again without being told.
    func receive(_ datapath: Datapath, device: Int32, now: UInt64) -> (any: Bool, more: Bool) {
        var any = false
        var more = false
        var index = 1
        while index < ringCount {
            if let queue = rings[index]?.queue {
                let count = receive(queue, index, datapath, device, now)
                if count > 0 { any = true }
                if count > 0 { queue.disableNotifications() }
                if count == Self.burst { more = true }
                publish(index)
            }
            index += 2
        }
        return (any, more)
    }

    /// - Returns: how many frames; -1: the ring is broken.
    private func receive(
        _ queue: Virtqueue, _ index: Int, _ datapath: Datapath, _ device: Int32, _ now: UInt64
    ) -> Int {
        var count = 0
        do throws(VirtqueueError) {
            while count < Self.burst, let chain = try queue.next() {
                take(chain, datapath, device, now)
                queue.giveBack(chain.head, written: 0)
                isUnpublished[index] = true
                count += 1
            }
        } catch {
            breakDown(index, error)
            return -1
        }
        return count
    }

    @inline(__always)
    private func take(_ chain: DescriptorChain, _ datapath: Datapath, _ device: Int32, _ now: UInt64) {
        let length = chain.readableByteCount - Self.headerByteCount
        guard length > 0, length <= PacketPool.largestFrame else { return datapath.noteDeviceDrop() }
        guard let packet = datapath.pool.allocate(frameByteCount: length) else { return datapath.noteMemoryDrop() }
        _ = chain.read(into: UnsafeMutableRawBufferPointer(start: scratch, count: Self.headerByteCount))
        packet.pointee.offload = VirtioNetHeader(reading: scratch)
        packet.pointee.length = chain.read(
            from: Self.headerByteCount,
            into: UnsafeMutableRawBufferPointer(start: packet.pointee.data, count: length))
        if let answer, UnsafeRawPointer(packet.pointee.data).loadByte() == 0xff,
            let reply = answer(UnsafeRawBufferPointer(packet.bytes))
        {
            datapath.pool.release(packet)
            return send(reply, datapath)
        }
        datapath.receive(packet, from: device, now: now)
    }

    /// Puts a frame of our own into the receive ring.
    private func send(_ frame: [UInt8], _ datapath: Datapath) {
        guard let packet = datapath.pool.allocate(frameByteCount: frame.count) else { return datapath.noteMemoryDrop() }
        packet.pointee.offload = VirtioNetHeader()
        packet.pointee.length = frame.count
        frame.withUnsafeBytes { packet.pointee.data.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        if !send(packet) { datapath.noteDeviceDrop() }
        datapath.pool.release(packet)
        publish(0)
    }

    // MARK: - To the guest

    /// Puts a frame into a receive ring. The packet stays the caller's.
    /// - Returns: false: there was no room, or no ring.
    func send(_ packet: PacketRef) -> Bool {
        if features & NetworkFeature.guestChecksum == 0,
            packet.pointee.offload.flags & VirtioNetHeader.needsChecksum != 0
        {
            guard Segmentation.finishChecksum(packet) else { return false }
        }
        // One receive ring serves all: a poller is one thread, and the order of a flow stays.
        guard let queue = rings[0]?.queue else {
            dropped &+= 1
            return false
        }
        do throws(VirtqueueError) {
            if try put(packet, queue) {
                isUnpublished[0] = true
                return true
            }
        } catch {
            breakDown(0, error)
        }
        dropped &+= 1
        return false
    }

    private func put(_ packet: PacketRef, _ queue: Virtqueue) throws(VirtqueueError) -> Bool {
        var header = packet.pointee.offload
        header.flags &= VirtioNetHeader.needsChecksum | VirtioNetHeader.dataValid
        header.write(to: scratch)
        scratch.storeBytes(of: UInt16(1).littleEndian, toByteOffset: 10, as: UInt16.self)
        let frame = UnsafeRawBufferPointer(packet.bytes)
        var done = 0
        var count = 0
        var bufferCount: UnsafeMutableRawPointer?
        while done < frame.count {
            guard count < Self.bufferLimit, let chain = try queue.next() else { return giveUp(queue, count) }
            let start = count == 0 ? Self.headerByteCount : 0
            taken[count] = (chain.head, 0)
            count += 1
            if start > 0 {
                guard chain.write(UnsafeRawBufferPointer(start: scratch, count: start)) == start else {
                    return giveUp(queue, count)
                }
                if let first = chain.writable.first, first.byteCount >= start { bufferCount = first.host + 10 }
            }
            let rest = UnsafeRawBufferPointer(rebasing: frame[done...])
            let written = chain.write(rest, at: start)
            taken[count - 1].written = start + written
            done += written
            if done < frame.count, !mergesBuffers || written == 0 { return giveUp(queue, count) }
        }
        if count > 1 {
            guard let bufferCount else { return giveUp(queue, count) }
            bufferCount.storeBytes(of: UInt16(count).littleEndian, as: UInt16.self)
        }
        for index in 0..<count { queue.giveBack(taken[index].head, written: taken[index].written) }
        return true
    }

    private func giveUp(_ queue: Virtqueue, _ count: Int) -> Bool {
        for _ in 0..<count { queue.putBack() }
        return false
    }

    // MARK: - Telling the guest

    /// Shows the guest what was put into its rings, and wakes it where it wants that.
    func publish() {
        for index in rings.indices { publish(index) }
    }

    private func publish(_ index: Int) {
        guard isUnpublished[index], let ring = rings[index] else { return }
        isUnpublished[index] = false
        let before = ring.queue.published
        ring.queue.show()
        if index & 1 == 0 {
            call(ring, since: before)
            return
        }
        // That frames have left is no news to hurry with: a driver that receives an answer looks by itself.
        let since = owed[index] ?? before
        owed[index] = since
        if ring.queue.published &- since >= Self.owedLimit { pay(index) }
    }

    /// Tells the guest that frames have left, if it still wants to know.
    private func pay(_ index: Int) {
        guard let since = owed[index], let ring = rings[index] else { return }
        owed[index] = nil
        call(ring, since: since)
    }

    private func call(_ ring: VhostUserBackend.Ring, since: UInt16) {
        guard ring.call >= 0, ring.queue.wantsInterrupt(since: since) else { return }
        var one: UInt64 = 1
        _ = Glibc.write(ring.call, &one, 8)
    }

    /// The poller goes to sleep: the guest is told everything, and asked to say when it transmits.
    /// - Returns: whether there are frames already, of which it may say nothing.
    func rest() -> Bool {
        var more = false
        for index in stride(from: 1, to: ringCount, by: 2) {
            pay(index)
            if let queue = rings[index]?.queue, queue.enableNotifications() { more = true }
        }
        return more
    }
}
