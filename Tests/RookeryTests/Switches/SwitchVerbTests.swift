import Linux
import Testbed
import Testing

extension EndToEndTests {
    /// `rookery switch` on rookery-switchd and, where it is installed, on Open vSwitch.
    @Suite(.enabled(if: Machine.runsLabs, Machine.labsNeed))
    struct SwitchVerbs {
        typealias Kind = SwitchProcess.Kind

        private func fits(_ text: String) {
            for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        }

        @Test(arguments: Kind.present) func bridgesPortsAndColumns(kind: Kind) throws {
            let vswitch = try SwitchProcess(kind)
            _ = try vswitch.text("add-br", "br0", "--datapath-type", "netdev", "--fail-mode", "secure")
            #expect(try vswitch.text("list-br") == "br0\n")
            let again = try vswitch.run("add-br", "br0")
            #expect(again.status == 1 && again.errors.contains("there is a bridge br0 already"), "\(again.all)")
            _ = try vswitch.text("add-br", "br0", "--may-exist")
            _ = try vswitch.text("add-port", "br0", "p1", "--type", "internal", "--tag", "10", "--ofport", "7")
            _ = try vswitch.text("add-port", "br0", "p2", "--type", "internal", "--trunks", "10,20")
            #expect(try vswitch.text("list-ports", "br0") == "p1\np2\n")
            #expect(try vswitch.text("list-ports", "br0", "--json") == "[\n  \"p1\",\n  \"p2\"\n]\n")
            #expect(try vswitch.text("get", "port", "p1", "tag") == "10\n")
            #expect(try vswitch.text("get", "Port", "p2", "trunks") == "[10, 20]\n")
            #expect(try vswitch.text("get", "interface", "p1", "ofport") == "7\n")
            #expect(try vswitch.text("get", "bridge", "br0", "fail-mode") == "secure\n")

            let missing = try vswitch.run("add-port", "br0", "nosuchdevice")
            #expect(missing.status == 0 && missing.errors.contains("cannot use nosuchdevice"), "\(missing.all)")
            _ = try vswitch.text("del-port", "nosuchdevice")

            let show = try vswitch.text("show")
            for line in [
                "    Bridge br0\n", "        fail_mode: secure\n", "        Port p1\n            tag: 10\n",
                "            trunks: [10, 20]\n            Interface p2\n                type: internal\n",
            ] { #expect(show.contains(line), "\(line)\n\(show)") }

            _ = try vswitch.text(
                "set", "bridge", "br0", "other_config:datapath-id=0000020000000009", "protocols=OpenFlow13")
            #expect(try vswitch.text("get", "bridge", "br0", "other_config:datapath-id") == "\"0000020000000009\"\n")
            #expect(try vswitch.text("get", "bridge", "br0", "protocols") == "[OpenFlow13]\n")
            #expect(try vswitch.text("get", "bridge", "br0", "datapath_id") == "\"0000020000000009\"\n")
            #expect(try vswitch.text("show", "br0").contains("datapath 0000020000000009"))
            _ = try vswitch.text("clear", "bridge", "br0", "fail_mode", "protocols", "other_config:datapath-id")
            #expect(try vswitch.text("get", "bridge", "br0", "fail_mode", "other_config") == "[]\n{}\n")
            #expect(try vswitch.text("list", "bridge", "br0").contains("name                : br0\n"))

            for (arguments, reason) in [
                (["get", "nosuch", "x", "y"], "there is no table"),
                (["get", "bridge", "br0", "nosuch"], "has no column"),
                (["get", "bridge", "br9", "name"], "has no record br9"),
                (["set", "bridge", "br0", "fail_mode=perhaps"], "refuses"),
                (["set", "port", "p1", "tag=x"], "no whole number"),
            ] {
                let bad = try Program.run(
                    ["switch", arguments[0], "--db", "unix:\(vswitch.directory)/db.sock"] + arguments.dropFirst(),
                    runDirectory: vswitch.directory)
                #expect(bad.status != 0 && bad.errors.contains(reason), "\(arguments): \(bad.all)")
            }

            _ = try vswitch.text("del-port", "br0", "p1")
            #expect(try vswitch.run("del-port", "br0", "p1").status == 1)
            _ = try vswitch.text("del-port", "br0", "p1", "--if-exists")
            #expect(try vswitch.run("del-port", "br0").errors.contains("del-br"))
            _ = try vswitch.text("del-br", "br0")
            #expect(try vswitch.text("list-br") == "")
            #expect(try vswitch.run("flows", "br0").errors.contains("no bridge br0"))
        }

        @Test(arguments: Kind.present) func flowsGroupsAndMeters(kind: Kind) throws {
            let vswitch = try SwitchProcess(kind)
            _ = try vswitch.text("add-br", "br0", "--datapath-type", "netdev", "--fail-mode", "secure")
            for port in ["p1", "p2"] { _ = try vswitch.text("add-port", "br0", port, "--type", "internal") }
            _ = try vswitch.text("add-flow", "br0", "priority=10,ip,in_port=p1,nw_dst=10.0.0.2,actions=output:p2")
            #expect(
                try vswitch.text("flows", "br0", "--no-stats")
                    == " priority=10,ip,in_port=1,nw_dst=10.0.0.2 actions=output:2\n")
            #expect(try vswitch.text("flows", "br0", "--no-stats", "--names").contains("in_port=p1"))
            let json = try vswitch.text("flows", "br0", "--json")
            #expect(json.contains("\"actions\" : \"output:2\"") && json.contains("\"priority\" : 10"))
            #expect(try vswitch.text("flows", "br0", "table=1").isEmpty)
            try vswitch.setUp("p1")
            try vswitch.setUp("p2")
            var trace = ""
            let isForwarded = try eventually {
                trace = try vswitch.text("trace", "br0", "in_port=1,icmp,nw_dst=10.0.0.2")
                return trace.contains("output:2") && !trace.contains("Datapath actions: drop")
            }
            #expect(isForwarded, "\(trace)")

            let file = "table=1,priority=5,tcp,actions=drop\n# and\ndelete ip,nw_dst=10.0.0.2\ntable=2,actions=NORMAL\n"
            _ = try vswitch.text("add-flows", "br0", "-", "--bundle", input: file)
            #expect(
                try vswitch.text("flows", "br0", "--no-stats")
                    == " table=1, priority=5,tcp actions=drop\n table=2, actions=NORMAL\n"
            )
            let bad = try vswitch.run(
                "add-flows", "br0", "-", "--bundle", input: "table=3,actions=drop\ntable=3,actions=group:99\n")
            #expect(
                bad.status == 1 && bad.errors.contains("-:2:") && bad.errors.contains("nothing has been"), "\(bad.all)")
            #expect(!(try vswitch.text("flows", "br0")).contains("table=3"))

