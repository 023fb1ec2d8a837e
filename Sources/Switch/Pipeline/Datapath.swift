import Wire

// The data path of a lab: all bridges, links and devices, in one thread.
//
// What: packets come in from devices (a host's TAP, an interface that exists already), cross links and bridges, and go
// out to devices. It does no input or output, reads no clock and draws no randomness of its own: packets and the time
// are handed in, packets for devices wait in the outbox, and `nextDeadline` says when it wants to be called again.
//
//     receive ─→ link ─→ port ─→ exact-match cache ─→ megaflow cache ─→ [miss: Translation] ─→ actions ─→ outbox
//                  ↑                                                                             │
//                  └───────────────────────── modelled link (timer wheel) ←──────────────────────┘
//
// Design: what packets touch (devices, directions, megaflows) lies in raw memory; what only translation and management
// touch (bridges, ports, rules) are classes.
// Thread-safety: none; it belongs to one poller, which also runs the management calls.

/// One end of a link.
public enum LinkEnd: Hashable, Sendable {
    case device(Int32)
    case port(Int32)
    case none
}

/// One direction of a link, as the packets see it.
struct Direction {
    var far: LinkEnd
    var isUp = true
    /// What carries the packets; without it they pass at once.
    var model: UnsafeMutablePointer<LinkDirection>?
    /// Packets and bytes passed while it was not modelled.
    var packets: UInt64 = 0
    var bytes: UInt64 = 0
}

/// Where packets enter and leave the data path.
struct Device {
    /// The link direction that leads away from it, or -1.
    var direction: Int32 = -1
    var receivedPackets: UInt64 = 0
    var receivedBytes: UInt64 = 0
    var sentPackets: UInt64 = 0
    var sentBytes: UInt64 = 0
}

public final class Datapath {
    /// The packets' memory.
    public var pool: PacketPool
    var wheel: TimerWheel

    var devices: UnsafeMutablePointer<Device>
    var deviceCapacity = 64
    public private(set) var deviceCount = 0
    var deviceNames: [String] = []

    var directions: UnsafeMutablePointer<Direction>
    var directionCapacity = 128
    public private(set) var directionCount = 0
    var profiles: [LinkProfile] = []

    var bridges: [Bridge] = []
    var ports: [BridgePort] = []
    var rules: [FlowRule?] = []
    var freeRules: [Int32] = []
    var recentInstructions = RecentInstructions()
    /// Numbers of what was removed, to be given out again.
    var freeDevices: [Int32] = []
    var freeLinks: [Int32] = []
    var freePorts: [Int32] = []
    var freeBridges: [Int32] = []

    var exactMatches = ExactMatchCache()
    var megaflows = MegaflowCache()
    var flows = MegaflowTable()
    var dependencies = DependencyIndex()
    let scratch: UnsafeMutablePointer<FlowKey>
    let pipeline: PipelineState
    /// Connections and what is known of them.
    public private(set) lazy var connections = DatapathConnections(seed: hashSeed)
    private(set) lazy var translation = Translation(datapath: self)

    /// Packets for devices, in order; the poller takes them all after each batch.
    public internal(set) var outbox = Outbox()
    /// Packets of the bridges' own, to be sent onto the direction in `link` as soon as the present packet is done.
    var arrivals = PacketList()
    /// Packets for the protocol of the bridge whose port is in `link`, likewise.
    var control = PacketList()
    /// Packets that a link has let through.
    var delivered = PacketList()

    /// Packets dropped, by `DropReason`.
    var drops: UnsafeMutablePointer<UInt64>
    /// Look-ups answered by each stage.
    public internal(set) var exactMatchHits: UInt64 = 0
    public internal(set) var megaflowHits: UInt64 = 0
    public internal(set) var misses: UInt64 = 0

    /// Bridges whose spanning trees have decided something.
    var treesToSettle: Set<Int32> = []
    var treeTimers: [Int32: (at: UInt64, id: TimerID)] = [:]

    /// Bonds by their bridges and names.
    var bonds: [Int32: [String: Bond]] = [:]

    /// Meters of all bridges; actions refer to them by number.
    var meters = MeterTable()

    /// Hears what controllers and management want to know. It is called while the data path works, and must not call it.
    public var onEvent: ((DatapathEvent) -> Void)?
    /// What the running transaction has changed, in order.
    var journal: [JournalEntry]?
    /// What happened in the running transaction; told when it stands.
    var heldEvents: [DatapathEvent] = []

