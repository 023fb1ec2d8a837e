import ArgumentParser
import Glibc
import Lab
import Linux
import Topology

/// Where a lab comes from: a lab file, a built-in topology or a GraphML file.
struct TopologySource: ParsableArguments {
    @Argument(help: ArgumentHelp("The lab file; by default lab.yml or the one *.clab.yml here.", valueName: "file"))
    var file: String?

    @Option(name: .customLong("topo"), help: "A built-in topology: tree,2,3 (rookery topo list shows all).")
    var builtin: String?

    @Option(name: .customLong("graphml"), help: "A GraphML file, as of the Internet Topology Zoo.")
    var graphML: String?

    @Option(name: .customLong("set"), help: ArgumentHelp("Value of a variable of the file.", valueName: "var=value"))
    var settings: [String] = []

    func validate() throws {
        if [file, builtin, graphML].compactMap({ $0 }).count > 1 {
            throw ValidationError("a lab comes from one source: a file, --topo or --graphml")
        }
        for setting in settings where !setting.dropFirst().contains("=") {
            throw ValidationError("--set \(setting) has no value: write --set name=value")
        }
        if !settings.isEmpty, builtin != nil || graphML != nil {
            throw ValidationError("--set is for lab files: a built-in topology or GraphML file has no variables")
        }
    }

    /// The topology with all addresses filled in.
    func load() throws -> LabTopology {
        do {
            if let builtin {
                var topology = try BuiltinTopology(builtin).topology()
                try AddressPlan().fill(&topology)
                return topology
            }
            if let graphML { return try GraphMLSource.load(path: graphML) }
            let path = try file ?? Self.standardFile()
            var variables: [String: String] = [:]
            for setting in settings {
                let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                variables[String(parts[0])] = String(parts[1])
            }
            guard access(path, R_OK) == 0 else {
                throw CommandError(
                    "the lab file \(path) cannot be read: \(Errno.last)",
                    remedy: "give another file, or --topo tree,2,2")
            }
            return try LabFileSource.load(path: path, variables: variables)
        } catch let error as TopologyError {
            throw CommandError(error.description)
        }
    }

    /// lab.yml, lab.yaml, or the one containerlab file in the current directory.
    static func standardFile(in directory: String = ".") throws(CommandError) -> String {
        func path(_ name: String) -> String { directory == "." ? name : "\(directory)/\(name)" }
        for name in ["lab.yml", "lab.yaml"] where File.exists(path(name)) { return path(name) }
        let names = (try? File.list(directory)) ?? []
        let files = names.filter { $0.hasSuffix(".clab.yml") || $0.hasSuffix(".clab.yaml") }
        switch files.count {
        case 1: return path(files[0])
        case 0:
            throw CommandError(
                "there is no lab.yml here", remedy: "name a lab file, or a topology: rookery up --topo tree,2,2")
        default:
            throw CommandError(
                "there are several lab files here: \(files.joined(separator: ", "))", remedy: "name one of them")
        }
    }
}
