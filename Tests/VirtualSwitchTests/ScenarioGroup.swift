import Testbed
import Testing

/// Scenarios that run in namespaces of their own and print what happened. They wait more than they work, so that all of a group
/// are started at the same time, by the first test that asks for one.
struct ScenarioGroup: Sendable {
    private let programs: [String: Result<RunningProgram, any Error>]

    /// - Parameters:
    ///   - program: the program and arguments that run a scenario.
    ///   - environment: variables in the place of the test's own of the same name.
    init(_ names: [String], environment: [String: String] = [:], program: (_ name: String) -> [String]) {
        programs = Dictionary(
            uniqueKeysWithValues: names.map { name in
                (
                    name,
                    Result { try RunningProgram(program(name), environment: environment, joinsErrors: true) }
                )
            })
    }

    /// Waits for a scenario's end.
    func run(_ name: String, seconds: Int) throws -> ProgramRun {
        try #require(programs[name]).get().finish(within: seconds)
    }
}
