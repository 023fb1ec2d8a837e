import Linux
import Testbed
import Testing

/// `Scripts/scenario.py`: other people's controllers and tools with `rookery-switchd`, where the paths that the tools look in are
/// private. It prints a line for each thing that happened.
enum PeerScenario {
    private static let names =
        [
            "learning", "monitor", "router", "firewall", "firewall_of_networks", "rest", "spanning_tree", "multicast",
            "aggregation", "discovery", "quality",
        ].filter { _ in PeersOnThisMachine.hasSamples }
        + ["roles"].filter { _ in PeersOnThisMachine.hasSamples }
        + ["test_controller", "encrypted", "passive"].filter { _ in PeersOnThisMachine.hasTestController }
        + ["library", "manager"].filter { _ in PeersOnThisMachine.hasLibrary }
        + ["mininet"].filter { _ in PeersOnThisMachine.hasMininet }

    private static let group = ScenarioGroup(
        names,
        // SWITCHD=ovs in the environment runs the scenarios with Open vSwitch.
        environment: ["SWITCHD": Machine.variable("SWITCHD") ?? BuiltPrograms.path("rookery-switchd")]
    ) { name in
        [
            "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "/usr/bin/python3", "-B",
            SourceTree.path("Tests/VirtualSwitchTests/Peers/Scripts/scenario.py"), name,
        ]
    }

    /// Waits for a scenario, which must end with status 0, and compares what it has printed.
    static func expect(_ name: String, _ lines: [String]) throws {
        let run = try group.run(name, seconds: 90)
        #expect(
            run.status == 0 && run.output.split(separator: "\n").map(\.trimmed) == lines,
            "status \(run.status)\n\(run.output)")
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// What the scenarios need of the machine.
enum PeersOnThisMachine {
    private static let hasTools =
        Machine.isRoot && Machine.has("ovs-vsctl", "ovs-ofctl", "unshare", "ping", "ss")
    static let hasTestController = hasTools && Machine.has("ovs-testcontroller", "openssl")
    static let testControllerNeeded: Comment =
        "needs root, openvswitch-switch's tools, openvswitch-testcontroller, openssl, unshare, iproute2 and ping"
    static let hasLibrary = hasTools && has(module: "ovs") && has(module: "os_ken")
    static let libraryNeeded: Comment = "needs root, openvswitch-switch's tools, python3-openvswitch and python3-os-ken"
    static let hasMininet = hasTools && Machine.has("mn")
    static let mininetNeeded: Comment = "needs root, openvswitch-switch's tools and mininet"
    static let hasSamples =
        hasTools && has(module: "os_ken") && sampleFolders.contains { File.exists($0 + "/simple_switch_13.py") }
    static let samplesNeeded: Comment =
        "needs python3-os-ken and its sample applications: os-ken 1.4 or faucetsdn/ryu in $CONFORMANCE_DIR/src"

    private static let sampleFolders: [String] = {
        let root = Machine.variable("CONFORMANCE_DIR") ?? (Machine.variable("HOME") ?? "/root") + "/conformance"
        return [root + "/src/os-ken/os_ken/app", root + "/src/ryu/ryu/app"]
    }()

    private static func has(module: String) -> Bool {
        File.exists("/usr/lib/python3/dist-packages/\(module)/__init__.py")
    }
}
