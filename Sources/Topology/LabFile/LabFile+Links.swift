import Switch
import Wire

// Links are read in two passes: interfaces that the file names are taken first, so that those it leaves to us (`"s1"`)
// never take a name or port that a later line asks for.

/// One end of a link as the file writes it.
private struct WrittenEndpoint {
    var node: String
    /// nil: the next free one.
    var interface: String?
    var settings: InterfaceSettings?
}

private struct WrittenLink {
    var a: WrittenEndpoint
    /// nil: a dummy, an interface without a link.
    var b: WrittenEndpoint?
    var place: YAMLValue.Place
    var aToB: LinkProfile
    var bToA: LinkProfile
    var mtu: Int?
    var up: Bool
    var label: String?
}

extension LabFile {
    mutating func readLinks(_ fields: Fields) {
        let standard = fields["link-defaults"].map { readProfile($0, "link-defaults") } ?? LinkProfile()
        if standard != LinkProfile() {
            for place in topology.links.indices {
                topology.links[place].aToB = merged(topology.links[place].aToB, under: standard)
                topology.links[place].bToA = merged(topology.links[place].bToA, under: standard)
            }
        }
        var written: [WrittenLink] = []
        if let links = fields["links"] {
            if case .list(let items) = links.content {
                for item in items { written += readLink(item, standard) }
            } else {
                problems.add(links.place, "links is \(links.kindName)", "write a list of - endpoints: [a:eth1, b:eth1]")
            }
        }
        connect(written)
    }

    /// A source's own rate and delay stay; the rest comes from the defaults.
    private func merged(_ own: LinkProfile, under standard: LinkProfile) -> LinkProfile {
        var profile = standard
        if let rate = own.rate { profile.rate = rate }
        if own.delay > 0 { profile.delay = own.delay }
        return profile
    }

    private func readProfile(_ value: YAMLValue, _ what: String) -> LinkProfile {
        var profile = LinkProfile()
        for setting in settings(Fields(value, LabFileKeys.direction, what, problems)) { setting.apply(to: &profile) }
        return profile
    }

    /// The link properties among the fields, in the order of the table (jitter before its distribution).
    func settings(_ fields: Fields) -> [LinkSetting] {
        var all: [LinkSetting] = []
        for property in LinkProperty.allCases {
            guard let value = fields[property.rawValue] else { continue }
            all += problems.attempt(value) { value throws(ValueError) in try property.settings(value.property) } ?? []
        }
        return all
    }

    func change(_ fields: Fields) -> LinkChange {
        var change = LinkChange(both: settings(fields))
        if fields.flag("ideal") == true { change.both.insert(.ideal, at: 0) }
        for (key, path) in [("forward", \LinkChange.forward), ("reverse", \LinkChange.reverse)] {
            if let value = fields[key] {
                change[keyPath: path] = settings(Fields(value, LabFileKeys.direction, key, problems))
            }
        }
        change.up = fields.flag("up")
        return change
    }

    // MARK: Reading

    private func readLink(_ value: YAMLValue, _ standard: LinkProfile) -> [WrittenLink] {
        let fields: Fields
        if case .list = value.content {
            fields = Fields(
                .init(content: .map([("endpoints", value.place, value)]), place: value.place), LabFileKeys.link,
                "a link", problems)
        } else {
            fields = Fields(value, LabFileKeys.link, "a link", problems)
        }
        var link = LabTopology.Link(a: .init("", ""), b: .init("", ""), aToB: standard, bToA: standard)
        change(fields).apply(to: &link)
        link.label = fields.text("label")
        guard let ends = readEnds(fields) else { return [] }
        let (left, right) = ends
        func make(_ a: WrittenEndpoint, _ b: WrittenEndpoint?) -> WrittenLink {
            WrittenLink(
                a: a, b: b, place: fields.place, aToB: link.aToB, bToA: link.bToA,
                mtu: link.aToB.mtu == link.bToA.mtu ? link.aToB.mtu : nil, up: link.up, label: link.label)
        }
        guard let right else { return left.map { make($0, nil) } }
        if left.count == right.count { return zip(left, right).map { make($0, $1) } }
        if right.count == 1 { return left.map { make($0, right[0]) } }
        if left.count == 1 { return right.map { make(left[0], $0) } }
        problems.add(
            fields.place, "\(left.count) endpoints on one side and \(right.count) on the other",
            "ranges pair up when they have the same length, or fan out from one endpoint")
        return []
    }

