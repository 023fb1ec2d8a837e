import Testing

/// Mininet as Debian has it, with its OVSSwitch and OVSBridge: `rookery-switchd` in the place of ovs-vswitchd and ovsdb-server.
@Suite(.enabled(if: PeersOnThisMachine.hasMininet, PeersOnThisMachine.mininetNeeded))
struct MininetSwitchTests {
    @Test func pingallThroughItsOwnSwitches() throws {
        try PeerScenario.expect(
            "mininet",
            [
                // tree,2,3 with ovs-testcontroller.
                "h1 -> h2", "h2 -> h1", "*** Results: 0% dropped (2/2 received)",
                // tree,2,2, each bridge on its own.
                "h1 -> h2 h3 h4", "h2 -> h1 h3 h4", "h3 -> h1 h2 h4", "h4 -> h1 h2 h3",
                "*** Results: 0% dropped (12/12 received)",
                // linear,3 with slow links.
                "h1 -> h2 h3", "h2 -> h1 h3", "h3 -> h1 h2", "*** Results: 0% dropped (6/6 received)",
                // torus,3,3 with a spanning tree.
                "h1x1 -> h1x2", "h1x2 -> h1x1", "*** Results: 0% dropped (2/2 received)",
                // linear,2 with a remote controller.
                "h1 -> h2", "h2 -> h1", "*** Results: 0% dropped (2/2 received)",
                "bridges left: []", "after mn -c: [] links: ['lo']",
            ])
    }
}
