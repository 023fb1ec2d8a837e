import Testing

/// The Python libraries that people manage Open vSwitch with.
@Suite(.enabled(if: PeersOnThisMachine.hasLibrary, PeersOnThisMachine.libraryNeeded))
struct DatabaseClientTests {
    /// python3-openvswitch.
    @Test func replicas() throws {
        try PeerScenario.expect(
            "library",
            [
                "bridge: success", "interfaces that the condition lets through: ['p1']", "bridges: ['p1', 'p2']",
                "after a wider condition: ['p1', 'p2', 's1']",
                "event: [('update', 'Interface', 'p1', ['external_ids'])]",
                "stale: try again {iface-id=green}", "lock: True False", "lock: True",
                "told again: [('create', 'Open_vSwitch'), ('create', '_Server'), ('create', 'p1'), ('create', 's1'), "
                    + "('create', 's1')]",
                "a second root: unchanged",
            ])
    }

    /// A manager that the switch connects to, and os-ken's client of ovs-vsctl's kind.
    @Test func managers() throws {
        try PeerScenario.expect(
            "manager",
            [
                "managed: s1", "managers: ['ptcp:6632,false', 'tcp:127.0.0.1:6640,true']",
                "by its datapath id: s1 ['p1'] 5",
                "controller: tcp:127.0.0.1:6653 tcp:127.0.0.1:6653", "ports: []",
            ])
    }
}
