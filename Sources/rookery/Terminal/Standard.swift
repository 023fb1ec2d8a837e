import Glibc
import Linux

/// Text to a descriptor, unbuffered: what is written is there when the next program writes.
struct TextOutput: Sendable {
    let descriptor: Int32

    func write(_ text: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    func write(bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { write($0) } }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count > 0 {
                done += count
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            } else if errno != EINTR {
                // Nobody reads any more (a closed pager): there is nothing left to say and nobody to say it to.
                return
            }
        }
    }

    var isTerminal: Bool { isatty(descriptor) == 1 }
}

enum Standard {
    static let output = TextOutput(descriptor: 1)
    static let error = TextOutput(descriptor: 2)
    static var inputIsTerminal: Bool { isatty(0) == 1 }
}

enum Terminal {
    /// Help stays readable on a narrow terminal and does not sprawl on a wide one.
    static var helpColumns: Int { max(40, min(80, columns)) }

    static var columns: Int {
        guard let size = PseudoTerminal.windowSize(of: 1), size.columns > 0 else { return 80 }
        return Int(size.columns)
    }

    /// Colour only on a terminal and never with NO_COLOR (no-color.org) or a dumb terminal.
    static func usesColor(_ output: TextOutput = Standard.output) -> Bool {
        guard output.isTerminal, getenv("NO_COLOR").map({ String(cString: $0).isEmpty }) ?? true else { return false }
        return getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
    }
}

enum Style: String {
    case plain = ""
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"

    func callAsFunction(_ text: String, on output: TextOutput = Standard.output) -> String {
        self != .plain && Terminal.usesColor(output) ? "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" : text
    }
}
