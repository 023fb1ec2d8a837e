import Glibc
import Lab
import Linux
import Testbed
import Testing
import Topology

@Suite(.serialized, .enabled(if: LabMeans.areThere, Comment(rawValue: LabMeans.missing ?? "")))
struct HostTests {
    @Test func hostsHaveNamesInterfacesAndProcessesOfTheirOwn() throws {
        let lab = try TestLab("single,2", name: "hosts") { topology in
            for n in topology.nodes.indices where topology.nodes[n].name == "h2" {
                topology.nodes[n].host.privatePIDs = true
                topology.nodes[n].host.environment = ["GREETING": "good day"]
                topology.nodes[n].host.workingDirectory = "/usr"
                topology.nodes[n].host.sysctls = ["net.ipv4.ip_default_ttl": "42"]
            }
        }
        #expect(try lab.exec("h1", "hostname").output == "h1\n")
        #expect(try lab.exec("h1", "ls", "/sys/class/net").output.contains("eth0"))
        #expect(try lab.exec("h1", "ping", "-c1", "-W2", "h2").status == 0)
        #expect(try lab.exec("h2", "sh", "-c", "echo $GREETING; pwd").output == "good day\n/usr\n")
        #expect(try lab.exec("h2", "cat", "/proc/1/comm").output == "rookery-init\n")
        // The first process, the shell, ls and wc.
        #expect(try lab.exec("h2", "sh", "-c", "ls -d /proc/[0-9]* | wc -l").output == "4\n")
        #expect(try lab.exec("h2", "cat", "/proc/sys/net/ipv4/ip_default_ttl").output == "42\n")
        #expect(try lab.exec("h1", "sh", "-c", "exit 7").status == 7)
        #expect(try lab.exec("h1", "sh", "-c", "kill -9 $$").status == 137)
        #expect(throws: LabError.self) { try lab.exec("h1", "no-such-program") }
        #expect(throws: LabError.self) { try lab.exec("h9", "true") }
        #expect(throws: LabError.self) { try lab.exec("s1", "true") }
    }

    @Test func limitsAreInForce() throws {
        let lab = try TestLab("single,2", name: "limits") { topology in
            for n in topology.nodes.indices where topology.nodes[n].name == "h1" {
                topology.nodes[n].host.pids = 5
                topology.nodes[n].host.memory = 32 << 20
                topology.nodes[n].host.cpuLimit = 0.25
            }
        }
        // Six at a time are one too many.
        let many = try lab.exec("h1", "sh", "-c", "for i in 1 2 3 4 5 6; do sleep 1 & done; wait")
        #expect(many.output.contains("fork"))
        let eater = try lab.exec(
            "h1", "sh", "-c", "head -c 100000000 /dev/zero | tail -c 99999999 | wc -c")
        #expect(!eater.output.contains("99999999"))
        try lab.client().request(
            .setNode(node: "h1", cpuShares: nil, cpuLimit: nil, memory: nil, pids: 100))
        #expect(try lab.exec("h1", "sh", "-c", "for i in 1 2 3 4 5 6; do sleep 0.1 & done; wait").status == 0)
    }

    @Test func aLimitOfProcessorTimeIsKept() throws {
        let lab = try TestLab("single,2", name: "cores") { topology in
            for n in topology.nodes.indices where topology.nodes[n].name == "h1" {
                topology.nodes[n].host.cpuLimit = 0.2
            }
        }
        // What the loop got in two seconds: two without the limit, 0.4 with it.
        let output = try lab.exec("h1", "bash", "-c", "timeout 2 bash -c 'while :; do :; done'; times").output
        let children = try #require(output.split(separator: "\n").last?.split(separator: " ").first)
        let seconds = try #require(children.split(separator: "m").last.flatMap { Double($0.dropLast()) })
        #expect(seconds > 0.1)
        #expect(seconds < 0.9)
    }

    @Test func addressesThatCommandsGiveAreSeen() throws {
        let lab = try TestLab("single,2", name: "given") { topology in
            for n in topology.nodes.indices where topology.nodes[n].name == "h2" {
                topology.nodes[n].interfaces[0].ipv4 = []
                topology.nodes[n].interfaces[0].ipv6 = []
                topology.nodes[n].host.commands = ["ip addr add 10.0.0.99/8 dev eth0"]
            }
        }
        let status = try lab.status()
        #expect(status.nodes.first { $0.name == "h2" }?.interfaces.first?.addresses == ["10.0.0.99/8"])
        #expect(try lab.exec("h1", "ping", "-c1", "-W2", "10.0.0.99").status == 0)
    }

