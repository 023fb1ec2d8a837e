import Testing
import Wire

@testable import Switch

@Suite("Link: CoDel, RED and congestion marks")
struct LinkDisciplineTests {
    private static let ms: UInt64 = 1_000_000

    @Test("CoDel: first drop after an interval above the target, then at shrinking distances, and resumed where it was")
    func codelLaw() {
        var codel = ControlledDelay(target: 5 * Self.ms, interval: 100 * Self.ms, ecn: false)
        func judge(_ time: UInt64, sojourn: UInt64 = 10, isFirst: Bool = true, backlog: Int = 50_000) -> Bool {
            codel.judge(sojourn: sojourn * Self.ms, backlog: backlog, now: time * Self.ms, isFirst: isFirst) == .drop
        }
        #expect(!judge(1000))
        #expect(!judge(1099))
        #expect(judge(1100))
        #expect(!judge(1100, isFirst: false))
        #expect(!judge(1199))
        // 1200, then 100/√2 = 70.7 on, then 100/√3 = 57.7 on.
        #expect(judge(1200))
        #expect(!judge(1270))
        #expect(judge(1271))
        #expect(!judge(1328))
        #expect(judge(1329))
        // Below the target once: over.
        #expect(!judge(1330, sojourn: 4))
        #expect(!judge(1340))
        #expect(!judge(1439))
        // Count was 4 and began at 1: goes on at 3, so the next is 57.7 later.
        #expect(judge(1440))
        #expect(!judge(1497))
        #expect(judge(1498))
        // A queue of one frame is never too long.
        #expect(!judge(2000, backlog: 1500))
    }

    /// RFC 8289, section 5, written down as it stands there, over an array.
    private struct ReferenceCoDel {
        var queue: [(id: UInt64, arrival: UInt64, bytes: Int)] = []
        var firstAbove: UInt64 = 0
        var dropNext: UInt64 = 0
        var count = 0
        var lastCount = 0
        var dropping = false
        var drops: [UInt64] = []
        let target = 5 * LinkDisciplineTests.ms
        let interval = 100 * LinkDisciplineTests.ms

        func law(_ time: UInt64) -> UInt64 { time + UInt64(Double(interval) / Double(count).squareRoot()) }

        mutating func doDequeue(_ now: UInt64) -> (packet: (id: UInt64, arrival: UInt64, bytes: Int), ok: Bool)? {
            guard !queue.isEmpty else {
                firstAbove = 0
                return nil
            }
            let packet = queue.removeFirst()
            let bytes = queue.reduce(0) { $0 + $1.bytes }
            if now - packet.arrival < target || bytes <= 1514 {
                firstAbove = 0
                return (packet, false)
            }
            if firstAbove == 0 {
                firstAbove = now + interval
                return (packet, false)
            }
            return (packet, now >= firstAbove)
        }

        mutating func dequeue(_ now: UInt64) -> (id: UInt64, arrival: UInt64, bytes: Int)? {
            var next = doDequeue(now)
            guard next != nil else {
                dropping = false
                return nil
            }
            if dropping {
                if !next!.ok { dropping = false }
                while dropping, now >= dropNext, let current = next {
                    drops.append(current.packet.id)
                    count += 1
                    next = doDequeue(now)
                    if next?.ok != true { dropping = false } else { dropNext = law(dropNext) }
                }
            } else if next!.ok {
                drops.append(next!.packet.id)
                next = doDequeue(now)
                dropping = true
                let delta = count - lastCount
                count = 1
                if delta > 1, Int64(now) - Int64(dropNext) < Int64(16 * interval) { count = delta }
                dropNext = law(now)
                lastCount = count
            }
            return next?.packet
        }
    }

    @Test("CoDel in a link drops what the RFC's own code drops, with a poller that comes late", arguments: 0..<5)
    func codelAgainstReference(seed: Int) {
        let rate: UInt64 = 10_000_000
        let harness = LinkHarness(LinkProfile(rate: rate, queue: .packets(10_000), aqm: .codel()))
        var random = RandomSource(seed: UInt64(seed))
        var arrivals: [(time: UInt64, bytes: Int)] = []
        var time = harness.now
        // Busy for a while, calm for a while; 1,000 bytes take 0.8 ms.
        for phase in 0..<12 {
            let gap: UInt64 = phase % 2 == 0 ? 1_200_000 : 2_400_000
            for _ in 0..<500 {
                time += random.next() % gap
                arrivals.append((time, 200 + random.integer(below: 1_300)))
            }
        }
        var reference = ReferenceCoDel()
        var expected: [UInt64] = []
        var free: UInt64 = 0
        var remainder: UInt64 = 0
        func work(_ bytes: Int, from start: UInt64) {
            let total = UInt64(bytes) * 8_000_000_000 + remainder
            free = start + total / rate
            remainder = total % rate
        }
        for (id, arrival) in arrivals.enumerated() {
            while free <= arrival.time, let packet = reference.dequeue(free) {
                expected.append(packet.id)
                work(packet.bytes, from: max(free, packet.arrival))
            }
            reference.queue.append((UInt64(id), arrival.time, arrival.bytes))
            if free <= arrival.time, let packet = reference.dequeue(arrival.time) {
                expected.append(packet.id)
                work(packet.bytes, from: arrival.time)
            }
        }
        while let packet = reference.dequeue(free) {
            expected.append(packet.id)
            work(packet.bytes, from: free)
        }
        for arrival in arrivals {
            // The poller looks now and then only; packets carry the times at which they arrived.
            if random.integer(below: 7) == 0 { harness.jump(to: arrival.time) }
            harness.send(byteCount: arrival.bytes, at: arrival.time)
        }
        harness.drain()
        #expect(!reference.drops.isEmpty)
        #expect(harness.statistics[.aqm] == UInt64(reference.drops.count))
        #expect(harness.ids == expected)
        #expect(harness.arrivals.last?.due == free)
    }