    /// Both sides, each a list of as many endpoints as its range has names; the second nil: a dummy.
    private func readEnds(_ fields: Fields) -> ([WrittenEndpoint], [WrittenEndpoint]?)? {
        let type = fields.text("type")
        switch type {
        case nil, "veth":
            guard let value = fields["endpoints"], case .list(let items) = value.content else {
                problems.add(
                    fields["endpoints"]?.place ?? fields.place, "the link has no list of endpoints",
                    "write endpoints: [a:eth1, b:eth1]")
                return nil
            }
            guard items.count == 2 else {
                problems.add(value.place, "the link has \(items.count) endpoints", "a link has two")
                return nil
            }
            guard let left = endpoints(items[0]), let right = endpoints(items[1]) else { return nil }
            return (left, right)
        case "host", "dummy", "physical":
            guard let value = fields["endpoint"], let ends = endpoints(value) else {
                if fields["endpoint"] == nil {
                    problems.add(
                        fields.place, "a link of type \(type!) has no endpoint",
                        "write endpoint: {node: a, interface: eth1}")
                }
                return nil
            }
            if type == "dummy" { return (ends, nil) }
            guard
                let outside = fields.parse(
                    "host-interface", { text throws(ValueError) in try NameRule.interface(text) })
            else {
                if fields["host-interface"] == nil {
                    problems.add(
                        fields.place, "a link of type \(type!) has no host-interface", "name the machine's interface")
                }
                return nil
            }
            return (ends, [WrittenEndpoint(node: type == "host" ? "host" : "physical", interface: outside)])
        case "macvlan", "mgmt-net", "vxlan", "vxlan-stitch":
            let what = type == "mgmt-net" ? "a management network" : type == "macvlan" ? "macvlan" : "tunnels"
            problems.add(
                fields["type"]?.place, "a link of type \(type!) needs \(what), not in this version",
                "use veth, host, physical or dummy")
            return nil
        default:
            problems.add(
                fields["type"]?.place, "there is no link type “\(type!)”",
                nearestHint(type!, among: ["veth", "host", "physical", "dummy"]))
            return nil
        }
    }

    private func endpoints(_ value: YAMLValue) -> [WrittenEndpoint]? {
        if case .map = value.content {
            let fields = Fields(value, LabFileKeys.endpoint, "an endpoint", problems)
            guard let node = fields.text("node") else {
                problems.add(value.place, "the endpoint has no node", "write {node: a, interface: eth1}")
                return nil
            }
            var settings = InterfaceSettings(place: value.place)
            applyAddresses(fields, &settings)
            let text = fields.text("interface").map { "\(node):\($0)" } ?? node
            return endpoints(text, value.place)?.map {
                .init(node: $0.node, interface: $0.interface, settings: settings)
            }
        }
        guard let text = problems.attempt(value, { value throws(ValueError) in try value.text("an endpoint") }) else {
            return nil
        }
        return endpoints(text, value.place)
    }

