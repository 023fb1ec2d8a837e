import Glibc
import HostNetwork
import Linux
import Switch
import Synchronization
import Wire

/// The poller's loop on io_uring.
struct RingLoop: ~Copyable {
    private let poller: Poller
    private let datapath: Datapath
    private var ring: IOUring
    /// The packets whose storage the kernel holds, by buffer id.
    private let buffers: UnsafeMutablePointer<PacketRef?>
    /// Devices whose multishot read has ended and has to be started again.
    private var stopped: [Int32] = []
    private var hasStopped = false

    /// Buffers that the kernel may fill before it has to wait for us; deeper was measured to be slower.
    private static let bufferCount: UInt16 = 32
    private static let header = VirtioNetHeader.byteCount

    private var spinning = Spinning()
    /// What every receive from a packet socket asks for: control messages with the VLAN tag.
    private let request = IOUring.ReceiveRequest(controlByteCount: PacketSocket.controlByteCount)

    private enum Tag {
        static let read: UInt64 = 1 << 56
        static let write: UInt64 = 2 << 56
        static let wake: UInt64 = 3 << 56
        static let cancel: UInt64 = 4 << 56
        static let kick: UInt64 = 5 << 56
        static let mask: UInt64 = 0xff << 56
    }

    init(poller: Poller) throws(IOUring.Unavailable) {
        var ring = try IOUring(submissions: 256, completions: 4096)
        try ring.makeBufferRing(count: Self.bufferCount)
        self.ring = ring
        self.poller = poller
        datapath = poller.datapath
        buffers = .allocate(capacity: Int(Self.bufferCount))
        buffers.initialize(repeating: nil, count: Int(Self.bufferCount))
        for id in 0..<Self.bufferCount { _ = provide(id) }
        self.ring.publishBuffers()
        self.ring.pollMultishot(poller.wakeUp.rawValue, userData: Tag.wake)
    }

    deinit {
        for id in 0..<Int(Self.bufferCount) { if let packet = buffers[id] { datapath.pool.release(packet) } }
        buffers.deallocate()
    }

    /// Gives the kernel a fresh packet's storage under `id`; false, and nothing given, at the memory limit.
    @inline(__always)
    private mutating func provide(_ id: UInt16) -> Bool {
        guard let packet = datapath.pool.allocate(frameByteCount: PacketPool.largestFrame) else { return false }
        buffers[Int(id)] = packet
        provide(packet, id)
        return true
    }

    @inline(__always)
    private mutating func provide(_ packet: PacketRef, _ id: UInt16) {
        ring.provideBuffer(
            packet.pointee.data - Self.header, count: PacketPool.largestFrame + Self.header, id: id)
    }

    @inline(never)
    mutating func run() {
        while true {
            if poller.hasCalls.load(ordering: .relaxed) {
                guard runCalls() else { return }
            }
            if hasStopped { restart() }
            if poller.ringChanges { waitForKicks() }
            if poller.hasPendingRings { receiveFromRings(all: false) }
            datapath.run(now: MonotonicClock.now())
            poller.giveTurns()
            flush()
            wait()
            handleCompletions()
            flush()
        }
    }

    // What is not for each packet stays out of line, so that the loop's own code counts no references.

    @inline(never)
    private mutating func runCalls() -> Bool {
        guard poller.runCalls() else { return false }
        for device in poller.newPorts { startReading(device) }
        poller.newPorts.removeAll()
        if !poller.leavingPorts.isEmpty { stopReading() }
        return true
    }

    /// Ends the reads of devices that leave. The kernel has everything that names their descriptors, writes included,
    /// before the next call runs: whoever removes a device may close it then.
    private mutating func stopReading() {
        for device in poller.leavingPorts {
            ring.cancel(Self.readTag(device, poller.ports[Int(device)]), userData: Tag.cancel)
        }
        poller.leavingPorts.removeAll()
        ring.enter(wait: 0, timeout: -1)
    }

