import Board
import Testing

@testable import Chips

@Suite struct PIT8254Tests {
    let ports = Ports()
    let clock = ManualClock()
    let pit: PIT8254
    final class Edges { var count = 0 }
    let edges = Edges()

    init() {
        let edges = edges
        let line = InterruptLine(number: 0) { _, raised in if raised { edges.count += 1 } }
        pit = PIT8254(line: line, clock: clock)
        pit.map(in: ports.space)
    }

    /// Nanoseconds for a number of ticks.
    func ticks(_ count: UInt64) -> UInt64 { PITCounter.rate.nanoseconds(for: count) }

    func word(_ counter: UInt8) -> Int {
        let low = Int(ports.inb(0x40 + UInt64(counter)))
        return low | Int(ports.inb(0x40 + UInt64(counter))) << 8
    }

    func count(_ counter: UInt8) -> Int {
        ports.outb(0x43, counter << 6)
        return word(counter)
    }

    @Test func rateGeneratorTicksLikeLinuxWantsIt() {
        // HZ = 1000: 1193 ticks, mode 2.
        ports.outb(0x43, 0x34)
        ports.outb(0x40, 0xa9)
        ports.outb(0x40, 0x04)
        edges.count = 0
        clock.advance(by: 1_000_000_000)
        // 1193182 / 1193 = 1000.15
        #expect(edges.count == 1000)
    }

    @Test func countsDownAndLatches() {
        ports.outb(0x43, 0x34)
        ports.outb(0x40, 0)
        ports.outb(0x40, 0)
        #expect(count(0) == 0)
        clock.advance(by: ticks(100))
        ports.outb(0x43, 0x00)
        clock.advance(by: ticks(1000))
        // The latched count, then the running one.
        #expect(word(0) == 65536 - 100)
        #expect((64435...64436).contains(word(0)))
    }

    @Test func oneShotRaisesOnce() {
        ports.outb(0x43, 0x30)
        edges.count = 0
        ports.outb(0x40, 0xe8)
        ports.outb(0x40, 0x03)
        clock.advance(by: ticks(999))
        #expect(edges.count == 0)
        clock.advance(by: ticks(2))
        #expect(edges.count == 1)
        clock.advance(by: ticks(100_000))
        #expect(edges.count == 1)
        // Loading again lowers and rises again.
        ports.outb(0x40, 10)
        ports.outb(0x40, 0)
        clock.advance(by: ticks(11))
        #expect(edges.count == 2)
    }

    @Test func strobeAsLinuxsOneShotEvents() {
        // Mode 4: OUT is high, and falls for a tick when the count is over.
        ports.outb(0x43, 0x38)
        edges.count = 0
        for count in 1...3 {
            ports.outb(0x40, 100)
            ports.outb(0x40, 0)
            clock.advance(by: ticks(100))
            #expect(edges.count == count - 1)
            clock.advance(by: ticks(2))
            #expect(edges.count == count)
            clock.advance(by: ticks(100_000))
            #expect(edges.count == count)
        }
        // A new count while one runs starts anew; its first byte changes nothing.
        ports.outb(0x40, 100)
        ports.outb(0x40, 0)
        clock.advance(by: ticks(60))
        ports.outb(0x40, 200)
        clock.advance(by: ticks(10))
        ports.outb(0x40, 0)
        clock.advance(by: ticks(199))
        #expect(edges.count == 3)
        clock.advance(by: ticks(3))
        #expect(edges.count == 4)
    }

    @Test func squareWave() {
        ports.outb(0x61, 1)
        ports.outb(0x43, 0xb6)
        ports.outb(0x42, 100)
        ports.outb(0x42, 0)
        #expect(ports.inb(0x61) & 0x20 != 0)
        clock.advance(by: ticks(50))
        #expect(ports.inb(0x61) & 0x20 == 0)
        clock.advance(by: ticks(50))
        #expect(ports.inb(0x61) & 0x20 != 0)
        // It counts by twos.
        clock.advance(by: ticks(10))
        #expect((78...80).contains(count(2)))
    }

    @Test func speakerGateAsSeaBIOSCalibratesWithIt() {
        // Gate high, mode 0, 0x800 ticks, wait for OUT.
        ports.outb(0x61, ports.inb(0x61) & ~2 | 1)
        ports.outb(0x43, 0xb0)
        ports.outb(0x42, 0x00)
        ports.outb(0x42, 0x08)
        #expect(ports.inb(0x61) & 0x20 == 0)
        clock.advance(by: ticks(0x7ff))
        #expect(ports.inb(0x61) & 0x20 == 0)
        clock.advance(by: ticks(1))
        #expect(ports.inb(0x61) & 0x20 != 0)
    }

    @Test func gateHoldsTheCount() {
        ports.outb(0x61, 1)
        ports.outb(0x43, 0xb0)
        ports.outb(0x42, 0xe8)
        ports.outb(0x42, 0x03)
        clock.advance(by: ticks(100))
        ports.outb(0x61, 0)
        clock.advance(by: ticks(5000))
        #expect(count(2) == 900)
        ports.outb(0x61, 1)
        clock.advance(by: ticks(50))
        #expect((849...850).contains(count(2)))
    }

    @Test func readBack() {
        ports.outb(0x43, 0x34)
        // Status of counter 0 only: null count, access 3, mode 2.
        ports.outb(0x43, 0xe2)
        #expect(ports.inb(0x40) == 0xf4)
        ports.outb(0x40, 16)
        ports.outb(0x40, 0)
        clock.advance(by: ticks(6))
        // Both: the status comes first.
        ports.outb(0x43, 0xc2)
        #expect(ports.inb(0x40) == 0xb4)
        #expect(ports.inb(0x40) == 10)
        #expect(ports.inb(0x40) == 0)
    }

    @Test func binaryCodedDecimal() {
        ports.outb(0x61, 1)
        ports.outb(0x43, 0xb1)
        ports.outb(0x42, 0x34)
        ports.outb(0x42, 0x12)
        #expect(count(2) == 0x1234)
        clock.advance(by: ticks(35))
        #expect(count(2) == 0x1199)
    }

    @Test func aGuestCannotMakeTheMachineSpin() {
        ports.outb(0x43, 0x34)
        ports.outb(0x40, 1)
        edges.count = 0
        ports.outb(0x40, 0)
        clock.advance(by: 10_000_000)
        #expect(edges.count <= 201)
    }
}
