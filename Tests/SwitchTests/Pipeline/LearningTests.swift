import Testing

@testable import Switch

private typealias H = DatapathHarness

/// Flows that packets define, where the caches stand between (what Open vSwitch does: Golden/ScenarioTests.swift).
@Suite struct LearningTests {
    private let lab: H
    private let bridge: Int32
    private let hosts: [Int32]

    init() { (lab, bridge, hosts) = H.star(3) }

    private func learned() -> [UInt64] {
        lab.datapath.flowSnapshots(bridge: bridge, FlowQuery(table: 1), now: lab.now)
            .map { $0.match.key.value(.ethSource) }.sorted()
    }

    private func send(from address: UInt64) { _ = lab.send(H.frame(to: 0x99, from: address), from: hosts[0]) }

    /// A packet whose flow was refused gets it as soon as there is room, however long its answer has been cached.
    @Test func roomThatComesIsUsed() throws {
        try lab.flow(
            bridge, "", "learn(table=1,limit=1,cookie=0x5,hard_timeout=5,NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])")
        for _ in 0..<3 {
            send(from: 1)
            send(from: 2)
        }
        #expect(learned() == [1])
        for _ in 0..<6 {
            _ = lab.advance(by: 1_000_000_000)
            send(from: 2)
        }
        #expect(learned() == [2])
    }

    /// Packets that the caches answer keep a learned flow as well as those that are translated.
    @Test func cachedPacketsKeepFlowsYoung() throws {
        try lab.flow(bridge, "", "learn(table=1,hard_timeout=3,NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])")
        send(from: 1)
        send(from: 2)
        for _ in 0..<20 {
            _ = lab.advance(by: 500_000_000)
            send(from: 1)
        }
        #expect(learned() == [1])
        let misses = lab.datapath.misses
        send(from: 1)
        #expect(lab.datapath.misses == misses)
        // Deleted, it is learned anew by the next packet.
        try lab.datapath.modify(bridge: bridge, FlowModification(.delete, table: 1), now: lab.now)
        #expect(learned() == [])
        send(from: 1)
        #expect(learned() == [1])
    }

    /// The packet itself does not see what it has defined; the next one does.
    @Test func thePacketDoesNotSeeItsFlow() throws {
        try lab.flow(
            bridge, "", "learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,1)")
        try lab.flow(bridge, "", "flood", table: 1, priority: 1)
        let ping = H.frame(to: H.mac(hosts[1]), from: H.mac(hosts[0]))
        let answer = H.frame(to: H.mac(hosts[0]), from: H.mac(hosts[1]))
        #expect(lab.send(ping, from: hosts[0]).map(\.device) == [hosts[1], hosts[2]])
        #expect(lab.send(answer, from: hosts[1]).map(\.device) == [hosts[0]])
        for _ in 0..<3 { #expect(lab.send(ping, from: hosts[0]).map(\.device) == [hosts[1]]) }
        // It moves: the flow follows.
        #expect(lab.send(answer, from: hosts[2]).map(\.device) == [hosts[0]])
        #expect(lab.send(ping, from: hosts[0]).map(\.device) == [hosts[2]])
    }
}