    private func endpoints(_ text: String, _ place: YAMLValue.Place) -> [WrittenEndpoint]? {
        do throws(ValueError) {
            let names = try NameRange.expand(text.trimmed)
            var ends: [WrittenEndpoint] = []
            ends.reserveCapacity(names.count)
            for name in names {
                guard let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) else {
                    ends.append(WrittenEndpoint(node: name))
                    continue
                }
                let node = String(name[..<colon])
                let interface = try NameRule.interface(String(name[name.index(after: colon)...]))
                if ["macvlan", "mgmt-net", "vxlan", "vxlan-stitch", "dummy"].contains(node) {
                    throw ValueError(
                        "the endpoint “\(name)” needs \(node), not in this version",
                        node == "dummy" ? "use type: dummy" : "use host:NAME or physical:NAME")
                }
                ends.append(WrittenEndpoint(node: node, interface: interface))
            }
            return ends
        } catch {
            problems.add(place, error)
            return nil
        }
    }

    // MARK: Connecting

    private mutating func connect(_ written: [WrittenLink]) {
        guard topology.links.count + written.count <= BuiltinTopology.limit else {
            problems.add(written.last?.place, "more than \(BuiltinTopology.limit) links", "choose smaller ranges")
            return
        }
        var taken: [String: NodeInterfaces] = [:]
        for node in topology.nodes {
            var interfaces = NodeInterfaces()
            for interface in node.interfaces { interfaces.take(interface.name, interface.port) }
            if let ports = interfaceSettings[node.name] {
                for (name, settings) in ports { interfaces.reserve(name, settings.port) }
            }
            taken[node.name] = interfaces
        }
        var written = written
        var good = Array(repeating: true, count: written.count)
        // First pass: the outside's nodes, missing nodes, the interfaces with names.
        for place in written.indices {
            let ends = [written[place].a] + (written[place].b.map { [$0] } ?? [])
            for (side, end) in ends.enumerated() {
                if end.node == "host" || end.node == "physical", places[end.node] == nil {
                    places[end.node] = topology.nodes.count
                    topology.nodes.append(.init(name: end.node, kind: end.node == "host" ? .machine : .physical))
                    taken[end.node] = NodeInterfaces()
                }
                guard let nodePlace = places[end.node] else {
                    problems.add(
                        written[place].place, "there is no node “\(end.node)”",
                        nearestHint(end.node, among: topology.nodes.count <= 2000 ? topology.nodes.map(\.name) : []))
                    good[place] = false
                    continue
                }
                let node = topology.nodes[nodePlace]
                guard var name = end.interface else {
                    if node.kind == .machine || node.kind == .physical || node.kind == .bridge && false {
                        problems.add(
                            written[place].place, "the endpoint “\(end.node)” has no interface",
                            "name the machine's interface, \(end.node):NAME")
                        good[place] = false
                    }
                    continue
                }
                // `s1:3` is port 3 of a switch.
                var port: UInt32?
                if node.kind == .switch, let number = UInt32(name) {
                    guard (1...65279).contains(number) else {
                        problems.add(written[place].place, "\(number) is not a port number", "1 to 65279 are")
                        good[place] = false
                        continue
                    }
                    port = number
                    name = naming.name(node: node.name, number: Int(number))
                }
                guard taken[end.node]!.take(name, port) else {
                    let loop = ends.count == 2 && ends[0].node == ends[1].node && ends[0].interface == ends[1].interface
                    problems.add(
                        written[place].place,
                        loop
                            ? "the link goes from \(end.node):\(name) to itself"
                            : "the interface \(end.node):\(name) has two links",
                        loop ? "name two interfaces" : "give each link its own interface")
                    good[place] = false
                    continue
                }
                if side == 0 { written[place].a.interface = name } else { written[place].b?.interface = name }
            }
        }
        // Second pass: names for the rest, ports, and the interfaces themselves in the order of the links.
        for place in written.indices where good[place] {
            let link = written[place]
            let a = add(link.a, link, &taken)
            guard let second = link.b else { continue }
            let b = add(second, link, &taken)
            topology.links.append(.init(a: a, b: b, aToB: link.aToB, bToA: link.bToA, up: link.up, label: link.label))
        }
    }

    private mutating func add(
        _ end: WrittenEndpoint, _ link: WrittenLink, _ taken: inout [String: NodeInterfaces]
    ) -> LabTopology.Endpoint {
        let place = places[end.node]!
        let kind = topology.nodes[place].kind
        let isSwitch = kind == .switch || kind == .bridge
        var name = end.interface ?? ""
        if end.interface == nil {
            name = taken[end.node]!.next(node: end.node, from: isSwitch ? 1 : 0, naming)
        }
        var interface = LabTopology.Interface(name: name, mtu: kind == .switch ? nil : link.mtu)
        if kind == .switch {
            let wanted = interfaceSettings[end.node]?[name]?.port
            interface.port = wanted ?? taken[end.node]!.port(of: name)
        }
        end.settings?.apply(to: &interface)
        topology.nodes[place].interfaces.append(interface)
        return .init(end.node, name)
    }

    /// Applies what nodes say about their interfaces once all interfaces exist.
    mutating func finishInterfaces() {
        for (name, settings) in firstInterfaceSettings {
            guard let place = places[name] else { continue }
            if topology.nodes[place].interfaces.isEmpty {
                problems.add(settings.place, "\(name) has addresses and no interface", "link it to something")
            } else {
                settings.apply(to: &topology.nodes[place].interfaces[0])
            }
        }
        for (name, all) in interfaceSettings {
            guard let place = places[name] else { continue }
            for (interface, settings) in all {
                if let number = topology.nodes[place].interfaces.firstIndex(where: { $0.name == interface }) {
                    settings.apply(to: &topology.nodes[place].interfaces[number])
                } else if interface == "lo", topology.nodes[place].isHost {
                    var loopback = LabTopology.Interface(name: "lo", mac: .zero)
                    settings.apply(to: &loopback)
                    topology.nodes[place].interfaces.append(loopback)
                } else {
                    problems.add(
                        settings.place, "the interface \(name):\(interface) has no link",
                        nearestHint(interface, among: topology.nodes[place].interfaces.map(\.name)))
                }
            }
            var ports: Set<UInt32> = []
            for interface in topology.nodes[place].interfaces {
                if let port = interface.port, !ports.insert(port).inserted {
                    problems.add(nodePlaces[name], "\(name) has port \(port) twice", "give each interface its own port")
                }
            }
        }
        for place in topology.nodes.indices {
            if let number = topology.nodes[place].interfaces.firstIndex(where: { $0.name == "lo" }) {
                topology.nodes[place].interfaces[number].mac = nil
            }
        }
    }
}

