import Testing

@testable import Topology

/// Every bad file is refused with its place and a remedy.
@Suite struct LabFileErrorTests {
    private func refusal(_ text: String) -> String {
        do {
            let lab = try LabFile(file: "lab.yml").parse(text)
            return "accepted: \(lab.nodes.map(\.name))"
        } catch { return error.description }
    }

    private func lab(nodes: String = "{a: , b: , s: {kind: switch}}", links: String = "[]", more: String = "") -> String
    {
        "name: x\ntopology:\n  nodes: \(nodes)\n  links: \(links)\n\(more)"
    }

    @Test func unknownKeyWithPlaceAndNearest() {
        let text = "name: x\ntopology:\n  nodes:\n    h1: {kind: process, memroy: 1G}\n"
        #expect(refusal(text) == "lab.yml:4:25: the node h1 has no key “memroy” — did you mean “memory”?")
    }

    @Test func allProblemsAtOnceInOrder() {
        let text = """
            name: x
            topolgy: {}
            topology:
              nodes:
                h1: {cpu: 0, pids: none}
              links:
                - {endpoints: [h1, h2], rate: 0, delay: -1ms, loss: 150%}
            """
        let lines = refusal(text).split(separator: "\n")
        #expect(lines.count == 7)
        #expect(lines.first == "lab.yml:2:1: the lab file has no key “topolgy” — did you mean “topology”?")
        #expect(lines.contains { $0.hasPrefix("lab.yml:7:") && $0.contains("there is no node “h2”") })
        #expect(lines.contains { $0.hasPrefix("lab.yml:7:35: a rate of 0 lets nothing pass") })
        #expect(lines.contains { $0.contains("“-1ms” is negative") })
        #expect(lines.contains { $0.contains("150% is more than everything") })
    }

    @Test(arguments: [
        // nodes
        ("{a: {kind: swich}}", "[]", "did you mean “switch”?"),
        ("{a: {kind: nokia_srlinux}}", "[]", "not in this version"),
        ("{a: {image: nginx}}", "[]", "needs containers, not in this version"),
        ("{a: {kind: container}}", "[]", "needs containers"), ("{a: {kind: vm, cpu: fast}}", "[]", "runs no machine"),
        ("{a: {addresses: dhcp}}", "[]", "gives a virtual machine its addresses"),
        ("{a: {kind: vm, addresses: bootp}}", "[]", "addresses"),
        ("{'a/b': }", "[]", "has a “/”"), ("{-a: }", "[]", "start with a letter"), ("{host: }", "[]", "reserved"),
        ("{'h[1-3]': , h2: }", "[]", "defined twice"), ("{'h[3-1]': }", "[]", "write 1-3"),
        ("{'h[1-3': }", "[]", "without ]"), ("{'h[1-999999]': }", "[]", "more than"),
        ("{'h[1-1000][1-1000]': }", "[]", "more than"), ("{a: {memory: 5}}", "[]", "1M is the least"),
        ("{a: {cpu: many}}", "[]", "a number of cores"), ("{a: {cpu-set: 3-1}}", "[]", "write 0-2,4"),
        ("{s: {kind: switch, controller: 'tpc:1.2.3.4'}}", "[]", "is no controller"),
        ("{s: {kind: switch, stp-priority: 100}}", "[]", "4096"), ("{s: {kind: switch, dpid: 0}}", "[]", "hexadecimal"),
        ("{a: {routes: [default]}}", "[]", "neither gateway nor interface"),
        ("{a: {routes: [10.0.0.1/8 via 10.0.0.1]}}", "[]", "write 10.0.0.0/8"),
        ("{a: {routes: ['fd00::/64 via 10.0.0.1']}}", "[]", "one version"),
        ("{a: {ipv4: 10.0.0.01/8}}", "[]", "10.0.0.1/24"), ("{a: {mac: '2:0:0:0:0:1'}}", "[]", "02:00:00:00:00:01"),
        ("{a: {ipv4: 10.0.0.1}}", "[]", "10.0.0.1/24"), ("{a: {mac: '01:00:00:00:00:01'}}", "[]", "even"),
        ("{a: {interfaces: {eth7: }}}", "[]", "has no link"), ("{a: [1]}", "[]", "is a list"),
        ("[a]", "[]", "map of names"),
        ("{a: {coordinates: [100, 0]}}", "[]", "latitude"), ("{a: , b: {group: x}}", "[]", "accepted"),
        // links
        ("{a: , b: }", "[{endpoints: ['a:eth0', 'b:eth0']}, {endpoints: ['a:eth0', b]}]", "a:eth0 has two links"),
        ("{a: }", "[{endpoints: ['a:eth0', 'a:eth0']}]", "to itself"),
        ("{a: }", "[{endpoints: [a]}]", "a link has two"),
        ("{a: , b: }", "[{endpoints: ['a:e', 'b:interface-too-long']}]", "15 bytes"),
        ("{a: , b: }", "[{endpoints: ['a:e/0', b]}]", "not an interface name"),
        ("{a: }", "[{rate: 1mbit}]", "no list of endpoints"),
        ("{'h[1-3]': , 's[1-2]': }", "[{endpoints: ['h[1-3]', 's[1-2]']}]", "3 endpoints on one side and 2"),
        ("{a: , b: }", "[{endpoints: [a, b], type: macvlan, endpoint: {node: a}}]", "needs macvlan"),
        ("{a: }", "[{endpoints: [a, 'macvlan:eth0']}]", "needs macvlan"),
        ("{a: }", "[{endpoints: [a, host]}]", "host:NAME"),
        ("{a: , b: }", "[{endpoints: [a, b], queue: 0p}]", "from 1"),
        ("{a: , b: }", "[{endpoints: [a, b], aqm: fq}]", "codel"),
        ("{a: , b: }", "[{endpoints: [a, b], mtu: 9}]", "68"),
        ("{a: , b: }", "[{endpoints: [a, b], forward: {dely: 1ms}}]", "delay"),
        ("{s: {kind: switch}, a: }", "[{endpoints: ['s:0', a]}]", "not a port number"),
        (
            "{s: {kind: switch, interfaces: {x: {port: 1}, y: {port: 1}}}, a: , b: }", "[[a, 's:x'], [b, 's:y']]",
            "port 1 twice"
        ),
        ("{s: {kind: switch, interfaces: {x: {vlan: 5000}}}, a: }", "[[a, 's:x']]", "4094"),
        ("{a: {mac: '02:00:00:00:00:01'}, b: {mac: '02:00:00:00:00:01'}}", "[[a, b]]", "same Ethernet address"),
    ]) func refused(nodes: String, links: String, says: String) {
        let text = refusal(lab(nodes: nodes, links: links))
        #expect(text.contains(says), "\(text)")
        #expect(text.hasPrefix("lab.yml:") || says == "accepted")
    }

