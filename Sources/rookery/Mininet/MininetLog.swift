/// What Mininet's log prints, at its levels and without newlines of its own. Mininet writes all of it to standard error,
/// the results of tests included, and scripts read it there (`mn --test pingall 2>&1 | grep Results`).
struct MininetLog: Sendable {
    enum Level: Int, Comparable, CaseIterable {
        case debug = 10
        case info = 20
        case output = 25
        case warning = 30
        case error = 40
        case critical = 50

        static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }

        /// `debug`, …, and `warn` for `warning`.
        init?(name: String) {
            guard let level = Self.allCases.first(where: { "\($0)" == (name == "warn" ? "warning" : name) }) else {
                return nil
            }
            self = level
        }
    }

    var level = Level.info
    var output = Standard.error

    func debug(_ text: String) { write(.debug, text) }
    func info(_ text: String) { write(.info, text) }
    func output(_ text: String) { write(.output, text) }
    func warning(_ text: String) { write(.warning, text) }
    func error(_ text: String) { write(.error, text) }

    private func write(_ level: Level, _ text: String) { if level >= self.level { output.write(text) } }
}
