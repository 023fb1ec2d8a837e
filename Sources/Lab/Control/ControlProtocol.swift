import Switch
import Topology

// What is said over a lab's control socket.
//
// The supervisor of each lab listens on a stream socket in the lab's run directory. A client sends requests, each one
// line of JSON, and reads replies, each one line of JSON, until one that is final. Descriptors travel beside the line
// they belong to (SCM_RIGHTS). A connection carries one request at a time; closing it ends what the request started
// (a program that `exec` runs gets SIGHUP), except what was asked to be detached.

/// What a client asks of a lab.
public enum ControlRequest: Codable, Sendable {
    /// → `.status`
    case status
    /// The topology as it is now, link changes included. → `.topology`
    case topology
    /// Runs a program on a host. Its standard input, output and error come beside the line, or with `terminal` the one
    /// descriptor of a pseudo-terminal's slave side. → `.started`, then `.exited` (final) unless detached.
    case exec(ExecRequest)
    /// While an `exec` runs on this connection: a signal for the program's process group. No reply.
    case signal(Int32)
    /// Changes a link. `link` is `a:b`, `node:interface` or `a:eth1-b:eth0`. → `.done`
    case setLink(link: String, change: LinkChange)
    /// Changes a host's limits while it runs; nil leaves one as it is. → `.done`
    case setNode(node: String, cpuShares: UInt64?, cpuLimit: Double?, memory: UInt64?, pids: UInt64?)
    /// Replaces what a host's interface has for addresses. → `.done`
    case setAddress(node: String, interface: String, prefix: String)
    /// Starts or stops a switch, as Mininet's `switch s1 stop` does: all its ports down or up. → `.done`
    case setSwitch(node: String, running: Bool)
    /// Captures at a host's interface or a switch's port: the descriptor beside the line is written pcapng until the
    /// connection closes, `count` packets are in, or it cannot be written to. → `.started`, `.done`
    case capture(node: String, interface: String, snapLength: Int, count: Int?)
    /// What would happen to a packet, in the syntax of ovs-ofctl (`in_port=1,icmp,nw_dst=10.0.0.2`). → `.text`
    case trace(node: String, packet: String)
    /// Flows, learned addresses, ports and spanning tree of a switch. → `.switchReport`
    case inspectSwitch(node: String)
    /// The controllers of all switches. → `.controllers`
    case controllers
    /// Adds or removes flows of a switch in the syntax of ovs-ofctl add-flow and del-flows. → `.done`
    case addFlow(node: String, flow: String)
    case removeFlows(node: String, match: String)
    /// Forgets the addresses that a switch has learned. → `.done`
    case flushAddresses(node: String)
    /// The connections that the lab's switches track, a line each, in the words of dpctl/dump-conntrack. → `.text`
    case connections(zone: UInt16?, verbose: Bool, statistics: Bool)
    /// Forgets them. → `.done`
    case flushConnections(zone: UInt16?)
    /// What each link was asked to do and has done. → `.fidelity`
    case fidelity
    /// ICMP echo requests from hosts' own stacks, many pairs at once. → `.pinged` for each pair as it ends, then `.done`
    case ping(PingRequest)
    /// Takes the lab down. → `.done` when nothing of it is left but the supervisor itself, which then ends.
    case down
}

/// A program to run on a host.
public struct ExecRequest: Codable, Sendable {
    public var node: String
    /// Program and arguments; looked up in the PATH of the host's environment.
    public var command: [String]
    /// Beside the host's own environment.
    public var environment: [String: String]
    /// nil: the host's own.
    public var directory: String?
    /// Whether the one descriptor beside the line is a terminal to control the program by.
    public var terminal: Bool
    /// The program outlives the connection (and ends with the lab).
    public var detach: Bool
    public init(
        node: String, command: [String], environment: [String: String] = [:], directory: String? = nil,
        terminal: Bool = false, detach: Bool = false
    ) {
        self.node = node
        self.command = command
        self.environment = environment
        self.directory = directory
        self.terminal = terminal
        self.detach = detach
    }
}

/// Pings to send.
public struct PingRequest: Codable, Sendable {
    /// Pairs of host names; nil: all ordered pairs of hosts.
    public var pairs: [[String]]?
    /// Echo requests for each pair.
    public var count: Int
    /// How long a reply may take, in nanoseconds.
    public var timeout: UInt64
    /// Between the requests of a pair, in nanoseconds.
    public var interval: UInt64
    /// Pairs under way at once.
    public var parallelism: Int
    /// IPv6 instead of IPv4.
    public var ipv6: Bool
    public init(
        pairs: [[String]]? = nil, count: Int = 1, timeout: UInt64 = 1_000_000_000, interval: UInt64 = 10_000_000,
        parallelism: Int = 256, ipv6: Bool = false
    ) {
        self.pairs = pairs
        self.count = count
        self.timeout = timeout
        self.interval = interval
        self.parallelism = parallelism
        self.ipv6 = ipv6
    }
}

/// What a lab answers.
public enum ControlReply: Codable, Sendable {
    case done
    /// The request could not be carried out: what, on what, and what to do about it. Final.
    case failed(String)
    case status(LabStatus)
    case topology(LabTopology)
    case started(pid: Int32)
    /// What a shell's `$?` would say. Final.
    case exited(status: Int32)
    case text(String)
    case switchReport(SwitchReport)
    case controllers([ControllerReport])
    case fidelity([LinkReport])
    /// Several pairs in one line, as they come.
    case pinged([PingResult])
    /// While a lab comes up or goes down: how far it is.
    case progress(stage: String, done: Int, total: Int)
}

