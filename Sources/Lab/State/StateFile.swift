import FoundationEssentials
import Glibc
import Linux

// What a lab owns on the machine, a line of JSON each.
//
// Design: a line is written and synced *before* the thing that it names is made, so that at any moment, a kill -9 or a
// full disk included, everything that exists is listed; a thing that is listed need not exist. Whoever removes things
// removes what is listed, latest first, and nothing else.
// Most of a lab needs no line: processes end with the supervisor's PID namespace, and network namespaces, TAPs and mounts
// are held by its descriptors alone.
// Liveness: guardian and supervisor share one open file description of the state file with a lock on it (flock(2)). The
// kernel lets it go when both have ended, however they do; process numbers say nothing.

/// The open state file of a lab that this process keeps.
public final class StateFile: Sendable {
    /// The descriptor, for handing it on.
    public let descriptor: Int32
    private let file: FileDescriptor
    public let paths: LabPaths

    private init(_ file: consuming FileDescriptor, _ paths: LabPaths) {
        descriptor = file.rawValue
        self.file = file
        self.paths = paths
    }

    /// Takes over a state file that another process has created and locked.
    convenience init(inherited descriptor: Int32, paths: LabPaths) {
        self.init(FileDescriptor(owning: descriptor), paths)
    }

    /// Makes the lab's run directory and state file and locks it. What a dead lab of that name has left is removed first.
    /// - Throws: `.alreadyRunning` where a lab of that name lives.
    public static func create(_ paths: LabPaths, name: String) throws(LabError) -> StateFile {
        while true {
            let root = LabPaths.root
            try labelled { () throws(SystemError) in try File.makeDirectory(root, mode: geteuid() == 0 ? 0o755 : 0o700)
            }
            let existed = File.exists(paths.directory)
            try labelled { () throws(SystemError) in try File.makeDirectory(paths.directory, mode: 0o700) }
            do throws(LabError) {
                if let file = try lockedFile(paths, name: name, existed: existed) { return file }
            } catch {
                if !existed, error.kind != .alreadyRunning { removeDirectory(paths) }
                throw error
            }
        }
    }

    /// nil: somebody removed the file between our opening and our locking it.
    private static func lockedFile(_ paths: LabPaths, name: String, existed: Bool) throws(LabError) -> StateFile? {
        let descriptor: FileDescriptor
        do throws(SystemError) {
            descriptor = try File.open(paths.state, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o600)
        } catch {
            if error.code == .noSuchFile { return nil }
            throw LabError(error)
        }
        let file = StateFile(descriptor, paths)
        guard try labelled({ () throws(SystemError) in try File.tryLock(file.file) }) else {
            throw LabError(
                "a lab named “\(name)” \(LabLauncher.alreadyRunning) "
                    + "(rookery down \(name) ends it; or give the new one another name)",
                kind: .alreadyRunning)
        }
        guard file.isInPlace else { return nil }
        if existed, !file.listed().isEmpty {
            // What a dead lab has left, the run directory included; then once more from the start.
            file.cleanUp()
            return nil
        }
        do throws(LabError) {
            if ftruncate(file.descriptor, 0) < 0 { throw LabError(SystemError("empty", paths.state)) }
            for path in [paths.state, paths.controlSocket, paths.log, paths.hosts] {
                try file.add(.file(path: path))
            }
            try file.add(.directory(path: paths.directory))
        } catch {
            removeDirectory(paths)
            throw error
        }
        return file
    }

    /// Lists a thing that is about to be made.
    /// - Throws: where the line cannot be made durable; the thing must not be made then.
    public func add(_ thing: OwnedThing) throws(LabError) {
        let line = try ControlLine.encode(thing)
        do throws(SystemError) {
            // One write, so that lines of several threads stay whole.
            let count = write(descriptor, line, line.count)
            if count < 0 { throw SystemError("write", paths.state) }
            if count < line.count { throw SystemError("write", paths.state, code: .noSpace) }
            if fdatasync(descriptor) < 0 { throw SystemError("sync", paths.state) }
        } catch {
            throw LabError("cannot note what the lab owns: \(error)")
        }
    }

    /// What is listed, in the order of making.
    func listed() -> [OwnedThing] { Self.read(paths.state) }

    static func read(_ path: String) -> [OwnedThing] {
        guard let text = try? File.read(path) else { return [] }
        // A last line that was cut short names a thing that was never made.
        return text.split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONDecoder().decode(OwnedThing.self, from: Data($0))
        }
    }

    /// Removes everything that is listed, the run directory included, latest first. Repeatable.
    public func cleanUp() { Self.remove(listed()) }

    private var isInPlace: Bool {
        var (mine, theirs) = (stat(), stat())
        return fstat(descriptor, &mine) == 0 && stat(paths.state, &theirs) == 0 && mine.st_ino == theirs.st_ino
            && mine.st_dev == theirs.st_dev
    }

    // MARK: From outside

    /// Whether a lab keeps its state file locked, that is, lives.
    public static func isHeld(_ paths: LabPaths) -> Bool {
        guard let file = try? File.open(paths.state, O_RDONLY | O_NOFOLLOW) else { return false }
        // A shared lock that is refused tells the same without shutting out another asker.
        if flock(file.rawValue, LOCK_SH | LOCK_NB) == 0 { return false }
        return errno == EWOULDBLOCK
    }

    /// Waits until nothing of the lab lives, and removes what is left of it.
    public static func waitAndCleanUp(_ paths: LabPaths) throws(LabError) {
        guard let descriptor = try? File.open(paths.state, O_RDWR | O_APPEND | O_NOFOLLOW) else {
            removeDirectory(paths)
            return
        }
        let file = StateFile(descriptor, paths)
        while flock(file.descriptor, LOCK_EX) < 0 {
            if errno != EINTR { throw LabError(SystemError("lock", paths.state)) }
        }
        // The guardian has cleaned up, unless it was killed. Or a new lab of that name is there already: not ours.
        guard file.isInPlace else { return }
        file.cleanUp()
    }

    /// A run directory that lists nothing holds nothing but files of ours.
    private static func removeDirectory(_ paths: LabPaths) {
        for path in [paths.controlSocket, paths.log, paths.hosts, paths.state] { unlink(path) }
        rmdir(paths.directory)
    }
}
