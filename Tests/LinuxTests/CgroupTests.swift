import Glibc
import Testing

@testable import Linux

@Suite struct CgroupTests {
    @Test func findsVersion1Trees() {
        let found = CgroupHierarchies.parse(
            mountInformation: """
                30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
                31 25 0:27 / /sys/fs/cgroup/memory rw shared:1 - cgroup cgroup rw,memory
                32 25 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
                """,
            membership: "4:memory:/a/b\n1:cpu,cpuacct:/\n0::/\n", controllersOf: { _ in "" })
        #expect(
            found.trees == [
                .init(version: 1, ownDirectory: "/sys/fs/cgroup/cpu,cpuacct", controllers: [.cpu]),
                .init(version: 1, ownDirectory: "/sys/fs/cgroup/memory/a/b", controllers: [.memory]),
            ])
    }

    @Test func findsVersion2AndHybrid() {
        let found = CgroupHierarchies.parse(
            mountInformation: """
                30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
                31 25 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
                """,
            membership: "4:pids:/\n0::/user.slice\n",
            controllersOf: { $0 == "/sys/fs/cgroup/user.slice" ? "cpu memory io\n" : "" })
        #expect(found.tree(with: .memory)?.version == 2)
        #expect(found.tree(with: .memory)?.ownDirectory == "/sys/fs/cgroup/user.slice")
        #expect(found.tree(with: .pids)?.version == 1)
        #expect(found.tree(with: .cpuset) == nil)
    }

    @Test func leavesOutTheHiddenPartOfABindMount() {
        let found = CgroupHierarchies.parse(
            mountInformation: "30 25 0:26 /docker/x /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n",
            membership: "1:cpu:/docker/x/sub\n", controllersOf: { _ in "" })
        #expect(found.trees.first?.ownDirectory == "/sys/fs/cgroup/cpu/sub")
    }

    @Test func saysTheSameLimitsInBothVersions() {
        func settings(_ version: Int) -> [String] {
            Cgroup(
                name: "x", places: [.init(version: version, controllers: CgroupController.allCases, path: "/x")]
            ).settings(.init(cpuShares: 1024, cpuLimit: 0.5, memory: 1 << 20, processes: 9, cpuset: "0"))
                .map { "\($0.1)=\($0.2)" }
        }
        #expect(
            settings(1) == [
                "cpu.shares=1024", "cpu.cfs_period_us=100000", "cpu.cfs_quota_us=50000",
                "memory.limit_in_bytes=1048576", "pids.max=9", "cpuset.cpus=0",
            ])
        #expect(
            settings(2) == [
                "cpu.weight=39", "cpu.max=50000 100000", "memory.max=1048576", "pids.max=9", "cpuset.cpus=0",
            ])
    }

    @Test func namesTheMissingController() {
        #expect {
            _ = try Cgroup.make("x", controllers: [.memory], in: CgroupHierarchies(trees: []))
        } throws: { "\($0)".contains("'memory'") && "\($0)".contains("no mounted cgroup hierarchy") }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to make cgroups"))
    func limitsAProgramFromItsStart() throws {
        let hierarchies = try CgroupHierarchies.detect()
        let wanted = Set(CgroupController.allCases.filter { hierarchies.tree(with: $0) != nil && $0 != .cpuset })
        try #require(wanted.contains(.pids))
        let cgroup = try Cgroup.make("rookery-test-\(getpid())/h1", controllers: wanted, in: hierarchies)
        try cgroup.apply(.init(processes: 17))
        #expect(try cgroup.read(.pids, "pids.max") == "17")
        let joining = try cgroup.openForJoining()
        var spawn = Spawn("sleep", ["sleep", "60"])
        spawn.cgroups = joining.map(\.rawValue)
        let child = try spawn.start()
        #expect(try cgroup.processes() == [child.pid])
        try cgroup.killAll()
        #expect(try child.wait() == .killed(signal: SIGKILL))
        try cgroup.remove()
        #expect(!File.exists(cgroup.directories[0]))
        try Cgroup.remove(directories: cgroup.directories.map { String($0.dropLast(3)) })
    }
}
