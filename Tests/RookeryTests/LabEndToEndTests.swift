import Glibc
import Linux
import Testbed
import Testing

extension EndToEndTests {
    @Suite struct Labs {
        /// A lab on the built-in topology, up and detached.
        private func start(_ program: borrowing Program, _ topology: String = "single,2") throws {
            let up = try program.run("up", "--topo", topology, "--name", "t", "-d")
            try #require(up.status == 0, "\(up.all)")
        }

        @Test func upPsExecDown() throws {
            let program = Program()
            let up = try program.run("up", "Examples/two-hosts.yml", "-d", "--name", "t", directory: SourceTree.folder)
            try #require(up.status == 0, "\(up.all)")
            #expect(up.output.contains("NODE"))
            let ps = try program.run("ps")
            #expect(ps.output.contains("running"))
            #expect(ps.output.hasPrefix("LAB"))
            for line in (up.output + ps.output).split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
            let json = try program.run("ps", "--json")
            #expect(json.output.contains("\"name\" : \"t\""))

            let echo = try program.run("exec", "h1", "sh", "-c", "cat; echo error >&2; exit 7", input: "through\n")
            #expect(echo.status == 7)
            #expect(echo.output == "through\n")
            #expect(echo.errors == "error\n")
            #expect(try program.run("exec", "-e", "A=b c", "h1", "printenv", "A").output == "b c\n")
            #expect(try program.run("exec", "-w", "/usr", "h1", "pwd").output == "/usr\n")
            #expect(try program.run("exec", "h1", "sh", "-c", "kill -9 $$").status == 137)

            let again = try program.run("up", "--topo", "minimal", "--name", "t", "-d")
            #expect(again.status == 1)
            #expect(again.errors.contains("running already"))
            #expect(again.errors.contains("rookery down t"))

            let down = try program.run("down")
            #expect(down.status == 0)
            #expect(program.leftovers.isEmpty)
            #expect(try program.run("down").status == 1)
            #expect(try program.run("ps").errors.contains("No lab is running"))
        }

        @Test func ctrlCTakesTheLabDown() throws {
            let program = Program()
            let run = try Program.run(
                ["up", "--topo", "minimal", "--name", "t"], runDirectory: program.runDirectory,
                interruptAfter: { File.exists("\(program.runDirectory)/t/control.sock") && $0.contains("Ctrl-C") })
            #expect(run.status == 0)
            #expect(run.errors.contains("is down"))
            #expect(program.leftovers.isEmpty)
        }

        /// Nobody answers before a lab is up.
        @Test func downWhileTheLabComesUp() throws {
            let program = Program()
            let file = program.file("lab.yml")
            try File.write(file, "name: t\ntopology: {nodes: {h1: {exec: sleep 1}}}\n")
            let up = try RunningProgram(
                [BuiltPrograms.path("rookery"), "up", file, "-d"],
                environment: ["ROOKERY_RUN_DIR": program.runDirectory])
            #expect(eventually(within: 10) { File.exists("\(program.runDirectory)/t/state") })
            let down = try program.run("down", "t", seconds: 30)
            #expect(down.status == 0 && down.errors.contains("is down"), "\(down.all)")
            _ = try up.finish(within: 10)
            #expect(program.leftovers.isEmpty, "\(program.leftovers)")
        }

        @Test func linkSettings() throws {
            let program = Program()
            try start(program)
            #expect(try program.run("link", "set", "h1:s1", "delay=30ms", "queue=50p").status == 0)
            let ping = try program.run("exec", "h1", "ping", "-c2", "-W5", "10.0.0.2")
            #expect(ping.status == 0, "\(ping.all)")
            let times = ping.output.split(separator: "\n").compactMap { line in
                line.firstRange(of: "time=").flatMap { Double(line[$0.upperBound...].prefix { $0 != " " }) }
            }
            // There and back; the first may wait for address resolution, too.
            #expect(times.allSatisfy { $0 >= 60 } && (times.last ?? 0) < 90, "\(times)")
            let show = try program.run("link", "show", "h1")
            #expect(show.output.contains("delay=30ms queue=50p"))
            #expect(try program.run("inspect", "--fidelity").output.contains("Verdict"))

            #expect(try program.run("link", "down", "h1:s1").status == 0)
            #expect(try program.run("ping", "h1", "h2", "-W", "300ms").status == 1)
            #expect(try program.run("link", "up", "h1:s1").status == 0)
            let all = try program.run("ping")
            #expect(all.status == 0)
            #expect(all.output.contains("2 pairs, 0% lost (2/2 received)"), "\(all.all)")

            for link in ["h1:h2", "h9:s1", "h1", ""] {
                let bad = try program.run("link", "set", link, "delay=1ms")
                #expect(bad.status != 0 && !bad.errors.isEmpty, "\(link)")
            }
        }

