import Glibc
import HostNetwork
import Linux

extension StateFile {
    /// Removes things, latest first. What is not there is fine; what cannot be removed does not stop the others.
    static func remove(_ things: [OwnedThing]) {
        var files: [String] = []
        var directories: [String] = []
        for thing in things.reversed() {
            switch thing {
            case .file(let path): files.append(path)
            case .directory(let path): directories.append(path)
            case .cgroup(let path): LabCgroup.remove(path)
            case .setting(let path, let before): try? File.writeValue(path, before)
            case .addressTranslation(let subnet, let mark): AddressTranslation.remove(subnet: subnet, mark: mark)
            case .interface(let name): removeInterface(name)
            }
        }
        // The state file is the first listed and so the last removed: until then it tells what is left.
        for path in files { unlink(path) }
        for path in directories { rmdir(path) }
    }

    private static func removeInterface(_ name: String) {
        guard let socket = try? RouteSocket() else { return }
        var batch = RouteBatch()
        batch.deleteLink(.name(name), ifPresent: true)
        _ = try? socket.run(batch)
    }
}
