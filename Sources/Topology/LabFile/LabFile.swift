import Foundation
import Switch
import Wire

// The lab file: YAML in, `LabTopology` out, or every problem at once with its line and remedy.
//
// Order of work: bytes → tree (YAMLTree) → variables filled in (Variables) → source topology (builtin, GraphML) →
// nodes (LabFile+Nodes) → links (LabFile+Links) → schedule → checks → addresses (AddressPlan).

/// Reads lab files.
public struct LabFile {
    /// For error messages.
    public var file: String
    /// Values of `${name}` that the file's `vars:` do not define.
    public var environment: [String: String]
    /// Reads a file named in the lab file (GraphML), given as written there.
    public var open: (String) throws -> String

    let problems: ProblemList
    var topology = LabTopology(name: "")
    /// Index into `topology.nodes` by name.
    var places: [String: Int] = [:]
    /// Where each node stands in the file.
    var nodePlaces: [String: YAMLValue.Place] = [:]
    var naming = InterfaceNaming.plain
    var plan = AddressPlan()
    /// From `interfaces:`, `mac:`, `ipv4:` and `ipv6:` of nodes until links make the interfaces.
    var interfaceSettings: [String: [String: InterfaceSettings]] = [:]
    var firstInterfaceSettings: [String: InterfaceSettings] = [:]

    public init(
        file: String, environment: [String: String] = [:], open: @escaping (String) throws -> String = { _ in "" }
    ) {
        self.file = file
        self.environment = environment
        self.open = open
        problems = ProblemList(file: file)
    }

    /// Reads the file at a path, and files it names from its folder.
    public static func load(
        path: String, environment: [String: String] = [:]
    ) throws(TopologyError) -> LabTopology {
        let folder = (path as NSString).deletingLastPathComponent
        let reader = LabFile(file: path, environment: environment) { name in
            let place = name.hasPrefix("/") || folder.isEmpty ? name : folder + "/" + name
            return try String(contentsOfFile: place, encoding: .utf8)
        }
        var text: String
        do {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            guard let decoded = String(data: bytes, encoding: .utf8) else {
                throw TopologyError([
                    .init(file: path, line: 1, what: "this is not text", remedy: "lab files are UTF-8")
                ])
            }
            text = decoded
        } catch let error as TopologyError {
            throw error
        } catch {
            throw TopologyError([
                .init(file: path, what: "cannot be read", remedy: (error as NSError).localizedDescription)
            ])
        }
        if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
        return try reader.parse(text)
    }

    /// Parses a lab file's text.
    public func parse(_ text: String) throws(TopologyError) -> LabTopology {
        var run = LabFile(file: file, environment: environment, open: open)
        return try run.read(text)
    }

    private mutating func read(_ text: String) throws(TopologyError) -> LabTopology {
        var reader = YAMLReader(file: file)
        let tree = try fillVariables(try reader.read(text), needed: text.contains("${"))
        try problems.raise()
        guard case .map = tree.content else {
            problems.add(tree.place, "a lab file is a map, this is \(tree.kindName)", "start with name: and topology:")
            try problems.raise()
            return topology
        }
        let root = Fields(tree, LabFileKeys.root, "the lab file", problems)
        readRoot(root)
        guard let topologyValue = root["topology"] else {
            problems.add(tree.place, "topology: is missing", "it holds nodes: and links:")
            try problems.raise()
            return topology
        }
        let fields = Fields(topologyValue, LabFileKeys.topology, "topology", problems)
        readSource(fields)
        readNodes(fields)
        readLinks(fields)
        finishInterfaces()
        readSchedule(root)
        try problems.raise()
        if root.text("addresses") != "none" {
            do { try plan.fill(&topology) } catch {
                for problem in error.problems { problems.add(root["ip-base"]?.place, problem.what, problem.remedy) }
            }
        }
        planRoutes(root)
        checkAddresses()
        try problems.raise()
        topology.notes = problems.notes
        return topology
    }

    private func fillVariables(_ tree: YAMLValue, needed: Bool) throws(TopologyError) -> YAMLValue {
        guard needed else { return tree }
        var definitions: [String: (text: String, place: YAMLValue.Place)] = [:]
        if case .map(let entries)? = tree["vars"]?.content {
            for entry in entries {
                switch entry.value.content {
                case .text(let text): definitions[entry.key] = (text, entry.value.place)
                case .nothing: definitions[entry.key] = ("", entry.value.place)
                default:
                    problems.add(
                        entry.value.place, "the variable \(entry.key) is \(entry.value.kindName)", "write a text")
                }
            }
        }
        var variables = Variables(definitions, environment: environment)
        return filled(tree, &variables)
    }

    private func filled(_ value: YAMLValue, _ variables: inout Variables) -> YAMLValue {
        func text(_ text: String, _ place: YAMLValue.Place) -> String {
            do { return try variables.fill(text) } catch {
                problems.add(place, error)
                return text
            }
        }
        var value = value
        switch value.content {
        case .nothing: break
        case .text(let body): value.content = .text(text(body, value.place))
        case .list(let items): value.content = .list(items.map { filled($0, &variables) })
        case .map(let entries):
            value.content = .map(
                entries.map { (text($0.key, $0.place), $0.place, filled($0.value, &variables)) })
        }
        return value
    }

