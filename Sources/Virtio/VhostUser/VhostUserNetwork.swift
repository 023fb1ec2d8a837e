import Board
import Linux

/// A network adapter whose rings another process serves (the lab's switch): frames never pass this one.
/// Control queue and configuration are done here.
///
/// Kicks go to an eventfd per ring, interrupts come by another. Without help the device does both itself: it signals when
/// it is notified, and has the watcher tell it of calls. A kernel can take both over: `kickDescriptor` for an ioeventfd,
/// `callDescriptor` for an irqfd, with `setCallWatched(false)` then.
public final class VhostUserNetwork: VirtioDevice {
    public let name: String
    public let kind = VirtioDeviceKind.network
    public let queueSizes: [UInt16]
    public private(set) var features: UInt64
    public private(set) var queueFeatures: UInt64
    public let pairCount: Int

    private let memoryFile: OwnedDescriptor
    private let patience: Duration
    private let watcher: any DescriptorWatcher
    private var frontend: VhostUserFrontend?
    private let firstMAC: [UInt8]
    private var mac: [UInt8]
    private let mtu: UInt16?
    private var session: VirtioSession?
    private var activePairCount = 1
    private var rings: [Ring]

    private struct Ring {
        let kick: OwnedDescriptor
        let call: OwnedDescriptor
        /// Somebody else passes its calls on.
        var isCallTaken = false
        var isWatched = false
        var isRunning = false
    }

    /// The backend has gone, or did something wrong: the link is down until `reconnect`.
    public var onDisconnect: ((VhostUserError) -> Void)?

    /// What the backend and this device may offer together.
    private static let deviceFeatures =
        (NetworkFeature.allOffloads & ~NetworkFeature.controlGuestOffloads) | NetworkFeature.mergeableBuffers
        | NetworkFeature.guestUFO | NetworkFeature.hostUFO

    /// - Parameters:
    ///   - socket: connected to the backend.
    ///   - memoryFile: backs the guest's memory.
    ///   - pairCount: pairs of queues at most; the backend may have fewer.
    ///   - patience: how long the backend may take for a set-up, or a reset: the guest waits meanwhile. One that takes longer is lost.
    public init(
        name: String = "virtio-net", socket: OwnedDescriptor, memoryFile: OwnedDescriptor,
        watcher: any DescriptorWatcher, mac: [UInt8], pairCount wantedPairs: Int = 1, queueSize: UInt16 = 256,
        mtu: UInt16? = nil, patience: Duration = .seconds(5)
    ) throws(VhostUserError) {
        precondition(mac.count == 6 && wantedPairs >= 1)
        let frontend = try VhostUserFrontend(socket, patience: patience)
        self.patience = patience
        self.name = name
        self.memoryFile = memoryFile
        self.watcher = watcher
        self.frontend = frontend
        firstMAC = mac
        self.mac = mac
        self.mtu = mtu
        pairCount = min(wantedPairs, frontend.ringLimit / 2)
        queueSizes = [UInt16](repeating: queueSize, count: 2 * pairCount) + [64]
        var features =
            frontend.features & Self.deviceFeatures | NetworkFeature.mac | NetworkFeature.status
            | NetworkFeature.controlQueue | NetworkFeature.controlMAC
        if mtu != nil { features |= NetworkFeature.mtu }
        if pairCount > 1 { features |= NetworkFeature.multiQueue }
        self.features = features
        queueFeatures = frontend.features & Virtio.Feature.ofQueues
        guard queueFeatures & Virtio.Feature.version1 != 0 else { throw .system("the backend is older than virtio 1") }
        rings = []
        for _ in 0..<2 * pairCount { rings.append(Ring(kick: try Self.event(), call: try Self.event())) }
        if let mtu { try frontend.setMTU(mtu) }
        watchBackend(frontend)
    }

    private static func event() throws(VhostUserError) -> OwnedDescriptor {
        do throws(SystemError) {
            let event = try EventDescriptor()
            return OwnedDescriptor(try event.descriptor.duplicate())
        } catch {
            throw .system("\(error)")
        }
    }

    /// Written by whoever notifies in the guest's place, and by a kernel's ioeventfd. Nil for queues whose notifications
    /// come here: the control queue, and queue 2, which is that of a driver that knows no more than one pair.
    public func kickDescriptor(queue: Int) -> Int32? {
        queue < rings.count && queue != 2 ? rings[queue].kick.rawValue : nil
    }
    /// Written by the backend for an interrupt.
    public func callDescriptor(queue: Int) -> Int32? { queue < rings.count ? rings[queue].call.rawValue : nil }

    /// Whether this device passes a ring's interrupts on, as it does at first; not where a kernel does (irqfd).
    /// Stays so over resets.
    public func setCallWatched(_ isWatched: Bool, queue: Int) {
        guard queue < rings.count else { return }
        rings[queue].isCallTaken = !isWatched
        updateCallWatch(queue)
    }

