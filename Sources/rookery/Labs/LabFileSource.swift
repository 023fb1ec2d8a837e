import Linux
import Topology

/// Lab files with values for their variables.
enum LabFileSource {
    static func load(path: String, variables: [String: String]) throws -> LabTopology {
        try LabFile.load(path: path, environment: variables)
    }
}

/// GraphML files.
enum GraphMLSource {
    static func load(path: String) throws -> LabTopology {
        let text: String
        do throws(SystemError) { text = try File.readText(path) } catch {
            throw CommandError("the GraphML file \(path) cannot be read: \(error.code)", remedy: "give another file")
        }
        var topology = try GraphML.topology(text, file: path)
        try AddressPlan().fill(&topology)
        return topology
    }
}
