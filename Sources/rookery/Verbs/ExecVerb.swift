import ArgumentParser
import Lab

struct ExecVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a program on a host.",
        usage: "rookery exec [-n <lab>] [-e <name=value>] [-d] <node> <cmd> ...",
        discussion: """
            The program gets a terminal where standard input and output are one, and the
            descriptors themselves otherwise; its exit status is rookery's.
              rookery exec h1 ping -c1 h2
              rookery exec h1 bash
              echo hello | rookery exec h1 nc h2 80
            """)

    @OptionGroup var lab: LabOption

    @OptionGroup var program: ProgramOptions

    @Flag(name: [.customShort("d"), .long], help: "Return at once; the program ends with the lab.")
    var detach = false

    @Argument(
        parsing: .captureForPassthrough, help: ArgumentHelp("Host, program and arguments.", valueName: "node cmd"))
    var words: [String] = []

    func validate() throws {
        if words.first == "--help" || words.first == "-h" { throw CleanExit.helpRequest(self) }
        if words.count < 2 { throw ValidationError("exec needs a host and a program: rookery exec h1 ping -c1 h2") }
    }

    func run() throws {
        var command = Array(words.dropFirst())
        if command.first == "--" { command.removeFirst() }
        let request = ExecRequest(
            node: words[0], command: command, environment: program.variables, directory: program.directory,
            terminal: program.getsTerminal && !detach, detach: detach)
        let status = try ProgramRelay.run(request, on: try lab.connect())
        if status != 0 { throw ProgramEnd(status: status) }
    }
}
