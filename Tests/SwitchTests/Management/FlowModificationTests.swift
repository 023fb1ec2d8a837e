import Testing
import Wire

@testable import Switch

private typealias H = DatapathHarness

@Suite struct FlowModificationTests {
    /// A line to compare a flow by.
    private static func line(
        _ table: UInt8, _ priority: UInt16, _ match: Match, _ cookie: UInt64, _ instructions: Instructions,
        _ packets: UInt64, _ bytes: UInt64, _ age: UInt64
    ) -> String {
        "\(table) \(priority) \(match) \(cookie) \(instructions) n=\(packets) b=\(bytes) age=\(age)"
    }

    /// The data path in lockstep with the plain list: random changes, packets and time.
    @Test(arguments: 1...6) func flowsFollowTheModel(seed: UInt64) {
        var random = RandomSource(seed: seed)
        func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        let lab = H()
        let bridge = lab.bridge("s", BridgeSettings(standalone: false))
        let hosts = (0..<4).map { _ in lab.host(on: bridge) }
        var model = FlowModel()
        if seed % 2 == 0 {
            model.tableLimit = 12
            for table in 0..<2 {
                lab.datapath.setTable(
                    bridge: bridge, table: UInt8(table), TableSettings(maximumFlows: 12), now: lab.now)
            }
        }
        var removed: [String] = []
        lab.datapath.onEvent = { event in
            guard case .flowRemoved(let removal) = event else { return }
            let rule = removal.rule
            removed.append(
                "\(removal.reason) "
                    + Self.line(
                        rule.table, rule.priority, rule.match, rule.cookie, rule.instructions, rule.packets,
                        rule.bytes, 0))
        }
        // Flows that overlap have different priorities: each mask has its own.
        var shapes: [FlowMask: Int] = [:]
        func someMatch() -> Match {
            var match = Match()
            if pick(2) == 0 { match.set(.inPort, pick(4) + 1) }
            if pick(2) == 0 { match.set(.ethDestination, H.mac(hosts[pick(4)])) }
            if pick(3) == 0 { match.set(.ethSource, H.mac(hosts[pick(4)])) }
            if pick(4) == 0 {
                match = match.with(.ethType, 0x0800)
                if pick(2) == 0 {
                    match.set(.ipv4Destination, FieldValue(0x0a00_0000 as UInt32), prefixLength: 24 + pick(9))
                }
            }
            return match
        }
        for step in 0..<2500 {
            switch pick(8) {
            case 0, 1, 2:
                let match = someMatch()
                let shape = shapes[match.mask] ?? shapes.count
                shapes[match.mask] = shape
                let table = UInt8(pick(2))
                var flags: FlowModification.Flags = []
                if pick(2) == 0 { flags.insert(.sendFlowRemoved) }
                if pick(5) == 0 { flags.insert(.checkOverlap) }
                if pick(4) == 0 { flags.insert(.resetCounts) }
                let command = FlowModification.Command(rawValue: [0, 0, 0, 1, 2, 3, 4][pick(7)])!
                var change = FlowModification(
                    command, table: pick(6) == 0 && command.rawValue > 2 ? nil : table,
                    priority: UInt16(pick(3) << 8 | shape), match: match, cookie: UInt64(pick(4)),
                    cookieMask: command == .add || pick(2) == 0 ? 0 : UInt64(pick(4)),
                    newCookie: pick(3) == 0 ? UInt64(pick(4)) : nil, idleTimeout: UInt16(pick(3)),
                    hardTimeout: UInt16(pick(2) * pick(8)), flags: flags,
                    outPort: pick(3) == 0 ? UInt32(pick(4) + 1) : PortNumber.any,
                    instructions: Instructions(
                        apply: (0..<pick(3)).map { _ in .output(UInt32(pick(4) + 1)) },
                        goTo: table == 0 && pick(2) == 0 ? 1 : nil))
                if change.command.rawValue < 3 { change.outPort = PortNumber.any }
                var errors: [ModificationError?] = [nil, nil]
                do throws(ModificationError) {
                    try lab.datapath.modify(bridge: bridge, change, now: lab.now)
                } catch { errors[0] = error }
                do throws(ModificationError) {
                    try model.modify(change, now: lab.now)
                } catch { errors[1] = error }
                #expect(errors[0] == errors[1], "\(change)")
            case 3:
                let step = UInt64(pick(1500)) * 1_000_000
                _ = lab.advance(by: step)
                model.expire(now: lab.now)
            default:
                let from = hosts[pick(4)]
                let frame =
                    pick(2) == 0
                    ? H.udp(
                        to: H.mac(hosts[pick(4)]), from: H.mac(hosts[pick(4)]),
                        destination: 0x0a00_0000 + UInt32(pick(4)))
                    : H.frame(to: H.mac(hosts[pick(4)]), from: H.mac(hosts[pick(4)]))
                var key = FlowKey()
                let number = UInt32(hosts.firstIndex(of: from)! + 1)
                frame.withUnsafeBytes { _ = extract(frame: $0, inPort: number, into: &key) }
                let out = lab.send(frame, from: from).map { UInt32(hosts.firstIndex(of: $0.device)! + 1) }
                let expected = model.receive(key, byteCount: frame.count, now: lab.now).filter { $0 != number }
                #expect(out == expected)
            }
            let told = model.takeRemovals().map { reason, flow in
                "\(reason) "
                    + Self.line(
                        flow.table, flow.priority, flow.match, flow.cookie, flow.instructions, flow.packets,
                        flow.bytes, 0)
            }
            #expect(removed.sorted() == told.sorted())
            removed = []
            guard step % 20 == 0 else { continue }
            let got = lab.datapath.flowSnapshots(bridge: bridge, now: lab.now).map {
                Self.line($0.table, $0.priority, $0.match, $0.cookie, $0.instructions, $0.packets, $0.bytes, $0.age)
            }
            let wanted = model.flows.map {
                Self.line(
                    $0.table, $0.priority, $0.match, $0.cookie, $0.instructions, $0.packets, $0.bytes,
                    lab.now - $0.created)
            }
            #expect(got.sorted() == wanted.sorted())
        }
        #expect(lab.datapath.status.exactMatchHits > 0)
        #expect(lab.datapath.pool.inUse == 0)
    }

