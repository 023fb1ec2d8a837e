// Where the machine keeps its cgroups (cgroups(7)): version 2 has one tree for all controllers; version 1 has a tree per
// controller (or set of them); a hybrid machine has both, and each controller lives in one of them.

/// A resource that cgroups limit.
public enum CgroupController: String, Sendable, CaseIterable {
    case cpu
    case cpuset
    case memory
    case pids
}

/// The mounted cgroup trees and this process's place in them.
public struct CgroupHierarchies: Equatable, Sendable {
    /// A tree that has a controller of ours.
    public struct Tree: Equatable, Sendable {
        public let version: Int
        /// The directory of this process's own cgroup in the tree.
        public let ownDirectory: String
        public let controllers: [CgroupController]
    }

    public let trees: [Tree]

    /// Reads /proc/self/mountinfo and /proc/self/cgroup.
    public static func detect() throws(SystemError) -> CgroupHierarchies {
        let mounts = try File.readText("/proc/self/mountinfo")
        let membership = try File.readText("/proc/self/cgroup")
        return parse(mountInformation: mounts, membership: membership) { directory in
            do throws(SystemError) { return try File.readText(directory + "/cgroup.controllers") } catch { return "" }
        }
    }

    /// - Parameter controllersOf: the content of cgroup.controllers in a directory of version 2.
    static func parse(
        mountInformation: String, membership: String, controllersOf: (String) -> String
    ) -> CgroupHierarchies {
        // "4:memory:/path" for version 1, "0::/path" for version 2.
        var paths: [String: String] = [:]
        for line in membership.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                paths[String(controller)] = String(parts[2])
            }
        }
        var trees: [Tree] = []
        var taken: Set<CgroupController> = []
        // "36 35 98:0 ROOT MOUNTPOINT OPTIONS … - TYPE SOURCE SUPEROPTIONS" (proc(5)).
        for line in mountInformation.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, fields.count > 4 else { continue }
            let root = String(fields[3])
            let mountPoint = String(fields[4])
            switch fields[dash + 1] {
            case "cgroup":
                let options = fields[dash + 3].split(separator: ",")
                let found = CgroupController.allCases.filter { controller in
                    options.contains { $0 == controller.rawValue } && !taken.contains(controller)
                }
                guard let first = found.first, let path = paths[first.rawValue] else { continue }
                taken.formUnion(found)
                trees.append(
                    Tree(version: 1, ownDirectory: directory(mountPoint, root, path), controllers: found))
            case "cgroup2":
                guard let path = paths[""] else { continue }
                let own = directory(mountPoint, root, path)
                let offered = controllersOf(own).split(whereSeparator: { $0 == " " || $0 == "\n" })
                let found = CgroupController.allCases.filter { controller in
                    offered.contains { $0 == controller.rawValue } && !taken.contains(controller)
                }
                if found.isEmpty { continue }
                taken.formUnion(found)
                trees.append(Tree(version: 2, ownDirectory: own, controllers: found))
            default: continue
            }
        }
        return CgroupHierarchies(trees: trees)
    }

    /// The tree that has a controller; nil where the machine offers none.
    public func tree(with controller: CgroupController) -> Tree? {
        trees.first { $0.controllers.contains(controller) }
    }

    /// A mount may show only a part of the tree, from `root` down (bind mounts, cgroup namespaces).
    private static func directory(_ mountPoint: String, _ root: String, _ path: String) -> String {
        var inside = path
        if root != "/", path.hasPrefix(root) { inside = String(path.dropFirst(root.count)) }
        while inside.hasSuffix("/") { inside.removeLast() }
        // Our own cgroup may lie outside what is mounted; then the mount's root is as near as we get.
        if inside.hasPrefix("/..") { inside = "" }
        return mountPoint + inside
    }
}
