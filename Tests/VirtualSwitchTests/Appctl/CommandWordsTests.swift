import Switch
import Testing

@testable import VirtualSwitch

/// The words of control commands, as they are read.
struct CommandWordsTests {
    @Test func commandsCountTheirArguments() {
        let commands = ControlCommands()
        commands.add("say", usage: "word [more]", arguments: 1...2) { .text($0.joined(separator: " ")) }
        func answer(_ name: String, _ arguments: String...) -> String {
            switch commands.run(name, arguments) {
            case .text(let text): text
            case .failure(let text): "! " + text
            case .later: "later"
            }
        }
        #expect(answer("say", "a", "b") == "a b")
        #expect(answer("say") == "! \"say\" command requires at least 1 arguments")
        #expect(answer("say", "a", "b", "c") == "! \"say\" command takes at most 2 arguments")
        #expect(
            answer("tell")
                == "! \"tell\" is not a valid command (use \"list-commands\" to see a list of valid commands)")
        #expect(answer("list-commands").contains("  say                     word [more]\n"))
    }

    @Test func tracesTakeOptionsAnywhere() throws {
        let request = try TraceRequest(["br0", "--ct-next", "trk,est", "in_port=1", "--ct-next=rpl|inv", "-generate"])
        #expect(request.words == ["br0", "in_port=1"])
        #expect(request.connectionStates == [0x22, 0x38])
        #expect(throws: ControlFailure.self) { try TraceRequest(["--ct-next"]) }
        #expect(throws: ControlFailure.self) { try TraceRequest(["--ct-next", "bogus"]) }
        #expect(throws: ControlFailure.self) { try TraceRequest(["--bogus"]) }
    }

    @Test func flowsOfTheDataPathAreReadAsMatches() throws {
        let text =
            "recirc_id(0),in_port(3),packet_type(ns=0,id=0),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),"
            + "eth_type(0x8100),vlan(vid=5,pcp=3),encap(eth_type(0x0800),ipv4(src=10.0.0.1,proto=6,frag=no),tcp(dst=80))"
        let flow = try DatapathFlowSyntax(text)
        #expect(flow.device == 3)
        #expect(
            flow.match
                == "dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_vlan=5,dl_vlan_pcp=3,dl_type=0x0800,"
                + "nw_src=10.0.0.1,nw_proto=6,ip_frag=no,tp_dst=80")
        for bad in [
            "eth(src=1", "eth_type(0x0800)", "in_port(x)", "in_port(1),eth(bogus=1)", "in_port(1),bogus(1)", ")",
            // Deeper than a stack.
            "in_port(1)," + String(repeating: "encap(", count: 2000) + String(repeating: ")", count: 2000),
        ] {
            #expect(throws: ControlFailure.self, "\(bad)") { try DatapathFlowSyntax(bad) }
        }
    }

    @Test func connectionsAreNamedByTuples() throws {
        let filter = try SwitchDaemon.filter([
            "zone=5", "ct_nw_src=10.0.0.1,ct_nw_proto=17,ct_tp_dst=53", "ct_nw_src=10.0.0.2",
        ])
        #expect(filter.zone == 5 && filter.ipProtocol == 17)
        #expect(filter.original.source == FieldValue(0x0a00_0001) && filter.original.destinationPort == 53)
        #expect(filter.reply.source == FieldValue(0x0a00_0002))
        for bad in [
            "=", "=5", ",=", "ct_nw_proto=", "ct_nw_proto=256", "ct_tp_src=65536", "icmp_type=256", "icmp_code=-1",
            "ct_nw_src=10.0.0", "zone=65536", "bogus=1",
        ] {
            #expect(throws: MatchSyntaxError.self, "\(bad)") { try SwitchDaemon.filter([bad]) }
        }
    }
}
