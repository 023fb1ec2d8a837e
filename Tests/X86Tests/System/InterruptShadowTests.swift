import Testing
@testable import X86

/// STI and loads of SS hold interrupts back for one instruction, wherever that one is.
@Suite struct InterruptShadowTests {
    /// Runs the first operation of the code at `address`.
    /// - Returns: whether the next one follows in the same block, and what holds interrupts back.
    private func runFirst(_ code: [UInt8], at address: UInt64) throws -> (goesOn: Bool, shadow: UInt8, rip: UInt64) {
        let machine = TestMachine()
        machine.write(code, at: address)
        machine.cpu.set(StateLayout.rip, address)
        let op = try #require(machine.processor.lookUp())
        let next = op.load(as: Handler.self)(machine.cpu.raw, op)
        return (
            next != nil, machine.cpu.get(StateLayout.interruptShadow),
            machine.cpu.get(StateLayout.rip)
        )
    }

    @Test("STI and HLT in one block need nothing; in two pages, HLT runs alone")
    func sti() throws {
        let together = try runFirst([0xfb, 0xf4], at: 0x3000)
        #expect(together.goesOn && together.shadow == 0)
        let apart = try runFirst([0xfb, 0xf4], at: 0x3fff)
        #expect(!apart.goesOn && apart.shadow == InterruptShadow.interruptFlag && apart.rip == 0x4000)
    }

    @Test("STI as the last instruction that a block has room for")
    func limit() throws {
        let machine = TestMachine()
        let count = BlockBuilder.instructionLimit - 1
        machine.write([UInt8](repeating: 0xf8, count: count) + [0xfb, 0xf4], at: 0x3000)
        machine.cpu.set(StateLayout.rip, UInt64(0x3000))
        var next = machine.processor.lookUp()
        while let op = next { next = op.load(as: Handler.self)(machine.cpu.raw, op) }
        #expect(machine.cpu.get(StateLayout.interruptShadow, as: UInt8.self) == InterruptShadow.interruptFlag)
        #expect(machine.cpu.get(StateLayout.rip, as: UInt64.self) == 0x3000 + UInt64(count) + 1)
    }

    @Test("MOV SS at the end of a page, and within one")
    func stackSegment() throws {
        // mov ss, cx: a null selector, which 64-bit code of privilege 0 may load
        let apart = try runFirst([0x8e, 0xd1, 0x90], at: 0x3ffe)
        #expect(!apart.goesOn && apart.shadow == InterruptShadow.stackSegment && apart.rip == 0x4000)
        let together = try runFirst([0x8e, 0xd1, 0x90], at: 0x3000)
        #expect(together.goesOn && together.shadow == 0)
    }
}
