import ArgumentParser
import Board
import DiskImage
import Glibc
import GuestImages
import Linux
import VirtualMachine

extension VMConfiguration.Virtualization: ExpressibleByArgument {}
extension VMConfiguration.Transport: ExpressibleByArgument {}
extension VMConfiguration.CPU: ExpressibleByArgument {}

/// What a machine is made of, on the command line.
struct VMGuestOptions: ParsableArguments {
    @Option(name: [.customShort("n"), .long], help: "The machine's name; otherwise the image's.")
    var name: String?

    @Option(name: [.customShort("m"), .long], help: ArgumentHelp("Its RAM: 256M, 2G.", valueName: "size"))
    var memory: ByteQuantity?

    @Option(help: ArgumentHelp("Virtual processors, 1 to 4.", valueName: "n"))
    var vcpus = 1

    @Option(
        name: .customLong("virtualization"),
        help: ArgumentHelp(
            "para (default): virtio and no firmware; full (default for a disk image's file): a PC with real chips.",
            valueName: "kind"))
    var virtualizationChoice: VMConfiguration.Virtualization?
    var virtualization: VMConfiguration.Virtualization { virtualizationChoice ?? .para }

    @Option(help: "virtio devices of para: on a PCI bus, or in memory (mmio).")
    var transport = VMConfiguration.Transport.pci

    @Option(help: "What runs the processors: auto, kvm or software.")
    var cpu = VMConfiguration.CPU.auto

    @Option(help: ArgumentHelp("A kernel to start without firmware.", valueName: "file"))
    var kernel: String?

    @Option(help: ArgumentHelp("Its initial RAM disk.", valueName: "file"))
    var initrd: String?

    @Option(
        name: [.customShort("a"), .long], help: ArgumentHelp("Words for the kernel's command line.", valueName: "words")
    )
    var append: [String] = []

    @Option(
        help: ArgumentHelp("Another disk: FILE[,ro][,raw|qcow2][,virtio|ahci|ide].", valueName: "disk"))
    var disk: [String] = []

    @Option(help: ArgumentHelp("A directory for the guest: HOST:GUEST[:ro] (mini), TAG=HOST[:ro].", valueName: "share"))
    var share: [String] = []

    @Flag(help: "Keep the disk of an image's machine for the next run of this name.")
    var keep = false

    @Flag(help: "End the machine when the guest reboots it.")
    var noReboot = false

    @Flag(help: .hidden)
    var noIsolation = false

    func validate() throws {
        guard (1...4).contains(vcpus) else { throw ValidationError("--vcpus wants 1 to 4") }
        if let bytes = memory?.byteCount, bytes < 1 << 20 {
            throw ValidationError("--memory \(bytes) is \(bytes) bytes: write \(bytes)M for megabytes")
        }
        if virtualization == .full, transport != .pci {
            throw ValidationError(
                "a full machine has no virtio devices: --transport mmio wants --virtualization para")
        }
        if virtualization == .full, !share.isEmpty {
            throw ValidationError("a full machine shares no directories: --share wants --virtualization para")
        }
        if let name {
            do throws(VMError) { try VMName.validate(name) } catch { throw ValidationError("\(error)") }
        }
    }

    /// A disk as the command line says it.
    static func parseDisk(_ text: String) throws(CommandError) -> VMConfiguration.Disk {
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var disk = VMConfiguration.Disk(path: words[0])
        for word in words.dropFirst() {
            if word == "ro" {
                disk.isReadOnly = true
            } else if let format = VMConfiguration.Disk.Format(rawValue: word) {
                disk.format = format
            } else if let interface = VMConfiguration.Disk.Interface(rawValue: word) {
                disk.interface = interface
            } else {
                throw CommandError.usage(
                    "--disk \(text): '\(word)' is none of ro, raw, qcow2, virtio, ahci, ide")
            }
        }
        guard File.exists(disk.path) else {
            throw CommandError("no disk image '\(disk.path)'", remedy: "rookery vm image create makes one")
        }
        disk.path = absolute(disk.path)
        return disk
    }

    static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getcwd(&buffer, buffer.count) != nil else { return path }
        let folder = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(folder)/\(path)"
    }
}