    @Test func namesStandForIPv4AddressesFirst() throws {
        let lab = try TestLab("single,3", name: "names") { topology in
            for n in topology.nodes.indices where topology.nodes[n].name == "h3" {
                topology.nodes[n].interfaces[0].ipv4 = []
            }
        }
        func addresses(of name: String) throws -> Set<Substring> {
            let lines = try lab.exec("h1", "getent", "ahosts", name).output.split(separator: "\n")
            return Set(lines.compactMap { $0.split(separator: " ").first })
        }
        #expect(try addresses(of: "h2") == ["10.0.0.2"])
        #expect(try addresses(of: "ip6-h2") == ["fd00::2"])
        #expect(try addresses(of: "h3") == ["fd00::3"])
    }

    @Test func aProgramEndsWithItsClient() throws {
        let lab = try TestLab("single,2", name: "hangup")
        let null = try File.open("/dev/null", O_RDWR)
        var client: LabClient? = try lab.client()
        try client?.send(
            .exec(ExecRequest(node: "h1", command: ["sleep", "4713"])),
            descriptors: [null.rawValue, null.rawValue, null.rawValue])
        guard case .started? = try client?.next() else {
            Issue.record("the program was not started")
            return
        }
        #expect(try eventually { try lab.status().nodes.first { $0.name == "h1" }?.processes == 1 })
        client = nil
        #expect(try eventually { try lab.status().nodes.first { $0.name == "h1" }?.processes == 0 })
    }

    @Test func linksChangeWhileTrafficFlows() throws {
        let lab = try TestLab("single,2", name: "links")
        #expect(try lab.ping(PingRequest(pairs: [["h1", "h2"]])).first?.received == 1)
        try lab.client().request(
            .setLink(link: "h1:s1", change: try LinkChange(arguments: ["delay=20ms"])))
        let slow = try lab.ping(PingRequest(pairs: [["h1", "h2"]], count: 3))
        #expect((slow.first?.minimum ?? 0) >= 40_000_000)
        try lab.client().request(.setLink(link: "h1:s1", change: LinkChange(up: false)))
        #expect(try lab.exec("h1", "cat", "/sys/class/net/eth0/carrier").output == "0\n")
        #expect(try lab.ping(PingRequest(pairs: [["h2", "h1"]], timeout: 200_000_000)).first?.received == 0)
        try lab.client().request(.setLink(link: "h1:s1", change: LinkChange(both: [.ideal], up: true)))
        #expect(try lab.ping(PingRequest(pairs: [["h1", "h2"]], timeout: 3_000_000_000)).first?.received == 1)
    }

    @Test func theScheduleIsCarriedOut() throws {
        let lab = try TestLab("single,2", name: "schedule") { topology in
            topology.schedule = [
                .init(at: 300_000_000, action: .link(index: 0, change: LinkChange(both: [.delay(30_000_000)])))
            ]
        }
        #expect(
            try eventually {
                (try lab.ping(PingRequest(pairs: [["h1", "h2"]])).first?.minimum ?? 0) >= 60_000_000
            })
    }

    @Test func flowsAndTraces() throws {
        let before = MonotonicClock.now()
        let lab = try TestLab("single,2", name: "flows")
        guard case .switchReport(let fresh) = try lab.client().request(.inspectSwitch(node: "s1")) else { return }
        #expect(fresh.flows.count == 1)
        #expect(fresh.flows.allSatisfy { $0.duration > 0 && $0.duration <= MonotonicClock.now() - before })
        try lab.client().request(.addFlow(node: "s1", flow: "priority=100,icmp,nw_dst=10.0.0.2,actions=drop"))
        #expect(try lab.ping(PingRequest(pairs: [["h1", "h2"]], timeout: 300_000_000)).first?.received == 0)
        guard
            case .text(let trace) = try lab.client().request(
                .trace(node: "s1", packet: "in_port=1,icmp,nw_dst=10.0.0.2"))
        else { return }
        #expect(trace.contains("drop"))
        try lab.client().request(.removeFlows(node: "s1", match: "icmp"))
        #expect(try lab.ping(PingRequest(pairs: [["h1", "h2"]])).first?.received == 1)
        #expect(throws: LabError.self) {
            try lab.client().request(.addFlow(node: "s1", flow: "nonsense=1,actions=drop"))
        }
    }
}
