import CLinux
import Glibc

/// A cgroup of ours: one directory in each tree that holds a controller it uses. The directories stay until `remove`.
public struct Cgroup: Equatable, Sendable {
    /// What the processes of a cgroup may use. What is nil is not limited.
    public struct Limits: Equatable, Sendable {
        /// The share of the processor when it is contended, relative to others; 1024 is the usual share.
        public var cpuShares: Int?
        /// Processors' worth of time at most: 0.5 is half of one.
        public var cpuLimit: Double?
        /// The period over which `cpuLimit` is counted, in microseconds.
        public var cpuPeriod = 100_000
        /// Memory in bytes.
        public var memory: UInt64?
        /// Processes and threads.
        public var processes: Int?
        /// Processors to run on, "0-3,5".
        public var cpuset: String?

        public init(
            cpuShares: Int? = nil, cpuLimit: Double? = nil, memory: UInt64? = nil, processes: Int? = nil,
            cpuset: String? = nil
        ) {
            self.cpuShares = cpuShares
            self.cpuLimit = cpuLimit
            self.memory = memory
            self.processes = processes
            self.cpuset = cpuset
        }

        /// The controllers that these limits need.
        public var controllers: Set<CgroupController> {
            var needed: Set<CgroupController> = []
            if cpuShares != nil || cpuLimit != nil { needed.insert(.cpu) }
            if memory != nil { needed.insert(.memory) }
            if processes != nil { needed.insert(.pids) }
            if cpuset != nil { needed.insert(.cpuset) }
            return needed
        }
    }

    struct Place: Equatable, Sendable {
        let version: Int
        let controllers: [CgroupController]
        let path: String
    }

    /// "lab/h1".
    public let name: String
    let places: [Place]

    /// The directories, for a state file; `Cgroup.remove(directories:)` takes them.
    public var directories: [String] { places.map(\.path) }

