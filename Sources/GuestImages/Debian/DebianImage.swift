import Board
import DiskImage
import Glibc
import Linux

/// A Debian system on a disk: MBR, GRUB, ext4, systemd, Debian's generic kernel. It starts on virtio and on real chips' drivers,
/// by its own boot loader or with the kernel and initial RAM disk beside the image.
///
/// `root` logs in on the serial line, the virtio console and the screen without a password; network cards ask a DHCP server.
public enum DebianImage {
    public static let name = "debian"
    public static let defaultByteCount: UInt64 = 2 << 30
    /// The file system's name, by which boot loader and kernel find it.
    static let label = "rookery"
    /// For who starts the kernel without the boot loader.
    public static let commandLine = "root=LABEL=\(label) ro console=ttyS0 net.ifnames=0 quiet"

    static let packages = [
        "linux-image-amd64", "systemd-sysv", "udev", "dbus", "initramfs-tools", "kmod", "iproute2", "iputils-ping",
        "iperf3", "e2fsprogs", "procps", "less", "nano-tiny", "netcat-openbsd", "tcpdump",
        "socat",
    ]

    /// Drivers for the initial RAM disk: whatever the disk may be behind. All others are on the disk.
    static let initialModules = [
        "virtio_pci", "virtio_mmio", "virtio_blk", "virtio_scsi", "virtio_console", "ahci", "ata_piix", "ata_generic",
        "sd_mod", "ext4", "crc32c_generic", "crc32c_intel",
    ]

    /// What a virtual machine has no use for: three quarters of the packages' bytes.
    static let excludedFiles =
        ["doc", "man", "info", "locale", "lintian", "bash-completion"].map { "/usr/share/\($0)/*" }
        + [
            "sound", "drivers/gpu", "drivers/media", "drivers/infiniband", "drivers/staging", "drivers/iio",
            "drivers/isdn", "drivers/net/wireless", "drivers/net/can", "drivers/net/ethernet", "drivers/mtd",
            "drivers/hwmon", "drivers/bluetooth", "drivers/comedi", "drivers/power", "drivers/leds", "drivers/video",
            "drivers/nfc", "drivers/thunderbolt", "drivers/platform", "drivers/crypto", "drivers/edac",
            "drivers/input/touchscreen", "drivers/input/joystick", "drivers/input/tablet", "drivers/mfd",
            "drivers/usb/gadget", "drivers/usb/serial", "drivers/usb/misc", "drivers/atm", "drivers/accel",
            "drivers/scsi/[!svs]*", "net/bluetooth", "net/wireless", "net/mac80211", "net/nfc", "net/can",
            "net/ieee802154", "net/atm", "fs/ocfs2", "fs/gfs2", "fs/ceph", "fs/reiserfs", "fs/jfs", "fs/nilfs2",
            "fs/ubifs", "fs/jffs2", "fs/afs", "fs/coda", "fs/orangefs", "fs/smb", "fs/cifs",
        ].map { "/lib/modules/*/kernel/\($0)/*" }
    static let includedFiles = [
        "/usr/share/locale/locale.alias", "/usr/share/doc/*/copyright",
        "/lib/modules/*/kernel/drivers/net/ethernet/intel/*",
    ]

