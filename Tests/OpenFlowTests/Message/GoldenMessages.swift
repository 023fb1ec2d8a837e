import Foundation
import OpenFlow

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
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appendingPathComponent("Golden/\(version.name.lowercased()).txt")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
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

/// The bytes that a text of hexadecimal digits says.
func octets(_ text: some StringProtocol) -> [UInt8] {
    var result: [UInt8] = []
    var high: UInt8?
    for digit in text.utf8 {
        let value: UInt8
        switch digit {
        case 0x30...0x39: value = digit - 0x30
        case 0x61...0x66: value = digit - 0x61 + 10
        case 0x41...0x46: value = digit - 0x41 + 10
        default: continue
        }
        if let first = high {
            result.append(first << 4 | value)
            high = nil
        } else {
            high = value
        }
    }
    return result
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
