import Board
import Testing

/// A device that answers with its own number, and remembers the last access.
private final class Echo: IODevice {
    let number: UInt64
    var last: (offset: UInt64, size: Int, value: UInt64)?

    init(_ number: UInt64) { self.number = number }

    func read(offset: UInt64, size: Int) -> UInt64 { number << 32 | offset }
    func write(offset: UInt64, size: Int, value: UInt64) { last = (offset, size, value) }
}

@Suite("Address space")
struct AddressSpaceTests {
    @Test("each access goes to the device of its range, with its offset there; between them nobody answers")
    func ranges() {
        let space = AddressSpace()
        let (low, high) = (Echo(1), Echo(2))
        #expect(space.map(high, at: 0x200, byteCount: 16, name: "high") == nil)
        #expect(space.map(low, at: 0x100, byteCount: 16, name: "low") == nil)
        #expect(space.read(0x100, size: 4) == 1 << 32)
        #expect(space.read(0x20f, size: 1) == 2 << 32 | 15)
        #expect(space.read(0x110, size: 4) == .max)
        #expect(space.read(0xff, size: 1) == .max)
        space.write(0x205, size: 2, value: 77)
        #expect(high.last?.offset == 5 && high.last?.size == 2 && high.last?.value == 77)
        space.unmap(at: 0x200)
        #expect(space.read(0x200, size: 1) == .max)
        #expect(space.read(0x10f, size: 1) == 1 << 32 | 15)
    }

    @Test("a range that is taken is refused, with the name of who has it", arguments: [0xf1, 0x100, 0x10f])
    func taken(start: UInt64) {
        let space = AddressSpace()
        space.map(Echo(1), at: 0x100, byteCount: 16, name: "serial")
        #expect(space.map(Echo(2), at: start, byteCount: 16, name: "other") == "serial")
        #expect(space.entries.count == 1)
    }
}
