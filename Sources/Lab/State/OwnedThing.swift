/// Something of a lab's that would outlive the lab's processes.
public enum OwnedThing: Codable, Hashable, Sendable {
    /// A file of the run directory's.
    case file(path: String)
    /// An empty directory, once the files in it are gone.
    case directory(path: String)
    /// A cgroup's directory.
    case cgroup(path: String)
    /// A setting of the machine's kernel and the value it had before any lab changed it.
    case setting(path: String, before: String)
    /// Commands that undo something (rules of the machine's firewall), in order; what is undone already makes them fail.
    case commands([[String]])
}
