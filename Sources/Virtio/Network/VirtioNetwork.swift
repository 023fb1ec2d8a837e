import Board

/// A network adapter (virtio 1.2, clause 5.1): super-packets and unfinished checksums both ways, mergeable buffers,
/// several pairs of queues, a control queue.
///
/// Queue 2p receives and queue 2p + 1 sends for pair p; the control queue comes after the pairs, or at 2 for a driver
/// without the feature of several.
public final class VirtioNetwork: VirtioDevice {
    public let name: String
    public let kind = VirtioDeviceKind.network
    public let queueSizes: [UInt16]
    public let features: UInt64
    public let pairCount: Int

    /// What did not get through, and why.
    public struct Drops: Equatable, Sendable {
        /// From the guest: longer than a frame can be, shorter than a header.
        public var malformedSent = 0
        /// From the guest: segments or checksums that were not agreed on.
        public var offloadSent = 0
        /// To the guest: no buffer was free, or none large enough.
        public var noBuffer = 0
        /// To the guest: segments or checksums that it did not ask for.
        public var offloadReceived = 0
        /// To the guest: not its addresses.
        public var filtered = 0
        public var linkDown = 0
    }

    public internal(set) var drops = Drops()
    public internal(set) var sentCount: UInt64 = 0
    public internal(set) var receivedCount: UInt64 = 0

    let port: any NetworkPort
    private let firstMAC: [UInt8]
    private let mtu: UInt16?
    var session: VirtioSession?
    var filter: NetworkFilter
    var steering = FlowSteering()
    var activePairCount = 1
    /// What the driver takes now: it may switch that while it runs.
    var guestOffloads: UInt64 = 0
    var needsAnnouncement = false
    /// Senders that wait for room in the port.
    var waitingSenders: Set<Int> = []
    /// A frame that has been taken from the port; `waiting` bytes of it wait for a buffer of the guest.
    let frame = UnsafeMutableRawBufferPointer.allocate(byteCount: NetworkHeader.longestFrame, alignment: 16)
    var waitingByteCount = 0
    /// How many buffers the receive queue had when there were too few.
    var lastSeenBufferCount = 0

    /// - Parameters:
    ///   - mac: six bytes.
    ///   - pairCount: pairs of queues that the driver may use.
    ///   - offloads: which of `NetworkFeature`'s checksum and segmentation features the port can do.
    ///   - mtu: told to the guest, if given.
    public init(
        name: String = "virtio-net", port: any NetworkPort, mac: [UInt8], pairCount: Int = 1,
        queueSize: UInt16 = 256, offloads: UInt64 = NetworkFeature.allOffloads, mtu: UInt16? = nil
    ) {
        precondition(mac.count == 6 && pairCount >= 1 && pairCount <= 64)
        self.name = name
        self.port = port
        self.pairCount = pairCount
        self.mtu = mtu
        firstMAC = mac
        filter = NetworkFilter(mac: NetworkFilter.address(mac))
        queueSizes = [UInt16](repeating: queueSize, count: 2 * pairCount) + [64]
        var features =
            offloads | NetworkFeature.mac | NetworkFeature.mergeableBuffers | NetworkFeature.status
            | NetworkFeature.controlQueue | NetworkFeature.controlReceive | NetworkFeature.controlReceiveExtra
            | NetworkFeature.controlVLAN | NetworkFeature.controlMAC | NetworkFeature.announce
        if mtu != nil { features |= NetworkFeature.mtu }
        if pairCount > 1 { features |= NetworkFeature.multiQueue }
        self.features = features
        port.onReadable = { [weak self] in self?.receiveFrames() }
        port.onWritable = { [weak self] in self?.sendAgain() }
    }

    deinit { frame.deallocate() }

    /// The cable is plugged in: the guest sees it, and frames pass.
    public var isLinkUp = true {
        didSet { if isLinkUp != oldValue { session?.configurationChanged() } }
    }

    /// Has the guest tell the network where it is, after it was moved.
    public func announce() {
        guard session?.has(NetworkFeature.announce) == true else { return }
        needsAnnouncement = true
        session?.configurationChanged()
    }

    public var configuration: [UInt8] {
        let status: UInt8 = (isLinkUp ? 1 : 0) | (needsAnnouncement ? 2 : 0)
        let mac = (0..<6).map { UInt8(truncatingIfNeeded: filter.mac >> UInt64(40 - 8 * $0)) }
        let mtu = mtu ?? 0
        return mac + [
            status, 0, UInt8(pairCount), 0, UInt8(truncatingIfNeeded: mtu), UInt8(mtu >> 8),
        ]
    }

    public func activate(_ session: VirtioSession) {
        self.session = session
        filter.filtersVLANs = session.has(NetworkFeature.controlVLAN)
        setGuestOffloads(session.features)
        receiveFrames()
    }

    func setGuestOffloads(_ features: UInt64) {
        guestOffloads = features
        port.setOffloads(NetworkFeature.guestOffloads.reduce(0) { $0 | (features & $1.feature != 0 ? $1.flag : 0) })
    }

    public func reset(finished: @escaping () -> Void) -> Bool {
        session = nil
        filter = NetworkFilter(mac: NetworkFilter.address(firstMAC))
        steering = FlowSteering()
        activePairCount = 1
        needsAnnouncement = false
        waitingSenders = []
        // The next driver may not want what this one did.
        waitingByteCount = 0
        setGuestOffloads(0)
        return true
    }

    /// The control queue's place depends on the driver.
    var controlQueue: Int { session?.has(NetworkFeature.multiQueue) == true ? 2 * pairCount : 2 }

    public func queueNotified(_ index: Int) {
        if index == controlQueue {
            control(index)
        } else if index % 2 == 0 {
            receiveFrames()
        } else if index < 2 * pairCount {
            send(index)
        }
    }
}
