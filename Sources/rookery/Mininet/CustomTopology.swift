import FoundationEssentials
import Glibc
import Linux
import Switch
import Topology
import Wire

// `--custom FILE`: Mininet's custom topologies are Python. A Python process runs the file against a small `mininet`
// package of our own (PythonSource.swift), which only writes down what is added, and prints it as JSON.

/// What `--custom` files contain.
struct CustomTopology: Decodable {
    /// The topology that `--topo` names, if one of the files has it.
    var topology: Description?
    /// Names of tests that the files add to `--test`.
    var tests: [String]
    /// What was found and has no effect, for the user.
    var notes: [String]

    struct Description: Decodable {
        var nodes: [Node]
        var links: [Link]
    }

    struct Node: Decodable {
        var name: String
        var isSwitch: Bool
        var ip: String?
        var mac: String?
        var defaultRoute: String?
        var cpu: Double?
        var cores: String?
        var dpid: String?
        var failMode: String?
        var stp: Bool?
    }

    struct Link: Decodable {
        var node1: String
        var node2: String
        var port1: UInt32
        var port2: UInt32
        var name1: String?
        var name2: String?
        var mac1: String?
        var mac2: String?
        /// The link's class shapes traffic; nil: what `--link` says.
        var isShaped: Bool?
        /// Parameters of each end's interface.
        var parameters1: [String: String]
        var parameters2: [String: String]
    }

    /// Runs the files.
    static func load(files: [String], topology: String) throws -> CustomTopology {
        let paths = files.flatMap { name in
            access(name, R_OK) == 0 ? [name] : name.split(separator: ",").map(String.init)
        }
        for path in paths where access(path, R_OK) != 0 {
            throw CommandError("could not find custom file: \(path)", remedy: "give the path of a Python file")
        }
        let result = try PythonProgram.run(PythonSource.describe, arguments: [topology] + paths)
        guard result.status == 0 else {
            throw CommandError(
                "the custom file \(paths.joined(separator: ", ")) failed:\n\(result.errors)", remedy: "mend it")
        }
        do {
            return try JSONDecoder().decode(CustomTopology.self, from: Data(result.output))
        } catch {
            throw CommandError("the custom file \(paths.joined(separator: ", ")) describes no network: \(error)")
        }
    }
}

extension CustomTopology.Description {
    func labTopology(name: String, link: LinkClass) throws -> LabTopology {
        var topology = LabTopology(name: name)
        var places: [String: Int] = [:]
        let sorted =
            nodes.filter { !$0.isSwitch }.sorted { isNaturallyBefore($0.name, $1.name) }
            + nodes.filter(\.isSwitch).sorted { isNaturallyBefore($0.name, $1.name) }
        for node in sorted {
            places[node.name] = topology.nodes.count
            topology.nodes.append(try node.labNode())
        }
        for described in links {
            guard let first = places[described.node1], let second = places[described.node2] else {
                throw CommandError(
                    "a link joins \(described.node1) and \(described.node2), and one of them was not added")
            }
            func end(_ place: Int, _ port: UInt32, _ wanted: String?, _ mac: String?) throws -> LabTopology.Endpoint {
                let node = topology.nodes[place]
                var interface = LabTopology.Interface(name: wanted ?? "\(node.name)-eth\(port)")
                if node.kind == .switch { interface.port = port }
                if let mac {
                    guard let address = MACAddress(mac) else {
                        throw CommandError("\(node.name): “\(mac)” is no Ethernet address")
                    }
                    interface.mac = address
                }
                if node.kind == .process, node.interfaces.isEmpty { interface.ipv4 = nodes.address(of: node.name) }
                topology.nodes[place].interfaces.append(interface)
                return .init(node.name, interface.name)
            }
            let a = try end(first, described.port1, described.name1, described.mac1)
            let b = try end(second, described.port2, described.name2, described.mac2)
            var made = LabTopology.Link(a: a, b: b)
            if described.isShaped ?? link.isShaped {
                try link.apply(link.parameters.merging(described.parameters1) { $1 }, to: &made.aToB)
                try link.apply(link.parameters.merging(described.parameters2) { $1 }, to: &made.bToA)
            }
            topology.links.append(made)
        }
        for node in nodes {
            guard let mac = node.mac, let place = places[node.name], !topology.nodes[place].interfaces.isEmpty else {
                continue
            }
            guard let address = MACAddress(mac) else {
                throw CommandError("\(node.name): mac='\(mac)' is no Ethernet address", remedy: "00:00:00:00:00:01")
            }
            topology.nodes[place].interfaces[0].mac = address
        }
        for index in topology.nodes.indices {
            // Ports in order of their numbers, as Mininet lists them.
            topology.nodes[index].interfaces.sort { ($0.port ?? 0) < ($1.port ?? 0) }
        }
        return topology
    }
}

extension [CustomTopology.Node] {
    /// The address that a host asks for with ip=…
    fileprivate func address(of name: String) -> [IPv4Prefix] {
        guard let text = first(where: { $0.name == name })?.ip else { return [] }
        return IPv4Prefix(mininet: text).map { [$0] } ?? []
    }
}

extension CustomTopology.Node {
    fileprivate func labNode() throws -> LabTopology.Node {
        var node = LabTopology.Node(name: name, kind: isSwitch ? .switch : .process)
        if let ip, IPv4Prefix(mininet: ip) == nil {
            throw CommandError("\(name): ip='\(ip)' is no address", remedy: "write one such as 10.0.0.1/8")
        }
        if isSwitch {
            if let dpid { node.bridge.datapathID = UInt64(dpid, radix: 16) }
            if failMode == "secure" { node.bridge.failMode = .secure }
            if let stp { node.bridge.spanningTree = stp ? .on : .auto }
        } else {
            if let cpu, cpu > 0 { node.host.cpuLimit = cpu * Double(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
            node.host.cpuset = cores
            if let route = defaultRoute {
                // What follows `ip route add default`.
                let words = route.split(separator: " ").map(String.init)
                var made = LabTopology.Route(destination: "default")
                for (word, value) in zip(words, words.dropFirst()) {
                    if word == "via" { made.via = value }
                    if word == "dev" { made.interface = value }
                }
                if words.count == 1 { made.via = words[0] }
                node.host.routes.append(made)
            }
        }
        return node
    }
}

/// Python, run to its end.
enum PythonProgram {
    static func run(_ source: String, arguments: [String]) throws -> (status: Int32, output: [UInt8], errors: String) {
        let output = try Pipe()
        let errors = try UnnamedFile.make()
        // What the file prints is for the user; the description goes to a descriptor of its own.
        var spawn = Spawn("python3", ["python3", "-c", source] + arguments)
        spawn.descriptors = [(output.writeEnd.rawValue, 3), (2, 1), (errors.rawValue, 2)]
        let child: ChildProcess
        do throws(SpawnError) { child = try spawn.start() } catch {
            throw CommandError("--custom files are Python: \(error)", remedy: "apt install python3")
        }
        let ends = output.split { (readEnd, writeEnd) in (read: readEnd.release(), write: writeEnd.release()) }
        close(ends.write)
        let bytes = try FileDescriptor(owning: ends.read).readAll()
        let status = try child.wait().shellStatus
        lseek(errors.rawValue, 0, SEEK_SET)
        return (status, bytes, String(decoding: try errors.readAll(), as: UTF8.self))
    }
}
