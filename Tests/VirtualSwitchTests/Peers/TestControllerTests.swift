import Testing

/// Open vSwitch's own controllers: ovs-testcontroller, and ovs-ofctl where the bridge listens.
@Suite(.enabled(if: PeersOnThisMachine.hasTestController, PeersOnThisMachine.testControllerNeeded))
struct TestControllerTests {
    @Test func kindsOfController() throws {
        try PeerScenario.expect(
            "test_controller",
            [
                "--hub reached ['FLOOD']", "--noflow reached []",
                "--wildcards=nw_tos reached ['output:1', 'output:2']", "--normal reached ['FLOOD']",
                "--max-idle=permanent reached ['output:1', 'output:2']",
            ])
    }

    @Test func encrypted() throws {
        try PeerScenario.expect(
            "encrypted",
            [
                "ssl: reached", "pssl: True", "a stranger: refused", "pssl manager: ['s1']",
            ])
    }

    @Test func bridgesListen() throws {
        try PeerScenario.expect(
            "passive",
            [
                "flows: 6 6", "h1 -> h2: reached", "packets that a flow sends: True",
            ])
    }
}