    /// A transaction that fails leaves everything as it was, and says nothing.
    @Test(arguments: 1...4) func failedTransactionsLeaveNoTrace(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        let lab = H()
        let bridge = lab.bridge("s", BridgeSettings(standalone: false))
        let hosts = (0..<2).map { _ in lab.host(on: bridge) }
        var events = 0
        lab.datapath.onEvent = { _ in events += 1 }
        func someChange() -> BridgeChange {
            switch pick(6) {
            case 0:
                return .group(
                    GroupModification(
                        [.add, .modify, .delete][pick(3)],
                        Group(
                            id: UInt32(pick(3)), type: .all,
                            buckets: [Bucket(actions: [.output(UInt32(pick(2) + 1))])])))
            case 1:
                return .meter(
                    MeterModification(
                        [.add, .modify, .delete][pick(3)],
                        Meter(id: UInt32(pick(3) + 1), flags: .kilobits, bands: [.init(.drop, rate: 1000)])))
            default:
                var apply: [Action] = [.output(2)]
                if pick(3) == 0 { apply = [.group(UInt32(pick(3)))] }
                return .flow(
                    PackedFlowModification(
                        FlowModification(
                            FlowModification.Command(rawValue: UInt8([0, 0, 0, 1, 3, 4][pick(6)]))!,
                            table: UInt8(pick(2)),
                            priority: UInt16(pick(3)),
                            match: pick(2) == 0 ? Match() : Match().with(.inPort, pick(2) + 1),
                            idleTimeout: UInt16(pick(2) * 60), flags: .sendFlowRemoved,
                            instructions: Instructions(apply: apply, meter: pick(3) == 0 ? UInt32(pick(3) + 1) : nil))))
            }
        }
        func state() -> [String] {
            let datapath = lab.datapath
            return datapath.flowSnapshots(bridge: bridge, now: lab.now).map { "\($0)" }.sorted()
                + datapath.groups(bridge: bridge).map { "\($0)" } + datapath.meters(bridge: bridge).map { "\($0)" }
                + datapath.groupStatistics(bridge: bridge, now: lab.now).map { "\($0)" }
                + datapath.meterStatistics(bridge: bridge, now: lab.now).map { "\($0)" }
        }
        var failures = 0
        for _ in 0..<300 {
            lab.now += 1_000_000
            _ = lab.send(H.frame(to: H.mac(hosts[1]), from: H.mac(hosts[0])), from: hosts[0])
            let changes = (0..<pick(6) + 1).map { _ in someChange() }
            let before = state()
            events = 0
            do {
                try lab.datapath.transaction(bridge: bridge, changes, now: lab.now)
            } catch {
                failures += 1
                #expect(error.index < changes.count)
                #expect(state() == before)
                #expect(events == 0)
            }
        }
        #expect(failures > 20)
    }

    @Test func flowsOfOneKindShareTheirInstructions() throws {
        let lab = H()
        let bridge = lab.bridge("s", BridgeSettings(standalone: false))
        for number in 0..<3 {
            try lab.datapath.modify(
                bridge: bridge,
                FlowModification(
                    .add, match: Match().with(.ethDestination, number), instructions: Instructions(apply: [.output(1)])),
                now: lab.now)
        }
        let rules = lab.datapath.rules.compactMap { $0 }
        #expect(rules.count == 3)
        #expect(rules.allSatisfy { $0.stored === rules[0].stored })
    }

    /// A flow that cannot match a megaflow's packets leaves the megaflow alone; one that can takes it away.
    @Test func changesRemoveJustTheMegaflowsThatTheyTouch() throws {
        let lab = H()
        let bridge = lab.bridge("s", BridgeSettings(standalone: false))
        let hosts = (0..<3).map { _ in lab.host(on: bridge) }
        func add(_ match: Match, _ actions: [Action], priority: UInt16 = 10, table: UInt8 = 0, goTo: UInt8? = nil)
            throws
        {
            try lab.datapath.modify(
                bridge: bridge,
                FlowModification(
                    .add, table: table, priority: priority, match: match,
                    instructions: Instructions(apply: actions, goTo: goTo)), now: lab.now)
        }
        for source in hosts {
            for destination in hosts where destination != source {
                try add(
                    Match().with(.inPort, Int(source) + 1).with(.ethDestination, H.mac(destination)),
                    [.output(UInt32(destination) + 1)])
                _ = lab.send(H.frame(to: H.mac(destination), from: H.mac(source)), from: source)
            }
        }
        #expect(lab.datapath.status.megaflows == 6)
        try add(Match().with(.inPort, 1).with(.ethDestination, H.mac(77)), [.output(2)])
        #expect(lab.datapath.status.megaflows == 6)
        try add(Match().with(.inPort, 1).with(.ethDestination, H.mac(hosts[1])), [.output(3)], priority: 20)
        #expect(lab.datapath.status.megaflows == 5)
        #expect(lab.send(H.frame(to: H.mac(hosts[1]), from: H.mac(hosts[0])), from: hosts[0]).map(\.device) == [2])
        try add(Match().with(.ethDestination, H.mac(hosts[1])), [], priority: 1)
        #expect(lab.datapath.status.megaflows == 4)
    }
}
