import ArgumentParser
import Lab
import Switch
import Topology

struct PathVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "path", abstract: "The way between two nodes, and the round trip that its links promise.",
        discussion: """
            The way goes by the links that forward now: after a link has failed or the
            spanning tree has changed, it shows the new one.
              rookery path h1 h2
            """)

    @OptionGroup var lab: LabOption
    @Argument(help: "Where it starts.") var source: String
    @Argument(help: "Where it ends.") var destination: String
    @Flag(help: "Print JSON.") var json = false

    private struct Answer: Codable {
        var nodes: [String]
        /// Nanoseconds.
        var roundTrip: UInt64
    }

    func run() throws {
        let client = try lab.connect()
        let topology = try client.topology()
        for name in [source, destination] where topology.nodeIndex()[name] == nil {
            throw CommandError("no node '\(name)' in the lab", remedy: "rookery ps lists the nodes")
        }
        let graph = RoundTripGraph(topology, active: try client.activeLinks(of: topology))
        guard let links = graph.path(from: source, to: destination) else {
            throw CommandError("no way from \(source) to \(destination)", remedy: "rookery link show lists the links")
        }
        var nodes = [source]
        for index in links {
            let link = topology.links[index]
            nodes.append(link.a.node == nodes.last ? link.b.node : link.a.node)
        }
        let roundTrip = links.reduce(0) { $0 + topology.links[$1].aToB.delay + topology.links[$1].bToA.delay }
        if json { return try Standard.output.writeJSON(Answer(nodes: nodes, roundTrip: roundTrip)) }
        Standard.output.write("\(nodes.joined(separator: " → "))\n")
        Standard.output.write("\(links.count) links, round trip \(Readable.time(roundTrip)) by their delays\n")
    }
}
