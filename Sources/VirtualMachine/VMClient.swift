import Glibc
import Linux

/// A running machine, reached by its control socket.
///
/// The protocol: a request is a line; the answer is "ok" or "error TEXT", lines `key=value`, and an empty line.
public struct VMClient: Sendable {
    public let name: String
    public let paths: VMPaths

    public init(_ name: String) {
        self.name = name
        paths = VMPaths(machine: name)
    }

    public init(_ name: String, paths: VMPaths) {
        self.name = name
        self.paths = paths
    }

    /// How the machine is; of one that has ended, how it did.
    public func status() throws(VMError) -> VMStatus {
        guard paths.isRunning else { return try leftStatus() }
        let answer = try exchange(VMRequest.status.rawValue)
        var status = VMStatus(text: answer.text)
        // A lab's machine counts processes in its lab's name space; the caller may live in another.
        status.process = answer.process
        return status
    }

    /// What a machine that does not run left in its state file.
    private func leftStatus() throws(VMError) -> VMStatus {
        guard let text = try? File.readText(paths.state) else { throw VMError("there is no machine “\(name)”") }
        var status = VMStatus(text: text)
        if status.state != .ended {
            status.state = .ended
            status.end = "its monitor was killed (see \(paths.monitorLog))"
            status.exitStatus = 137
        }
        return status
    }

    /// Presses the power button: the guest switches itself off if it will.
    public func powerOff() throws(VMError) { _ = try request(.powerOff) }
    /// Ends the machine at once.
    public func kill() throws(VMError) { _ = try request(.kill) }
    /// Stops its processors and its time; `resume` lets them go on.
    public func pause() throws(VMError) { _ = try request(.pause) }
    public func resume() throws(VMError) { _ = try request(.resume) }

    /// Waits until the machine has ended.
    public func waitForEnd() throws(VMError) -> VMStatus {
        if paths.isRunning, let answer = try? request(.wait) { return VMStatus(text: answer) }
        return try leftStatus()
    }

    /// A stream of the console: first what was written lately, then what comes; bytes written to it are keys.
    public func openConsole() throws(VMError) -> FileDescriptor {
        do throws(SystemError) {
            return try UnixSocket.connect(paths.console)
        } catch { throw unreachable(error) }
    }

    private func request(_ request: VMRequest) throws(VMError) -> String { try self.request(request.rawValue) }

    /// Sends a request and waits for the answer.
    /// - Returns: its lines without the first.
    public func request(_ line: String) throws(VMError) -> String { try exchange(line).text }

    /// - Returns: the answer's lines without the first; the monitor's process, as this one sees it.
    private func exchange(_ line: String) throws(VMError) -> (text: String, process: Int32) {
        var bytes: [UInt8] = []
        var process: Int32 = 0
        do throws(SystemError) {
            let socket = try UnixSocket.connect(paths.control)
            process = try UnixSocket.peer(socket).process
            try socket.writeAll(line + "\n")
            while !Self.isWhole(bytes) {
                let more = try socket.read(upTo: 4096)
                if more.isEmpty { throw SystemError("hear from", paths.control, code: .brokenPipe) }
                bytes += more
            }
        } catch { throw unreachable(error) }
        let text = String(decoding: bytes, as: UTF8.self)
        let first = text.prefix { $0 != "\n" }
        guard first == "ok" else { throw VMError(String(first.drop { $0 != " " }.dropFirst())) }
        return (String(text.dropFirst(first.count + 1)), process)
    }

    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        bytes.suffix(2) == [0x0a, 0x0a] || bytes == [0x0a]
    }

    private func unreachable(_ error: SystemError) -> VMError {
        paths.isRunning ? VMError("\(error)") : VMError("the machine “\(name)” does not run")
    }
}
