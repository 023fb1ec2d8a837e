import Glibc
import Linux
import Testbed
import Testing

/// `rookery controller run`, as another process.
final class ControllerProcess {
    private let program: RunningProgram
    /// What it said last where it listens: `tcp:127.0.0.1:PORT`, `unix:FILE`.
    let target: String

    init(_ arguments: String..., listen: String = "ptcp:0:127.0.0.1") throws {
        let program = try RunningProgram(
            [BuiltPrograms.path("rookery"), "controller", "run"] + arguments + ["--listen", listen])
        self.program = program
        var text = ""
        let isThere = eventually {
            text = program.errors
            return text.contains("listens at ") && text.hasSuffix("\n")
        }
        try #require(isThere, "\(arguments): \(text)")
        let endpoint = String(text.split(separator: " ").last ?? "").filter { $0 != "\n" }
        let words = endpoint.split(separator: ":")
        target = words[0] == "ptcp" ? "tcp:127.0.0.1:\(words[1])" : String(endpoint.dropFirst())
    }

    var port: String { String(target.split(separator: ":").last ?? "") }
}

extension EndToEndTests {
    /// Controllers that run as programs of their own, for labs and for other switches.
    @Suite(.enabled(if: Machine.runsLabs, Machine.labsNeed))
    struct Controllers {
        @Test func aLabWithAControllerOnTheMachine() throws {
            let controller = try ControllerProcess("learning")
            let program = Program()
            let up = try program.run("up", "--topo", "linear,2", "--controller", controller.target, "--name", "t", "-d")
            try #require(up.status == 0, "\(up.all)")
            let ping = try program.run("ping", "h1", "h2")
            #expect(ping.status == 0, "\(ping.all)")
            let inspect = try program.run("inspect")
            #expect(inspect.output.contains(controller.target), "\(inspect.all)")
            let table = try program.run("switch", "controllers", "-n", "t")
            #expect(table.output.contains("yes") && table.output.contains("ACTIVE"), "\(table.all)")
            for line in table.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
            #expect(
                try program.run("switch", "controllers", "t/s1", "--json").output.contains("\"isConnected\" : true"))

            // What there is for switches works on those of labs.
            let flows = try program.run("switch", "flows", "t/s1")
            #expect(flows.output.contains("priority=10"), "\(flows.all)")
            #expect(try program.run("switch", "add-flow", "t/s1", "priority=99,icmp,actions=drop").status == 0)
            #expect(try program.run("ping", "h1", "h2", "-W", "300ms").status == 1)
            #expect(try program.run("switch", "del-flows", "t/s1", "icmp").status == 0)
            #expect(try program.run("switch", "flows", "t/s1").output.contains("priority=99") == false)
            #expect(try program.run("switch", "trace", "t/s1", "in_port=1,icmp").output.contains("Datapath actions"))
            #expect(try program.run("switch", "fdb", "s1").status == 0)
            #expect(try program.run("switch", "conntrack", "-n", "t").status == 0)
            #expect(try program.run("switch", "show", "t/s1").output.contains("eth1"))
            let ports = try program.run("switch", "ports", "-n", "t", "s1")
            #expect(ports.output.contains("eth2"), "\(ports.all)")
            #expect(try program.run("switch", "list-br", "-n", "t").errors.contains("has no database"))
            #expect(try program.run("switch", "flows", "t/h1").errors.contains("has no switch h1"))
        }

        @Test func aControllerOnAHostOfTheLab() throws {
            let program = Program()
            let file = program.file("lab.yml")
            try File.write(
                file,
                """
                name: t
                topology:
                  kinds:
                    switch: { controller: "tcp:c0:6653" }
                  nodes:
                    s[1-2]: { kind: switch }
                    c0: { cmd: "\(BuiltPrograms.folder)/rookery controller run learning 2>/dev/null" }
                    h[1-2]: {}
                  links:
                    - { endpoints: [c0, s1] }
                    - { endpoints: [h1, s1] }
                    - { endpoints: [h2, s2] }
                    - { endpoints: [s1, s2] }
                """)
            let up = try program.run("up", file, "-d")
            try #require(up.status == 0, "\(up.all)")
            let isConnected = try eventually {
                try program.run("switch", "controllers", "-n", "t", "--json").output.split(separator: "\n").count {
                    $0.contains("\"isConnected\" : true")
                } == 2
            }
            let table = try program.run("switch", "controllers", "-n", "t").all
            #expect(isConnected, "\(table)")
            #expect(try program.run("ping", "h1", "h2").status == 0)
        }

        @Test func mininetWithARemoteController() throws {
            let controller = try ControllerProcess("shortest-path")
            let run = try Program().run(
                "mn", "--topo", "torus,3,3", "--controller", "remote,ip=127.0.0.1,port=\(controller.port)", "--test",
                "pingall")
            #expect(run.status == 0, "\(run.all)")
            #expect(run.errors.contains("*** Waiting for switches to connect\n"))
            #expect(run.errors.contains("*** Results: 0% dropped (72/72 received)"), "\(run.all)")
        }

