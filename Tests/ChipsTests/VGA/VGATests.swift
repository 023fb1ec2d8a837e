import Board
import Testing

@testable import Chips

@Suite struct VGATests {
    let ports = Ports()
    let devices = AddressSpace()
    let clock = ManualClock()
    let terminal = Terminal()
    let vga: VGA

    init() {
        vga = VGA(terminal: terminal, clock: clock)
        vga.map(in: ports.space, devices: devices)
    }

    /// Mode 3, 80 × 25, as a video BIOS sets it.
    func setTextMode() {
        ports.outb(0x3c2, 0x67)
        for (index, value) in [0x03, 0x00, 0x03, 0x00, 0x02].enumerated() {
            ports.outw(0x3c4, UInt16(value << 8 | index))
        }
        let crtc: [UInt8] = [
            0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28,
            0x1f, 0x96, 0xb9, 0xa3, 0xff,
        ]
        ports.outw(0x3d4, 0x0011)
        for (index, value) in crtc.enumerated() { ports.outw(0x3d4, UInt16(value) << 8 | UInt16(index)) }
        for (index, value) in [0, 0, 0, 0, 0, 0x10, 0x0e, 0x0f, 0xff].enumerated() {
            ports.outw(0x3ce, UInt16(value << 8 | index))
        }
        _ = ports.inb(0x3da)
        for index in UInt8(0)..<16 {
            ports.outb(0x3c0, index)
            ports.outb(0x3c0, index)
        }
        for (index, value) in [(0x10, 0x0c), (0x11, 0), (0x12, 0x0f), (0x13, 0x08)] {
            ports.outb(0x3c0, UInt8(index))
            ports.outb(0x3c0, UInt8(value))
        }
        ports.outb(0x3c0, 0x20)
        for cell in UInt64(0)..<2000 { devices.write(0xb8000 + 2 * cell, size: 2, value: 0x0720) }
    }

    func write(_ text: String, row: UInt64, column: UInt64 = 0, attribute: UInt64 = 7) {
        for (index, byte) in text.utf8.enumerated() {
            let cell = row * 80 + column + UInt64(index)
            devices.write(0xb8000 + 2 * cell, size: 2, value: attribute << 8 | UInt64(byte))
        }
    }

    func painted() -> String {
        terminal.clear()
        clock.advance(by: 30_000_000)
        return terminal.text
    }

    @Test func showsText() {
        #expect(painted() == "")
        setTextMode()
        write("Hello", row: 0)
        let first = painted()
        #expect(first.contains("\u{1b}[2J"))
        #expect(first.contains("\u{1b}[1;1H\u{1b}[0;39;49mHello"))
        #expect(devices.read(0xb8000, size: 4) == 0x0765_0748)
        // Only what has changed.
        write("p!", row: 0, column: 3, attribute: 0x1c)
        #expect(painted() == "\u{1b}[1;4H\u{1b}[0;91;44mp!\u{1b}[0m\u{1b}[?25h\u{1b}[1;1H")
        #expect(painted() == "")
    }

    @Test func cursorMovesAndHides() {
        setTextMode()
        _ = painted()
        ports.outw(0x3d4, 0x000e)
        ports.outw(0x3d4, 0xa50f)
        #expect(painted() == "\u{1b}[?25h\u{1b}[3;6H")
        ports.outw(0x3d4, 0x200a)
        #expect(painted() == "\u{1b}[?25l")
    }

    @Test func scrollingIsTheTerminals() {
        setTextMode()
        for row in UInt64(0)..<25 { write("line \(row)", row: row) }
        _ = painted()
        // As vgacon does it: the start moves down, the new last row is cleared and written.
        ports.outw(0x3d4, 0x500d)
        write("line 25 ", row: 25)
        for cell in UInt64(25 * 80 + 8)..<(26 * 80) { devices.write(0xb8000 + 2 * cell, size: 2, value: 0x0720) }
        let text = painted()
        #expect(text.contains("\u{1b}[25;1H\n"))
        #expect(text.contains("line 25"))
        #expect(!text.contains("line 24"))
    }

