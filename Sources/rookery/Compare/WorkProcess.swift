import Glibc
import Linux

/// A `rookery-work` of this machine's own: it ends with its standard input.
final class WorkProcess {
    let channel: WorkChannel
    private let process: Child

    /// Starts it.
    init(_ program: String, endSignals: Int32) throws {
        let ends = try PipePair()
        var spawn = Spawn(program, ["rookery-work", "serve"])
        spawn.descriptors = [(ends.childInput.rawValue, 0), (ends.childOutput.rawValue, 1)]
        spawn.newSession = true
        spawn.parentDeathSignal = SIGTERM
        process = Child(try spawn.start())
        channel = ends.channel(endSignals)
    }

    /// Ends it.
    func end() { process.end() }

    private final class Child {
        private let process: ChildProcess
        init(_ process: consuming ChildProcess) { self.process = process }
        func end() {
            try? process.signal(SIGKILL)
            _ = try? process.wait()
        }
    }
}

/// Two pipes: what a child reads and what it writes.
struct PipePair {
    let childInput: OwnedDescriptor
    let childOutput: OwnedDescriptor
    private let ourInput: OwnedDescriptor
    private let ourOutput: OwnedDescriptor

    init() throws(SystemError) {
        (childInput, ourOutput) = try Self.ends()
        (ourInput, childOutput) = try Self.ends()
    }

    func channel(_ endSignals: Int32) -> WorkChannel {
        WorkChannel(input: ourInput, output: ourOutput, endSignals: endSignals)
    }

    private static func ends() throws(SystemError) -> (OwnedDescriptor, OwnedDescriptor) {
        var ends: (OwnedDescriptor, OwnedDescriptor)?
        try Pipe().split { (read, write) in ends = (OwnedDescriptor(read), OwnedDescriptor(write)) }
        return ends!
    }
}
