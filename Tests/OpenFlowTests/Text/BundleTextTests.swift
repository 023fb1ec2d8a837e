import OpenFlow
import Switch
import Testing

@Suite("Files of changes, and packets to send")
struct BundleTextTests {
    @Test("A line says what it is about, and what to do")
    func lines() throws {
        guard case .flowMod(let addition) = try BundleText.parseLine("flow tcp,actions=2"),
            case .flowMod(let deletion) = try BundleText.parseLine("flow delete_strict priority=5,tcp"),
            case .groupMod(let group) = try BundleText.parseLine("group add_or_mod group_id=1,type=all,bucket=output:2"),
            case .groupMod(let removal) = try BundleText.parseLine("group\tdelete group_id=1"),
            case .groupMod(let bare) = try BundleText.parseLine("group group_id=1,type=all"),
            case .packetOut(let packet) = try BundleText.parseLine(
                "packet-out in_port=1,packet=ffffffffffff0200000000010800,actions=flood")
        else {
            Issue.record("a line is taken for something else")
            return
        }
        #expect(addition.command == .add && deletion.command == .deleteStrict && deletion.priority == 5)
        #expect(group.command == .addOrModify && removal.command == .delete && bare.command == .add)
        #expect(packet.inPort == 1 && packet.data.count == 14 && packet.actions == [.output(PortNumber.flood)])
    }

    @Test("Packets to send are sent as ovs-ofctl sends them")
    func packets() throws {
        let recorded = GoldenMessage.all.filter { $0.command.hasPrefix("packet-out '") && $0.direction == .toSwitch }
        var compared = 0
        for golden in recorded {
            let sent = try Message.decode(golden.bytes, version: golden.version)
            guard case .packetOut = sent.body else { continue }
            let packet = try PacketOutText.parse(golden.command.dropFirst(12).dropLast())
            #expect(Message(xid: golden.xid, .packetOut(packet)).encode(version: golden.version) == golden.bytes)
            compared += 1
        }
        #expect(compared == OpenFlowVersion.allCases.count)
    }

    @Test("Pipeline fields come with a packet")
    func fields() throws {
        let packet = try PacketOutText.parse(
            "in_port=LOCAL,metadata=5,reg0=0x7,tun_id=9 packet=ffffffffffff0200000000010800 actions=set_field:1->reg1,2"
        )
        #expect(packet.inPort == PortNumber.local && packet.fields.description == "reg0=0x7,tun_id=0x9,metadata=0x5")
        #expect(packet.actions.count == 2)
    }

    @Test(
        "What is wrong is refused",
        arguments: [
            ("flux tcp,actions=2", "a line begins with flow, group or packet-out, not with “flux”"),
            ("packet-out in_port=1", "there is no packet: packet=HEXADECIMAL DIGITS"),
            ("packet-out packet=ffffff", "packet: two hexadecimal digits for each of 14 bytes or more"),
            ("packet-out packet=fffffffffffg0200000000010800", "packet: “fg” are not hexadecimal digits"),
            (
                "packet-out in_port=FLOOD,packet=ffffffffffff0200000000010800",
                "in_port: a port, LOCAL, CONTROLLER or NONE, not “FLOOD”"
            ),
            (
                "packet-out dl_src=00:00:00:00:00:01,packet=ffffffffffff0200000000010800",
                "dl_src: is no pipeline field; the packet says what it is"
            ),
        ])
    func errors(line: String, reason: String) {
        #expect(throws: FlowSyntaxError(reason)) { _ = try BundleText.parseLine(line) }
    }
}
