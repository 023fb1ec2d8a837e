// Mininet's own shapes; names, ports and the order of links are its, and a fixture made with it holds them.

extension TopologyBuilder {
    mutating func single(_ hosts: Int, reversed: Bool) {
        add(switch: "s1")
        for h in 1...hosts {
            add(host: "h\(h)")
            if reversed { link("h\(h)", "s1", portA: 0, portB: hosts - h + 1) } else { link("h\(h)", "s1") }
        }
    }

    mutating func linear(switches: Int, hosts: Int) {
        for i in 1...switches {
            add(switch: "s\(i)")
            for j in 1...hosts {
                let host = hosts == 1 ? "h\(i)" : "h\(j)s\(i)"
                add(host: host)
                link(host, "s\(i)")
            }
            if i > 1 { link("s\(i)", "s\(i - 1)") }
        }
    }

    mutating func tree(depth: Int, fanout: Int) {
        var hosts = 0
        var switches = 0
        // Depth first; a switch is linked to a child when the child's own subtree is complete.
        func subtree(_ depth: Int, _ build: inout TopologyBuilder) -> String {
            guard depth > 0 else {
                hosts += 1
                build.add(host: "h\(hosts)")
                return "h\(hosts)"
            }
            switches += 1
            let name = "s\(switches)"
            build.add(switch: name)
            for _ in 0..<fanout {
                let child = subtree(depth - 1, &build)
                build.link(name, child)
            }
            return name
        }
        _ = subtree(depth, &self)
    }

    mutating func torus(_ x: Int, _ y: Int, hosts: Int) {
        for i in 1...x {
            for j in 1...y {
                add(switch: "s\(i)x\(j)", datapathID: UInt64(i * 256 + j))
                for k in 1...hosts {
                    let host = hosts == 1 ? "h\(i)x\(j)" : "h\(i)x\(j)x\(k)"
                    add(host: host)
                    link(host, "s\(i)x\(j)")
                }
            }
        }
        for i in 1...x {
            for j in 1...y {
                link("s\(i)x\(j)", "s\(i)x\(j % y + 1)")
                link("s\(i)x\(j)", "s\(i % x + 1)x\(j)")
            }
        }
    }
}
