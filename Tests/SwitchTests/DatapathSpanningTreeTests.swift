import Testing

@testable import Switch

@Suite struct DatapathSpanningTreeTests {
    typealias H = DatapathHarness

    /// A torus of switches with a host on each.
    func torus(_ width: Int, _ height: Int) -> (H, [Int32], [Int32]) {
        let lab = H()
        let settings = BridgeSettings(spanningTree: true)
        let grid = (0..<width * height).map { lab.bridge("s\($0)", settings) }
        var links: [Int32] = []
        for x in 0..<width {
            for y in 0..<height {
                links.append(lab.join(grid[x + y * width], grid[(x + 1) % width + y * width]))
                links.append(lab.join(grid[x + y * width], grid[x + (y + 1) % height * width]))
            }
        }
        let hosts = grid.map { lab.host(on: $0) }
        return (lab, hosts, links)
    }

    @Test func aTorusPingsWithinASecond() {
        let (lab, hosts, _) = torus(4, 4)
        _ = lab.advance(by: 1_000_000_000)
        for source in hosts {
            let out = lab.send(H.frame(to: H.broadcast, from: H.mac(source)), from: source)
            #expect(out.map(\.device).sorted() == hosts.filter { $0 != source })
        }
        for source in hosts {
            for destination in hosts where destination != source {
                let out = lab.send(H.frame(to: H.mac(destination), from: H.mac(source)), from: source)
                #expect(out.map(\.device) == [destination])
            }
        }
        #expect(lab.datapath.pool.inUse == 0)
    }

    @Test func anyLinkMayFailAndTheRestTakesOver() {
        let (lab, hosts, links) = torus(3, 3)
        _ = lab.advance(by: 1_000_000_000)
        for link in links {
            lab.datapath.setUp(link: link, false, now: lab.now)
            _ = lab.drain()
            _ = lab.advance(by: 1_000_000_000)
            let out = lab.send(H.frame(to: H.broadcast, from: H.mac(hosts[4])), from: hosts[4])
            #expect(out.map(\.device).sorted() == hosts.filter { $0 != hosts[4] }, "link \(link) down")
            lab.datapath.setUp(link: link, true, now: lab.now)
            _ = lab.drain()
            _ = lab.advance(by: 1_000_000_000)
        }
    }

    @Test func traceSaysWhatTheSpanningTreeBlocks() {
        let (lab, _, _) = torus(3, 3)
        _ = lab.advance(by: 1_000_000_000)
        let blocked = lab.bridges.values.flatMap { bridge in
            lab.datapath.portStatus(bridge: bridge).filter { $0.state == "discarding" }.map { (bridge, $0.number) }
        }
        // 18 links, 9 switches: 10 links are not in the tree.
        #expect(blocked.count == 10)
        for (bridge, number) in blocked {
            var key = FlowKey()
            key[.inPort] = FieldValue(number)
            key[.ethDestination] = FieldValue(H.broadcast)
            #expect(lab.datapath.trace(bridge: bridge, key: key, now: lab.now)?.contains("spanning tree") == true)
        }
    }
}