    @Test func boxDrawingIsUnicode() {
        #expect(ScreenPainter.characters.count == 256)
        setTextMode()
        devices.write(0xb8000, size: 1, value: 0xc9)
        devices.write(0xb8002, size: 1, value: 0xdb)
        devices.write(0xb8004, size: 1, value: 0xe1)
        #expect(painted().contains("╔█ß"))
        #expect(ScreenPainter.characters[0xb3] == "│" && ScreenPainter.characters[0xfe] == "■")
    }

    @Test func graphicsAreAnnounced() {
        setTextMode()
        _ = painted()
        _ = ports.inb(0x3da)
        ports.outb(0x3c0, 0x30)
        ports.outb(0x3c0, 0x01)
        #expect(painted().contains("graphics"))
    }

    /// setfont: plane 2 alone, in sequential order, at 0xA0000.
    @Test func fontsGoToPlaneTwo() {
        setTextMode()
        write("A", row: 0)
        ports.outw(0x3c4, 0x0402)
        ports.outw(0x3c4, 0x0704)
        ports.outw(0x3ce, 0x0005)
        ports.outw(0x3ce, 0x0006)
        ports.outw(0x3ce, 0x0204)
        devices.write(0xa0000, size: 1, value: 0x5a)
        #expect(devices.read(0xa0000, size: 1) == 0x5a)
        #expect(vga.memory[0] == 0x005a_0741)
    }

    @Test func writeModesWithLatches() {
        setTextMode()
        ports.outw(0x3c4, 0x0f02)
        ports.outw(0x3c4, 0x0604)
        ports.outw(0x3ce, 0x0005)
        ports.outw(0x3ce, 0x0506)
        vga.memory[16] = 0x4433_2211
        // Read latches, copy with write mode 1.
        _ = devices.read(0xa0010, size: 1)
        ports.outw(0x3ce, 0x0105)
        devices.write(0xa0020, size: 1, value: 0)
        #expect(vga.memory[32] == 0x4433_2211)
        // Mode 2: the colour's bits, under a bit mask, with XOR.
        ports.outw(0x3ce, 0x0205)
        ports.outw(0x3ce, 0x0f08)
        ports.outw(0x3ce, 0x1803)
        devices.write(0xa0020, size: 1, value: 0x05)
        #expect(vga.memory[32] == 0x443c_221e)
        // Mode 0: rotation, set/reset of plane 3.
        ports.outw(0x3ce, 0x0005)
        ports.outw(0x3ce, 0xff08)
        ports.outw(0x3ce, 0x0403)
        ports.outw(0x3ce, 0x0801)
        ports.outw(0x3ce, 0x0800)
        devices.write(0xa0030, size: 1, value: 0x12)
        #expect(vga.memory[48] == 0xff21_2121)
        // Mode 3: set/reset where the byte and the mask have ones.
        ports.outw(0x3ce, 0x0003)
        ports.outw(0x3ce, 0x0305)
        _ = devices.read(0xa0030, size: 1)
        devices.write(0xa0030, size: 1, value: 0xf0)
        #expect(vga.memory[48] == 0xff01_0101)
        // Read mode 1: pixels of colour 8.
        ports.outw(0x3ce, 0x0805)
        ports.outw(0x3ce, 0x0802)
        ports.outw(0x3ce, 0x0f07)
        #expect(devices.read(0xa0030, size: 1) == 0xfe)
    }

    @Test func registersReadBackAndProtect() {
        setTextMode()
        ports.outb(0x3d4, 0x01)
        #expect(ports.inb(0x3d5) == 0x4f)
        ports.outb(0x3d5, 0x27)
        // Protected by register 11 bit 7.
        #expect(ports.inb(0x3d5) == 0x4f)
        #expect(ports.inb(0x3cc) == 0x67)
        // The monochrome place is not there.
        #expect(ports.inb(0x3b5) == 0xff)
        ports.outb(0x3c8, 5)
        for value in UInt8(1)...3 { ports.outb(0x3c9, value) }
        ports.outb(0x3c7, 5)
        #expect((0..<3).map { _ in ports.inb(0x3c9) } == [1, 2, 3])
    }

    @Test func retraceComesAndGoes() {
        setTextMode()
        var seen: Set<UInt8> = []
        for _ in 0..<2000 {
            clock.advance(by: 10_000)
            seen.insert(ports.inb(0x3da))
        }
        #expect(seen == [0, 1, 9])
    }
}
