import Testing

@testable import Switch

private typealias H = DatapathHarness

/// What becomes of fragments in the flow tables, by packets and against a data path that never caches.
@Suite struct FragmentHandlingTests {
    /// Whole, the first part of a larger packet, or a later one, which holds bytes where the first has its ports.
    enum Part: CaseIterable { case whole, first, later }

    private static func frame(_ part: Part, port: UInt16 = 2000, ttl: UInt8 = 64) -> [UInt8] {
        var frame = H.udp(to: 2, from: 1, destinationPort: port, ttl: ttl)
        // Flags and offset of IPv4.
        frame[20] = part == .first ? 0x20 : 0
        frame[21] = part == .later ? 5 : 0
        return frame
    }

    /// A bridge that sends port 2000 to host 1, port 0 to host 2 and all else to host 3.
    private static func lab() throws -> (lab: H, bridge: Int32, hosts: [Int32]) {
        let (lab, bridge, hosts) = H.star(4)
        try lab.flow(bridge, "udp,udp_dst=2000", "output:2")
        try lab.flow(bridge, "udp,udp_dst=0", "output:3")
        try lab.flow(bridge, "", "output:4", priority: 1)
        return (lab, bridge, hosts)
    }

    @Test(
        arguments: [
            // A fragment has the port 0 where it has none.
            (FragmentHandling.normal, [1, 2, 2]), (.match, [1, 1, 2]), (.drop, [1, nil, nil]),
        ] as [(FragmentHandling, [Int?])])
    func portsOfFragments(handling: FragmentHandling, places: [Int?]) throws {
        let (lab, bridge, hosts) = try Self.lab()
        lab.datapath.setFragmentHandling(bridge: bridge, handling)
        // In any order, the second time from the caches.
        for order in [Part.allCases, Part.allCases.reversed(), Part.allCases] {
            for part in order {
                let out = lab.send(Self.frame(part), from: hosts[0])
                let place = places[Part.allCases.firstIndex(of: part)!]
                #expect(out.map(\.device) == (place.map { [hosts[$0]] } ?? []), "\(handling) \(part)")
                // A fragment is looked up as if it had no ports, but keeps its bytes.
                #expect(out.allSatisfy { $0.frame == Self.frame(part) })
            }
        }
        #expect(lab.datapath.status.drops == (handling == .drop ? ["fragment": 6] : [:]))
    }

    @Test func aChangeIsInForceAtOnce() throws {
        let (lab, bridge, hosts) = try Self.lab()
        func place(_ part: Part) -> Int? {
            lab.send(Self.frame(part), from: hosts[0]).first.flatMap { hosts.firstIndex(of: $0.device) }
        }
        #expect(place(.first) == 2)
        lab.datapath.setFragmentHandling(bridge: bridge, .match)
        #expect(place(.first) == 1)
        lab.datapath.setFragmentHandling(bridge: bridge, .drop)
        #expect(place(.first) == nil && place(.whole) == 1)
        lab.datapath.setFragmentHandling(bridge: bridge, .normal)
        #expect(place(.first) == 2)
    }

    /// As before, where flows ask for no ports one megaflow is for fragments too.
    @Test func megaflowsStayWide() throws {
        let (lab, bridge, hosts) = H.star(2)
        try lab.flow(bridge, "ip", "output:2")
        for part in Part.allCases { #expect(lab.send(Self.frame(part), from: hosts[0]).count == 1) }
        #expect(lab.datapath.status.megaflows == 1)
    }

    @Test(arguments: 1...4) func cachesAnswerAsThePipelineDoes(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        let labs = [H.star(4), H.star(4)]
        for step in 0..<1500 {
            switch pick(12) {
            case 0:
                var match = ["udp", "ip", "udp,udp_dst=0", "udp,udp_dst=\(2000 + pick(3))", "udp,udp_dst=1984/0xffc0"][
                    pick(5)]
                // Later fragments have no ports to match.
                let parts = ["no", "first", "not_later", "yes", "later"]
                if pick(3) == 0 { match += ",nw_frag=\(parts[pick(match.contains("dst") ? 3 : 5)])" }
                if pick(3) == 0 { match += ",in_port=\(1 + pick(4))" }
                var actions = "output:\(1 + pick(4))"
                if pick(3) == 0 { actions = "set_field:\(2000 + pick(3))->udp_dst,resubmit(,1)" }
                if pick(4) == 0 { actions = "resubmit(\(1 + pick(4)),1)" }
                if !match.hasPrefix("udp") { actions = "output:\(1 + pick(4))" }
                let table = UInt8(pick(2))
                if table == 1 { actions = "output:\(1 + pick(4))" }
                for lab in labs {
                    try lab.lab.flow(lab.bridge, match, actions, table: table, priority: UInt16(step))
                }
            case 1 where pick(4) == 0:
                let handling = [FragmentHandling.normal, .drop, .match][pick(3)]
                for lab in labs { lab.lab.datapath.setFragmentHandling(bridge: lab.bridge, handling) }
            default:
                let frame = Self.frame(
                    Part.allCases[pick(3)], port: pick(4) == 0 ? 0 : UInt16(2000 + pick(3)), ttl: UInt8(60 + pick(2)))
                let from = pick(4)
                labs[1].lab.datapath.removeAllMegaflows()
                let out = labs.map { $0.lab.send(frame, from: $0.hosts[from]) }
                #expect(out[0].map(\.device) == out[1].map(\.device))
                #expect(out[0].map(\.frame) == out[1].map(\.frame))
            }
        }
        #expect(labs[0].lab.datapath.status.exactMatchHits > 0)
        let counts = labs.map { $0.lab.datapath.flows(bridge: $0.bridge).map(\.packets) }
        #expect(counts[0] == counts[1])
    }
}
