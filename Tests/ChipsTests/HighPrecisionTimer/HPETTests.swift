import Board
import Testing

@testable import Chips

@Suite struct HPETTests {
    final class Inputs {
        var rises: [Int] = []
        var levels: [Int: Bool] = [:]
        var legacy: [Bool] = []
    }
    let clock = ManualClock()
    let inputs = Inputs()
    let hpet: HPET

    init() {
        let inputs = inputs
        hpet = HPET(
            clock: clock,
            setInput: { input, isHigh in
                inputs.levels[input] = isHigh
                if isHigh { inputs.rises.append(input) }
            }, onLegacyReplacement: { inputs.legacy.append($0) })
    }

    func get(_ offset: UInt64) -> UInt64 { hpet.read(offset: offset, size: 8) }
    func put(_ offset: UInt64, _ value: UInt64) { hpet.write(offset: offset, size: 8, value: value) }

    @Test func capabilities() {
        #expect(get(0) & 0xffff == 0xa201)
        #expect(get(0) >> 32 == 10_000_000)
        #expect(hpet.read(offset: 4, size: 4) == 10_000_000)
        #expect(get(0x100) & 0x30 == 0x30)
    }

    @Test func counterRunsWhileEnabled() {
        put(0xf0, 0x1_0000_0000)
        clock.advance(by: 1000)
        #expect(get(0xf0) == 0x1_0000_0000)
        put(0x10, 1)
        clock.advance(by: 1000)
        #expect(get(0xf0) == 0x1_0000_0064)
        #expect(hpet.read(offset: 0xf4, size: 4) == 1)
        put(0x10, 0)
        clock.advance(by: 1000)
        #expect(get(0xf0) == 0x1_0000_0064)
    }

    @Test func oneShotOnARoute() {
        put(0x10, 1)
        put(0x120, 0x4 | 20 << 9)
        put(0x128, 100)
        clock.advance(by: 999)
        #expect(inputs.rises.isEmpty)
        clock.advance(by: 1)
        #expect(inputs.rises == [20])
        clock.advance(by: 10_000)
        #expect(inputs.rises == [20])
        // Routes that are not offered do not stick.
        put(0x120, 0x4 | 5 << 9)
        #expect(get(0x120) >> 9 & 0x1f == 0)
    }

    /// As Linux's hpet_clkevt_set_state_periodic() does: stop, value set, comparator twice, start.
    @Test func periodicInLegacyMode() {
        put(0x10, 0)
        put(0xf0, 0)
        hpet.write(offset: 0x100, size: 4, value: 0x14c)
        hpet.write(offset: 0x108, size: 4, value: 100_000)
        hpet.write(offset: 0x108, size: 4, value: 100_000)
        put(0x10, 3)
        #expect(inputs.legacy == [true])
        clock.advance(by: 1_000_000_000)
        #expect(inputs.rises == Array(repeating: 0, count: 1000))
        put(0x10, 1)
        #expect(inputs.legacy == [true, false])
    }

    @Test func levelTriggeredHoldsUntilCleared() {
        put(0x10, 1)
        put(0x140, 0x6 | 17 << 9)
        put(0x148, 50)
        clock.advance(by: 600)
        #expect(inputs.levels[17] == true)
        #expect(get(0x20) == 4)
        put(0x20, 4)
        #expect(inputs.levels[17] == false && get(0x20) == 0)
    }

    @Test func thirtyTwoBitComparatorWraps() {
        put(0xf0, 0xffff_fff0)
        put(0x120, 0x104 | 16 << 9)
        put(0x128, 0x10)
        put(0x10, 1)
        clock.advance(by: 310)
        #expect(inputs.rises.isEmpty)
        clock.advance(by: 10)
        #expect(inputs.rises == [16])
    }

    @Test func aGuestCannotMakeTheMachineSpin() {
        hpet.write(offset: 0x100, size: 4, value: 0x14c)
        hpet.write(offset: 0x108, size: 4, value: 1)
        hpet.write(offset: 0x108, size: 4, value: 1)
        put(0x10, 3)
        clock.advance(by: 10_000_000)
        #expect(inputs.rises.count <= 500)
    }
}