    /// Makes the image anew.
    /// - Parameter byteCount: the size of the disk.
    public static func make(
        byteCount: UInt64 = defaultByteCount, in cache: ImageCache = .standard,
        progress: @escaping (GuestImageProgress) -> Void = { _ in }
    ) throws(GuestImageError) -> GuestImage {
        guard geteuid() == 0 else {
            throw GuestImageError(
                "a disk with files of many owners needs root", remedy: "sudo rookery vm image make debian")
        }
        for (program, package) in [("mmdebstrap", "mmdebstrap"), ("mkfs.ext4", "e2fsprogs")]
        where !HostProgram.isPresent(program) {
            throw GuestImageError("\(program) is not here", remedy: "apt-get install \(package)")
        }
        let store = PackageStore(folder: cache.packagesFolder, report: progress)
        progress(.stage("looking for packages"))
        let versions = try store.look(up: packages + ["grub-pc-bin", "grub-common"])
        let kernel = try store.kernelPackage(of: "linux-image-amd64")
        let grub = try store.unpacked(versions.first { $0.name == "grub-pc-bin" }!)
        let tools = try store.unpacked(versions.first { $0.name == "grub-common" }!)

        let folder = try cache.temporaryFolder()
        defer { FileTree.remove(folder) }
        let root = "\(folder)/root"
        try installSystem(in: root, work: folder, progress)
        try installAgent(in: root)
        progress(.stage("writing the disk"))
        try takeKernel(from: root, to: folder)
        let raw = "\(folder)/disk.raw"
        try makeFileSystem(raw, from: root, byteCount: byteCount)
        try makeBootable(raw, work: folder, grub: grub, tools: tools, byteCount: byteCount)
        progress(.stage("converting to qcow2"))
        do throws(BlockStorageError) {
            try DiskImageFile.convert(from: raw, format: .raw, to: "\(folder)/disk.qcow2", as: .qcow2)
        } catch {
            throw GuestImageError(error)
        }
        FileTree.remove(raw)
        FileTree.remove(root)
        for name in ["configure", "prepare", "core.img", "early.cfg"] { FileTree.remove("\(folder)/\(name)") }
        let release = kernel.name.dropFirst("linux-image-".count)
        try GuestImage.describe(
            in: folder, release: String(release), packages: versions + [kernel, GuestAgent.package], made: time(nil))
        return try cache.install(folder, as: name)
    }

    // MARK: The system