            _ = try vswitch.text(
                "replace-flows", "br0", "-", input: "table=2,actions=NORMAL\ntable=4,arp,actions=drop\n")
            let replaced = try vswitch.text("flows", "br0", "--no-stats")
            #expect(replaced.contains("table=2") && replaced.contains("table=4") && !replaced.contains("table=1"))
            _ = try vswitch.text("mod-flows", "br0", "table=4,actions=output:1")
            #expect(try vswitch.text("flows", "br0", "table=4").contains("actions=output:1"))

            _ = try vswitch.text("add-group", "br0", "group_id=1,type=select,bucket=output:1,bucket=output:2")
            let groups = try vswitch.text("groups", "br0")
            #expect(groups.contains("group_id=1,type=select") && groups.contains("by bucket: 0, 0"), "\(groups)")
            #expect(try vswitch.run("add-group", "br0", "group_id=1,type=all,bucket=output:1").status == 1)
            _ = try vswitch.text("add-meter", "br0", "meter=1,kbps,band=type=drop,rate=1000")
            let meters = try vswitch.text("meters", "br0")
            #expect(meters.contains("meter=1 kbps") && meters.contains("rate=1000"), "\(meters)")
            _ = try vswitch.text("del-groups", "br0")
            _ = try vswitch.text("del-meters", "br0")
            #expect(try vswitch.text("groups", "br0").isEmpty && vswitch.text("meters", "br0").isEmpty)

            _ = try vswitch.text("del-flows", "br0", "table=4")
            _ = try vswitch.text("del-flows", "br0")
            #expect(try vswitch.text("flows", "br0").isEmpty)
            for flow in ["nosuch=1,actions=drop", "ip", "priority=10,ip,actions=nosuch"] {
                let bad = try vswitch.run("add-flow", "br0", flow)
                #expect(bad.status == 2 && bad.errors.contains("“\(flow)”"), "\(bad.all)")
            }
        }

        @Test(arguments: Kind.present) func trafficAndControllers(kind: Kind) throws {
            let vswitch = try SwitchProcess(kind)
            _ = try vswitch.text(
                "add-br", "br0", "--datapath-type", "netdev", "--controller", "unix:\(vswitch.directory)/none")
            _ = try vswitch.text("add-port", "br0", "p1", "--type", "internal")
            let ports = try vswitch.text("ports", "br0")
            #expect(ports.contains("LOCAL") && ports.contains("p1"))
            fits(ports)
            #expect(try vswitch.text("ports", "br0", "--json").contains("\"name\" : \"p1\""))
            let controllers = try vswitch.text("controllers")
            #expect(controllers.contains("br0") && controllers.contains("no"), "\(controllers)")
            fits(controllers)
            #expect(try vswitch.text("controllers", "br0", "--json").contains("\"isConnected\" : false"))
            _ = try vswitch.text("set-controller", "br0")
            #expect(try vswitch.text("get", "bridge", "br0", "controller") == "[]\n")
            #expect(try vswitch.text("fdb", "br0").hasPrefix(" port  VLAN  MAC"))
            #expect(try vswitch.text("fdb", "br0", "--json").hasPrefix("["))
            #expect(try vswitch.text("ctl", "version").contains("Open vSwitch"))
            #expect(try vswitch.run("ctl", "nosuchcommand").status == 1)
            if try vswitch.text("ctl", "list-commands").contains("dpctl/dump-conntrack") {
                _ = try vswitch.text("conntrack")
            }
            fits(try vswitch.text("tables", "br0"))
        }

        @Test func withoutASwitchTheErrorsSayWhatToDo() throws {
            let program = Program()
            let directory = program.runDirectory
            for arguments in [["show"], ["list-br"], ["add-br", "br0"], ["flows", "br0"], ["ctl", "version"]] {
                let outcome = try Program.run(
                    ["switch", arguments[0], "--db", "unix:\(directory)/db.sock"] + arguments.dropFirst(),
                    runDirectory: directory)
                #expect(outcome.status == 1 && outcome.errors.contains(" — "), "\(arguments): \(outcome.all)")
            }
            let lab = try program.run("switch", "flows", "nolab/s1")
            #expect(lab.status == 1 && lab.errors.contains("no lab nolab is running"), "\(lab.all)")
        }
    }
}
