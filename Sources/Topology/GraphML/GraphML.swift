import Foundation
import Switch

#if canImport(FoundationXML)
    import FoundationXML
#endif

// GraphML as the Internet Topology Zoo writes it: <key> elements declare that d32 is a node's "Latitude"; nodes and
// edges carry <data key="d32">. Nodes without coordinates get links without delay to them, and a note says so.

/// Wide-area networks from GraphML files.
public enum GraphML {
    public enum City: String, Codable, Sendable, CaseIterable {
        /// A switch sN with one host hN: one large Ethernet.
        case `switch`
        /// A router that is a host itself; links between routers get subnets of their own.
        case router
    }

    public struct Options: Sendable {
        public var city = City.switch
        /// Bits per second; no link is faster.
        public var maximumRate: UInt64?
        /// Bits per second, for links whose file gives no LinkSpeedRaw.
        public var defaultRate: UInt64?
        public var naming = InterfaceNaming.plain
        public init(
            city: City = .switch, maximumRate: UInt64? = nil, defaultRate: UInt64? = nil,
            naming: InterfaceNaming = .plain
        ) {
            self.city = city
            self.maximumRate = maximumRate
            self.defaultRate = defaultRate
            self.naming = naming
        }
    }

    /// The topology of a file's text; node names are the cities' in lower case (`new-york`), their hosts' `h-new-york`.
    public static func topology(
        _ text: String, file: String = "graph", options: Options = Options()
    ) throws(TopologyError) -> LabTopology {
        let graph = try Reader.read(text, file: file)
        let name = graph.name.map(slug).flatMap { $0.isEmpty ? nil : $0 } ?? "graph"
        var build = TopologyBuilder(name: name, naming: options.naming)
        var names: [String: String] = [:]
        var coordinates: [String: LabTopology.Coordinates] = [:]
        var taken: Set<String> = []
        var notes: [String] = []
        for (number, node) in graph.nodes.enumerated() {
            guard names[node.id] == nil else {
                throw TopologyError([
                    .init(file: file, what: "the node \(node.id) stands here twice", remedy: "keep one")
                ])
            }
            var city = slug(node.data["label"] ?? node.id)
            if city.isEmpty || NameRule.reserved.contains(city) { city = "node\(number + 1)" }
            if !taken.insert(city).inserted {
                var copy = 2
                while !taken.insert("\(city)-\(copy)").inserted { copy += 1 }
                city += "-\(copy)"
            }
            names[node.id] = city
            var made = LabTopology.Node(name: city, kind: options.city == .switch ? .switch : .process)
            if let latitude = node.data["Latitude"].flatMap(Double.init), (-90...90).contains(latitude),
                let longitude = node.data["Longitude"].flatMap(Double.init), (-180...180).contains(longitude)
            {
                made.coordinates = .init(latitude: latitude, longitude: longitude)
                coordinates[node.id] = made.coordinates
            } else {
                notes.append("\(city) has no coordinates: its links have no delay")
            }
            if let label = node.data["label"] { made.labels["city"] = label }
            if let country = node.data["Country"] { made.labels["country"] = country }
            if node.data["Internal"] == "0" { made.labels["internal"] = "false" }
            if options.city == .router { made.host.forwarding = true }
            made.bridge.datapathID = UInt64(number + 1)
            build.add(made)
        }
        if options.city == .switch {
            for node in graph.nodes {
                let city = names[node.id]!
                var host = LabTopology.Node(name: "h-\(city)", kind: .process)
                host.coordinates = coordinates[node.id]
                build.add(host)
                build.link("h-\(city)", city)
            }
        }
        for edge in graph.edges {
            guard let a = names[edge.source], let b = names[edge.target] else {
                throw TopologyError([
                    .init(
                        file: file,
                        what: "an edge goes from \(edge.source) to \(edge.target), and one of them is no node",
                        remedy: "add the node")
                ])
            }
            // A loop at one node carries nothing between nodes.
            guard a != b else { continue }
            var profile = LinkProfile()
            if let from = coordinates[edge.source], let to = coordinates[edge.target] {
                profile.delay = GreatCircle.delay(from, to)
            }
            profile.rate = options.defaultRate
            if let raw = edge.data["LinkSpeedRaw"].flatMap(Double.init), raw >= 1, raw <= 1e15 {
                profile.rate = UInt64(raw)
            }
            if let cap = options.maximumRate { profile.rate = min(profile.rate ?? cap, cap) }
            build.link(a, b, profile: profile, label: edge.data["LinkLabel"])
        }
        var topology = build.topology
        topology.nodes = topology.nodes.filter { $0.isHost } + topology.nodes.filter { !$0.isHost }
        topology.notes = notes
        guard !topology.nodes.isEmpty else {
            throw TopologyError([.init(file: file, what: "the graph has no nodes", remedy: "is it GraphML?")])
        }
        return topology
    }

