import Testing

@testable import Switch

private typealias H = DatapathHarness

/// What controllers hear of packets, and what they may do with them.
@Suite struct ControllerOutputTests {
    private let lab: H
    private let bridge: Int32
    private let hosts: [Int32]

    /// What has come for the controllers.
    final class Inbox: @unchecked Sendable { var packets: [PacketIn] = [] }
    private let inbox = Inbox()

    init() {
        (lab, bridge, hosts) = H.star(3)
        let inbox = inbox
        lab.datapath.onEvent = { if case .packetIn(let packet) = $0 { inbox.packets.append(packet) } }
    }

    private var frame: [UInt8] { H.udp(to: H.mac(hosts[1]), from: H.mac(hosts[0])) }

    @Test func reasonTableCookieAndFields() throws {
        try lab.flow(bridge, "", "load:7->NXM_NX_REG3[],write_metadata:0x55,goto_table:2")
        try lab.flow(bridge, "udp", "dec_ttl,controller(max_len=77,id=4,userdata=01.02.03)", table: 2, cookie: 99)
        for _ in 0..<2 { #expect(lab.send(frame, from: hosts[0]).isEmpty) }
        #expect(inbox.packets.count == 2)
        let packet = try #require(inbox.packets.last)
        #expect(packet.reason == .action && packet.table == 2 && packet.cookie == 99 && packet.maxLength == 77)
        #expect(packet.controller == 4 && packet.userData == [1, 2, 3] && packet.continuation == 0)
        #expect(packet.fields == Match().with(.inPort, 1).with(.reg3, 7).with(.metadata, 0x55))
        // As the actions before have left it.
        #expect(packet.frame[22] == 63 && packet.frame.count == frame.count)
    }

    /// OpenFlow 1.3, 5.4: what the table-miss flow sends is a miss; before, the table itself may be set to send.
    @Test func misses() throws {
        #expect(lab.send(frame, from: hosts[0]).isEmpty && inbox.packets.isEmpty)
        try lab.flow(bridge, "", "controller", priority: 0)
        _ = lab.send(frame, from: hosts[0])
        #expect(inbox.packets.map(\.reason) == [.noMatch])
        lab.datapath.removeFlow(bridge: bridge, table: 0, priority: 0, match: Match())
        lab.datapath.setTable(bridge: bridge, table: 0, TableSettings(miss: .controller), now: lab.now)
        _ = lab.send(frame, from: hosts[0])
        #expect(inbox.packets.map(\.reason) == [.noMatch, .noMatch])
        #expect(inbox.packets[1].cookie == .max)
        lab.datapath.setPort(bridge: bridge, number: 1, .noPacketIn, now: lab.now)
        _ = lab.send(frame, from: hosts[0])
        #expect(inbox.packets.count == 2)
        // An explicit action still sends.
        try lab.flow(bridge, "", "controller", priority: 5)
        _ = lab.send(frame, from: hosts[0])
        #expect(inbox.packets.map(\.reason) == [.noMatch, .noMatch, .action])
        lab.datapath.setPort(bridge: bridge, number: 1, [], now: lab.now)
        lab.datapath.removeFlow(bridge: bridge, table: 0, priority: 5, match: Match())
        lab.datapath.setTable(bridge: bridge, table: 0, TableSettings(miss: .continueToNextTable), now: lab.now)
        try lab.flow(bridge, "", "output:2", table: 1)
        #expect(lab.send(frame, from: hosts[0]).map(\.device) == [hosts[1]])
        let statistics = lab.datapath.tableStatistics(bridge: bridge)
        #expect(statistics[1].matches == 1 && statistics[0].lookups == 6 && statistics[0].matches == 2)
    }

    @Test func reasonsOfActionSetsGroupsAndTTL() throws {
        try lab.flow(bridge, "in_port=1", "write_actions(controller)")
        _ = lab.send(frame, from: hosts[0])
        try lab.datapath.modifyGroup(
            bridge: bridge,
            GroupModification(
                .add, Group(id: 1, type: .all, buckets: [Bucket(actions: [.controller(ControllerOutput())])])),
            now: lab.now)
        try lab.flow(bridge, "in_port=1", "group:1,output:3")
        #expect(lab.send(frame, from: hosts[0]).map(\.device) == [hosts[2]])
        try lab.flow(bridge, "in_port=1", "dec_ttl(3,9),output:3")
        let dying = H.udp(to: H.mac(hosts[1]), from: H.mac(hosts[0]), ttl: 1)
        #expect(lab.send(dying, from: hosts[0]).isEmpty)
        #expect(inbox.packets.map(\.reason) == [.actionSet, .group, .invalidTTL, .invalidTTL])
        #expect(inbox.packets.map(\.controller) == [0, 0, 3, 9])
        // The packet is as it came.
        #expect(inbox.packets[3].frame == dying)
        #expect(lab.send(frame, from: hosts[0]).map(\.device) == [hosts[2]])
        #expect(lab.datapath.dropCount(.ttl) == 1)
    }

    /// What waits for a controller goes on with what the controller has changed.
    @Test func pausedPacketsGoOn() throws {
        try lab.flow(bridge, "in_port=1", "load:5->NXM_NX_REG0[],controller(pause),resubmit(,1)")
        try lab.flow(bridge, "reg0=5", "output:2", table: 1)
        try lab.flow(bridge, "reg0=6", "output:3", table: 1)
        for _ in 0..<2 { #expect(lab.send(frame, from: hosts[0]).isEmpty) }
        let packet = try #require(inbox.packets.last)
        #expect(packet.continuation != 0)
        func resume(_ fields: Match, _ frame: [UInt8]) -> Bool {
            lab.datapath.resume(
                bridge: bridge, continuation: packet.continuation, frame: frame, fields: fields, now: lab.now)
        }
        #expect(resume(packet.fields, packet.frame))
        #expect(lab.drain().map(\.device) == [hosts[1]])
        let other = H.udp(to: 9, from: 8)
        #expect(resume(packet.fields.with(.reg0, 6), other))
        let out = lab.drain()
        #expect(out.map(\.device) == [hosts[2]] && out.map(\.frame) == [other])
        #expect(
            !lab.datapath.resume(
                bridge: bridge, continuation: 12345, frame: other, fields: packet.fields, now: lab.now))
    }

    /// Not a controller's, but told in the same way: so many of 65,535 packets, as they are at that place.
    @Test func samples() throws {
        try lab.flow(
            bridge, "", "dec_ttl,sample(probability=6554,collector_set_id=3,obs_domain_id=4,obs_point_id=5),output:2")
        final class Count: @unchecked Sendable { var taken = 0 }
        let count = Count()
        lab.datapath.onSample = { bridge, sample, frame, _ in
            if sample.collectorSet == 3, sample.observationPoint == 5, frame[22] == 63 { count.taken += 1 }
        }
        for _ in 0..<4000 { #expect(lab.send(frame, from: hosts[0]).count == 1) }
        #expect((330...470).contains(count.taken), "\(count.taken) of 4000")
    }

    @Test func packetOut() throws {
        func inject(_ actions: String, inPort: UInt32 = PortNumber.controller, fields: Match? = nil) throws -> [Int32] {
            lab.datapath.inject(
                bridge: bridge, frame: frame, inPort: inPort, actions: try Action.parse(Substring(actions)),
                fields: fields, now: lab.now)
            return lab.drain().map(\.device)
        }
        #expect(try inject("output:2,output:3") == [hosts[1], hosts[2]])
        #expect(try inject("flood").sorted() == hosts)
        #expect(try inject("flood", inPort: 2).sorted() == [hosts[0], hosts[2]])
        #expect(try inject("output:2", inPort: 2) == [])
        #expect(try inject("in_port", inPort: 2) == [hosts[1]])
        try lab.flow(bridge, "in_port=2", "output:1")
        try lab.flow(bridge, "in_port=CONTROLLER,metadata=3", "output:3")
        #expect(try inject("table", inPort: 2) == [hosts[0]])
        #expect(try inject("table", fields: Match().with(.metadata, 3)) == [hosts[2]])
        #expect(try inject("table") == [])
        #expect(try inject("controller") == [])
        #expect(inbox.packets.map(\.reason) == [.packetOut])
        #expect(lab.datapath.pool.inUse == 0)
    }
}