    /// The Debian release to take: the machine's own, as its package lists are of it.
    private static func suite() -> String {
        var fields: [String: String] = [:]
        for line in ((try? File.readText("/etc/os-release")) ?? "").split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = parts[1].filter { $0 != "\"" } }
        }
        return fields["ID"] == "debian" ? fields["VERSION_CODENAME"] ?? "stable" : "stable"
    }

    /// The machine's own sources of Debian's packages, so that its mirror is used; empty: Debian's.
    private static func sources(of suite: String) -> [String] {
        let folder = "/etc/apt/sources.list.d"
        let files = ["/etc/apt/sources.list"] + ((try? File.list(folder)) ?? []).map { "\(folder)/\($0)" }
        return files.filter { path in
            guard path.hasSuffix(".list") || path.hasSuffix(".sources"), let text = try? File.readText(path) else {
                return false
            }
            return text.split(separator: "\n").contains { line in
                !line.hasPrefix("#") && line.split(whereSeparator: { " \t".contains($0) }).contains(Substring(suite))
            }
        }
    }

    private static func installSystem(
        in root: String, work: String, _ progress: @escaping (GuestImageProgress) -> Void
    ) throws(GuestImageError) {
        try write("\(work)/prepare", DebianSetup.prepare(modules: initialModules), mode: 0o755)
        try write("\(work)/configure", DebianSetup.configure(label: label), mode: 0o755)
        let suite = suite()
        var arguments = [
            "mmdebstrap", "--mode=root", "--variant=minbase", "--include=\(packages.joined(separator: ","))",
            "--aptopt=Apt::Install-Recommends \"false\"", "--essential-hook=\(work)/prepare",
            "--customize-hook=\(work)/configure",
        ]
        arguments += excludedFiles.map { "--dpkgopt=path-exclude=\($0)" }
        arguments += includedFiles.map { "--dpkgopt=path-include=\($0)" }
        arguments += [suite, root] + sources(of: suite)
        var last = ""
        try HostProgram.run(arguments) { line in
            // "I: downloading packages with apt...", "Setting up udev (252) ..."
            guard line.hasPrefix("I: ") || line.hasPrefix("Setting up ") else { return }
            let stage = line.hasPrefix("I: ") ? String(line.dropFirst(3)) : line
            if stage != last { progress(.stage("Debian: " + stage.filter { $0 != "." || stage.contains("(") })) }
            last = stage
        }
    }

    /// Commands from the host are taken as soon as the system is up.
    private static func installAgent(in root: String) throws(GuestImageError) {
        for file in try GuestAgent.files() {
            let path = "\(root)/\(file.path)"
            try system { () throws(SystemError) in
                try File.makeDirectory("\(root)/\(GuestAgent.folder)")
                try File.writeAtomically(path, file.content, mode: 0o755)
            }
        }
        try write("\(root)/etc/systemd/system/rookery-agent.service", DebianSetup.agentUnit)
        try HostProgram.run([
            "ln", "-s", "/etc/systemd/system/rookery-agent.service",
            "\(root)/etc/systemd/system/multi-user.target.wants/",
        ])
    }

    private static func takeKernel(from root: String, to folder: String) throws(GuestImageError) {
        let names = (try? File.list("\(root)/boot")) ?? []
        for (prefix, target) in [("vmlinuz-", "vmlinuz"), ("initrd.img-", "initrd")] {
            guard let name = names.last(where: { $0.hasPrefix(prefix) }) else {
                throw GuestImageError("the system has no \(prefix)… in /boot")
            }
            try HostProgram.run(["cp", "\(root)/boot/\(name)", "\(folder)/\(target)"])
        }
    }

    // MARK: The disk

    private static func makeFileSystem(
        _ path: String, from root: String, byteCount: UInt64
    ) throws(GuestImageError) {
        let offset = UInt64(BootSector.partitionSector) * UInt64(BootSector.sectorByteCount)
        do throws(BlockStorageError) {
            try DiskImageFile.create(path, .init(.raw, byteCount: byteCount))
        } catch {
            throw GuestImageError(error)
        }
        // GRUB reads the file system: what its driver does not know yet is left out.
        try HostProgram.run([
            "mkfs.ext4", "-q", "-F", "-L", label, "-d", root, "-O", "^metadata_csum_seed,^orphan_file", "-m", "1", "-E",
            "offset=\(offset),discard", path, "\((byteCount - offset) / 1024)k",
        ])
    }

    private static func makeBootable(
        _ path: String, work: String, grub: String, tools: String, byteCount: UInt64
    ) throws(GuestImageError) {
        let modules = "\(grub)/usr/lib/grub/i386-pc"
        try write("\(work)/early.cfg", "search.fs_label \(label) root\nset prefix=($root)/boot/grub\n")
        let make = HostProgram.isPresent("grub-mkimage") ? "grub-mkimage" : "\(tools)/usr/bin/grub-mkimage"
        try HostProgram.run([
            make, "-O", "i386-pc", "-d", modules, "-p", "/boot/grub", "-c", "\(work)/early.cfg", "-o",
            "\(work)/core.img", "biosdisk", "part_msdos", "ext2", "search_label", "normal", "linux", "serial",
            "terminal",
            "echo", "minicmd", "reboot", "halt", "ls", "cat", "test",
        ])
        let sectors = try BootSector.sectors(
            boot: try system { () throws(SystemError) in try File.read("\(modules)/boot.img") },
            core: try system { () throws(SystemError) in try File.read("\(work)/core.img") },
            partitionSectors: UInt32(byteCount / 512) - BootSector.partitionSector,
            signature: UInt32.random(in: 1 ... .max))
        try system { () throws(SystemError) in
            let file = try File.open(path, O_WRONLY)
            try writeAll(sectors, to: file)
        }
    }

    private static func writeAll(_ bytes: [UInt8], to file: borrowing FileDescriptor) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let part = Array(bytes[done...])
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: part.count, alignment: 16)
            defer { buffer.deallocate() }
            buffer.copyBytes(from: part)
            done += try file.write(UnsafeRawBufferPointer(buffer))
        }
    }

    private static func write(_ path: String, _ text: String, mode: UInt32 = 0o644) throws(GuestImageError) {
        try system { () throws(SystemError) in try File.write(path, text, mode: mode) }
    }
}
