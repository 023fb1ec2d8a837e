import ArgumentParser
import Topology

struct TopoVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topo", abstract: "List the built-in topologies.", subcommands: [List.self],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "The built-in topologies and their parameters.",
            discussion: "Parameters stand in order or by name: tree,2,3 or tree,depth=2,fanout=3.")

        @Flag(help: "Print JSON.") var json = false

        struct Shape: Encodable {
            var name: String
            var usage: String
            var description: String
            var parameters: [String: Int]
        }

        func run() throws {
            let shapes = BuiltinTopology.Shape.allCases.map { shape in
                Shape(
                    name: shape.rawValue, usage: BuiltinTopology.usage(shape), description: Self.description(of: shape),
                    parameters: Dictionary(
                        uniqueKeysWithValues: BuiltinTopology.parameters(of: shape).map { ($0.name, $0.standard) }))
            }
            if json { return try Standard.output.writeJSON(shapes) }
            var table = Table([.init("TOPOLOGY", rigid: true), .init("DEFAULTS"), .init("WHAT IT IS")])
            for (shape, row) in zip(BuiltinTopology.Shape.allCases, shapes) {
                let standards = BuiltinTopology.parameters(of: shape).map { "\($0.standard)" }
                table.add(row.usage, standards.isEmpty ? "-" : standards.joined(separator: ","), row.description)
            }
            table.write()
        }

        static func description(of shape: BuiltinTopology.Shape) -> String {
            switch shape {
            case .minimal: "one switch, two hosts"
            case .single: "one switch, k hosts"
            case .reversed: "single with ports reversed"
            case .linear: "k switches in a row"
            case .tree: "hosts under a tree"
            case .torus: "x by y, edges joined"
            case .mesh: "each switch to each"
            case .ring: "switches in a circle"
            case .star: "switches around one"
            case .leafspine: "two-stage Clos fabric"
            case .fattree: "three-stage fat tree"
            case .random: "m random links, seeded"
            }
        }
    }
}
