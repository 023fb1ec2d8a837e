import Board
import Testing

@testable import Chips

@Suite struct PIC8259Tests {
    let ports = Ports()
    let pics: PIC8259Pair

    init() {
        pics = PIC8259Pair { _ in }
        pics.map(in: ports.space)
        // As Linux's init_8259A() does.
        ports.outb(0x20, 0x11)
        ports.outb(0x21, 0x30)
        ports.outb(0x21, 0x04)
        ports.outb(0x21, 0x01)
        ports.outb(0xa0, 0x11)
        ports.outb(0xa1, 0x38)
        ports.outb(0xa1, 0x02)
        ports.outb(0xa1, 0x01)
        ports.outb(0x21, 0)
        ports.outb(0xa1, 0)
    }

    func pulse(_ irq: Int) {
        pics.setLine(irq, isHigh: true)
        pics.setLine(irq, isHigh: false)
    }

    @Test func vectorsOfBothChips() {
        #expect(!pics.isOutputHigh)
        pulse(1)
        #expect(pics.isOutputHigh)
        #expect(pics.acknowledge() == 0x31)
        #expect(!pics.isOutputHigh)
        ports.outb(0x20, 0x61)
        pulse(14)
        #expect(pics.acknowledge() == 0x3e)
        // In service at both.
        ports.outb(0x20, 0x0b)
        ports.outb(0xa0, 0x0b)
        #expect(ports.inb(0x20) == 0x04 && ports.inb(0xa0) == 0x40)
        ports.outb(0xa0, 0x66)
        ports.outb(0x20, 0x62)
        #expect(ports.inb(0x20) == 0 && ports.inb(0xa0) == 0)
    }

    @Test func prioritiesNest() {
        pulse(4)
        #expect(pics.acknowledge() == 0x34)
        pulse(5)
        #expect(!pics.isOutputHigh)
        pulse(3)
        #expect(pics.isOutputHigh)
        #expect(pics.acknowledge() == 0x33)
        // Nonspecific end of interrupt ends the highest.
        ports.outb(0x20, 0x20)
        #expect(!pics.isOutputHigh)
        ports.outb(0x20, 0x20)
        #expect(pics.acknowledge() == 0x35)
    }

    @Test func maskedRequestsWait() {
        ports.outb(0x21, 0xff)
        #expect(ports.inb(0x21) == 0xff)
        pulse(6)
        #expect(!pics.isOutputHigh)
        ports.outb(0x20, 0x0a)
        #expect(ports.inb(0x20) == 0x40)
        ports.outb(0x21, 0xbf)
        #expect(pics.isOutputHigh)
    }

    @Test func levelTriggeredAsksAgain() {
        ports.outb(0x4d0, 0xff)
        ports.outb(0x4d1, 0xff)
        #expect(ports.inb(0x4d0) == 0xf8 && ports.inb(0x4d1) == 0xde)
        pics.setLine(10, isHigh: true)
        #expect(pics.acknowledge() == 0x3a)
        ports.outb(0xa0, 0x20)
        ports.outb(0x20, 0x20)
        #expect(pics.isOutputHigh)
        pics.setLine(10, isHigh: false)
        #expect(!pics.isOutputHigh)
        // It went away before the processor looked: input 7.
        #expect(pics.acknowledge() == 0x37)
        ports.outb(0x20, 0x0b)
        #expect(ports.inb(0x20) == 0)
    }

    @Test func edgeNeedsALowBefore() {
        pics.setLine(1, isHigh: true)
        _ = pics.acknowledge()
        ports.outb(0x20, 0x20)
        #expect(!pics.isOutputHigh)
        pics.setLine(1, isHigh: true)
        #expect(!pics.isOutputHigh)
        pics.setLine(1, isHigh: false)
        pics.setLine(1, isHigh: true)
        #expect(pics.isOutputHigh)
    }

    @Test func automaticEndOfInterrupt() {
        ports.outb(0x20, 0x11)
        ports.outb(0x21, 0x30)
        ports.outb(0x21, 0x04)
        ports.outb(0x21, 0x03)
        pulse(0)
        #expect(pics.acknowledge() == 0x30)
        pulse(5)
        #expect(pics.isOutputHigh)
    }

    @Test func rotation() {
        // Priority to input 4: 3 becomes the lowest.
        ports.outb(0x20, 0xc3)
        pulse(1)
        pulse(6)
        #expect(pics.acknowledge() == 0x36)
        #expect(!pics.isOutputHigh)
        // Rotate on nonspecific end: 6 becomes the lowest, 7 the highest.
        ports.outb(0x20, 0xa0)
        #expect(pics.acknowledge() == 0x31)
        pulse(7)
        #expect(pics.acknowledge() == 0x37)
    }

    @Test func pollCommand() {
        pulse(5)
        ports.outb(0x20, 0x0c)
        #expect(ports.inb(0x20) == 0x85)
        #expect(!pics.isOutputHigh)
        ports.outb(0x20, 0x0c)
        #expect(ports.inb(0x20) & 0x80 == 0)
    }

    @Test func specialMaskLetsLowerOnesThrough() {
        pulse(2 + 1)
        _ = pics.acknowledge()
        pulse(6)
        #expect(!pics.isOutputHigh)
        ports.outb(0x21, 0x08)
        ports.outb(0x20, 0x68)
        #expect(pics.isOutputHigh)
        #expect(pics.acknowledge() == 0x36)
    }
}
