import Switch
import Wire

/// What a lab file says about an interface before a link makes it.
struct InterfaceSettings {
    var mac: MACAddress?
    var ipv4: [IPv4Prefix] = []
    var ipv6: [IPv6Prefix] = []
    var mtu: Int?
    var vlan: LabTopology.PortVLAN?
    var port: UInt32?
    var place: YAMLValue.Place?

    func apply(to interface: inout LabTopology.Interface) {
        if let mac { interface.mac = mac }
        if !ipv4.isEmpty { interface.ipv4 = ipv4 }
        if !ipv6.isEmpty { interface.ipv6 = ipv6 }
        if let mtu { interface.mtu = mtu }
        if let vlan { interface.vlan = vlan }
        if let port { interface.port = port }
    }
}

extension LabFile {
    /// Settings come from four layers, as in containerlab: defaults, then the kind's, the group's and the node's own.
    /// Single values of a later layer win; env, sysctls and labels are merged by name; exec and routes add up.
    mutating func readNodes(_ fields: Fields) {
        let defaults = fields["defaults"]
        let kinds = children(fields, "kinds")
        let groups = children(fields, "groups")
        for (kind, value) in kinds where NodeKindName(rawValue: kind) == nil {
            problems.note("kinds.\(kind): there is no such kind here")
            _ = value
        }
        let own = entries(fields, "nodes")
        var settled: Set<String> = []
        for entry in own {
            let names: [String]
            do { names = try NameRange.expand(entry.key) } catch {
                problems.add(entry.place, error)
                continue
            }
            guard topology.nodes.count + names.count <= BuiltinTopology.limit else {
                problems.add(entry.place, "more than \(BuiltinTopology.limit) nodes", "choose a smaller range")
                return
            }
            let known = names.first.flatMap { places[$0] }.map { topology.nodes[$0] }
            guard let made = makeNode(entry, known, defaults, kinds, groups) else { continue }
            for name in names {
                do { _ = try NameRule.node(name) } catch {
                    problems.add(entry.place, error)
                    break
                }
                guard settled.insert(name).inserted else {
                    problems.add(
                        entry.place, "the node \(name) is defined twice",
                        "first in line \(nodePlaces[name]?.line ?? 0); keep one")
                    continue
                }
                nodePlaces[name] = entry.place
                var node = made.node
                node.name = name
                if let place = places[name] {
                    // A node of the builtin or GraphML source: it keeps its interfaces, coordinates and identity.
                    let source = topology.nodes[place]
                    node.interfaces = source.interfaces
                    node.coordinates = node.coordinates ?? source.coordinates
                    node.bridge.datapathID = node.bridge.datapathID ?? source.bridge.datapathID
                    if !made.hasKind { node.kind = source.kind }
                    if source.kind != node.kind {
                        problems.add(entry.place, "\(name) is a \(source.kind) of the source topology", "drop its kind")
                    }
                    topology.nodes[place] = node
                } else {
                    places[name] = topology.nodes.count
                    topology.nodes.append(node)
                }
                if !made.interfaces.isEmpty { interfaceSettings[name] = made.interfaces }
                if let first = made.first { firstInterfaceSettings[name] = first }
                if made.leaveAlone { plan.leftAlone.insert(name) }
            }
        }
        // Nodes of the source that have no entry of their own still take the defaults.
        for place in topology.nodes.indices where !settled.contains(topology.nodes[place].name) {
            guard defaults != nil || !kinds.isEmpty else { break }
            let source = topology.nodes[place]
            let kindName = source.kind.rawValue
            var made = MadeNode(node: source)
            for layer in [defaults, kinds[kindName] ?? (source.isHost ? kinds["host"] : nil)] {
                if let layer { apply(Fields(layer, LabFileKeys.node, "defaults", problems), &made) }
            }
            topology.nodes[place] = made.node
        }
    }

    private struct MadeNode {
        var node: LabTopology.Node
        var hasKind = false
        var interfaces: [String: InterfaceSettings] = [:]
        var first: InterfaceSettings?
        var leaveAlone = false
    }

