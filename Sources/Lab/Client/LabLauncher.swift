import Glibc
import Linux
import Synchronization
import Topology

/// Starting and ending labs, from outside.
public enum LabLauncher {
    /// How far something is: a stage ("hosts"), how many of how many.
    public typealias Progress = (_ stage: String, _ done: Int, _ total: Int) -> Void

    /// A lab found in the run directory.
    public struct Entry: Sendable {
        public let name: String
        public let directory: String
        /// False: its supervisor ended without cleaning up; `down` removes what it left.
        public let isAlive: Bool
    }

    /// Brings a lab up and returns when it is; it runs on by itself, away from the caller's terminal.
    /// - Parameter supervisor: path of `rookery-lab`; nil looks beside this program and then in PATH.
    /// - Throws: why the lab could not be brought up; nothing of it is left then. `.alreadyRunning` for a second lab of
    ///   the same name.
    public static func up(
        _ topology: LabTopology, supervisor: String? = nil, progress: Progress = { _, _, _ in }
    ) throws(LabError) {
        try LabName.validate(topology.name)
        let json = try ControlLine.encode(topology)
        let (socket, process) = try start(
            supervisor ?? SiblingProgram.path("rookery-lab") ?? "rookery-lab", lab: topology.name, sending: json)
        let client = LabClient(socket: FileDescriptor(owning: socket))
        while let reply = try client.next() {
            switch reply {
            case .progress(let stage, let done, let total): progress(stage, done, total)
            case .done:
                guardians.withLock { $0[topology.name] = process }
                unlink(LabPaths(lab: topology.name).crashLog)
                return
            case .failed(let reason):
                process.wait()
                throw LabError(reason, kind: reason.contains(alreadyRunning) ? .alreadyRunning : .failed)
            default: continue
            }
        }
        process.wait()
        throw LabError("the lab's supervisor ended before the lab was up")
    }

    /// Takes a lab down and returns when nothing of it is left. What a dead supervisor has left is removed, too.
    /// - Throws: `.notRunning` where there is neither.
    public static func down(_ lab: String, progress: Progress = { _, _, _ in }) throws(LabError) {
        try LabName.validate(lab)
        let paths = LabPaths(lab: lab)
        guard File.exists(paths.directory) else {
            // All that a crash has left.
            if unlink(paths.crashLog) == 0 { return }
            throw LabError("no lab named “\(lab)” is running (rookery ps lists those that are)", kind: .notRunning)
        }
        while true {
            do throws(LabError) {
                try LabClient(lab: lab, paths: paths).request(.down) { reply in
                    if case .progress(let stage, let done, let total) = reply { progress(stage, done, total) }
                }
            } catch {
                // Nobody answers, or no longer: what is left is removed all the same.
                if error.kind == .failed { throw error }
                // Nobody answers yet: it comes up, as one with virtual machines does for a while.
                if error.kind == .notRunning, StateFile.isHeld(paths) {
                    progress("waiting until it is up", 0, 0)
                    MonotonicClock.sleep(until: MonotonicClock.now() + 20_000_000)
                    continue
                }
            }
            break
        }
        try StateFile.waitAndCleanUp(paths)
        unlink(paths.crashLog)
        guardians.withLock { $0.removeValue(forKey: lab) }?.wait()
    }

    /// The labs of this user, by name.
    public static func list() -> [Entry] {
        guard let names = try? File.list(LabPaths.root) else { return [] }
        return names.compactMap { name in
            let paths = LabPaths(lab: name)
            guard File.exists(paths.state) else { return nil }
            return Entry(name: name, directory: paths.directory, isAlive: StateFile.isHeld(paths))
        }
    }

    static let alreadyRunning = "is running already"

    /// The guardians that this process has started, to be reaped when their labs go down.
    private static let guardians = Mutex<[String: GuardianProcess]>([:])

    private static func start(
        _ program: String, lab: String, sending json: [UInt8]
    ) throws(LabError) -> (socket: Int32, process: GuardianProcess) {
        let (ours, theirs) = try labelled { () throws(SystemError) in
            try UnixSocket.pair { (a, b) throws(SystemError) in SocketPair(ours: a.release(), theirs: b.release()) }
        }.ends
        defer { close(theirs) }
        let input = try labelled { () throws(SystemError) in try Pipe() }
        let null = try labelled { () throws(SystemError) in try File.open("/dev/null", O_RDWR) }
        var spawn = Spawn(program, ["rookery-lab", lab])
        spawn.newSession = true
        spawn.directory = "/"
        spawn.descriptors = [
            (input.readEnd.rawValue, 0), (null.rawValue, 1), (null.rawValue, 2), (theirs, 3),
        ]
        let process: GuardianProcess
        do throws(SpawnError) {
            process = GuardianProcess(try spawn.start())
        } catch {
            close(ours)
            throw LabError(
                "\(error) (rookery-lab belongs beside rookery, or in the PATH)")
        }
        input.split { (readEnd, writeEnd) in
            // The reader must be the guardian alone, or its death would leave the write waiting for ever.
            do throws(SystemError) {
                try readEnd.close()
                try writeEnd.writeBytes(json)
            } catch {
                // The guardian has ended; what it has said about that is read from the socket.
            }
        }
        return (ours, process)
    }

    private struct SocketPair {
        let ours: Int32
        let theirs: Int32
        var ends: (Int32, Int32) { (ours, theirs) }
    }
}

/// A guardian that is a child of this process.
final class GuardianProcess: Sendable {
    private let process: ChildProcess

    init(_ process: consuming ChildProcess) { self.process = process }

    func wait() { _ = try? process.wait() }
}
