import Glibc
import Linux
import Synchronization
import Topology

// Programs on hosts: those that the topology starts, those that `exec` runs.

extension Supervisor {
    /// Starts a program on a host.
    /// - Parameters:
    ///   - descriptors: the program's 0, 1 and 2; they stay the caller's.
    ///   - terminal: whether they are a terminal to control the program by.
    /// - Returns: its process in the lab's PID namespace, which leads a session and process group.
    func launch(
        on host: Host, _ command: [String], environment: [String: String] = [:], directory: String? = nil,
        descriptors: [Int32], terminal: Bool = false, ended: @escaping ProcessTable.Ended
    ) throws(LabError) -> Int32 {
        guard let program = command.first else { throw LabError("no program to run on \(host.node.name)") }
        if let machine = host.machine {
            return try launch(
                in: machine, command, environment: host.node.host.environment.merging(environment) { $1 },
                directory: directory ?? host.node.host.workingDirectory, descriptors: descriptors, terminal: terminal,
                ended: ended)
        }
        let surroundings = try host.surroundings(in: programContext)
        var spawn = Spawn(program, command, environment: host.environment(adding: environment))
        surroundings.apply(to: &spawn)
        spawn.directory = directory ?? host.node.host.workingDirectory
        spawn.newSession = true
        spawn.controllingTerminal = terminal ? 0 : nil
        spawn.descriptors = zip(descriptors, Int32(0)...).map { (parent: $0, child: $1) }
        return try labelled(host.node.name) { () throws(SpawnError) in try self.processes.start(spawn, ended: ended) }
    }

    /// The file that takes the output of a host's background programs, opened for appending.
    func openLog(of node: String) throws(LabError) -> OwnedDescriptor {
        let path = "\(paths.directory)/\(node == "supervisor" ? "supervisor-node" : node).log"
        if !File.exists(path) { try state.add(.file(path: path)) }
        return try labelled { () throws(SystemError) in
            OwnedDescriptor(try File.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o600))
        }
    }

    /// Runs the topology's commands and start-up commands: those of one host in order, hosts side by side.
    func runStartPrograms(_ lab: LabTopology, _ progress: StartProgress) throws(LabError) {
        let busy = hosts.filter { !$0.node.host.commands.isEmpty || $0.node.host.startupCommand != nil }
        if busy.isEmpty { return }
        try progress("programs", 0, busy.count)
        let work = StartWork(count: busy.count)
        for _ in 0..<min(8, busy.count) {
            try labelled { () throws(SystemError) in
                try BackgroundThread.start("rookery-run") {
                    while let index = work.take() {
                        do throws(LabError) {
                            try self.runStartPrograms(of: busy[index])
                            work.finish(nil)
                        } catch { work.finish(error) }
                    }
                }
            }
        }
        while true {
            let (done, failure) = work.look()
            if let failure { throw failure }
            try progress("programs", done, busy.count)
            if done == busy.count { return }
            MonotonicClock.sleep(until: MonotonicClock.now() + 5_000_000)
        }
    }

    private final class StartWork: Sendable {
        private struct State {
            var next = 0
            var done = 0
            var failure: LabError?
        }
        private let count: Int
        private let state = Mutex(State())

        init(count: Int) { self.count = count }

        func take() -> Int? {
            state.withLock { state in
                guard state.next < count, state.failure == nil else { return nil }
                state.next += 1
                return state.next - 1
            }
        }

        func finish(_ failure: LabError?) {
            state.withLock { state in
                state.done += 1
                state.failure = state.failure ?? failure
            }
        }

        func look() -> (done: Int, failure: LabError?) { state.withLock { ($0.done, $0.failure) } }
    }

    private func runStartPrograms(of host: Host) throws(LabError) {
        let settings = host.node.host
        for command in settings.commands {
            let (status, output) = try run(command, on: host)
            guard status == 0 else {
                throw LabError(
                    "“\(command)” on \(host.node.name) ended with status \(status)"
                        + (output.isEmpty ? "" : ":\n\(output)"))
            }
        }
        guard let command = settings.startupCommand else { return }
        let log = try openLog(of: host.node.name)
        _ = try launch(on: host, ["/bin/sh", "-c", command], descriptors: [0, log.rawValue, log.rawValue]) { end in
            host.condition.withLock { $0 = "start-up command \(end)" }
        }
    }

    /// Runs a shell command to its end.
    /// - Returns: what `$?` would say, and what it wrote.
    func run(_ command: String, on host: Host) throws(LabError) -> (status: Int32, output: String) {
        let ended = try labelled { () throws(SystemError) in try Promise<ProcessEnd>() }
        let output = try labelled { () throws(SystemError) in try Pipe() }
        let writer = output.writeEnd.rawValue
        _ = try launch(on: host, ["/bin/sh", "-c", command], descriptors: [0, writer, writer]) { ended.fulfil($0) }
        let bytes = try output.split { (readEnd, writeEnd) throws(LabError) in
            do throws(SystemError) {
                try writeEnd.close()
                try readEnd.setNonBlocking(true)
            } catch { throw LabError(error) }
            return Self.collect(readEnd, until: ended)
        }
        return (ended.wait().shellStatus, String(decoding: bytes, as: UTF8.self))
    }

    /// Reads until the program has ended, even if something that it left behind keeps its output open.
    private static func collect(_ input: borrowing FileDescriptor, until ended: Promise<ProcessEnd>) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            var watched = [
                pollfd(fd: input.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: ended.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            poll(&watched, 2, -1)
            let count = read(input.rawValue, &chunk, chunk.count)
            if count > 0 {
                bytes += chunk[..<count]
            } else if count == 0 || ended.current != nil {
                return bytes
            }
        }
    }
}
