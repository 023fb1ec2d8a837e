import ArgumentParser
import Lab
import Switch
import Topology

struct InspectVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show a lab's or a node's details.",
        discussion: """
            With --fidelity: what each direction of each link was asked for, what was
            measured, and whether the experiment can be trusted.
              rookery inspect
              rookery inspect s1
              rookery inspect --fidelity
            """)

    @Argument(help: "A lab or a node, or a lab and a node.")
    var names: [String] = []

    @Option(name: [.customShort("n"), .customLong("lab")], help: "The lab; may be left out where one runs.")
    var lab: String?

    @Flag(help: "Asked against measured, for each direction of each link.")
    var fidelity = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if names.count > (lab == nil ? 2 : 1) { throw ValidationError("inspect takes a lab and a node, no more") }
    }

    func run() throws {
        let (lab, node) = try targets()
        let client = try LabClient(lab: lab)
        if fidelity { return try showFidelity(client, node) }
        let status = try client.status()
        guard let node else {
            if json { return try Standard.output.writeJSON(status) }
            return try show(client, status)
        }
        guard let found = status.nodes.first(where: { $0.name == node }) else {
            throw CommandError("the lab \(lab) has no node \(node)", remedy: "rookery ps lists its nodes")
        }
        if found.kind == LabTopology.Kind.switch.rawValue {
            let report = try client.switchReport(node)
            if json { return try Standard.output.writeJSON(report) }
            LabTables.write(report)
        } else {
            if json { return try Standard.output.writeJSON(found) }
            Standard.output.write(
                "\(found.name): \(found.kind), \(found.state), \(found.processes) "
                    + "process\(found.processes == 1 ? "" : "es")\n\n")
            LabTables.write(found.interfaces)
        }
    }

    /// One name may be a lab's or, with one lab running, a node's.
    private func targets() throws -> (lab: String, node: String?) {
        if let lab { return (lab, names.first) }
        if names.count == 2 { return (names[0], names[1]) }
        guard let name = names.first else { return (try RunningLabs.only(), nil) }
        if RunningLabs.names.contains(name) { return (name, nil) }
        return (try RunningLabs.only(), name)
    }

    private func show(_ client: LabClient, _ status: LabStatus) throws {
        let topology = try client.topology()
        Standard.output.write(
            """
            \(Style.bold(status.name))  supervisor \(status.pid), \(Readable.size(status.memory)) of memory, \
            packets by \(status.mechanism)\(status.rootless ? ", rootless" : "")
            run directory \(status.directory)


            """)
        LabTables.write(status)
        var table = Table([.init("LINK", rigid: true), .init("UP"), .init("THERE"), .init("BACK")])
        for link in topology.links {
            table.add(
                "\(link.a) - \(link.b)", link.up ? "yes" : "no", describe(link.aToB),
                link.bToA == link.aToB ? "the same" : describe(link.bToA))
        }
        Standard.output.write("\n")
        if !table.isEmpty { table.write() }
        let controllers = try ShowControllers.entries(client)
        if !controllers.isEmpty {
            Standard.output.write("\n")
            ShowControllers.table(controllers).write()
        }
        let path = status.datapath
        Standard.output.write(
            """

            Data path: \(Readable.count(path.exactMatchHits)) exact-match hits, \
            \(Readable.count(path.megaflowHits)) megaflow hits, \(Readable.count(path.misses)) misses, \
            \(path.megaflows) megaflows

            """)
        let drops = path.drops.filter { $0.value > 0 }.sorted { $0.value > $1.value }
        if !drops.isEmpty {
            Standard.output.write(
                "Drops: " + drops.map { "\($0.key) \(Readable.count($0.value))" }.joined(separator: ", ") + "\n")
        }
    }

    private func showFidelity(_ client: LabClient, _ node: String?) throws {
        var reports = try client.fidelity()
        if let node { reports = reports.filter { $0.from.hasPrefix(node + ":") || $0.to.hasPrefix(node + ":") } }
        if json { return try Standard.output.writeJSON(reports) }
        Standard.output.write(Self.text(reports))
    }

    /// What the links promised and did, and the verdict on all of them.
    static func text(_ reports: [LinkReport]) -> String {
        var text = ""
        var worst = LinkFidelity.Verdict.notExercised
        var exercised = 0
        var promising = 0
        // Directions on which at least one packet in a thousand was more than a millisecond late.
        var late = 0
        for report in reports where !report.profile.isIdeal {
            promising += 1
            text += "\(report.from) -> \(report.to)  \(describe(report.profile))\(report.isUp ? "" : "  (down)")\n"
            guard let fidelity = report.fidelity else {
                text += "    no traffic yet\n"
                continue
            }
            if fidelity.verdict > .notExercised { exercised += 1 }
            worst = max(worst, fidelity.verdict)
            if fidelity.muchTooLate >= 0.001 { late += 1 }
            for line in fidelity.summary.split(separator: "\n") { text += "    \(line)\n" }
            if let drops = report.statistics?.dropped, drops > 0 { text += "    \(drops) packets dropped in all\n" }
        }
        if promising == 0 { return "All links are ideal wires: there is no promise to keep.\n" }
        text += "\nVerdict: "
        switch worst {
        case .notExercised: text += "too little traffic to tell.\n"
        case .kept:
            text += "all promises kept (\(exercised) of \(promising) link directions exercised)"
            text += late == 0 ? ".\n" : ",\nthough on \(late) of them the machine was too slow for some packets.\n"
        case .degraded:
            text += "mostly kept: look at the directions above before trusting results that hang on them.\n"
        case .broken:
            text += "NOT kept: the machine was too slow, or the traffic not what the links were given.\n"
        }
        return text
    }
}
