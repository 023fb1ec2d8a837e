import Glibc
import Lab
import Linux
import Switch
import Testbed
import Testing
import Topology

/// Labs whose switches have controllers.
@Suite(.serialized, .enabled(if: LabMeans.areThere, Comment(rawValue: LabMeans.missing ?? "")))
struct ControlledLabTests {
    private func lab(
        _ shape: String, _ name: String, _ controllers: [LabTopology.Controller],
        _ change: (inout LabTopology) -> Void = { _ in }
    ) throws -> TestLab {
        try TestLab(shape, name: name) { topology in
            for index in topology.nodes.indices where topology.nodes[index].kind == .switch {
                topology.nodes[index].bridge.controllers = controllers
            }
            change(&topology)
        }
    }

    private func controllers(_ lab: TestLab) throws -> [ControllerReport] {
        guard case .controllers(let reports) = try lab.client().request(.controllers) else { return [] }
        return reports
    }

    private func report(_ lab: TestLab, _ node: String) throws -> SwitchReport {
        guard case .switchReport(let report) = try lab.client().request(.inspectSwitch(node: node)) else {
            throw LabError("no report")
        }
        return report
    }

    @Test func everySwitchHasAManagementSocket() throws {
        let lab = try TestLab("linear,2", name: "managed")
        #expect(try controllers(lab).isEmpty)
        for node in ["s1", "s2"] {
            let path = lab.paths.managementSocket(of: node)
            let socket = try UnixSocket.connect(path)
            // A hello of OpenFlow 1.3 is answered by one.
            _ = try UnixSocket.send([4, 0, 0, 8, 0, 0, 0, 1], on: socket)
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = try buffer.withUnsafeMutableBytes { bytes throws(SystemError) in
                try UnixSocket.receive(into: bytes, on: socket)?.byteCount
            }
            #expect(count ?? 0 >= 8 && buffer[1] == 0)
            if Machine.has("ovs-ofctl") {
                let show = try ProgramRun.tool("ovs-ofctl", "-O", "OpenFlow13", "show", "unix:\(path)").all
                #expect(show.contains("\(node)-eth1") || show.contains("eth1"), "\(show)")
                #expect(try ProgramRun.toolOutput("ovs-ofctl", "dump-flows", "unix:\(path)").contains("NORMAL"))
            }
        }
    }

    @Test func learningSwitchesForward() throws {
        let lab = try lab("linear,3", "learning", [.learning])
        #expect(try lab.ping().allSatisfy { $0.received == 1 })
        let all = try controllers(lab)
        #expect(all.count == 3 && all.allSatisfy(\.isConnected), "\(all)")
        #expect(try report(lab, "s2").flows.contains { $0.priority == 10 })
        #expect(all.allSatisfy { $0.target == "learning" })
    }

    @Test func learningSwitchesInALoopRunASpanningTree() throws {
        let lab = try lab("ring,3", "looped", [.learning])
        #expect(try lab.ping().allSatisfy { $0.received == 1 })
        #expect(try report(lab, "s1").spanningTree != nil)
    }

    /// Ports of a switch with the packets that they have sent.
    private func sent(_ lab: TestLab, _ node: String) throws -> [String: UInt64] {
        Dictionary(uniqueKeysWithValues: try report(lab, node).ports.map { ($0.name, $0.sent.packets) })
    }

