import Glibc
import HostNetwork
import Linux
import Ports
import Synchronization
import Topology
import Wire

// Bringing a lab up, in this order: what must be noted or may be refused, the hosts' networks (side by side), the data
// path's devices and links, the control socket, programs.

extension Supervisor {
    /// Told how far the start is; what it throws ends the start.
    typealias StartProgress = (_ stage: String, _ done: Int, _ total: Int) throws(LabError) -> Void

    /// Makes everything and returns the control socket, which listens.
    func start(_ progress: StartProgress) throws(LabError) -> OwnedDescriptor {
        let lab = topology.withLock { $0 }
        try refuseWithoutRoot(lab)
        try writeHostsFile(lab)
        makeRoomForNeighbours(lab)

        let own = lab.nodes.filter { $0.kind == .process && !$0.host.nat }
        if !own.isEmpty { try progress("hosts", 0, own.count) }
        let made = try HostMaker.make(own) { (count) throws(LabError) in try progress("hosts", count, own.count) }
        add(made)
        try makeMachineDevices(lab)

        try progress("links", 0, lab.links.count)
        let machines = try makeMachineDoors(lab)
        fabric.attach(deviceList(made), rings: machines.devices, of: lab)
        for (index, link) in lab.links.enumerated() where !link.up { showCarrier(ofLink: index, link, isUp: false) }
        try progress("links", lab.links.count, lab.links.count)
        if lab.nodes.contains(where: { $0.kind == .switch }) {
            try state.add(.fullDirectory(path: paths.switches))
            try labelled { () throws(SystemError) in try File.makeDirectory(self.paths.switches) }
            try control.start(lab, fabric) { [unowned self] in existingHost($0) }
        }
        fabric.waitForSpanningTrees(limit: 5_000_000_000)
        let alone = control.waitForControllers(limit: 3_000_000_000)
        if !alone.isEmpty { logLine("no controller yet: \(alone.joined(separator: ", "))") }

        try startMachines(lab, doors: machines.doors, progress)
        let listener = try labelled { () throws(SystemError) in
            OwnedDescriptor(try UnixSocket.listen(self.paths.controlSocket, mode: 0o600))
        }
        try runStartPrograms(lab, progress)
        zero.withLock { $0 = MonotonicClock.now() }
        try startSchedule(lab)
        isUp.store(true, ordering: .relaxed)
        return listener
    }

    private func refuseWithoutRoot(_ lab: LabTopology) throws(LabError) {
        guard isRootless else { return }
        for node in lab.nodes {
            let what: String? =
                switch node.kind {
                case .bridge: "joins the machine's bridge"
                case .machine: "makes interfaces on the machine"
                case .physical: "attaches an interface of the machine"
                case .process where node.host.nat: "leads out of the machine"
                default: nil
                }
            if let what { throw LabError("“\(node.name)” \(what), which needs root: run rookery as root") }
        }
    }

    /// The lab's /etc/hosts: every host by name, and by name and interface.
    ///
    /// A host's name stands for its IPv4 address where it has one, and `ip6-NAME` for the other one (as Debian's
    /// ip6-localhost): the C library would prefer IPv6 for a name with both, and an IPv4 lab is what most people mean.
    func writeHostsFile(_ lab: LabTopology) throws(LabError) {
        var text = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        for node in lab.nodes where node.isHost {
            let hasIPv4 = node.interfaces.contains { !$0.ipv4.isEmpty }
            var isFirst = (v4: true, v6: true)
            for interface in node.interfaces {
                let prefix = "\(node.name)-"
                let qualified = interface.name.hasPrefix(prefix) ? interface.name : prefix + interface.name
                for address in interface.ipv4 {
                    text += "\(address.address)\t\(isFirst.v4 ? node.name + " " : "")\(qualified)\n"
                    isFirst.v4 = false
                }
                for address in interface.ipv6 {
                    let names = hasIPv4 ? ("ip6-" + node.name, "ip6-" + qualified) : (node.name, qualified)
                    text += "\(address.address)\t\(isFirst.v6 ? names.0 + " " : "")\(names.1)\n"
                    isFirst.v6 = false
                }
            }
        }
        // Written in place: hosts have this very file mounted.
        try labelled { () throws(SystemError) in try File.write(self.paths.hosts, text) }
    }

    /// The kernel keeps the neighbours of all namespaces in one table, by default of 1,024 entries; forty hosts that all
    /// talk to each other need more.
    private func makeRoomForNeighbours(_ lab: LabTopology) {
        guard !isRootless else { return }
        let hosts = lab.nodes.count { $0.isHost }
        // Twice: IPv6 keeps an entry for each solicited-node group besides.
        let needed = min(2 * hosts * max(0, hosts - 1), 1 << 19)
        // The first network namespace alone has these files.
        let paths = ["ipv4", "ipv6"].flatMap { family in
            ["gc_thresh3", "gc_thresh2"].map { "/proc/sys/net/\(family)/neigh/default/\($0)" }
        }.filter(File.exists)
        if needed == 0 || paths.isEmpty { return }
        do throws(LabError) {
            try claim(paths.map { .init(path: $0, need: .room(needed), network: nil) })
        } catch {
            // Without it, a lab works as long as not too many of its hosts talk to each other.
            logLine("no room made in the neighbour tables: \(error)")
        }
    }

    /// Makes settings of the machine what the lab needs, until it ends.
    func claim(_ requirements: [MachineSettings.Requirement]) throws(LabError) {
        let claim = try MachineSettings.ofThisMachine.claim(requirements) { (path) throws(LabError) in
            try state.add(.claim(path: path))
        }
        claims.withLock { $0.append(claim) }
    }

    private func deviceList(
        _ made: [Host]
    ) -> [(endpoint: LabTopology.Endpoint, descriptor: Int32, capabilities: DeviceCapabilities)] {
        var list: [(endpoint: LabTopology.Endpoint, descriptor: Int32, capabilities: DeviceCapabilities)] = []
        for host in made {
            for tap in host.taps {
                list.append(
                    (.init(host.node.name, tap.name), tap.descriptor.rawValue, DeviceCapabilities(tap.offloads)))
            }
        }
        for device in machineDevices.withLock({ $0 }) {
            list.append((device.endpoint, device.descriptor, device.capabilities))
        }
        return list
    }
}

extension DeviceCapabilities {
    /// What a TAP's kernel side has agreed to take.
    init(_ offloads: TAPOffloads) {
        self.init(
            virtioHeader: true, tcpSegmentation: offloads.isSuperset(of: [.checksum, .tcp4, .tcp6]),
            udpSegmentation: offloads.isSuperset(of: .udp))
    }
}
