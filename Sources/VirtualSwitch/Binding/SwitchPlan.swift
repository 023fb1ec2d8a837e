import OVSDB
import OpenFlow
import Switch

// What the database asks for, as plain values: read from the rows in one go, compared with what there is, put into effect.

/// All bridges that the database asks for, by name.
struct SwitchPlan {
    var bridges: [String: BridgePlan] = [:]
    /// Names of bridges that there will not be.
    var ignoredNames: Set<String> = []
    /// Milliseconds between two updates of statistics.
    var statisticsInterval: Int64 = 5000
    /// Whether the database shows how the machine is.
    var showsSystem = false
    var tls: TLSPlan?
}

struct TLSPlan: Equatable {
    var privateKey: String
    var certificate: String
    var authority: String
}

/// A row of Bridge with the rows that it refers to.
struct BridgePlan: Equatable {
    var name: String
    var row: UUID
    /// `system` or `netdev`: here both are the same, but tools show it.
    var datapathType = "system"
    var ports: [String: PortPlan] = [:]
    var controllers: [ControllerPlan] = []
    /// A standalone bridge forwards by itself while no controller does.
    var isSecure = false
    var versions: Set<OpenFlowVersion> = Set(OpenFlowVersion.allCases)
    /// nil: follows from the address.
    var datapathID: UInt64?
    /// nil: the switch's choice.
    var address: UInt64?
    var runsSpanningTree = false
    /// Whether it is the rapid one that is asked for (`rstp_enable`).
    var isRapid = false
    var spanningTreePriority: UInt16 = 32768
    /// In nanoseconds.
    var ageing: UInt64 = 300_000_000_000
    var addressLimit: Int?
    var floodVLANs: [UInt16] = []
    var snoopsMulticast = false
    var forwardsProtocols = false
    var mirrors: [MirrorPlan] = []
    var flowTables: [UInt8: FlowTablePlan] = [:]
    /// other_config of the descriptions that OFPMP_DESC gives.
    var descriptions: [String: String] = [:]
}

extension BridgePlan {
    /// What of the data path's settings the row decides.
    func apply(to settings: inout BridgeSettings) {
        settings.spanningTree = runsSpanningTree
        settings.facesHosts = false
        settings.priority = spanningTreePriority
        settings.ageing = ageing
        settings.forwardsReserved = forwardsProtocols
        settings.floodVLANs = Set(floodVLANs)
    }
}

/// A row of Port with its interfaces.
struct PortPlan: Equatable {
    var name: String
    var row: UUID
    var interfaces: [InterfacePlan]
    var vlan: VLANMode
    var qos: QoSPlan?
    var forwarding = PortForwarding()
    /// How its interfaces share its packets, where there are several.
    var bond: BondSettings?
    /// `active` or `passive`: LACP is asked for.
    var lacp: String?
}

/// A row of Interface.
struct InterfacePlan: Equatable {
    var name: String
    var row: UUID
    var type: String
    var options: [String: String]
    var requestedNumber: UInt32?
    var address: UInt64?
    var mtu: UInt32?
    /// kbit/s and kbit; 0: none.
    var policingRate: UInt32
    var policingBurst: UInt32
}

/// A row of Controller.
struct ControllerPlan: Equatable {
    var row: UUID
    var target: String
    /// Where the target is, in case it is not said whole.
    var place: String?
    /// Why it is not taken.
    var refusal: String?
    /// In milliseconds.
    var maximumBackOff: Int64
    var inactivityProbe: Int64
    /// Packet-ins a second; nil: no limit.
    var rateLimit: Int64?
    var burstLimit: Int64?
    var queueSize: Int64?
    var isService: Bool
    var wantsAsynchronous: Bool
    /// Whether the way to it leads through the bridge itself.
    var isInBand = false
}

/// A row of Mirror with the names of the ports that it refers to.
struct MirrorPlan: Equatable {
    var row: UUID
    var name: String
    var selectsAll: Bool
    var sources: [String]
    var destinations: [String]
    var vlans: [UInt16]
    var outputPort: String?
    var outputVLAN: UInt16?
    var snapLength: UInt32?
}

/// A row of QoS with its queues.
struct QoSPlan: Equatable {
    var row: UUID
    var type: String
    /// Bits per second.
    var maximumRate: UInt64?
    var queues: [LinkQueue]
}

/// A row of Flow_Table.
struct FlowTablePlan: Equatable {
    var name: String
    var limit: UInt32?
    var evicts: Bool
    var groups: [String]
}
