/// Something of a lab's that would outlive the lab's processes.
public enum OwnedThing: Codable, Hashable, Sendable {
    /// A file of the run directory's, or a disk of a virtual machine's own.
    case file(path: String)
    /// An empty directory, once the files in it are gone.
    case directory(path: String)
    /// A directory of the run directory's with all files in it (sockets).
    case fullDirectory(path: String)
    /// A cgroup's directory.
    case cgroup(path: String)
    /// A claim on settings of the machine's kernel (MachineSettings).
    case claim(path: String)
    /// An interface in the machine's network namespace that stands for `node`'s `interface`. It ends with the
    /// supervisor; it is listed so that people can tell whose it is.
    case interface(name: String, node: String, interface: String)
    /// Commands that undo something (rules of the machine's firewall), in order; what is undone already makes them fail.
    case commands([[String]])
}
