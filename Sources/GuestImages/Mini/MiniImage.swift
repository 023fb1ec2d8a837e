import Glibc
import Linux

/// The mini guest: an initial RAM disk with busybox, iperf3, socat and the drivers for our machines and QEMU's. It lives in its
/// RAM, is up in a second or two, and is made from Debian's packages in a few seconds.
public struct MiniImage: Sendable {
    /// The images of the two kernels.
    public static func name(_ flavor: GuestKernelFlavor) -> String { flavor == .cloud ? "mini" : "mini-generic" }

    /// Words for the kernel's command line, whatever starts it. Half of a boot on a processor in software goes into tests
    /// of the kernel's cryptography with itself, and a guest that lives for minutes gains nothing by them.
    public static let commandLine = "console=ttyS0 cryptomgr.notests"

    /// The drivers, and what they need comes by itself. Those that the kernel does not have are left out.
    static let modules = [
        "virtio_pci", "virtio_mmio", "virtio_net", "virtio_blk", "virtio_console", "virtio_balloon", "virtio-rng",
        "virtio_scsi", "vmw_vsock_virtio_transport", "9pnet_virtio", "9p", "virtiofs", "e1000", "e1000e", "ahci",
        "ata_piix", "ata_generic", "sd_mod", "sr_mod", "button", "evdev", "ext4", "crc32c_generic", "crc32c-intel",
        "isofs", "vfat", "nls_ascii", "nls_cp437", "loop", "overlay", "psmouse", "8021q", "bridge", "tun", "veth",
    ]

    /// The kernel that a machine needs: the cloud's has no drivers for real chips, and no 9p.
    public static func flavor(hasRealChips: Bool, sharesDirectories: Bool) -> GuestKernelFlavor {
        hasRealChips || sharesDirectories ? .generic : .cloud
    }

    /// The image that is there if this program's version has made it, or one that is made now.
    public static func presentOrMade(
        _ flavor: GuestKernelFlavor, in cache: ImageCache = .standard,
        progress: @escaping (GuestImageProgress) -> Void = { _ in }
    ) throws(GuestImageError) -> GuestImage {
        if let image = present(flavor, in: cache) { return image }
        return try make(flavor, in: cache, progress: progress)
    }

    /// The image that is there, if this program's version has made it; its packages may not be the newest.
    public static func present(_ flavor: GuestKernelFlavor, in cache: ImageCache = .standard) -> GuestImage? {
        guard let image = cache.image(named: name(flavor)), image.packages.contains("rookery \(revision)") else {
            return nil
        }
        return image
    }

    /// Makes the image, or takes the one that is there where its packages are the newest.
    public static func make(
        _ flavor: GuestKernelFlavor, in cache: ImageCache = .standard,
        progress: @escaping (GuestImageProgress) -> Void = { _ in }
    ) throws(GuestImageError) -> GuestImage {
        let store = PackageStore(folder: cache.packagesFolder, report: progress)
        progress(.stage("looking for packages"))
        let programs = try store.look(up: ["busybox-static", "iperf3", "socat"])
        let libraries = try store.libraries(of: Array(programs.dropFirst()))
        let kernelPackage = try store.kernelPackage(of: flavor.package)
        let packages = programs + libraries + [kernelPackage]
        let own = [GuestAgent.package, DebianPackage(name: "rookery", version: revision, dependencies: [])]
        let versions = (packages + own).map { "\($0.name) \($0.version)" }
        if let image = cache.image(named: name(flavor)), image.packages == versions { return image }

        let kernel = try GuestKernel(kernelPackage, from: store)
        var folders: [String] = []
        for package in programs + libraries { folders.append(try store.unpacked(package)) }
        progress(.stage("packing the initial RAM disk"))
        let archive = try initialRAMDisk(kernel, programs: folders)
        let folder = try cache.temporaryFolder()
        defer { FileTree.remove(folder) }
        try HostProgram.run(["cp", "--reflink=auto", kernel.image, "\(folder)/vmlinuz"])
        try system { () throws(SystemError) in try File.writeAtomically("\(folder)/initrd", archive) }
        try GuestImage.describe(
            in: folder, release: kernel.release, packages: packages + own, made: time(nil))
        return try cache.install(folder, as: name(flavor))
    }

