import ArgumentParser
import Glibc
import Lab

struct PsVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List the running labs, or a lab's nodes.",
        discussion: "With one lab running, or with -n, also its nodes; with -a those of all labs.")

    @OptionGroup var lab: LabOption

    @Flag(name: [.customShort("a"), .long], help: "The nodes of all labs, and labs whose supervisor died.")
    var all = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let entries = LabLauncher.list().filter { lab.lab == nil || $0.name == lab.lab }
        if let name = lab.lab, entries.isEmpty { _ = try LabClient(lab: name) }
        var labs: [LabStatus] = []
        var dead: [String] = []
        for entry in entries {
            if entry.isAlive, let status = try? LabClient(lab: entry.name).status() {
                labs.append(status)
            } else {
                dead.append(entry.name)
            }
        }
        if json { return try Standard.output.writeJSON(labs) }
        var table = Table([
            .init("LAB", rigid: true), .init("STATE"), .init("NODES", .right), .init("UP", .right),
            .init("MEMORY", .right), .init("PID", .right), .init("PACKETS BY"),
        ])
        let now = Double(time(nil))
        for status in labs {
            table.add([
                .init(text: status.name, style: .bold), .init(text: "running", style: .green),
                .init(text: "\(status.nodes.count)", style: .plain),
                .init(text: Readable.age(now - status.started), style: .plain),
                .init(text: Readable.size(status.memory), style: .plain), .init(text: "\(status.pid)", style: .plain),
                .init(text: status.mechanism + (status.rootless ? ", rootless" : ""), style: .plain),
            ])
        }
        for name in dead {
            let cells = [name, "dead", "", "", "", "", "rookery down \(name) cleans up"]
            table.add(cells.map { .init(text: $0, style: $0 == "dead" ? .red : .plain) })
        }
        if table.isEmpty {
            Standard.error.write("No lab is running; rookery up starts one.\n")
            return
        }
        table.write()
        guard all || labs.count == 1 else { return }
        for status in labs {
            Standard.output.write(labs.count > 1 ? "\n\(status.name):\n" : "\n")
            LabTables.write(status)
        }
    }
}
