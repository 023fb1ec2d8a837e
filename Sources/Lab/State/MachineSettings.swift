import FoundationEssentials
import Glibc
import Linux

// Settings of the machine's kernel that labs must change: forwarding for NAT, room in the neighbour tables, which all
// network namespaces of the machine share.
//
// Design: one directory for the whole machine, whatever run directories its labs use (/run is root's, and labs without
// root change no settings). In it, each lab that needs something keeps a claim: a file that says what, locked (flock(2))
// as long as the lab's supervisor lives, so that a claim whose lock is free is a dead lab's, however it died. The file
// `saved` holds, for each setting that was changed, the value before the first lab and the one it was set to. Whoever
// comes or goes takes the directory's lock, clears dead claims away and sets every setting to what the living ones need
// together; without any, to the value before. A value that neither is in place nor was ours is an administrator's, and
// becomes the one to go back to. The last to go removes the directory.

/// The record of settings that labs have changed, in one directory.
struct MachineSettings {
    /// The machine's; for labs with root.
    static let ofThisMachine = MachineSettings(directory: "/run/rookery.settings")

    let directory: String

    /// What a lab wants of a setting.
    enum Need: Codable, Hashable, Sendable {
        case value(String)
        /// That many entries of a table; what labs need adds up.
        case room(Int)
    }

    struct Requirement: Codable, Hashable, Sendable {
        var path: String
        var need: Need
        /// The network namespace that the setting is of, by its inode number; nil: the machine has one for all.
        var network: UInt64?

        fileprivate var key: Key { Key(path: path, network: network) }
    }

    fileprivate struct Key: Hashable {
        var path: String
        var network: UInt64?
    }

    private struct Saved: Codable {
        var path: String
        var network: UInt64?
        var before: String
        var set: String
    }

    private var savedPath: String { directory + "/saved" }

    /// The network namespace of the calling thread.
    static func ownNetwork() -> UInt64? {
        var status = stat()
        return stat("/proc/thread-self/ns/net", &status) == 0 ? UInt64(status.st_ino) : nil
    }

    /// Makes the settings what these requirements and those of other labs need.
    /// - Parameter noting: called with the claim's path before it is made, for `release`.
    /// - Returns: what keeps the claim alive.
    func claim(
        _ requirements: [Requirement], noting: (String) throws(LabError) -> Void
    ) throws(LabError) -> OwnedDescriptor {
        let path = directory + "/" + String(UInt64.random(in: .min ... .max), radix: 36)
        try noting(path)
        let lock = try labelled { () throws(SystemError) in try lockedDirectory() }
        return try withExtendedLifetime(lock) { () throws(LabError) in
            let content = try ControlLine.encode(requirements)
            let claim = try labelled { () throws(SystemError) in
                let file = try File.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
                _ = try File.tryLock(file)
                try file.writeBytes(content)
                return OwnedDescriptor(file)
            }
            do throws(LabError) { try settle() } catch {
                unlink(path)
                throw error
            }
            return claim
        }
    }

    /// Gives a claim up, whether it was made or only noted, and sets back what nobody needs any more.
    static func release(claim path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let settings = MachineSettings(directory: String(path[..<slash]))
        guard File.exists(settings.directory) else { return }
        do throws(SystemError) {
            let lock = try settings.lockedDirectory()
            unlink(path)
            do throws(LabError) {
                try withExtendedLifetime(lock) { () throws(LabError) in try settings.settle() }
            } catch {
                logLine("\(error)")
            }
        } catch {
            logLine("\(error)")
        }
    }

    // MARK: Under the lock

    private func settle() throws(LabError) {
        let living = clearDeadClaims()
        let own = Self.ownNetwork()
        var saved: [Key: Saved] = [:]
        for entry in readLines(savedPath, as: [Saved].self) ?? [] {
            saved[.init(path: entry.path, network: entry.network)] = entry
        }
        var writes: [(path: String, value: String)] = []
        for key in Set(saved.keys).union(living.map(\.key)) where key.network == nil || key.network == own {
            // Not to be seen from another network namespace: left to a lab that sees it.
            guard let text = try? File.readText(key.path) else { continue }
            let now = String(text.prefix { $0 != "\n" })
            let needs = living.filter { $0.key == key }.map(\.need)
            let known = saved[key]
            let before = known.map { $0.set == now ? $0.before : now } ?? now
            let target = Self.value(for: needs, before: before)
            saved[key] = needs.isEmpty ? nil : Saved(path: key.path, network: key.network, before: before, set: target)
            if target != now { writes.append((key.path, target)) }
        }
        // First what was, then the change: a crash between the two leaves a value that is its own "before".
        if !saved.isEmpty {
            let bytes = try ControlLine.encode(Array(saved.values))
            try labelled { () throws(SystemError) in
                try File.writeAtomically(savedPath, bytes, mode: 0o600)
            }
        }
        for (path, value) in writes {
            try labelled { () throws(SystemError) in try File.writeValue(path, value) }
        }
        if saved.isEmpty {
            unlink(savedPath)
            // Stays where living labs have claims.
            rmdir(directory)
        }
    }

    /// What all of them together need.
    static func value(for needs: [Need], before: String) -> String {
        var room = 0
        for need in needs {
            switch need {
            case .value(let value): return value
            case .room(let count): room += count
            }
        }
        // The kernel's own entries, and those of programs that are no lab's, want the other half.
        guard let present = Int(before), room > present / 2 else { return before }
        return String(max(present, room + 1024))
    }

    private func clearDeadClaims() -> [Requirement] {
        var living: [Requirement] = []
        for name in (try? File.list(directory)) ?? [] where !name.hasPrefix("saved") {
            let path = directory + "/" + name
            guard let file = try? File.open(path, O_RDONLY | O_NOFOLLOW) else { continue }
            if flock(file.rawValue, LOCK_SH | LOCK_NB) == 0 {
                unlink(path)
            } else {
                living += readLines(path, as: [Requirement].self) ?? []
            }
        }
        return living
    }

    private func readLines<Value: Decodable>(_ path: String, as type: Value.Type) -> Value? {
        guard let bytes = try? File.read(path) else { return nil }
        return try? JSONDecoder().decode(type, from: Data(bytes))
    }

    /// The directory, made if need be, with its lock; nobody else changes anything until it closes.
    private func lockedDirectory() throws(SystemError) -> OwnedDescriptor {
        while true {
            try File.makeDirectory(directory, mode: 0o700)
            let opened: FileDescriptor
            do throws(SystemError) {
                opened = try File.open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            } catch {
                // The last lab has just removed it.
                if error.code == .noSuchFile { continue }
                throw error
            }
            while flock(opened.rawValue, LOCK_EX) < 0 {
                if errno != EINTR { throw SystemError("lock", directory) }
            }
            var (mine, theirs) = (stat(), stat())
            if fstat(opened.rawValue, &mine) == 0, stat(directory, &theirs) == 0, mine.st_ino == theirs.st_ino {
                return OwnedDescriptor(opened)
            }
        }
    }
}
