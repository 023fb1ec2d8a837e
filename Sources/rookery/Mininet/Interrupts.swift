import Glibc
import Linux

// Ctrl-C is for the program that runs on a host, not for us. The handler writes the signal's number into a pipe, so that
// a poll() on a program's output and on the pipe misses nothing.

/// Signals that this process takes as requests, by a pipe.
enum Interrupts {
    /// Ctrl-C came while something ran.
    struct Interrupted: Error { let signal: Int32 }

    nonisolated(unsafe) private static var writeEnd: Int32 = -1
    nonisolated(unsafe) private static var readEnd: Int32 = -1

    /// The end to poll; -1 before `install`.
    static var descriptor: Int32 { readEnd }

    static func install() throws(SystemError) {
        guard readEnd < 0 else { return }
        try Pipe(nonBlocking: true).split { (read, write) in
            readEnd = read.release()
            writeEnd = write.release()
        }
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { signal in
            let saved = errno
            var byte = UInt8(truncatingIfNeeded: signal)
            _ = write(Interrupts.writeEnd, &byte, 1)
            errno = saved
        }
        // Without SA_RESTART, so that a read of the terminal returns.
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaction(signal, &action, nil) }
    }

    /// The signals that have come since the last call; SIGTERM and SIGHUP win over SIGINT.
    static func take() -> Int32? {
        guard readEnd >= 0 else { return nil }
        var byte: UInt8 = 0
        var found: Int32?
        while read(readEnd, &byte, 1) == 1 {
            if found == nil || byte != UInt8(SIGINT) { found = Int32(byte) }
        }
        return found
    }

    /// Waits until a descriptor has something; throws when a signal comes first.
    static func waitReadable(_ descriptor: Int32, timeoutMilliseconds: Int32 = -1) throws(Interrupted) -> Bool {
        var polled = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let count = poll(&polled, 2, timeoutMilliseconds)
            if count < 0, errno == EINTR { continue }
            if polled[1].revents != 0, let signal = take() { throw Interrupted(signal: signal) }
            return count > 0 && polled[0].revents != 0
        }
    }
}
