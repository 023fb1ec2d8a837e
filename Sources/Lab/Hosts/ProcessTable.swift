import Glibc
import Linux
import Synchronization

/// The programs that a lab's supervisor has started. As the first process of a PID namespace it also inherits their
/// orphans; all are reaped in one place, so that no process number can be waited for twice or signalled after its end.
final class ProcessTable: Sendable {
    typealias Ended = @Sendable (ProcessEnd) -> Void

    private let running = Mutex<[Int32: Ended]>([:])

    /// Starts a program.
    /// - Parameter ended: called on the reaping thread once the program has ended.
    func start(_ spawn: Spawn, ended: @escaping Ended) throws(SpawnError) -> Int32 {
        // Under the lock, so that nobody can reap it before it is listed.
        try running.withLock { (table) throws(SpawnError) in
            let pid = try spawn.start().pid
            table[pid] = ended
            return pid
        }
    }

    /// Runs something that starts programs and waits for them itself: meanwhile nobody else reaps them.
    func withoutReaping<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        try running.withLock { (_) throws(Failure) in try body() }
    }

    /// Reaps all that has ended; called when SIGCHLD has come.
    func reap() {
        let ends = running.withLock { table in
            var ends: [(Ended, ProcessEnd)] = []
            while let (pid, end) = Reaper.next() {
                if let ended = table.removeValue(forKey: pid) { ends.append((ended, end)) }
            }
            return ends
        }
        for (ended, end) in ends { ended(end) }
    }

    /// Sends a signal to the group of a program that `start` has started, unless it has ended.
    func signalGroup(_ pid: Int32, _ number: Int32) {
        running.withLock { table in
            if table[pid] != nil { kill(-pid, number) }
        }
    }
}

/// Waits for one value from another thread.
final class Promise<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let event: EventDescriptor

    init() throws(SystemError) { event = try EventDescriptor() }

    /// Becomes readable when the value is there, and stays so.
    var descriptor: Int32 { event.rawValue }

    func fulfil(_ new: Value) {
        value.withLock { $0 = new }
        event.signal()
    }

    var current: Value? { value.withLock { $0 } }

    func wait() -> Value {
        while true {
            if let value = current { return value }
            var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&watched, 1, -1)
        }
    }
}
