import Glibc
import GuestImages
import Linux
import Ports
import Topology
import VirtualMachine

/// A virtual machine among a lab's hosts: its monitor, and the doors by which its cards join the lab's switches.
final class LabMachine: Sendable {
    let node: LabTopology.Node
    let client: VMClient
    private let doors: [VhostUserDoor]

    /// - Parameter doors: one for each interface, in order; they are there before the monitor is.
    init(_ node: LabTopology.Node, client: VMClient, doors: [VhostUserDoor]) {
        self.node = node
        self.client = client
        self.doors = doors
    }

    func closeDoors() { for door in doors { door.close() } }

    /// Waits until the guest says that it is up, or has ended.
    /// - Parameter goesOn: asked several times a second with the guest's last line on the console; what it throws ends the wait.
    func waitUntilReady(_ goesOn: (String) throws(LabError) -> Void) throws(LabError) {
        let console: FileDescriptor
        do throws(VMError) { console = try client.openConsole() } catch { throw LabError("\(node.name): \(error)") }
        var output = GuestOutput()
        var line = ""
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            var watched = pollfd(fd: console.rawValue, events: Int16(POLLIN), revents: 0)
            poll(&watched, 1, 200)
            if watched.revents != 0 {
                let count = read(console.rawValue, &chunk, chunk.count)
                guard count > 0 else { throw LabError("\(node.name): \(ending)") }
                for part in output.take(chunk[..<count]) {
                    switch part {
                    case .ready: return
                    case .log(let bytes): line = Self.lastLine(line, bytes)
                    case .output, .exit: break
                    }
                }
            }
            try goesOn(line)
        }
    }

    /// How a machine that is gone has ended, for people.
    private var ending: String {
        guard let status = try? client.status(), let end = status.end else {
            return "it ended while it started (see \(client.paths.consoleLog))"
        }
        return "\(end) (see \(client.paths.consoleLog))"
    }

    private static func lastLine(_ before: String, _ bytes: [UInt8]) -> String {
        let text = before + String(decoding: bytes, as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
        return lines.last.map { String($0.prefix(200)) } ?? ""
    }
}
