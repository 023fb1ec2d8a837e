import OpenFlow
import Switch
import Testing

@Suite("The text of flows, groups and meters")
struct FlowTextTests {
    private static var names: FlowNames {
        FlowNames(
            portNumber: { ["web": 9, "to the left": 3][$0] }, tableNumber: { ["first": 1][$0] },
            portName: { [9: "web", 3: "to the left"][$0] }, tableName: { [1: "first"][$0] })
    }

    @Test("Ports and tables are called by name, in quotation marks where they need them")
    func byName() throws {
        let text =
            "table=first, in_port=web actions=output:\"to the left\",resubmit(web,first),enqueue:web:7,goto_table:5"
        let flow = try FlowText.parse(text, names: Self.names)
        #expect(flow.table == 1 && flow.match.key[.inPort].low == 9)
        #expect(
            flow.instructions.apply == [.output(3), .resubmit(port: 9, table: 1), .enqueue(port: 9, queue: 7)])
        let printed = FlowText.text(FlowSnapshot(flow), showsStatistics: false, names: Self.names)
        #expect(printed == text)
        #expect(
            FlowText.text(FlowSnapshot(flow), showsStatistics: false)
                == "table=1, in_port=9 actions=output:3,resubmit(9,1),enqueue:9:7,goto_table:5")
    }

    @Test("What dump-flows prints can be added again")
    func dump() throws {
        let flow = try FlowText.parse(
            "table=2,cookie=0x7,priority=10,idle_timeout=5,send_flow_rem,ip,nw_dst=10.0.0.0/8,actions=dec_ttl,output:2")
        let printed = FlowText.text(FlowSnapshot(flow))
        #expect(
            printed == "cookie=0x7, duration=3.250s, table=2, n_packets=4, n_bytes=512, idle_timeout=5, send_flow_rem "
                + "idle_age=2, priority=10,ip,nw_dst=10.0.0.0/8 actions=dec_ttl,output:2")
        #expect(try FlowText.parse(printed) == flow)
    }

    @Test("Packets without Ethernet header have their type in the place of the EtherType")
    func packetTypes() throws {
        let flow = try FlowText.parse("packet_type=(1,0x800),nw_src=10.0.0.1,actions=drop")
        #expect(flow.match.description == "packet_type=(1,0x800),nw_src=10.0.0.1")
        #expect(try FlowText.parse("eth,ip,actions=drop").match.description == "eth,ip")
    }

    @Test("A line of a file begins with its command")
    func lines() throws {
        #expect(try FlowText.parseLine("delete_strict priority=5,tcp").command == .deleteStrict)
        #expect(try FlowText.parseLine("modify tcp,actions=2").command == .modify)
        #expect(try FlowText.parseLine(" add, tcp,actions=2").command == .add)
        let deletion = try FlowText.parseLine("delete cookie=0x10/0xf0,out_port=web,out_group=4,tcp", names: Self.names)
        #expect(deletion.cookie == 0x10 && deletion.cookieMask == 0xf0 && deletion.outPort == 9)
        #expect(deletion.outGroup == 4 && deletion.table == nil)
        let change = try FlowText.parse("cookie=5,tcp,actions=2", command: .modify)
        #expect(change.newCookie == 5 && change.cookieMask == 0)
    }

    @Test(
        "Errors name the place and the remedy",
        arguments: [
            ("ip", "the flow has no actions (actions=drop drops what it matches)"),
            ("actions=jump", "there is no action “jump”"),
            ("actions=push_vlan:0x1234", "push_vlan takes 0x8100 or 0x88a8, not 0x1234"),
            ("actions=set_field:10.0.0.1", "set_field takes VALUE->FIELD, as in set_field:10.0.0.1->ip_dst"),
            ("nonsense=3,actions=drop", "nonsense: no such match field or protocol"),
            ("tp_dst=80,actions=drop", "tp_dst: needs tcp or tcp6 beside it"),
            ("priority=70000,actions=drop", "priority: “70000” is not a number from 0 to 65535"),
            ("table=5,actions=goto_table:5", "goto_table:5 leads back; a table leads only to later ones"),
            ("actions=output:1,drop", "drop stands alone, without other actions or instructions"),
            ("ip,actions=ct(table=x)", "ct: there is no table “x”"),
            ("actions=output(port=1,max_len=13)", "output: max_len is at least 14"),
            ("actions=resubmit(,)", "resubmit: needs a port or a table"),
            ("actions=output:none", "nothing can be output to “none”; drop drops the packet"),
            ("actions=learn(table=1,dl_vlan)", "no bits of dl_vlan can be named; vlan_vid has them"),
            ("actions=load:0x1ff->reg0[0..7]", "load: 0x1ff does not fit into the 8 bits of NXM_NX_REG0[0..7]"),
            ("cookie=1/2,actions=drop", "cookie: an added flow's cookie has no mask"),
        ])
    func errors(text: String, reason: String) {
        #expect(throws: FlowSyntaxError(reason)) { try FlowText.parse(text) }
    }

    @Test("Groups print as they are read")
    func groups() throws {
        let text = """
            group_id=8,type=select,selection_method=hash,selection_method_param=5,fields(ip_src,tcp_dst=65280),\
            bucket=bucket_id:0,weight:10,actions=output:web,bucket=bucket_id:1,weight:20,watch_port:"to the left",\
            actions=dec_ttl,output:1
            """
        let change = try GroupText.parse(text, names: Self.names)
        #expect(change.group.buckets.map(\.weight) == [10, 20])
        #expect(change.group.buckets[1].watchPort == 3)
        #expect(GroupText.text(change.group, names: Self.names) == text)
    }

    @Test("Meters print as they are read")
    func meters() throws {
        let text =
            "meter=9 kbps burst stats bands=\ntype=drop rate=2000 burst_size=300\ntype=dscp_remark rate=1000 burst_size=100 prec_level=1"
        #expect(MeterText.text(try MeterText.parse(text).meter) == text)
    }
}