    @Test(arguments: [
        ("- {at: 1s, link: 'a:b'}", "changes nothing"), ("- {link: 'a:s', set: down}", "no time"),
        ("- {at: 1s, link: 'a:x', set: down}", "no link “a:x”"), ("- {at: 1s, link: 'z:s', set: down}", "no node “z”"),
        ("- {at: 1s, link: 'a:s', set: {los: 1%}}", "did you mean “loss”?"),
        ("- {at: -1s, link: 'a:s', set: down}", "negative"),
        ("- {at: 1s, node: s, exec: ls}", "runs no programs"), ("- {at: 1s, node: q, exec: ls}", "no node “q”"),
        ("- {at: 1s}", "either link or node"), ("- {at: 1s, link: 'a:s', set: sideways}", "NAME=VALUE"),
    ]) func badSchedule(entry: String, says: String) {
        let text = refusal(lab(links: "[[a, s], [b, s]]", more: "schedule:\n  \(entry)\n"))
        #expect(text.contains(says), "\(text)")
    }

    @Test(arguments: [
        ("", "empty"), ("# only a comment\n", "empty"), ("- 1", "a lab file is a map"),
        ("name: x", "topology: is missing"),
        ("topology: {}", "no name"), ("name: [", "not YAML"), ("name: x\nname: y\n", "stands here twice"),
        ("name: x\n\ttopology: {}", "lab.yml:2"), ("a: &a [*a]", "alias"), ("name: *nowhere", "alias"),
        ("name: x\n---\nname: y\n", "one file is one lab"), ("\u{1}\u{2}\u{7F}ELF", "lab.yml:1:1: this is not text"),
        ("name: x\nvars: {a: '${b}', b: '${a}'}\ntopology: {nodes: {'${a}': }}", "circle: "),
        ("name: ${nowhere}\ntopology: {}", "no variable “nowhere”"), ("name: '${x'\ntopology: {}", "without }"),
        ("name: x\nip-base: 10.0.0.0/99\ntopology: {}", "write 10.0.0.0/8"),
        ("name: x\ntopology: {builtin: 'tre,2'}", "did you mean “tree”?"),
        ("name: x\ntopology: {builtin: 'tree', graphml: y}", "exclude"),
    ]) func badFiles(text: String, says: String) {
        let answer = refusal(text)
        #expect(answer.contains(says), "\(answer)")
    }

    @Test func manyLaughs() {
        var text = "name: x\nl0: &l0 [ha, ha]\n"
        for level in 1...40 {
            text += "l\(level): &l\(level) [*l\(level - 1), *l\(level - 1), *l\(level - 1)]\n"
        }
        #expect(refusal(text).contains("aliases (*name) multiply"))
        // The same as keys, which are compared before they are counted.
        #expect(refusal(text + "? [*l40]\n: 1\n").contains("use plain keys"))
    }

    @Test func deepNesting() {
        #expect(refusal("a: " + String(repeating: "[", count: 100_000)).contains("levels"))
        #expect(
            refusal("a: " + String(repeating: "[", count: 200) + String(repeating: "]", count: 200)).contains("levels"))
    }

    /// Random damage of a good file never does anything but parse or be refused.
    @Test func randomDamage() {
        let good = Array(lab(links: "[{endpoints: [a, s], rate: 1mbit, loss: {gilbert: {p: 1%, r: 2%}}}, [b, s]]").utf8)
        var generator = SplitMix64(state: 7)
        var refused = 0
        for _ in 0..<2000 {
            var bytes = good
            for _ in 0...generator.next(below: 3) {
                let place = Int(generator.next(below: UInt64(bytes.count)))
                switch generator.next(below: 3) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.remove(at: place)
                default: bytes.insert(bytes[Int(generator.next(below: UInt64(bytes.count)))], at: place)
                }
            }
            do { _ = try LabFile(file: "lab.yml").parse(String(decoding: bytes, as: UTF8.self)) } catch {
                refused += 1
                #expect(!error.problems.isEmpty)
            }
        }
        #expect(refused > 500)
    }
}
