import Testing
import X86

/// Displacements that do not fit an operation's 32 bits once the instruction's place in its page is added.
@Suite struct WideDisplacementTests {
    @Test("LEA at the far end of what RIP reaches")
    func effectiveAddress() {
        let machine = TestMachine()
        // lea rax, [rip + 0x7fffffff]; lea ecx, [eip + 0x7fffffff]; hlt
        machine.write([0x48, 0x8d, 0x05, 0xff, 0xff, 0xff, 0x7f], at: 0x3100)
        machine.write([0x67, 0x8d, 0x0d, 0xff, 0xff, 0xff, 0x7f, 0xf4], at: 0x3107)
        #expect(machine.run(at: 0x3100) == .halted)
        #expect(machine.cpu[.rax] == 0x3107 + 0x7fff_ffff)
        #expect(machine.cpu[.rcx] == 0x310e + 0x7fff_ffff)
    }

    @Test("A direct address of 64 bits, and one by RIP with 32-bit addresses")
    func loads() {
        let machine = TestMachine()
        machine.store(UInt64(0x1122_3344_5566_7788), at: 0x5000)
        // movabs rax, [0x5000]
        machine.write([0x48, 0xa1, 0x00, 0x50, 0, 0, 0, 0, 0, 0], at: 0x3000)
        // mov rcx, [eip + 0x1fee]; hlt
        machine.write([0x67, 0x48, 0x8b, 0x0d, 0xee, 0x1f, 0, 0, 0xf4], at: 0x300a)
        #expect(machine.run(at: 0x3000) == .halted)
        #expect(machine.cpu[.rax] == 0x1122_3344_5566_7788)
        #expect(machine.cpu[.rcx] == 0x1122_3344_5566_7788)
    }
}
