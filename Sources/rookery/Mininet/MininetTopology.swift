import Glibc
import Linux
import Switch
import Topology
import Wire

// From Mininet's options to a lab: its names, its numbering of hosts, interfaces and addresses, and what its `--link`
// and `--host` classes do.

/// A network as `mn` builds it.
struct MininetTopology {
    var topology: LabTopology
    /// What `*** Adding links:` prints, in its order: `(10.00Mbit) (10.00Mbit) (h1, s1)`.
    var linkTexts: [String] = []

    /// - Parameter custom: what `--custom` files describe, where one of them has the topology.
    init(_ options: MininetOptions, custom: CustomTopology?) throws {
        var topology: LabTopology
        let link = try LinkClass(options.link)
        if let custom, let described = custom.topology {
            topology = try described.labTopology(name: MininetChoice(options.topology).name, link: link)
        } else {
            topology = try BuiltinTopology(options.topology).topology(naming: .mininet)
            for index in topology.links.indices {
                try link.apply(link.parameters, to: &topology.links[index].aToB)
                try link.apply(link.parameters, to: &topology.links[index].bToA)
            }
        }
        guard topology.nodes.contains(where: { $0.kind == .process || $0.kind == .switch }) else {
            throw CommandError("the topology \(options.topology) is empty", remedy: "add hosts and switches to it")
        }
        try Self.setHosts(&topology, options)
        if let nat = options.nat { try Self.addNAT(&topology, nat) }
        guard let base = IPv4Prefix(options.ipBase), base.length <= 30 else {
            throw CommandError(
                "--ipbase \(options.ipBase) is not a network", remedy: "write one such as 10.0.0.0/8", status: 2)
        }
        try Self.number(&topology, base: base)
        let plan = AddressPlan(
            ipv4Base: base, numbering: .mininet, macStyle: options.macs ? .hostNumber : .named, ipv6: false)
        try plan.fill(&topology)
        if options.nat != nil { Self.routeThroughNAT(&topology) }
        self.topology = topology
        linkTexts = Self.texts(topology, shaped: link.isShaped)
    }

    /// Mininet's hosts count on from the host part of the base: `--ipbase 10.0.0.100/8` begins with 10.0.0.100.
    private static func number(_ topology: inout LabTopology, base: IPv4Prefix) throws {
        let first = max(1, Int(base.address.rawValue & ~base.mask.rawValue))
        guard first > 1 else { return }
        var next = first
        for index in topology.nodes.indices where topology.nodes[index].isHost {
            guard let address = base.host(next) else {
                throw CommandError("\(base) has too few addresses for the hosts", remedy: "give a larger --ipbase")
            }
            next += 1
            guard !topology.nodes[index].interfaces.isEmpty else { continue }
            if topology.nodes[index].interfaces[0].ipv4.isEmpty {
                topology.nodes[index].interfaces[0].ipv4 = [.init(address, length: base.length)]
            }
        }
    }

    private static func setHosts(_ topology: inout LabTopology, _ options: MininetOptions) throws {
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var share: Double?
        if let text = options.host.parameters["cpu"] {
            guard let value = Double(text), value > 0 else {
                throw CommandError("--host \(options.host.name): cpu=\(text) is no fraction", remedy: "write cpu=0.1")
            }
            // Mininet's is the fraction of all processors.
            share = value * Double(cores)
        }
        var core = 0
        for index in topology.nodes.indices where topology.nodes[index].isHost {
            if topology.nodes[index].host.cpuLimit == nil { topology.nodes[index].host.cpuLimit = share }
            if options.pin, topology.nodes[index].host.cpuset == nil {
                topology.nodes[index].host.cpuset = "\(core % cores)"
                core += 1
            }
        }
    }

    /// Mininet's addNAT: a host that translates addresses, on the first switch.
    private static func addNAT(_ topology: inout LabTopology, _ options: MininetChoice) throws {
        let name = options.parameters["name"] ?? "nat0"
        let wanted = options.parameters["connect"].flatMap { $0 == "True" ? nil : $0 }
        let place = topology.nodes.firstIndex { $0.kind == .switch && (wanted == nil || $0.name == wanted) }
        guard let place else { throw CommandError("--nat needs a switch to be connected to", remedy: "add a switch") }
        let port = (topology.nodes[place].interfaces.compactMap(\.port).max() ?? 0) + 1
        let switchName = topology.nodes[place].name
        topology.nodes[place].interfaces.append(.init(name: "\(switchName)-eth\(port)", port: port))
        var interface = LabTopology.Interface(name: "\(name)-eth0")
        if let text = options.parameters["ip"] {
            guard let prefix = IPv4Prefix(mininet: text) else {
                throw CommandError("--nat: ip=\(text) is no address", remedy: "write ip=10.0.0.254/8")
            }
            interface.ipv4 = [prefix]
        }
        let node = LabTopology.Node(
            name: name, kind: .process, interfaces: [interface],
            host: .init(forwarding: true, nat: true))
        // Numbered after the other hosts, listed before the switches.
        let position = topology.nodes.lastIndex(where: \.isHost).map { $0 + 1 } ?? 0
        topology.nodes.insert(node, at: position)
        topology.links.append(
            .init(a: .init(name, interface.name), b: .init(switchName, "\(switchName)-eth\(port)")))
    }

