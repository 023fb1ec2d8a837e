import Testing

@testable import VirtualSwitch

@Suite struct PacketInScheduleTests {
    static let second: UInt64 = 1_000_000_000

    @Test func aBurstPassesAtOnceAndTheRestWaits() {
        var schedule = PacketInSchedule<Int>(rate: 100, burst: 10, now: 0)
        let admitted = (0..<15).filter { schedule.admit($0, port: 1, now: 0) }
        #expect(admitted == Array(0..<10))
        #expect(schedule.count == 5)
        #expect(schedule.next(now: 0) == nil)
        #expect(schedule.nextDeadline == 10_000_000)
        #expect(schedule.next(now: 10_000_000) == 10)
        #expect(schedule.next(now: 10_000_000) == nil)
    }

    @Test func theRateIsKeptOverALongTime() {
        var schedule = PacketInSchedule<Int>(rate: 1000, burst: 25, now: 0)
        var sent = 0
        var now: UInt64 = 0
        // Ten times what is allowed, for ten seconds.
        while now < 10 * Self.second {
            while schedule.next(now: now) != nil { sent += 1 }
            if schedule.admit(0, port: UInt32(now % 3), now: now) { sent += 1 }
            now += 100_000
        }
        #expect(abs(sent - 10_025) <= 1)
        #expect(schedule.count <= 25)
    }

    @Test func aPortThatFloodsLosesItsOwnPackets() {
        var schedule = PacketInSchedule<String>(rate: 1, burst: 8, now: 0)
        for _ in 0..<8 { _ = schedule.admit("", port: 9, now: 0) }
        for number in 0..<8 { _ = schedule.admit("flood \(number)", port: 1, now: 0) }
        _ = schedule.admit("quiet", port: 2, now: 0)
        #expect(schedule.count == 8)
        let sent = (1...8).compactMap { schedule.next(now: $0 * Self.second) }
        #expect(sent.count == 8)
        #expect(sent[1] == "quiet")
        #expect(sent[0] == "flood 1")
    }
}
