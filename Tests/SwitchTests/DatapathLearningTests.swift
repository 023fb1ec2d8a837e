import Testing

@testable import Switch

@Suite struct DatapathLearningTests {
    typealias H = DatapathHarness

    @Test func floodsUnknownAndForwardsLearned() {
        let lab = H()
        let s1 = lab.bridge("s1")
        let hosts = (0..<4).map { _ in lab.host(on: s1) }
        let first = lab.send(H.frame(to: H.mac(hosts[1]), from: H.mac(hosts[0])), from: hosts[0])
        #expect(first.map(\.device) == [hosts[1], hosts[2], hosts[3]])
        let reply = lab.send(H.frame(to: H.mac(hosts[0]), from: H.mac(hosts[1])), from: hosts[1])
        #expect(reply.map(\.device) == [hosts[0]])
        // The flooding megaflow must be gone: the destination has been learned since.
        let second = lab.send(H.frame(to: H.mac(hosts[1]), from: H.mac(hosts[0])), from: hosts[0])
        #expect(second.map(\.device) == [hosts[1]])
        let broadcast = lab.send(H.frame(to: H.broadcast, from: H.mac(hosts[3])), from: hosts[3])
        #expect(broadcast.map(\.device) == [hosts[0], hosts[1], hosts[2]])
        #expect(lab.datapath.pool.inUse == 0)
    }

    @Test func followsAnAddressThatMoves() {
        let lab = H()
        let s1 = lab.bridge("s1")
        let hosts = (0..<3).map { _ in lab.host(on: s1) }
        let wanderer: UInt64 = 0x0200_0000_0999
        func whereIs() -> [Int32] {
            lab.send(H.frame(to: wanderer, from: H.mac(hosts[0])), from: hosts[0]).map(\.device)
        }
        for home in [1, 2, 1, 2, 2, 1] {
            _ = lab.send(H.frame(to: H.mac(hosts[0]), from: wanderer), from: hosts[home])
            #expect(whereIs() == [hosts[home]])
        }
    }

