import Controller
import OpenFlow
import Switch
import Testing

@Suite struct LearningSwitchTests {
    typealias Network = ControlledNetwork

    @Test(arguments: OpenFlowVersion.allCases)
    func learnsAndThenNeedsNoController(version: OpenFlowVersion) {
        let network = Network(LearningSwitch(), version: version, switches: 1, hosts: [0, 0, 0])
        network.send(Network.arpRequest(from: 0, for: 1), from: 0)
        #expect(network.take(1).count == 1 && network.take(2).count == 1 && network.take(0).isEmpty)
        // The answer's way is known; it needs no flooding any more.
        network.send(Network.packet(from: 1, to: 0), from: 1)
        #expect(network.take(0).count == 1 && network.take(2).isEmpty)
        network.send(Network.packet(from: 0, to: 1), from: 0)
        #expect(network.take(1).count == 1 && network.take(2).isEmpty)
        let flows = network.flows(0).filter { $0.priority == 10 }
        #expect(flows.count == 2)
        // From here on flows alone forward.
        network.disconnect(0)
        network.send(Network.packet(from: 0, to: 1), from: 0)
        network.send(Network.packet(from: 1, to: 0), from: 1)
        #expect(network.take(1).count == 1 && network.take(0).count == 1)
        #expect(network.refusals.isEmpty, "\(version): \(network.refusals)")
    }

    @Test func aHostThatMovesIsFoundAgain() {
        let network = Network(LearningSwitch(), switches: 1, hosts: [0, 0, 0])
        network.send(Network.packet(from: 0, to: 1), from: 0)
        network.send(Network.packet(from: 1, to: 0), from: 1)
        network.send(Network.packet(from: 0, to: 1), from: 0)
        for host in 0..<3 { _ = network.take(host) }
        // Host 1's address now speaks at host 2's port.
        network.send(Network.packet(from: 1, to: 0), from: 2)
        #expect(network.take(0).count == 1)
        network.send(Network.packet(from: 2, to: 1), from: 0)
        #expect(network.take(2).count == 1 && network.take(1).isEmpty)
    }

    @Test func theEndOfAnOldConnectionIsNotTheNewOnes() {
        let network = Network(LearningSwitch(), switches: 1, hosts: [0, 0, 0])
        network.replaceConnection(0)
        network.send(Network.packet(from: 1, to: 0), from: 1)
        for host in 0..<3 { _ = network.take(host) }
        network.send(Network.packet(from: 0, to: 1), from: 0)
        #expect(network.take(1).count == 1 && network.take(2).isEmpty)
    }

    @Test func twoSwitchesLearnApart() {
        let network = Network(LearningSwitch(), switches: 2, links: [(0, 1)], hosts: [0, 1])
        network.send(Network.packet(from: 0, to: 1), from: 0)
        network.send(Network.packet(from: 1, to: 0), from: 1)
        #expect(network.take(0).count == 1 && network.take(1).count == 1)
        #expect(network.flows(0).contains { $0.priority == 10 } && network.flows(1).contains { $0.priority == 10 })
    }
}
