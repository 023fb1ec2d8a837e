import CLinux
import Glibc

/// A terminal made of software: what a program writes to `terminal` is read from `controller` (pty(7)).
public struct PseudoTerminal: ~Copyable, Sendable {
    /// Rows and columns.
    public struct WindowSize: Equatable, Sendable {
        public var rows: UInt16
        public var columns: UInt16
        public init(rows: UInt16, columns: UInt16) {
            self.rows = rows
            self.columns = columns
        }
    }

    /// Our end.
    public let controller: FileDescriptor
    /// The program's end, for its descriptors 0, 1 and 2. Close it once the program runs, or the end is never seen.
    public let terminal: FileDescriptor

    public init(size: WindowSize = WindowSize(rows: 24, columns: 80)) throws(SystemError) {
        let flags = O_RDWR | O_NOCTTY | O_CLOEXEC
        let controller = FileDescriptor(
            owning: try retrying("open a pseudo-terminal") { rk_open("/dev/ptmx", flags, 0) })
        let number = controller.rawValue
        try retrying("unlock a pseudo-terminal") { rk_unlock_terminal(number) }
        let terminal = FileDescriptor(
            owning: try retrying("open a pseudo-terminal's other end") {
                rk_open_peer_terminal(number, flags)
            })
        try Self.setWindowSize(size, of: controller)
        self.controller = controller
        self.terminal = terminal
    }

    /// Takes the ends apart: controller, terminal.
    public consuming func split<Result: ~Copyable, Failure: Error>(
        _ body: (consuming FileDescriptor, consuming FileDescriptor) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(controller, terminal)
    }

    public static func setWindowSize(_ size: WindowSize, of terminal: borrowing FileDescriptor) throws(SystemError) {
        var window = winsize(ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0)
        let number = terminal.rawValue
        try retrying("set the window size of", "descriptor \(number)") { rk_ioctl(number, UInt(TIOCSWINSZ), &window) }
    }

    /// The window size of any terminal, by descriptor number (0 for standard input); nil where it is none.
    public static func windowSize(of descriptor: Int32) -> WindowSize? {
        var window = winsize()
        guard rk_ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0 else { return nil }
        return WindowSize(rows: window.ws_row, columns: window.ws_col)
    }

    /// A terminal's settings, to be put back.
    public struct Settings: @unchecked Sendable {
        let value: termios
    }

    /// Passes every key through as it is (cfmakeraw(3)). Returns the settings before; nil where it is no terminal.
    public static func enterRawMode(_ descriptor: Int32) -> Settings? {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return nil }
        let saved = Settings(value: settings)
        cfmakeraw(&settings)
        return tcsetattr(descriptor, TCSANOW, &settings) == 0 ? saved : nil
    }

    public static func restore(_ settings: Settings, of descriptor: Int32) {
        var value = settings.value
        tcsetattr(descriptor, TCSANOW, &value)
    }
}