    private mutating func readRoot(_ root: Fields) {
        if let name = root.parse("name", { text throws(ValueError) in try NameRule.lab(text) }) {
            topology.name = name
        } else if root["name"] == nil {
            problems.add(root.place, "the lab has no name", "write name: my-lab")
        }
        if let seed = root.parse(
            "seed", { text throws(ValueError) in try Units.countValue(text, 0...Int.max, "a seed") })
        {
            topology.seed = UInt64(seed)
        }
        enum Addresses: String, CaseIterable { case auto, mininet, none }
        if root.oneOf("addresses", Addresses.self) == .mininet { plan.numbering = .mininet }
        if let chosen = root.oneOf("interface-names", InterfaceNaming.self) { naming = chosen }
        for (key, path) in [("ip-base", \AddressPlan.ipv4Base), ("link-base", \AddressPlan.linkBase)] {
            let base = root.parse(key) { text throws(ValueError) in
                guard let prefix = IPv4Prefix(text), prefix.length <= 30 else {
                    throw ValueError("“\(text)” is not an IPv4 network", "write 10.0.0.0/8")
                }
                return prefix
            }
            if let base { plan[keyPath: path] = base }
        }
        if let vars = root["vars"], vars.kindName != "a map" {
            problems.add(vars.place, "vars is \(vars.kindName)", "write a map of name: value")
        }
    }

    private mutating func readSource(_ fields: Fields) {
        var source: LabTopology?
        if let value = fields["builtin"], let text = fields.text("builtin") {
            do { source = try BuiltinTopology(text).topology(naming: naming) } catch {
                for problem in error.problems { problems.add(value.place, problem.what, problem.remedy) }
            }
        }
        if let value = fields["graphml"] {
            if source != nil { problems.add(value.place, "builtin and graphml exclude each other", "keep one") }
            source = readGraphML(value)
        }
        guard let source else { return }
        topology.nodes = source.nodes
        topology.links = source.links
        topology.notes = source.notes
        for note in source.notes { problems.note(note) }
        places = topology.nodeIndex()
    }

    private func readGraphML(_ value: YAMLValue) -> LabTopology? {
        var options = GraphML.Options(naming: naming)
        var name: String?
        if case .text(let text) = value.content {
            name = text
        } else {
            let fields = Fields(value, LabFileKeys.graphml, "graphml", problems)
            name = fields.text("file")
            if name == nil { problems.add(value.place, "graphml has no file", "write file: network.graphml") }
            if let cities = fields.oneOf("cities", GraphML.City.self) { options.city = cities }
            options.maximumRate = fields.parse("max-rate") { text throws(ValueError) in try Units.rateValue(text) }
            options.defaultRate = fields.parse("default-rate") { text throws(ValueError) in try Units.rateValue(text) }
        }
        guard let name else { return nil }
        do { return try GraphML.topology(try open(name), file: name, options: options) } catch let error
            as TopologyError
        {
            for problem in error.problems {
                let inner = [name, problem.line.map(String.init) ?? ""].filter { !$0.isEmpty }.joined(separator: ":")
                problems.add(value.place, "\(inner): \(problem.what)", problem.remedy)
            }
        } catch {
            problems.add(
                value.place, "“\(name)” cannot be read: \((error as NSError).localizedDescription)",
                "name a file beside the lab file")
        }
        return nil
    }

    /// Routes are planned where the file shows no intent of its own: no routes, no hosts that configure themselves.
    private mutating func planRoutes(_ root: Fields) {
        enum Routing: String, CaseIterable { case auto, none }
        let unspoken = plan.leftAlone.isEmpty && topology.nodes.allSatisfy { $0.host.routes.isEmpty }
        switch root.oneOf("routing", Routing.self) {
        case Routing.none?: return
        case .auto?: break
        case nil: if !unspoken { return }
        }
        do { try RoutePlan().fill(&topology) } catch {
            for problem in error.problems { problems.add(root["routing"]?.place, problem.what, problem.remedy) }
        }
    }

    private func checkAddresses() {
        var owners: [IPv4Address: String] = [:]
        var macs: [MACAddress: String] = [:]
        for node in topology.nodes where node.isHost {
            for interface in node.interfaces {
                let here = "\(node.name):\(interface.name)"
                for address in interface.ipv4.map(\.address) where !address.isLoopback {
                    if let other = owners.updateValue(here, forKey: address) {
                        problems.note("\(other) and \(here) have the same address \(address)")
                    }
                }
                if let mac = interface.mac, let other = macs.updateValue(here, forKey: mac) {
                    problems.add(
                        nodePlaces[node.name], "\(other) and \(here) have the same Ethernet address \(mac)",
                        "give each its own")
                }
            }
        }
    }
}
