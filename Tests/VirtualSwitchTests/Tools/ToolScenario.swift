import Glibc
import Linux
import Testing

/// A run of `Scenarios/run.sh`: a scenario's commands, in namespaces of its own, with what they answered.
///
/// The scenarios wait more than they work, so that all of them are run at the same time, by the first test that asks for one.
final class ToolScenario: @unchecked Sendable {
    static let names = [
        "appctl", "bond", "bridge", "crash", "failopen", "fields", "inband", "monitor", "ofctl", "ovsdb", "queues",
        "status", "trace",
        "vsctl",
    ]

    /// A command and its answer.
    struct Step: Equatable {
        var command: String
        var answer: String
    }

    private static let all = Dictionary(
        uniqueKeysWithValues: names.map { name in (name, Result { try ToolScenario(name) }) })

    private let child: ChildProcess
    private let file: Int32

    private init(_ name: String) throws {
        var template = Array("/tmp/rookery-tools.XXXXXX".utf8CString)
        file = mkstemp(&template)
        unlink(template)
        var spawn = Spawn(
            "bash", ["bash", Self.folder + "/Scenarios/run.sh", name, Self.programs + "/rookery-switchd"])
        spawn.descriptors = [(file, 1), (file, 2)]
        spawn.newSession = true
        child = try spawn.start()
    }

    /// What happened with `rookery-switchd`.
    static func steps(_ name: String, seconds: Int32 = 120) throws -> [Step] {
        let scenario = try #require(all[name]).get()
        var ended = pollfd(fd: scenario.child.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        if poll(&ended, 1, seconds * 1000) == 0 { try scenario.child.signal(SIGKILL) }
        _ = try scenario.child.wait()
        return parse(scenario.text())
    }

    /// What happened with Open vSwitch's daemons, as it was recorded.
    static func recordedSteps(_ name: String) throws -> [Step] {
        parse(try File.readText("\(folder)/Scenarios/\(name).golden"))
    }

    /// Cuts a run's output at the lines that repeat the commands.
    private static func parse(_ text: String) -> [Step] {
        var steps: [Step] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("$ ") {
                steps.append(Step(command: String(line.dropFirst(2)), answer: ""))
            } else if steps.isEmpty {
                steps.append(Step(command: "", answer: String(line)))
            } else {
                steps[steps.count - 1].answer += line + "\n"
            }
        }
        return steps
    }

    private func text() -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = pread(file, &chunk, chunk.count, bytes.count), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let folder = String(#filePath[..<(#filePath.lastIndex(of: "/") ?? #filePath.endIndex)])

    /// Where the executables are: beside the tests' own.
    private static let programs: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        let path = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()
}
