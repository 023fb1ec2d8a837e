import Glibc
import Linux
import Testbed
import Testing

/// Whole runs of the executables. One after the other: each of them takes what processors there are.
@Suite(.serialized, .enabled(if: Machine.runsLabs, Machine.labsNeed))
struct EndToEndTests {
    @Suite struct Mininet {
        @Test func pingall() throws {
            let program = Program()
            let run = try program.run("mn", "--topo", "tree,2,2", "--test", "pingall")
            #expect(run.status == 0)
            #expect(run.output == "")
            let expected = """
                *** Creating network
                *** Adding controller
                *** Adding hosts:
                h1 h2 h3 h4 
                *** Adding switches:
                s1 s2 s3 
                *** Adding links:
                (s1, s2) (s1, s3) (s2, h1) (s2, h2) (s3, h3) (s3, h4) 
                *** Configuring hosts
                h1 h2 h3 h4 
                *** Starting controller
                c0 
                *** Starting 3 switches
                s1 s2 s3 ...
                *** Waiting for switches to connect
                s1 s2 s3 
                *** Ping: testing ping reachability
                h1 -> h2 h3 h4 
                h2 -> h1 h3 h4 
                h3 -> h1 h2 h4 
                h4 -> h1 h2 h3 
                *** Results: 0% dropped (12/12 received)
                *** Stopping 1 controllers
                c0 
                *** Stopping 6 links
                ......
                *** Stopping 3 switches
                s1 s2 s3 
                *** Stopping 4 hosts
                h1 h2 h3 h4 
                *** Done
                completed in 
                """
            #expect(run.errors.hasPrefix(expected), "\(run.errors)")
            #expect(run.errors.hasSuffix(" seconds\n"))
            #expect(program.leftovers.isEmpty)
        }

        /// A torus has loops, on which Mininet's own switches melt.
        @Test func torus() throws {
            let run = try Program().run("mn", "--topo", "torus,3,3", "--test", "pingall")
            #expect(run.errors.contains("*** Results: 0% dropped (72/72 received)"), "\(run.errors)")
        }

        @Test func chains() throws {
            let run = try Program().run("mn", "--test", "pingpair+pingall", "--test", "none", "-v", "output")
            #expect(run.status == 0)
            let results = run.errors.split(separator: "\n").filter { $0.hasPrefix("*** Results") }
            #expect(results == Array(repeating: "*** Results: 0% dropped (2/2 received)", count: 2))
            #expect(!run.errors.contains("Creating"))
        }

        @Test(.enabled(if: Machine.has("iperf") || Machine.has("iperf3"), "needs iperf or iperf3"))
        func iperf() throws {
            let run = try Program().run(
                "mn", "--link", "tc,bw=20", "--test", "iperf,seconds=2+iperfudp,udpBw=5M,seconds=1")
            #expect(run.status == 0, "\(run.errors)")
            let results = run.errors.split(separator: "\n").filter { $0.hasPrefix("*** Results") }
            try #require(results.count == 2, "\(run.errors)")
            let rates = results[0].split(separator: "'").filter { $0.contains("bits/sec") }
            #expect(rates.count == 2)
            for rate in rates {
                let value = try #require(Double(rate.prefix { $0 != " " }))
                // What a client sends is ahead of what the link carries by what the queue holds.
                #expect(rate.hasSuffix("Mbits/sec") && value > 15 && value < 40, "\(rate)")
            }
            #expect(results[1].hasPrefix("*** Results: ['5M', '"))
        }

