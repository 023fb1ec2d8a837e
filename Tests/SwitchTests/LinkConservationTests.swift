import Testing

@testable import Switch

@Suite("Link: nothing gets lost unaccounted")
struct LinkConservationTests {
    private func randomProfile(_ random: inout RandomSource) -> LinkProfile {
        func chance() -> LinkProfile.Chance {
            .init(probability: random.uniform() * 0.3, correlation: random.uniform())
        }
        func maybe<T>(_ value: @autoclosure () -> T) -> T? { random.integer(below: 2) == 0 ? value() : nil }
        var profile = LinkProfile(delay: UInt64(random.integer(below: 5_000_000)))
        if random.integer(below: 3) > 0 { profile.rate = 1_000_000 << UInt64(random.integer(below: 16)) }
        if random.integer(below: 3) == 0 { profile.delay = 0 }
        if random.integer(below: 2) == 0 {
            let shapes: [LinkProfile.Distribution] = [.uniform, .normal, .pareto, .table([-2, 0, 7])]
            profile.jitter = .init(
                spread: UInt64(random.integer(below: 3_000_000)), distribution: shapes[random.integer(below: 4)],
                correlation: random.uniform())
        }
        switch random.integer(below: 4) {
        case 0: profile.loss = .random(chance())
        case 1: profile.loss = .gilbertElliott(p: 0.1, r: 0.3, lossBad: 0.9, lossGood: 0.01)
        default: break
        }
        if random.integer(below: 3) == 0 { profile.duplicate = chance() }
        if random.integer(below: 3) == 0 { profile.corrupt = chance() }
        if random.integer(below: 3) == 0 { profile.reorder = .init(chance: chance(), gap: random.integer(below: 4)) }
        if random.integer(below: 4) == 0 { profile.mtu = 500 + random.integer(below: 1_200) }
        switch random.integer(below: 4) {
        case 0: profile.queue = .packets(random.integer(below: 50))
        case 1: profile.queue = .bytes(random.integer(below: 30_000))
        case 2: profile.queue = .time(UInt64(random.integer(below: 20_000_000)))
        default: break
        }
        switch random.integer(below: 3) {
        case 0: profile.aqm = .codel(target: 500_000, interval: 5_000_000, ecn: random.integer(below: 2) == 0)
        case 1: profile.aqm = .red(minimum: 3_000, maximum: 20_000, ecn: random.integer(below: 2) == 0)
        default: break
        }
        return profile
    }

    @Test(
        "in + duplicates = delivered + dropped + queued + on the way, at any time, whatever happens", arguments: 0..<20)
    func conservation(seed: Int) {
        var random = RandomSource(seed: UInt64(seed) + 100)
        let harness = LinkHarness(randomProfile(&random), seed: UInt64(seed))
        var sent: UInt64 = 0
        var wrongSteps: [Int] = []
        for step in 0..<1_500 {
            switch random.integer(below: 40) {
            case 0: harness.setProfile(randomProfile(&random))
            case 1: harness.setUp(false)
            case 2, 3: harness.setUp(true)
            case 4:
                harness.setQueues(
                    (0..<random.integer(below: 4)).map { _ in
                        LinkQueue(
                            id: UInt32(random.integer(below: 4)),
                            minRate: random.integer(below: 2) == 0 ? nil : 500_000,
                            maxRate: random.integer(below: 2) == 0 ? nil : 2_000_000,
                            priority: random.integer(below: 2))
                    })
            case 5..<8: harness.run(until: harness.now + UInt64(random.integer(below: 3_000_000)))
            case 8: harness.jump(to: harness.now + UInt64(random.integer(below: 30_000_000)))
            case 9..<14:
                let payload = 1 + random.integer(below: 20_000)
                harness.send(
                    tcpSuperPacket(payload: payload, segment: 200 + random.integer(below: 1_300), harness: harness))
            default:
                // Some come with the time at which they were due elsewhere.
                let late = UInt64(random.integer(below: 3)) * 50_000
                harness.send(byteCount: 60 + random.integer(below: 1_500), at: harness.now - late) { packet in
                    packet.pointee.queue = UInt32(random.integer(below: 5))
                }
                sent += 1
            }
            let isRight = harness.statistics.isConserved && harness.timerCount <= 1
            if !isRight { wrongSteps.append(step) }
        }
        #expect(wrongSteps == [])
        #expect(harness.statistics.packetsIn >= sent)
        harness.setUp(true)
        harness.drain()
        #expect(harness.statistics.isConserved)
        #expect(harness.statistics.queuedPackets == 0)
        #expect(harness.statistics.flyingPackets == 0)
        #expect(harness.packetsInUse == 0)
        #expect(harness.timerCount == 0)
    }

    @Test("packets come out in order of their due times, never before them", arguments: 0..<10)
    func order(seed: Int) {
        var random = RandomSource(seed: UInt64(seed) + 500)
        let harness = LinkHarness(randomProfile(&random), seed: UInt64(seed))
        for _ in 0..<500 {
            harness.send()
            harness.run(until: harness.now + UInt64(random.integer(below: 200_000)))
        }
        harness.drain()
        let dues = harness.arrivals.map(\.due)
        #expect(dues == dues.sorted())
        #expect(harness.arrivals.allSatisfy { $0.at >= $0.due })
    }
}