    private mutating func makeNode(
        _ entry: Fields.Entry, _ known: LabTopology.Node?, _ defaults: YAMLValue?, _ kinds: [String: YAMLValue],
        _ groups: [String: YAMLValue]
    ) -> MadeNode? {
        let own = Fields(entry.value, LabFileKeys.node, "the node \(entry.key)", problems)
        var layers: [Fields] = []
        let standard = defaults.map { Fields($0, LabFileKeys.node, "defaults", problems) }
        if let standard { layers.append(standard) }
        var group: Fields?
        if let name = own.text("group") ?? standard?.text("group") {
            if let value = groups[name] {
                group = Fields(value, LabFileKeys.node, "the group \(name)", problems)
            } else if !groups.isEmpty || own["group"] != nil && groups.isEmpty == false {
                problems.add(
                    own["group"]?.place ?? entry.place, "there is no group “\(name)”",
                    nearestHint(name, among: Array(groups.keys).sorted()))
            }
        }
        let kindField = [own, group, standard].compactMap { $0 }.first { $0["kind"] != nil }
        var kindText = kindField?.text("kind") ?? (known.map { $0.kind.rawValue } ?? "process")
        if let known, own["kind"] == nil, group?["kind"] == nil { kindText = known.kind.rawValue }
        let kindPlace = kindField?["kind"]?.place ?? entry.place
        if let value = kinds[kindText] {
            layers.append(Fields(value, LabFileKeys.node, "the kind \(kindText)", problems))
        }
        if let group { layers.append(group) }
        layers.append(own)

        guard let kind = NodeKindName(rawValue: kindText) else {
            let known = NodeKindName.allCases.map(\.rawValue)
            let hint = nearestHint(kindText, among: known)
            problems.add(
                kindPlace, "there is no kind “\(kindText)”",
                hint.hasPrefix("did")
                    ? hint : "\(hint); kinds of network images need containers and VMs, not in this version")
            return nil
        }
        var made = MadeNode(
            node: .init(name: entry.key, kind: .process), hasKind: own["kind"] != nil || group?["kind"] != nil)
        if let image = layers.last(where: { $0["image"] != nil })?["image"], kind != .bridge, kind != .ovsBridge,
            kind != .vm
        {
            problems.add(
                image.place, "the node \(entry.key) needs containers, not in this version",
                "leave image out to run the machine's own programs")
        }
        switch kind {
        case .process, .host, .linux: made.node.kind = .process
        case .router:
            made.node.kind = .process
            made.node.host.forwarding = true
        case .switch: made.node.kind = .switch
        case .ovsBridge:
            made.node.kind = .switch
            problems.note("the node \(entry.key) of kind ovs-bridge is a switch of the lab's own")
        case .bridge: made.node.kind = .bridge
        case .container:
            problems.add(
                kindPlace, "the node \(entry.key) needs containers, not in this version",
                "use kind: process to run the machine's own programs")
        case .vm:
            made.node.kind = .vm
            made.node.machine = LabTopology.MachineSettings()
        }
        for layer in layers { apply(layer, &made) }
        if made.node.isHost, !made.leaveAlone,
            (made.node.host.commands + [made.node.host.startupCommand ?? ""]).contains(where: setsAddresses)
        {
            made.leaveAlone = true
        }
        return made
    }

    /// A host whose own commands set addresses, as in many containerlab files, is not given others.
    private func setsAddresses(_ command: String) -> Bool {
        let words = command.split { $0.isWhitespace || $0 == ";" || $0 == "\"" || $0 == "'" }
        for (place, word) in words.enumerated() {
            if word == "ifconfig" || word.hasSuffix("/ifconfig") || word == "dhclient" || word == "udhcpc" {
                return true
            }
            guard word == "ip" || word.hasSuffix("/ip") else { continue }
            let rest = words[(place + 1)...].drop { $0.hasPrefix("-") }
            if let object = rest.first, object.hasPrefix("a"), "address".hasPrefix(object) || object == "addr" {
                if let verb = rest.dropFirst().first, verb.hasPrefix("a") || verb == "replace" { return true }
            }
        }
        return false
    }