        @Test func script() throws {
            let run = try Program().run(
                "mn", "--mac",
                input: """
                    # a comment

                    nodes
                    net
                    ports
                    intfs
                    links
                    h1 cd /tmp
                    h1 X=42
                    h1 echo $X in $PWD
                    h1 ping -c1 -W5 h2   # an address for a name
                    h1 sleep 100 &
                    h1 kill %sleep
                    h1 cat /sys/class/net/h1-eth0/address
                    link s1 h2 down
                    pingall 1
                    link s1 h2 up
                    h1 ping -c1 -W5 h2 | tail -2 | head -1
                    switch s1 stop
                    pingall 1
                    switch s1 start
                    pingall
                    dpctl dump-flows
                    sh echo from the machine
                    time nodes
                    s1 echo on the machine
                    nonsense
                    h1
                    iperf h1
                    link h1 h9 up
                    switch s9 stop
                    source /nonexistent
                    help ports
                    """)
            let text = run.errors
            #expect(run.status == 0)
            for line in [
                "available nodes are: \nc0 h1 h2 s1\n", "h1 h1-eth0:s1-eth1\n",
                "s1 lo:  s1-eth1:h1-eth0 s1-eth2:h2-eth0\n",
                "s1 lo:0 s1-eth1:1 s1-eth2:2 \n", "h1: h1-eth0\n", "s1: lo,s1-eth1,s1-eth2\n",
                "h1-eth0<->s1-eth1 (OK OK) \n", "42 in /tmp\n", "PING 10.0.0.2", "1 received", "00:00:00:00:00:01\n",
                "*** Results: 100% dropped (0/2 received)\n", "*** Results: 0% dropped (2/2 received)\n",
                "*** s1 ---", "actions=", "on the machine\n", "*** Unknown command: nonsense\n",
                "*** Please enter a command for node: h1 <cmd>\n", "invalid number of args: iperf src dst\n",
                "dst not in network: h9\n", "invalid switch: s9\n", "error reading file /nonexistent\n",
                "display ports and interfaces for each switch\n",
            ] {
                #expect(text.contains(line), "\(line)\n in \n\(text)")
            }
            #expect(text.components("*** Results: 100% dropped (0/2 received)") == 2, "\(text)")
            #expect(run.output.contains("from the machine\n"))
            #expect(run.output.contains("*** Elapsed time: "))
            #expect(run.output.contains("mininet> "))
        }

        @Test(.enabled(if: Machine.has("python3"), "needs python3"))
        func python() throws {
            let run = try Program().run(
                "mn",
                input: """
                    py h1.IP()
                    py 1+1
                    py net.hosts
                    px x = h1.cmd('echo hello')
                    py x
                    py h1.cmd('ping -c1 -W5', h2.IP())
                    py net.pingAll()
                    py nothing
                    py net['s1'].intfNames()
                    """)
            for line in [
                "10.0.0.1\n", "mininet> ", "2\n", "<Host h1: h1-eth0:10.0.0.1 pid=", "hello\n", "1 received",
                "*** Results: 0% dropped (2/2 received)", "name 'nothing' is not defined\n",
                "['lo', 's1-eth1', 's1-eth2']\n",
            ] {
                #expect(run.all.contains(line), "\(line)\n in \n\(run.all)")
            }
        }

        @Test(.enabled(if: Machine.has("python3"), "needs python3"))
        func custom() throws {
            let program = Program()
            let path = program.file("custom.py")
            try File.write(
                path,
                """
                from mininet.topo import Topo
                class MyTopo(Topo):
                    def build(self, n=2):
                        for side in ('left', 'right'):
                            self.addSwitch('s3' if side == 'left' else 's4')
                        self.addLink('s3', 's4')
                        for i in range(n):
                            self.addLink(self.addHost('h%d' % (i + 1)), 's%d' % (3 + i % 2))
                def mytest(net):
                    print('loss', net.pingAll(), net['h1'].cmd('hostname').strip())
                topos = {'mytopo': MyTopo}
                tests = {'mytest': mytest}
                """)
            let run = try program.run("mn", "--custom", path, "--topo", "mytopo,n=3", "--test", "pingall+mytest")
            #expect(run.status == 0, "\(run.all)")
            #expect(run.errors.contains("(h1, s3) (h2, s4) (h3, s3) (s3, s4) \n"))
            #expect(run.errors.contains("*** Results: 0% dropped (6/6 received)\n"))
            #expect(run.output.contains("loss 0.0 h1"))
        }

