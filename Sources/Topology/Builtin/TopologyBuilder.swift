import Switch

/// How interfaces are called where nobody named them.
public enum InterfaceNaming: String, Codable, Sendable, CaseIterable {
    /// `eth0`, `eth1`, … inside each node.
    case plain
    /// `h1-eth0`, `s1-eth1`, … as in Mininet, so that its scripts find them.
    case mininet

    public func name(node: String, number: Int) -> String {
        switch self {
        case .plain: "eth\(number)"
        case .mininet: "\(node)-eth\(number)"
        }
    }
}

/// Adds nodes and links and numbers their interfaces as Mininet does: the n-th link of a node takes number n, from 0 on
/// hosts and from 1 on switches.
struct TopologyBuilder {
    var topology: LabTopology
    let naming: InterfaceNaming
    private var places: [String: Int] = [:]

    init(name: String, naming: InterfaceNaming) {
        topology = LabTopology(name: name)
        self.naming = naming
    }

    mutating func add(host name: String) { add(LabTopology.Node(name: name, kind: .process)) }

    mutating func add(switch name: String, datapathID: UInt64? = nil) {
        add(LabTopology.Node(name: name, kind: .switch, bridge: .init(datapathID: datapathID ?? firstNumber(in: name))))
    }

    mutating func add(_ node: LabTopology.Node) {
        places[node.name] = topology.nodes.count
        topology.nodes.append(node)
    }

    mutating func link(
        _ a: String, _ b: String, portA: Int? = nil, portB: Int? = nil, profile: LinkProfile = LinkProfile(),
        label: String? = nil
    ) {
        let first = endpoint(a, portA)
        let second = endpoint(b, portB)
        topology.links.append(.init(a: first, b: second, aToB: profile, bToA: profile, label: label))
    }

    private mutating func endpoint(_ name: String, _ port: Int?) -> LabTopology.Endpoint {
        let place = places[name]!
        let isSwitch = topology.nodes[place].kind == .switch
        let number = port ?? topology.nodes[place].interfaces.count + (isSwitch ? 1 : 0)
        let interface = naming.name(node: name, number: number)
        topology.nodes[place].interfaces.append(.init(name: interface, port: isSwitch ? UInt32(number) : nil))
        return .init(name, interface)
    }

    /// Hosts first, then switches, each in the natural order of their names, which is the order Mininet numbers them in.
    mutating func finish() -> LabTopology {
        topology.nodes =
            naturallySorted(topology.nodes.filter(\.isHost))
            + naturallySorted(topology.nodes.filter { !$0.isHost })
        return topology
    }

    private func naturallySorted(_ nodes: [LabTopology.Node]) -> [LabTopology.Node] {
        nodes.map { (NaturalOrder($0.name), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Mininet's default datapath identifier: the first number in the name.
    private func firstNumber(in name: String) -> UInt64? {
        let digits = name.drop { !$0.isNumber }.prefix { $0.isNumber }
        return UInt64(digits)
    }
}

/// A key that sorts `h2` before `h10`.
struct NaturalOrder: Comparable {
    private enum Part: Equatable {
        case text(String)
        case number(UInt64)
    }
    private var parts: [Part] = []

    init(_ name: String) {
        var rest = Substring(name)
        while let first = rest.utf8.first {
            let isDigit = 48...57 ~= first
            let run = rest.prefix { ($0.asciiValue.map { 48...57 ~= $0 } ?? false) == isDigit }
            parts.append(isDigit ? .number(UInt64(run) ?? .max) : .text(String(run)))
            rest = rest[run.endIndex...]
        }
    }

    static func < (left: Self, right: Self) -> Bool {
        for (a, b) in zip(left.parts, right.parts) where a != b {
            switch (a, b) {
            case (.number(let x), .number(let y)): return x < y
            case (.text(let x), .text(let y)): return x < y
            case (.number, .text): return true
            case (.text, .number): return false
            }
        }
        return left.parts.count < right.parts.count
    }
}
