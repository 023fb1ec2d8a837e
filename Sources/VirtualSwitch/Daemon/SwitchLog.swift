import Glibc
import Linux
import Synchronization

/// The switch's log: lines as Open vSwitch writes them, `2026-01-31T12:00:00.000Z|00001|bridge|INFO|text`.
public final class SwitchLog: Sendable {
    public enum Level: Int, Comparable, Sendable, CaseIterable {
        case off, emergency, error, warning, info, debug

        public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

        /// As `ovs-appctl vlog/set` calls it.
        public var name: String {
            switch self {
            case .off: "OFF"
            case .emergency: "EMER"
            case .error: "ERR"
            case .warning: "WARN"
            case .info: "INFO"
            case .debug: "DBG"
            }
        }

        public init?(named name: some StringProtocol) {
            guard let level = Self.allCases.first(where: { $0.name == name.uppercased() }) else { return nil }
            self = level
        }
    }

    /// Where lines go: to one of the two, by how the switch was started. Nothing goes to syslog.
    public enum Destination: String, Sendable, CaseIterable { case console, syslog, file }

    /// How lines are written, in the words of ovs-vswitchd(8).
    static let pattern = "%D{%Y-%m-%dT%H:%M:%S.###Z}|%05N|%c|%p|%m"

    /// The parts of the switch that write lines.
    public static let modules = ["bridge", "connmgr", "ovsdb", "poller", "unixctl", "vswitchd"]

    private struct State {
        var number = 0
        var levels: [Destination: [String: Level]] = [:]
        var file: OwnedDescriptor?
        var isClosed = false
    }

    private let state = Mutex(State())
    private let path: String?

    /// - Parameter path: nil: standard error.
    public init(path: String?) throws(SystemError) {
        self.path = path
        try reopen()
    }

    /// Opens the file anew, after another program has moved it away.
    public func reopen() throws(SystemError) {
        guard let path else { return }
        let file = OwnedDescriptor(try File.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o640))
        state.withLock { state in
            state.file = file
            state.isClosed = false
        }
    }

    /// Writes no more to the file until it is opened anew.
    public func close() {
        guard path != nil else { return }
        state.withLock { state in
            state.file = nil
            state.isClosed = true
        }
    }

    private var own: Destination { path == nil ? .console : .file }

    public func level(_ module: String, _ destination: Destination) -> Level {
        state.withLock { $0.levels[destination]?[module] ?? (destination == own ? .info : .off) }
    }

    public func setLevel(_ level: Level, _ module: String, _ destination: Destination) {
        state.withLock { $0.levels[destination, default: [:]][module] = level }
    }

    public func write(_ module: String, _ level: Level, _ text: String) {
        guard level <= self.level(module, own) else { return }
        state.withLock { state in
            guard !state.isClosed else { return }
            state.number += 1
            let number = String(state.number)
            let padded = String(repeating: "0", count: max(0, 5 - number.count)) + number
            let line = "\(Self.now())|\(padded)|\(module)|\(level.name)|\(text)\n"
            _ = Array(line.utf8).withUnsafeBytes { bytes in
                Glibc.write(state.file?.rawValue ?? STDERR_FILENO, bytes.baseAddress, bytes.count)
            }
        }
    }

    private static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let thousandths = String(1000 + time.tv_nsec / 1_000_000).dropFirst()
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(thousandths)Z"
    }
}
