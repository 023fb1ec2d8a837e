import Glibc
import GuestImages
import Lab
import Linux
import VirtualMachine

/// The files, the machines and the lab of one comparison: all are called `compare-PID`, so that the next one finds what
/// was left by one that was killed.
struct ComparisonScratch {
    private static let prefix = "compare-"
    /// What a disk has room for.
    static let diskByteCount = 16 << 20

    let name: String
    private let folder: String

    init(cache: ImageCache = .standard) throws(SystemError) {
        name = Self.prefix + "\(getpid())"
        // On disk and not in /run, where disks may be memory.
        folder = cache.folder + "/machines"
        try File.makeDirectory(folder, mode: 0o700)
    }

    func path(_ ending: String) -> String { "\(folder)/\(name).\(ending)" }

    /// Makes a disk's file with all its blocks written: what is measured is writing, and not finding room.
    func makeDisk(_ ending: String) throws(SystemError) -> String {
        let file = try File.open(path(ending), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode: 0o600)
        let zeros = [UInt8](repeating: 0, count: Self.diskByteCount)
        var done = 0
        while done < zeros.count {
            let count = zeros.withUnsafeBytes { write(file.rawValue, $0.baseAddress! + done, $0.count - done) }
            if count < 0, errno != EINTR { throw SystemError("write", path(ending)) }
            done += max(count, 0)
        }
        if fsync(file.rawValue) != 0 { throw SystemError("flush", path(ending)) }
        return path(ending)
    }

    /// Removes this comparison's files and run directories.
    func remove() { Self.remove(name, in: folder) }

    /// Removes what comparisons have left whose process is gone.
    func removeLeftovers() {
        var names = Set(((try? File.list(folder)) ?? []).compactMap { Self.owner(of: $0) })
        names.formUnion(VMPaths.machines.compactMap { Self.owner(of: $0) })
        let labs = LabLauncher.list().map(\.name)
        names.formUnion(labs.compactMap { Self.owner(of: $0) })
        for name in names {
            guard let pid = Int32(name.dropFirst(Self.prefix.count)), kill(pid, 0) != 0, errno == ESRCH else {
                continue
            }
            if labs.contains(name) { try? LabLauncher.down(name) }
            Self.remove(name, in: folder)
        }
    }

    /// The comparison that something is of by its name: `compare-12` of `compare-12.para.raw` and `compare-12-para`.
    static func owner(of name: String) -> String? {
        guard name.hasPrefix(prefix) else { return nil }
        let digits = name.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber }
        return digits.isEmpty ? nil : prefix + digits
    }

    private static func remove(_ name: String, in folder: String) {
        for file in (try? File.list(folder)) ?? [] where owner(of: file) == name {
            try? File.remove("\(folder)/\(file)")
        }
        for machine in VMPaths.machines where owner(of: machine) == name {
            let paths = VMPaths(machine: machine)
            if !paths.isRunning { try? paths.remove() }
        }
    }
}
