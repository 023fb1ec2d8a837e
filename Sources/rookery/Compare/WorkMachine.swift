import Glibc
import Linux
import VirtualMachine

/// A machine whose guest does works.
final class WorkMachine {
    let client: VMClient
    let channel: WorkChannel

    /// A machine that somebody else has started.
    init(_ client: VMClient, endSignals: Int32) throws(VMError) {
        self.client = client
        let console = OwnedDescriptor(try client.openConsole())
        channel = WorkChannel(input: console, output: console, endSignals: endSignals)
    }

    func exits() throws(VMError) -> MachineExits { MachineExits(try client.status().exits) }

    /// Ends the machine at once, and removes what it had.
    func end() {
        try? client.kill()
        let deadline = MonotonicClock.now() + 5_000_000_000
        while client.paths.isRunning, MonotonicClock.now() < deadline { usleep(2000) }
        try? client.paths.remove()
    }
}
