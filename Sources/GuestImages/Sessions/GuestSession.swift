import Glibc
import Linux

/// A command in a mini guest that this process stands for: its input, output and exit status are this process's, and
/// signals for this process are for it. The protocol: `SessionScripts`.
///
/// The guest is not trusted: it may say anything, at any length, and never take anything.
public struct GuestSession {
    /// The command's status, and whether the session got so far.
    public enum End: Equatable, Sendable {
        case exited(Int32)
        /// The guest, or its machine, has gone before the command ended.
        case lost
    }

    /// The Unix socket by which the machine's vsock is reached.
    private let socket: String
    private let script: String
    private let isOnTerminal: Bool
    /// Whether the command reads our standard input.
    public var takesInput = true
    /// How long to wait for the guest to listen, in nanoseconds.
    public var patience: UInt64 = 10_000_000_000

    /// - Parameter isOnTerminal: the command gets a terminal with the settings and the size of our standard input's.
    public init(socket: String, script: String, isOnTerminal: Bool) {
        self.socket = socket
        self.script = script
        self.isOnTerminal = isOnTerminal
    }

    /// Longer lines of the guest's are no protocol.
    private static let longestLine = 64
    /// What is still to come when a command has ended is there by then; what it left running may go on for ever.
    private static let quietMilliseconds: Int32 = 150

    /// Runs the command to its end. To be called while there is one thread only: signals come by descriptor from now on.
    public func run() throws(GuestImageError) -> End {
        signal(SIGPIPE, SIG_IGN)
        return try system { () throws(SystemError) in
            let signals = try SignalDescriptor([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH])
            // A terminal that does not know its size says 0.
            var size = PseudoTerminal.WindowSize(rows: 24, columns: 80)
            if isOnTerminal, let known = PseudoTerminal.windowSize(of: 0), known.rows > 0, known.columns > 0 {
                size = known
            }
            let words = isOnTerminal ? PseudoTerminal.settings(of: 0) : ""
            let identifier = Self.newIdentifier()
            let kind = isOnTerminal ? "terminal" : "plain"
            let head =
                "run \(identifier) \(kind) \(size.rows) \(size.columns) \(script.utf8.count) \(words)\n"
            func stream(_ coming: Coming) -> OwnedDescriptor? {
                if case .stream(let stream) = coming { return stream }
                return nil
            }
            let first = try connect(signals)
            if case .signal(let signal) = first { return .exited(128 + signal) }
            guard let control = stream(first), Self.say(head + script, to: control.descriptor),
                case .line("ready") = line(of: control.descriptor, signals, until: MonotonicClock.now() + patience),
                let data = stream(try connect(signals)), Self.say("data \(identifier)\n", to: data.descriptor)
            else { return .lost }
            var errors: OwnedDescriptor?
            if !isOnTerminal {
                errors = stream(try connect(signals))
                guard let errors, Self.say("error \(identifier)\n", to: errors.descriptor) else { return .lost }
            }

            let settings = isOnTerminal ? PseudoTerminal.enterRawMode(0) : nil
            defer { if let settings { PseudoTerminal.restore(settings, of: 0) } }
            return try relay(control.descriptor, data.descriptor, errors, signals)
        }
    }

    /// - Returns: false: nobody is there to hear it.
    private static func say(_ text: String, to stream: borrowing FileDescriptor) -> Bool {
        (try? stream.writeAll(text)) != nil
    }

    private static func newIdentifier() -> String {
        String(UInt64.random(in: 0...UInt64.max), radix: 16)
    }

    /// Whether a guest takes commands now: it answers within the time, in nanoseconds.
    public static func isAnswered(at socket: String, within time: UInt64) -> Bool {
        guard let stream = try? UnixSocket.connect(socket), say("CONNECT \(SessionScripts.port)\n", to: stream),
            (try? stream.setNonBlocking(true)) != nil
        else { return false }
        let deadline = MonotonicClock.now() + time
        var watched = pollfd(fd: stream.rawValue, events: Int16(POLLIN), revents: 0)
        while MonotonicClock.now() < deadline {
            guard poll(&watched, 1, Int32(time / 1_000_000)) != 0 else { return false }
            // A refusal ends the connection, in one way or another.
            if watched.revents != 0 { return (try? stream.read(upTo: 2)) == Array("OK".utf8) }
        }
        return false
    }

    /// What came while something was waited for.
    private enum Coming {
        case stream(OwnedDescriptor)
        case line(String)
        /// A signal that ends programs.
        case signal(Int32)
    }

    /// A guest that is not up yet does not listen: it is asked again.
    /// - Returns: a stream or a signal.
    private func connect(_ signals: borrowing SignalDescriptor) throws(SystemError) -> Coming {
        let deadline = MonotonicClock.now() + patience
        while true {
            let stream = OwnedDescriptor(try UnixSocket.connect(socket))
            try stream.descriptor.writeAll("CONNECT \(SessionScripts.port)\n")
            switch line(of: stream.descriptor, signals, until: deadline) {
            case .line(let text) where text.hasPrefix("OK"): return .stream(stream)
            case .signal(let signal): return .signal(signal)
            default: break
            }
            guard MonotonicClock.now() < deadline else {
                throw SystemError("reach the guest at", socket, remedy: "it takes no commands, or is not up yet")
            }
            if let signal = Self.wait(for: -1, signals, until: MonotonicClock.now() + 50_000_000) {
                return .signal(signal)
            }
        }
    }