    /// A city's name as a host name: `São Paulo` is `sao-paulo`.
    static func slug(_ label: String) -> String {
        let plain = label.folding(options: [.diacriticInsensitive, .caseInsensitive], locale: Locale(identifier: "en"))
        var name = ""
        for character in plain.lowercased() {
            if character.isASCII && (character.isLetter || character.isNumber) {
                name.append(character)
            } else if !name.isEmpty && !name.hasSuffix("-") {
                name.append("-")
            }
        }
        while name.hasSuffix("-") { name.removeLast() }
        return String(name.prefix(40))
    }
}

/// Collects nodes, edges and their data.
private final class Reader: NSObject, XMLParserDelegate {
    struct Item {
        var id = ""
        var source = ""
        var target = ""
        var data: [String: String] = [:]
    }

    var name: String?
    var nodes: [Item] = []
    var edges: [Item] = []
    private var keys: [String: String] = [:]
    private var current: Item?
    private var currentKey: String?
    private var text = ""
    private var sawRoot = false
    private var depth = 0

    static func read(_ text: String, file: String) throws(TopologyError) -> Reader {
        guard text.utf8.count <= 64 << 20 else {
            throw TopologyError([.init(file: file, what: "the file is larger than 64 MiB", remedy: "is it GraphML?")])
        }
        // Entities multiply like YAML's aliases, and GraphML has no use for them.
        guard text.range(of: "<!ENTITY", options: .caseInsensitive) == nil else {
            throw TopologyError([.init(file: file, what: "the file defines entities", remedy: "write the text itself")])
        }
        let reader = Reader()
        let parser = XMLParser(data: Data(text.utf8))
        parser.shouldResolveExternalEntities = false
        parser.delegate = reader
        // A file that ends too early parses without an error; its elements are left open.
        guard parser.parse(), reader.sawRoot, reader.depth == 0 else {
            throw TopologyError([
                .init(
                    file: file, line: parser.lineNumber > 0 ? parser.lineNumber : nil, what: "this is not GraphML",
                    remedy: reader.sawRoot ? "the XML is not well formed here" : "it starts with <graphml>")
            ])
        }
        return reader
    }

    func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        depth += 1
        text = ""
        if depth > 100 { parser.abortParsing() }
        switch element {
        case "graphml": sawRoot = true
        case "key": if let id = attributes["id"], let name = attributes["attr.name"] { keys[id] = name }
        case "node": current = Item(id: attributes["id"] ?? "")
        case "edge": current = Item(source: attributes["source"] ?? "", target: attributes["target"] ?? "")
        case "data": currentKey = attributes["key"]
        default: break
        }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(
        _ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?
    ) {
        depth -= 1
        switch element {
        case "data":
            if let key = currentKey {
                let value = text.trimmed
                let field = keys[key] ?? key
                if current != nil { current?.data[field] = value } else if field == "Network" { name = value }
            }
            currentKey = nil
        case "node":
            if let item = current { nodes.append(item) }
            current = nil
        case "edge":
            if let item = current { edges.append(item) }
            current = nil
        default: break
        }
    }
}