    /// Calls are of use while the driver has the queue.
    private func updateCallWatch(_ queue: Int) {
        let isWatched = session?.queue(queue) != nil && !rings[queue].isCallTaken
        guard rings[queue].isWatched != isWatched else { return }
        rings[queue].isWatched = isWatched
        guard isWatched else { return watcher.unwatch(rings[queue].call.rawValue) }
        watcher.watch(rings[queue].call.rawValue, for: .readable) { [weak self] _ in
            guard let self else { return }
            rings[queue].call.drainEvent()
            session?.interrupt(queue: queue)
        }
    }

    public var isLinkUp: Bool { frontend != nil }

    public var configuration: [UInt8] {
        let mtu = mtu ?? 0
        return mac + [isLinkUp ? 1 : 0, 0, UInt8(pairCount), 0, UInt8(truncatingIfNeeded: mtu), UInt8(mtu >> 8)]
    }

    public func activate(_ session: VirtioSession) {
        self.session = session
        for index in rings.indices { updateCallWatch(index) }
        startRings(resuming: false)
    }

    private func startRings(resuming: Bool) {
        guard let session, let frontend else { return }
        do throws(VhostUserError) {
            let own = Self.deviceFeatures | Virtio.Feature.ofQueues
            try frontend.begin(features: session.features & own, memory: session.memory, file: memoryFile.rawValue)
            for index in rings.indices {
                guard let queue = session.queue(index) else { continue }
                try frontend.start(
                    ring: index, queue, base: resuming ? queue.usedIndexInRing : 0, kick: rings[index].kick.rawValue,
                    call: rings[index].call.rawValue)
                rings[index].isRunning = true
                try frontend.setEnabled(index / 2 < activePairCount, ring: index)
                // What the driver has made available before is looked at without another kick.
                rings[index].kick.signalEvent()
            }
        } catch {
            disconnect(error)
        }
    }

    public func reset(finished: @escaping () -> Void) -> Bool {
        session = nil
        mac = firstMAC
        activePairCount = 1
        frontend?.renewPatience()
        for index in rings.indices {
            updateCallWatch(index)
            guard rings[index].isRunning else { continue }
            rings[index].isRunning = false
            guard let frontend else { continue }
            do throws(VhostUserError) {
                try frontend.setEnabled(false, ring: index)
                try frontend.stop(ring: index)
            } catch {
                disconnect(error)
            }
        }
        return true
    }

    public func queueNotified(_ index: Int) {
        guard let session else { return }
        let controlQueue = session.has(NetworkFeature.multiQueue) ? 2 * pairCount : 2
        if index == controlQueue {
            session.drain(index) { (queue, chain) throws(VirtqueueError) in
                guard chain.writableByteCount >= 1 else {
                    throw .badRequest("a control command without room for an answer")
                }
                let isDone = perform(chain.bytes(count: 64), session)
                queue.giveBack(chain.head, written: chain.write([isDone ? 0 : 1]))
                return true
            }
        } else if index < rings.count {
            rings[index].kick.signalEvent()
        }
    }

    /// The address, and how many pairs are on. What is received is filtered by the switch.
    private func perform(_ command: [UInt8], _ session: VirtioSession) -> Bool {
        guard command.count >= 4 else { return false }
        switch (command[0], command[1]) {
        case (1, 1) where command.count >= 8:
            mac = Array(command[2..<8])
            return true
        case (4, 0) where session.has(NetworkFeature.multiQueue):
            let count = Int(command[2]) | Int(command[3]) << 8
            guard count >= 1, count <= pairCount else { return false }
            activePairCount = count
            guard let frontend else { return true }
            frontend.renewPatience()
            do throws(VhostUserError) {
                for index in rings.indices where rings[index].isRunning {
                    try frontend.setEnabled(index / 2 < count, ring: index)
                }
            } catch {
                disconnect(error)
            }
            return true
        default: return false
        }
    }

    // MARK: The backend's life

    private func watchBackend(_ frontend: VhostUserFrontend) {
        // What could be read here may have been an answer that its asker has taken meanwhile.
        watcher.watch(frontend.rawValue, for: .readable) { [weak self, weak frontend] _ in
            if let event = frontend?.unaskedEvent { self?.disconnect(event) }
        }
    }

    private func disconnect(_ error: VhostUserError) {
        guard let frontend else { return }
        watcher.unwatch(frontend.rawValue)
        self.frontend = nil
        for index in rings.indices { rings[index].isRunning = false }
        session?.configurationChanged()
        onDisconnect?(error)
    }

    /// Goes on with a backend that was started again. Frames that the old one had under way are lost, as on a cable.
    /// - Throws: when the new one cannot do what the guest has been promised.
    public func reconnect(_ socket: OwnedDescriptor) throws(VhostUserError) {
        precondition(frontend == nil)
        let new = try VhostUserFrontend(socket, patience: patience)
        let needed = (features & Self.deviceFeatures) | queueFeatures
        guard new.features & needed == needed, new.ringLimit >= rings.count else {
            throw .system("the backend can do less than the one before")
        }
        if let mtu { try new.setMTU(mtu) }
        frontend = new
        watchBackend(new)
        startRings(resuming: true)
        session?.configurationChanged()
    }
}