/// One pair's pings.
public struct PingResult: Codable, Sendable {
    public var source: String
    public var destination: String
    public var sent: Int
    public var received: Int
    /// Round-trip times in nanoseconds; nil where no reply came.
    public var minimum: UInt64?
    public var average: UInt64?
    public var maximum: UInt64?
    public var deviation: UInt64?
    /// Why nothing could be sent, where nothing could.
    public var error: String?
    public init(
        source: String, destination: String, sent: Int, received: Int, minimum: UInt64? = nil, average: UInt64? = nil,
        maximum: UInt64? = nil, deviation: UInt64? = nil, error: String? = nil
    ) {
        self.source = source
        self.destination = destination
        self.sent = sent
        self.received = received
        self.minimum = minimum
        self.average = average
        self.maximum = maximum
        self.deviation = deviation
        self.error = error
    }
}

/// A lab at a glance.
public struct LabStatus: Codable, Sendable {
    public var name: String
    /// The supervisor's process on the machine.
    public var pid: Int32
    /// Seconds since the epoch.
    public var started: Double
    /// The run directory.
    public var directory: String
    /// Whether it runs in a user namespace, without root.
    public var rootless: Bool
    /// What moves the packets: io_uring or epoll.
    public var mechanism: String
    /// Resident memory of the supervisor, in bytes.
    public var memory: UInt64
    public var datapath: DatapathStatus
    public var nodes: [NodeStatus]
    public init(
        name: String, pid: Int32, started: Double, directory: String, rootless: Bool, mechanism: String,
        memory: UInt64, datapath: DatapathStatus, nodes: [NodeStatus]
    ) {
        self.name = name
        self.pid = pid
        self.started = started
        self.directory = directory
        self.rootless = rootless
        self.mechanism = mechanism
        self.memory = memory
        self.datapath = datapath
        self.nodes = nodes
    }
}

/// A node at a glance.
public struct NodeStatus: Codable, Sendable {
    public var name: String
    public var kind: String
    /// "running", "stopped" or what went wrong.
    public var state: String
    public var interfaces: [InterfaceStatus]
    /// Programs that run on it.
    public var processes: Int
    public init(name: String, kind: String, state: String, interfaces: [InterfaceStatus], processes: Int) {
        self.name = name
        self.kind = kind
        self.state = state
        self.interfaces = interfaces
        self.processes = processes
    }
}

public struct InterfaceStatus: Codable, Sendable {
    public var name: String
    public var mac: String?
    /// Addresses with prefix lengths.
    public var addresses: [String]
    public var isUp: Bool
    /// The other end of its link, `node:interface`.
    public var peer: String?
    public var received: TrafficCount
    public var sent: TrafficCount
    public init(
        name: String, mac: String?, addresses: [String], isUp: Bool, peer: String?, received: TrafficCount,
        sent: TrafficCount
    ) {
        self.name = name
        self.mac = mac
        self.addresses = addresses
        self.isUp = isUp
        self.peer = peer
        self.received = received
        self.sent = sent
    }
}

/// All that a switch knows.
public struct SwitchReport: Codable, Sendable {
    public var name: String
    public var flows: [FlowReport]
    public var addresses: [LearnedAddress]
    public var ports: [PortStatus]
    /// The root's identifier and the cost to it, where a spanning tree runs.
    public var spanningTree: String?
    public var controllers: [ControllerReport]
    public init(
        name: String, flows: [FlowReport], addresses: [LearnedAddress], ports: [PortStatus], spanningTree: String?,
        controllers: [ControllerReport]
    ) {
        self.controllers = controllers
        self.name = name
        self.flows = flows
        self.addresses = addresses
        self.ports = ports
        self.spanningTree = spanningTree
    }
}

/// A controller of a switch's.
public struct ControllerReport: Codable, Sendable {
    /// The switch.
    public var node: String
    /// Where it is, `tcp:127.0.0.1:6653`, or which of those that are built in.
    public var target: String
    public var isConnected: Bool
    /// "other", "master" or "slave"; nil: not connected.
    public var role: String?
    /// ACTIVE, IDLE, CONNECTING, BACKOFF, LISTENING.
    public var state: String
    public var lastError: String?
    public init(
        node: String, target: String, isConnected: Bool, role: String?, state: String, lastError: String?
    ) {
        self.node = node
        self.target = target
        self.isConnected = isConnected
        self.role = role
        self.state = state
        self.lastError = lastError
    }
}

public struct FlowReport: Codable, Sendable {
    public var table: UInt8
    public var priority: UInt16
    public var cookie: UInt64
    public var match: String
    public var actions: String
    public var packets: UInt64
    public var bytes: UInt64
    /// Nanoseconds since it was added.
    public var duration: UInt64
    public init(
        table: UInt8, priority: UInt16, cookie: UInt64, match: String, actions: String, packets: UInt64,
        bytes: UInt64, duration: UInt64
    ) {
        self.table = table
        self.priority = priority
        self.cookie = cookie
        self.match = match
        self.actions = actions
        self.packets = packets
        self.bytes = bytes
        self.duration = duration
    }
}

/// One direction of a link: asked and done.
public struct LinkReport: Codable, Sendable {
    /// `node:interface`
    public var from: String
    public var to: String
    public var isUp: Bool
    public var profile: LinkProfile
    /// nil for a link that was never anything but an ideal wire.
    public var statistics: LinkStatistics?
    public var fidelity: LinkFidelity?
    public var traffic: TrafficCount
    public init(
        from: String, to: String, isUp: Bool, profile: LinkProfile, statistics: LinkStatistics?,
        fidelity: LinkFidelity?, traffic: TrafficCount
    ) {
        self.from = from
        self.to = to
        self.isUp = isUp
        self.profile = profile
        self.statistics = statistics
        self.fidelity = fidelity
        self.traffic = traffic
    }
}
