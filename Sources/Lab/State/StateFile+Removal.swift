import Glibc
import HostNetwork
import Linux

extension StateFile {
    /// Removes things, latest first. What is not there is fine; what cannot be removed does not stop the others.
    static func remove(_ things: [OwnedThing]) {
        var files: [String] = []
        var directories: [String] = []
        var cgroups: [String] = []
        var undo: [[String]] = []
        var claims: [String] = []
        for thing in things.reversed() {
            switch thing {
            case .file(let path): files.append(path)
            case .directory(let path): directories.append(path)
            case .fullDirectory(let path):
                files += ((try? File.list(path)) ?? []).map { path + "/" + $0 }
                directories.append(path)
            case .cgroup(let path): cgroups.append(path)
            case .claim(let path): claims.append(path)
            case .interface: continue
            case .commands(let commands): undo += commands
            }
        }
        AddressTranslation(undo: undo, saved: []).stop()
        for path in claims { MachineSettings.release(claim: path) }
        do throws(SystemError) { try Cgroup.remove(directories: Array(Set(cgroups))) } catch {
            // Something that is not of this lab has moved into it: it stays, and so does the cgroup.
            logLine("\(error)")
        }
        // The state file is the first listed and so the last removed: until then it tells what is left.
        for path in files { unlink(path) }
        for path in directories { rmdir(path) }
    }
}