    let seed: UInt64
    /// What the exact-match cache's hashes start from.
    let hashSeed: UInt64
    var sweepAt: UInt64?
    /// Is shown each packet that passes a captured port: the port, whether it leaves the bridge, the frame, the time.
    public var onCapture: ((Int32, Bool, UnsafeRawBufferPointer, UInt64) -> Void)?
    /// Is shown each packet that a `sample` action takes: the bridge, the action, the frame, the time.
    public var onSample: ((Int32, PacketSample, UnsafeRawBufferPointer, UInt64) -> Void)?
    /// The most megaflows that are kept.
    public var megaflowLimit = 131_072
    /// The most bridges on one way; each takes some KiB of the calling thread's stack while a packet is translated.
    public var depthLimit = 1024
    /// How long a megaflow stays without a packet, in nanoseconds.
    static let megaflowIdle: UInt64 = 10_000_000_000
    static let sweepInterval: UInt64 = 5_000_000_000

    /// - Parameters:
    ///   - seed: what all random choices of the lab's links follow from.
    ///   - now: the clock's time, in nanoseconds.
    ///   - memoryLimit: the most bytes of packets that may wait in queues and on links.
    public init(seed: UInt64 = 1, now: UInt64, memoryLimit: Int = 4 << 30) {
        self.seed = seed
        hashSeed = seed &* 0x9e37_79b9_7f4a_7c15 ^ now
        pipeline = PipelineState(seed: seed)
        pool = PacketPool(byteLimit: memoryLimit)
        wheel = TimerWheel(now: now)
        devices = .allocate(capacity: deviceCapacity)
        directions = .allocate(capacity: directionCapacity)
        scratch = .allocate(capacity: 1)
        scratch.initialize(to: FlowKey())
        drops = .allocate(capacity: DropReason.allCases.count)
        drops.initialize(repeating: 0, count: DropReason.allCases.count)
    }

    deinit {
        for index in 0..<directionCount {
            guard let model = directions[index].model else { continue }
            model.deinitialize(count: 1)
            model.deallocate()
        }
        devices.deallocate()
        directions.deallocate()
        scratch.deallocate()
        drops.deallocate()
    }

    // MARK: Configuration

    /// Adds a device and returns its number.
    public func addDevice(name: String) -> Int32 {
        if let free = freeDevices.popLast() {
            devices[Int(free)] = Device()
            deviceNames[Int(free)] = name
            return free
        }
        if deviceCount == deviceCapacity {
            let larger = UnsafeMutablePointer<Device>.allocate(capacity: deviceCapacity * 2)
            larger.moveInitialize(from: devices, count: deviceCount)
            devices.deallocate()
            devices = larger
            deviceCapacity *= 2
        }
        (devices + deviceCount).initialize(to: Device())
        deviceNames.append(name)
        deviceCount += 1
        return Int32(deviceCount - 1)
    }

    /// Adds a bridge and returns its number.
    /// - Parameters:
    ///   - address: the MAC address that it signs its own frames with; unique among the bridges.
    ///   - now: the birth of the rule that a standalone bridge comes with.
    public func addBridge(
        name: String, address: UInt64, settings: BridgeSettings = BridgeSettings(), now: UInt64 = 0
    ) -> Int32 {
        let index = freeBridges.popLast() ?? Int32(bridges.count)
        let bridge = Bridge(index: index, name: name, address: address, settings: settings)
        if Int(index) < bridges.count { bridges[Int(index)] = bridge } else { bridges.append(bridge) }
        if settings.spanningTree { bridge.spanningTree = makeSpanningTree(bridge) }
        if settings.standalone { addStandaloneFlow(bridge, now: now) }
        return index
    }

    /// Adds a port to a bridge and returns its number in the data path.
    /// - Parameters:
    ///   - number: its OpenFlow number, not yet used in this bridge.
    ///   - address: its own MAC address, for those who list ports; nil: the bridge's with the port's number mixed in.
    ///   - now: its birth.
    public func addPort(
        bridge: Int32, number: UInt32, name: String, vlan: VLANMode = .trunk(nil), address: UInt64? = nil,
        now: UInt64 = 0
    ) -> Int32 {
        let owner = bridges[Int(bridge)]
        precondition(owner.ports[number] == nil, "port \(number) of \(owner.name) exists")
        let index = freePorts.popLast() ?? Int32(ports.count)
        let port = BridgePort(index: index, bridge: bridge, number: number, name: name, created: now)
        port.vlan = vlan
        port.address = address ?? (owner.address ^ UInt64(number &+ 1) << 16) & 0xfeff_ffff_ffff | 0x0200_0000_0000
        if Int(index) < ports.count { ports[Int(index)] = port } else { ports.append(port) }
        owner.insert(port, among: ports)
        changed(.ports(bridge: bridge))
        return index
    }

