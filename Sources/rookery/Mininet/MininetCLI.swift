import Glibc
import Lab
import Linux

/// Mininet's interactive command line.
final class MininetCLI {
    let network: EmulatedNetwork
    private let prompt: String
    var log: MininetLog { network.log }
    /// Set by `exit`, `quit` and the end of input.
    var hasEnded = false
    /// A signal that asked for the end.
    private(set) var endSignal: Int32?

    init(network: EmulatedNetwork, prompt: String = "mininet> ") {
        self.network = network
        self.prompt = prompt
    }

    /// Reads commands from standard input until the end.
    func interact() {
        try? Interrupts.install()
        log.info("*** Starting CLI:\n")
        var editor = LineEditor(
            prompt: prompt, historyFile: prompt.hasPrefix("mininet") ? ".mininet_history" : ".rookery_history",
            candidates: { [network] line, start, word in Self.complete(line, start, word, network.names) })
        while !hasEnded {
            switch editor.next() {
            case .text(let line): run(Self.withoutComment(line))
            case .end:
                log.output("\n")
                return
            case .interrupted: log.output("\nInterrupt\n")
            }
        }
    }

    /// Runs the commands of a file, as `source` and `--pre` do. False where it cannot be read.
    @discardableResult
    func source(_ path: String) -> Bool {
        guard let text = try? File.readText(path) else {
            log.error("error reading file \(path)\n")
            return false
        }
        try? Interrupts.install()
        for line in text.split(separator: "\n") where !hasEnded { run(Self.withoutComment(String(line))) }
        return true
    }

    /// Everything after `#` is a comment.
    static func withoutComment(_ line: String) -> String { String(line.prefix { $0 != "#" }) }

    /// Commands at the head of a line, node names everywhere.
    static func complete(_ line: String, _ start: Int, _ word: String, _ nodes: [String]) -> [String] {
        let head = line.utf8.prefix(start).allSatisfy { $0 == 32 }
        return ((head ? MininetCommandName.allCases.map(\.rawValue) : []) + nodes).filter { $0.hasPrefix(word) }
            .sorted()
    }

    /// Runs one line.
    func run(_ line: String) {
        let line = line.trimmingSpaces
        guard !line.isEmpty else { return }
        let first = String(line.prefix { !$0.isWhitespace })
        let rest = line.dropFirst(first.count).trimmingSpaces
        do {
            if let command = MininetCommandName(rawValue: first) {
                try perform(command, rest)
            } else if line.hasPrefix("?") {
                try perform(.help, String(line.dropFirst()).trimmingSpaces)
            } else if network.contains(first) {
                try runOnNode(first, rest)
            } else {
                log.error("*** Unknown command: \(line)\n")
            }
        } catch let error as Interrupts.Interrupted {
            log.output("\nInterrupt\n")
            if error.signal != SIGINT {
                endSignal = error.signal
                hasEnded = true
            }
        } catch {
            log.error("*** Error: \(error)\n")
        }
    }

    /// `h1 ping h2`: names of nodes after the first word become their addresses.
    func runOnNode(_ name: String, _ command: String) throws {
        guard !command.isEmpty else {
            log.error("*** Please enter a command for node: \(name) <cmd>\n")
            return
        }
        let words = command.split(separator: " ", omittingEmptySubsequences: false).map { word in
            let word = String(word)
            return network.contains(word) ? network.address(word) ?? word : word
        }
        let shell = try network.shell(name)
        do {
            try shell.begin(words.joined(separator: " "))
            try follow(shell)
        } catch let error as Interrupts.Interrupted {
            throw error
        } catch {
            // `h1 exit` ends the shell; the next command gets a new one.
            network.forgetShell(name)
            if words.first != "exit" { throw error }
        }
    }

    /// Prints what the command writes until it ends; the terminal's keys and Ctrl-C are for the command.
    private func follow(_ shell: NodeShell) throws {
        let takesKeys = Standard.inputIsTerminal
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var polled = [
                pollfd(fd: shell.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: Interrupts.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: takesKeys ? 0 : -1, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&polled, 3, -1) < 0 { continue }
            if polled[1].revents != 0, let signal = Interrupts.take() {
                shell.interrupt()
                if signal != SIGINT { throw Interrupts.Interrupted(signal: signal) }
            }
            if polled[0].revents != 0 {
                let (bytes, hasEnded) = try shell.output()
                if log.level <= .output { log.output.write(bytes: bytes) }
                if hasEnded { return }
            }
            if polled[2].revents != 0 {
                let count = read(0, &buffer, buffer.count)
                if count > 0 { shell.type(buffer[..<count]) } else { shell.type([4]) }
            }
        }
    }
}
