import Testing

/// Mininet as Debian has it, with its OVSSwitch and OVSBridge: `rookery-switchd` in the place of ovs-vswitchd and ovsdb-server.
@Suite(.enabled(if: PeersOnThisMachine.mininet, PeersOnThisMachine.mininetNeeded))
struct MininetSwitchTests {
    @Test(.enabled(if: PeersOnThisMachine.samples, PeersOnThisMachine.samplesNeeded))
    func pingallThroughItsOwnSwitches() throws {
        #expect(
            try PeerScenario.lines("mininet") == [
                "h1 -> h2 h3 h4", "h2 -> h1 h3 h4", "h3 -> h1 h2 h4", "h4 -> h1 h2 h3",
                "*** Results: 0% dropped (12/12 received)", "bridges left: []",
                "h1 -> h2 h3", "h2 -> h1 h3", "h3 -> h1 h2",
                "*** Results: 0% dropped (6/6 received)", "bridges left: []",
                "h1 -> h2", "h2 -> h1", "*** Results: 0% dropped (2/2 received)",
            ])
    }
}
