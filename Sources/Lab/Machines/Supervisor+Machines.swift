import Glibc
import GuestImages
import Linux
import Ports
import Switch
import Synchronization
import Topology
import VirtualMachine

// Virtual machines of a lab. Their doors are devices of the data path before the links are made; their monitors start once the
// links are there, so that a guest finds its network at once; `up` ends when all guests that can say so are up.

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
            let isServed = MachinePlan.addressing(of: node.machine ?? LabTopology.MachineSettings()) == .dhcp
            for interface in node.interfaces {
                var answer: RingDevice.Answer?
                if isServed, let server = AddressServer(node: node, interface: interface) {
                    answer = { server.answer(to: $0) }
                }
                let device = RingDevice(ringCount: 2 * (node.machine?.processors ?? 1), answer: answer)
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
        var started: [(machine: LabMachine, host: Host)] = []
        for node in nodes {
            let isOurs = node.machine?.monitor != .external
            let plan = isOurs ? try plan(node, of: lab.name) : nil
            var cgroup: HostCgroup?
            if isOurs, let limits = HostCgroup.limits(ofMonitor: node) {
                cgroup = try cgroups.make(for: node.name, limits)
            }
            let client: VMClient
            if let plan {
                client = try startMonitor(plan, in: cgroup)
            } else {
                client = VMClient(node.name, paths: VMPaths(directory: paths.machine(node.name)))
            }
            let machine = LabMachine(
                node, client: client, doors: doors[node.name] ?? [],
                takesCommands: plan?.image?.takesCommands ?? false)
            let network = try labelled { () throws(SystemError) in try Namespace.current(.network) }
            let host = Host(node, network: network, taps: [], indices: [:], isOnMachine: true, machine: machine)
            host.held.withLock { [cgroup] in $0.cgroup = cgroup }
            add([host])
            started.append((machine, host))
        }
        for (count, (machine, host)) in started.enumerated() {
            if machine.saysWhenReady {
                try machine.waitUntilReady { () throws(LabError) in try progress("machines", count, nodes.count) }
                if machine.takesCommands {
                    try giveNames(to: host)
                    try setKernel(of: host)
                }
            } else if machine.takesCommands {
                try labelled { () throws(SystemError) in try setUpWhenReady(host, machine) }
            }
            if machine.isExternal { continue }
            try labelled { () throws(SystemError) in
                try machine.watch { how in
                    host.condition.withLock { $0 = how }
                    logLine("\(host.node.name): \(how)")
                }
            }
        }
        try progress("machines", nodes.count, nodes.count)
    }

    private func startMonitor(_ plan: MachinePlan, in cgroup: HostCgroup?) throws(LabError) -> VMClient {
        guard let monitor = SiblingProgram.path("rookery-vmm") else {
            throw LabError("there is no rookery-vmm beside rookery-lab: make build makes it")
        }
        let joining = try cgroup?.joining() ?? []
        do throws(VMError) {
            return try processes.withoutReaping { () throws(VMError) in
                try VMLauncher.start(
                    plan.configuration, executable: monitor, cgroups: joining.map(\.rawValue))
            }
        } catch { throw LabError("\(plan.node.name): \(error)") }
    }

    /// A whole system takes its time to start, which the lab does not wait for: it gets the same once it takes commands.
    private func setUpWhenReady(_ host: Host, _ machine: LabMachine) throws(SystemError) {
        try BackgroundThread.start("rookery-guest") { [self] in
            while !machine.takesCommandsNow {
                if machine.hasEnded { return }
                MonotonicClock.sleep(until: MonotonicClock.now() + 1_000_000_000)
            }
            do throws(LabError) {
                try giveNames(to: host)
                try setKernel(of: host)
            } catch { logLine("\(host.node.name): \(error)") }
        }
    }

    /// A guest has a file system of its own: the lab's names are put into it.
    private func giveNames(to host: Host) throws(LabError) {
        let names = try labelled { () throws(SystemError) in try File.readText(paths.hosts) }
        // What a command line takes; such labs have addresses enough to type.
        guard names.utf8.count < 65536 else { return }
        // A system that has been here before, on a disk of its own, has older ones.
        _ = try run(
            "sed -i '/^# The lab/,$d' /etc/hosts; cat >> /etc/hosts <<'END'\n# The lab\n\(names)END", on: host)
    }

    /// A guest has a kernel of its own: what hosts of other kinds are set by the machine's is set in it.
    private func setKernel(of host: Host) throws(LabError) {
        var settings = host.node.host.forwarding ? ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"] : []
        settings += host.node.host.sysctls.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        if settings.isEmpty { return }
        let words = settings.map(GuestScript.quoted).joined(separator: " ")
        let end = try run("for each in \(words); do sysctl -qw \"$each\" || exit 1; done", on: host)
        if end.status != 0 {
            throw LabError("\(host.node.name): sysctls: \(end.output.split(separator: "\n").first ?? "not set")")
        }
    }

    // MARK: - What a machine is to be

    /// What a node's monitor is to be told; the image and the machine's own disks are made if they are not there.
    private func plan(_ node: LabTopology.Node, of lab: String) throws(LabError) -> MachinePlan {
        let settings = node.machine ?? LabTopology.MachineSettings()
        try check(node, settings)
        let directory = paths.machine(node.name)
        do throws(GuestImageError) {
            // Images are made by programs that nobody else must reap.
            let image = try processes.withoutReaping { () throws(GuestImageError) in
                try MachineImage.presentOrMade(for: settings)
            }
            if image == nil, let name = settings.imageName {
                throw GuestImageError(
                    "image: there is no “\(name)”",
                    remedy: name == DebianImage.name
                        ? "rookery vm image make debian makes it"
                        : "rookery vm image ls lists those that are there; a disk image's path has a slash in it")
            }
            var overlay: String?
            if let base = MachinePlan.base(settings, image) {
                let folder = try ImageCache.standard.machinesFolder()
                let path = "\(folder)/\(lab).\(node.name).qcow2"
                try note(.file(path: path))
                try DiskOverlay.make(at: path, over: base)
                overlay = path
            }
            var seed: String?
            if MachinePlan.addressing(of: settings) == .cloudInit {
                let path = directory + "/cidata.iso"
                let bytes = CloudInitSeed(lab: lab, node: node).image
                do throws(SystemError) { try File.writeAtomically(path, bytes) } catch {
                    throw GuestImageError(error.description)
                }
                seed = path
            }
            return MachinePlan(
                node: node, settings: settings, directory: directory, image: image, overlay: overlay, seed: seed)
        } catch { throw LabError("\(node.name): \(error)") }
    }

    private func note(_ thing: OwnedThing) throws(GuestImageError) {
        do throws(LabError) { try state.add(thing) } catch { throw GuestImageError(error.description) }
    }

    /// What is wrong with a machine before anything is started, said with the key that is to be changed.
    private func check(_ node: LabTopology.Node, _ settings: LabTopology.MachineSettings) throws(LabError) {
        func wrong(_ key: String, _ what: String) -> LabError { LabError("\(node.name): \(key): \(what)") }
        var files: [(key: String, path: String?)] = [("kernel", settings.kernel), ("initrd", settings.initialRAMDisk)]
        if let image = settings.image, image.contains("/") { files.append(("image", image)) }
        files += settings.disks.map { ("disks", $0.path) }
        for (key, path) in files {
            if let path, !File.exists(path) { throw wrong(key, "there is no file “\(path)”") }
        }
        for shared in settings.files where !File.exists("\(shared.directory)/.") {
            throw wrong("files", "there is no directory “\(shared.directory)”")
        }
        if !settings.files.isEmpty, settings.virtualization == .full {
            throw wrong("files", "a full machine shares no directories: write virtualization: para, or give it a disk")
        }
        if node.host.nat {
            throw wrong("nat", "a guest is no way out of the lab: give nat to a host of kind process beside it")
        }
        let memory = MachinePlan.memory(of: node)
        let available = HostMemory.availableByteCount
        if memory > available {
            throw wrong(
                "memory",
                "\(memory >> 20) MB are asked for, and this machine has \(available >> 20) MB left: ask for less, or end other programs"
            )
        }
        if settings.addressing == .commandLine, settings.kernel == nil, !settings.isMini,
            settings.virtualization == .full || settings.imageName == nil
        {
            throw wrong("addresses", "a disk that starts by itself is given no command line: write dhcp or cloud-init")
        }
        if settings.addressing == .cloudInit, settings.isMini || settings.imageName == DebianImage.name {
            throw wrong("addresses", "there is no cloud-init in \(settings.imageName ?? ""): write dhcp")
        }
        if !settings.isMini {
            if !node.host.commands.isEmpty { throw wrong("exec", "commands at the start run in mini guests") }
            if node.host.startupCommand != nil { throw wrong("cmd", "commands at the start run in mini guests") }
        }
    }

    // MARK: - Programs

    /// Starts a command in a machine: a process of ours that carries it there stands for it here.
    /// - Parameter patience: seconds that it waits for the guest to take it; nil: until the guest should be up.
    func launch(
        in machine: LabMachine, _ command: [String], environment: [String: String], directory: String?,
        descriptors: [Int32], terminal: Bool, patience: Int? = nil, ended: @escaping ProcessTable.Ended
    ) throws(LabError) -> Int32 {
        try machine.requireCommands()
        let script = GuestScript.running(command, environment: environment, directory: directory)
        var spawn = Spawn(
            "/proc/self/exe",
            [
                "rookery-lab", "--guest-session", machine.client.paths.vsock, terminal ? "terminal" : "plain",
                String(patience ?? machine.patience), script,
            ],
            environment: [])
        spawn.newSession = true
        spawn.controllingTerminal = terminal ? 0 : nil
        spawn.descriptors = zip(descriptors, Int32(0)...).map { (parent: $0, child: $1) }
        return try labelled(machine.node.name) { () throws(SpawnError) in
            try self.processes.start(spawn, ended: ended)
        }
    }

    // MARK: - The end

    /// How long guests have to switch themselves off, in nanoseconds.
    private static let patience: UInt64 = 5_000_000_000

    /// Presses the power buttons, and waits a little for the guests to switch themselves off. Those that do not are ended
    /// with all other programs.
    func switchMachinesOff(_ progress: (_ stage: String, _ done: Int, _ total: Int) -> Void) {
        let machines = hosts.compactMap(\.machine)
        if machines.isEmpty { return }
        progress("machines", 0, machines.count)
        var waiting = machines.filter { $0.pressPowerButton() }
        var pressed = MonotonicClock.now()
        let deadline = pressed + Self.patience
        while !waiting.isEmpty, MonotonicClock.now() < deadline {
            // A guest that still starts does not hear the first time.
            if MonotonicClock.now() - pressed > 1_000_000_000 {
                pressed = MonotonicClock.now()
                for machine in waiting { _ = machine.pressPowerButton() }
            }
            MonotonicClock.sleep(until: MonotonicClock.now() + 10_000_000)
            waiting.removeAll(where: \.hasEnded)
            progress("machines", machines.count - waiting.count, machines.count)
        }
        for machine in waiting { logLine("\(machine.node.name): has not switched itself off, and is ended") }
    }
}