    private static func routeThroughNAT(_ topology: inout LabTopology) {
        guard let nat = topology.nodes.first(where: \.host.nat),
            let address = nat.interfaces.first?.ipv4.first
        else { return }
        let gateway = address.address.description
        for index in topology.nodes.indices
        where topology.nodes[index].isHost && topology.nodes[index].name != nat.name {
            if !topology.nodes[index].host.routes.contains(where: { $0.destination == "default" }) {
                topology.nodes[index].host.routes.append(.init(destination: "default", via: gateway))
            }
        }
    }

    private static func texts(_ topology: LabTopology, shaped: Bool) -> [String] {
        topology.links.sorted {
            if $0.a.node != $1.a.node { return isNaturallyBefore($0.a.node, $1.a.node) }
            return isNaturallyBefore($0.b.node, $1.b.node)
        }.map { link in
            LinkClass.text(link.aToB) + LinkClass.text(link.bToA) + "(\(link.a.node), \(link.b.node)) "
        }
    }
}

extension IPv4Prefix {
    /// Mininet's `ip=`: an address alone lies in a /8.
    init?(mininet text: String) { self.init(text.contains("/") ? text : text + "/8") }
}

/// Whether `h2` stands before `h10`.
func isNaturallyBefore(_ a: String, _ b: String) -> Bool {
    func parts(_ text: String) -> [(text: String, number: UInt64?)] {
        var parts: [(text: String, number: UInt64?)] = []
        var rest = Substring(text)
        while let first = rest.first {
            let run = rest.prefix { $0.isNumber == first.isNumber }
            parts.append((String(run), first.isNumber ? UInt64(run) : nil))
            rest = rest[run.endIndex...]
        }
        return parts
    }
    for (x, y) in zip(parts(a), parts(b)) where x.text != y.text {
        if let m = x.number, let n = y.number { if m != n { return m < n } else { continue } }
        return x.text < y.text
    }
    return parts(a).count < parts(b).count
}

/// Mininet's link classes and their parameters.
struct LinkClass {
    /// Whether links do anything to packets: `tc` and `tcu` do, `default` and `ovs` ignore such parameters.
    let isShaped: Bool
    /// Those given to all links.
    let parameters: [String: String]

    init(_ choice: MininetChoice) throws(CommandError) {
        switch choice.name {
        case "tc", "tcu": isShaped = true
        case "default", "ovs": isShaped = false
        default:
            throw CommandError.usage(
                "--link \(choice.name) is unknown", remedy: "choose default, ovs, tc or tcu")
        }
        if let word = choice.arguments.first {
            throw CommandError.usage("--link: “\(word)” has no value", remedy: "write tc,bw=10,delay=5ms")
        }
        parameters = isShaped ? choice.parameters : [:]
        var probe = LinkProfile()
        try apply(parameters, to: &probe)
    }

    /// Sets what TCIntf's parameters say.
    func apply(_ parameters: [String: String], to profile: inout LinkProfile) throws(CommandError) {
        func number(_ key: String, in range: ClosedRange<Double>) throws(CommandError) -> Double? {
            guard let text = parameters[key], text != "None" else { return nil }
            guard let value = Double(text), range.contains(value) else {
                throw CommandError("a link's \(key)=\(text) cannot be", remedy: "give a number such as \(key)=10")
            }
            return value
        }
        func isOn(_ key: String) -> Bool { parameters[key].map { !["", "0", "False", "None"].contains($0) } ?? false }
        if let rate = try number("bw", in: 0...1000), rate > 0 { profile.rate = UInt64(rate * 1e6) }
        if let delay = parameters["delay"], delay != "None" { profile.delay = try Self.time(delay, "delay") }
        if let jitter = parameters["jitter"], jitter != "None" {
            let spread = try Self.time(jitter, "jitter")
            profile.jitter = spread > 0 ? .init(spread: spread) : nil
        }
        if let loss = try number("loss", in: 0...100) {
            profile.loss = loss > 0 ? .random(.init(probability: loss / 100)) : nil
        }
        if let size = try number("max_queue_size", in: 1...10_000_000) { profile.queue = .packets(Int(size)) }
        // TCIntf's own figures for RED.
        if isOn("enable_red") { profile.aqm = .red(minimum: 30_000, maximum: 35_000, probability: 1, ecn: true) }
        if isOn("enable_ecn") { profile.aqm = .red(minimum: 20_000, maximum: 25_000, probability: 1, ecn: true) }
    }

    /// tc's times: a number alone counts microseconds.
    static func time(_ text: String, _ key: String) throws(CommandError) -> UInt64 {
        if let microseconds = Double(text), microseconds >= 0 { return UInt64(microseconds * 1000) }
        do throws(TopologyError) { return try Units.time(text) } catch {
            throw CommandError("a link's \(key): \(error.description)")
        }
    }

    /// What TCIntf prints of an interface: `(10.00Mbit 5ms delay 1.00000% loss) `.
    static func text(_ profile: LinkProfile) -> String {
        var words: [String] = []
        if let rate = profile.rate { words.append("\(decimal(Double(rate) / 1e6, 2))Mbit") }
        if profile.delay > 0 { words.append("\(Readable.time(profile.delay)) delay") }
        if let jitter = profile.jitter { words.append("\(Readable.time(jitter.spread)) jitter") }
        if case .random(let chance) = profile.loss { words.append("\(decimal(chance.probability * 100, 5))% loss") }
        if case .red = profile.aqm { words.append("RED") }
        return words.isEmpty ? "" : "(\(words.joined(separator: " "))) "
    }
}
