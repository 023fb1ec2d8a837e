import Testing
import Wire

@testable import Switch

/// The same packets through this tracker and through Open vSwitch's (`ConnectionRecording`): the state that
/// each packet is in, its mark, what it looks like afterwards, and the connections known then.
@Suite struct ConnectionGoldenTests {
    @Test(arguments: ConnectionRecording.scripts)
    func asOpenVSwitch(_ script: ConnectionRecording.Script) throws {
        let harness = ConnectionHarness()
        var known: [String] = []
        for (number, step) in script.steps.enumerated() {
            harness.now += step.warp * 1_000_000
            if let (port, frame) = step.frame {
                let outcome = harness.send(frame, script.requests[port]!)
                let expected = try #require(step.expected, "step \(number)")
                #expect(outcome.state.rawValue == expected.state, "state of step \(number): \(outcome.state)")
                #expect(outcome.metadata.mark == expected.mark, "step \(number)")
                #expect(outcome.frame[12...] == expected.frame[12...], "frame of step \(number)")
            }
            if let dump = step.dump { known = dump }
            // There the helper's name stays on the connections that it expects, which nobody listens to.
            let mine = harness.dump()
            let expected = known.map { line in
                line.contains(",parent=")
                    ? line.replacing(",helper=ftp", with: "").replacing(",helper=tftp", with: "") : line
            }
            #expect(mine == expected.sorted(), "connections after step \(number)")
        }
    }
}
