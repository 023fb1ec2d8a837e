/// Something of a lab's that would outlive the lab's processes.
public enum OwnedThing: Codable, Hashable, Sendable {
    /// A file of the run directory's.
    case file(path: String)
    /// An empty directory, once the files in it are gone.
    case directory(path: String)
    /// A cgroup, by its directory; what runs in it is killed first.
    case cgroup(path: String)
    /// A kernel setting of the machine's, to be set back.
    case setting(path: String, before: String)
    /// The machine's rules for a lab's traffic to the outside, by what they were made for.
    case addressTranslation(subnet: String, mark: String)
    /// An interface in the machine's network namespace.
    case interface(name: String)
}
