import Glibc
import Lab
import Linux
import Testbed
import Testing

@Suite(.serialized, .enabled(if: LabMeans.areThere, Comment(rawValue: LabMeans.missing ?? "")))
struct TerminalTests {
    @Test func aProgramControlsTheTerminalItIsGiven() throws {
        let lab = try TestLab("single,2", name: "terminal")
        let terminal = try PseudoTerminal(size: .init(rows: 33, columns: 99))
        let client = try lab.client()
        try client.send(
            .exec(ExecRequest(node: "h1", command: ["sh", "-c", "stty size; echo up > /dev/tty"], terminal: true)),
            descriptors: [terminal.terminal.rawValue])
        guard case .started? = try client.next(), case .exited(let status)? = try client.next() else {
            Issue.record("the program did not run")
            return
        }
        #expect(status == 0)
        // The kernel hands over what was written to a terminal in the background, and so in pieces: the first may be
        // there, and the second not yet, when the program has ended.
        var text = ""
        var bytes = [UInt8](repeating: 0, count: 1024)
        try terminal.controller.setNonBlocking(true)
        _ = eventually {
            let count = read(terminal.controller.rawValue, &bytes, bytes.count)
            text += String(decoding: bytes[..<max(0, count)], as: UTF8.self)
            return text.hasSuffix("up\r\n")
        }
        #expect(text == "33 99\r\nup\r\n")
    }

    @Test func signalsArePassedOn() throws {
        let lab = try TestLab("single,2", name: "signals")
        let pipe = try Pipe()
        let null = try File.open("/dev/null", O_RDWR)
        let client = try lab.client()
        try client.send(
            .exec(
                ExecRequest(
                    node: "h1", command: ["sh", "-c", "trap 'exit 9' USR1; echo ready; while :; do sleep 0.1; done"])),
            descriptors: [null.rawValue, pipe.writeEnd.rawValue, null.rawValue])
        guard case .started? = try client.next() else {
            Issue.record("the program was not started")
            return
        }
        // The handler is there once it says so.
        var byte: UInt8 = 0
        #expect(read(pipe.readEnd.rawValue, &byte, 1) == 1)
        try client.send(.signal(SIGUSR1))
        guard case .exited(let status)? = try client.next() else {
            Issue.record("the program did not end")
            return
        }
        #expect(status == 9)
    }

    @Test func aDetachedProgramOutlivesItsClientAndEndsWithTheLab() throws {
        let lab = try TestLab("single,2", name: "detached")
        try lab.client().send(
            .exec(ExecRequest(node: "h1", command: ["sh", "-c", "echo hello; exec sleep 4714"], detach: true)))
        #expect(try eventually { try lab.status().nodes.first { $0.name == "h1" }?.processes == 1 })
        #expect(eventually { (try? File.readText("\(lab.paths.directory)/h1.log")) == "hello\n" })
    }
}
