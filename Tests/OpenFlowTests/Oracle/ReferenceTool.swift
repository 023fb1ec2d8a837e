import Foundation
import Testing

/// Open vSwitch's own ovs-ofctl, which needs no switch to print messages and to read flows.
enum ReferenceTool {
    static let path: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/ovs-ofctl" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    static var isThere: Bool { path != nil }
    static let absence: Comment = "ovs-ofctl (openvswitch-common) is not installed"

    struct Answer {
        var output: String
        var errors: String
        var status: Int32

        var lines: [Substring] { output.split(separator: "\n", omittingEmptySubsequences: false) }
    }

    /// Runs ovs-ofctl with `input` in a file, whose name stands for `FILE` in the arguments.
    static func run(_ arguments: [String], input: [UInt8]) throws -> Answer {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rookery-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func file(_ name: String) -> String { folder.appendingPathComponent(name).path }
        try Data(input).write(to: URL(fileURLWithPath: file("input")))
        // Files take any amount of text; pipes would have to be read at the same time.
        for name in ["output", "errors"] { try Data().write(to: URL(fileURLWithPath: file(name))) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path ?? "/usr/bin/ovs-ofctl")
        process.arguments = arguments.map { $0 == "FILE" ? file("input") : $0 }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: file("output")))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: file("errors")))
        try process.run()
        process.waitUntilExit()
        return Answer(
            output: try String(contentsOfFile: file("output"), encoding: .utf8),
            errors: try String(contentsOfFile: file("errors"), encoding: .utf8), status: process.terminationStatus)
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
        for line in try run(["--no-names", "ofp-parse", "FILE"], input: input).lines {
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
