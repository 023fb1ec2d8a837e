import Glibc
import Linux

/// Debian's packages from wherever the machine's apt gets them, unpacked and never installed; each version once.
struct PackageStore {
    /// The folder with a folder for each package and version.
    let folder: String
    let report: (GuestImageProgress) -> Void

    /// What the package lists say of packages, newest versions.
    func look(up names: [String]) throws(GuestImageError) -> [DebianPackage] {
        guard HostProgram.isPresent("apt-cache") else {
            throw GuestImageError(
                "images are made from Debian's packages, and apt is not here", remedy: "use a Debian or Ubuntu machine")
        }
        let text: String
        do throws(GuestImageError) {
            text = try HostProgram.run(["apt-cache", "show", "--no-all-versions"] + names)
        } catch {
            throw GuestImageError(
                "the package lists do not have \(names.joined(separator: ", "))", remedy: "apt-get update")
        }
        let found = DebianPackage.parse(text)
        let packages = names.compactMap { name in found.first { $0.name == name } }
        if let missing = names.first(where: { name in !packages.contains { $0.name == name } }) {
            throw GuestImageError("the package lists do not have \(missing)", remedy: "apt-get update")
        }
        return packages
    }

    /// The libraries that packages need, with theirs.
    func libraries(of packages: [DebianPackage]) throws(GuestImageError) -> [DebianPackage] {
        var known: [String: DebianPackage] = [:]
        var wanted = packages.flatMap(\.dependencies)
        while true {
            let names = Set(wanted).filter { $0.hasPrefix("lib") && known[$0] == nil }.sorted()
            if names.isEmpty { return known.values.sorted { $0.name < $1.name } }
            let found = try look(up: names)
            for package in found { known[package.name] = package }
            wanted = found.flatMap(\.dependencies)
        }
    }

    /// The kernel package that a package without content (`linux-image-amd64`) stands for.
    func kernelPackage(of name: String) throws(GuestImageError) -> DebianPackage {
        let meta = try look(up: [name])[0]
        guard let real = meta.dependencies.first(where: { $0.hasPrefix("linux-image-") }) else {
            throw GuestImageError("\(name) needs no kernel package")
        }
        return try look(up: [real])[0]
    }

    func path(of package: DebianPackage) -> String {
        "\(folder)/\(package.name)_\(package.version.filter { $0 != "/" })"
    }

    /// The folder with a package's files; downloaded and unpacked where it has not been before.
    func unpacked(_ package: DebianPackage) throws(GuestImageError) -> String {
        let path = path(of: package)
        if File.exists(path) { return path }
        report(.stage("fetching \(package.name) \(package.version)"))
        let temporary = "\(folder)/.\(package.name).\(getpid())"
        try system { () throws(SystemError) in try File.makeDirectory("\(temporary)/files") }
        defer { FileTree.remove(temporary) }
        // apt checks what comes against its signed lists. Its own user may not enter our folder, hence the option.
        try HostProgram.run(
            ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", "\(package.name)=\(package.version)"],
            directory: temporary)
        let names = try system { () throws(SystemError) in try File.list(temporary) }
        guard let archive = names.first(where: { $0.hasSuffix(".deb") }) else {
            throw GuestImageError("apt-get has brought no \(package.name) \(package.version)")
        }
        try HostProgram.run(["dpkg-deb", "-x", "\(temporary)/\(archive)", "\(temporary)/files"])
        // Whole or not at all; somebody else may have been faster.
        if rename("\(temporary)/files", path) != 0 && !File.exists(path) {
            throw GuestImageError(SystemError("rename to", path))
        }
        return path
    }
}

/// How far the making of an image is.
public enum GuestImageProgress: Equatable, Sendable {
    case stage(String)
}
