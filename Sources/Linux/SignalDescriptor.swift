import CLinux
import Glibc

/// Signals as a readable descriptor (signalfd(2)).
public struct SignalDescriptor: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    /// Blocks the signals in the calling thread, and so in the threads it makes from then on, and opens the descriptor.
    /// Call it before any other thread starts: a thread with the signal unblocked would take it.
    public init(_ signals: [Int32]) throws(SystemError) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        descriptor = FileDescriptor(
            owning: try retrying("make a signalfd") {
                signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
            })
    }

    /// The next signal's number, or nil where none waits.
    public borrowing func next() -> Int32? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        return Glibc.read(descriptor.rawValue, &info, size) == size ? Int32(info.ssi_signo) : nil
    }
}