    @Test func shortestPathsShareTheLoadAndLeaveACutLink() throws {
        let lab = try lab("ring,4", "paths", [.shortestPath])
        #expect(try report(lab, "s1").spanningTree == nil)
        let first = try lab.ping()
        #expect(first.allSatisfy { $0.received == 1 }, "\(first.filter { $0.received != 1 })")
        // h1 and h3 are at opposite switches: two ways, and flows of many ports take both.
        let before = try sent(lab, "s1")
        _ = try lab.exec(
            "h1", "python3", "-c",
            """
            import socket
            for port in range(2000, 2200):
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', port)); s.sendto(b'x', ('10.0.0.3', 9))
            """)
        let links = lab.topology.links.compactMap { link -> String? in
            let ends = [link.a, link.b]
            guard let own = ends.first(where: { $0.node == "s1" }), !ends.contains(where: { $0.node == "h1" }) else {
                return nil
            }
            return own.interface
        }
        #expect(links.count == 2)
        let bothAreUsed = try eventually {
            let after = try sent(lab, "s1")
            return links.allSatisfy { (after[$0] ?? 0) >= (before[$0] ?? 0) + 40 }
        }
        let after = try sent(lab, "s1")
        #expect(bothAreUsed, "\(before) \(after)")

        // A ping goes on while each of the two is cut in turn.
        for link in links {
            let request = PingRequest(
                pairs: [["h1", "h3"], ["h3", "h1"]], count: 60, timeout: 1_000_000_000, interval: 5_000_000)
            let client = try lab.client()
            try client.send(.ping(request), descriptors: [])
            usleep(100_000)
            try lab.client().request(.setLink(link: "s1:\(link)", change: LinkChange(up: false)))
            var results: [PingResult] = []
            while let reply = try client.next() {
                if case .pinged(let some) = reply { results += some } else { break }
            }
            #expect(results.count == 2)
            #expect(results.allSatisfy { $0.received >= 55 }, "\(results)")
            #expect(try lab.ping().allSatisfy { $0.received == 1 })
            try lab.client().request(.setLink(link: "s1:\(link)", change: LinkChange(up: true)))
            #expect(try eventually { try report(lab, "s1").flows.count > 0 })
        }
    }

    @Test func mixedLabs() throws {
        // s1 learns by itself, s2 asks a controller, s3 has flows only.
        let lab = try lab("linear,3", "mixed", []) { topology in
            for index in topology.nodes.indices {
                if topology.nodes[index].name == "s2" { topology.nodes[index].bridge.controllers = [.learning] }
                if topology.nodes[index].name == "s3" { topology.nodes[index].bridge.failMode = .secure }
            }
        }
        let pairs = [["h1", "h2"], ["h2", "h1"]]
        #expect(try lab.ping(PingRequest(pairs: pairs)).allSatisfy { $0.received == 1 })
        let far = PingRequest(pairs: [["h1", "h3"]], timeout: 300_000_000)
        #expect(try lab.ping(far).allSatisfy { $0.received == 0 })
        try lab.client().request(.addFlow(node: "s3", flow: "actions=normal"))
        #expect(try lab.ping(PingRequest(pairs: [["h1", "h3"]])).allSatisfy { $0.received == 1 })
        #expect(try controllers(lab).map(\.node) == ["s2"])
    }

    @Test func withoutItsControllerASecureSwitchForwardsNothing() throws {
        let lab = try lab("single,2", "alone", [.endpoint("unix:/nonexistent/controller")]) { topology in
            for index in topology.nodes.indices { topology.nodes[index].bridge.failMode = .secure }
        }
        let all = try controllers(lab)
        #expect(all.count == 1 && all.allSatisfy { !$0.isConnected && $0.lastError != nil }, "\(all)")
        #expect(try lab.ping(PingRequest(timeout: 300_000_000)).allSatisfy { $0.received == 0 })
    }

    @Test func withoutItsControllerAStandaloneSwitchForwardsByItself() throws {
        let lab = try lab("single,2", "standalone", [.endpoint("unix:/nonexistent/controller")]) { topology in
            for index in topology.nodes.indices { topology.nodes[index].bridge.failMode = .standalone }
        }
        // It waits for its controller as long as three probes take.
        #expect(try lab.ping(PingRequest(timeout: 300_000_000)).allSatisfy { $0.received == 0 })
        let deadline = MonotonicClock.now() + 40_000_000_000
        var answers: [PingResult] = []
        while answers.isEmpty || answers.contains(where: { $0.received == 0 }), MonotonicClock.now() < deadline {
            answers = try lab.ping(PingRequest(timeout: 500_000_000))
        }
        #expect(answers.allSatisfy { $0.received == 1 }, "\(answers)")
        // Nobody has put a flow there.
        #expect(try report(lab, "s1").flows.isEmpty)
        #expect(try controllers(lab).allSatisfy { !$0.isConnected })
    }

    @Test func nothingIsLeftOfSocketsAndControllersAfterACrash() throws {
        let lab = try lab("ring,3", "controlled-crash", [.shortestPath])
        #expect(File.exists(lab.paths.managementSocket(of: "s1")))
        kill(try lab.status().pid, SIGKILL)
        #expect(eventually { !File.exists(lab.paths.directory) })
        #expect(
            ((try? File.list(LabPaths.root)) ?? []).allSatisfy {
                !$0.hasPrefix("controlled-crash") || $0.hasSuffix(".log")
            })
        try? LabLauncher.down(lab.name)
    }
}
