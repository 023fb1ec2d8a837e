import Switch
import Testing

@testable import Lab

@Suite struct FlowTextTests {
    @Test(arguments: [
        ("actions=output:2", "output:2"), ("actions=2,3", "output:2,output:3"), ("actions=drop", "drop"),
        ("actions=NORMAL", "NORMAL"), ("actions=resubmit(,3)", "resubmit(,3)"),
        ("actions=dec_ttl,flood", "dec_ttl,FLOOD"),
        ("actions=enqueue:1:7", "enqueue:1:7"), ("actions=push_vlan:0x8100,in_port", "push_vlan:0x8100,IN_PORT"),
        ("actions=goto_table:4", "goto_table:4"), ("actions=strip_vlan,all", "pop_vlan,ALL"),
    ])
    func readsWhatItWouldPrint(text: String, printed: String) throws {
        #expect(try FlowText(parsing: text) { _ in nil }.instructions?.description == printed)
    }

    @Test func readsTableAndPriorityBesideTheMatch() throws {
        let flow = try FlowText(parsing: "table=2, priority=0x10,cookie=7,ip,nw_dst=10.0.0.0/8 actions=output:web") {
            $0 == "web" ? 9 : nil
        }
        #expect(flow.table == 2)
        #expect(flow.priority == 16)
        #expect(flow.cookie == 7)
        #expect(flow.instructions?.apply == [.output(9)])
        #expect(flow.match.description.contains("nw_dst=10.0.0.0/8"))
    }

    @Test func setsFields() throws {
        let flow = try FlowText(
            parsing: "ip,actions=mod_dl_src:00:00:00:00:00:09,set_field:10.1.2.3->ip_dst,mod_vlan_vid:5"
        ) {
            _ in nil
        }
        #expect(
            flow.instructions?.apply == [
                .setField(.ethSource, value: FieldValue(9), mask: .ones(48)),
                .setField(.ipv4Destination, value: FieldValue(0x0a01_0203), mask: .ones(32)),
                .setField(.vlanVID, value: FieldValue(0x1005), mask: .ones(13)),
            ])
    }

    @Test(arguments: [
        "actions=jump", "actions=output:", "actions=push_vlan:0x1234", "actions=set_field:10.0.0.1", "priority=70000",
        "table=256,actions=drop", "actions=mod_vlan_vid:4096", "nonsense=3,actions=drop", "actions=set_field:x->ip_dst",
    ])
    func refuses(text: String) {
        #expect(throws: FlowSyntaxError.self) { try FlowText(parsing: text) { _ in nil } }
    }
}
