import Testing

@testable import Ports

@Suite struct SpinningTests {
    private func looksOut(_ spinning: inout Spinning, _ now: UInt64) -> Bool { spinning.goesOn(now: now) }

    /// Lets the poller sleep and wake `count` times, with nothing coming while it looks out.
    private func sleeps(_ spinning: inout Spinning, _ now: inout UInt64, count: Int) {
        for _ in 0..<count {
            now += 1_000_000
            #expect(looksOut(&spinning, now) == false)
            spinning.packetsCame(now: now)
        }
    }

    @Test func looksOutAfterPacketsAndThenSleeps() {
        var spinning = Spinning()
        #expect(looksOut(&spinning, 1_000) == false)
        spinning.packetsCame(now: 2_000)
        #expect(looksOut(&spinning, 2_000 + Spinning.longest - 1) == true)
        #expect(looksOut(&spinning, 2_000 + Spinning.longest) == false)
        #expect(looksOut(&spinning, 2_000 + Spinning.longest + 1) == false)
    }

    @Test func givesUpWhereItDoesNotPayAndTriesAgain() {
        var spinning = Spinning()
        var now: UInt64 = 0
        spinning.packetsCame(now: now)
        sleeps(&spinning, &now, count: 16)
        #expect(spinning.span < Spinning.shortest)
        #expect(looksOut(&spinning, now) == false)
        sleeps(&spinning, &now, count: Spinning.trialInterval)
        #expect(spinning.span > Spinning.shortest)
    }

    @Test func staysWhereItPays() {
        var spinning = Spinning()
        var now: UInt64 = 0
        spinning.packetsCame(now: now)
        for _ in 0..<1000 {
            now += 20_000
            #expect(looksOut(&spinning, now) == true)
            spinning.packetsCame(now: now)
        }
        #expect(spinning.span == Spinning.longest)
    }
}
