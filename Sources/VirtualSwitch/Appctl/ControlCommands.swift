/// The commands that `ovs-appctl` reaches, by name: what a control socket offers.
///
/// Handlers run on the thread that the socket's hub owns.
public final class ControlCommands {
    /// What a command answers; `later` is called once, on any thread.
    public enum Answer {
        case text(String)
        case failure(String)
        case later((_ reply: @escaping @Sendable (Result<String, ControlFailure>) -> Void) -> Void)
    }

    struct Command {
        var usage: String
        var arguments: ClosedRange<Int>
        var run: ([String]) -> Answer
    }

    private(set) var commands: [String: Command] = [:]

    public init() {
        add("list-commands") { [unowned self] _ in .text(listing) }
    }

    /// Offers a command.
    /// - Parameters:
    ///   - usage: its arguments, as `list-commands` prints them.
    ///   - arguments: how many it takes.
    public func add(
        _ name: String, usage: String = "", arguments: ClosedRange<Int> = 0...0, run: @escaping ([String]) -> Answer
    ) {
        commands[name] = Command(usage: usage, arguments: arguments, run: run)
    }

    /// All commands with their arguments, in the words of ovs-appctl.
    var listing: String {
        let lines = commands.sorted { $0.key < $1.key }.map { name, command in
            let padding = String(repeating: " ", count: max(0, 23 - name.count))
            return command.usage.isEmpty ? "  \(name)" : "  \(name)\(padding) \(command.usage)"
        }
        return "The available commands are:\n" + lines.joined(separator: "\n") + "\n"
    }

    /// Does a command, after a look at the number of its arguments.
    public func run(_ name: String, _ arguments: [String]) -> Answer {
        guard let command = commands[name] else {
            return .failure(
                "\"\(name)\" is not a valid command (use \"list-commands\" to see a list of valid commands)")
        }
        if arguments.count < command.arguments.lowerBound {
            return .failure("\"\(name)\" command requires at least \(command.arguments.lowerBound) arguments")
        }
        if arguments.count > command.arguments.upperBound {
            return .failure("\"\(name)\" command takes at most \(command.arguments.upperBound) arguments")
        }
        return command.run(arguments)
    }
}

/// Why a command failed, in words.
public struct ControlFailure: Error, Sendable {
    public var text: String
    public init(_ text: String) { self.text = text }
}
