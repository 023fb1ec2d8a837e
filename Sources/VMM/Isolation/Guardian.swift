import Glibc
import Linux

/// The monitor's other half, which stays outside of its PID name space: it ends with the monitor and the monitor ends with
/// it, passes signals on, and connects the guest's sockets to those of the host, because the monitor can name no file.
///
/// It reads nothing but port numbers from the monitor, and has next to no rights itself.
final class Guardian {
    private let child: Int32
    private let channel: FileDescriptor
    private let signals: SignalDescriptor
    /// Sockets' paths without the port's number; nil: the guest reaches none.
    private let socketPrefix: String?
    private let isRoot: Bool

    private init(
        child: Int32, channel: consuming FileDescriptor, signals: consuming SignalDescriptor, socketPrefix: String?,
        isRoot: Bool
    ) {
        self.child = child
        self.channel = channel
        self.signals = signals
        self.socketPrefix = socketPrefix
        self.isRoot = isRoot
    }

    /// The longest that the monitor waits for an answer, in seconds.
    private static let patience = 2

    /// Splits the process in two. Call before there are threads.
    /// - Parameter runDirectory: where sockets "vsock.sock_PORT" of the host's programs are.
    /// - Returns: in the monitor's half. The guardian's never returns.
    static func split(runDirectory: String?) throws(SystemError) -> GuardianLink {
        var ours: FileDescriptor?
        var theirs: FileDescriptor?
        try UnixSocket.pair(sequenced: true) { (one, other) in
            ours = consume one
            theirs = consume other
        }
        let isRoot = CurrentProcess.isRoot
        switch try Isolation.splitProcess() {
        case .inside:
            ours = nil
            return try GuardianLink(theirs.take()!, patience: patience)
        case .guardian(let child):
            theirs = nil
            do throws(SystemError) {
                let guardian = Guardian(
                    child: child, channel: try Isolation.closeAll(but: ours.take()!),
                    signals: try SignalDescriptor([SIGCHLD, SIGINT, SIGTERM, SIGHUP]),
                    socketPrefix: runDirectory.map { "\($0)/vsock.sock_" }, isRoot: isRoot)
                try guardian.watch()
            } catch {
                kill(child, SIGKILL)
                MonitorMain.complain("\(error)")
                exit(1)
            }
        }
    }

    private func watch() throws(SystemError) -> Never {
        CurrentThread.setName("vmm-guardian")
        try Isolation.limitResources()
        // The monitor has a user of its own.
        try Isolation.dropCapabilities(keepsKill: isRoot)
        try Isolation.filterGuardianCalls()
        // The monitor's number, as the host sees it. It waits for this.
        withUnsafeBytes(of: child) { _ = try? UnixSocket.send($0, on: channel) }
        var polls = [
            pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: channel.rawValue, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            guard poll(&polls, 2, -1) > 0 else { continue }
            if polls[1].revents != 0, !answer() { polls[1].fd = -1 }
            while let signal = signals.next() {
                if signal == SIGCHLD { endWithChild() } else { kill(child, signal) }
            }
        }
    }

    /// Connects where the monitor says.
    /// - Returns: false where it says nothing any more.
    private func answer() -> Bool {
        var port: UInt32 = 0
        let count = withUnsafeMutableBytes(of: &port) { buffer in
            (try? UnixSocket.receive(into: buffer, on: channel))?.byteCount
        }
        guard count == 4 else { return count != 0 && count != nil }
        let socket = port == GuardianLink.noPort ? nil : socketPrefix.flatMap { Self.connect("\($0)\(port)") }
        let descriptors = socket.map { [$0.rawValue] } ?? []
        _ = try? UnixSocket.send([socket == nil ? 1 : 0], descriptors: descriptors, on: channel)
        return true
    }

    private static func connect(_ path: String) -> OwnedDescriptor? {
        do throws(SystemError) { return OwnedDescriptor(try UnixSocket.connect(path, nonBlocking: true)) } catch {
            return nil
        }
    }

    /// Ends as the monitor has ended, if it has.
    private func endWithChild() {
        var status: Int32 = 0
        guard waitpid(child, &status, WNOHANG) == child else { return }
        if status & 0x7f == 0 { exit(status >> 8 & 0xff) }
        // The same signal, so that whoever waits for this process sees what happened.
        let number = status & 0x7f
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        signal(number, SIG_DFL)
        sigprocmask(SIG_UNBLOCK, &set, nil)
        kill(getpid(), number)
        exit(128 + number)
    }
}

/// The monitor's end of its channel to the guardian.
final class GuardianLink {
    /// VMADDR_PORT_ANY: no port that a guest can connect to.
    static let noPort = UInt32.max

    private let channel: FileDescriptor
    /// This process's number, as the host sees it.
    let process: Int32

    fileprivate init(_ channel: consuming FileDescriptor, patience: Int) throws(SystemError) {
        var time = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(channel.rawValue, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        try CurrentProcess.setParentDeathSignal(SIGKILL)
        var number: Int32 = 0
        let received = try Self.receive(into: &number, on: channel)
        self.channel = channel
        // The guardian has said why, if it could.
        guard received == 4 else { exit(1) }
        process = number
    }

    private static func receive(
        into number: inout Int32, on channel: borrowing FileDescriptor
    ) throws(SystemError) -> Int {
        var bytes = [UInt8](repeating: 0, count: 4)
        let count = Glibc.recv(channel.rawValue, &bytes, 4, 0)
        if count < 0 { throw SystemError("hear from", "the guardian") }
        number = bytes.withUnsafeBytes { $0.load(as: Int32.self) }
        return count
    }

    /// Asks again to end with the guardian, which a change of user undoes.
    func renew() throws(SystemError) {
        try CurrentProcess.setParentDeathSignal(SIGKILL)
        guard ask(Self.noPort) != nil else { exit(1) }
    }

    /// Connects to the host's socket for a port of the guest's.
    func connect(_ port: UInt32) -> OwnedDescriptor? {
        guard port != Self.noPort, let answer = ask(port), let number = answer.first else { return nil }
        return OwnedDescriptor(FileDescriptor(owning: number))
    }

    /// - Returns: the descriptors that came; nil where the guardian does not answer.
    private func ask(_ port: UInt32) -> [Int32]? {
        let isSent = withUnsafeBytes(of: port) { (try? UnixSocket.send($0, on: channel)) != nil }
        guard isSent else { return nil }
        var byte: UInt8 = 0
        let answer = withUnsafeMutableBytes(of: &byte) { try? UnixSocket.receive(into: $0, on: channel) }
        guard let answer, answer.byteCount == 1 else { return nil }
        return answer.descriptors
    }
}
