import Glibc
import Linux
import Synchronization
import Topology

// The life of a lab: the first process of the lab's PID namespace.
//
// It makes the lab from the topology (Supervisor+Start.swift), answers on the control socket, one thread for each
// connection (ControlServer), and takes the lab down (Supervisor+Stop.swift). Its main thread waits for signals and
// connections and reaps processes; the poller moves the packets. Nothing ticks: an idle lab uses no processor time.

/// A running lab.
public final class Supervisor: Sendable {
    let paths: LabPaths
    let state: StateFile
    let isRootless: Bool
    /// This process's number on the machine; in its own PID namespace it is 1.
    let machinePID: Int32
    /// Seconds since the epoch.
    let started: Double
    /// When the lab was up, in nanoseconds of the monotonic clock: the schedule's zero.
    let zero = Mutex<UInt64>(0)
    /// The start is over.
    let isUp = Atomic(false)
    /// As it is now, with all changes.
    let topology: Mutex<LabTopology>
    let fabric: Fabric
    let control: LabControl
    let processes = ProcessTable()
    let cgroups: LabCgroups
    /// Switches that `setSwitch` has stopped.
    let stopped = Mutex<Set<String>>([])
    private let hostTable = Mutex<[String: Host]>([:])
    /// Devices in the machine's own network namespace, and what keeps them.
    let machineDevices = Mutex<[MachineDevice]>([])
    /// What the lab needs of the machine's settings, as long as they are open.
    let claims = Mutex<[OwnedDescriptor]>([])
    private let ending = Mutex<Bool>(false)
    let schedule = Schedule()
    let captures = PortCaptures()

    init(_ topology: LabTopology, state: StateFile, machinePID: Int32, isRootless: Bool) throws(LabError) {
        self.machinePID = machinePID
        paths = state.paths
        self.state = state
        self.isRootless = isRootless
        started = Double(WallClock.now()) / 1e9
        fabric = try labelled { () throws(SystemError) in try Fabric(topology) }
        control = LabControl(fabric: fabric, directory: state.paths.switches)
        cgroups = LabCgroups(lab: topology.name, state: state)
        self.topology = Mutex(topology)
    }

    // MARK: Hosts

    var programContext: ProgramContext {
        ProgramContext(processes: processes, cgroups: cgroups, hostsFile: paths.hosts, isRootless: isRootless)
    }

    func add(_ hosts: [Host]) {
        hostTable.withLock { table in
            for host in hosts { table[host.node.name] = host }
        }
    }

    /// The host of this name; nil for nodes of other kinds. Looks at nothing but the table of hosts, so that it may be
    /// asked with the topology locked.
    func existingHost(_ name: String) -> Host? { hostTable.withLock { $0[name] } }

    func host(_ name: String) throws(LabError) -> Host {
        if let host = existingHost(name) { return host }
        let node = topology.withLock { topology in topology.nodes.first { $0.name == name } }
        guard let node else { throw LabError("there is no node “\(name)” in this lab") }
        throw LabError("“\(name)” is of kind \(node.kind.rawValue): only hosts run programs")
    }

    /// In the order of the topology.
    var hosts: [Host] {
        let names = topology.withLock { $0.nodes.map(\.name) }
        return hostTable.withLock { table in names.compactMap { table[$0] } }
    }

    func forgetHosts() -> [Host] {
        hostTable.withLock { table in
            defer { table = [:] }
            return Array(table.values)
        }
    }

    /// True for the first caller only, who then takes the lab down.
    func beginEnding() -> Bool {
        ending.withLock { ending in
            defer { ending = true }
            return !ending
        }
    }
}