/// The names and ports that a node's interfaces have taken.
private struct NodeInterfaces {
    private var names: Set<String> = []
    private var ports: [UInt32: String] = [:]
    private var portOfName: [String: UInt32] = [:]
    private var nextNumber = 0
    private var nextPort: UInt32 = 1

    /// False: the name has a link already.
    @discardableResult
    mutating func take(_ name: String, _ port: UInt32?) -> Bool {
        guard names.insert(name).inserted else { return false }
        reserve(name, port)
        return true
    }

    /// Keeps a port for a name; a name that ends in a number asks for that port.
    mutating func reserve(_ name: String, _ port: UInt32?) {
        guard portOfName[name] == nil else { return }
        let digits = name.utf8.reversed().prefix { 48...57 ~= $0 }.count
        let ending = UInt32(name.suffix(digits))
        guard let number = port ?? ending, number > 0, number < 65280, ports[number] == nil else { return }
        ports[number] = name
        portOfName[name] = number
    }

    mutating func next(node: String, from base: Int, _ naming: InterfaceNaming) -> String {
        nextNumber = max(nextNumber, base)
        while true {
            let name = naming.name(node: node, number: nextNumber)
            let number = UInt32(nextNumber)
            nextNumber += 1
            // A switch's automatic interface carries its port's number.
            if base > 0, ports[number] != nil { continue }
            if take(name, nil) { return name }
        }
    }

    mutating func port(of name: String) -> UInt32 {
        if let port = portOfName[name] { return port }
        while ports[nextPort] != nil { nextPort += 1 }
        ports[nextPort] = name
        portOfName[name] = nextPort
        return nextPort
    }
}