    @Test(
        "RED: the average follows the queue with weight 0.002, nothing below the minimum, everything above the maximum")
    func redAverage() {
        var red = RandomEarlyDetection(minimum: 10_000, maximum: 30_000, probability: 0.1, ecn: false)
        var random = RandomSource(seed: 1)
        var average = 0.0
        var wrong: [UInt64] = []
        for step in 0..<5_000 as Range<UInt64> {
            let verdict = red.judge(backlog: 50_000, now: step, idle: nil, nanosecondsPerByte: 80, random: &random)
            average += 0.002 * (50_000 - average)
            let isRight =
                abs(red.average - average) < 1e-6
                && (average < 10_000 ? verdict == .pass : average < 30_000 || verdict == .drop)
            if !isRight { wrong.append(step) }
        }
        #expect(wrong == [])
        // 8 ms idle at 80 ns a byte are 100 typical frames.
        let before = red.average
        _ = red.judge(backlog: 0, now: 8_005_000, idle: 5_000, nanosecondsPerByte: 80, random: &random)
        let decayed = before * RandomSource.exponential(100 * RandomSource.logarithm(0.998)) * 0.998
        #expect(abs(red.average - decayed) < 1e-6)
    }

    @Test("RED: between the thresholds, marks come at uniform distances of at most 1/p packets")
    func redSpacing() {
        var red = RandomEarlyDetection(minimum: 10_000, maximum: 30_000, probability: 0.1, ecn: true)
        var random = RandomSource(seed: 5)
        var gaps: [Int] = []
        var since = 0
        for step in 0..<60_000 {
            let verdict = red.judge(backlog: 20_000, now: 0, idle: nil, nanosecondsPerByte: 8, random: &random)
            guard step > 10_000 else { continue }
            since += 1
            if verdict == .markOrDrop {
                gaps.append(since)
                since = 0
            }
        }
        // p = 0.1 · (20,000 − 10,000) / 20,000 = 1/20.
        #expect(gaps.dropFirst().max()! <= 21)
        let mean = Double(gaps.reduce(0, +)) / Double(gaps.count)
        #expect(abs(mean - 10.5) < 0.5)
    }

    /// An Ethernet frame with an IPv4 header of the given ECN field and a right checksum.
    private func ipv4(ecn: UInt8, byteCount: Int = 1000, vlan: Bool = false) -> [UInt8] {
        var model = FrameModel()
        model.transport = .udpWithoutChecksum
        model.trafficClass = 0xb8 | ecn
        model.tags = vlan ? [VLANTag(control: 5)] : []
        model.payload = [UInt8](repeating: 0, count: byteCount - model.l4 - model.transportByteCount)
        return model.bytes()
    }

    private func mark(_ frame: [UInt8]) -> (marked: Bool, frame: [UInt8]) {
        var pool = PacketPool()
        let packet = frame.withUnsafeBytes { pool.allocate(copying: $0)! }
        let marked = CongestionMark.apply(to: packet)
        return (marked, Array(packet.bytes))
    }

    @Test("Congestion Experienced on IPv4, with and without a tag: the field set, the checksum right, nothing else")
    func markIPv4() {
        for vlan in [false, true] {
            for ecn in [1, 2, 3] as [UInt8] {
                let (marked, frame) = mark(ipv4(ecn: ecn, vlan: vlan))
                #expect(marked)
                #expect(frame == ipv4(ecn: 3, vlan: vlan))
            }
            let (marked, frame) = mark(ipv4(ecn: 0, vlan: vlan))
            #expect(!marked)
            #expect(frame == ipv4(ecn: 0, vlan: vlan))
        }
    }

    @Test("Congestion Experienced on IPv6; truncated and foreign frames are left alone")
    func markOthers() {
        var frame =
            [UInt8](repeating: 2, count: 12) + [0x86, 0xdd, 0x60, 0x20, 0, 0] + [UInt8](repeating: 0, count: 36)
        #expect(mark(frame).marked)
        #expect(mark(frame).frame[15] == 0x30)
        frame[15] = 0
        #expect(!mark(frame).marked)
        #expect(!mark(Array(ipv4(ecn: 1).prefix(33))).marked)
        #expect(!mark(Array(ipv4(ecn: 1, vlan: true).prefix(15))).marked)
        #expect(!mark([UInt8](repeating: 2, count: 12) + [8, 6] + [UInt8](repeating: 0xff, count: 60)).marked)
    }

    @Test("CoDel with ECN marks capable packets instead of dropping them, and drops the others")
    func codelMarks() {
        for (ecn, marks) in [(1, true), (0, false)] as [(UInt8, Bool)] {
            let harness = LinkHarness(
                LinkProfile(rate: 10_000_000, aqm: .codel(ecn: true)))
            let frame = ipv4(ecn: ecn)
            for _ in 0..<900 { harness.send(harness.allocate(copying: frame)) }
            harness.drain()
            #expect((harness.statistics.marks > 0) == marks)
            #expect((harness.statistics[.aqm] > 0) == !marks)
            #expect(harness.statistics.isConserved)
        }
    }
}
