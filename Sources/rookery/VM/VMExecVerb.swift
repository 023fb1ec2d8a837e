import ArgumentParser
import GuestImages
import Linux
import VirtualMachine

struct VMExecVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command in a machine that runs.",
        usage: "rookery vm exec [-e <name=value>] [-w <dir>] [-T] <machine> <cmd> ...",
        discussion: """
            Guests of Rookery's own images (mini, debian) take commands. The command gets a
            terminal where standard input and output are one, and the descriptors themselves
            otherwise; its exit status is rookery's.
              rookery vm exec debian systemctl status
              rookery vm exec debian bash
              echo hello | rookery vm exec mini sh -c 'cat > /tmp/hello'
            """)

    @OptionGroup var program: ProgramOptions

    @Argument(
        parsing: .captureForPassthrough, help: ArgumentHelp("Machine, program and arguments.", valueName: "machine cmd")
    )
    var words: [String] = []

    func validate() throws {
        if words.first == "--help" || words.first == "-h" { throw CleanExit.helpRequest(self) }
        if words.count < 2 {
            throw ValidationError("exec needs a machine and a program: rookery vm exec mini uname -r")
        }
    }

    func run() throws {
        let client = try VMMachines.find(words[0])
        var command = Array(words.dropFirst())
        if command.first == "--" { command.removeFirst() }
        let session = VMSession.make(
            client, command, environment: program.variables, directory: program.directory,
            isOnTerminal: program.getsTerminal)
        switch try session.run() {
        case .exited(let status): if status != 0 { throw ProgramEnd(status: status) }
        case .lost: throw CommandError("the machine '\(client.name)' has gone while the command ran")
        }
    }
}
