import Glibc
import Linux
import VirtualMachine

/// A machine's console in this terminal.
struct VMConsole {
    enum End: Equatable {
        /// The machine has ended.
        case ended
        /// The user has left by the escape key.
        case left
        /// A signal told us to end.
        case signalled(Int32)
    }

    /// Ctrl-].
    private static let escape: UInt8 = 0x1d
    private let client: VMClient
    /// Whether keys go to the machine.
    var takesInput = true
    /// The VGA screen and the keyboard of a full machine, in the place of the serial line.
    var isScreen = false

    init(_ client: VMClient) { self.client = client }

    /// Passes keys and output on until one side has enough.
    /// - Parameter output: called with what the machine says; nil: it goes to the standard output.
    /// - Returns: why it is over. The terminal is as it was.
    func attach(output: (([UInt8]) throws -> Bool)? = nil) throws -> End {
        let socket = try isScreen ? UnixSocket.connect(client.paths.screen) : client.openConsole()
        let signals = try SignalDescriptor([SIGTERM, SIGHUP, SIGINT])
        let settings = takesInput ? PseudoTerminal.enterRawMode(0) : nil
        defer { if let settings { PseudoTerminal.restore(settings, of: 0) } }
        var inputIsOpen = takesInput
        let isTerminal = settings != nil
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            var polled = [
                pollfd(fd: socket.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: inputIsOpen ? 0 : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&polled, 3, -1) < 0 && errno != EINTR { throw SystemError("wait for the console") }
            if polled[0].revents != 0 {
                let count = read(socket.rawValue, &buffer, buffer.count)
                if count <= 0 { return .ended }
                if let output {
                    if try !output(Array(buffer[..<count])) { return .left }
                } else {
                    Standard.output.write(bytes: buffer[..<count])
                }
            }
            if polled[1].revents != 0 {
                let count = read(0, &buffer, buffer.count)
                if count <= 0 {
                    inputIsOpen = false
                } else {
                    let keys = buffer[..<count]
                    let typed = isTerminal ? keys.prefix { $0 != Self.escape } : keys
                    try Array(typed).withUnsafeBytes { try socket.writeAll($0) }
                    if typed.count < keys.count { return .left }
                }
            }
            if let signal = signals.next() { return .signalled(signal) }
        }
    }
}
