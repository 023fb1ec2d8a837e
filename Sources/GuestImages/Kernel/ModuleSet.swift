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

        /// Nil: not a module's file.
        init?(name: String, path: String, content: [UInt8]) {
            guard let object = ELFObject(content) else { return nil }
            let information = object.moduleInformation
            self.name = name
            self.content = content
            var plainPath = path
            for ending in ModuleSet.compressions.keys where path.hasSuffix(ending) {
                plainPath.removeLast(ending.count)
            }
            self.path = plainPath
            dependencies = information.filter { $0.key == "depends" }.flatMap {
                $0.value.split(separator: ",").map { ModuleSet.plain(String($0)) }
            }
            aliases = information.filter { $0.key == "alias" && ModuleSet.isWord($0.value) }.map(\.value)
        }
    }

    private static let compressions = [
        ".xz": ["xz", "--no-sparse", "-M", "512MiB"], ".zst": ["zstd"], ".gz": ["gzip"],
    ]

    /// In an order in which each comes after those it needs.
    private(set) var modules: [Module] = []

    /// No module is larger once it is unpacked, by far; what is would fill disk and memory.
    static let largestModule = 128 << 20

    /// - Parameter names: those that the kernel does not have, or has built in, are left out.
    init(_ names: [String], of kernel: GuestKernel) throws(GuestImageError) {
        let folder = kernel.modulesFolder
        try self.init(names, among: FileTree.files(below: folder)) { (path) throws(GuestImageError) in
            try Self.read("\(folder)/\(path)")
        }
    }

    /// - Parameters:
    ///   - files: paths of modules, and of other files.
    ///   - read: the plain content of one.
    init(
        _ names: [String], among files: [String], read: (String) throws(GuestImageError) -> [UInt8]
    ) throws(GuestImageError) {
        var paths: [String: String] = [:]
        for path in files where path.contains(".ko") && Self.isWord(path) { paths[Self.name(of: path)] = path }
        // Each comes after those it needs: depth first, without a stack as deep as packages please.
        var seen: Set<String> = []
        var open: [(module: Module, next: Int)] = []
        func enter(_ name: String) throws(GuestImageError) {
            let name = Self.plain(name)
            guard let path = paths[name], seen.insert(name).inserted else { return }
            guard let module = Module(name: name, path: path, content: try read(path)) else {
                throw GuestImageError("'\(path)' is no kernel module")
            }
            open.append((module, 0))
        }
        for name in names {
            try enter(name)
            while let (module, next) = open.last {
                if next < module.dependencies.count {
                    open[open.count - 1].next += 1
                    try enter(module.dependencies[next])
                } else {
                    modules.append(module)
                    open.removeLast()
                }
            }
        }
    }

    /// What is neither a space nor a control character: words stand in the tables by themselves.
    private static func isWord(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
    }

    /// Names of modules are the same with a dash and an underscore.
    private static func plain(_ name: String) -> String {
        String(name.map { $0 == "-" ? "_" : $0 })
    }

    static func name(of path: String) -> String {
        let file = path.split(separator: "/").last ?? ""
        return plain(String(file.prefix { $0 != "." }))
    }

    /// The plain content of a module's file.
    static func read(_ path: String, limit: Int = largestModule) throws(GuestImageError) -> [UInt8] {
        guard let program = compressions.first(where: { path.hasSuffix($0.key) })?.value else {
            return try readPlain(path, named: path, limit)
        }
        let temporary = "\(path).plain"
        defer { FileTree.remove(temporary) }
        // The kernel ends who writes more than so many blocks of 512 bytes.
        let unpack = "ulimit -f \(limit / 512 + 1) && exec \"$@\" -dc < \"$0\" > \"$0.plain\""
        do throws(GuestImageError) {
            try HostProgram.run(["sh", "-c", unpack, path] + program)
        } catch {
            if FileTree.byteCount(temporary) <= limit { throw error }
        }
        return try readPlain(temporary, named: path, limit)
    }

    private static func readPlain(_ file: String, named path: String, _ limit: Int) throws(GuestImageError) -> [UInt8] {
        guard FileTree.byteCount(file) <= limit else {
            throw GuestImageError("'\(path)' is larger than any kernel module")
        }
        return try system { () throws(SystemError) in try File.read(file) }
    }

    /// modules.dep: each module with all that must be loaded before, the first to be loaded last.
    var dependencyTable: String {
        let byName = Dictionary(modules.map { ($0.name, $0) }) { first, _ in first }
        return modules.map { module in
            var needed: Set<String> = []
            var next = module.dependencies
            while let name = next.popLast() {
                guard name != module.name, let found = byName[name], needed.insert(name).inserted else { continue }
                next += found.dependencies
            }
            let paths = modules.reversed().filter { needed.contains($0.name) }.map(\.path)
            return ([module.path + ":"] + paths).joined(separator: " ") + "\n"
        }.joined()
    }

    /// modules.alias: the names of devices, with wildcards, and the module for each.
    var aliasTable: String {
        modules.flatMap { module in module.aliases.map { "alias \($0) \(module.name)\n" } }.joined()
    }
}
