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
    /// Packets are in VLAN `tag` whatever tags they have: all, or those whose own tag is of one of the customer's VLANs
    /// named (0: no tag). Elsewhere they go with another tag of type `type` in front (802.1Q-2018, 15; `dot1q-tunnel`).
    case tunnel(UInt16, customers: [UInt16]?, type: UInt16)

    func carries(_ vlan: UInt16) -> Bool {
        switch self {
        case .trunk(let vlans): return vlans?.contains(vlan) ?? true
        case .access(let tag): return vlan == tag
        case .nativeTagged(let tag, let vlans), .nativeUntagged(let tag, let vlans):
            // What has no tag is in the port's own VLAN.
            return vlan == tag || vlan != 0 && (vlans?.contains(vlan) ?? true)
        case .tunnel(let tag, _, _): return vlan == tag
        }
    }

    /// Whether a customer's packets pass a tunnel.
    func admits(customer: UInt16) -> Bool {
        guard case .tunnel(_, let customers?, _) = self else { return true }
        return customers.contains(customer)
    }

    /// Whether it asks for the tag behind the VLAN's own.
    var looksAtCustomers: Bool { if case .tunnel(_, .some, _) = self { true } else { false } }
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
    /// Whether ports that face devices are edge ports from the start, since hosts are behind them; else they become
    /// edge ports when no bridge is heard from (802.1D-2004, 17.25).
    public var facesHosts: Bool
    /// Whether it forwards as a learning switch when no controller has given it flows.
    public var standalone: Bool
    /// How long an address stays learned without a packet, in nanoseconds.
    public var ageing: UInt64
    /// Whether it forwards frames to the addresses that bridges keep to themselves (`forward-bpdu`).
    public var forwardsReserved: Bool
    /// VLANs in which nothing is learned and everything is flooded (`flood_vlans`).
    public var floodVLANs: Set<UInt16>
    /// The controllers that are reached through the bridge itself; nil: none.
    public var inBand: InBandControl?

    public init(
        spanningTree: Bool = false, priority: UInt16 = 32768, hops: UInt16 = 160, facesHosts: Bool = true,
        standalone: Bool = true, ageing: UInt64 = 300_000_000_000, forwardsReserved: Bool = false,
        floodVLANs: Set<UInt16> = [], inBand: InBandControl? = nil
    ) {
        self.spanningTree = spanningTree
        self.priority = priority
        self.hops = hops
        self.facesHosts = facesHosts
        self.standalone = standalone
        self.ageing = ageing
        self.forwardsReserved = forwardsReserved
        self.floodVLANs = floodVLANs
        self.inBand = inBand
    }
}

/// A port of a bridge.
final class BridgePort {
    /// Its number in the data path.
    let index: Int32
    let bridge: Int32
    /// Its OpenFlow number in the bridge.
    var number: UInt32
    var name: String
    var address: UInt64 = 0
    let created: UInt64
    var vlan: VLANMode = .trunk(nil)
    var forwarding = PortForwarding()
    var configuration: PortConfiguration = []
    var floods: Bool { !configuration.contains(.noFlood) }
    var state: SpanningTreePortState = .forwarding
    /// The bond that it is a member of.
    var bond: Bond?
    /// Whether somebody captures at it.
    var isCaptured = false
    /// Whether mirrors have it for themselves.
    var isMirrorOutput = false
    /// The link direction that leads away from it, or -1.
    var direction: Int32 = -1
    var receivedPackets: UInt64 = 0
    var receivedBytes: UInt64 = 0
    var sentPackets: UInt64 = 0
    var sentBytes: UInt64 = 0
    var receiveDrops: UInt64 = 0
    var sendDrops: UInt64 = 0
    /// Whether it has queues of its own, and when they were set up.
    var hasQueues = false
    var queuesCreated: UInt64 = 0

    init(index: Int32, bridge: Int32, number: UInt32, name: String, created: UInt64) {
        self.index = index
        self.bridge = bridge
        self.number = number
        self.name = name
        self.created = created
    }
}

/// A bridge: its tables, ports, and what it has learned.
final class Bridge {
    let index: Int32
    var name: String
    /// The address it signs its own frames with.
    var address: UInt64
    var settings: BridgeSettings
    /// What becomes of fragments (`Datapath.setFragmentHandling`).
    var fragments = FragmentHandling.normal
    /// Whether it forwards by itself in its controllers' place (`Datapath.setStandIn`).
    var standsIn = false
    /// Those of its own that are asked before table 0.
    var hiddenFlows: HiddenFlows?
    var tables: [FlowTable]
    /// Port indices by OpenFlow number.
    var ports: [UInt32: Int32] = [:]
    /// Port indices in the order of their numbers.
    var ordered: [Int32] = []
    var addresses: MACTable
    var spanningTree: SpanningTree?
    var routers = MulticastRouterPorts()
    var groups: [UInt32: GroupState] = [:]
    /// The numbers in the data path of its meters.
    var meters: [UInt32: Int32] = [:]
    var mirrors: [MirrorState] = []
    /// The first table of those that packets pass on their way out (OpenFlow 1.5, 5.1.2); nil: there are none.
    var firstEgressTable: UInt8?
    /// The tables that have the flows of others too, and which those are (OpenFlow 1.5, 6.6).
    var sources: [UInt8: [UInt8]] = [:]
    /// Which options of tunnels its flows can name.
    var tunnelOptions = TunnelOptionTable()
    /// Flows whose `learn` actions own the flows that they define.
    var learners: [LearnedCookie: Int] = [:]
    /// Those that have none any more, perhaps.
    var orphans: [LearnedCookie] = []
    /// Whether somebody follows the changes of its flows (`DatapathEvent.flowChanged`).
    var isMonitored = false

    init(index: Int32, name: String, address: UInt64, settings: BridgeSettings) {
        self.index = index
        self.name = name
        self.address = address
        self.settings = settings
        tables = [FlowTable(bridge: index, number: 0)]
        addresses = MACTable(ageing: settings.ageing)
    }

    /// The table of that number, made where nobody has asked for it yet.
    func table(_ number: UInt8) -> FlowTable {
        while tables.count <= Int(number) {
            tables.append(FlowTable(bridge: index, number: UInt8(tables.count)))
        }
        return tables[Int(number)]
    }

    func insert(_ port: BridgePort, among all: [BridgePort]) {
        ports[port.number] = port.index
        let at = ordered.firstIndex { all[Int($0)].number > port.number } ?? ordered.endIndex
        ordered.insert(port.index, at: at)
    }

    func remove(_ port: BridgePort) {
        ports[port.number] = nil
        ordered.removeAll { $0 == port.index }
    }
}