        @Test func inspectTraceFlowsGraph() throws {
            let program = Program()
            try start(program)
            try program.run("ping")
            let inspect = try program.run("inspect")
            #expect(inspect.output.contains("h1:eth0 - s1:eth1"), "\(inspect.all)")
            let report = try program.run("inspect", "s1")
            #expect(report.output.contains("Learned addresses (2)"), "\(report.all)")
            #expect(try program.run("inspect", "h1").output.contains("10.0.0.1/8"))
            #expect(try program.run("inspect", "h9").status == 1)
            #expect(try program.run("fdb", "s1").output.split(separator: "\n").count == 3)
            let trace = try program.run("trace", "s1", "in_port=1,icmp,nw_dst=10.0.0.2")
            #expect(trace.status == 0 && trace.output.contains("Datapath actions:"), "\(trace.all)")
            #expect(try program.run("trace", "s1", "in_port=1,bogus=2").status == 1)
            #expect(try program.run("trace", "h1", "in_port=1").status == 1)

            let add = try program.run("flows", "s1", "--add", "priority=100,icmp,actions=drop")
            #expect(add.status == 0, "\(add.all)")
            #expect(try program.run("flows", "s1").output.contains("priority=100,icmp actions=drop"))
            #expect(try program.run("ping", "h1", "h2", "-W", "300ms").status == 1)
            #expect(try program.run("flows", "s1", "--del", "icmp").status == 0)
            #expect(try program.run("ping", "h1", "h2").status == 0)

            #expect(try program.run("graph").output.contains("s1 eth1:h1:eth0 eth2:h2:eth0"))
            #expect(try program.run("graph", "--dot").output.contains("graph"))
            #expect(try program.run("graph", "--svg", "-").output.contains("<svg"))
        }

        @Test func capture() throws {
            let program = Program()
            try start(program)
            #expect(try program.run("exec", "-d", "h1", "ping", "-i", "0.1", "10.0.0.2").status == 0)
            let file = program.file("capture.pcapng")
            let run = try program.run("capture", "h2:eth0", "-w", file, "-c", "4", seconds: 20)
            #expect(run.status == 0, "\(run.all)")
            #expect(try File.read(file).prefix(4) == [0x0a, 0x0d, 0x0d, 0x0a])
            if Machine.has("tcpdump") {
                let lines = try program.run("capture", "s1:eth2", "-c", "4", seconds: 20)
                #expect(lines.output.contains("ICMP echo request"), "\(lines.all)")
            }
            #expect(try program.run("capture", "h2:eth7", "-w", "-").status == 1)
        }

        @Test func commandLine() throws {
            let program = Program()
            try start(program)
            let run = try program.run("cli", input: "h1 ping -c1 -W5 h2\npingall\n")
            #expect(run.output.contains("rookery> "))
            #expect(run.output.contains("1 received"))
            #expect(run.output.contains("*** Results: 0% dropped (2/2 received)"))
            #expect(try program.run("ps").output.contains("running"))
        }

        /// kill -9 of the supervisor: nothing of the lab runs on, and `down` removes what its state file lists.
        @Test func killedSupervisor() throws {
            let program = Program()
            try start(program)
            #expect(try program.run("exec", "-d", "h1", "sleep", "987654").status == 0)
            let json = try program.run("ps", "--json").output
            let found = try #require(json.firstRange(of: "\"pid\" : "))
            let pid = try #require(Int32(json[found.upperBound...].prefix { $0.isNumber }))
            kill(pid, SIGKILL)
            for _ in 0..<250 where kill(pid, 0) == 0 { usleep(20_000) }
            let down = try program.run("down", "t")
            #expect(down.status == 0 || down.errors.contains("no lab named"), "\(down.all)")
            #expect(program.leftovers.isEmpty)
            let survivors = try File.list("/proc").filter {
                (try? File.readText("/proc/\($0)/cmdline"))?.contains("sleep\u{0}987654") ?? false
            }
            #expect(survivors.isEmpty)
            #expect(try program.run("up", "--topo", "minimal", "--name", "t", "-d").status == 0)
        }

        @Test func signalsReachTheProgram() throws {
            let program = Program()
            try start(program)
            let run = try Program.run(
                [
                    "exec", "h1", "sh", "-c",
                    "trap 'echo caught; exit 3' INT; echo ready >&2; while :; do sleep 0.1; done",
                ],
                runDirectory: program.runDirectory, interruptAfter: { $0.contains("ready") })
            #expect(run.status == 3)
            #expect(run.output == "caught\n")
        }

        @Test func severalLabs() throws {
            let program = Program()
            try start(program)
            #expect(try program.run("up", "--topo", "minimal", "--name", "u", "-d").status == 0)
            let unclear = try program.run("exec", "h1", "true")
            #expect(unclear.status == 1)
            #expect(unclear.errors.contains("-n NAME"))
            #expect(try program.run("exec", "-n", "u", "h1", "true").status == 0)
            #expect(try program.run("down").status == 1)
            #expect(try program.run("down", "--all").status == 0)
            #expect(program.leftovers.isEmpty)
        }

        @Test(arguments: [
            "nodes: [", "\u{0}\u{1}\u{2}binary", "name: x\ntopology:\n  nodes:\n    h1: { kind: toaster }\n", "",
            "name: x\ntopology:\n  links:\n    - endpoints: [\"h1:eth0\", \"nobody:eth0\"]\n",
            "name: x\ntopology:\n  nodes: { h1: {}, s1: { kind: switch } }\n  links:\n"
                + "    - { endpoints: [\"h1:eth0\", s1], rate: 0 }\n",
            "name: x\ntopology:\n  nodes: { h1: {}, s1: { kind: switch } }\n  links:\n"
                + "    - { endpoints: [\"h1:eth0\", s1], delay: -1ms }\n",
        ]) func badLabFiles(content: String) throws {
            let program = Program()
            let path = program.file("bad.yml")
            try File.write(path, content)
            let run = try program.run("up", path, "-d")
            #expect(run.status == 1)
            #expect(run.errors.hasPrefix("rookery: ") && run.errors.contains(".yml"), "\(run.errors)")
            #expect(program.leftovers.isEmpty)
        }
    }
}
