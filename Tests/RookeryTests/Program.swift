import Glibc
import Linux
import Testbed
import Testing

/// The executables beside the test bundle, run as users run them, each test's labs in a run directory of its own.
struct Program: ~Copyable {
    private let labs = TemporaryDirectory()
    private let files = TemporaryDirectory()

    deinit {
        // A test that failed half way must not leave its lab or its machines to the next.
        if labs.names.isEmpty { return }
        _ = try? Self.run(["down", "--all"], runDirectory: runDirectory)
        _ = try? Self.run(["vm", "stop", "--all", "--now"], runDirectory: runDirectory)
    }

    /// The run directory (ROOKERY_RUN_DIR).
    var runDirectory: String { labs.path }
    /// What is left in it.
    var leftovers: [String] { labs.names }

    /// A path for a file of the test's own, which goes with the program.
    func file(_ name: String) -> String { "\(files.path)/\(name)" }

    @discardableResult
    func run(_ arguments: String..., input: String = "", directory: String? = nil, seconds: Int = 120) throws
        -> ProgramRun
    {
        try Self.run(arguments, input: input, directory: directory, runDirectory: runDirectory, seconds: seconds)
    }

    /// - Parameter interruptAfter: asked with the errors printed by now; the program gets SIGINT once it is true.
    static func run(
        _ arguments: [String], input: String = "", directory: String? = nil, runDirectory: String, seconds: Int = 120,
        interruptAfter: ((_ errors: String) -> Bool)? = nil
    ) throws -> ProgramRun {
        let program = try RunningProgram(
            [BuiltPrograms.path("rookery")] + arguments, input: Array(input.utf8),
            environment: ["ROOKERY_RUN_DIR": runDirectory], directory: directory)
        if let interruptAfter {
            _ = eventually(within: 20) { interruptAfter(program.errors) }
            try program.signal(SIGINT)
        }
        return try program.finish(within: seconds)
    }
}

extension Machine {
    static let runsLabs = isRoot && hasTUN
    static let labsNeed: Comment = "labs need root and /dev/net/tun"
}