    /// Joins two ends by a link and returns the link's number; its directions are `2 × number` (a to b) and that + 1.
    public func addLink(
        _ a: LinkEnd, _ b: LinkEnd, forward: LinkProfile = LinkProfile(), reverse: LinkProfile = LinkProfile(),
        isUp: Bool = true, now: UInt64
    ) -> Int32 {
        let link = freeLinks.popLast() ?? Int32(directionCount / 2)
        if Int(link) * 2 < directionCount {
            directions[Int(link) * 2] = Direction(far: b)
            directions[Int(link) * 2 + 1] = Direction(far: a)
        } else {
            appendDirection(to: b)
            appendDirection(to: a)
        }
        attach(a, direction: link * 2)
        attach(b, direction: link * 2 + 1)
        setProfile(link: link, forward: forward, reverse: reverse, now: now)
        for end in [a, b] {
            guard case .port(let index) = end else { continue }
            let other = end == a ? b : a
            addToSpanningTree(ports[Int(index)], facing: other, now: now)
        }
        if !isUp { setUp(link: link, false, now: now) }
        settleSpanningTrees(now: now)
        return link
    }

    private func appendDirection(to far: LinkEnd) {
        if directionCount == directionCapacity {
            let larger = UnsafeMutablePointer<Direction>.allocate(capacity: directionCapacity * 2)
            larger.moveInitialize(from: directions, count: directionCount)
            directions.deallocate()
            directions = larger
            directionCapacity *= 2
        }
        (directions + directionCount).initialize(to: Direction(far: far))
        profiles.append(LinkProfile())
        directionCount += 1
    }

    func attach(_ end: LinkEnd, direction: Int32) {
        switch end {
        case .device(let device): devices[Int(device)].direction = direction
        case .port(let port):
            ports[Int(port)].direction = direction
            changed(.ports(bridge: ports[Int(port)].bridge))
        case .none: break
        }
    }

    /// What a link is set to do: forward (a to b) and reverse.
    public func profile(link: Int32) -> (forward: LinkProfile, reverse: LinkProfile) {
        (profiles[Int(link) * 2], profiles[Int(link) * 2 + 1])
    }

    /// Changes what a link does; packets on it stay on it.
    public func setProfile(link: Int32, forward: LinkProfile, reverse: LinkProfile, now: UInt64) {
        for (offset, profile) in [forward, reverse].enumerated() {
            let index = Int(link) * 2 + offset
            profiles[index] = profile
            if let model = directions[index].model {
                model.pointee.setProfile(profile, now: now, wheel: &wheel, pool: &pool)
            } else if !profile.isIdeal {
                _ = makeModel(index, now: now)
            }
        }
        linkChanged(link)
    }

    /// Gives the direction of a link that leads away from a bridge's port queues of its own, for `enqueue` and
    /// `set_queue`.
    public func setQueues(port: Int32, _ queues: [LinkQueue], now: UInt64) {
        let direction = ports[Int(port)].direction
        guard direction >= 0 else { return }
        ports[Int(port)].hasQueues = !queues.isEmpty
        ports[Int(port)].queuesCreated = now
        makeModel(Int(direction), now: now)
            .pointee.setQueues(queues, now: now, wheel: &wheel, pool: &pool)
        linkChanged(direction >> 1)
    }

    /// The model of a direction. Once modelled, a direction stays modelled: packets may be on it, and order must hold.
    private func makeModel(_ index: Int, now: UInt64) -> UnsafeMutablePointer<LinkDirection> {
        if let model = directions[index].model { return model }
        let model = UnsafeMutablePointer<LinkDirection>.allocate(capacity: 1)
        model.initialize(
            to: LinkDirection(
                index: Int32(index), profile: profiles[index],
                random: RandomSource(labSeed: seed, linkIndex: Int32(index / 2), direction: index % 2)))
        if !directions[index].isUp { model.pointee.setUp(false, now: now, wheel: &wheel, pool: &pool) }
        directions[index].model = model
        return model
    }

    public func isUp(link: Int32) -> Bool { directions[Int(link) * 2].isUp }

    /// Plugs or pulls the cable.
    public func setUp(link: Int32, _ up: Bool, now: UInt64) {
        for index in [Int(link) * 2, Int(link) * 2 + 1] where directions[index].isUp != up {
            directions[index].isUp = up
            directions[index].model?.pointee.setUp(up, now: now, wheel: &wheel, pool: &pool)
        }
        linkChanged(link)
        for index in [Int(link) * 2, Int(link) * 2 + 1] {
            guard case .port(let port) = directions[index].far else { continue }
            linkChanged(port: ports[Int(port)], up: up, now: now)
        }
        settleSpanningTrees(now: now)
        run(now: now)
    }

    func deviceName(_ device: Int32) -> String { deviceNames[Int(device)] }

    /// Starts or ends showing the packets of a port to `onCapture`.
    public func setCapture(port: Int32, _ on: Bool) {
        ports[Int(port)].isCaptured = on
        changed(.ports(bridge: ports[Int(port)].bridge))
    }

    /// The number in the data path of a bridge's port, or nil where it has none of that number.
    public func port(bridge: Int32, number: UInt32) -> Int32? { bridges[Int(bridge)].ports[number] }
}
