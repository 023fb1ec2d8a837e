import GuestImages
import Linux
import Topology
import VirtualMachine
import Wire

/// What a node of kind `vm` becomes: the monitor's configuration.
struct MachinePlan {
    let node: LabTopology.Node
    let settings: LabTopology.MachineSettings
    /// The machine's own.
    let directory: String
    /// The image that the settings name.
    let image: GuestImage?
    /// The machine's own disk on an image's, where it has one.
    let overlay: String?
    /// The disk for cloud-init, where it has one.
    let seed: String?

    /// Where a card's monitor connects to the lab.
    static func door(_ directory: String, _ interface: LabTopology.Interface) -> String {
        directory + "/\(interface.name).door"
    }

    /// How the guest comes to its addresses: a kernel that we start is told, anything else asks.
    static func addressing(of settings: LabTopology.MachineSettings) -> LabTopology.MachineSettings.Addressing {
        settings.addressing ?? (settings.isMini || settings.kernel != nil ? .commandLine : .dhcp)
    }

    /// The disk image that the machine's own disk is made on; nil: it has none.
    static func base(_ settings: LabTopology.MachineSettings, _ image: GuestImage?) -> String? {
        if let path = settings.image, path.contains("/") { return path }
        return image?.disk
    }

    /// Bytes of RAM: what the node says, or what such a guest is content with.
    static func memory(of node: LabTopology.Node) -> UInt64 {
        node.host.memory ?? (node.machine?.isMini == false ? 512 << 20 : 256 << 20)
    }

    var configuration: VMConfiguration {
        var configuration = VMConfiguration(name: node.name)
        configuration.runDirectory = directory
        configuration.memory = Self.memory(of: node)
        configuration.processors = settings.processors
        configuration.virtualization = settings.virtualization == .full ? .full : .para
        configuration.transport = settings.transport == .mmio ? .mmio : .pci
        configuration.cpu = VMConfiguration.CPU(rawValue: settings.cpu.rawValue) ?? .auto
        configuration.vsock = 3
        if let kernel = settings.kernel {
            configuration.kernel = kernel
            configuration.initialRAMDisk = settings.initialRAMDisk
        } else if let image, image.disk == nil || settings.virtualization == .para {
            // A PC starts its disk by itself.
            configuration.kernel = image.kernel
            configuration.initialRAMDisk = image.initialRAMDisk
        }
        if let overlay { configuration.disks.append(.init(path: overlay, format: .qcow2)) }
        for disk in settings.disks {
            configuration.disks.append(.init(path: disk.path, isReadOnly: disk.isReadOnly))
        }
        if let seed { configuration.disks.append(.init(path: seed, format: .raw, isReadOnly: true)) }
        for (index, files) in settings.files.enumerated() {
            configuration.directories.append(
                .init(tag: "files\(index)", path: files.directory, isReadOnly: files.isReadOnly))
        }
        for interface in node.interfaces {
            configuration.ports.append(
                .init(
                    address: interface.mac?.rawValue ?? 0,
                    backend: .vhostUser(path: Self.door(directory, interface)), queuePairs: settings.processors))
        }
        if configuration.kernel != nil { configuration.commandLine = commandLine }
        return configuration
    }

    /// What the kernel, and the mini guest's first process, are told: addresses, name, shares.
    private var commandLine: String {
        var words: [String] = []
        if image?.disk != nil {
            words += DebianImage.commandLine.split(separator: " ").map(String.init)
            words.append("systemd.hostname=\(node.name)")
        } else {
            words.append(settings.isMini ? MiniImage.commandLine : "console=ttyS0")
            words += ["quiet", "rookery.hostname=\(node.name)"]
        }
        switch Self.addressing(of: settings) {
        case .commandLine: words += addressWords
        // Whoever has an operating system on a disk asks by itself.
        case .dhcp where image?.disk == nil:
            for (index, interface) in node.interfaces.enumerated() where !interface.ipv4.isEmpty {
                words.append("ip=:::::eth\(index):dhcp")
            }
        case .dhcp, .cloudInit: break
        }
        for (index, files) in settings.files.enumerated() {
            words.append("rookery.mount=files\(index):\(files.mountPoint)" + (files.isReadOnly ? ":ro" : ""))
        }
        if !settings.kernelArguments.isEmpty { words.append(settings.kernelArguments) }
        return words.joined(separator: " ")
    }

    /// The first IPv4 address of each card and the gateway as any kernel takes them, all else as the mini guest does.
    private var addressWords: [String] {
        var words: [String] = []
        let gateway = node.host.routes.first { $0.destination == "default" && !$0.isIPv6 }?.via
        for (index, interface) in node.interfaces.enumerated() {
            if let first = interface.ipv4.first {
                words.append("ip=\(first)::\(index == 0 ? gateway ?? "" : "")::\(node.name):eth\(index):off")
            }
            guard settings.isMini else { continue }
            for address in interface.ipv4.dropFirst() { words.append("rookery.ip=addr,add,\(address),dev,eth\(index)") }
            for address in interface.ipv6 { words.append("rookery.ip=-6,addr,add,\(address),dev,eth\(index)") }
            if let mtu = interface.mtu { words.append("rookery.ip=link,set,eth\(index),mtu,\(mtu)") }
        }
        guard settings.isMini else { return words }
        for route in node.host.routes where route.isIPv6 || route.destination != "default" || route.via != gateway {
            var step = "rookery.ip=\(route.isIPv6 ? "-6," : "")route,add,\(route.destination)"
            if let via = route.via { step += ",via,\(via)" }
            if let name = route.interface, let index = node.interfaces.firstIndex(where: { $0.name == name }) {
                step += ",dev,eth\(index)"
            }
            if let metric = route.metric { step += ",metric,\(metric)" }
            words.append(step)
        }
        return words
    }
}
