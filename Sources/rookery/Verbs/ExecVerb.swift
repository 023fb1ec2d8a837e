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

    @Option(name: [.customShort("e"), .customLong("env")], help: ArgumentHelp("A variable.", valueName: "name=value"))
    var environment: [String] = []

    @Option(name: [.customShort("w"), .customLong("workdir")], help: "The directory to start in.")
    var directory: String?

    @Flag(name: [.customShort("d"), .long], help: "Return at once; the program ends with the lab.")
    var detach = false

    @Flag(name: [.customShort("T"), .customLong("no-terminal")], help: "No terminal, even where there is one.")
    var noTerminal = false

    @Argument(
        parsing: .captureForPassthrough, help: ArgumentHelp("Host, program and arguments.", valueName: "node cmd"))
    var words: [String] = []

    func validate() throws {
        if words.first == "--help" || words.first == "-h" { throw CleanExit.helpRequest(self) }
        if words.count < 2 { throw ValidationError("exec needs a host and a program: rookery exec h1 ping -c1 h2") }
        for setting in environment where !setting.dropFirst().contains("=") {
            throw ValidationError("-e \(setting) has no value: write -e NAME=value")
        }
    }

    func run() throws {
        var variables: [String: String] = [:]
        for setting in environment {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            variables[String(parts[0])] = String(parts[1])
        }
        let terminal = !noTerminal && !detach && Standard.inputIsTerminal && Standard.output.isTerminal
        var command = Array(words.dropFirst())
        if command.first == "--" { command.removeFirst() }
        let request = ExecRequest(
            node: words[0], command: command, environment: variables, directory: directory, terminal: terminal,
            detach: detach)
        let status = try ProgramRelay.run(request, on: try lab.connect())
        if status != 0 { throw ProgramEnd(status: status) }
    }
}
