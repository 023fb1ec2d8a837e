import Glibc
import Linux
import Testbed
import Testing
import VirtualMachine

@testable import VMM

/// The monitor's process, with a kernel that says "hi" and ends with the number of the key it gets.
@Suite(.serialized) struct MonitorTests {
    private let directory = TemporaryDirectory()

    private func configuration(_ code: [UInt8] = TestKernel.talking) throws -> VMConfiguration {
        let path = "\(directory.path)/vmlinux"
        let bytes = TestKernel.elf(code: code)
        let file = try File.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        try bytes.withUnsafeBytes { try file.writeAll($0) }
        var configuration = VMConfiguration(name: "test")
        configuration.memory = 32 << 20
        configuration.cpu = .software
        configuration.kernel = path
        configuration.runDirectory = "\(directory.path)/run"
        return configuration
    }

    private func start(_ configuration: VMConfiguration) throws -> VMClient {
        try VMLauncher.start(configuration, executable: BuiltPrograms.path("rookery-vmm"), endsWithCaller: true)
    }

    @Test func lifeOfAMachine() throws {
        let client = try start(try configuration())
        #expect(client.paths.isRunning)
        let console = try client.openConsole()
        #expect(try eventually { try client.status().consoleByteCount == 2 })
        var seen: [UInt8] = []
        while seen.count < 2 { seen += try console.read(upTo: 64) }
        #expect(seen == Array("hi".utf8))
        let status = try client.status()
        #expect(status.state == .running && status.cpu == "software" && status.memory == 32 << 20)
        #expect(status.exits.contains { $0.device == "serial port" && $0.writes >= 2 })

        try client.pause()
        let paused = try client.status()
        usleep(2000)
        let still = try client.status()
        #expect(paused.state == .paused && still.uptime == paused.uptime && still.exits == paused.exits)
        try client.resume()
        #expect(try client.status().state == .running)

        // Somebody else sees what was written before.
        let second = try client.openConsole()
        #expect(try second.read(upTo: 64) == Array("hi".utf8))

        try console.writeAll("*")
        let end = try client.waitForEnd()
        #expect(end.state == .ended && end.exitStatus == 42, "\(end)")
        #expect(eventually { !client.paths.isRunning })
        #expect(try client.status().exitStatus == 42)
        #expect(try File.readText(client.paths.consoleLog) == "hi")
        try client.paths.remove()
        #expect(!File.exists(client.paths.directory))
    }

    @Test func twoMachinesOfOneNameAndMistakes() throws {
        let first = try configuration()
        let client = try start(first)
        let twice = try #require(throws: VMError.self) { _ = try start(first) }
        #expect(twice.description.contains("runs already"))
        let unknown = try #require(throws: VMError.self) { _ = try client.request("dance") }
        #expect(unknown.description.contains("no request 'dance'"))
        try client.kill()
        #expect(try client.waitForEnd().exitStatus == 137)
        #expect(eventually { !client.paths.isRunning })
        var broken = first
        broken.kernel = "\(directory.path)/nothing"
        let missing = try #require(throws: VMError.self) { _ = try start(broken) }
        #expect(missing.description.contains("nothing") && missing.description.contains("No such file"), "\(missing)")
        broken = first
        broken.memory = 1 << 40
        let large = try #require(throws: VMError.self) { _ = try start(broken) }
        #expect(large.description.contains("MB left"), "\(large)")
        try File.write("\(directory.path)/vmlinux", "no kernel at all")
        let wrong = try #require(throws: VMError.self) { _ = try start(first) }
        #expect(wrong.description.contains("neither a Linux bzImage nor"), "\(wrong)")
    }

    /// A monitor that is killed leaves files that tell so, and nothing that hinders the next machine of its name.
    @Test func killedMonitor() throws {
        let configuration = try configuration()
        let client = try start(configuration)
        let process = try client.status().process
        #expect(kill(process, SIGKILL) == 0)
        #expect(eventually { !client.paths.isRunning })
        let status = try client.status()
        #expect(
            status.state == .ended && status.exitStatus == 137 && status.end?.contains("monitor was killed") == true)
        let next = try start(configuration)
        #expect(try next.status().state == .running)
        try next.kill()
        _ = try next.waitForEnd()
    }

    /// Nothing of the host is to be seen from inside: no files but the machine's own, no network, no capability.
    @Test func isolation() throws {
        let client = try start(try configuration())
        let process = try client.status().process
        let status = try File.readText("/proc/\(process)/status")
        func field(_ name: String) -> String? {
            status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
                .map { String($0.dropFirst(name.count + 1)).filter { !$0.isWhitespace } }
        }
        #expect(field("CapEff") == "0000000000000000" && field("CapBnd") == "0000000000000000")
        #expect(field("NoNewPrivs") == "1" && field("Seccomp") == "2")
        #expect(try File.list("/proc/\(process)/root") == ["run"])
        for kind in ["net", "mnt", "ipc", "uts"] {
            var own = [CChar](repeating: 0, count: 64)
            var other = own
            readlink("/proc/self/ns/\(kind)", &own, 63)
            readlink("/proc/\(process)/ns/\(kind)", &other, 63)
            #expect(own != other, "\(kind)")
        }
        try client.kill()
        _ = try client.waitForEnd()
    }
}
