import Glibc
import HostNetwork
import Linux
import Synchronization
import Topology

// A host of a lab: its namespaces, TAPs, cgroup.
//
// A host without programs is a network namespace and TAP devices, nothing else: no process, no mounts. What programs
// want besides (a mount namespace with the host's own /sys and the lab's /etc/hosts, a host name, a cgroup, a PID
// namespace) is made when the first program comes (Host+Programs.swift). Everything is held by descriptors alone and so
// ends with the supervisor.

/// One host of a running lab.
final class Host: Sendable {
    let node: LabTopology.Node
    let taps: [TAP]
    /// The interfaces' numbers in the host's network namespace, by name.
    let indices: [String: Int32]
    /// Whether it lives in the machine's own network namespace.
    let isOnMachine: Bool
    /// Of a virtual machine; nil for hosts of other kinds.
    let machine: LabMachine?
    let held: Mutex<Held>
    /// What became of its programs, for the status.
    let condition = Mutex<String>("running")

    /// What the host holds on to; nil: not made yet, or let go.
    struct Held: Sendable {
        var network: OwnedDescriptor?
        var programs: ProgramPlace?
        var cgroup: HostCgroup?
    }

    init(
        _ node: LabTopology.Node, network: consuming FileDescriptor, taps: [TAP], indices: [String: Int32],
        isOnMachine: Bool = false, machine: LabMachine? = nil
    ) {
        self.node = node
        self.taps = taps
        self.indices = indices
        self.isOnMachine = isOnMachine
        self.machine = machine
        held = Mutex(Held(network: OwnedDescriptor(network)))
    }

    func network() throws(LabError) -> OwnedDescriptor {
        guard let network = held.withLock({ $0.network }) else { throw LabError("the lab is going down") }
        return network
    }

    /// Runs `body` on a thread in the host's network namespace.
    func inNetwork<Result: ~Copyable & Sendable, Failure: Error & CustomStringConvertible>(
        _ body: @escaping @Sendable () throws(Failure) -> Result
    ) throws(LabError) -> Result {
        if machine != nil { throw LabError("“\(node.name)” is a virtual machine: its network is in the guest") }
        let network = try network()
        let thread = try labelled { () throws(SystemError) in try NamespaceThread(name: "rookery-host") }
        return try thread.run { () throws(LabError) in
            try labelled { () throws(SystemError) in try Namespace.enter(network.descriptor, .network) }
            return try labelled(nil, body)
        }
    }

    /// Lets go of all namespaces: without programs, the kernel takes them down.
    func release() {
        held.withLock { $0 = Held() }
    }
}
