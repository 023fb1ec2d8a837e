import Board
import Testing

@testable import Chips

/// A driver's view of the chip: registers only.
@Suite struct UART16550Tests {
    let clock = ManualClock()
    let terminal = Terminal()
    let line = InterruptLine(number: 4) { _, _ in }
    let uart: UART16550

    init() { uart = UART16550(line: line, channel: terminal, clock: clock) }

    func get(_ register: Int) -> UInt8 { UInt8(uart.read(offset: UInt64(register), size: 1)) }
    func put(_ register: Int, _ value: UInt8) { uart.write(offset: UInt64(register), size: 1, value: UInt64(value)) }

    /// The steps of Linux's autoconfig() (drivers/tty/serial/8250/8250_port.c): each must answer as a 16550A does.
    @Test func linuxDetectsA16550A() {
        put(1, 0)
        #expect(get(1) & 0x0f == 0)
        put(1, 0x0f)
        #expect(get(1) & 0x0f == 0x0f)
        put(1, 0)
        // Loopback with OUT2 and RTS shows DCD and CTS.
        put(4, 0x1a)
        #expect(get(6) & 0xf0 == 0x90)
        put(4, 0)
        put(3, 0xbf)
        put(2, 0)
        put(3, 0)
        put(2, 1)
        #expect(get(2) >> 6 == 3)
        // Not a chip with an EFR, not a 16750 (64 bytes), not an XScale.
        put(3, 0x80)
        #expect(get(2) != 0)
        put(3, 0xbf)
        #expect(get(2) != 0)
        put(3, 0)
        put(2, 0x21)
        #expect(get(2) >> 5 == 6)
        put(3, 0x80)
        put(2, 0x21)
        #expect(get(2) >> 5 == 6)
        put(3, 0)
        put(1, 0x40)
        #expect(get(1) & 0x40 == 0)
        // The scratch register tells an 8250 from a 16450.
        put(7, 0xa5)
        #expect(get(7) == 0xa5)
        put(7, 0x5a)
        #expect(get(7) == 0x5a)
    }

    @Test func sendsWhatIsWritten() {
        for byte in "boot\n".utf8 {
            #expect(get(5) & 0x60 == 0x60)
            put(0, byte)
        }
        #expect(terminal.text == "boot\n")
    }

    @Test func divisorLatchHidesData() {
        put(3, 0x83)
        put(0, 0x01)
        put(1, 0x02)
        #expect(get(0) == 1 && get(1) == 2)
        put(3, 0x03)
        #expect(terminal.output.isEmpty)
        #expect(get(1) == 0)
        uart.write(offset: 3, size: 1, value: 0x83)
        uart.write(offset: 0, size: 2, value: 0x0001)
        #expect(uart.read(offset: 0, size: 2) == 1)
    }

    @Test func transmitterInterrupt() {
        put(4, 8)
        #expect(get(2) & 0x0f == 1)
        put(1, 2)
        #expect(line.isRaised)
        #expect(get(2) & 0x0f == 2)
        // Reading IIR took it away.
        #expect(!line.isRaised)
        #expect(get(2) & 0x0f == 1)
        put(0, 65)
        #expect(line.isRaised)
        put(1, 0)
        #expect(!line.isRaised)
    }

    @Test func interruptNeedsOut2() {
        put(1, 2)
        #expect(!line.isRaised)
        put(4, 8)
        #expect(line.isRaised)
        put(4, 0x18)
        #expect(!line.isRaised)
    }

    @Test func receivesWithoutFIFO() {
        put(4, 8)
        put(1, 1)
        terminal.type("ab")
        #expect(line.isRaised)
        #expect(get(2) == 4)
        #expect(get(5) & 1 == 1)
        #expect(get(0) == UInt8(ascii: "a"))
        // The second byte was waiting outside.
        #expect(get(5) & 1 == 1)
        #expect(get(0) == UInt8(ascii: "b"))
        #expect(get(5) & 1 == 0)
        #expect(!line.isRaised)
    }

    @Test func triggerLevelAndTimeout() {
        put(3, 0x83)
        put(0, 1)
        put(1, 0)
        put(3, 0x03)
        put(2, 0x81)
        put(4, 8)
        put(1, 1)
        terminal.type("1234567")
        #expect(!line.isRaised)
        #expect(get(2) == 0xc1)
        // Four characters of ten bits at 115200 baud are 347 µs.
        clock.advance(by: 340_000)
        #expect(!line.isRaised)
        clock.advance(by: 10_000)
        #expect(line.isRaised)
        #expect(get(2) == 0xcc)
        #expect(get(0) == UInt8(ascii: "1"))
        #expect(!line.isRaised)
        terminal.type("89")
        #expect(get(2) == 0xc4)
        for byte in "23456789".utf8 { #expect(get(0) == byte) }
        clock.advance(by: 1_000_000)
        #expect(get(2) == 0xc1)
    }

    @Test func nothingIsLostOnALongInput() {
        put(2, 0xc1)
        let sent = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        terminal.type(sent)
        var got: [UInt8] = []
        while get(5) & 1 == 1 { got.append(get(0)) }
        #expect(got == sent)
    }

    @Test func loopbackReturnsBytesAndOverruns() {
        put(2, 1)
        put(4, 0x10)
        for byte in UInt8(0)..<17 { put(0, byte) }
        #expect(terminal.output.isEmpty)
        // Input waits outside while the loop is closed.
        terminal.type("x")
        #expect(get(5) & 3 == 3)
        #expect(get(5) & 3 == 1)
        for byte in UInt8(0)..<16 { #expect(get(0) == byte) }
        #expect(get(5) & 1 == 0)
        put(4, 0)
        #expect(get(0) == UInt8(ascii: "x"))
    }

    @Test func lineStatusComesFirst() {
        put(1, 0x0f)
        put(4, 0x18)
        put(0, 1)
        put(0, 2)
        // Overrun, data, transmitter, modem: in this order.
        #expect(get(2) & 0x0f == 6)
        _ = get(5)
        #expect(get(2) & 0x0f == 4)
        #expect(get(0) == 2)
        #expect(get(2) & 0x0f == 2)
        #expect(get(2) & 0x0f == 0)
        _ = get(6)
        #expect(get(2) & 0x0f == 1)
    }

    @Test func modemLinesTellTheirChanges() {
        #expect(get(6) == 0xb0)
        put(4, 0x10)
        #expect(get(6) == 0x0b)
        put(4, 0x1f)
        #expect(get(6) == 0xfb)
        // The end of ringing counts, its start does not.
        put(4, 0x1b)
        #expect(get(6) == 0xb4)
        #expect(get(6) == 0xb0)
    }

    @Test func clearingTheFIFO() {
        put(2, 1)
        terminal.type("abc")
        put(2, 3)
        #expect(get(5) & 1 == 0)
        terminal.type("d")
        uart.reset()
        #expect(get(5) == 0x60)
        #expect(get(1) == 0 && get(3) == 0 && get(4) == 0)
    }
}
