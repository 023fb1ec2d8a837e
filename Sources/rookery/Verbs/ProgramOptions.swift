import ArgumentParser

/// How a program is run on a host or in a guest.
struct ProgramOptions: ParsableArguments {
    @Option(name: [.customShort("e"), .customLong("env")], help: ArgumentHelp("A variable.", valueName: "name=value"))
    var environment: [String] = []

    @Option(name: [.customShort("w"), .customLong("workdir")], help: "The directory to start in.")
    var directory: String?

    @Flag(name: [.customShort("T"), .customLong("no-terminal")], help: "No terminal, even where there is one.")
    var noTerminal = false

    func validate() throws {
        for setting in environment where !setting.dropFirst().contains("=") {
            throw ValidationError("-e \(setting) has no value: write -e NAME=value")
        }
    }

    var variables: [String: String] {
        var variables: [String: String] = [:]
        for setting in environment {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            variables[String(parts[0])] = String(parts[1])
        }
        return variables
    }

    var getsTerminal: Bool { !noTerminal && Standard.inputIsTerminal && Standard.output.isTerminal }
}