    @inline(never)
    private mutating func waitForKicks() {
        let change = poller.changeKicks()
        for kick in change.gone {
            ring.cancel(Tag.kick | UInt64(UInt32(bitPattern: kick)), userData: Tag.cancel)
        }
        for kick in change.new {
            ring.pollMultishot(kick, userData: Tag.kick | UInt64(UInt32(bitPattern: kick)))
        }
        ring.enter(wait: 0, timeout: -1)
    }

    @inline(never)
    private mutating func receiveFromRings(all: Bool) {
        let now = MonotonicClock.now()
        if poller.receiveFromRings(now: now, all: all) { spinning.packetsCame(now: now) }
    }

    @inline(never)
    private mutating func kicked(_ completion: IOUring.Completion) {
        let kick = Int32(truncatingIfNeeded: completion.userData & ~Tag.mask)
        guard poller.kicks.contains(kick) else { return }
        poller.kicked(kick)
        if !completion.hasMore { ring.pollMultishot(kick, userData: completion.userData) }
    }

    @inline(never)
    private mutating func restart() {
        for device in stopped { startReading(device) }
        stopped.removeAll(keepingCapacity: true)
        hasStopped = false
    }

    private mutating func wait() {
        let now = MonotonicClock.now()
        if poller.hasPendingRings {
            ring.enter(wait: 0, timeout: -1)
            return
        }
        if spinning.goesOn(now: now) {
            // Guests' rings are memory: to look costs no system call.
            if !poller.ringDevices.isEmpty { receiveFromRings(all: true) }
            // Whoever else wants this processor, a host's program that a packet has just woken, goes first.
            sched_yield()
            ring.enter(wait: 0, timeout: -1)
            return
        }
        if !poller.ringDevices.isEmpty, poller.restRings() {
            ring.enter(wait: 0, timeout: -1)
            return
        }
        guard let deadline = poller.nextDeadline() else {
            ring.enter(wait: 1, timeout: -1)
            return
        }
        let sleep = poller.sleepTime(until: deadline, now: now)
        if sleep == 0 {
            ring.enter(wait: 0, timeout: -1)
        } else if ring.enter(wait: 1, timeout: sleep) == -ETIME {
            poller.learnLateness(wanted: now &+ UInt64(sleep), now: MonotonicClock.now())
        }
    }

    /// A read names the device and which of those that have had its number it is: what a device that is gone still
    /// brings is not taken for the next one's.
    @inline(__always)
    private static func readTag(_ device: Int32, _ port: Poller.Port) -> UInt64 {
        Tag.read | UInt64(port.generation) << 32 | UInt64(UInt32(bitPattern: device))
    }

    private mutating func startReading(_ device: Int32) {
        let port = poller.ports[Int(device)]
        guard port.isOpen, port.descriptor >= 0 else { return }
        if port.capabilities.separateTag {
            ring.receiveMultishot(port.descriptor, request, userData: Self.readTag(device, port))
        } else {
            ring.readMultishot(port.descriptor, userData: Self.readTag(device, port))
        }
    }

    // MARK: Completions

    @inline(never)
    private mutating func handleCompletions() {
        let now = MonotonicClock.now()
        var provided = false
        defer { if provided { spinning.packetsCame(now: now) } }
        while let completion = ring.nextCompletion() {
            let payload = completion.userData & ~Tag.mask
            switch completion.userData & Tag.mask {
            case Tag.write:
                if completion.result < 0 { datapath.noteDeviceDrop() }
                datapath.pool.release(PacketRef(bitPattern: UInt(payload)).unsafelyUnwrapped)
            case Tag.read:
                let device = Int32(truncatingIfNeeded: payload)
                let isCurrent = poller.ports[Int(device)].generation == UInt16(truncatingIfNeeded: payload >> 32)
                if let id = completion.bufferID {
                    if let packet = buffers[Int(id)] {
                        provided = true
                        if !isCurrent {
                            provide(packet, id)
                        } else if provide(id) {
                            if poller.ports[Int(device)].capabilities.separateTag {
                                receive(packet, count: Int(completion.result), device: device, now: now)
                            } else {
                                read(packet, count: Int(completion.result), device: device, now: now)
                            }
                        } else {
                            // At the memory limit the packet is lost, but its buffer must not be: reading goes on.
                            provide(packet, id)
                            datapath.noteMemoryDrop()
                        }
                    }
                }
                if !completion.hasMore && isCurrent { readEnded(device, completion.result) }
            case Tag.kick:
                kicked(completion)
            case Tag.cancel:
                break
            default:
                if !completion.hasMore { ring.pollMultishot(poller.wakeUp.rawValue, userData: Tag.wake) }
            }
        }
        if provided { ring.publishBuffers() }
    }

