import Foundation
import Switch
import Testing
import Wire

@testable import Topology

@Suite struct LabFileTests {
    private func parse(_ text: String, environment: [String: String] = [:]) throws -> LabTopology {
        try LabFile(file: "lab.yml", environment: environment).parse(text)
    }

    @Test func rangesFanOutAndPairUp() throws {
        let lab = try parse(
            """
            name: x
            topology:
              nodes: {"s[1-2]": {kind: switch}, "h[01-03]": , "r[1,3]": }
              links:
                - endpoints: ["h[01-03]", s1]
                - endpoints: ["r[1,3]:wan", "s[1-2]:up1"]
            """)
        #expect(
            lab.links.map { "\($0.a) \($0.b)" } == [
                "h01:eth0 s1:eth2", "h02:eth0 s1:eth3", "h03:eth0 s1:eth4", "r1:wan s1:up1", "r3:wan s2:up1",
            ])
        // up1 asks for port 1 by its name, so the automatic ones start at 2.
        let first = try #require(lab.nodes.first { $0.name == "s1" })
        #expect(first.interfaces.map { $0.port } == [2, 3, 4, 1])
    }

    @Test func layersOfSettings() throws {
        let lab = try parse(
            """
            name: x
            topology:
              defaults: {cpu: 1, env: {A: 1, B: 1}, exec: [one], group: fast}
              kinds: {process: {memory: 64M, env: {B: 2}, exec: [two]}}
              groups: {fast: {cpu: 2, env: {C: 3}}}
              nodes: {h1: {exec: three, env: {A: 9}}, h2: {cpu: 3, pid-namespace: private, cpu-shares: 512}}
            """)
        #expect(lab.nodes[0].host.cpuLimit == 2)
        #expect(lab.nodes[0].host.environment == ["A": "9", "B": "2", "C": "3"])
        #expect(lab.nodes[0].host.commands == ["one", "two", "three"])
        #expect(lab.nodes[0].host.memory == 64 << 20)
        #expect(lab.nodes[1].host.cpuLimit == 3)
        #expect(lab.nodes[1].host.privatePIDs)
        #expect(lab.nodes[1].host.cpuShares == 512)
    }

    @Test func variables() throws {
        let text = """
            name: ${lab:-standard}
            vars: {n: 3, range: "h[1-${n}]", delay: "${d:-${n}ms}"}
            topology:
              nodes: {s: {kind: switch}, "${range}": {exec: "echo $${HOME} $PATH ${n}"}}
              links: [{endpoints: ["${range}", s], delay: "${delay}"}]
            """
        let lab = try parse(text)
        #expect(lab.name == "standard")
        #expect(lab.nodes.count == 4)
        #expect(lab.nodes[1].host.commands == ["echo ${HOME} $PATH 3"])
        #expect(lab.links[0].aToB.delay == 3_000_000)
        let other = try parse(text, environment: ["lab": "mine", "d": "7us", "n": "99"])
        #expect(other.name == "mine")
        #expect(other.links.count == 3)
        #expect(other.links[0].aToB.delay == 7000)
    }

    @Test func linkProperties() throws {
        let lab = try parse(
            """
            name: x
            topology:
              link-defaults: {queue: 50p, delay: 1ms}
              nodes: {a: , b: }
              links:
                - endpoints: [a, b]
                  rate: 10mbit
                  jitter: 1ms normal 25%
                  loss: {percent: 1%, correlation: 50%}
                  mtu: 1400
                  aqm: {red: {min: 10kB, max: 20kB, probability: 5%, ecn: true}}
                  up: false
                  label: slow
                  reverse: {rate: none, loss: 0, delay: 9ms}
            """)
        let link = lab.links[0]
        #expect(
            link.aToB
                == LinkProfile(
                    rate: 10_000_000, delay: 1_000_000,
                    jitter: .init(spread: 1_000_000, distribution: .normal, correlation: 0.25),
                    loss: .random(.init(probability: 0.01, correlation: 0.5)), mtu: 1400, queue: .packets(50),
                    aqm: .red(minimum: 10240, maximum: 20480, probability: 0.05, ecn: true)))
        #expect(link.bToA.rate == nil)
        #expect(link.bToA.loss == nil)
        #expect(link.bToA.delay == 9_000_000)
        #expect(!link.up && link.label == "slow")
        #expect(lab.nodes[0].interfaces[0].mtu == 1400)
    }

    @Test func outsideInterfacesAndDummies() throws {
        let lab = try parse(
            """
            name: x
            topology:
              nodes: {a: , s: {kind: switch}, br0: {kind: bridge}}
              links:
                - endpoints: ["a:eth1", "host:a-out"]
                - endpoints: [s, "physical:enp3s0"]
                - endpoints: [s, "br0:x"]
                - {type: dummy, endpoint: {node: a, interface: dum0}}
                - {type: host, endpoint: {node: a, interface: eth9}, host-interface: out9}
            """)
        #expect(lab.nodes.first { $0.name == "host" }?.kind == .machine)
        #expect(lab.nodes.first { $0.name == "host" }?.interfaces.map(\.name) == ["a-out", "out9"])
        #expect(lab.nodes.first { $0.name == "physical" }?.kind == .physical)
        #expect(lab.nodes.first { $0.name == "br0" }?.kind == .bridge)
        #expect(lab.nodes[0].interfaces.map(\.name) == ["eth1", "dum0", "eth9"])
        #expect(lab.links.count == 4)
    }

    @Test func switchPorts() throws {
        let lab = try parse(
            """
            name: x
            topology:
              nodes:
                s:
                  kind: switch
                  stp: off
                  fail-mode: secure
                  controller: none
                  dpid: "00:00:00:00:00:00:00:ff"
                  ageing: 10s
                  interfaces: {eth1: {vlan: 10}, eth7: {vlan: {trunk: [10, 20], native: 1}}}
                a:
                b:
              links: [[a, "s:1"], [b, "s:7"]]
            """)
        let bridge = lab.nodes[0]
        #expect(bridge.interfaces.map(\.port) == [1, 7])
        #expect(bridge.interfaces.map(\.vlan) == [.access(10), .trunk([10, 20], native: 1)])
        #expect(
            bridge.bridge
                == .init(
                    spanningTree: .off, failMode: .secure, datapathID: 0xFF, ageing: 10_000_000_000))
    }

    @Test func controllers() throws {
        let lab = try parse(
            """
            name: x
            topology:
              kinds: {switch: {controller: shortest-path}}
              nodes:
                a: {kind: switch}
                b: {kind: switch, controller: "remote, unix:/run/c.sock,learning"}
                c: {kind: switch, controller: none, fail-mode: standalone}
                d: {kind: switch, controller: "tcp:c0:6633"}
              links: [[a, b], [b, c], [c, d]]
            """)
        #expect(
            lab.nodes.map(\.bridge.controllers) == [
                [.shortestPath], [.endpoint("tcp:127.0.0.1:6653"), .endpoint("unix:/run/c.sock"), .learning], [],
                [.endpoint("tcp:c0:6633")],
            ])
        #expect(lab.nodes.map(\.bridge.failMode) == [nil, nil, .standalone, nil])
    }

    @Test func builtinWithChanges() throws {
        let lab = try parse(
            """
            name: x
            interface-names: mininet
            topology:
              builtin: tree,2,2
              defaults: {pids: 50}
              link-defaults: {delay: 1ms}
              nodes: {h1: {cpu: 0.5}, extra: }
              links: [{endpoints: [extra, s1], rate: 1mbit}]
            schedule: [{at: 5s, link: "s1:h1x", set: down}]
            """.replacing("s1:h1x", with: "s2:h1"))
        #expect(lab.nodes.count == 8)
        #expect(lab.nodes[0].host.cpuLimit == 0.5)
        #expect(lab.nodes[0].interfaces[0].name == "h1-eth0")
        #expect(lab.nodes.filter(\.isHost).allSatisfy { $0.host.pids == 50 })
        #expect(lab.links.allSatisfy { $0.aToB.delay == 1_000_000 })
        #expect(lab.links.last?.b.interface == "s1-eth3")
        #expect(lab.nodes.last?.interfaces[0].ipv4[0].description == "10.0.0.5/8")
    }

    @Test func waysOfWritingAddresses() throws {
        let lab = try parse(
            """
            name: x
            topology:
              nodes:
                a: {mac: 02-00-00-00-00-0A, routes: [192.0.2.1 via 10.0.0.9, '2001:DB8::1 via fd00::9']}
                b:
              links: [[a, b]]
            """)
        #expect(lab.nodes[0].interfaces[0].mac?.description == "02:00:00:00:00:0a")
        #expect(lab.nodes[0].host.routes.map(\.destination) == ["192.0.2.1/32", "2001:db8::1/128"])
    }

    @Test func mergeKeysAndAliases() throws {
        let lab = try parse(
            """
            name: x
            topology:
              nodes:
                a: &base {cpu: 1, memory: 64M}
                b: {<<: *base, cpu: 2}
            """)
        #expect(lab.nodes[1].host.cpuLimit == 2)
        #expect(lab.nodes[1].host.memory == 64 << 20)
    }

    @Test func tenThousandNodes() throws {
        var text = "name: big\ntopology:\n  nodes:\n    s: {kind: switch}\n"
        for n in 1...10_000 { text += "    h\(n): {cpu: 0.1, env: {N: \(n)}}\n" }
        text += "  links:\n"
        for n in 1...10_000 { text += "    - {endpoints: [\"h\(n):eth0\", \"s\"], rate: 10mbit, delay: 1ms}\n" }
        let lab = try parse(text)
        #expect(lab.nodes.count == 10_001)
        #expect(lab.links.count == 10_000)
        #expect(lab.nodes[10_000].interfaces[0].ipv4[0].description == "10.0.39.16/8")
        #expect(lab.nodes[0].interfaces.last?.port == 10_000)
    }

    @Test func selectingLinks() throws {
        let lab = try parse(
            "name: x\ntopology:\n  nodes: {a: , b: }\n  links: [[a, b], [a, b], ['a:x', 'b:y']]\n")
        #expect(try lab.select(link: "a:x") == .init(index: 2, isReversed: false))
        #expect(try lab.select(link: "b:eth1") == .init(index: 1, isReversed: true))
        #expect(try lab.select(link: "b:y-a:x") == .init(index: 2, isReversed: true))
        let error = #expect(throws: TopologyError.self) { try lab.select(link: "a:b") }
        #expect(error?.description.contains("a and b have 3 links") == true)
    }
}

