import Linux
import VirtualMachine

extension Machine {
    /// Gives up the process's rights before the guest's first instruction: whatever the guest makes of a device's mistakes, it
    /// finds an empty file system, no network, no other process, a user that owns nothing, no capability, and a few system
    /// calls. Everything that the machine needs is open by now, and no other thread runs yet.
    ///
    /// The server of shared directories works with their owners' rights, and below them: with such a directory the monitor
    /// stays the user that it is, and one of its threads may name files, which it finds nowhere else.
    func isolate(_ link: GuardianLink) throws(SystemError) {
        let hasPaths = !configuration.directories.isEmpty
        try Isolation.enterNamespaces()
        try Isolation.limitResources()
        if CurrentProcess.isRoot && !hasPaths {
            _ = try Isolation.become(user: Self.firstOwnUser + UInt32(link.process))
            try link.renew()
        }
        try Isolation.dropCapabilities()
        try Isolation.filterSystemCalls(allowsPaths: hasPaths)
        if hasPaths { restrictThreads = { () throws(SystemError) in try Isolation.refusePaths() } }
    }

    /// Users from here on belong to nobody: distributions, containers and systemd leave them alone (systemd's table of UIDs and
    /// GIDs, 1879048192–2147483647). No two machines that live have the same process number, and so the same user.
    private static let firstOwnUser: UInt32 = 0x7000_0000
}
