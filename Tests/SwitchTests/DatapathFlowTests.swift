import Testing

@testable import Switch

@Suite struct DatapathFlowTests {
    typealias H = DatapathHarness

    /// A bridge without flows and with three hosts on ports 1, 2, 3.
    func secure() -> (H, Int32, [Int32]) {
        let lab = H()
        let bridge = lab.bridge("s1", BridgeSettings(standalone: false))
        return (lab, bridge, (0..<3).map { _ in lab.host(on: bridge) })
    }

    @Test func withoutFlowsNothingPasses() {
        let (lab, _, hosts) = secure()
        #expect(lab.send(H.frame(to: H.broadcast, from: H.mac(hosts[0])), from: hosts[0]).isEmpty)
        #expect(lab.datapath.dropCount(.noFlow) == 1)
    }

    @Test func theHighestPriorityWinsAndChangesAreInForceAtOnce() {
        let (lab, bridge, hosts) = secure()
        let datapath = lab.datapath
        let frame = H.udp(to: H.mac(hosts[1]), from: H.mac(hosts[0]))
        func out() -> [Int32] { lab.send(frame, from: hosts[0]).map(\.device) }
        let any = Match()
        let udp = Match().with(.ethType, 0x0800).with(.ipProtocol, 17)
        datapath.addFlow(
            bridge: bridge, table: 0, priority: 1, match: any, instructions: .init(apply: [.output(2)]), now: 0)
        #expect(out() == [hosts[1]])
        datapath.addFlow(
            bridge: bridge, table: 0, priority: 2, match: udp, instructions: .init(apply: [.output(3)]), now: 0)
        #expect(out() == [hosts[2]])
        datapath.addFlow(
            bridge: bridge, table: 0, priority: 2, match: udp, instructions: .init(apply: [.output(2), .output(3)]),
            now: 0)
        #expect(out() == [hosts[1], hosts[2]])
        #expect(datapath.removeFlow(bridge: bridge, table: 0, priority: 2, match: udp))
        #expect(out() == [hosts[1]])
        #expect(datapath.removeFlow(bridge: bridge, table: 0, priority: 1, match: any))
        #expect(out().isEmpty)
        #expect(!datapath.removeFlow(bridge: bridge, table: 0, priority: 1, match: any))
    }

    @Test func setsFieldsPushesAndPopsTagsPerOutput() {
        let (lab, bridge, hosts) = secure()
        let plain = H.udp(to: H.mac(hosts[1]), from: H.mac(hosts[0]), destinationPort: 80)
        lab.datapath.addFlow(
            bridge: bridge, table: 0, priority: 1, match: Match(),
            instructions: .init(apply: [
                .output(2), .setField(.udpDestination, value: FieldValue(8080), mask: FieldValue.ones(16)),
                .setField(.ipv4Destination, value: FieldValue(0x0a00_0009 as UInt32), mask: FieldValue.ones(32)),
                .pushVLAN(tpid: 0x8100),
                .setField(.vlanVID, value: FieldValue(0x1005), mask: FieldValue.ones(13)), .output(3), .popVLAN,
                .output(2),
            ]), now: 0)
        let out = lab.send(plain, from: hosts[0])
        #expect(out.map(\.device) == [hosts[1], hosts[2], hosts[1]])
        let changed = H.udp(
            to: H.mac(hosts[1]), from: H.mac(hosts[0]), destination: 0x0a00_0009, destinationPort: 8080)
        #expect(out[0].frame == plain)
        #expect(out[1].frame == Array(changed[..<12]) + [0x81, 0x00, 0x00, 0x05] + Array(changed[12...]))
        #expect(out[2].frame == changed)
        #expect(lab.datapath.pool.inUse == 0)
    }