    private func apply(_ fields: Fields, _ made: inout MadeNode) {
        if made.node.kind == .vm {
            applyMachine(fields, &made.node)
        } else {
            applyCores(fields, &made.node.host)
        }
        applyHost(fields, &made.node.host)
        applySwitch(fields, &made.node.bridge)
        for (key, value) in fields.pairs("labels") ?? [] { made.node.labels[key] = value }
        if let value = fields["coordinates"] {
            made.node.coordinates =
                problems.attempt(value) { value throws(ValueError) in
                    let parts = try value.texts("coordinates")
                    guard parts.count == 2 else {
                        throw ValueError("coordinates are two numbers", "write [52.5, 13.4]")
                    }
                    return .init(
                        latitude: try Units.realValue(parts[0], -90...90, "a latitude"),
                        longitude: try Units.realValue(parts[1], -180...180, "a longitude"))
                } ?? made.node.coordinates
        }
        if fields["mac"] != nil || fields["ipv4"] != nil || fields["ipv6"] != nil {
            var first = made.first ?? InterfaceSettings(place: fields.place)
            applyAddresses(fields, &first)
            made.first = first
        }
        applyAddressing(fields, &made)
        for entry in entries(fields, "interfaces") {
            do throws(ValueError) {
                for name in try NameRange.expand(entry.key) {
                    made.interfaces[try NameRule.interface(name)] = interface(entry)
                }
            } catch { problems.add(entry.place, error) }
        }
    }

    private func applyAddressing(_ fields: Fields, _ made: inout MadeNode) {
        enum Addresses: String, CaseIterable {
            case auto, none, cmdline, dhcp
            case cloudInit = "cloud-init"
        }
        guard let choice = fields.oneOf("addresses", Addresses.self) else { return }
        made.leaveAlone = choice == .none
        let way = LabTopology.MachineSettings.Addressing(rawValue: choice.rawValue)
        if made.node.kind == .vm {
            made.node.machine?.addressing = way
        } else if way != nil {
            problems.add(
                fields["addresses"]?.place,
                "“\(choice.rawValue)” gives a virtual machine its addresses, and this is none",
                "write auto or none")
        }
    }

    private func applyCores(_ fields: Fields, _ host: inout LabTopology.HostSettings) {
        fields.read("cpu", into: &host.cpuLimit) { text throws(ValueError) in
            let cores = try Units.realValue(text, 0...4096, "a number of cores")
            guard cores >= 0.001 else {
                throw ValueError("\(text) cores run nothing", "leave cpu out for no limit")
            }
            return cores
        }
    }