        @Test func mininetSaysWhoHasNoController() throws {
            let run = try Program().run(
                "mn", "--controller", "remote,port=1", "--twait", "0", input: "pingall 0.3\ndpctl dump-tables\n")
            #expect(run.status == 0, "\(run.all)")
            #expect(run.errors.contains("Warning: s1 is not connected to a controller"), "\(run.all)")
            #expect(run.all.contains("100% dropped"), "\(run.all)")
            #expect(run.all.contains("LOOKED UP"), "\(run.all)")
        }

        /// The built-in controllers on switches of both makes.
        @Test(arguments: SwitchProcess.Kind.present) func theFirewallOnARealSwitch(kind: SwitchProcess.Kind) throws {
            let vswitch = try SwitchProcess(kind)
            let rules = vswitch.directory + "/rules"
            try File.write(rules, "deny icmp,nw_src=10.0.0.1\n")
            let socket = vswitch.directory + "/controller"
            let controller = try ControllerProcess("firewall", "--rules", rules, listen: "punix:\(socket)")
            _ = try vswitch.text("add-br", "br0", "--datapath-type", "netdev", "--fail-mode", "secure")
            _ = try vswitch.text("add-port", "br0", "p1", "--type", "internal")
            _ = try vswitch.text("set-controller", "br0", controller.target)
            var flows = ""
            let hasRules = try eventually {
                flows = try vswitch.text("flows", "br0", "--no-stats")
                return flows.contains("icmp,nw_src=10.0.0.1 actions=drop") && flows.contains("table=1")
            }
            #expect(hasRules, "\(flows)")
            let trace = try vswitch.text("trace", "br0", "in_port=1,icmp,nw_src=10.0.0.1")
            #expect(trace.contains("Datapath actions: drop"), "\(trace)")
        }

        /// Two bridges with two links between them, and a host at each: one link goes, packets take the other.
        @Test(arguments: SwitchProcess.Kind.present) func shortestPathsOnARealSwitch(kind: SwitchProcess.Kind) throws {
            let vswitch = try SwitchProcess(kind)
            let socket = vswitch.directory + "/controller"
            let controller = try ControllerProcess("shortest-path", listen: "punix:\(socket)")
            for bridge in ["br0", "br1"] {
                _ = try vswitch.text(
                    "add-br", bridge, "--datapath-type", "netdev", "--fail-mode", "secure", "--controller",
                    controller.target)
            }
            for link in ["a", "b"] {
                _ = try vswitch.text("add-port", "br0", "\(link)0", "--peer", "\(link)1")
                _ = try vswitch.text("add-port", "br1", "\(link)1", "--peer", "\(link)0")
            }
            try vswitch.addHost("h1", address: "10.0.0.1", to: "br0")
            try vswitch.addHost("h2", address: "10.0.0.2", to: "br1")
            #expect(try vswitch.ping("h1", "10.0.0.2"))
            let groups = try vswitch.text("groups", "br0", "--no-stats")
            #expect(groups.contains("type=select") && groups.components("bucket=") == 2, "\(groups)")
            for link in ["a", "b"] {
                _ = try vswitch.text("del-port", "br0", "\(link)0")
                #expect(try vswitch.ping("h1", "10.0.0.2", count: link == "a" ? 10 : 1) == (link == "a"), "\(link)")
            }
        }

        @Test(arguments: SwitchProcess.Kind.present) func learningOnARealSwitch(kind: SwitchProcess.Kind) throws {
            let vswitch = try SwitchProcess(kind)
            let controller = try ControllerProcess("learning", listen: "punix:\(vswitch.directory)/controller")
            _ = try vswitch.text(
                "add-br", "br0", "--datapath-type", "netdev", "--fail-mode", "secure", "--controller", controller.target
            )
            try vswitch.addHost("h1", address: "10.0.0.1", to: "br0")
            try vswitch.addHost("h2", address: "10.0.0.2", to: "br0")
            #expect(try vswitch.ping("h1", "10.0.0.2"))
            #expect(try vswitch.text("flows", "br0").contains("priority=10"))
        }

        @Test(arguments: [
            (["learning", "--rules", "x"], "--rules is for the firewall"), (["firewall"], "needs rules"),
            (["firewall", "--rules", "/nonexistent"], "/nonexistent"),
            (["learning", "--listen", "tcp:1.2.3.4"], "passive"),
            (["learning", "--listen", "punix:/nonexistent/x"], "/nonexistent/x"), (["nosuch"], "nosuch"),
        ]) func mistakes(arguments: [String], reason: String) throws {
            let run = try Program.run(["controller", "run"] + arguments, runDirectory: "/tmp", seconds: 10)
            #expect(run.status == 1 || run.status == 2)
            #expect(run.errors.contains(reason), "\(run.all)")
        }
    }
}
