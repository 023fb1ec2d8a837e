import Foundation

extension LabFile {
    /// Reads what a layer of settings says of a virtual machine.
    func applyMachine(_ fields: Fields, _ node: inout LabTopology.Node) {
        var machine = node.machine ?? LabTopology.MachineSettings()
        defer { node.machine = machine }
        if let image = fields.text("image") { machine.image = image.contains("/") ? path(image) : image }
        if let kernel = fields.text("kernel") { machine.kernel = path(kernel) }
        if let disk = fields.text("initrd") { machine.initialRAMDisk = path(disk) }
        if let text = fields.text("append") { machine.kernelArguments = text }
        if let count = fields.parse(
            "vcpus", { text throws(ValueError) in Int(try Units.countValue(text, 1...4, "a number of processors")) })
        {
            machine.processors = count
        }
        if let monitor = fields.oneOf("monitor", LabTopology.MachineSettings.Monitor.self) { machine.monitor = monitor }
        if let kind = fields.oneOf("virtualization", LabTopology.MachineSettings.Virtualization.self) {
            machine.virtualizationChoice = kind
        }
        if let transport = fields.oneOf("transport", LabTopology.MachineSettings.Transport.self) {
            machine.transport = transport
        }
        if let text = fields.text("cpu") {
            // The same key limits the cores of all hosts: a number does here, too.
            if let choice = LabTopology.MachineSettings.CPU(rawValue: text) {
                machine.cpu = choice
            } else {
                fields.read("cpu", into: &node.host.cpuLimit) { text throws(ValueError) in
                    guard Double(text) != nil else {
                        throw ValueError(
                            "“\(text)” runs no machine", "write auto, kvm or software, or a number of cores")
                    }
                    return try Units.realValue(text, 0.001...4096, "a number of cores")
                }
            }
        }
        for text in fields.texts("disks") ?? [] {
            let parts = Self.options(text)
            machine.disks.append(.init(path: path(parts.text), isReadOnly: parts.isReadOnly))
        }
        for text in fields.texts("files") ?? [] {
            let parts = Self.options(text)
            let ends = parts.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard ends.count == 2, ends[1].hasPrefix("/"), !ends[0].isEmpty, !ends[1].contains(" ") else {
                problems.add(
                    fields["files"]?.place, "“\(text)” shares no directory",
                    "write ./here:/mnt/there, with :ro to read only")
                continue
            }
            machine.files.append(
                .init(directory: path(String(ends[0])), mountPoint: String(ends[1]), isReadOnly: parts.isReadOnly))
        }
        if machine.virtualizationChoice == .full, machine.transport != .pci,
            let field = fields["transport"] ?? fields["virtualization"]
        {
            problems.add(
                field.place, "a full machine has no virtio devices to reach by \(machine.transport.rawValue)",
                "write virtualization: para, or leave transport out")
        }
        if machine.kernel == nil, machine.initialRAMDisk != nil {
            problems.add(fields["initrd"]?.place, "an initrd without a kernel", "name the kernel, too")
        }
    }

    /// Files are named from the lab file's folder; the lab runs elsewhere.
    private func path(_ name: String) -> String {
        if name.hasPrefix("/") { return name }
        let folder = (file as NSString).deletingLastPathComponent
        let whole = folder.hasPrefix("/") ? folder : FileManager.default.currentDirectoryPath + "/" + folder
        return (("\(whole)/\(name)" as NSString).standardizingPath)
    }

    /// Takes `:ro` off a text's end.
    private static func options(_ text: String) -> (text: String, isReadOnly: Bool) {
        text.hasSuffix(":ro") ? (String(text.dropLast(3)), true) : (text, false)
    }
}
