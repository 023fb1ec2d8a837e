import Foundation
import Testbed
import Testing

/// Open vSwitch's own ovs-ofctl, which needs no switch to print messages and to read flows.
enum ReferenceTool {
    static let isThere = Machine.has("ovs-ofctl")
    static let absence: Comment = "ovs-ofctl (openvswitch-common) is not installed"

    /// Runs ovs-ofctl with `input` at its standard input, which it calls "-".
    static func run(_ arguments: [String], input: [UInt8]) throws -> ProgramRun {
        try RunningProgram(
            ["ovs-ofctl"] + arguments, input: input, environment: ["LC_ALL": "C"]
        ).finish(within: 120)
    }

    /// What `ovs-ofctl ofp-parse` prints of messages: the first line of each without its xid, and the lines behind it.
    static func print(_ messages: [[UInt8]]) throws -> [String] {
        // Numbered, so that each can be found in what is printed.
        var input: [UInt8] = []
        for (index, message) in messages.enumerated() {
            var bytes = message
            for byte in 0..<4 { bytes[4 + byte] = UInt8(truncatingIfNeeded: (index + 1) >> (24 - 8 * byte)) }
            input += bytes
        }
        var result = Array(repeating: "", count: messages.count)
        var current: Int?
        for line in try run(["--no-names", "ofp-parse", "-"], input: input).lines {
            if let mark = line.range(of: " (xid=0x"), let end = line[mark.upperBound...].firstIndex(of: ")"),
                line.hasPrefix("OFP") || line.hasPrefix("NX") || line.hasPrefix("ONF"),
                let number = Int(line[mark.upperBound..<end], radix: 16), 1...messages.count ~= number,
                result[number - 1].isEmpty
            {
                current = number - 1
                result[number - 1] = String(line[..<mark.lowerBound] + line[line.index(after: end)...])
            } else if let current {
                result[current] += "\n\(line)"
            }
        }
        return result.map { $0.trimmingCharacters(in: .newlines) }
    }
}

extension ProgramRun {
    var lines: [Substring] { output.split(separator: "\n", omittingEmptySubsequences: false) }
}
