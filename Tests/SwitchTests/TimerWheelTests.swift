import Testing

@testable import Switch

/// A wheel behind a reference, which `#expect` can look at.
private final class BoxedWheel {
    private var wheel: TimerWheel

    init(now: UInt64 = 0) { wheel = TimerWheel(now: now) }

    var count: Int { wheel.count }
    var nextDeadline: UInt64? { wheel.nextDeadline }
    func cancel(_ id: TimerID) -> Bool { wheel.cancel(id) }
    func popExpired(now: UInt64) -> (deadline: UInt64, token: UInt64)? { wheel.popExpired(now: now) }

    @discardableResult
    func schedule(at deadline: UInt64, token: UInt64) -> TimerID { wheel.schedule(at: deadline, token: token) }
}

@Suite("Timer wheel")
struct TimerWheelTests {
    @Test("leaves in order of deadline, first in, first out among equals")
    func order() {
        let wheel = BoxedWheel()
        for (deadline, token) in [(5_000, 1), (3_000, 2), (5_000, 3), (3_001, 4), (5_000, 5)] as [(UInt64, UInt64)] {
            wheel.schedule(at: deadline, token: token)
        }
        #expect(wheel.nextDeadline == 3_000)
        #expect(wheel.popExpired(now: 2_999) == nil)
        var tokens: [UInt64] = []
        while let fired = wheel.popExpired(now: 5_000) { tokens.append(fired.token) }
        #expect(tokens == [2, 4, 1, 3, 5])
        #expect(wheel.nextDeadline == nil)
        #expect(wheel.count == 0)
    }

    @Test("never fires early, not even within a tick")
    func notEarly() {
        let wheel = BoxedWheel(now: 1 << 40)
        let deadline = UInt64(1 << 40) + 700
        wheel.schedule(at: deadline, token: 7)
        #expect(wheel.popExpired(now: deadline - 1) == nil)
        #expect(wheel.popExpired(now: deadline)?.token == 7)
    }

    @Test("a jump of years and the largest deadlines")
    func far() {
        let wheel = BoxedWheel()
        wheel.schedule(at: .max, token: 1)
        wheel.schedule(at: 1 << 62, token: 2)
        wheel.schedule(at: 3_600_000_000_000, token: 3)
        #expect(wheel.nextDeadline == 3_600_000_000_000)
        #expect(wheel.popExpired(now: 3_600_000_000_000)?.token == 3)
        #expect(wheel.nextDeadline == 1 << 62)
        #expect(wheel.popExpired(now: 1 << 63)?.token == 2)
        #expect(wheel.popExpired(now: 1 << 63) == nil)
        #expect(wheel.nextDeadline == .max)
        #expect(wheel.popExpired(now: .max)?.token == 1)
    }

    @Test("a deadline in the past fires at once, before those due later")
    func past() {
        let wheel = BoxedWheel(now: 1_000_000)
        wheel.schedule(at: 1_000_100, token: 1)
        wheel.schedule(at: 5, token: 2)
        #expect(wheel.nextDeadline == 5)
        #expect(wheel.popExpired(now: 1_000_000)?.token == 2)
        #expect(wheel.popExpired(now: 1_000_000) == nil)
        #expect(wheel.popExpired(now: 1_000_100)?.token == 1)
    }

    @Test("a cancelled deadline is gone, and its name stays dead when the entry is used again")
    func cancel() {
        let wheel = BoxedWheel()
        let first = wheel.schedule(at: 1_000_000, token: 1)
        wheel.schedule(at: 1_000_500, token: 2)
        #expect(wheel.cancel(first))
        #expect(wheel.nextDeadline == 1_000_500)
        #expect(!wheel.cancel(first))
        let again = wheel.schedule(at: 900_000, token: 3)
        #expect(!wheel.cancel(first))
        #expect(wheel.nextDeadline == 900_000)
        #expect(wheel.popExpired(now: 900_000)?.token == 3)
        #expect(!wheel.cancel(again))
        #expect(wheel.count == 1)
    }

    /// The stupid oracle: an array, searched for the smallest (deadline, sequence).
    private struct Oracle {
        var entries: [(deadline: UInt64, sequence: Int, token: UInt64, id: TimerID)] = []

        var next: Int? {
            entries.indices.min {
                (entries[$0].deadline, entries[$0].sequence) < (entries[$1].deadline, entries[$1].sequence)
            }
        }
    }

    @Test("agrees with a sorted list under random scheduling, cancelling and jumps", arguments: 0..<20)
    func oracle(seed: Int) {
        var random = RandomSource(seed: UInt64(seed))
        var now = random.next() >> UInt64(8 + random.integer(below: 40))
        let wheel = BoxedWheel(now: now)
        var oracle = Oracle()
        var sequence = 0
        var wrong: [Int] = []
        for step in 0..<3_000 {
            switch random.integer(below: 10) {
            case 0..<5:
                let reach = UInt64(1) << UInt64(random.integer(below: 45))
                var deadline = now &+ (random.next() & (reach - 1))
                if random.integer(below: 20) == 0 { deadline = now - min(now, 5_000) }
                if random.integer(below: 4) == 0, let other = oracle.entries.last { deadline = other.deadline }
                sequence += 1
                let id = wheel.schedule(at: deadline, token: UInt64(sequence))
                oracle.entries.append((deadline, sequence, UInt64(sequence), id))
            case 5:
                guard !oracle.entries.isEmpty else { continue }
                let victim = oracle.entries.remove(at: random.integer(below: oracle.entries.count))
                if !wheel.cancel(victim.id) { wrong.append(step) }
            default:
                if random.integer(below: 8) == 0, let next = oracle.next {
                    now = max(now, oracle.entries[next].deadline)
                } else {
                    now &+= random.next() & ((1 << UInt64(random.integer(below: 34))) - 1)
                }
                while let next = oracle.next, oracle.entries[next].deadline <= now {
                    let fired = wheel.popExpired(now: now)
                    let expected = oracle.entries.remove(at: next)
                    if fired?.deadline != expected.deadline || fired?.token != expected.token { wrong.append(step) }
                }
                if wheel.popExpired(now: now) != nil { wrong.append(step) }
            }
            let next = oracle.next.map { oracle.entries[$0].deadline }
            if wheel.count != oracle.entries.count || wheel.nextDeadline != next { wrong.append(step) }
        }
        #expect(wrong == [])
    }
}
