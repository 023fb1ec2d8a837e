import Testbed

/// The recordings in `Golden/`: for each text what ovs-ofctl prints and sends.
struct Recording: Sendable {
    /// What ovs-ofctl was given.
    var text: String
    /// What it prints of what it sent, with the versions.
    var printed: [(versions: [Substring], text: String)] = []
    /// What it sent, with the versions.
    var sent: [(versions: [Substring], words: [Substring])] = []

    static func load(_ name: String) throws -> [Recording] {
        var result: [Recording] = []
        for line in try SourceTree.recordedLines("Tests/OpenFlowTests/Golden/\(name)") {
            let content = line.dropFirst(2)
            switch line.first {
            case ">": result.append(Recording(text: String(content)))
            case "<":
                let parts = content.split(separator: " ", maxSplits: 1)
                result[result.count - 1].printed.append((parts[0].split(separator: ","), String(parts[1])))
            case " ":
                let parts = content.split(separator: " ")
                result[result.count - 1].sent.append((parts[0].split(separator: ","), Array(parts.dropFirst())))
            default: break
            }
        }
        return result
    }
}
