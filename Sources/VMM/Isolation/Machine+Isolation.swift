import Linux
import VirtualMachine

extension Machine {
    /// Gives up the process's rights before the guest's first instruction: whatever the guest makes of a device's mistakes, it finds
    /// an empty file system (but for the machine's run directory, where its sockets are), no network, no capability, and a few
    /// system calls. Everything that the machine needs is open by now, and no other thread runs yet.
    func isolate() throws(SystemError) {
        try Isolation.enterNamespaces(keeping: configuration.runDirectory)
        try Isolation.dropCapabilities()
        try Isolation.filterSystemCalls()
    }
}
