import Glibc
import Linux
import Testbed
import Testing
import VirtualMachine

@testable import VMM

/// The monitor's process, with a kernel that says "hi" and ends with the number of the key it gets.
@Suite(.serialized) struct MonitorTests {
    private let bench = MonitorBench()

    @Test func lifeOfAMachine() throws {
        let client = try bench.start()
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
        let first = try bench.configuration()
        let client = try bench.start(first)
        let twice = try #require(throws: VMError.self) { _ = try bench.start(first) }
        #expect(twice.description.contains("runs already"))
        let unknown = try #require(throws: VMError.self) { _ = try client.request("dance") }
        #expect(unknown.description.contains("no request 'dance'"))
        try client.kill()
        #expect(try client.waitForEnd().exitStatus == 137)
        #expect(eventually { !client.paths.isRunning })
        var broken = first
        broken.kernel = "\(bench.directory.path)/nothing"
        let missing = try #require(throws: VMError.self) { _ = try bench.start(broken) }
        #expect(missing.description.contains("nothing") && missing.description.contains("No such file"), "\(missing)")
        broken = first
        broken.memory = 1 << 40
        let large = try #require(throws: VMError.self) { _ = try bench.start(broken) }
        #expect(large.description.contains("MB left"), "\(large)")
        try File.write("\(bench.directory.path)/vmlinux", "no kernel at all")
        let wrong = try #require(throws: VMError.self) { _ = try bench.start(first) }
        #expect(wrong.description.contains("neither a Linux bzImage nor"), "\(wrong)")
    }

    /// A monitor that is killed leaves files that tell so, and nothing that hinders the next machine of its name.
    @Test func killedMonitor() throws {
        let configuration = try bench.configuration()
        let client = try bench.start(configuration)
        let process = try client.status().process
        #expect(kill(process, SIGKILL) == 0)
        #expect(eventually { !client.paths.isRunning })
        let status = try client.status()
        #expect(
            status.state == .ended && status.exitStatus == 137 && status.end?.contains("monitor was killed") == true)
        let next = try bench.start(configuration)
        #expect(try next.status().state == .running)
        try next.kill()
        _ = try next.waitForEnd()
    }
}
