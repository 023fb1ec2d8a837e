import ArgumentParser
import Lab
import Linux
import Topology

struct DownVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Take a lab down.",
        discussion: """
            Also removes what a lab left whose supervisor died: exactly what its state
            file lists, and nothing else.
            """)

    @Argument(help: "The lab's name, or the file that it came from.")
    var lab: String?

    @Option(name: [.customShort("n"), .customLong("lab")], help: .hidden)
    var named: String?

    @Flag(name: [.customShort("a"), .long], help: "All labs of this user.")
    var all = false

    func validate() throws {
        if all, lab != nil || named != nil { throw ValidationError("--all takes every lab down: leave the name out") }
    }

    func run() throws {
        if all {
            var failures: [String] = []
            for entry in LabLauncher.list() {
                do { try Self.takeDown(entry.name) } catch { failures.append("\(error)") }
            }
            if !failures.isEmpty { throw CommandError(failures.joined(separator: "\nrookery: ")) }
            return
        }
        try Self.takeDown(try name())
    }

    private func name() throws -> String {
        if let named { return named }
        let labs = LabLauncher.list()
        if let lab {
            if labs.contains(where: { $0.name == lab }) { return lab }
            let isFile = lab.hasSuffix(".yml") || lab.hasSuffix(".yaml") || lab.contains("/")
            return isFile && File.exists(lab) ? try LabFileSource.load(path: lab, variables: [:]).name : lab
        }
        if labs.count == 1 { return labs[0].name }
        if labs.isEmpty { throw CommandError("no lab is running", remedy: "rookery ps lists labs") }
        if let path = try? TopologySource.standardFile(),
            let name = try? LabFileSource.load(path: path, variables: [:]).name,
            labs.contains(where: { $0.name == name })
        {
            return name
        }
        throw CommandError(
            "\(labs.count) labs are there: \(labs.map(\.name).joined(separator: ", "))",
            remedy: "name one, or rookery down --all")
    }

    static func takeDown(_ lab: String) throws {
        var progress = ProgressLine()
        defer { progress.finish() }
        let wasAlive = LabLauncher.list().first { $0.name == lab }?.isAlive ?? true
        try LabLauncher.down(lab) { progress.show(stage: $0, done: $1, total: $2) }
        progress.finish()
        Standard.error.write(wasAlive ? "The lab \(lab) is down.\n" : "What the lab \(lab) had left is removed.\n")
    }
}
