import Glibc
import Lab
import Linux
import Topology
import Wire

/// A running lab as Mininet's CLI and tests see it: hosts, switches and controllers in order, and a shell for each.
final class EmulatedNetwork {
    let lab: String
    let log: MininetLog
    let topology: LabTopology
    let hosts: [LabTopology.Node]
    let switches: [LabTopology.Node]
    let controllers: [String]
    private let nodes: [String: LabTopology.Node]
    private let peers: [LabTopology.Endpoint: LabTopology.Endpoint]
    private var shells: [String: NodeShell] = [:]
    private var bridge: PythonBridge?
    /// Files whose tests `--test` may name.
    var customFiles: [String] = []

    init(lab: String, log: MininetLog, controllers: [String] = []) throws {
        self.lab = lab
        self.log = log
        self.controllers = controllers
        topology = try LabClient(lab: lab).topology()
        hosts = topology.nodes.filter(\.isHost)
        switches = topology.nodes.filter { $0.kind == .switch }
        nodes = Dictionary(topology.nodes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var peers: [LabTopology.Endpoint: LabTopology.Endpoint] = [:]
        for link in topology.links {
            peers[link.a] = link.b
            peers[link.b] = link.a
        }
        self.peers = peers
    }

    /// All names in Mininet's order.
    var names: [String] { hosts.map(\.name) + switches.map(\.name) + controllers }

    func contains(_ name: String) -> Bool { nodes[name] != nil || controllers.contains(name) }
    func node(_ name: String) -> LabTopology.Node? { nodes[name] }
    func isHost(_ name: String) -> Bool { nodes[name]?.isHost ?? false }
    /// Whether it is a virtual machine.
    func isGuest(_ name: String) -> Bool { nodes[name]?.kind == .vm }

    /// Interface names as Mininet lists them: a switch, which it runs in the machine's namespace, has `lo` first.
    func interfaces(_ name: String) -> [String] {
        guard let node = nodes[name] else { return [] }
        return (node.kind == .switch ? ["lo"] : []) + node.interfaces.map(\.name)
    }

    func peer(_ node: String, _ interface: String) -> LabTopology.Endpoint? { peers[.init(node, interface)] }

    /// The IPv4 address that the topology gave an interface; the first one's by default.
    func plannedAddress(_ name: String, _ interface: String? = nil) -> String? {
        guard let node = nodes[name] else { return nil }
        let found = interface.map { wanted in node.interfaces.first { $0.name == wanted } } ?? node.interfaces.first
        return found?.ipv4.first?.address.description
    }

    /// The address that a node's first interface has now, whoever set it. Asked of the node itself, and not in its
    /// shell, whose `$?` is the user's.
    func address(_ name: String) -> String? {
        guard isHost(name), let interface = nodes[name]?.interfaces.first?.name else { return nil }
        // What a guest calls its cards is the guest's own business.
        let device = isGuest(name) ? "eth0" : interface
        let command = ["ip", "-4", "-o", "address", "show", "dev", device]
        if let program = try? HostProgram(lab: lab, node: name, command: command), (try? program.finish()) == 0 {
            // `2: h1-eth0    inet 10.0.0.1/8 brd 10.255.255.255 scope global h1-eth0`
            let words = program.output.split(whereSeparator: \.isWhitespace)
            guard let place = words.firstIndex(of: "inet"), place + 1 < words.count else { return nil }
            return String(words[place + 1].prefix { $0 != "/" })
        }
        return plannedAddress(name)
    }

    func mac(_ name: String, _ interface: String? = nil) -> String? {
        guard let node = nodes[name] else { return nil }
        let found = interface.map { wanted in node.interfaces.first { $0.name == wanted } } ?? node.interfaces.first
        return found?.mac?.description
    }

    /// The node's shell, started when first asked for.
    func shell(_ name: String) throws -> NodeShell {
        if let shell = shells[name] { return shell }
        let shell =
            try isHost(name) ? NodeShell(lab: lab, node: name, isGuest: isGuest(name)) : NodeShell(onMachine: name)
        shells[name] = shell
        return shell
    }

    /// The machine's number of the node's shell.
    func pid(_ name: String) throws -> Int32 {
        let inner = try shell(name).innerPID
        return try isHost(name) ? MachinePID.find(inner, supervisor: LabClient(lab: lab).status().pid) : inner
    }

    /// Runs a command in the node's shell and returns what it writes.
    func run(_ command: String, on name: String) throws -> String {
        do { return try shell(name).run(command) } catch let error as CommandError {
            forgetShell(name)
            throw error
        }
    }

    /// A shell that has ended (`h1 exit`) makes room for a new one.
    func forgetShell(_ name: String) { shells.removeValue(forKey: name)?.end() }

    func closeShells() {
        bridge = nil
        for shell in shells.values { shell.end() }
        shells = [:]
    }

    /// Python with the network's objects, started when first asked for.
    func python() throws -> PythonBridge {
        if let bridge { return bridge }
        let made = try PythonBridge(self)
        bridge = made
        return made
    }

    func forgetPython() { bridge = nil }

    /// Changes all links between two nodes. Returns what was wrong, in Mininet's words.
    func setLinks(_ a: String, _ b: String, up: Bool) throws -> String? {
        if !contains(a) { return "src not in network: \(a)\n" }
        if !contains(b) { return "dst not in network: \(b)\n" }
        let found = topology.links.filter {
            ($0.a.node, $0.b.node) == (a, b) || ($0.a.node, $0.b.node) == (b, a)
        }
        if found.isEmpty { return "src and dst not connected: \(a) \(b)\n" }
        for link in found {
            try LabClient(lab: lab).request(.setLink(link: "\(link.a)-\(link.b)", change: LinkChange(up: up)))
        }
        return nil
    }
}
