import Testing

/// os-ken's sample applications as the controllers of a switch, with hosts that ping. The expected lines are what the same
/// scenarios print with Open vSwitch (`SWITCHD=ovs`), except where a comment says otherwise.
@Suite(.enabled(if: PeersOnThisMachine.hasSamples, PeersOnThisMachine.samplesNeeded))
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
        try PeerScenario.expect(
            "learning", expected)
    }

    /// simple_monitor_13.
    @Test func statisticsAreWatched() throws {
        try PeerScenario.expect(
            "monitor", ["reached", "port 1 has received packets: True"])
    }

    /// rest_router, two of them, with routes to each other's network.
    @Test func routersBetweenNetworks() throws {
        try PeerScenario.expect(
            "router",
            [
                "before: not reached",
                "Add address [address_id=1]", "Add address [address_id=2]",
                "Add address [address_id=1]", "Add address [address_id=2]",
                "gateway: reached",
                "Add route [route_id=1]", "Add route [route_id=1]", "after: reached",
                "routes: [('192.168.1.0/24', '10.9.0.1')]", "without the route back: not reached",
            ])
    }

    /// rest_firewall.
    @Test func firewallLetsThroughWhatItIsTold() throws {
        try PeerScenario.expect(
            "firewall",
            [
                "firewall running.",
                "h1 -> X X", "h2 -> X X", "h3 -> X X",
                "success", "success",
                "h1 -> h2 X", "h2 -> h1 X", "h3 -> X X",
                "success", "h1 -> h2: not reached",
            ])
    }

    /// ofctl_rest. Open vSwitch reports a meter's burst_size as its rate where none was asked for; we report what was asked.
    @Test func everythingThroughREST() throws {
        try PeerScenario.expect(
            "rest",
            [
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
        try PeerScenario.expect(
            "spanning_tree", ["blocked: True", "h1 -> h2 h3", "h2 -> h1 h3", "h3 -> h1 h2"])
    }

    /// rest_firewall with rules for one VLAN; the tags come from access ports of bridges without a controller.
    @Test func firewallTellsNetworksApart() throws {
        try PeerScenario.expect(
            "firewall_of_networks",
            [
                "firewall running.", "success", "success", "VLAN 2: reached", "VLAN 110: not reached",
                "rules: [('2', '10.0.2.1', 'ALLOW'), ('2', '10.0.2.2', 'ALLOW')]",
            ])
    }

    /// simple_switch_igmp_13 as the querier.
    @Test func multicastGoesToMembers() throws {
        try PeerScenario.expect(
            "multicast",
            [
                "priority=65535,ip,in_port=1,nw_dst=239.1.1.1 actions=CONTROLLER:65509",
                "priority=65535,ip,in_port=2,nw_dst=239.1.1.1 actions=output:1",
                "the bystander heard: False",
            ])
    }

    /// simple_switch_lacp_13, whose flows tell by their idle timeouts which cable is silent.
    @Test func cablesAreAggregated() throws {
        let partner = "of 02:00:00:00:00:99, in synchronization: 1"
        try PeerScenario.expect(
            "aggregation",
            [
                "eth0: partner's port 1, which knows port 1 \(partner)",
                "eth1: partner's port 2, which knows port 2 \(partner)",
                "slave state changed port: 1 enabled: True", "slave state changed port: 2 enabled: True",
                "slave state changed port: 2 enabled: False",
            ])
    }

    /// rest_topology with LLDP.
    @Test func linksAreDiscovered() throws {
        let all = "links: ['s1-eth2 s2-eth3', 's2-eth2 s3-eth3', 's2-eth3 s1-eth2', 's3-eth3 s2-eth2']"
        try PeerScenario.expect(
            "discovery",
            [
                all,
                "switches: [(1, ['s1-eth1', 's1-eth2']), (2, ['s2-eth1', 's2-eth2', 's2-eth3']), "
                    + "(3, ['s3-eth1', 's3-eth3'])]",
                "h1 -> h3: reached",
                "hosts: [('02:00:00:00:01:01', 's1-eth1', ['10.0.0.1']), "
                    + "('02:00:00:00:03:01', 's3-eth1', ['10.0.0.3'])]",
                "links: ['s2-eth2 s3-eth3', 's3-eth3 s2-eth2']", all,
            ])
    }

    /// rest_qos, with its queues in the database. Open vSwitch in user space sends all by queue 0; we shape.
    @Test func queuesAreChosenAndConfigured() throws {
        try PeerScenario.expect(
            "quality",
            [
                "QoS added. : qos_id=1",
                "queues in the database: ['max-rate=1000000', 'max-rate=500000', 'min-rate=800000']",
                "rules: [(5002, [{'queue': '1'}])]", "h1 -> h2: reached",
                "port 5001: up to 0.6 Mbit/s", "port 5002: 0.6 to 1.1 Mbit/s", "queues that have sent: [0, 1]",
            ])
    }

    /// Two of ofctl_rest, which ask for roles: what a slave adds is refused.
    @Test func controllersHaveRoles() throws {
        try PeerScenario.expect(
            "roles",
            [
                "['EQUAL', 'EQUAL'] in the database: ['other', 'other']",
                "['MASTER', 'EQUAL'] in the database: ['master', 'other']",
                "flows: ['priority=0,in_port=1']", "flows: ['priority=0,in_port=1']",
                "['SLAVE', 'MASTER'] in the database: ['master', 'other']",
                "flows: ['priority=0,in_port=1', 'priority=0,in_port=2']",
                "flows: ['priority=0,in_port=1', 'priority=0,in_port=2']",
                "flows: ['priority=0,in_port=1', 'priority=0,in_port=2', 'priority=0,in_port=3']",
            ])
    }
}
