import ArgumentParser
import Glibc
import Linux
import VirtualMachine

struct VMConsoleVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Sit down at a machine's console; Ctrl-] leaves it.",
        discussion: """
            What the machine has said lately is shown first. All of it is in its log:
              rookery vm console mini
              rookery vm console --log mini
            """)

    @Argument(help: "The machine; may be left out where one runs.") var machine: String?
    @Flag(help: "Print all that the machine has said, and return.") var log = false
    @Flag(help: "The screen and keyboard of a full machine, not its serial line.") var screen = false

    func run() throws {
        let client = try VMMachines.find(machine, running: !log)
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
            throw CommandError(
                "the machine '\(client.name)' has no screen", remedy: "rookery vm run --virtualization full has one")
        }
        switch try console.attach() {
        case .left: Standard.error.write("\nThe machine \(client.name) runs on.\n")
        case .ended: Standard.error.write("\nThe machine \(client.name) has ended.\n")
        case .signalled(let signal): throw ProgramEnd(status: 128 + signal)
        }
    }
}
