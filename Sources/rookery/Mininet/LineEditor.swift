@preconcurrency import CLibedit
import Glibc

/// Lines of commands: with editing, history and completion on a terminal, plainly from a pipe or file.
struct LineEditor: ~Copyable {
    enum Line {
        case text(String)
        case end
        case interrupted
    }

    private let prompt: String
    private let history: String?
    private let isTerminal: Bool
    private var buffered: [UInt8] = []

    // libedit's completion has no room for a context.
    nonisolated(unsafe) private static var candidates: (_ line: String, _ start: Int, _ word: String) -> [String] = {
        _, _, _ in []
    }
    nonisolated(unsafe) private static var matches: [String] = []

    init(
        prompt: String, historyFile: String,
        candidates: @escaping (_ line: String, _ start: Int, _ word: String) -> [String]
    ) {
        self.prompt = prompt
        isTerminal = Standard.inputIsTerminal
        history = getenv("HOME").map { String(cString: $0) + "/" + historyFile }
        guard isTerminal else { return }
        Self.candidates = candidates
        using_history()
        stifle_history(1000)
        if let history { read_history(history) }
        rl_attempted_completion_function = { word, start, _ in
            guard let word, let buffer = rl_line_buffer else { return nil }
            LineEditor.matches = LineEditor.candidates(String(cString: buffer), Int(start), String(cString: word))
            if LineEditor.matches.isEmpty { return nil }
            return rl_completion_matches(word) { _, state in
                let place = Int(state)
                return LineEditor.matches.indices.contains(place) ? strdup(LineEditor.matches[place]) : nil
            }
        }
    }

    deinit { if isTerminal, let history { write_history(history) } }

    mutating func next() -> Line {
        guard isTerminal else { return nextPlain() }
        guard let line = readline(prompt) else {
            return Interrupts.take() == nil ? .end : .interrupted
        }
        defer { free(line) }
        let text = String(cString: line)
        if !text.allSatisfy(\.isWhitespace) { add_history(line) }
        return .text(text)
    }

    private mutating func nextPlain() -> Line {
        // Mininet's prompt is there for a script, too.
        Standard.output.write(prompt)
        while true {
            if let end = buffered.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffered[..<end], as: UTF8.self)
                buffered.removeFirst(end + 1)
                return .text(line)
            }
            do throws(Interrupts.Interrupted) {
                _ = try Interrupts.waitReadable(0)
            } catch {
                return .interrupted
            }
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = read(0, &chunk, chunk.count)
            if count > 0 {
                buffered += chunk[..<count]
            } else if count == 0 {
                if buffered.isEmpty { return .end }
                buffered.append(UInt8(ascii: "\n"))
            } else if errno != EINTR {
                return .end
            }
        }
    }
}
