import Glibc
import Linux
import Synchronization
import Topology

/// The lab's cgroups: one for each host with limits or weights, all below one of the lab's.
final class LabCgroups: Sendable {
    private let lab: String
    private let state: StateFile
    private let hierarchies = Mutex<CgroupHierarchies?>(nil)

    init(lab: String, state: StateFile) {
        self.lab = lab
        self.state = state
    }

    /// Makes a host's cgroup and sets its limits.
    func make(for host: String, _ limits: Cgroup.Limits) throws(LabError) -> HostCgroup {
        try hierarchies.withLock { (known) throws(LabError) in
            let found: CgroupHierarchies
            if let known {
                found = known
            } else {
                found = try labelled { () throws(SystemError) in try CgroupHierarchies.detect() }
                known = found
            }
            let parent = "rookery-\(lab)"
            var planned: [String] = []
            for controller in limits.controllers {
                guard let tree = found.tree(with: controller) else { continue }
                for path in ["\(tree.ownDirectory)/\(parent)", "\(tree.ownDirectory)/\(parent)/\(host)"]
                where !planned.contains(path) {
                    planned.append(path)
                }
            }
            for path in planned.sorted() { try state.add(.cgroup(path: path)) }
            let cgroup = try labelled("cannot limit the host \(host)") { () throws(SystemError) in
                do throws(SystemError) {
                    let cgroup = try Cgroup.make("\(parent)/\(host)", controllers: limits.controllers, in: found)
                    try cgroup.apply(limits)
                    return cgroup
                } catch {
                    guard error.code == .accessDenied || error.code == .notPermitted else { throw error }
                    throw SystemError(
                        error.operation, error.object, code: error.code,
                        remedy: "run as root, or: systemd-run --user --scope -p Delegate=yes rookery …")
                }
            }
            return HostCgroup(cgroup: cgroup, limits: limits)
        }
    }
}

/// A host's cgroup and what it is set to.
struct HostCgroup: Sendable {
    var cgroup: Cgroup
    var limits: Cgroup.Limits

    /// What the topology asks for; nil where it asks for nothing.
    static func limits(of node: LabTopology.Node) -> Cgroup.Limits? {
        let host = node.host
        let limits = Cgroup.Limits(
            cpuShares: host.cpuShares.map { Int(clamping: $0) }, cpuLimit: host.cpuLimit, memory: host.memory,
            processes: host.pids.map { Int(clamping: $0) }, cpuset: host.cpuset)
        return limits.controllers.isEmpty ? nil : limits
    }

    /// The same for the process that is a machine: its memory is the guest's RAM, which is what the guest was given, and the
    /// number of processes is the guest's own affair.
    static func limits(ofMonitor node: LabTopology.Node) -> Cgroup.Limits? {
        let host = node.host
        let limits = Cgroup.Limits(
            cpuShares: host.cpuShares.map { Int(clamping: $0) }, cpuLimit: host.cpuLimit, cpuset: host.cpuset)
        return limits.controllers.isEmpty ? nil : limits
    }

    func joining() throws(LabError) -> [OwnedDescriptor] {
        try labelled { () throws(SystemError) in try cgroup.openForJoining() }
    }
}