    /// Changes with what we put into the image, so that older ones are made anew.
    private static var revision: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        let parts = [
            MiniInit.script, MiniInit.table, MiniInit.main, SessionScripts.session, SessionScripts.command,
            GuestAgent.version, MiniInit.leaseScript,
            MiniInit.profile, MiniInit.powerButton, modules.joined(separator: " "), "1",
        ]
        for byte in parts.joined(separator: "\n").utf8 { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3 }
        return String(hash, radix: 16)
    }

    private static func initialRAMDisk(
        _ kernel: GuestKernel, programs folders: [String]
    ) throws(GuestImageError) -> [UInt8] {
        var archive = CPIOArchive()
        for folder in ["proc", "sys", "dev", "run", "tmp", "root", "mnt", "etc", "var", "rookery"] {
            archive.add(folder: folder)
        }
        // The first process has its three descriptors from it, before anything is mounted.
        archive.add(device: "dev/console", major: 5, minor: 1)
        archive.add(device: "dev/null", major: 1, minor: 3, mode: 0o666)
        archive.add(file: "init", MiniInit.script, mode: 0o755)
        archive.add(file: "etc/inittab", MiniInit.table)
        archive.add(file: "usr/lib/rookery/main", MiniInit.main, mode: 0o755)
        for file in try GuestAgent.files() { archive.add(file: file.path, file.content, mode: 0o755) }
        archive.add(file: "usr/share/udhcpc/default.script", MiniInit.leaseScript, mode: 0o755)
        archive.add(file: "etc/udhcpc/default.script", MiniInit.leaseScript, mode: 0o755)
        archive.add(file: "etc/profile", MiniInit.profile)
        archive.add(file: "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
        archive.add(file: "etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n")
        archive.add(file: "etc/acpi/PWRF/00000080", MiniInit.powerButton, mode: 0o755)
        archive.add(file: "etc/acpi/PWRB/00000080", MiniInit.powerButton, mode: 0o755)
        archive.add(file: "etc/resolv.conf", "")

        guard let busybox = Self.find(["bin/busybox", "usr/bin/busybox"], in: folders) else {
            throw GuestImageError("busybox-static has no busybox in it")
        }
        archive.add(file: "bin/busybox", try read(busybox), mode: 0o755)
        let applets = try HostProgram.run([busybox, "--list-full"])
        for applet in applets.split(separator: "\n") where applet != "bin/busybox" && applet != "busybox" {
            archive.add(link: applet.contains("/") ? String(applet) : "bin/\(applet)", to: "/bin/busybox")
        }
        try addPrograms(["usr/bin/iperf3", "usr/bin/socat"], from: folders, to: &archive)
        try addModules(kernel, to: &archive)
        return archive.finished()
    }

    /// Programs, their loader, and all libraries that they are linked with.
    private static func addPrograms(
        _ paths: [String], from folders: [String], to archive: inout CPIOArchive
    ) throws(GuestImageError) {
        var wanted: [String] = []
        for path in paths {
            guard let source = find([path], in: folders) else { throw GuestImageError("no package has \(path)") }
            let content = try read(source)
            archive.add(file: path, content, mode: 0o755)
            guard let program = ELFObject(content) else { throw GuestImageError("'\(source)' is no program") }
            wanted += program.neededLibraries
            if let interpreter = program.interpreter { wanted.append(String(interpreter.dropFirst())) }
        }
        var added: Set<String> = []
        while let name = wanted.popLast() {
            if !added.insert(name).inserted { continue }
            let file = name.split(separator: "/").last.map(String.init) ?? name
            let places = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "usr/lib64"]
            let known = places.map { "\($0)/\(file)" }
            guard let source = find(known, in: folders) else { throw GuestImageError("no package has \(name)") }
            let content = try read(source)
            // The loader has one place that programs name; libraries are looked for in /usr/lib.
            archive.add(
                file: name.contains("/") ? name : "usr/lib/x86_64-linux-gnu/\(file)", content, mode: 0o755)
            wanted += ELFObject(content)?.neededLibraries ?? []
        }
    }

    private static func addModules(_ kernel: GuestKernel, to archive: inout CPIOArchive) throws(GuestImageError) {
        let set = try ModuleSet(modules, of: kernel)
        let folder = "lib/modules/\(kernel.release)"
        for module in set.modules { archive.add(file: "\(folder)/\(module.path)", module.content) }
        archive.add(file: "\(folder)/modules.dep", set.dependencyTable)
        archive.add(file: "\(folder)/modules.alias", set.aliasTable)
    }

    /// The first of some paths that one of the folders has; links within a package are followed.
    private static func find(_ paths: [String], in folders: [String]) -> String? {
        for path in paths {
            for folder in folders where FileTree.isFile("\(folder)/\(path)") { return "\(folder)/\(path)" }
        }
        return nil
    }

    private static func read(_ path: String) throws(GuestImageError) -> [UInt8] {
        try system { () throws(SystemError) in try File.read(path) }
    }
}
