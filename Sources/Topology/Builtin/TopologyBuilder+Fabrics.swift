// Shapes that Mininet lacks. In mesh, ring, star and random each outer switch sN has one host hN on its port 1.

extension TopologyBuilder {
    private mutating func add(switches: ClosedRange<Int>) {
        for i in switches {
            add(switch: "s\(i)")
            add(host: "h\(i)")
            link("h\(i)", "s\(i)")
        }
    }

    mutating func mesh(_ n: Int) {
        add(switches: 1...n)
        for i in 1..<n {
            for j in (i + 1)...n { link("s\(i)", "s\(j)") }
        }
    }

    mutating func ring(_ n: Int) {
        add(switches: 1...n)
        for i in 1...n { link("s\(i)", "s\(i % n + 1)") }
    }

    /// s0 in the middle has no host.
    mutating func star(_ n: Int) {
        // A datapath identifier of 0 is not valid, so the middle takes the one after the last.
        add(switch: "s0", datapathID: UInt64(n + 1))
        add(switches: 1...n)
        for i in 1...n { link("s0", "s\(i)") }
    }

    /// Every leaf to every spine; hosts are numbered leaf by leaf.
    mutating func leafSpine(leaves: Int, spines: Int, hosts: Int) {
        for i in 1...spines { add(switch: "spine\(i)", datapathID: UInt64(0x10000 + i)) }
        for i in 1...leaves {
            add(switch: "leaf\(i)", datapathID: UInt64(i))
            for j in 0..<hosts {
                let host = "h\((i - 1) * hosts + j + 1)"
                add(host: host)
                link(host, "leaf\(i)")
            }
            for j in 1...spines { link("leaf\(i)", "spine\(j)") }
        }
    }

    /// Al-Fares, Loukissas and Vahdat (SIGCOMM 2008): k pods of k/2 edge and k/2 aggregation switches, (k/2)² cores,
    /// k³/4 hosts. `edge2x1` is the first edge switch of pod 2.
    mutating func fatTree(_ k: Int) {
        let half = k / 2
        for i in 1...(half * half) { add(switch: "core\(i)", datapathID: UInt64(0x20000 + i)) }
        var host = 0
        for pod in 1...k {
            for i in 1...half {
                add(switch: "agg\(pod)x\(i)", datapathID: UInt64(0x10000 + pod * 256 + i))
                for j in 1...half { link("agg\(pod)x\(i)", "core\((i - 1) * half + j)") }
            }
            for i in 1...half {
                add(switch: "edge\(pod)x\(i)", datapathID: UInt64(pod * 256 + i))
                for _ in 1...half {
                    host += 1
                    add(host: "h\(host)")
                    link("h\(host)", "edge\(pod)x\(i)")
                }
                for j in 1...half { link("edge\(pod)x\(i)", "agg\(pod)x\(j)") }
            }
        }
    }

    /// Connected, without double links: a random tree first, then random pairs. The same seed makes the same graph.
    mutating func random(switches: Int, links: Int, seed: UInt64) {
        add(switches: 1...switches)
        var generator = SplitMix64(state: seed)
        var taken: Set<[Int]> = []
        for i in 2...switches {
            let other = Int(generator.next(below: UInt64(i - 1))) + 1
            taken.insert([other, i])
            link("s\(other)", "s\(i)")
        }
        // In dense graphs guessing a free pair would take long; there the free pairs are listed and drawn from.
        var free: [[Int]] = []
        if links > switches * (switches - 1) / 4 {
            for i in 1..<switches {
                for j in (i + 1)...switches where !taken.contains([i, j]) { free.append([i, j]) }
            }
        }
        while taken.count < links {
            var pair: [Int]
            if free.isEmpty {
                pair = [0, 0].map { _ in Int(generator.next(below: UInt64(switches))) + 1 }.sorted()
                if pair[0] == pair[1] { continue }
            } else {
                let place = Int(generator.next(below: UInt64(free.count)))
                free.swapAt(place, free.count - 1)
                pair = free.removeLast()
            }
            if taken.insert(pair).inserted { link("s\(pair[0])", "s\(pair[1])") }
        }
    }
}

/// Steele, Lea and Flood (OOPSLA 2014): small, seeded, the same everywhere.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0 ..< bound; the bias of the plain product is below 2⁻³² for the bounds used here.
    mutating func next(below bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }
}
