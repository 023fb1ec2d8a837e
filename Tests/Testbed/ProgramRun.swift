/// A program that has been run to its end.
public struct ProgramRun: Sendable {
    /// What a shell's $? would say: the exit status, or 128 and the number of the signal that killed it.
    public let status: Int32
    public let output: String
    /// Empty where errors were joined to the output.
    public let errors: String
    /// Both, as a terminal would show them.
    public var all: String { output + errors }

    init(status: Int32, output: String, errors: String) {
        self.status = status
        self.output = output
        self.errors = errors
    }

    /// Runs a program; the parameters are `RunningProgram`'s.
    /// - Throws: `ProgramError.overdue` where it has not ended within the time, and has been killed.
    @discardableResult
    public init(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], directory: String? = nil,
        seconds: Int = 30
    ) throws {
        self = try RunningProgram(
            arguments, input: Array(input.utf8), environment: environment, directory: directory
        ).finish(within: seconds)
    }

    @discardableResult
    public init(_ arguments: String...) throws { try self.init(arguments) }

    // MARK: Open vSwitch's tools

    /// Runs one of Open vSwitch's tools, with nothing of it near the machine's own switch, and its messages in English.
    public static func tool(_ arguments: [String]) throws -> ProgramRun {
        try ProgramRun(
            arguments, environment: ["LC_ALL": "C", "OVS_RUNDIR": "/nonexistent", "OVS_LOGDIR": "/tmp"])
    }

    public static func tool(_ arguments: String...) throws -> ProgramRun { try tool(arguments) }

    /// The same.
    /// - Returns: what the tool printed.
    /// - Throws: `ProgramError.failed` where its status is not 0.
    @discardableResult
    public static func toolOutput(_ arguments: String...) throws -> String {
        let run = try tool(arguments)
        if run.status != 0 { throw ProgramError.failed(arguments, run) }
        return run.output
    }
}

/// Why a program's run is of no use to a test.
public enum ProgramError: Error, CustomStringConvertible {
    case overdue([String], seconds: Int, ProgramRun)
    case failed([String], ProgramRun)

    public var description: String {
        switch self {
        case .overdue(let arguments, let seconds, let run):
            "\(arguments.joined(separator: " ")): did not end within \(seconds) s\n\(run.all)"
        case .failed(let arguments, let run):
            "\(arguments.joined(separator: " ")): status \(run.status)\n\(run.all)"
        }
    }
}