@Suite struct AddressPlanTests {
    private func addresses(_ text: String) throws -> [String: [String]] {
        let lab = try LabFile(file: "lab.yml").parse(text)
        return Dictionary(
            uniqueKeysWithValues: lab.nodes.filter(\.isHost).map { node in
                (node.name, node.interfaces.flatMap { $0.ipv4.map(\.description) + $0.ipv6.map(\.description) })
            })
    }

    @Test func oneSegment() throws {
        let all = try addresses("name: x\ntopology: {builtin: 'single,2'}")
        #expect(all == ["h1": ["10.0.0.1/8", "fd00::1/64"], "h2": ["10.0.0.2/8", "fd00::2/64"]])
    }

    @Test func segmentsBehindARouter() throws {
        let all = try addresses(
            """
            name: x
            topology:
              nodes: {a: , b: , r: {kind: router}, s1: {kind: switch}, s2: {kind: switch}}
              links: [[a, s1], [r, s1], [r, s2], [b, s2]]
            """)
        #expect(all["a"] == ["10.1.0.1/16", "fd00:0:0:1::1/64"])
        #expect(all["r"] == ["10.1.0.2/16", "fd00:0:0:1::2/64", "10.2.0.2/16", "fd00:0:0:2::2/64"])
        #expect(all["b"] == ["10.2.0.1/16", "fd00:0:0:2::1/64"])
    }

