import Glibc
import GuestImages
import Linux
import Ports
import Synchronization
import Topology
import VirtualMachine

/// A virtual machine among a lab's hosts: its monitor, and the doors by which its cards join the lab's switches.
final class LabMachine: Sendable {
    let node: LabTopology.Node
    let client: VMClient
    private let doors: [VhostUserDoor]
    private let end = Mutex<String?>(nil)

    /// Whether commands reach the guest: what takes them is in the images that we make.
    let takesCommands: Bool

    /// - Parameter doors: one for each interface, in order; they are there before the monitor is.
    init(_ node: LabTopology.Node, client: VMClient, doors: [VhostUserDoor], takesCommands: Bool) {
        self.node = node
        self.client = client
        self.doors = doors
        self.takesCommands = takesCommands
    }

    func closeDoors() { for door in doors { door.close() } }

    private var settings: LabTopology.MachineSettings { node.machine ?? LabTopology.MachineSettings() }

    /// Somebody else's monitor runs it.
    var isExternal: Bool { settings.monitor == .external }
    /// Whether the guest says that it is up; others have an operating system of their own, and say nothing that we know.
    var saysWhenReady: Bool { settings.isMini && !isExternal }
    /// How long a command waits for the guest to take it, in seconds: one that says when it is up is up.
    var patience: Int { saysWhenReady ? 10 : 300 }

    /// Whether a command would be taken at once.
    var takesCommandsNow: Bool {
        takesCommands && (saysWhenReady || GuestSession.isAnswered(at: client.paths.vsock, within: 2_000_000_000))
    }

    /// Why no command can be run in the guest, if none can.
    func requireCommands() throws(LabError) {
        if let how = end.withLock({ $0 }) { throw LabError("the machine \(node.name) has ended: \(how)") }
        if takesCommands { return }
        if isExternal {
            throw LabError(
                "another monitor runs \(node.name): it takes no commands from here; the doors of its cards are "
                    + "\(client.paths.directory)/*.door")
        }
        throw LabError(
            "the guest of \(node.name) takes no commands: those of Rookery's own images do, if no older Rookery has made "
                + "them (rookery console \(node.name) has its console)")
    }

    /// Waits until the guest says that it is up, or has ended.
    /// - Parameter goesOn: asked several times a second; what it throws ends the wait.
    func waitUntilReady(_ goesOn: () throws(LabError) -> Void) throws(LabError) {
        let console: FileDescriptor
        do throws(VMError) { console = try client.openConsole() } catch { throw LabError("\(node.name): \(error)") }
        guard case .ended(let log) = try GuestStart.wait(console, { _ throws(LabError) in try goesOn() }) else {
            return
        }
        let how = (try? client.status())?.end ?? "it ended while it started"
        throw LabError(([("\(node.name): \(how); its last words:")] + log.lastLines(12)).joined(separator: "\n"))
    }

    /// Waits for the machine's end, on a thread of its own.
    /// - Parameter ended: is told how it ended, in words.
    func watch(_ ended: @escaping @Sendable (String) -> Void) throws(SystemError) {
        try BackgroundThread.start("rookery-vm") { [self] in
            let how = (try? client.waitForEnd())?.end ?? "its monitor has ended"
            end.withLock { $0 = how }
            ended(how)
        }
    }

    /// Presses the power button.
    /// - Returns: false: it has ended, or has no button.
    func pressPowerButton() -> Bool { end.withLock { $0 } == nil && (try? client.powerOff()) != nil }
    var hasEnded: Bool { end.withLock { $0 } != nil }
}
