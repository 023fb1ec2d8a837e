import Linux
import Testbed

/// `Scenarios/run.sh`: a scenario's commands with what they answered.
enum ToolScenario {
    /// Of the files NAME.scenario beside their recordings.
    static let names = try! File.list(SourceTree.path(folder)).filter { $0.hasSuffix(".scenario") }
        .map { String($0.dropLast(".scenario".count)) }.sorted()

    /// A command and its answer.
    struct Step: Equatable {
        var command: String
        var answer: String
    }

    private static let folder = "Tests/VirtualSwitchTests/Tools/Scenarios"
    private static let group = ScenarioGroup(names) { name in
        ["bash", SourceTree.path("\(folder)/run.sh"), name, BuiltPrograms.path("rookery-switchd")]
    }

    /// What happened with `rookery-switchd`.
    static func steps(_ name: String) throws -> [Step] { parse(try group.run(name, seconds: 120).output) }

    /// What happened with Open vSwitch's daemons, as it was recorded.
    static func recordedSteps(_ name: String) throws -> [Step] {
        parse(try SourceTree.text("\(folder)/\(name).golden"))
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
}
