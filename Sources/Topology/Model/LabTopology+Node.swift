import Switch
import Wire

extension LabTopology {
    /// Anything with a name in the lab.
    public struct Node: Codable, Equatable, Sendable {
        public var name: String
        public var kind: Kind
        /// In the order in which they appear in links; of a switch these are its ports.
        public var interfaces: [Interface]
        /// Of a host of kind `process` or `vm`; ignored for other kinds.
        public var host: HostSettings
        /// Of a switch; ignored for other kinds.
        public var bridge: SwitchSettings
        /// Of a virtual machine; nil for other kinds.
        public var machine: MachineSettings?
        public var labels: [String: String]
        public var coordinates: Coordinates?

        public init(
            name: String, kind: Kind, interfaces: [Interface] = [], host: HostSettings = HostSettings(),
            bridge: SwitchSettings = SwitchSettings(), machine: MachineSettings? = nil, labels: [String: String] = [:],
            coordinates: Coordinates? = nil
        ) {
            self.name = name
            self.kind = kind
            self.interfaces = interfaces
            self.host = host
            self.bridge = bridge
            self.machine = machine
            self.labels = labels
            self.coordinates = coordinates
        }

        /// Whether programs run on it and its interfaces carry addresses.
        public var isHost: Bool { kind == .process || kind == .vm }
    }

    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// A host: network namespace on the machine's own files.
        case process
        /// A host: a virtual machine.
        case vm
        /// A bridge of the lab's own virtual switch.
        case `switch`
        /// A Linux bridge of the node's name that exists on the machine already; never made or removed by the lab.
        case bridge
        /// The machine itself (containerlab's node `host`): its interfaces are made in the machine's own network
        /// namespace under the endpoint's name.
        case machine
        /// Interfaces that exist on the machine already (`physical:eth1`), attached as they are.
        case physical
    }

    public struct Coordinates: Codable, Hashable, Sendable {
        /// Degrees, north positive.
        public var latitude: Double
        /// Degrees, east positive.
        public var longitude: Double
        public init(latitude: Double, longitude: Double) {
            self.latitude = latitude
            self.longitude = longitude
        }
    }

    public struct Interface: Codable, Equatable, Sendable {
        public var name: String
        /// The port number of a switch's interface, from 1; nil elsewhere.
        public var port: UInt32?
        public var mac: MACAddress?
        public var ipv4: [IPv4Prefix]
        public var ipv6: [IPv6Prefix]
        /// Bytes of IP packet; nil: 1500.
        public var mtu: Int?
        /// Of a switch's port; nil: every VLAN passes, tagged.
        public var vlan: PortVLAN?

        public init(
            name: String, port: UInt32? = nil, mac: MACAddress? = nil, ipv4: [IPv4Prefix] = [],
            ipv6: [IPv6Prefix] = [], mtu: Int? = nil, vlan: PortVLAN? = nil
        ) {
            self.name = name
            self.port = port
            self.mac = mac
            self.ipv4 = ipv4
            self.ipv6 = ipv6
            self.mtu = mtu
            self.vlan = vlan
        }
    }

    /// How a switch's port treats VLAN tags.
    public enum PortVLAN: Codable, Hashable, Sendable {
        /// Untagged frames belong to this VLAN; tagged frames are dropped.
        case access(UInt16)
        /// The VLANs that pass tagged (empty: all), and the VLAN of untagged frames.
        case trunk([UInt16], native: UInt16?)
    }

    /// A way to a destination, as `ip route add` takes it.
    public struct Route: Codable, Hashable, Sendable {
        /// A prefix, or `default`.
        public var destination: String
        /// The gateway's address.
        public var via: String?
        public var interface: String?
        public var metric: UInt32?
        public init(destination: String, via: String? = nil, interface: String? = nil, metric: UInt32? = nil) {
            self.destination = destination
            self.via = via
            self.interface = interface
            self.metric = metric
        }
        public var isIPv6: Bool { destination.contains(":") || (via?.contains(":") ?? false) }
    }

    /// What a host of kind `process` is given.
    public struct HostSettings: Codable, Equatable, Sendable {
        /// Relative weight of the processor under contention; nil: the system's default (1024 of cgroup v1).
        public var cpuShares: UInt64?
        /// Cores, for example 0.5; nil: no limit.
        public var cpuLimit: Double?
        /// Processors to run on, as in `0-2,4`.
        public var cpuset: String?
        /// Bytes; nil: no limit.
        public var memory: UInt64?
        /// Largest number of processes; nil: no limit.
        public var pids: UInt64?
        public var environment: [String: String]
        public var workingDirectory: String?
        /// Shell commands run one after the other once the host's network is up.
        public var commands: [String]
        /// A shell command that keeps running as long as the lab.
        public var startupCommand: String?
        public var sysctls: [String: String]
        public var routes: [Route]
        /// A router: forwards IPv4 and IPv6.
        public var forwarding: Bool
        /// The host has a process tree of its own.
        public var privatePIDs: Bool
        /// Traffic of the lab leaves the machine through this host with the machine's address.
        public var nat: Bool

        public init(
            cpuShares: UInt64? = nil, cpuLimit: Double? = nil, cpuset: String? = nil, memory: UInt64? = nil,
            pids: UInt64? = nil, environment: [String: String] = [:], workingDirectory: String? = nil,
            commands: [String] = [], startupCommand: String? = nil, sysctls: [String: String] = [:],
            routes: [Route] = [], forwarding: Bool = false, privatePIDs: Bool = false, nat: Bool = false
        ) {
            self.cpuShares = cpuShares
            self.cpuLimit = cpuLimit
            self.cpuset = cpuset
            self.memory = memory
            self.pids = pids
            self.environment = environment
            self.workingDirectory = workingDirectory
            self.commands = commands
            self.startupCommand = startupCommand
            self.sysctls = sysctls
            self.routes = routes
            self.forwarding = forwarding
            self.privatePIDs = privatePIDs
            self.nat = nat
        }
    }

    /// What a switch is given.
    public struct SwitchSettings: Codable, Equatable, Sendable {
        public var spanningTree: SpanningTree
        /// Bridge priority of 802.1D, a multiple of 4096; nil: 32768.
        public var stpPriority: UInt16?
        /// nil: standalone, but secure for a switch with controllers that would else flood a loop.
        public var failMode: FailMode?
        /// Those it connects to, all at once; none: its fail mode says what it does.
        public var controllers: [Controller]
        /// nil: the switch's place among the switches, from 1.
        public var datapathID: UInt64?
        /// Nanoseconds until a learnt address is forgotten.
        public var ageing: UInt64

        public init(
            spanningTree: SpanningTree = .auto, stpPriority: UInt16? = nil, failMode: FailMode? = nil,
            controllers: [Controller] = [], datapathID: UInt64? = nil, ageing: UInt64 = 300_000_000_000
        ) {
            self.spanningTree = spanningTree
            self.stpPriority = stpPriority
            self.failMode = failMode
            self.controllers = controllers
            self.datapathID = datapathID
            self.ageing = ageing
        }
    }

    public enum SpanningTree: String, Codable, Sendable, CaseIterable {
        /// On where the lab's switches form a loop.
        case auto
        case on
        case off
    }

    public enum FailMode: String, Codable, Sendable, CaseIterable {
        /// Without a controller the switch learns and forwards.
        case standalone
        /// Without a controller only the flows that are there forward.
        case secure
    }

    /// Who gives a switch its flows, over OpenFlow.
    public enum Controller: Hashable, Sendable {
        /// Built in: each switch learns which address is where.
        case learning
        /// Built in: shortest paths through any network, over all that are equally short.
        case shortestPath
        /// Another program: `tcp:HOST:PORT`, `ssl:HOST:PORT`, `unix:FILE` that the switch connects to, `ptcp:[PORT][:HOST]`,
        /// `pssl:…`, `punix:FILE` where it listens.
        case endpoint(String)

        /// The port that IANA gave OpenFlow.
        public static let standardPort = 6653
        /// A controller on this machine, at the standard port.
        public static let remote = Controller.endpoint("tcp:127.0.0.1:\(standardPort)")

        /// Reads `learning`, `shortest-path`, `remote` or an endpoint; nil for anything else.
        public init?(_ text: String) {
            switch text {
            case "learning": self = .learning
            case "shortest-path": self = .shortestPath
            case "remote": self = .remote
            default:
                guard let colon = text.firstIndex(of: ":"),
                    text.index(after: colon) != text.endIndex || text.first == "p",
                    ["tcp", "ssl", "unix", "ptcp", "pssl", "punix"].contains(text[..<colon])
                else { return nil }
                self = .endpoint(text)
            }
        }

        /// Reads several, separated by commas; `none` for none.
        public static func list(_ text: String) throws(ValueError) -> [Self] {
            if text == "none" || text == "standalone" { return [] }
            return try text.split(separator: ",").map { part throws(ValueError) in
                let word = part.filter { !$0.isWhitespace }
                guard let controller = Self(word) else {
                    throw ValueError(
                        "“\(word)” is no controller",
                        "write learning, shortest-path, remote, none, or where one is: tcp:127.0.0.1:6653")
                }
                return controller
            }
        }
    }
}

extension LabTopology.Controller: Codable, CustomStringConvertible {
    public var description: String {
        switch self {
        case .learning: "learning"
        case .shortestPath: "shortest-path"
        case .endpoint(let text): text
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let controller = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no controller: \(text)")
        }
        self = controller
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
