import Glibc
import Linux
import Testbed
import Testing

/// The host's end of commands in guests, with guests that break the rules: it ends, and says so.
@Suite struct SessionProcessTests {
    /// A guest that answers a command with these bytes.
    private func run(_ answer: String, patience: Int = 20) throws -> ProgramRun {
        let directory = TemporaryDirectory()
        let path = "\(directory.path)/vsock.sock"
        let listener = OwnedDescriptor(try UnixSocket.listen(path))
        defer { shutdown(listener.rawValue, Int32(SHUT_RDWR)) }
        try BackgroundThread.start("guest") {
            // Data connections stay open as long as the guest does.
            var held: [OwnedDescriptor] = []
            while let accepted = try? UnixSocket.accept(listener.descriptor) {
                let stream = OwnedDescriptor(accepted)
                held.append(stream)
                guard Self.line(stream.rawValue) == "CONNECT 1024" else { continue }
                try? stream.descriptor.writeAll("OK 1\n")
                guard Self.line(stream.rawValue).hasPrefix("run ") else { continue }
                try? stream.descriptor.writeAll(answer)
                if answer.hasSuffix("end") { held = [] }
            }
        }
        return try RunningProgram(
            [BuiltPrograms.path("rookery-lab"), "--guest-session", path, "plain", "10", "true"], joinsErrors: true
        ).finish(within: patience)
    }

    private static func line(_ stream: Int32) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(stream, &byte, 1) == 1, byte != 0x0a { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aStatus() throws {
        #expect(try run("ready\nexit 7\n").status == 7)
    }

    @Test(arguments: [
        "end", "nothing\nend", String(repeating: "x", count: 100_000),
        "ready\n" + String(repeating: "x", count: 100_000),
        "ready\nend",
    ])
    func guestsThatBreakTheRules(_ answer: String) throws {
        let run = try run(answer)
        #expect(run.status == 255 && run.output.contains("rookery: the machine has gone"), "\(run)")
    }

    @Test func nobodyThere() throws {
        let run = try RunningProgram(
            [BuiltPrograms.path("rookery-lab"), "--guest-session", "/nosuch/vsock.sock", "plain", "10", "true"],
            joinsErrors: true
        ).finish()
        #expect(run.status == 255 && run.output.contains("/nosuch/vsock.sock"), "\(run)")
    }
}