    @inline(__always)
    private mutating func read(_ packet: PacketRef, count: Int, device: Int32, now: UInt64) {
        guard count > Self.header else { return datapath.pool.release(packet) }
        packet.pointee.offload = VirtioNetHeader(reading: packet.pointee.data - Self.header)
        packet.pointee.length = count - Self.header
        datapath.receive(packet, from: device, now: now)
    }

    /// A frame from a packet socket, behind what the kernel says of it.
    @inline(__always)
    private mutating func receive(_ packet: PacketRef, count: Int, device: Int32, now: UInt64) {
        let front = IOUring.receivedHeadByteCount + PacketSocket.controlByteCount
        guard count > front + Self.header else { return datapath.pool.release(packet) }
        let buffer = packet.pointee.data - Self.header
        packet.pointee.data += front
        packet.pointee.offload = VirtioNetHeader(reading: packet.pointee.data - Self.header)
        packet.pointee.length = count - front - Self.header
        if let tag = PacketSocket.tag(
            in: buffer + IOUring.receivedHeadByteCount, count: IOUring.receivedControlByteCount(buffer))
        {
            packet.putBack(tag)
        }
        datapath.receive(packet, from: device, now: now)
    }

    @inline(never)
    private mutating func readEnded(_ device: Int32, _ result: Int32) {
        switch -result {
        case EBADFD, EBADF, ENODEV, ECANCELED, EIO:
            // The device is gone, with its namespace or by our own hand.
            poller.ports[Int(device)].isOpen = false
        default:
            // No buffer was free, or the kernel ended the multishot: again.
            stopped.append(device)
            hasStopped = true
        }
    }

    // MARK: Writes

    /// Hands what the data path has for devices to the ring.
    @inline(never)
    private mutating func flush() {
        let count = datapath.outbox.count
        guard count > 0 else { return }
        for index in 0..<count {
            let item = datapath.outbox[index]
            let port = poller.ports[Int(item.device)]
            guard port.isOpen else {
                datapath.noteDeviceDrop()
                datapath.pool.release(item.packet)
                continue
            }
            if port.ringIndex >= 0 {
                poller.putIntoRing(item.packet, port)
                continue
            }
            if item.packet.pointee.offload.isSuperPacket && !port.takesWhole(item.packet) {
                segment(item.packet, to: port)
            } else {
                write(item.packet, to: port)
            }
        }
        datapath.emptyOutbox()
        if !poller.ringDevices.isEmpty { poller.publishRings() }
    }

    @inline(__always)
    private mutating func write(_ packet: PacketRef, to port: Poller.Port) {
        let start = packet.pointee.data - Self.header
        packet.pointee.offload.write(to: start)
        ring.write(
            port.descriptor, start, count: packet.pointee.length + Self.header,
            userData: Tag.write | UInt64(UInt(bitPattern: packet)))
    }

    private mutating func segment(_ packet: PacketRef, to port: Poller.Port) {
        poller.segments(of: packet) { segment in write(segment, to: port) }
    }
}

extension Poller.Port {
    /// Whether the kernel takes the super-packet as it is.
    func takesWhole(_ packet: PacketRef) -> Bool {
        packet.pointee.offload.gsoType == VirtioNetHeader.gsoUDPL4
            ? capabilities.udpSegmentation : capabilities.tcpSegmentation
    }
}
