import Glibc
import Linux
import Testbed
import Testing
import VirtualMachine

/// What a running monitor has, and what is left when it is killed.
@Suite(.serialized) struct IsolationTests {
    private let bench = MonitorBench()

    private func field(_ name: String, of process: Int32) throws -> String {
        let status = try File.readText("/proc/\(process)/status")
        let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        return (line ?? "").dropFirst(name.count + 1).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private func link(_ path: String) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = readlink(path, &buffer, buffer.count)
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }

    private func hasEnded(_ process: Int32) -> Bool {
        guard let state = try? field("State", of: process) else { return true }
        return state.hasPrefix("Z") || state.hasPrefix("X") || state.isEmpty
    }

    /// No file but those that are open, no network, no other process, no capability, a user of its own.
    private func checkRights(of process: Int32, namespaces: [String]) throws {
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            #expect(try field(set, of: process) == "0000000000000000", "\(set)")
        }
        #expect(try field("NoNewPrivs", of: process) == "1")
        #expect(try field("Seccomp", of: process) == "2")
        for kind in namespaces {
            let own = link("/proc/self/ns/\(kind)")
            #expect(own.hasPrefix("\(kind):") && own != link("/proc/\(process)/ns/\(kind)"), "\(kind)")
        }
        // The first process of its name space, and the only one.
        #expect(try field("NSpid", of: process).hasSuffix(" 1"))
        #expect(try File.list("/proc/\(process)/root").isEmpty)
        let mounts = try File.readText("/proc/\(process)/mountinfo").split(separator: "\n")
        #expect(mounts.count == 1 && mounts[0].contains(" / / ro,") && mounts[0].contains(" tmpfs "), "\(mounts)")
        let limits = try File.readText("/proc/\(process)/limits")
        #expect(limits.split(separator: "\n").contains { $0.hasPrefix("Max core file size        0 ") })
    }

    @Test func rights() throws {
        // Something that a careless parent leaves open.
        let secret = try File.open("/etc/passwd")
        try secret.setCloseOnExec(false)
        let configuration = try bench.configuration()
        let client = try bench.start(configuration)
        let process = try client.status().process
        let namespaces = ["net", "mnt", "ipc", "uts", "pid", "cgroup"] + (Machine.isRoot ? [] : ["user"])
        try checkRights(of: process, namespaces: namespaces)
        if Machine.isRoot {
            let user = try field("Uid", of: process).split(separator: " ").compactMap { UInt32($0) }
            #expect(Set(user).count == 1 && user[0] >= 0x7000_0000, "\(user)")
            #expect(try field("Groups", of: process).isEmpty)
        }
        let run = "\(bench.directory.path)/run/"
        for name in try File.list("/proc/\(process)/fd") {
            let target = link("/proc/\(process)/fd/\(name)")
            guard target.hasPrefix("/") else { continue }
            let isOwn = [run + "lock", run + "state", run + "console.log", run + "monitor.log"].contains(target)
            #expect(
                isOwn || target == "/dev/null" || target == configuration.kernel || target.contains("guest-memory"),
                "descriptor \(name) is \(target)")
        }
        // The other half, outside: it has nothing but the right to end the monitor.
        let guardian = Int32(try field("PPid", of: process)) ?? 0
        #expect(try field("CapEff", of: guardian) == (Machine.isRoot ? "0000000000000020" : "0000000000000000"))
        #expect(try field("Seccomp", of: guardian) == "2")
        try client.kill()
        #expect(try client.waitForEnd().exitStatus == 137)
        #expect(eventually { hasEnded(guardian) })
    }

    /// kill -9 of either half ends both, and frees the machine's name.
    @Test(arguments: [false, true]) func killedHalves(_ killsGuardian: Bool) throws {
        let client = try bench.start()
        let process = try client.status().process
        let guardian = try #require(Int32(try field("PPid", of: process)))
        #expect(kill(killsGuardian ? guardian : process, SIGKILL) == 0)
        #expect(eventually { hasEnded(process) && hasEnded(guardian) && !client.paths.isRunning })
        #expect(try client.status().end?.contains("monitor was killed") == true)
    }

    /// Whoever started the process learns how it ended, and its signals come through.
    @Test func endsAreTold() throws {
        let configuration = try bench.configuration()
        let paths = VMPaths(directory: configuration.runDirectory!)
        let client = VMClient("test", paths: paths)
        func run() throws -> ChildProcess {
            let spawn = Spawn(
                BuiltPrograms.path("rookery-vmm"),
                [
                    "rookery-vmm", "--kernel", configuration.kernel!, "--memory", "32", "--cpu", "software",
                    "--run-directory", paths.directory,
                ])
            let process = try spawn.start()
            #expect(eventually { paths.isRunning && (try? client.status().state) == .running })
            return process
        }
        let first = try run()
        try client.openConsole().writeAll("*")
        #expect(try first.wait() == .exited(42))
        let second = try run()
        try second.signal(SIGTERM)
        #expect(try second.wait() == .exited(137))
        let third = try run()
        kill(try client.status().process, SIGKILL)
        #expect(try third.wait() == .killed(signal: SIGKILL))
    }

    /// Without privileges the same, in a user name space.
    @Test(.enabled(if: Machine.isRoot && Machine.has("setpriv"), "needs root, to become somebody else"))
    func rootless() throws {
        let configuration = try bench.configuration()
        chmod(bench.directory.path, 0o755)
        let home = "\(bench.directory.path)/home"
        try File.makeDirectory(home, mode: 0o700)
        chown(home, 65534, 65534)
        let program = try RunningProgram([
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", BuiltPrograms.path("rookery-vmm"),
            "--kernel", configuration.kernel!, "--memory", "32", "--cpu", "software", "--run-directory", "\(home)/run",
        ])
        let client = VMClient("test", paths: VMPaths(directory: "\(home)/run"))
        #expect(eventually { client.paths.isRunning && (try? client.status().state) == .running })
        let process = try client.status().process
        try checkRights(of: process, namespaces: ["net", "mnt", "ipc", "uts", "pid", "cgroup", "user"])
        #expect(try field("Uid", of: process) == "65534 65534 65534 65534")
        try client.kill()
        #expect(try program.finish(within: 10).status == 137)
        for name in (try? File.list("\(home)/run")) ?? [] { unlink("\(home)/run/\(name)") }
    }
}
