/// Which VLANs a port carries and how, for the learning switch (as the `vlan_mode` of Open vSwitch's Port table).
public enum VLANMode: Codable, Hashable, Sendable {
    /// All VLANs, or those named; untagged packets are in VLAN 0.
    case trunk([UInt16]?)
    /// Untagged packets, in one VLAN.
    case access(UInt16)
    /// A trunk whose untagged packets are in VLAN `tag`, and which sends them with a tag.
    case nativeTagged(UInt16, trunks: [UInt16]?)
    /// A trunk whose untagged packets are in VLAN `tag`, and which sends them without.
    case nativeUntagged(UInt16, trunks: [UInt16]?)

    func carries(_ vlan: UInt16) -> Bool {
        switch self {
        case .trunk(let vlans): return vlans?.contains(vlan) ?? true
        case .access(let tag): return vlan == tag
        case .nativeTagged(let tag, let vlans), .nativeUntagged(let tag, let vlans):
            return vlan == tag || (vlans?.contains(vlan) ?? true)
        }
    }
}

/// What a bridge is set to.
public struct BridgeSettings: Codable, Hashable, Sendable {
    /// Whether a spanning tree (RSTP) keeps its loops from melting.
    public var spanningTree: Bool
    /// The spanning tree's bridge priority, a multiple of 4096.
    public var priority: UInt16
    /// How many bridges the spanning tree's information may pass: at least the number of switches of the network, and
    /// the same on all of them. The smaller, the sooner information about a root that is gone dies out.
    public var hops: UInt16
    /// Whether it forwards as a learning switch when no controller has given it flows.
    public var standalone: Bool
    /// How long an address stays learned without a packet, in nanoseconds.
    public var ageing: UInt64

    public init(
        spanningTree: Bool = false, priority: UInt16 = 32768, hops: UInt16 = 160, standalone: Bool = true,
        ageing: UInt64 = 300_000_000_000
    ) {
        self.spanningTree = spanningTree
        self.priority = priority
        self.hops = hops
        self.standalone = standalone
        self.ageing = ageing
    }
}

/// A port of a bridge.
final class BridgePort {
    /// Its number in the data path.
    let index: Int32
    let bridge: Int32
    /// Its OpenFlow number in the bridge.
    let number: UInt32
    let name: String
    var vlan: VLANMode = .trunk(nil)
    var floods = true
    var state: SpanningTreePortState = .forwarding
    /// Whether somebody captures at it.
    var isCaptured = false
    /// The link direction that leads away from it, or -1.
    var direction: Int32 = -1
    var receivedPackets: UInt64 = 0
    var receivedBytes: UInt64 = 0
    var sentPackets: UInt64 = 0
    var sentBytes: UInt64 = 0

    init(index: Int32, bridge: Int32, number: UInt32, name: String) {
        self.index = index
        self.bridge = bridge
        self.number = number
        self.name = name
    }
}

/// A bridge: its tables, ports, and what it has learned.
final class Bridge {
    let index: Int32
    let name: String
    /// The address it signs its own frames with.
    let address: UInt64
    var settings: BridgeSettings
    var tables: [FlowTable] = [FlowTable()]
    /// Port indices by OpenFlow number.
    var ports: [UInt32: Int32] = [:]
    /// Port indices in the order of their numbers.
    var ordered: [Int32] = []
    var addresses: MACTable
    var spanningTree: SpanningTree?
    var routers = MulticastRouterPorts()

    init(index: Int32, name: String, address: UInt64, settings: BridgeSettings) {
        self.index = index
        self.name = name
        self.address = address
        self.settings = settings
        addresses = MACTable(ageing: settings.ageing)
    }
}
