import ArgumentParser
import Lab
import Linux
import Switch
import Topology

struct GraphVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph", abstract: "Draw a running lab, or a lab file.",
        usage: "rookery graph [-n <lab> | <file> | --topo <topo>] [--svg <file> | --dot]",
        discussion: """
            Without an option: a list of what is connected to what.
              rookery graph --svg lab.svg
              rookery graph lab.yml --dot | dot -Tpdf -o lab.pdf
              rookery graph --topo tree,2,3 --svg -
            """)

    @OptionGroup var lab: LabOption
    @OptionGroup var source: TopologySource
    @Option(help: ArgumentHelp("Write SVG; - for standard output.", valueName: "file")) var svg: String?
    @Flag(help: "With --svg of a running lab: measure round trips and write them beside the links.") var measure = false
    @Flag(help: "Print Graphviz's dot language.") var dot = false
    @Flag(help: "Print a list of links (the default).") var text = false
    @Flag(help: "Print the topology as JSON.") var json = false

    func validate() throws {
        if [svg != nil, dot, text, json].filter({ $0 }).count > 1 {
            throw ValidationError("choose one of --svg, --dot, --text and --json")
        }
    }

    func run() throws {
        let isFile = source.file != nil || source.builtin != nil || source.graphML != nil
        if isFile, lab.lab != nil { throw CommandError.usage("graph draws a running lab or a file, not both") }
        let topology = try isFile ? source.load() : lab.connect().topology()
        if json { return try Standard.output.writeJSON(topology) }
        if let svg {
            var annotations = Self.annotations(topology)
            if measure, !isFile {
                try LinkMeasurement(client: lab.connect(), topology: topology).annotate(&annotations)
            }
            let drawing = topology.svg(annotations)
            if svg == "-" { return Standard.output.write(drawing) }
            do { try File.writeAtomically(svg, drawing) } catch {
                throw CommandError("\(error)")
            }
            return Standard.error.write("\(svg): \(topology.nodes.count) nodes, \(topology.links.count) links\n")
        }
        Standard.output.write(dot ? topology.dot() : topology.adjacency())
    }

    /// What links do to packets, beside them, and which are down.
    private static func annotations(_ topology: LabTopology) -> DrawingAnnotations {
        var annotations = DrawingAnnotations(title: topology.name)
        for (index, link) in topology.links.enumerated() {
            if !link.aToB.isIdeal { annotations.links[index] = describe(link.aToB) }
            if !link.up { annotations.down.insert(index) }
        }
        return annotations
    }
}
