import GuestImages
import Linux
import Topology
import VirtualMachine
import Wire

/// What a node of kind `vm` becomes: the monitor's configuration.
struct MachinePlan {
    let node: LabTopology.Node
    let settings: LabTopology.MachineSettings
    let directory: String
    /// The image that `settings.image` names; nil: a kernel or a disk of the lab file's own.
    let image: GuestImage?

    /// Where a card's monitor connects to the lab.
    static func door(_ directory: String, _ interface: LabTopology.Interface) -> String {
        directory + "/\(interface.name).door"
    }

    /// The name of the image that a machine without anything of its own gets.
    static let standardImage = "mini"

    var configuration: VMConfiguration {
        var configuration = VMConfiguration(name: node.name)
        configuration.runDirectory = directory
        configuration.memory = node.host.memory ?? LabTopology.MachineSettings.defaultMemory
        configuration.processors = settings.processors
        configuration.virtualization = settings.virtualization == .full ? .full : .para
        configuration.cpu = VMConfiguration.CPU(rawValue: settings.cpu.rawValue) ?? .auto
        configuration.vsock = 3
        configuration.kernel = settings.kernel ?? (image?.disk == nil ? image?.kernel : nil)
        configuration.initialRAMDisk = settings.initialRAMDisk ?? (settings.kernel == nil ? image?.initialRAMDisk : nil)
        if let disk = image?.disk { configuration.disks.append(.init(path: disk)) }
        if image == nil, let path = settings.image { configuration.disks.append(.init(path: path)) }
        for disk in settings.disks {
            configuration.disks.append(.init(path: disk.path, isReadOnly: disk.isReadOnly))
        }
        for (index, files) in settings.files.enumerated() {
            configuration.directories.append(
                .init(tag: "files\(index)", path: files.directory, isReadOnly: files.isReadOnly))
        }
        for interface in node.interfaces {
            configuration.ports.append(
                .init(
                    address: interface.mac?.rawValue ?? 0,
                    backend: .vhostUser(path: Self.door(directory, interface))))
        }
        configuration.commandLine = commandLine
        return configuration
    }

    /// What the kernel, and the mini guest's first process, are told: addresses, name, shares.
    private var commandLine: String {
        var words = ["console=ttyS0", "quiet", "rookery.hostname=\(node.name)"]
        let gateway = node.host.routes.first { $0.destination == "default" && !$0.isIPv6 }?.via
        for (index, interface) in node.interfaces.enumerated() {
            for (place, address) in interface.ipv4.enumerated() {
                let via = index == 0 && place == 0 ? gateway ?? "" : ""
                words.append("ip=\(address)::\(via)::\(node.name):eth\(index):off")
            }
        }
        for (index, files) in settings.files.enumerated() {
            words.append("rookery.mount=files\(index):\(files.mountPoint)" + (files.isReadOnly ? ":ro" : ""))
        }
        if !settings.kernelArguments.isEmpty { words.append(settings.kernelArguments) }
        return words.joined(separator: " ")
    }
}
