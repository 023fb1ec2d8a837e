import Linux

/// How far something is: one line that is written over on a terminal, a line for each stage elsewhere.
struct ProgressLine {
    private let output: TextOutput
    private let isTerminal: Bool
    private var stage = ""
    private var drawn: UInt64 = 0
    private var isDirty = false

    init(output: TextOutput = Standard.error) {
        self.output = output
        isTerminal = output.isTerminal
    }

    mutating func show(stage: String, done: Int, total: Int) {
        guard isTerminal else {
            if stage != self.stage { output.write(total > 1 ? "\(stage) (\(total))\n" : "\(stage)\n") }
            self.stage = stage
            return
        }
        let now = MonotonicClock.now()
        // Ten thousand nodes must not draw ten thousand lines.
        if stage == self.stage, done < total, now &- drawn < 50_000_000 { return }
        self.stage = stage
        drawn = now
        isDirty = true
        output.write("\r\u{1b}[K" + Self.line(stage: stage, done: done, total: total, columns: Terminal.columns))
    }

    /// Removes the line, so that what comes next starts on a clean one.
    mutating func finish() {
        if isDirty { output.write("\r\u{1b}[K") }
        isDirty = false
    }

    static func line(stage: String, done: Int, total: Int, columns: Int) -> String {
        guard total > 0 else { return String(stage.prefix(columns - 1)) }
        let count = "\(done)/\(total)"
        let width = max(0, min(40, columns - 1 - stage.count - count.count - 4))
        let filled = width * min(done, total) / total
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        return String("\(stage) \(bar) \(count)".prefix(columns - 1))
    }
}
