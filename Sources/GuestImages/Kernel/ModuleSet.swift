import Linux

/// Kernel modules with all that they need, and the tables by which modprobe finds them (depmod(8): modules.dep,
/// modules.alias).
struct ModuleSet {
    struct Module {
        let name: String
        /// Relative to the folder of the modules; without the compression's ending.
        let path: String
        let content: [UInt8]
        let dependencies: [String]
        let aliases: [String]
    }

    /// In an order in which each comes after those it needs.
    private(set) var modules: [Module] = []

    /// - Parameter names: those that the kernel does not have, or has built in, are left out.
    init(_ names: [String], of kernel: GuestKernel) throws(GuestImageError) {
        var paths: [String: String] = [:]
        for path in FileTree.files(below: kernel.modulesFolder) where path.contains(".ko") {
            paths[Self.name(of: path)] = path
        }
        var seen: Set<String> = []
        for name in names { try add(name, paths, kernel.modulesFolder, &seen) }
    }

    private mutating func add(
        _ name: String, _ paths: [String: String], _ folder: String, _ seen: inout Set<String>
    ) throws(GuestImageError) {
        let name = Self.plain(name)
        guard let path = paths[name], seen.insert(name).inserted else { return }
        let content = try Self.read("\(folder)/\(path)")
        guard let object = ELFObject(content) else { throw GuestImageError("'\(folder)/\(path)' is no kernel module") }
        let information = object.moduleInformation
        let needed = information.filter { $0.key == "depends" }.flatMap {
            $0.value.split(separator: ",").map(String.init)
        }
        for dependency in needed { try add(dependency, paths, folder, &seen) }
        var plainPath = path
        for ending in [".xz", ".zst", ".gz"] where path.hasSuffix(ending) { plainPath.removeLast(ending.count) }
        modules.append(
            Module(
                name: name, path: plainPath, content: content, dependencies: needed.map(Self.plain),
                aliases: information.filter { $0.key == "alias" }.map(\.value)))
    }

    /// Names of modules are the same with a dash and an underscore.
    private static func plain(_ name: String) -> String {
        String(name.map { $0 == "-" ? "_" : $0 })
    }

    static func name(of path: String) -> String {
        let file = path.split(separator: "/").last ?? ""
        return plain(String(file.prefix { $0 != "." }))
    }

    private static func read(_ path: String) throws(GuestImageError) -> [UInt8] {
        let programs = [".xz": "xz", ".zst": "zstd", ".gz": "gzip"]
        if let program = programs.first(where: { path.hasSuffix($0.key) })?.value {
            let temporary = "\(path).plain"
            try HostProgram.run(["sh", "-c", "exec \(program) -dc \"$0\" > \"$1\"", path, temporary])
            defer { FileTree.remove(temporary) }
            return try system { () throws(SystemError) in try File.read(temporary) }
        }
        return try system { () throws(SystemError) in try File.read(path) }
    }

    /// All that a module needs, in the order of modules.dep: loaded from the last one to the first.
    private func allDependencies(of module: Module) -> [Module] {
        var needed: Set<String> = []
        var next = module.dependencies
        while let name = next.popLast() {
            guard needed.insert(name).inserted, let found = modules.first(where: { $0.name == name }) else { continue }
            next += found.dependencies
        }
        return modules.reversed().filter { needed.contains($0.name) }
    }

    /// modules.dep: each module with all that must be loaded before, the first to be loaded last.
    var dependencyTable: String {
        modules.map { module in
            ([module.path + ":"] + allDependencies(of: module).map(\.path)).joined(separator: " ") + "\n"
        }.joined()
    }

    /// modules.alias: the names of devices, with wildcards, and the module for each.
    var aliasTable: String {
        modules.flatMap { module in module.aliases.map { "alias \($0) \(module.name)\n" } }.joined()
    }
}
