import Glibc
import Linux

/// Waits for a mini guest to be up, by what it says on its console.
public enum GuestStart {
    public enum End: Sendable {
        case ready
        /// The machine has ended before.
        case ended(GuestLog)
    }

    /// - Parameters:
    ///   - console: gives what was said lately first.
    ///   - goesOn: asked several times a second with the last line on the console; what it throws ends the wait.
    public static func wait<Failure: Error>(
        _ console: borrowing FileDescriptor, _ goesOn: (_ line: String) throws(Failure) -> Void
    ) throws(Failure) -> End {
        var output = GuestOutput()
        var log = GuestLog()
        var chunk = [UInt8](repeating: 0, count: 4096)
        var asked: UInt64 = 0
        while true {
            var watched = pollfd(fd: console.rawValue, events: Int16(POLLIN), revents: 0)
            poll(&watched, 1, 200)
            if watched.revents != 0 {
                let count = read(console.rawValue, &chunk, chunk.count)
                guard count > 0 else { return .ended(log) }
                for part in output.take(chunk[..<count]) {
                    switch part {
                    case .ready: return .ready
                    case .log(let bytes): log.add(bytes)
                    case .output, .exit: break
                    }
                }
            }
            // A console says a letter at a time.
            let now = MonotonicClock.now()
            if now &- asked < 100_000_000 { continue }
            asked = now
            try goesOn(log.lastLines(1).first ?? "")
        }
    }
}