    @Test func tablesMetadataActionSetAndResubmit() {
        let (lab, bridge, hosts) = secure()
        let datapath = lab.datapath
        func add(_ table: UInt8, _ priority: UInt16, _ match: Match, _ instructions: Instructions) {
            datapath.addFlow(
                bridge: bridge, table: table, priority: priority, match: match, instructions: instructions, now: 0)
        }
        add(0, 1, Match(), .init(write: [.output(2)], metadata: (value: 7, mask: 0xff), goTo: 1))
        add(1, 5, Match().with(.metadata, 7), .init(apply: [.resubmit(port: nil, table: 3)], goTo: 2))
        add(2, 1, Match().with(.ethType, 0x88b5), .init())
        add(2, 1, Match().with(.ethType, 0x88b6), .init(clear: true))
        add(3, 1, Match(), .init(apply: [.output(3)]))
        #expect(
            lab.send(H.frame(to: H.broadcast, from: H.mac(hosts[0])), from: hosts[0]).map(\.device) == [
                hosts[2], hosts[1],
            ])
        #expect(
            lab.send(H.frame(to: H.broadcast, from: H.mac(hosts[0]), type: 0x88b6), from: hosts[0]).map(\.device)
                == [hosts[2]])
    }

    @Test func timeToLive() {
        let (lab, bridge, hosts) = secure()
        lab.datapath.addFlow(
            bridge: bridge, table: 0, priority: 1, match: Match(),
            instructions: .init(apply: [.decrementTTL(), .output(2)]), now: 0)
        let ok = lab.send(H.udp(to: H.mac(hosts[1]), from: H.mac(hosts[0]), ttl: 9), from: hosts[0])
        #expect(ok.map(\.frame) == [H.udp(to: H.mac(hosts[1]), from: H.mac(hosts[0]), ttl: 8)])
        #expect(lab.send(H.udp(to: H.mac(hosts[1]), from: H.mac(hosts[0]), ttl: 1), from: hosts[0]).isEmpty)
        #expect(lab.datapath.dropCount(.ttl) == 1)
    }

    @Test func loopsOfResubmitsAndOfSwitchesEnd() {
        let (lab, bridge, hosts) = secure()
        lab.datapath.addFlow(
            bridge: bridge, table: 0, priority: 1, match: Match(),
            instructions: .init(apply: [.resubmit(port: nil, table: 0)]), now: 0)
        #expect(lab.send(H.frame(to: H.broadcast, from: H.mac(hosts[0])), from: hosts[0]).isEmpty)
        let ring = H()
        let switches = (0..<3).map { ring.bridge("s\($0)") }
        for index in 0..<3 { ring.join(switches[index], switches[(index + 1) % 3]) }
        let host = ring.host(on: switches[0])
        #expect(ring.send(H.frame(to: H.broadcast, from: H.mac(host)), from: host).isEmpty)
        #expect(ring.datapath.pool.inUse == 0)
    }

    @Test func traceTellsEachStepAndLearnsNothing() throws {
        let lab = H()
        let s1 = lab.bridge("s1")
        let s2 = lab.bridge("s2")
        let a = lab.host(on: s1)
        lab.join(s1, s2)
        let b = lab.host(on: s2)
        _ = lab.send(H.frame(to: H.broadcast, from: H.mac(b)), from: b)
        var key = FlowKey()
        key[.inPort] = FieldValue(1)
        key[.ethSource] = FieldValue(H.mac(a))
        key[.ethDestination] = FieldValue(H.mac(b))
        key[.ethType] = FieldValue(0x88b5)
        let text = try #require(lab.datapath.trace(bridge: s1, key: key, now: lab.now))
        for part in [
            "bridge(\"s1\")", "bridge(\"s2\")", " 0. priority 0", "NORMAL", "forwarding to learned port",
            "Megaflow: ",
            "Datapath actions: h2",
        ] {
            #expect(text.contains(part), "\(part) in:\n\(text)")
        }
        #expect(lab.datapath.learnedAddresses(bridge: s1, now: lab.now).count == 1)
        key[.inPort] = FieldValue(77)
        #expect(lab.datapath.trace(bridge: s1, key: key, now: lab.now) == nil)
    }

    /// The caches in lockstep with a data path that forgets all megaflows before each packet.
    @Test(arguments: 1...8) func cachesAnswerAsThePipelineDoes(seed: UInt64) {
        var random = RandomSource(seed: seed)
        func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        let labs = [H(), H()]
        var hosts: [Int32] = []
        var switches: [Int32] = []
        for lab in labs {
            switches = (0..<3).map { lab.bridge("s\($0)", BridgeSettings(standalone: false)) }
            lab.join(switches[0], switches[1])
            lab.join(switches[1], switches[2])
            hosts = switches.flatMap { bridge in (0..<2).map { _ in lab.host(on: bridge) } }
        }
        var flows: [(Int32, UInt8, UInt16, Match)] = []
        for step in 0..<3000 {
            switch pick(10) {
            case 0:
                var match = Match()
                if pick(2) == 0 { match.set(.inPort, pick(4) + 1) }
                if pick(2) == 0 { match.set(.ethDestination, H.mac(hosts[pick(6)])) }
                if pick(3) == 0 {
                    match = match.with(.ethType, 0x0800)
                    if pick(2) == 0 {
                        match.set(.ipv4Destination, FieldValue(0x0a00_0000 as UInt32), prefixLength: 24 + pick(9))
                    }
                    if pick(2) == 0 { match = match.with(.ipProtocol, 17).with(.udpDestination, 2000 + pick(3)) }
                }
                if pick(4) == 0 { match.set(.vlanVID, 0x1000 + pick(3)) }
                var actions: [Action] = []
                for _ in 0..<pick(4) {
                    switch pick(8) {
                    case 0: actions.append(.output(PortNumber.normal))
                    case 1: actions.append(.output(PortNumber.flood))
                    case 2: actions.append(.output(PortNumber.inPort))
                    case 3:
                        actions += [
                            .pushVLAN(tpid: 0x8100),
                            .setField(.vlanVID, value: FieldValue(0x1000 + pick(3)), mask: FieldValue.ones(13)),
                        ]
                    case 4: actions.append(.popVLAN)
                    case 5:
                        actions.append(
                            .setField(
                                .ethDestination, value: FieldValue(H.mac(hosts[pick(6)])), mask: FieldValue.ones(48)))
                    case 6:
                        actions.append(
                            .setField(.udpDestination, value: FieldValue(2000 + pick(3)), mask: FieldValue.ones(16)))
                    default: actions.append(.output(UInt32(pick(4) + 1)))
                    }
                }
                let bridge = switches[pick(3)]
                let table = UInt8(pick(2))
                // All different: which of two rules of one priority wins is open, and caches may keep to the other.
                let priority = UInt16(step * 7919 % 65_521)
                let next: UInt8? = table == 0 && pick(3) == 0 ? 1 : nil
                flows.append((bridge, table, priority, match))
                for lab in labs {
                    lab.datapath.addFlow(
                        bridge: bridge, table: table, priority: priority, match: match,
                        instructions: Instructions(apply: actions, goTo: next), now: lab.now)
                }
            case 1 where !flows.isEmpty:
                let (bridge, table, priority, match) = flows.remove(at: pick(flows.count))
                for lab in labs {
                    lab.datapath.removeFlow(bridge: bridge, table: table, priority: priority, match: match)
                }
            default:
                let source = hosts[pick(6)]
                let to = pick(8) == 0 ? H.broadcast : H.mac(hosts[pick(6)])
                let tags: [UInt16] = pick(3) == 0 ? [UInt16(pick(3))] : []
                let frame =
                    pick(2) == 0
                    ? H.udp(
                        to: to, from: H.mac(source), destination: 0x0a00_0000 + UInt32(pick(4)),
                        destinationPort: UInt16(2000 + pick(3)))
                    : H.frame(to: to, from: H.mac(source), tags: tags)
                labs[1].datapath.removeAllMegaflows()
                let cached = labs[0].send(frame, from: source)
                let fresh = labs[1].send(frame, from: source)
                #expect(cached.map(\.device) == fresh.map(\.device))
                #expect(cached.map(\.frame) == fresh.map(\.frame))
            }
        }
        #expect(labs[0].datapath.status.exactMatchHits > 0)
        for bridge in switches {
            let counts = labs.map { $0.datapath.flows(bridge: bridge).map(\.packets) }
            #expect(counts[0] == counts[1])
            let ports = labs.map { $0.datapath.portStatus(bridge: bridge).map { [$0.received, $0.sent] } }
            #expect(ports[0] == ports[1])
        }
        for lab in labs { #expect(lab.datapath.pool.inUse == 0) }
    }
}
