import Board
import Testing

@testable import Chips

@Suite struct I8042Tests {
    final class Events {
        var resets = 0
        var edges = 0
        var a20: [Bool] = []
    }
    let ports = Ports()
    let terminal = Terminal()
    let events = Events()
    let line: InterruptLine
    let chip: I8042

    init() {
        let events = events
        line = InterruptLine(number: 1) { _, raised in if raised { events.edges += 1 } }
        chip = I8042(
            line: line, terminal: terminal, onReset: { events.resets += 1 }, onA20: { events.a20.append($0) })
        chip.map(in: ports.space)
    }

    /// All that can be read now.
    func drain() -> [UInt8] {
        var bytes: [UInt8] = []
        while ports.inb(0x64) & 1 != 0, bytes.count < 100 { bytes.append(ports.inb(0x60)) }
        return bytes
    }

    func command(_ value: UInt8, _ parameter: UInt8? = nil) -> [UInt8] {
        ports.outb(0x64, value)
        if let parameter { ports.outb(0x60, parameter) }
        return drain()
    }

    func keyboard(_ bytes: UInt8...) -> [UInt8] {
        bytes.flatMap { byte in
            ports.outb(0x60, byte)
            return drain()
        }
    }

    @Test func setUpAsSeaBIOSDoes() {
        #expect(drain().isEmpty)
        #expect(command(0xad).isEmpty)
        #expect(command(0xa7).isEmpty)
        #expect(command(0xaa) == [0x55])
        #expect(command(0xab) == [0x00])
        // Both off and no interrupts, then keyboard on: reset, off, scan code set 2, on.
        #expect(command(0x60, 0x30).isEmpty)
        #expect(command(0x60, 0x20).isEmpty)
        #expect(keyboard(0xff) == [0xfa, 0xaa])
        #expect(keyboard(0xf5) == [0xfa])
        #expect(keyboard(0xf0, 0x02) == [0xfa, 0xfa])
        #expect(keyboard(0xf4) == [0xfa])
        #expect(command(0x60, 0x61).isEmpty)
        events.edges = 0
        terminal.type("a")
        #expect(line.isRaised)
        #expect(drain() == [0x1e, 0x9e])
        #expect(events.edges == 2)
    }

    /// drivers/input/serio/i8042.c: the controller's test, control byte, and that there is no mouse.
    @Test func probeAsLinuxDoes() {
        #expect(command(0xaa) == [0x55])
        let control = command(0x20)
        #expect(control == [0x65])
        #expect(command(0x60, 0x74).isEmpty)
        #expect(command(0x20) == [0x74])
        // The loop test's byte comes back without the mouse's flag, and the test of its interface fails.
        ports.outb(0x64, 0xd3)
        ports.outb(0x60, 0x5a)
        #expect(ports.inb(0x64) & 0x21 == 0x01)
        #expect(ports.inb(0x60) == 0x5a)
        #expect(command(0xa9) == [0x01])
        // atkbd: identify, LEDs, reset defaults, rate, enable.
        #expect(command(0x60, 0x44).isEmpty)
        #expect(keyboard(0xf2) == [0xfa, 0xab, 0x41])
        #expect(keyboard(0xed, 0x00) == [0xfa, 0xfa])
        #expect(keyboard(0xf3, 0x00) == [0xfa, 0xfa])
        #expect(keyboard(0xf0, 0x00) == [0xfa, 0xfa, 0x41])
        #expect(keyboard(0xf4) == [0xfa])
        #expect(keyboard(0xee) == [0xee])
        #expect(keyboard(0xfe) == [0xee])
        #expect(keyboard(0xe0) == [0xfe])
    }

    @Test func untranslatedScanCodes() {
        _ = command(0x60, 0x04)
        #expect(keyboard(0xf2) == [0xfa, 0xab, 0x83])
        terminal.type("A\u{1b}[A")
        #expect(drain() == [0x12, 0x1c, 0xf0, 0x1c, 0xf0, 0x12, 0xe0, 0x75, 0xe0, 0xf0, 0x75])
        #expect(keyboard(0xf0, 0x01) == [0xfa, 0xfa])
        terminal.type("\u{1b}[A")
        #expect(drain() == [0xe0, 0x48, 0xe0, 0xc8])
        #expect(!line.isRaised)
    }

    @Test func longTextIsNotLost() {
        let text = "echo The quick brown fox, jumps over 13 lazy dogs! #~\n"
        terminal.type(text)
        var typed: [UInt8] = []
        var isShifted = false
        let plain = Array("  1234567890-=  qwertyuiop[]\n asdfghjkl;'` \\zxcvbnm,./    ".utf8)
        let shifted = Array("  !@#$%^&*()_+  QWERTYUIOP{}  ASDFGHJKL:\"~ |ZXCVBNM<>?    ".utf8)
        while ports.inb(0x64) & 1 != 0 {
            let code = ports.inb(0x60)
            if code & 0x7f == 0x2a {
                isShifted = code < 0x80
            } else if code < 0x80 {
                typed.append(code == 0x39 ? 32 : (isShifted ? shifted : plain)[Int(code)])
            }
        }
        #expect(String(decoding: typed, as: UTF8.self) == text)
    }

    @Test func escapeAloneAndControl() {
        terminal.type("\u{1b}")
        #expect(drain() == [0x01, 0x81])
        terminal.type("\u{3}")
        #expect(drain() == [0x1d, 0x2e, 0xae, 0x9d])
        terminal.type("\u{1b}x")
        #expect(drain() == [0x38, 0x2d, 0xad, 0xb8])
        terminal.type("\u{1b}[24~\u{7f}")
        #expect(drain() == [0x58, 0xd8, 0x0e, 0x8e])
    }

    @Test func keysWaitWhileTheKeyboardIsOff() {
        _ = command(0xad)
        terminal.type("x")
        #expect(drain().isEmpty)
        #expect(command(0xae) == [0x2d, 0xad])
    }

    @Test func resetLineAndA20() {
        ports.outb(0x64, 0xf0)
        #expect(events.resets == 1)
        ports.outb(0x64, 0xfe)
        #expect(events.resets == 2)
        ports.outb(0x64, 0xff)
        #expect(events.resets == 2)
        ports.outb(0x92, 0x00)
        ports.outb(0x92, 0x02)
        #expect(ports.inb(0x92) == 2)
        #expect(command(0xdd).isEmpty)
        #expect(command(0xd0) == [0xc1])
        #expect(events.a20 == [false, true, false])
        ports.outb(0x92, 0x01)
        #expect(events.resets == 3)
        _ = command(0xd1, 0xc2)
        #expect(events.resets == 4)
    }

    @Test func internalMemoryAndUnreadAnswers() {
        #expect(command(0x65, 0x77).isEmpty)
        #expect(command(0x25) == [0x77])
        for _ in 0..<100 { ports.outb(0x64, 0x20) }
        #expect(drain().count <= 9)
    }
}