    /// Waits until a descriptor has bytes or an end.
    /// - Returns: the signal that came before; those that end nothing are not for a command that does not run yet.
    private static func wait(
        for descriptor: Int32, _ signals: borrowing SignalDescriptor, until deadline: UInt64
    ) -> Int32? {
        while true {
            let now = MonotonicClock.now()
            guard now < deadline else { return nil }
            var watched = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
            ]
            poll(&watched, 2, Int32((deadline - now) / 1_000_000 + 1))
            while let signal = signals.next() {
                if [SIGINT, SIGTERM, SIGHUP, SIGQUIT].contains(signal) { return signal }
            }
            if watched[0].revents != 0 { return nil }
        }
    }

    /// A line, byte by byte: what comes behind it is something else.
    /// - Returns: a line, as far as it came until the time or the end; or a signal.
    private func line(
        of stream: borrowing FileDescriptor, _ signals: borrowing SignalDescriptor, until deadline: UInt64
    ) -> Coming {
        var bytes: [UInt8] = []
        while bytes.count < Self.longestLine {
            if let signal = Self.wait(for: stream.rawValue, signals, until: deadline) { return .signal(signal) }
            // A refusal ends the connection, in one way or another.
            guard MonotonicClock.now() < deadline, let byte = try? stream.read(upTo: 1).first, byte != 0x0a else {
                break
            }
            bytes.append(byte)
        }
        return .line(String(decoding: bytes, as: UTF8.self))
    }

    // MARK: - To and fro

    private func relay(
        _ control: borrowing FileDescriptor, _ data: borrowing FileDescriptor, _ errors: OwnedDescriptor?,
        _ signals: borrowing SignalDescriptor
    ) throws(SystemError) -> End {
        try data.setNonBlocking(true)
        var status: Int32?
        var replies = LineBuffer()
        var pending: ArraySlice<UInt8> = []
        var input: Int32 = takesInput ? 0 : -1
        if input < 0 { shutdown(data.rawValue, Int32(SHUT_WR)) }
        var open = (data: true, errors: errors != nil)
        var chunk = [UInt8](repeating: 0, count: 65536)
        while status == nil || open.data || open.errors {
            var watched = [
                pollfd(fd: open.data ? data.rawValue : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: open.errors ? errors?.rawValue ?? -1 : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: status == nil ? control.rawValue : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: pending.isEmpty && status == nil ? input : -1, events: Int16(POLLIN), revents: 0),
            ]
            if !pending.isEmpty && open.data { watched[0].events |= Int16(POLLOUT) }
            let count = poll(&watched, nfds_t(watched.count), status == nil ? -1 : Self.quietMilliseconds)
            if count == 0 { break }
            if count < 0 { continue }
            if watched[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
                open.data = try pass(from: data.rawValue, to: 1, &chunk)
            }
            if watched[1].revents != 0, let number = errors?.rawValue {
                open.errors = try pass(from: number, to: 2, &chunk)
            }
            if watched[2].revents != 0 {
                let count = read(control.rawValue, &chunk, Self.longestLine)
                if count <= 0 { return .lost }
                guard let lines = replies.take(chunk[..<count]) else { return .lost }
                for line in lines where line.hasPrefix("exit ") { status = Int32(line.dropFirst(5)) ?? 1 }
            }
            while let number = signals.next() { send(number, control) }
            if watched[0].revents & Int16(POLLOUT) != 0, !pending.isEmpty { write(&pending, to: data) }
            if watched[4].revents != 0 {
                let count = read(0, &chunk, chunk.count)
                if count > 0 {
                    pending = chunk[..<count]
                    write(&pending, to: data)
                } else if count == 0 || errno != EINTR && errno != EAGAIN {
                    input = -1
                    // A terminal that has gone sends SIGHUP besides.
                    if !isOnTerminal { shutdown(data.rawValue, Int32(SHUT_WR)) }
                }
            }
        }
        return status.map(End.exited) ?? .lost
    }

    /// - Returns: false at the end.
    private func pass(from source: Int32, to target: Int32, _ chunk: inout [UInt8]) throws(SystemError) -> Bool {
        let count = read(source, &chunk, chunk.count)
        guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
        var done = 0
        while done < count {
            let written = chunk.withUnsafeBytes { Glibc.write(target, $0.baseAddress! + done, count - done) }
            if written < 0, errno != EINTR { throw SystemError("write output") }
            done += max(written, 0)
        }
        return true
    }

    /// As much as the guest takes; what it does not want, because the command reads no more, is dropped.
    private func write(_ bytes: inout ArraySlice<UInt8>, to data: borrowing FileDescriptor) {
        let count = bytes.withUnsafeBytes { Glibc.write(data.rawValue, $0.baseAddress!, $0.count) }
        if count >= 0 {
            bytes = bytes.dropFirst(count)
        } else if errno != EAGAIN, errno != EINTR {
            bytes = []
        }
    }

    private func send(_ number: Int32, _ control: borrowing FileDescriptor) {
        if number == SIGWINCH {
            guard isOnTerminal, let size = PseudoTerminal.windowSize(of: 0), size.rows > 0, size.columns > 0 else {
                return
            }
            try? control.writeAll("size \(size.rows) \(size.columns)\n")
        } else {
            try? control.writeAll("signal \(number)\n")
        }
    }

    /// Lines of a peer that may send anything.
    struct LineBuffer {
        private var bytes: [UInt8] = []

        /// - Returns: the lines that are whole now; nil: one is too long.
        mutating func take(_ more: ArraySlice<UInt8>) -> [String]? {
            var lines: [String] = []
            for byte in more {
                if byte == 0x0a {
                    lines.append(String(decoding: bytes, as: UTF8.self))
                    bytes = []
                } else {
                    bytes.append(byte)
                    if bytes.count > GuestSession.longestLine { return nil }
                }
            }
            return lines
        }
    }
}