    /// Makes a cgroup below this process's own.
    /// - Parameters:
    ///   - name: a path of one or more names.
    ///   - controllers: what will be limited; a directory is made only in the trees that hold these.
    public static func make(
        _ name: String, controllers: Set<CgroupController>, in hierarchies: CgroupHierarchies
    ) throws(SystemError) -> Cgroup {
        var places: [Place] = []
        for controller in controllers.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let tree = hierarchies.tree(with: controller) else {
                throw SystemError(
                    "limit '\(name)' by the cgroup controller", controller.rawValue, code: .noSuchDevice,
                    remedy:
                        "no mounted cgroup hierarchy offers it here; with version 2, the parent cgroup must delegate "
                        + "it in cgroup.subtree_control")
            }
            let path = "\(tree.ownDirectory)/\(name)"
            if places.contains(where: { $0.path == path }) { continue }
            try prepareParents(of: path, below: tree)
            try File.makeDirectory(path)
            if tree.controllers.contains(.cpuset), tree.version == 1 { try inheritCpuset(path) }
            places.append(Place(version: tree.version, controllers: tree.controllers, path: path))
        }
        return Cgroup(name: name, places: places)
    }

    /// Sets limits; call it again to change them.
    public func apply(_ limits: Limits) throws(SystemError) {
        for (controller, file, value) in settings(limits) {
            let place = try place(of: controller)
            try File.writeValue("\(place.path)/\(file)", value)
        }
    }

    /// The files and values that say `limits`, in the order of writing.
    func settings(_ limits: Limits) -> [(CgroupController, String, String)] {
        var result: [(CgroupController, String, String)] = []
        func version(_ controller: CgroupController) -> Int {
            places.first { $0.controllers.contains(controller) }?.version ?? 2
        }
        if let shares = limits.cpuShares {
            if version(.cpu) == 1 {
                result.append((.cpu, "cpu.shares", "\(max(2, shares))"))
            } else {
                // 2…262144 onto 1…10000, so that 1024 keeps its place near the default of 100.
                let weight = 1 + (max(2, min(262_144, shares)) - 2) * 9999 / 262_142
                result.append((.cpu, "cpu.weight", "\(weight)"))
            }
        }
        if let limit = limits.cpuLimit {
            // The kernel takes no quota below a millisecond.
            let quota = max(1000, Int(limit * Double(limits.cpuPeriod)))
            if version(.cpu) == 1 {
                result.append((.cpu, "cpu.cfs_period_us", "\(limits.cpuPeriod)"))
                result.append((.cpu, "cpu.cfs_quota_us", "\(quota)"))
            } else {
                result.append((.cpu, "cpu.max", "\(quota) \(limits.cpuPeriod)"))
            }
        }
        if let memory = limits.memory {
            result.append(
                (.memory, version(.memory) == 1 ? "memory.limit_in_bytes" : "memory.max", "\(memory)"))
        }
        if let processes = limits.processes { result.append((.pids, "pids.max", "\(processes)")) }
        if let cpuset = limits.cpuset { result.append((.cpuset, "cpuset.cpus", cpuset)) }
        return result
    }

    /// One file of one controller, as the kernel says it: read(.cpu, "cpu.stat").
    public func read(_ controller: CgroupController, _ file: String) throws(SystemError) -> String {
        let place = try place(of: controller)
        var text = try File.readText("\(place.path)/\(file)")
        while text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    /// Moves a process, with all its threads, into the cgroup.
    public func add(process: Int32) throws(SystemError) {
        for place in places { try File.writeValue("\(place.path)/cgroup.procs", "\(process)") }
    }

    /// Descriptors for `Spawn.cgroups`, so that a program is limited from its first instruction.
    public func openForJoining() throws(SystemError) -> [OwnedDescriptor] {
        var opened: [OwnedDescriptor] = []
        for place in places {
            opened.append(OwnedDescriptor(try File.open("\(place.path)/cgroup.procs", O_WRONLY)))
        }
        return opened
    }

    /// The processes in it.
    public func processes() throws(SystemError) -> [Int32] {
        var found: Set<Int32> = []
        for place in places {
            for line in try File.readText("\(place.path)/cgroup.procs").split(separator: "\n") {
                if let pid = Int32(line), pid > 0 { found.insert(pid) }
            }
        }
        return found.sorted()
    }

    /// Kills every process in it (SIGKILL), those that are being forked meanwhile, too.
    public func killAll() throws(SystemError) {
        for place in places where place.version == 2 && File.exists("\(place.path)/cgroup.kill") {
            try File.writeValue("\(place.path)/cgroup.kill", "1")
        }
        // Without cgroup.kill: until nobody is left, for a process may fork faster than it is found.
        for _ in 0..<100 {
            let left = try processes().filter { $0 != getpid() }
            if left.isEmpty { return }
            for pid in left { kill(pid, SIGKILL) }
            usleep(1000)
        }
    }

    /// Removes the directories. A cgroup whose last process has just ended is busy for a moment; that is waited for.
    public func remove() throws(SystemError) { try Self.remove(directories: directories) }

    /// Removes cgroup directories, innermost first; those that are gone already are fine.
    public static func remove(directories: [String]) throws(SystemError) {
        for path in directories.sorted(by: >) {
            var attempts = 0
            while rmdir(path) < 0 {
                let code = Errno.last
                if code == .noSuchFile { break }
                attempts += 1
                if code != .busy || attempts == 200 {
                    throw SystemError(
                        "remove the cgroup", path, code: code,
                        remedy: code == .busy ? "end the processes listed in its cgroup.procs" : nil)
                }
                usleep(5000)
            }
        }
    }

    private func place(of controller: CgroupController) throws(SystemError) -> Place {
        guard let place = places.first(where: { $0.controllers.contains(controller) }) else {
            throw SystemError(
                "limit '\(name)' by the cgroup controller", controller.rawValue, code: .noSuchDevice,
                remedy: "the cgroup was made without it")
        }
        return place
    }

    /// Makes the directories above `path`, and hands the controllers down to them (version 2).
    private static func prepareParents(of path: String, below tree: CgroupHierarchies.Tree) throws(SystemError) {
        var missing: [String] = []
        var directory = File.parent(of: path)
        while directory.utf8.count > tree.ownDirectory.utf8.count {
            missing.append(directory)
            directory = File.parent(of: directory)
        }
        for directory in [tree.ownDirectory] + missing.reversed() {
            try File.makeDirectory(directory)
            if tree.version == 1 {
                if tree.controllers.contains(.cpuset), directory != tree.ownDirectory { try inheritCpuset(directory) }
                continue
            }
            let enabled = tree.controllers.map { "+\($0.rawValue)" }.joined(separator: " ")
            do throws(SystemError) {
                try File.writeValue("\(directory)/cgroup.subtree_control", enabled)
            } catch {
                throw SystemError(
                    "hand cgroup controllers down from", directory, code: error.code,
                    remedy: error.code == .busy
                        ? "version 2 wants no processes in a cgroup with children: start under systemd-run --scope "
                            + "-p Delegate=yes, or move the processes to a child cgroup" : nil)
            }
        }
    }

    /// In version 1 a fresh cpuset is empty, and nothing can join it.
    private static func inheritCpuset(_ path: String) throws(SystemError) {
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let own = try File.readText("\(path)/\(file)")
            if own.contains(where: { $0 != "\n" }) { continue }
            let parent = try File.readText("\(File.parent(of: path))/\(file)")
            try File.writeValue("\(path)/\(file)", String(parent.prefix { $0 != "\n" }))
        }
    }
}
