import Board
import Testing

@testable import Chips

@Suite struct PowerManagementTests {
    final class Events { var softOffs = 0 }
    let ports = Ports()
    let clock = ManualClock()
    let line = InterruptLine(number: 9) { _, _ in }
    let events = Events()
    let power: PowerManagement

    init() {
        let events = events
        power = PowerManagement(line: line, clock: clock, onSoftOff: { events.softOffs += 1 })
        power.map(in: ports.space)
    }

    @Test func timerRuns() {
        #expect(ports.inl(0x608) == 0)
        clock.advance(by: 1_000_000_000)
        #expect(ports.inl(0x608) == 3_579_545)
        clock.advance(by: 9_000_000_000)
        #expect(ports.inl(0x608) == 35_795_450 & 0xff_ffff)
    }

    @Test func acpiIsSwitchedOnThroughTheCommandPort() {
        #expect(ports.inw(0x604) & 1 == 0)
        ports.outw(0x604, 1)
        #expect(ports.inw(0x604) & 1 == 0)
        ports.outb(0xb2, 2)
        #expect(ports.inw(0x604) & 1 == 1)
        ports.outb(0xb2, 3)
        #expect(ports.inw(0x604) & 1 == 0)
        // SeaBIOS skips its set-up of system management mode.
        #expect(ports.inl(0x630) & 0x21 == 0x21)
    }

    @Test func powerButtonInterrupts() {
        ports.outb(0xb2, 2)
        ports.outw(0x602, 0x0120)
        power.pressPowerButton()
        #expect(line.isRaised)
        #expect(ports.inw(0x600) == 0x0100)
        ports.outw(0x600, 0x0100)
        #expect(!line.isRaised && ports.inw(0x600) == 0)
    }

    @Test func timerOverflowInterrupts() {
        ports.outb(0xb2, 2)
        ports.outw(0x602, 1)
        clock.advance(by: 2_343_000_000)
        #expect(!line.isRaised)
        // 2^23 ticks.
        clock.advance(by: 1_000_000)
        #expect(line.isRaised)
        ports.outw(0x600, 1)
        #expect(!line.isRaised)
        clock.advance(by: 2_344_000_000)
        #expect(line.isRaised)
    }

    @Test func softOff() {
        ports.outw(0x604, 5 << 10 | 1 << 13)
        #expect(events.softOffs == 0)
        ports.outw(0x604, 0x2000)
        #expect(events.softOffs == 1)
        #expect(ports.inw(0x604) & 0x2000 == 0)
    }

    @Test func generalEvents() {
        ports.outb(0xb2, 2)
        ports.outb(0x628, 0x02)
        power.signal(event: 1)
        power.signal(event: 64)
        #expect(line.isRaised && ports.inb(0x620) == 2)
        ports.outb(0x620, 2)
        #expect(!line.isRaised)
    }
}
