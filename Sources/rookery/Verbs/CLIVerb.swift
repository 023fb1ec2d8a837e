import ArgumentParser
import Lab

struct CLIVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cli", abstract: "Mininet's interactive command line on a running lab.",
        discussion: """
            Commands come from a script, or from standard input where it is no terminal.
              rookery cli
              echo 'h1 ping -c1 h2' | rookery cli
            """)

    @OptionGroup var lab: LabOption
    @Argument(help: "Scripts of commands to run instead.") var scripts: [String] = []

    func run() throws {
        let name = try lab.name()
        let network = try EmulatedNetwork(lab: name, log: MininetLog(output: Standard.output))
        defer { network.closeShells() }
        let cli = MininetCLI(network: network, prompt: "rookery> ")
        if scripts.isEmpty { return cli.interact() }
        for script in scripts where !cli.source(script) {
            throw CommandError("the script \(script) cannot be read")
        }
    }
}
