import ArgumentParser
import Glibc
import Lab
import Linux
import Topology
import VirtualMachine

struct VMConsoleVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Sit down at a machine's console; Ctrl-] leaves it.",
        discussion: """
            What the machine has said lately is shown first. All of it is in its log:
              rookery vm console mini
              rookery vm console --log mini
              rookery vm console mylab/vm1
            """)

    @Argument(help: "The machine; may be left out where one runs.") var machine: String?
    @Flag(help: "Print all that the machine has said, and return.") var log = false
    @Flag(help: "The screen and keyboard of a full machine, not its serial line.") var screen = false

    func run() throws {
        try VMConsole.sitDown(at: try VMMachines.find(machine, running: !log), log: log, screen: screen)
    }
}

/// `rookery console`: the same for a node of a lab.
struct ConsoleVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Sit down at the console of a virtual machine of a lab; Ctrl-] leaves it.",
        discussion: """
            What the machine has said lately is shown first. All of it is in its log:
              rookery console vm1
              rookery console --log vm1
            """)

    @OptionGroup var lab: LabOption
    @Argument(help: "The node.") var node: String
    @Flag(help: "Print all that the machine has said, and return.") var log = false
    @Flag(help: "The screen and keyboard of a full machine, not its serial line.") var screen = false

    func run() throws {
        let name = try lab.name()
        let client = VMMachines.ofLab(name, node)
        if !File.exists(client.paths.directory) {
            let isKnown = try lab.connect().topology().nodes.contains { $0.name == node }
            throw CommandError(
                isKnown ? "\(node) is no virtual machine" : "the lab \(name) has no node \(node)",
                remedy: isKnown ? "rookery exec \(node) sh has a shell on it" : "rookery ps lists its nodes")
        }
        if !log && !client.paths.isRunning {
            let end = (try? client.status())?.end ?? "it does not run"
            throw CommandError("the machine \(node) has ended: \(end)", remedy: "rookery console --log \(node)")
        }
        try VMConsole.sitDown(at: client, log: log, screen: screen)
    }
}

extension VMConsole {
    /// Attaches this terminal, and says what becomes of it.
    /// - Parameter log: prints what was said by now, and returns.
    static func sitDown(at client: VMClient, log: Bool, screen: Bool) throws {
        if log {
            Standard.output.write(bytes: try File.read(client.paths.consoleLog)[...])
            return
        }
        if Standard.inputIsTerminal {
            Standard.error.write("The console of \(client.name); Ctrl-] leaves it.\n")
        }
        var console = VMConsole(client)
        console.isScreen = screen
        if screen && !File.exists(client.paths.screen) {
            throw CommandError("the machine '\(client.name)' has no screen", remedy: "virtualization: full has one")
        }
        switch try console.attach() {
        case .left: Standard.error.write("\nThe machine \(client.name) runs on.\n")
        case .ended: Standard.error.write("\nThe machine \(client.name) has ended.\n")
        case .signalled(let signal): throw ProgramEnd(status: 128 + signal)
        }
    }
}
