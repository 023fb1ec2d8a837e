import Glibc
import Linux

/// A lab's programs live in a PID namespace of their own; Mininet's scripts want the numbers that the machine knows
/// (`dump`, `h1.pid`, `nsenter -t`).
enum MachinePID {
    /// The machine's number of a process.
    /// - Parameters:
    ///   - inner: its number in the lab's PID namespace.
    ///   - supervisor: the machine's number of the lab's supervisor, which lives in that namespace, too.
    static func find(_ inner: Int32, supervisor: Int32) -> Int32 {
        guard let space = namespace(of: supervisor), space != namespace(of: getpid()) else { return inner }
        for name in (try? File.list("/proc")) ?? [] {
            guard let pid = Int32(name), let text = try? File.readText("/proc/\(name)/status"),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("NSpid:") }),
                line.split(whereSeparator: \.isWhitespace).last == "\(inner)", namespace(of: pid) == space
            else { continue }
            return pid
        }
        return inner
    }

    private static func namespace(of pid: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/\(pid)/ns/pid", $0.baseAddress!, $0.count) }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
