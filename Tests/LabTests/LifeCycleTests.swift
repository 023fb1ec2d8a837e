import Glibc
import Lab
import Linux
import Testbed
import Testing
import Topology

@Suite(.serialized, .enabled(if: LabMeans.areThere, Comment(rawValue: LabMeans.missing ?? "")))
struct LifeCycleTests {
    @Test func comesUpPingsAndGoesDown() throws {
        let lab = try TestLab("single,3", name: "life")
        let results = try lab.ping()
        #expect(results.count == 6)
        #expect(results.allSatisfy { $0.sent == 1 && $0.received == 1 && $0.error == nil })
        #expect(results.allSatisfy { ($0.minimum ?? 0) > 0 })
        let results6 = try lab.ping(PingRequest(ipv6: true))
        #expect(results6.allSatisfy { $0.received == 1 }, "\(results6)")
        try LabLauncher.down(lab.name)
        #expect(!File.exists(lab.paths.directory))
        #expect(throws: LabError.self) { try lab.client() }
    }

    @Test func refusesASecondLabOfTheName() throws {
        let lab = try TestLab("minimal", name: "twice")
        let error = #expect(throws: LabError.self) {
            try LabLauncher.up(lab.topology, supervisor: LabMeans.supervisor)
        }
        #expect(error?.kind == .alreadyRunning)
        #expect(error?.description.contains("rookery down \(lab.name)") == true)
        #expect(try lab.ping().allSatisfy { $0.received == 1 })
    }

    @Test func nothingLivesOnAfterTheSupervisorIsKilled() throws {
        let lab = try TestLab("single,2", name: "killed") { $0.nodes[0].host.memory = 64 << 20 }
        _ = try lab.exec("h1", "sh", "-c", "sleep 4711 >/dev/null 2>&1 &")
        let pid = try lab.status().pid
        // The shell may end before its child has become sleep.
        #expect(eventually { programs(named: "4711") == 1 })
        kill(pid, SIGKILL)
        // The guardian removes what is left.
        #expect(eventually { !File.exists(lab.paths.directory) })
        #expect(programs(named: "4711") == 0)
        #expect(cgroups(of: lab.name).isEmpty)
    }

    @Test func nothingLivesOnAfterTheGuardianIsKilled() throws {
        let lab = try TestLab("single,2", name: "orphaned") { $0.nodes[0].host.pids = 50 }
        _ = try lab.exec("h1", "sh", "-c", "sleep 4712 >/dev/null 2>&1 &")
        let pid = try lab.status().pid
        kill(try lab.guardian(of: pid), SIGKILL)
        #expect(eventually { !StateFile.isHeld(lab.paths) })
        // A process lets go of its files first, and takes its PID namespace down then.
        #expect(eventually { programs(named: "4712") == 0 })
        #expect(LabLauncher.list().contains { $0.name == lab.name && !$0.isAlive })
        // The state file has the rest.
        try LabLauncher.down(lab.name)
        #expect(!File.exists(lab.paths.directory))
        #expect(cgroups(of: lab.name).isEmpty)
    }

    @Test func theLogOfACrashIsKeptUntilTheNextTime() throws {
        let lab = try TestLab("minimal", name: "crash")
        try ForeignMemory(of: try lab.status().pid).breakFunction("accept4", at: accept4AddressHere())
        let error = #expect(throws: LabError.self) { try lab.client().request(.status) }
        #expect(error?.description.hasSuffix(lab.paths.crashLog) == true, "\(error?.description ?? "")")
        #expect(try File.readText(lab.paths.crashLog).contains("signal"))
        #expect(eventually { !File.exists(lab.paths.directory) })
        try LabLauncher.down(lab.name)
        #expect(!File.exists(lab.paths.crashLog))
    }

    @Test func takesThePlaceOfADeadLab() throws {
        let lab = try TestLab("minimal", name: "again")
        kill(try lab.guardian(of: try lab.status().pid), SIGKILL)
        #expect(eventually { !StateFile.isHeld(lab.paths) })
        try LabLauncher.up(lab.topology, supervisor: LabMeans.supervisor)
        #expect(try lab.ping().allSatisfy { $0.received == 1 })
    }

    @Test func saysWhatFailedAndLeavesNothing() throws {
        var topology = try BuiltinTopology("minimal").topology()
        topology.name = "failing-\(getpid())"
        try AddressPlan().fill(&topology)
        topology.nodes[0].host.commands = ["echo so it goes; exit 3"]
        if !topology.nodes[0].isHost { topology.nodes.swapAt(0, topology.nodes.firstIndex(where: \.isHost)!) }
        topology.nodes[0].host.commands = ["echo so it goes; exit 3"]
        let error = #expect(throws: LabError.self) {
            try LabLauncher.up(topology, supervisor: LabMeans.supervisor)
        }
        #expect(error?.description.contains("status 3") == true)
        #expect(error?.description.contains("so it goes") == true)
        #expect(!File.exists(LabPaths(lab: topology.name).directory))
    }

    @Test func tenLabsLiveSideBySide() throws {
        let labs = try (0..<10).map { try TestLab("single,2", name: "side\($0)") }
        for lab in labs { #expect(try lab.ping().allSatisfy { $0.received == 1 }) }
        try LabLauncher.down(labs[0].name)
        for lab in labs.dropFirst() { #expect(try lab.ping().allSatisfy { $0.received == 1 }) }
    }

    private func programs(named argument: String) -> Int {
        let names = (try? File.list("/proc")) ?? []
        return names.count { name in
            guard let command = try? File.readText("/proc/\(name)/cmdline") else { return false }
            return command.split(separator: "\0").elementsEqual(["sleep", Substring(argument)])
        }
    }

    private func cgroups(of lab: String) -> [String] {
        guard let trees = try? CgroupHierarchies.detect().trees else { return [] }
        return trees.map { "\($0.ownDirectory)/rookery-\(lab)" }.filter(File.exists)
    }
}