        @Test func staticNeighbors() throws {
            let run = try Program().run(
                "mn", "--arp", "--topo", "single,3", input: "h1 ip neigh show nud permanent | wc -l\n")
            #expect(run.errors.contains("\n2\n"), "\(run.errors)")
        }

        /// `dump` tells the numbers that nsenter takes.
        @Test(.enabled(if: Machine.has("nsenter"), "needs nsenter"))
        func numbersAreTheMachines() throws {
            let run = try Program().run(
                "mn",
                input: """
                    dump
                    sh true
                    py __import__('os').popen('nsenter -t %d -n ip -br link show h1-eth0' % h1.pid).read()
                    """)
            #expect(run.errors.contains("<Host h1: h1-eth0:10.0.0.1 pid="), "\(run.errors)")
            #expect(run.errors.contains("<OVSBridge s1: lo:127.0.0.1,s1-eth1:None,s1-eth2:None pid="), "\(run.errors)")
            #expect(run.errors.contains("LOWER_UP"), "\(run.all)")
        }

        /// Names stand for the addresses that nodes have now, as in Mininet.
        @Test func changedAddresses() throws {
            let run = try Program().run(
                "mn",
                input: """
                    h2 ip address flush dev h2-eth0; ip address add 10.0.0.77/8 dev h2-eth0
                    h1 ping -c1 -W5 h2
                    h1 false
                    h2 echo h1 status
                    h1 echo status $?
                    """)
            #expect(run.errors.contains("PING 10.0.0.77 "), "\(run.errors)")
            #expect(run.errors.contains("1 received"))
            #expect(run.errors.contains("10.0.0.1 status"))
            #expect(run.errors.contains("\nstatus 1\n"))
        }

        @Test func severalAtOnce() async throws {
            let program = Program()
            let directory = program.runDirectory
            let runs = try await withThrowingTaskGroup(of: ProgramRun.self) { group in
                for _ in 0..<3 {
                    group.addTask { try Program.run(["mn", "--test", "pingall"], runDirectory: directory) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for run in runs {
                #expect(run.status == 0, "\(run.errors)")
                #expect(run.errors.contains("*** Results: 0% dropped (2/2 received)"))
            }
            #expect(program.leftovers.isEmpty)
        }

        @Test func preAndPost() throws {
            let program = Program()
            let path = program.file("script")
            try File.write(path, "h1 echo script $((40+2))\n")
            let run = try program.run("mn", "--pre", path, "--post", path, "--test", "none")
            #expect(run.errors.components("script 42\n") == 2, "\(run.errors)")
        }

        @Test(arguments: [
            ["--topo", "nosuch"], ["--topo", "tree,0"], ["--topo", "tree,x"], ["--controller", "nosuch"],
            ["--cluster", "a,b"], ["--test", "nosuch"], ["--link", "tc,bw=-1"], ["--custom", "/nonexistent.py"],
            ["--ipbase", "bla"], ["--switch", "cisco"], ["--host", "toaster"], ["--bogus"], ["--pre", "/nonexistent"],
            ["extra"], ["--host", "cfs,cpu=-1"],
        ]) func badInput(arguments: [String]) throws {
            let program = Program()
            let run = try Program.run(["mn"] + arguments, runDirectory: program.runDirectory)
            #expect(run.status == 1 || run.status == 2)
            #expect(!run.errors.isEmpty && !run.errors.contains("Fatal"))
            #expect(program.leftovers.isEmpty)
        }
    }
}

extension String {
    /// How often another text is in this one.
    func components(_ other: String) -> Int {
        var count = 0
        var rest = self[...]
        while let found = rest.firstRange(of: other) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}
