import Testing

@testable import Switch

private typealias H = DatapathHarness

/// Tables on the way out of a port (OpenFlow 1.5, 5.1.2).
@Suite struct EgressTableTests {
    private let lab: H
    private let bridge: Int32
    private let hosts: [Int32]

    init() {
        (lab, bridge, hosts) = H.star(4)
        lab.datapath.setFirstEgressTable(bridge: bridge, 10, now: lab.now)
    }

    private func send() -> [Int32: [UInt8]] {
        let out = lab.send(H.udp(to: H.mac(hosts[1]), from: H.mac(hosts[0])), from: hosts[0])
        return Dictionary(out.map { ($0.device, $0.frame) }, uniquingKeysWith: { first, _ in first })
    }

    @Test func eachOutputPassesThem() throws {
        try lab.flow(bridge, "in_port=1", "output:2,output:3,output:4")
        // Empty egress tables drop: there is no miss flow.
        #expect(send().isEmpty)
        try lab.flow(bridge, "", "goto_table:11", table: 10, priority: 1)
        try lab.flow(bridge, "actset_output=2", "set_field:02:00:00:00:00:22->eth_dst", table: 11)
        try lab.flow(bridge, "actset_output=3", "clear_actions", table: 11)
        try lab.flow(bridge, "", "dec_ttl", table: 11, priority: 1)
        for _ in 0..<2 {
            let out = send()
            #expect(Set(out.keys) == [hosts[1], hosts[3]])
            // What one output's tables do, the next output does not see.
            #expect(Array(out[hosts[1]]![..<6]) == [2, 0, 0, 0, 0, 0x22])
            #expect(out[hosts[1]]![22] == 64 && out[hosts[3]]![22] == 63)
            #expect(Array(out[hosts[3]]![..<6]) == H.macBytes(H.mac(hosts[1])))
        }
        #expect(lab.datapath.pool.inUse == 0)
    }

    @Test func actionsThereGoStraightOut() throws {
        try lab.flow(bridge, "in_port=1", "output:2")
        try lab.flow(bridge, "", "output:3", table: 10)
        #expect(Set(send().keys) == [hosts[2], hosts[1]])
        lab.datapath.setFirstEgressTable(bridge: bridge, nil, now: lab.now)
        #expect(Set(send().keys) == [hosts[1]])
    }
}