    private func applyHost(_ fields: Fields, _ host: inout LabTopology.HostSettings) {
        host.commands += fields.texts("exec") ?? []
        if let cmd = fields.text("cmd") { host.startupCommand = cmd }
        for (key, value) in fields.pairs("env") ?? [] { host.environment[key] = value }
        for (key, value) in fields.pairs("sysctls") ?? [] { host.sysctls[key] = value }
        if let dir = fields.text("dir") { host.workingDirectory = dir }
        fields.read("cpu-shares", into: &host.cpuShares) { text throws(ValueError) in
            UInt64(try Units.countValue(text, 2...262144, "a share"))
        }
        fields.read("cpu-set", into: &host.cpuset) { text throws(ValueError) in
            let good = text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { part in
                let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0.trimmed) }
                guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else {
                    return false
                }
                return first >= 0 && first <= last && last < 8192
            }
            guard good else { throw ValueError("“\(text)” is not a set of processors", "write 0-2,4") }
            return text.filter { !$0.isWhitespace }
        }
        fields.read("memory", into: &host.memory) { text throws(ValueError) in
            let bytes = try Units.sizeValue(text)
            guard bytes >= 1 << 20 else { throw ValueError("\(text) of memory run nothing", "1M is the least") }
            return bytes
        }
        fields.read("pids", into: &host.pids) { text throws(ValueError) in
            UInt64(try Units.countValue(text, 1...4_194_304, "a number of processes"))
        }
        enum PIDNamespace: String, CaseIterable { case shared, `private` }
        if let choice = fields.oneOf("pid-namespace", PIDNamespace.self) { host.privatePIDs = choice == .private }
        if let forwarding = fields.flag("forwarding") { host.forwarding = forwarding }
        if let nat = fields.flag("nat") {
            host.nat = nat
            if nat { host.forwarding = true }
        }
        if let routes = fields["routes"] {
            guard case .list(let items) = routes.content else {
                problems.add(routes.place, "routes is \(routes.kindName)", "write a list")
                return
            }
            for item in items {
                if let route = route(item) { host.routes.append(route) }
            }
        }
    }

    private func applySwitch(_ fields: Fields, _ bridge: inout LabTopology.SwitchSettings) {
        if let mode = fields.parse(
            "stp",
            { text throws(ValueError) -> LabTopology.SpanningTree in
                switch text {
                case "auto": return .auto
                case "on", "true", "yes": return .on
                case "off", "false", "no": return .off
                default: throw ValueError("“\(text)” is not possible for stp", "write auto, on or off")
                }
            })
        {
            bridge.spanningTree = mode
        }
        if let priority = fields.parse(
            "stp-priority",
            { text throws(ValueError) in
                let value = try Units.countValue(text, 0...61440, "a bridge priority")
                guard value % 4096 == 0 else {
                    throw ValueError("\(value) is not a multiple of 4096", "write \(value / 4096 * 4096)")
                }
                return value
            })
        {
            bridge.stpPriority = UInt16(priority)
        }
        if let mode = fields.oneOf("fail-mode", LabTopology.FailMode.self) { bridge.failMode = mode }
        if let controllers = fields.parse(
            "controller", { text throws(ValueError) in try LabTopology.Controller.list(text) })
        {
            bridge.controllers = controllers
        }
        fields.read("dpid", into: &bridge.datapathID) { text throws(ValueError) in
            let digits = (text.hasPrefix("0x") ? String(text.dropFirst(2)) : text).filter { $0 != ":" }
            guard let value = UInt64(digits, radix: 16), value > 0 else {
                throw ValueError(
                    "“\(text)” is not a datapath identifier", "write up to 16 hexadecimal digits, not 0")
            }
            return value
        }
        if let ageing = fields.parse("ageing", { text throws(ValueError) in try Units.timeValue(text) }) {
            bridge.ageing = ageing
        }
    }

    private func route(_ value: YAMLValue) -> LabTopology.Route? {
        problems.attempt(value) { value throws(ValueError) in
            var route = LabTopology.Route(destination: "")
            if case .text(let text) = value.content {
                var words = text.split(whereSeparator: \.isWhitespace).map(String.init)
                guard !words.isEmpty else { throw ValueError("the route is empty", "write default via 10.0.0.1") }
                route.destination = words.removeFirst()
                while words.count >= 2 {
                    switch words[0] {
                    case "via": route.via = words[1]
                    case "dev": route.interface = words[1]
                    case "metric":
                        route.metric = UInt32(try Units.countValue(words[1], 0...Int(UInt32.max), "a metric"))
                    default: throw ValueError("a route has no “\(words[0])”", "it has via, dev and metric")
                    }
                    words.removeFirst(2)
                }
                if let word = words.first { throw ValueError("“\(word)” lacks its value", "write \(word) VALUE") }
            } else {
                let fields = Fields(value, LabFileKeys.route, "a route", problems)
                route.destination = fields.text("to") ?? ""
                route.via = fields.text("via")
                route.interface = fields.text("interface")
                if let text = fields.text("metric") {
                    route.metric = UInt32(try Units.countValue(text, 0...Int(UInt32.max), "a metric"))
                }
            }
            return try checked(route)
        }
    }

    private func checked(_ route: LabTopology.Route) throws(ValueError) -> LabTopology.Route {
        var route = route
        func isAddress(_ text: String) -> Bool {
            IPv4Address(text) != nil || IPv6Address(text) != nil
        }
        if route.destination != "default" {
            if let prefix = IPv4Prefix(prefixOrAddress: route.destination) {
                guard prefix == prefix.masked else {
                    throw ValueError("\(prefix) has bits beyond its prefix", "write \(prefix.masked)")
                }
                route.destination = prefix.description
            } else if let prefix = IPv6Prefix(prefixOrAddress: route.destination) {
                guard prefix == prefix.masked else {
                    throw ValueError("\(prefix) has bits beyond its prefix", "write \(prefix.masked)")
                }
                route.destination = prefix.description
            } else {
                throw ValueError(
                    "“\(route.destination)” is not a destination", "write a prefix such as 10.2.0.0/16, or default")
            }
        }
        if let via = route.via {
            guard isAddress(via) else {
                throw ValueError("the gateway “\(via)” is not an address", "write via 10.0.0.1")
            }
            if route.destination != "default", via.contains(":") != route.destination.contains(":") {
                throw ValueError("gateway and destination are of different IP versions", "use one version")
            }
        }
        guard route.via != nil || route.interface != nil else {
            throw ValueError("the route to \(route.destination) has neither gateway nor interface", "write via ADDRESS")
        }
        if let interface = route.interface { _ = try NameRule.interface(interface) }
        return route
    }

    func applyAddresses(_ fields: Fields, _ settings: inout InterfaceSettings) {
        fields.read("mac", into: &settings.mac) { text throws(ValueError) in
            guard let mac = MACAddress(text) else {
                throw ValueError("“\(text)” is not an Ethernet address", "write 02:00:00:00:00:01, in quotes")
            }
            guard !mac.isMulticast, mac != .zero else {
                throw ValueError(
                    "\(text) is not the address of one interface", "let the first byte be even, 02 for example")
            }
            return mac
        }
        if let prefixes: [IPv4Prefix] = prefixes(fields, "ipv4", "IPv4", "10.0.0.1/24") { settings.ipv4 = prefixes }
        if let prefixes: [IPv6Prefix] = prefixes(fields, "ipv6", "IPv6", "fd00::1/64") { settings.ipv6 = prefixes }
    }

    /// One address with prefix length or several; nil where the key is not there, none where one is wrong.
    private func prefixes<Prefix: LosslessStringConvertible>(
        _ fields: Fields, _ key: String, _ family: String, _ example: String
    ) -> [Prefix]? {
        guard let value = fields[key] else { return nil }
        return problems.attempt(value) { value throws(ValueError) in
            var all: [Prefix] = []
            for text in try value.texts(key) {
                guard let prefix = Prefix(text) else {
                    throw ValueError("“\(text)” is not an \(family) address with prefix length", "write \(example)")
                }
                all.append(prefix)
            }
            return all
        } ?? []
    }

    private func interface(_ entry: Fields.Entry) -> InterfaceSettings {
        let fields = Fields(entry.value, LabFileKeys.interface, "the interface \(entry.key)", problems)
        var settings = InterfaceSettings(place: entry.place)
        applyAddresses(fields, &settings)
        settings.mtu = fields.parse("mtu") { text throws(ValueError) in
            try Units.countValue(text, 68...65535, "an MTU in bytes")
        }
        settings.port = fields.parse("port") { text throws(ValueError) in
            UInt32(try Units.countValue(text, 1...65279, "a port number"))
        }
        if let value = fields["vlan"] {
            settings.vlan = problems.attempt(value) { value throws(ValueError) in
                func vlan(_ text: String) throws(ValueError) -> UInt16 {
                    UInt16(try Units.countValue(text, 1...4094, "a VLAN"))
                }
                if case .text(let text) = value.content { return .access(try vlan(text)) }
                let parts = Fields(value, LabFileKeys.vlan, "vlan", problems)
                if let access = parts.text("access") {
                    guard parts["trunk"] == nil, parts["native"] == nil else {
                        throw ValueError("a port is either access or trunk", "keep one")
                    }
                    return .access(try vlan(access))
                }
                var trunk: [UInt16] = []
                for text in parts.texts("trunk") ?? [] { trunk.append(try vlan(text)) }
                return .trunk(trunk, native: try parts.text("native").map { text throws(ValueError) in try vlan(text) })
            }
        }
        return settings
    }

    /// The entries of a map of maps.
    private func entries(_ fields: Fields, _ key: String) -> [Fields.Entry] {
        guard let value = fields[key] else { return [] }
        guard case .map(let entries) = value.content else {
            problems.add(value.place, "\(key) is \(value.kindName)", "write a map of names")
            return []
        }
        return entries
    }

    private func children(_ fields: Fields, _ key: String) -> [String: YAMLValue] {
        Dictionary(entries(fields, key).map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    }
}
