import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

/// What a bridge does while it has no controller.
@Suite struct FailModeTests {
    private static let patience: UInt64 = 15 * Dialogue.second

    private static func dialogue(isSecure: Bool, hasControllers: Bool = true) -> Dialogue {
        let dialogue = Dialogue()
        dialogue.agent.setFailMode(
            isSecure: isSecure, hasControllers: hasControllers, patience: patience, now: dialogue.now)
        return dialogue
    }

    /// The ports that a frame to a host not yet known goes to.
    private static func flooded(_ dialogue: Dialogue) -> [Int] {
        dialogue.receive(Dialogue.frame(from: 9, to: 8), port: 1)
        return dialogue.takeFrames().map(\.port).sorted()
    }

    @Test func withoutControllersAStandaloneBridgeLearnsAtOnce() {
        #expect(Self.flooded(Self.dialogue(isSecure: false, hasControllers: false)) == [2, 3])
        #expect(Self.flooded(Self.dialogue(isSecure: true, hasControllers: false)) == [])
    }

    @Test func aStandaloneBridgeTakesOverAndSteps() {
        let dialogue = Self.dialogue(isSecure: false)
        #expect(Self.flooded(dialogue) == [])
        dialogue.pass(14 * Dialogue.second)
        #expect(Self.flooded(dialogue) == [])
        dialogue.pass(2 * Dialogue.second)
        #expect(Self.flooded(dialogue) == [2, 3])
        let controller = dialogue.connect(.v13)
        #expect(FlowTableTests.flows(controller).isEmpty)
        #expect(Self.flooded(dialogue) == [])
        // It goes, and its flows work until patience ends.
        controller.send(Message(.flowMod(.init(.add, instructions: Instructions(apply: [.output(3)])))))
        dialogue.agent.disconnect(controller.id, now: dialogue.now)
        #expect(Self.flooded(dialogue) == [3])
        dialogue.pass(Self.patience + 1)
        #expect(Self.flooded(dialogue) == [2, 3])
        // It comes back, and finds its flow.
        let again = dialogue.connect(.v13)
        #expect(FlowTableTests.flows(again).count == 1)
        #expect(Self.flooded(dialogue) == [3])
    }

    /// What stands in is no flow that anybody sees or changes.
    @Test func theStandInIsHidden() {
        let dialogue = Self.dialogue(isSecure: false)
        let tool = dialogue.connect(.v13, .service)
        dialogue.pass(Self.patience + 1)
        #expect(FlowTableTests.flows(tool).isEmpty)
        #expect(dialogue.datapath.tableStatistics(bridge: dialogue.bridge).allSatisfy { $0.active == 0 })
        tool.send(
            Message(.flowMod(.init(.delete, table: nil))),
            Message(.flowMod(.init(.add, priority: 0xffff, instructions: Instructions(apply: [.drop])))))
        #expect(FlowTableTests.flows(tool).map(\.priority) == [0xffff])
        #expect(Self.flooded(dialogue) == [2, 3])
        #expect(Self.flooded(dialogue) == [2, 3])
        let standIn = dialogue.datapath.hiddenFlows(bridge: dialogue.bridge, now: dialogue.now).first
        #expect(standIn?.traffic == TrafficCount(packets: 2, bytes: 120))
        _ = dialogue.connect(.v13)
        #expect(Self.flooded(dialogue) == [])
        #expect(dialogue.datapath.hiddenFlows(bridge: dialogue.bridge, now: dialogue.now).first == nil)
        #expect(FlowTableTests.flows(tool).first?.packets == 1)
    }

    @Test func aSecureBridgeKeepsToItsFlows() {
        let dialogue = Self.dialogue(isSecure: true)
        let controller = dialogue.connect(.v13)
        controller.send(Message(.flowMod(.init(.add, instructions: Instructions(apply: [.output(3)])))))
        dialogue.agent.disconnect(controller.id, now: dialogue.now)
        dialogue.pass(10 * Self.patience)
        #expect(Self.flooded(dialogue) == [3])
    }

    @Test func oneOfSeveralControllersIsEnough() {
        let dialogue = Self.dialogue(isSecure: false)
        let one = dialogue.connect(.v13)
        let other = dialogue.connect(.v10)
        dialogue.agent.disconnect(one.id, now: dialogue.now)
        dialogue.pass(10 * Self.patience)
        #expect(FlowTableTests.flows(other).isEmpty)
        dialogue.agent.disconnect(other.id, now: dialogue.now)
        // Nobody who merely looks counts.
        let service = dialogue.connect(.v13, .service)
        dialogue.pass(Self.patience + 1)
        #expect(Self.flooded(dialogue) == [2, 3])
        #expect(service.send(Message(.barrierRequest)).count == 1)
    }

    @Test func theFirstControllerClearsTheFlowsAndTheLastDoesAgain() {
        let dialogue = Self.dialogue(isSecure: false, hasControllers: false)
        let service = dialogue.connect(.v13, .service)
        func set(isSecure: Bool = false, hasControllers: Bool) {
            dialogue.agent.setFailMode(
                isSecure: isSecure, hasControllers: hasControllers, patience: Self.patience, now: dialogue.now)
        }
        service.send(Message(.flowMod(.init(.add, priority: 7, instructions: Instructions(apply: [.output(3)])))))
        service.send(Message(.groupMod(.init(.add, Group(id: 1, type: .all)))))
        service.send(Message(.meterMod(.init(.add, Meter(id: 1, flags: .kilobits)))))
        set(hasControllers: true)
        #expect(FlowTableTests.flows(service).isEmpty)
        #expect(dialogue.datapath.groups(bridge: dialogue.bridge).isEmpty)
        #expect(dialogue.datapath.meters(bridge: dialogue.bridge).isEmpty)
        service.send(Message(.flowMod(.init(.add, priority: 7, instructions: Instructions(apply: [.output(3)])))))
        set(isSecure: true, hasControllers: true)
        #expect(FlowTableTests.flows(service).count == 1)
        set(hasControllers: false)
        #expect(FlowTableTests.flows(service).map(\.priority) == [0])
        #expect(Self.flooded(dialogue) == [2, 3])
    }
}
