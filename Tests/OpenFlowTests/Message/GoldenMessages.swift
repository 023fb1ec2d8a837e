import OpenFlow
import Testbed

/// Messages that ovs-ofctl and ovs-vswitchd exchanged, from the files of `Golden/`.
struct GoldenMessage: CustomStringConvertible, Sendable {
    enum Direction: Sendable { case toSwitch, fromSwitch }

    let version: OpenFlowVersion
    let command: String
    let direction: Direction
    /// Whether the commands of flow-mods hold a table.
    let hasTableID: Bool
    let bytes: [UInt8]

    var xid: UInt32 { bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) } }

    var description: String {
        "\(version.name) \(command) \(direction == .toSwitch ? ">" : "<") \(hexadecimal(bytes.prefix(80)))"
    }

    static let all: [GoldenMessage] = OpenFlowVersion.allCases.flatMap(load)

    private static func load(_ version: OpenFlowVersion) -> [GoldenMessage] {
        let file = "Tests/OpenFlowTests/Golden/\(version.name.lowercased()).txt"
        guard let text = try? SourceTree.text(file) else { return [] }
        var command = ""
        var messages: [GoldenMessage] = []
        for line in text.split(separator: "\n") {
            let content = line.dropFirst(2)
            switch line.first {
            case "#": command = String(content)
            case ">", "+", "<":
                messages.append(
                    GoldenMessage(
                        version: version, command: command, direction: line.first == "<" ? .fromSwitch : .toSwitch,
                        hasTableID: line.first == "+", bytes: octets(content)))
            default: break
            }
        }
        return messages
    }
}
