import Glibc
import Linux
import Synchronization
import Testbed
import Testing
import VirtualMachine
import Virtio

@testable import VMM

/// Guests that go wrong: the machine ends with a word, or can be stopped; its monitor stays as it is.
@Suite(.serialized) struct GuestFaultTests {
    private let bench = MonitorBench()

    /// Writes a text to the serial port, and halts.
    private func saying(_ text: String) -> [UInt8] {
        [
            0xba, 0xf8, 0x03, 0x00, 0x00,  // mov $0x3f8,%edx
            0x48, 0x8d, 0x35, 0x0b, 0x00, 0x00, 0x00,  // lea text(%rip),%rsi
            0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8,  // 1: lodsb; test %al,%al; jz 2f; out %al,(%dx); jmp 1b
            0xf4, 0xeb, 0xfd,  // 2: hlt; jmp 2b
        ] + Array(text.utf8) + [0]
    }

    private func ended(_ code: [UInt8]) throws -> VMStatus {
        let client = try bench.start(code)
        defer { _ = eventually { !client.paths.isRunning } }
        return try client.waitForEnd()
    }

    @Test func panicIsSeenAndTold() throws {
        let words = "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)"
        let text = "[    0.5] \(words)\r\n[    0.5] CPU: 0 PID: 1\r\n[    0.5] ---[ end \(words) ]---\r\n"
        let status = try ended(saying(text))
        #expect(status.exitStatus == 122)
        #expect(
            status.end == "the guest's kernel panicked: VFS: Unable to mount root fs on unknown-block(0,0)",
            "\(status.end ?? "")")
        // Everything that the kernel had to say is in the log.
        #expect(try File.readText("\(bench.directory.path)/run/console.log") == text)
    }

    /// A kernel that says nothing after the first line is waited for, but not for ever.
    @Test func silentPanic() throws {
        let status = try ended(saying("Kernel panic - not syncing: Fatal exception in interrupt\n"))
        #expect(status.end == "the guest's kernel panicked: Fatal exception in interrupt")
    }

    @Test func tripleFault() throws {
        // push $0 twice; lidt (%rsp); ud2
        let status = try ended([0x6a, 0x00, 0x6a, 0x00, 0x0f, 0x01, 0x1c, 0x24, 0x0f, 0x0b])
        #expect(status.exitStatus == 121 && status.end?.contains("triple fault") == true, "\(status)")
    }

    /// A guest that does nothing but loop, with its interrupts off: paused, resumed and ended all the same.
    @Test func interruptsOff() throws {
        let client = try bench.start([0xfa, 0xeb, 0xfe])
        try client.pause()
        #expect(try client.status().state == .paused)
        try client.resume()
        // It hears no power button.
        try client.powerOff()
        #expect(try client.status().state == .running)
        let start = MonotonicClock.now()
        try client.kill()
        #expect(try client.waitForEnd().exitStatus == 137)
        #expect(MonotonicClock.now() - start < 5_000_000_000)
    }

    /// A guest that writes as fast as it can: what is kept of it is bounded, and it is stopped at once.
    @Test func floodOfOutput() throws {
        let client = try bench.start([0xba, 0xf8, 0x03, 0x00, 0x00, 0xb0, 0x78, 0xee, 0xeb, 0xfd])
        // A reader that never reads.
        let reader = try client.openConsole()
        #expect(try eventually { try client.status().consoleByteCount > 100_000 })
        let process = try client.status().process
        func anonymous() throws -> Int {
            let text = try File.readText("/proc/\(process)/status")
            let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
            return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
        }
        let before = try anonymous()
        let count = try client.status().consoleByteCount
        #expect(try eventually { try client.status().consoleByteCount > count + 100_000 })
        #expect(try anonymous() < before + 2048, "kilobytes")
        try client.kill()
        _ = try client.waitForEnd()
        withExtendedLifetime(reader) {}
    }

    /// A switch that goes away while the guest runs: told once, and the machine runs on.
    @Test(
        .enabled(if: File.exists(VMM.Machine.defaultFirmware), "SeaBIOS is not installed (package seabios)"),
        arguments: [VMConfiguration.Virtualization.para, .full])
    func lostSwitch(_ virtualization: VMConfiguration.Virtualization) throws {
        let path = "\(bench.directory.path)/switch"
        let listener = OwnedDescriptor(try UnixSocket.listen(path))
        // hlt; jmp
        var configuration = try bench.configuration([0xf4, 0xeb, 0xfd])
        configuration.virtualization = virtualization
        if virtualization == .full { configuration.kernel = nil }
        configuration.ports = [.init(address: 0x0200_0000_0001, backend: .vhostUser(path: path))]
        let sinks = Mutex<[FrameSink]>([])
        try BackgroundThread.start("switch") {
            guard let connection = try? UnixSocket.accept(listener.descriptor) else { return }
            let offloads = NetworkFeature.checksum | NetworkFeature.hostTSO4 | NetworkFeature.hostTSO6
            guard let sink = try? FrameSink(OwnedDescriptor(connection), more: offloads) else { return }
            sinks.withLock { $0.append(sink) }
        }
        let client = try bench.start(configuration)
        #expect(try client.status().state == .running && client.status().faults.isEmpty)
        try #require(sinks.withLock { $0.first }).end()
        #expect(try eventually { try !client.status().faults.isEmpty })
        let status = try client.status()
        let told = "the switch at “\(path)” is lost, the card has no link any more: vhost-user: the backend has gone"
        #expect(status.faults == [told] && status.state == .running)
        try client.kill()
        _ = try client.waitForEnd()
    }

    /// Anything at the control socket: the machine runs on, and honest requests are answered.
    @Test func junkAtTheControlSocket() throws {
        let client = try bench.start()
        var random = SeededGenerator(seed: 4)
        for round in 0..<200 {
            let socket = try UnixSocket.connect(client.paths.control)
            var bytes = (0..<random.below(6000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            if round % 3 == 0 { bytes = bytes.map { $0 % 8 == 0 ? 0x0a : $0 } }
            if round % 5 == 0 { bytes = Array("status\nstatus\nwait\nwait\nstat".utf8) + bytes }
            // The other side may have gone before the end.
            bytes.withUnsafeBytes { _ = send(socket.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            shutdown(socket.rawValue, Int32(SHUT_WR))
            if round % 2 == 0 { _ = try? socket.read(upTo: 10) }
        }
        // Callers who say nothing take no place for ever from one who comes when they have gone.
        do {
            let silent = try (0..<100).map { _ in OwnedDescriptor(try UnixSocket.connect(client.paths.control)) }
            withExtendedLifetime(silent) {}
        }
        #expect(eventually { (try? client.status().state) == .running })
        let error = try #require(throws: VMError.self) { _ = try client.request("\u{1b}[2Jdance") }
        #expect(error.description.contains("there is no request '?[2Jdance'"))
        try client.kill()
        #expect(try client.waitForEnd().exitStatus == 137)
    }
}
