import ArgumentParser

/// Stands in the list of verbs; `Rookery.main` hands `rookery mn` to Mininet's own option parser.
struct MininetVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mn", abstract: "Mininet's command line: rookery mn --topo tree,2,2 --test pingall")

    @Argument(parsing: .captureForPassthrough, help: "Mininet's options; rookery mn -h lists them.")
    var arguments: [String] = []

    func run() throws {
        let status = MininetCommand.main(arguments)
        if status != 0 { throw ProgramEnd(status: status) }
    }
}
