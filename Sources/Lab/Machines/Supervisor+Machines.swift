import Glibc
import GuestImages
import Linux
import Ports
import Switch
import Topology
import VirtualMachine

// Virtual machines of a lab. Their doors are devices of the data path before the links are made; their monitors start once the
// links are there, so that a guest finds its network at once; `up` ends when all guests say that they are up.

extension Supervisor {
    /// The devices that machines' cards will be: each has a door where its monitor connects.
    func makeMachineDoors(
        _ lab: LabTopology
    ) throws(LabError) -> (doors: [String: [VhostUserDoor]], devices: [(LabTopology.Endpoint, Int32)]) {
        let nodes = lab.nodes.filter { $0.kind == .vm }
        if nodes.isEmpty { return ([:], []) }
        try state.add(.directory(path: paths.machines))
        try labelled { () throws(SystemError) in try File.makeDirectory(self.paths.machines, mode: 0o700) }
        var doors: [String: [VhostUserDoor]] = [:]
        var devices: [(LabTopology.Endpoint, Int32)] = []
        for node in nodes {
            let directory = paths.machine(node.name)
            try state.add(.fullDirectory(path: directory))
            try labelled { () throws(SystemError) in try File.makeDirectory(directory, mode: 0o700) }
            for interface in node.interfaces {
                let device = RingDevice(ringCount: 2)
                let endpoint = LabTopology.Endpoint(node.name, interface.name)
                devices.append((endpoint, fabric.poller.addRingDevice(name: endpoint.description, device)))
                let poller = fabric.poller
                doors[node.name, default: []].append(
                    try labelled { () throws(SystemError) in
                        try VhostUserDoor(
                            path: MachinePlan.door(directory, interface), poller: poller, device: device
                        ) { logLine("\(endpoint): \($0)") }
                    })
            }
        }
        return (doors, devices)
    }

    /// Starts the monitors, and waits until the guests are up.
    func startMachines(
        _ lab: LabTopology, doors: [String: [VhostUserDoor]], _ progress: StartProgress
    ) throws(LabError) {
        let nodes = lab.nodes.filter { $0.kind == .vm }
        if nodes.isEmpty { return }
        try progress("machines", 0, nodes.count)
        guard let monitor = SiblingProgram.path("rookery-vmm") else {
            throw LabError("virtual machines need rookery-vmm beside rookery-lab: make build makes it")
        }
        var started: [LabMachine] = []
        for node in nodes {
            let plan = try plan(node)
            let client: VMClient
            do throws(VMError) {
                client = try processes.withoutReaping { () throws(VMError) in
                    try VMLauncher.start(plan.configuration, executable: monitor)
                }
            } catch { throw LabError("\(node.name): \(error)") }
            let machine = LabMachine(node, client: client, doors: doors[node.name] ?? [])
            let network = try labelled { () throws(SystemError) in try Namespace.current(.network) }
            let host = Host(node, network: network, taps: [], indices: [:], isOnMachine: true, machine: machine)
            add([host])
            started.append(machine)
        }
        for (count, machine) in started.enumerated() {
            // Guests with an operating system of their own say nothing that we know.
            if MachinePlan.saysWhenReady(machine.node) {
                try machine.waitUntilReady { _ throws(LabError) in try progress("machines", count, nodes.count) }
            }
        }
        try progress("machines", nodes.count, nodes.count)
    }

    /// What a node's monitor is to be told; the image is made if it is not there.
    private func plan(_ node: LabTopology.Node) throws(LabError) -> MachinePlan {
        let settings = node.machine ?? LabTopology.MachineSettings()
        var image: GuestImage?
        let name =
            settings.image ?? (settings.kernel == nil && settings.disks.isEmpty ? MachinePlan.standardImage : nil)
        if let name, !name.contains("/") {
            do throws(GuestImageError) {
                image = try Self.image(named: name)
            } catch { throw LabError("\(node.name): \(error)") }
            if image == nil {
                throw LabError("\(node.name): there is no image “\(name)”: rookery vm image make \(name) makes it")
            }
        }
        return MachinePlan(node: node, settings: settings, directory: paths.machine(node.name), image: image)
    }

    private static func image(named name: String) throws(GuestImageError) -> GuestImage? {
        if name == MachinePlan.standardImage {
            if let image = MiniImage.present(.cloud) { return image }
            return try MiniImage.make(.cloud)
        }
        return ImageCache.standard.image(named: name)
    }

    /// Starts a command in a machine: a process of ours that carries it there stands for it here.
    func launch(
        in machine: LabMachine, _ command: [String], environment: [String: String], directory: String?,
        descriptors: [Int32], terminal: Bool, ended: @escaping ProcessTable.Ended
    ) throws(LabError) -> Int32 {
        let line = GuestSession.commandLine(command, environment: environment, directory: directory)
        var spawn = Spawn(
            "/proc/self/exe",
            ["rookery-lab", "--guest-session", machine.client.paths.vsock, terminal ? "terminal" : "plain", line],
            environment: [])
        spawn.newSession = true
        spawn.controllingTerminal = terminal ? 0 : nil
        spawn.descriptors = zip(descriptors, Int32(0)...).map { (parent: $0, child: $1) }
        return try labelled(machine.node.name) { () throws(SpawnError) in
            try self.processes.start(spawn, ended: ended)
        }
    }
}

extension MachinePlan {
    /// Whether the guest tells that it is up, as the mini guest does.
    static func saysWhenReady(_ node: LabTopology.Node) -> Bool {
        guard let settings = node.machine else { return true }
        return (settings.image ?? standardImage) == standardImage && settings.kernel == nil && settings.disks.isEmpty
    }
}
