import Linux

/// A kernel of Debian's for guests.
public enum GuestKernelFlavor: String, Sendable, CaseIterable {
    /// For para machines: the drivers of clouds, started fast.
    case cloud
    /// For any machine: all drivers.
    case generic

    /// The package that stands for the newest one.
    var package: String { self == .cloud ? "linux-image-cloud-amd64" : "linux-image-amd64" }
}

/// An unpacked kernel package.
struct GuestKernel {
    let package: DebianPackage
    /// Where it is unpacked.
    let folder: String
    /// What `uname -r` says: "6.1.0-56-cloud-amd64".
    let release: String

    var image: String { "\(folder)/boot/vmlinuz-\(release)" }
    /// The folder of the modules; /usr/lib where / and /usr are one.
    var modulesFolder: String {
        let old = "\(folder)/lib/modules/\(release)"
        return FileTree.isFolder(old) ? old : "\(folder)/usr/lib/modules/\(release)"
    }

    init(_ flavor: GuestKernelFlavor, from store: PackageStore) throws(GuestImageError) {
        try self.init(try store.kernelPackage(of: flavor.package), from: store)
    }

    init(_ package: DebianPackage, from store: PackageStore) throws(GuestImageError) {
        self.package = package
        folder = try store.unpacked(package)
        let names = (try? File.list("\(folder)/boot")) ?? []
        guard let image = names.first(where: { $0.hasPrefix("vmlinuz-") }) else {
            throw GuestImageError("\(package.name) has no kernel in it")
        }
        release = String(image.dropFirst("vmlinuz-".count))
    }
}
