import Glibc
import Linux
import VirtualMachine

/// A machine's run directory, as its monitor has it: locked, with sockets to listen at.
final class MonitorDirectory {
    private let paths: VMPaths
    /// Held, not read: its lock says that the machine lives.
    private let lock: OwnedDescriptor
    private let state: OwnedDescriptor
    let control: OwnedDescriptor
    let console: OwnedDescriptor
    /// Full machines only.
    let screen: OwnedDescriptor?
    let consoleLog: OwnedDescriptor
    let vsock: OwnedDescriptor?

    init(_ configuration: VMConfiguration, directory: String) throws {
        let paths = VMPaths(directory: directory)
        self.paths = paths
        try File.makeDirectory(directory, mode: 0o700)
        let file = try File.open(paths.lock, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        guard try File.tryLock(file) else { throw VMError("the machine “\(configuration.name)” runs already") }
        lock = OwnedDescriptor(file)
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
        state = OwnedDescriptor(try File.open(paths.state, flags, mode: 0o600))
        consoleLog = OwnedDescriptor(try File.open(paths.consoleLog, flags | O_APPEND, mode: 0o600))
        control = OwnedDescriptor(try UnixSocket.listen(paths.control, nonBlocking: true))
        console = OwnedDescriptor(try UnixSocket.listen(paths.console, nonBlocking: true))
        screen =
            configuration.virtualization == .full
            ? OwnedDescriptor(try UnixSocket.listen(paths.screen, nonBlocking: true)) : nil
        vsock = try configuration.vsock.map { _ in
            OwnedDescriptor(try UnixSocket.listen(paths.vsock, nonBlocking: true))
        }
    }

    /// Writes how the machine is. By descriptor: an isolated monitor has no paths.
    func write(_ status: VMStatus) {
        let bytes = Array(status.text.utf8)
        _ = ftruncate(state.rawValue, 0)
        _ = pwrite(state.rawValue, bytes, bytes.count, 0)
    }
}
