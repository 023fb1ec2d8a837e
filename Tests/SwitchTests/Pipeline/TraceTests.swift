import Testbed
import Testing

@testable import Switch

private typealias H = DatapathHarness

/// What a trace tells beyond Open vSwitch's: the way behind labels, hashes and lengths.
@Suite struct TraceTests {
    private let lab: H
    private let bridge: Int32
    private let hosts: [Int32]

    init() { (lab, bridge, hosts) = H.star(3) }

    private func trace(_ match: String, frame: [UInt8]? = nil, actions: String? = nil) throws -> String {
        var key = try Match(parsing: match).key
        let port = UInt32(key.value(.inPort))
        frame?.withUnsafeBytes { bytes in _ = extract(frame: bytes, inPort: port, into: &key) }
        let list = try actions.map { try Action.parse(Substring($0)) }
        let states = lab.datapath.pipeline.frozen.count
        let text = lab.datapath.trace(bridge: bridge, key: key, frame: frame, actions: list, now: lab.now)
        // Nothing of it stays.
        #expect(lab.datapath.pool.inUse == 0 && lab.datapath.pipeline.frozen.count == states)
        return try #require(text)
    }

    /// The last lines, of which each part has one.
    private func actions(_ trace: String) -> [String] {
        trace.split(separator: "\n").filter { $0.hasPrefix("Datapath actions: ") }.map { String($0.dropFirst(18)) }
    }

    /// A TCP packet behind two labels.
    private let labelled = octets(
        "020000000002020000000001884700064628000c831e4500005012340000400654720a0000010a00000203e800500000000100000002"
            + "501001f417ea0000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627")

    @Test func framesGoOnBehindLabels() throws {
        try lab.flow(bridge, "mpls", "clone(dec_mpls_ttl,output:3),pop_mpls:0x8847,pop_mpls:0x800,resubmit(,1)")
        try lab.flow(bridge, "tcp,tcp_dst=80", "dec_ttl,set_field:9->tcp_dst,output:2", table: 1)
        let text = try trace("in_port=1", frame: labelled)
        #expect(
            actions(text) == [
                "set(mpls(ttl=39)),h3,set(mpls(ttl=40)),pop_mpls(eth_type=0x8847),pop_mpls(eth_type=0x800),recirc(0x1)",
                "set(ipv4(ttl=63)),set(tcp(dst=9)),h2",
            ], "\(text)")
        #expect(text.contains(" 1. tcp,tp_dst=80, priority 10"))
        // What the data path does is what the trace has told.
        let out = lab.send(labelled, from: hosts[0])
        #expect(out.map(\.device) == [hosts[2], hosts[1]])
        #expect(out[1].frame[22] == 63 && Array(out[1].frame[36..<38]) == [0, 9])
        // Header fields alone end there.
        #expect(actions(try trace("in_port=1,mpls,mpls_bos=1,mpls_ttl=9")).count == 1)
    }

    @Test func hashesAreTaken() throws {
        let buckets = [2, 3].map { Bucket(id: $0, weight: 1, actions: [.output($0)]) }
        try lab.datapath.modifyGroup(
            bridge: bridge, GroupModification(.add, Group(id: 1, type: .select, buckets: buckets)), now: 0)
        try lab.flow(bridge, "", "group:1")
        for port: UInt16 in 1...20 {
            let frame = H.udp(to: 2, from: 1, sourcePort: port)
            let parts = actions(try trace("in_port=1", frame: frame))
            #expect(parts.count == 2 && parts[0] == "hash(sym_l4(0)),recirc(0x1)")
            let out = lab.send(frame, from: hosts[0]).map { "h\(hosts.firstIndex(of: $0.device)! + 1)" }
            #expect(out == [parts.last])
        }
    }

    @Test func bothLengths() throws {
        try lab.flow(bridge, "", "check_pkt_larger(500)->NXM_NX_REG0[0],resubmit(,1)")
        try lab.flow(bridge, "reg0=1", "output:2", table: 1)
        try lab.flow(bridge, "reg0=0", "output:3", table: 1)
        #expect(
            actions(try trace("in_port=1,ip")) == [
                "check_pkt_len(size=500,gt(recirc(0x1)),le(recirc(0x2)))", "h2", "h3",
            ])
    }

    /// What would become of packets from a port that is down can be asked; real ones do not come in.
    @Test func portsThatAreDown() throws {
        try lab.flow(bridge, "", "output:2")
        lab.datapath.setPort(bridge: bridge, number: 1, .down, now: lab.now)
        #expect(actions(try trace("in_port=1")) == ["h2"])
        #expect(lab.send(H.udp(to: 2, from: 1), from: hosts[0]).isEmpty)
        lab.datapath.setPort(bridge: bridge, number: 1, .noReceive, now: lab.now)
        #expect(actions(try trace("in_port=1")) == ["drop"])
    }

    /// `ofproto/trace BRIDGE FLOW ACTIONS`, and ports that are not the bridge's.
    @Test func actionsInThePlaceOfTables() throws {
        try lab.flow(bridge, "", "output:3")
        #expect(actions(try trace("in_port=CONTROLLER,ip", actions: "output:2,resubmit(,0)")) == ["h2,h3"])
        let key = try Match(parsing: "in_port=77").key
        #expect(lab.datapath.trace(bridge: bridge, key: key, now: lab.now) == nil)
    }
}
