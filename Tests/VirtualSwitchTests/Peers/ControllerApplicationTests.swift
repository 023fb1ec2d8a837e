import Testing

/// os-ken's sample applications as the controllers of a switch, with hosts that ping. The expected lines are what the same
/// scenarios print with Open vSwitch (`SWITCHD=ovs`), except where a comment says otherwise.
@Suite(.enabled(if: PeersOnThisMachine.samples, PeersOnThisMachine.samplesNeeded))
struct ControllerApplicationTests {
    /// simple_switch, simple_switch_12, _13, _14 and _15.
    @Test func learningSwitchesOfFiveVersions() throws {
        var expected: [String] = []
        for (bridge, version) in zip(1..., ["1.0", "1.2", "1.3", "1.4", "1.5"]) {
            let hosts = (1...3).map { "s\(bridge)h\($0)" }
            expected.append("OpenFlow \(version)")
            for host in hosts {
                expected.append("\(host) -> " + hosts.filter { $0 != host }.joined(separator: " "))
            }
            expected.append("flows for addresses: 6")
        }
        #expect(try PeerScenario.lines("learning") == expected)
    }

    /// simple_monitor_13.
    @Test func statisticsAreWatched() throws {
        #expect(try PeerScenario.lines("monitor") == ["reached", "port 1 has received packets: True"])
    }

    /// rest_router.
    @Test func routerBetweenTwoNetworks() throws {
        #expect(
            try PeerScenario.lines("router") == [
                "before: not reached", "Add address [address_id=1]", "Add address [address_id=2]", "gateway: reached",
                "after: reached",
            ])
    }

    /// rest_firewall.
    @Test func firewallLetsThroughWhatItIsTold() throws {
        #expect(
            try PeerScenario.lines("firewall") == [
                "firewall running.",
                "h1 -> X X", "h2 -> X X", "h3 -> X X",
                "success", "success",
                "h1 -> h2 X", "h2 -> h1 X", "h3 -> X X",
                "success", "h1 -> h2: not reached",
            ])
    }

    /// ofctl_rest. Open vSwitch reports a meter's burst_size as its rate where none was asked for; we report what was asked.
    @Test func everythingThroughREST() throws {
        #expect(
            try PeerScenario.lines("rest") == [
                "switches: [1]", "ports: ['1', '2', 'LOCAL']", "names: ['s1', 's1-eth1', 's1-eth2']", "tables: 254",
                "description: ['dp_desc', 'hw_desc', 'mfr_desc', 'serial_num', 'sw_desc']",
                "h1 -> h2: reached",
                "flows: [\"['METER:1', 'GROUP:1']\", \"['OUTPUT:1']\", \"['OUTPUT:1']\"]",
                "packets through the group: True", "packets through the meter: True",
                "group: ALL", "meter: [{'rate': 1000, 'burst_size': 0, 'type': 'DROP'}]",
                "aggregate: 3", "flows after a deletion: 2", "h1 -> h2: not reached",
            ])
    }

    /// simple_switch_stp_13 on a triangle of switches.
    @Test func spanningTreeCutsALoop() throws {
        #expect(
            try PeerScenario.lines("spanning_tree") == ["blocked: True", "h1 -> h2 h3", "h2 -> h1 h3", "h3 -> h1 h2"])
    }
}
