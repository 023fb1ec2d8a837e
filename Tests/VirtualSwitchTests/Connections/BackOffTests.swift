import Testing

@testable import VirtualSwitch

@Suite struct BackOffTests {
    static let second: UInt64 = 1_000_000_000

    @Test func waitsDoubleUpToTheLimit() {
        var backOff = BackOff(maximum: 8 * Self.second, probeInterval: 0, now: 0)
        var now: UInt64 = 0
        backOff.start(now: now)
        var waits: [UInt64] = []
        for _ in 0..<6 {
            let due = backOff.deadline!
            waits.append((due - now) / Self.second)
            if due > now { #expect(backOff.step(now: due - 1) == .nothing) }
            now = due
            #expect(backOff.step(now: now) == .connect)
            backOff.connecting(now: now)
            backOff.failed("refused", now: now)
        }
        #expect(waits == [0, 1, 2, 4, 8, 8])
        #expect(backOff.lastError == "refused")
    }

    @Test func aSilentPeerIsProbedAndThenGivenUp() {
        var backOff = BackOff(maximum: Self.second, probeInterval: 5 * Self.second, now: 0)
        backOff.start(now: 0)
        #expect(backOff.step(now: 0) == .connect)
        backOff.connecting(now: 0)
        backOff.connected(now: 100)
        #expect(backOff.step(now: 5 * Self.second) == .nothing)
        #expect(backOff.step(now: 5 * Self.second + 100) == .probe)
        #expect(backOff.state == .idle)
        backOff.heard(now: 6 * Self.second)
        #expect(backOff.state == .active)
        #expect(backOff.step(now: 11 * Self.second) == .probe)
        #expect(backOff.step(now: 16 * Self.second) == .disconnect)
        #expect(backOff.lastError?.contains("inactivity probe") == true)
    }

    @Test func aConnectionThatLastedIsTriedAgainSoon() {
        var backOff = BackOff(maximum: 60 * Self.second, probeInterval: 0, now: 0)
        backOff.start(now: 0)
        for _ in 0..<5 { backOff.failed(nil, now: 0) }
        #expect(backOff.deadline == 16 * Self.second)
        backOff.connected(now: 16 * Self.second)
        backOff.failed("gone", now: 100 * Self.second)
        #expect(backOff.deadline == 101 * Self.second)
        #expect(backOff.lastDisconnected == 100 * Self.second)
    }
}