    @Test func forgetsAnAddressThatIsSilentAndKeepsOneThatTalks() {
        let lab = H()
        let s1 = lab.bridge("s1", BridgeSettings(ageing: 20_000_000_000))
        let hosts = (0..<3).map { _ in lab.host(on: s1) }
        _ = lab.send(H.frame(to: H.broadcast, from: H.mac(hosts[1])), from: hosts[1])
        _ = lab.send(H.frame(to: H.broadcast, from: H.mac(hosts[2])), from: hosts[2])
        // Host 2 keeps talking through a cached megaflow only; host 1 is silent.
        for _ in 0..<40 {
            _ = lab.send(H.frame(to: H.broadcast, from: H.mac(hosts[2])), from: hosts[2])
            _ = lab.advance(by: 1_000_000_000)
        }
        #expect(lab.send(H.frame(to: H.mac(hosts[1]), from: H.mac(hosts[0])), from: hosts[0]).count == 2)
        #expect(
            lab.send(H.frame(to: H.mac(hosts[2]), from: H.mac(hosts[0])), from: hosts[0]).map(\.device) == [hosts[2]])
        // With everybody silent nothing stays scheduled: an idle lab sleeps.
        _ = lab.advance(by: 200_000_000_000)
        #expect(lab.datapath.nextDeadline == nil)
        #expect(lab.datapath.status.megaflows == 0)
    }

    @Test func keepsVLANsApart() {
        let lab = H()
        let s1 = lab.bridge("s1")
        let s2 = lab.bridge("s2")
        let a10 = lab.host(on: s1, vlan: .access(10))
        let a20 = lab.host(on: s1, vlan: .access(20))
        lab.join(s1, s2)
        let b10 = lab.host(on: s2, vlan: .access(10))
        let b20 = lab.host(on: s2, vlan: .access(20))
        let trunk = lab.host(on: s2)
        let out = lab.send(H.frame(to: H.broadcast, from: H.mac(a10)), from: a10)
        #expect(out.map(\.device) == [b10, trunk])
        // Untagged to the access port, tagged to the trunk.
        #expect(out[0].frame == H.frame(to: H.broadcast, from: H.mac(a10)))
        #expect(out[1].frame == H.frame(to: H.broadcast, from: H.mac(a10), tags: [10]))
        let back = lab.send(H.frame(to: H.mac(a20), from: H.mac(trunk), tags: [20]), from: trunk)
        #expect(back.map(\.device) == [a20, b20])
        #expect(back.allSatisfy { $0.frame == H.frame(to: H.mac(a20), from: H.mac(trunk)) })
        #expect(lab.send(H.frame(to: H.broadcast, from: H.mac(b20), tags: [10]), from: b20).isEmpty)
        #expect(lab.datapath.dropCount(.vlan) == 1)
    }

    @Test func aChainOfAHundredSwitchesIsOneMegaflowWithRightCounters() {
        let lab = H()
        let switches = (1...100).map { lab.bridge("s\($0)") }
        for index in 1..<100 { lab.join(switches[index - 1], switches[index]) }
        let a = lab.host(on: switches[0])
        let b = lab.host(on: switches[99])
        _ = lab.send(H.frame(to: H.broadcast, from: H.mac(b)), from: b)
        for _ in 0..<10 {
            #expect(lab.send(H.frame(to: H.mac(b), from: H.mac(a)), from: a).map(\.device) == [b])
        }
        #expect(lab.datapath.status.megaflows == 2)
        for index in switches {
            let flows = lab.datapath.flows(bridge: index)
            #expect(flows.count == 1 && flows[0].packets == 11)
            #expect(lab.datapath.portStatus(bridge: index).map(\.received.packets).reduce(0, +) == 11)
            #expect(lab.datapath.portStatus(bridge: index).map(\.sent.packets).reduce(0, +) == 11)
        }
    }

    @Test func aLinkThatGoesDownIsInForceForTheNextPacket() {
        let lab = H()
        let s1 = lab.bridge("s1")
        let s2 = lab.bridge("s2")
        let link = lab.join(s1, s2)
        let a = lab.host(on: s1)
        let b = lab.host(on: s2)
        let frame = H.frame(to: H.mac(b), from: H.mac(a))
        #expect(lab.send(frame, from: a).count == 1)
        lab.datapath.setUp(link: link, false, now: lab.now)
        #expect(lab.send(frame, from: a).isEmpty)
        lab.datapath.setUp(link: link, true, now: lab.now)
        #expect(lab.send(frame, from: a).count == 1)
        lab.datapath.setProfile(
            link: link, forward: LinkProfile(delay: 5_000_000), reverse: LinkProfile(), now: lab.now)
        #expect(lab.send(frame, from: a).isEmpty)
        #expect(lab.advance(by: 4_999_000).isEmpty)
        #expect(lab.advance(by: 2_000).map(\.device) == [b])
    }

    @Test func delaysAddUpAlongAWayToTheNanosecond() {
        let lab = H()
        let switches = (1...5).map { lab.bridge("s\($0)") }
        for index in 1..<5 { lab.join(switches[index - 1], switches[index], LinkProfile(delay: 1_000_003)) }
        let a = lab.host(on: switches[0])
        let b = lab.host(on: switches[4])
        _ = lab.send(H.frame(to: H.mac(b), from: H.mac(a)), from: a)
        #expect(lab.advance(by: 4_000_000).isEmpty)
        // A poller that is late at every hop does not add its lateness up.
        #expect(lab.advance(by: 13).map(\.device) == [b])
        #expect(lab.datapath.pool.inUse == 0)
    }

    @Test func multicastReportsGoOnlyToRouters() {
        let lab = H()
        let s1 = lab.bridge("s1")
        let hosts = (0..<3).map { _ in lab.host(on: s1) }
        // IGMPv2 report for 239.1.1.1 with the router alert option.
        var report = H.macBytes(0x0100_5e01_0101) + H.macBytes(H.mac(hosts[0])) + [0x08, 0x00]
        report += [0x46, 0, 0, 32, 0, 0, 0, 0, 1, 2, 0, 0, 10, 0, 0, 1, 239, 1, 1, 1, 0x94, 4, 0, 0]
        report += [0x16, 0, 0xfa, 0xfd, 239, 1, 1, 1]
        report += [UInt8](repeating: 0, count: 14)
        #expect(lab.send(report, from: hosts[0]).isEmpty)
        var query = report
        query.replaceSubrange(6..<12, with: H.macBytes(H.mac(hosts[2])))
        query[38] = 0x11
        #expect(lab.send(query, from: hosts[2]).count == 2)
        #expect(lab.send(report, from: hosts[0]).map(\.device) == [hosts[2]])
        // Data of groups is flooded all the same.
        #expect(lab.send(H.frame(to: 0x0100_5e01_0101, from: H.mac(hosts[0])), from: hosts[0]).count == 2)
    }

    @Test func oneMegaflowServesAllGroupsButNotThoseOfBridges() {
        let lab = H()
        let s1 = lab.bridge("s1")
        let hosts = (0..<3).map { _ in lab.host(on: s1) }
        for group in 0..<100 as Range<UInt64> {
            #expect(lab.send(H.frame(to: 0x3333_ff00_0000 + group, from: H.mac(hosts[0])), from: hosts[0]).count == 2)
        }
        #expect(lab.datapath.status.megaflows == 1)
        #expect(lab.send(H.frame(to: 0x0100_5e01_0101, from: H.mac(hosts[0])), from: hosts[0]).count == 2)
        #expect(lab.send(H.frame(to: 0x0180_c200_0010, from: H.mac(hosts[0])), from: hosts[0]).count == 2)
        #expect(lab.send(H.frame(to: 0x0180_c200_000e, from: H.mac(hosts[0])), from: hosts[0]).isEmpty)
        #expect(lab.send(H.frame(to: 0x0180_c200_0000, from: H.mac(hosts[0])), from: hosts[0]).isEmpty)
        #expect(lab.datapath.dropCount(.reserved) == 2)
    }
}
