import ArgumentParser
import Glibc
import GuestImages
import Lab
import Linux
import Topology

struct UpVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Bring a lab up.",
        usage: "rookery up [<file> | --topo <topo> | --graphml <file>] [-d]",
        discussion: """
            Without -d the lab lasts until Ctrl-C. Examples:
              rookery up
              rookery up lab.yml --set delay=20ms
              rookery up --topo leafspine,4,2,4 -d
              rookery up --graphml Examples/abilene.graphml --controller shortest-path
            """)

    @OptionGroup var source: TopologySource

    @Flag(name: [.customShort("d"), .long], help: "Return when the lab is up and leave it running.")
    var detach = false

    @Option(help: "Another name for the lab.")
    var name: String?

    @Option(
        help: ArgumentHelp(
            "Who controls all switches: learning, shortest-path, remote, none, tcp:HOST:PORT …", valueName: "controller"
        ))
    var controller: String?

    @Flag(help: "Print the lab's status as JSON.")
    var json = false

    func run() throws {
        var topology = try source.load()
        if let name { topology.name = name }
        if let controller { try Self.control(&topology, controller) }
        for note in topology.notes { Standard.error.write("note: \(note)\n") }
        try Self.makeImages(for: topology)
        // Blocked before the lab comes up, so that Ctrl-C cannot leave it half way: it waits for its turn.
        let signals = detach ? nil : try EndSignals()
        var progress = ProgressLine()
        do throws(LabError) {
            try LabLauncher.up(topology) { progress.show(stage: $0, done: $1, total: $2) }
        } catch {
            progress.finish()
            if error.kind == .alreadyRunning {
                throw CommandError(error.description, remedy: "rookery down \(topology.name), or give --name another")
            }
            throw error
        }
        progress.finish()
        do {
            let status = try LabClient(lab: topology.name).status()
            if json { try Standard.output.writeJSON(status) } else { LabTables.write(status) }
        } catch {
            if !detach { try? LabLauncher.down(topology.name) }
            throw error
        }
        guard let signals else { return }
        if !json { Standard.error.write("The lab \(topology.name) is up; Ctrl-C takes it down.\n") }
        try Self.stay(lab: topology.name, signals)
    }

    /// Makes what the lab's virtual machines start from and is not there yet.
    private static func makeImages(for topology: LabTopology) throws {
        var progress = ProgressLine()
        for machine in topology.nodes.compactMap(\.machine) where machine.monitor != .external {
            var line = progress
            _ = try MachineImage.presentOrMade(for: machine) { step in
                if case .stage(let stage) = step { line.show(stage: stage, done: 0, total: 0) }
            }
            progress = line
        }
        progress.finish()
    }

    /// Gives all switches these controllers.
    private static func control(_ topology: inout LabTopology, _ text: String) throws(CommandError) {
        do throws(ValueError) {
            let controllers = try LabTopology.Controller.list(text)
            for index in topology.nodes.indices where topology.nodes[index].kind == .switch {
                topology.nodes[index].bridge.controllers = controllers
            }
        } catch {
            throw CommandError.usage("--controller: \(error.what)", remedy: error.remedy)
        }
    }

    /// Waits for Ctrl-C or the lab's end.
    private static func stay(lab: String, _ signals: borrowing EndSignals) throws {
        let client = try LabClient(lab: lab)
        while true {
            var polled = [
                pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            poll(&polled, 2, -1)
            if polled[1].revents != 0 {
                if try client.available().isClosed {
                    // A lab that somebody takes down ends just so.
                    let note = LabPaths(lab: lab).crashNote
                    throw CommandError(
                        "the lab \(lab) has ended" + note, remedy: note.isEmpty ? "" : "rookery up starts it again")
                }
            }
            if polled[0].revents != 0 { break }
        }
        if Standard.error.isTerminal { Standard.error.write("\n") }
        try DownVerb.takeDown(lab)
    }
}

/// The signals that ask a program to end, as a descriptor.
struct EndSignals: ~Copyable {
    private let descriptor: SignalDescriptor
    init() throws { descriptor = try SignalDescriptor([SIGINT, SIGTERM, SIGHUP]) }
    var number: Int32 { descriptor.descriptor.rawValue }
    borrowing func next() -> Int32? { descriptor.next() }
}
