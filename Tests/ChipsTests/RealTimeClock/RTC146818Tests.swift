import Board
import Testing

@testable import Chips

@Suite struct RTC146818Tests {
    let ports = Ports()
    let clock = ManualClock()
    let line = InterruptLine(number: 8) { _, _ in }
    let rtc: RTC146818

    init() {
        // 2026-02-28 23:59:57 UTC, a Saturday.
        rtc = RTC146818(line: line, clock: clock, epochSeconds: 1_772_323_197)
        rtc.map(in: ports.space)
    }

    func get(_ index: UInt8) -> UInt8 {
        ports.outb(0x70, index | 0x80)
        return ports.inb(0x71)
    }

    func put(_ index: UInt8, _ value: UInt8) {
        ports.outb(0x70, index | 0x80)
        ports.outb(0x71, value)
    }

    func number(_ index: UInt8, bytes: UInt8) -> Int {
        (0..<bytes).reversed().reduce(0) { $0 << 8 | Int(get(index + $1)) }
    }

    func time() -> [UInt8] { [0x32, 9, 8, 7, 4, 2, 0].map { get($0) } }

    @Test func tellsTheTime() {
        #expect(time() == [0x20, 0x26, 0x02, 0x28, 0x23, 0x59, 0x57])
        #expect(get(6) == 7)
        clock.advance(by: 3_000_000_000)
        #expect(time() == [0x20, 0x26, 0x03, 0x01, 0x00, 0x00, 0x00])
        #expect(get(6) == 1)
        #expect(get(0x0d) == 0x80)
    }

    @Test func binaryAndTwelveHours() {
        put(0x0b, 0x04)
        #expect(get(0) == 57 && get(9) == 26)
        #expect(get(4) == 0x80 | 11)
        clock.advance(by: 3_000_000_000)
        #expect(get(4) == 12)
    }

    @Test func setsTheTimeWhileUpdatesAreStopped() {
        put(0x0b, 0x82)
        for (index, value) in [(0, 0x30), (2, 0x15), (4, 0x08), (7, 0x29), (8, 0x02), (9, 0x24), (0x32, 0x20)] {
            put(UInt8(index), UInt8(value))
        }
        clock.advance(by: 5_000_000_000)
        #expect(time() == [0x20, 0x24, 0x02, 0x29, 0x08, 0x15, 0x30])
        put(0x0b, 0x02)
        clock.advance(by: 86_400_000_000_000)
        #expect(time() == [0x20, 0x24, 0x03, 0x01, 0x08, 0x15, 0x30])
    }

    @Test func updateInProgressBeforeTheSecondEnds() {
        #expect(get(0x0a) == 0x26)
        clock.advance(by: 998_000_000)
        #expect(get(0x0a) == 0xa6)
        clock.advance(by: 2_000_000)
        #expect(get(0x0a) == 0x26)
    }

    @Test func updateInterruptEverySecond() {
        put(0x0b, 0x12)
        clock.advance(by: 999_000_000)
        #expect(!line.isRaised)
        clock.advance(by: 1_000_000)
        #expect(line.isRaised)
        #expect(get(0x0c) == 0xd0)
        #expect(!line.isRaised)
        #expect(get(0x0c) == 0)
        clock.advance(by: 1_000_000_000)
        #expect(line.isRaised)
    }

    @Test func periodicInterruptRate() {
        put(0x0a, 0x26)
        put(0x0b, 0x42)
        var count = 0
        for _ in 0..<10_000 {
            clock.advance(by: 100_000)
            if line.isRaised {
                count += 1
                _ = get(0x0c)
            }
        }
        #expect(count == 1024)
    }

    @Test func flagsCanBePolled() {
        #expect(get(0x0c) == 0)
        clock.advance(by: 1_000_000_000)
        // Without the enables there is no interrupt, but the flags are there.
        #expect(get(0x0c) == 0x50)
    }

    @Test func alarm() {
        put(1, 0x02)
        put(3, 0x00)
        put(5, 0xff)
        put(0x0b, 0x22)
        clock.advance(by: 4_900_000_000)
        #expect(!line.isRaised)
        clock.advance(by: 200_000_000)
        #expect(line.isRaised)
        #expect(get(0x0c) & 0xa0 == 0xa0)
        clock.advance(by: 3_599_000_000_000)
        #expect(!line.isRaised)
        clock.advance(by: 1_000_000_000)
        #expect(line.isRaised)
    }

    @Test func memorySizesForFirmware() {
        rtc.describeMachine(below4G: 3 << 30, above4G: 1 << 30, processors: 4)
        let above16M = number(0x34, bytes: 2) << 16
        #expect(above16M == 3 << 30 - 16 << 20)
        #expect(number(0x5b, bytes: 3) == 0x4000)
        #expect(get(0x30) == 0xff && get(0x31) == 0xff)
        #expect(get(0x5f) == 3)
        put(0x40, 0xa5)
        rtc.reset()
        #expect(get(0x40) == 0xa5)
        ports.outb(0x72, 0x40)
        #expect(ports.inb(0x73) == 0)
    }

    @Test func calendarMatchesItself() {
        var seconds = 0
        while seconds < 5_000_000_000 {
            #expect(CivilTime(epochSeconds: seconds).epochSeconds == seconds)
            seconds += 86_400 * 13 + 12_345
        }
        #expect(
            CivilTime(epochSeconds: 951_782_400)
                == CivilTime(
                    year: 2000, month: 2, day: 29, hour: 0, minute: 0, second: 0))
        #expect(CivilTime.weekday(epochSeconds: 0) == 5)
    }
}
