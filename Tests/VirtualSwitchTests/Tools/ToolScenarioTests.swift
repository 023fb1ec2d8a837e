import Testbed
import Testing

/// The tools of Debian's openvswitch packages with `rookery-switchd`: they answer what they answer with Open vSwitch's own
/// daemons, of which `Scenarios` holds the recordings.
@Suite(.enabled(if: ToolsOnThisMachine.areThere, ToolsOnThisMachine.needed))
struct ToolScenarioTests {
    @Test(arguments: ToolScenario.names)
    func answersAreThoseOfOpenVSwitch(scenario: String) throws {
        let recorded = try ToolScenario.recordedSteps(scenario)
        let steps = try ToolScenario.steps(scenario)
        #expect(steps.map(\.command) == recorded.map(\.command))
        #expect(recorded.count > 3)
        for (step, expected) in zip(steps, recorded) where step.command == expected.command {
            #expect(step.answer == expected.answer, "\(step.command)")
        }
    }
}

/// What the scenarios need of the machine.
enum ToolsOnThisMachine {
    static let areThere =
        Machine.isRoot
        && Machine.has(
            "ovs-vsctl", "ovs-ofctl", "ovs-appctl", "ovsdb-client", "ovsdb-tool", "unshare", "ip", "sysctl", "ping")
    static let needed: Comment =
        "needs root, openvswitch-switch's and openvswitch-common's tools, unshare, iproute2, procps and ping"
}
