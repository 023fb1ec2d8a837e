import ArgumentParser

struct CompareVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Measure what the kinds of guests cost on this machine.",
        subcommands: [CompareVirtualizationVerb.self])
}