    @Test func directLinks() throws {
        let all = try addresses(
            "name: x\ntopology:\n  nodes: {'r[1-3]': {kind: router}}\n  links: [[r1, r2], [r2, r3]]\n")
        #expect(all["r1"] == ["172.16.0.1/30", "fd00:0:1::1/64"])
        #expect(all["r2"] == ["172.16.0.2/30", "fd00:0:1::2/64", "172.16.0.5/30", "fd00:0:1:1::1/64"])
        #expect(all["r3"] == ["172.16.0.6/30", "fd00:0:1:1::2/64"])
    }

    @Test func joinsTheSubnetThatIsGiven() throws {
        let all = try addresses(
            """
            name: x
            topology:
              nodes: {a: , b: {ipv4: 192.0.2.1/24}, c: {addresses: none}, s: {kind: switch}}
              links: [["a", s], [b, s], [c, s]]
            """)
        #expect(all["a"]?.first == "192.0.2.2/24")
        #expect(all["b"]?.first == "192.0.2.1/24")
        #expect(all["c"] == [])
    }

    @Test func tooSmallABase() {
        let error = #expect(throws: TopologyError.self) {
            try addresses("name: x\nip-base: 10.0.0.0/29\ntopology: {builtin: 'single,7'}")
        }
        #expect(
            error?.description
                == "lab.yml:2:10: 10.0.0.0/29 has too few addresses for the lab's hosts on one segment — give a larger ip-base"
        )
    }

    @Test func addressesAreUniqueAndStable() throws {
        let text = "name: x\ntopology: {builtin: 'fattree,8'}"
        let lab = try LabFile(file: "lab.yml").parse(text)
        #expect(try LabFile(file: "lab.yml").parse(text) == lab)
        let hosts = lab.nodes.filter(\.isHost)
        #expect(Set(hosts.map { $0.interfaces[0].ipv4 }).count == 128)
        #expect(Set(hosts.map { $0.interfaces[0].mac }).count == 128)
        #expect(hosts.allSatisfy { $0.interfaces[0].mac?.isMulticast == false })
    }
}

@Suite struct RoundTripTests {
    @Test func shortestAndSpanningTree() throws {
        let lab = try LabFile(file: "lab.yml").parse(
            """
            name: x
            topology:
              nodes: {"s[1-3]": {kind: switch}, "h[1-3]": }
              links:
                - endpoints: ["h[1-3]", "s[1-3]"]
                - {endpoints: [s1, s2], delay: 10ms, reverse: {delay: 30ms}}
                - {endpoints: [s2, s3], delay: 5ms}
                - {endpoints: [s1, s3], delay: 50ms}
            """)
        #expect(lab.roundTrip(from: "h1", to: "h2") == 40_000_000)
        #expect(lab.roundTrip(from: "h2", to: "h1") == 40_000_000)
        #expect(lab.roundTrip(from: "h1", to: "h3") == 50_000_000)
        #expect(lab.roundTrip(from: "h1", to: "h3", active: [0, 1, 2, 4, 5]) == 100_000_000)
        #expect(lab.roundTrip(from: "h1", to: "h2", active: [0, 1, 2, 4]) == nil)
        #expect(RoundTripGraph(lab).path(from: "h1", to: "h3") == [0, 3, 4, 2])
        #expect(lab.roundTrip(from: "h1", to: "h1") == 0)
    }
}
