import Testing
import X86

/// Interrupts that arrive while code runs.
@Suite struct InterruptTests {
    /// The local APIC on (SVR), in x2APIC mode: mov ecx, 0x1b; rdmsr; or eax, 0xc00; wrmsr; mov ecx, 0x80f; mov eax, 0x1ff;
    /// xor edx, edx; wrmsr
    static let enable: [UInt8] = [
        0xb9, 0x1b, 0, 0, 0, 0x0f, 0x32, 0x0d, 0, 0x0c, 0, 0, 0x0f, 0x30,
        0xb9, 0x0f, 0x08, 0, 0, 0xb8, 0xff, 1, 0, 0, 0x31, 0xd2, 0x0f, 0x30,
    ]

    /// mov ecx, msr; mov eax, value; xor edx, edx; wrmsr
    private func write(_ register: UInt32, _ value: UInt32) -> [UInt8] {
        func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
        return [0xb9] + bytes(register) + [0xb8] + bytes(value) + [0x31, 0xd2, 0x0f, 0x30]
    }

    /// What an x2APIC does with bits that it sets itself (delivery status, remote IRR), and with reserved ones; Linux writes 0x5700
    /// to LVT0 when it powers off.
    static let writes: [(register: UInt32, value: UInt32, isValid: Bool)] = [
        (0x832, 0x5_1041, true), (0x832, 0x1_4041, false), (0x832, 0x1_0141, false),
        (0x833, 0x1_1641, true), (0x833, 0x1_4041, false), (0x834, 0x1_1441, true), (0x834, 0x1_8041, false),
        (0x835, 0x5700, true), (0x835, 0x1_f741, true), (0x835, 0x1_0841, false), (0x835, 0x3_0041, false),
        (0x836, 0x5400, true), (0x836, 0x1_f441, true), (0x837, 0x1_1041, true), (0x837, 0x1_4041, false),
        (0x837, 0x1_0441, false), (0x830, 0x4_1041, true), (0x830, 0x4_2041, false), (0x830, 0x5_0041, false),
    ]

    @Test(arguments: writes)
    func bitsThatTheAPICSetsAreIgnored(_ test: (register: UInt32, value: UInt32, isValid: Bool)) {
        // Then: xor eax, eax; rdmsr; hlt
        let code = InterruptTests.enable + write(test.register, test.value)
        let guest = LongModeGuest(code + [0x31, 0xc0, 0x0f, 0x32, 0xf4])
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == (test.isValid ? 255 : 13))
        if test.isValid { #expect(guest.cpu[.rax] == UInt64(test.value & ~0x5000)) }
    }

    @Test func interruptIsTakenBehindTheInstructionAfterSTI() {
        // Self IPI 0x40 with interrupts off; sti; nop; nop
        let code = InterruptTests.enable + write(0x83f, 0x40) + [0xfb, 0x90, 0x90, 0xf4]
        let guest = LongModeGuest(code)
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 0x40)
        #expect(guest.stack(0) == UInt64(LongModeGuest.codeAddress + code.count - 2))
        #expect(guest.machine.processors[0].apic.read(offset: 0, size: 4) == 0)
    }

    @Test func shadowOfSTIEndsWithCLI() {
        // sti; cli: nothing is taken between them.
        let code = InterruptTests.enable + write(0x83f, 0x40) + [0xfb, 0xfa, 0x90, 0xf4]
        let guest = LongModeGuest(code)
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 255)
    }

    @Test func priorityHoldsBackUntilTPRFalls() {
        // TPR 0x50 by CR8; self IPI 0x41; sti; nop; hlt would wait; xor eax, eax; mov cr8, rax; nop
        let raise: [UInt8] = [0xb8, 5, 0, 0, 0, 0x44, 0x0f, 0x22, 0xc0]
        let lower: [UInt8] = [0x31, 0xc0, 0x44, 0x0f, 0x22, 0xc0]
        let code = InterruptTests.enable + raise + write(0x83f, 0x41) + [0xfb, 0x90, 0x90] + lower + [0x90, 0xf4]
        let guest = LongModeGuest(code)
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 0x41)
        #expect(guest.stack(0) == UInt64(LongModeGuest.codeAddress + code.count - 2))
    }

    @Test(arguments: [UInt32(0), 1 << 17, 2 << 17])
    func timerEndsHalt(mode: UInt32) {
        // One-shot, periodic: count 1000 at divisor 1. Deadline: rdtsc + 100,000, put together in RDX.
        let start: [UInt8] =
            mode == 2 << 17
            ? [
                0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xc2, 0x48, 0x81, 0xc2, 0xa0, 0x86, 1, 0,
                0x89, 0xd0, 0x48, 0xc1, 0xea, 0x20, 0xb9, 0xe0, 6, 0, 0, 0x0f, 0x30,
            ]
            : write(0x83e, 0xb) + write(0x838, 1000)
        let code = InterruptTests.enable + write(0x832, mode | 0x42) + start + [0xfb, 0xf4, 0x90]
        let guest = LongModeGuest(code)
        // The handler halts with interrupts off; a periodic timer goes on behind it.
        guest.machine.run(seconds: mode == 1 << 17 ? 1 : 10)
        #expect(guest.vector == 0x42)
        #expect(guest.stack(0) == UInt64(LongModeGuest.codeAddress + code.count - 1))
    }

    @Test func nonMaskableInterruptIgnoresFlagAndBlocksItself() {
        // Handler of vector 2: inc dword [0x50000]; iretq. Main: nmi to self twice in a row, nops, hlt.
        let handler = 0x1_2000
        let send = write(0x830, 0x400) + write(0x830, 0x400)
        let guest = LongModeGuest(InterruptTests.enable + send + [0x90, 0x90, 0x90, 0xf4])
        guest.machine.store([0xff, 0x04, 0x25, 0, 0, 5, 0, 0x48, 0xcf], at: handler)
        guest.setGate(2, handler: handler)
        #expect(guest.machine.run() == .halted)
        #expect(guest.machine.load(0x5_0000, UInt32.self) == 2)
    }

    @Test func oneNonMaskableInterruptWaitsBehindTheOneInService() {
        // Handler: inc dword [0x50000]; the first time, three more to self; iretq.
        let handler = 0x1_2000
        let guest = LongModeGuest(InterruptTests.enable + write(0x830, 0x400) + [0x90, 0x90, 0xf4])
        let send = write(0x830, 0x400) + [0x0f, 0x30, 0x0f, 0x30]
        guest.machine.store(
            [0xff, 0x04, 0x25, 0, 0, 5, 0, 0x83, 0x3c, 0x25, 0, 0, 5, 0, 1, 0x75, UInt8(send.count)] + send
                + [0x48, 0xcf], at: handler)
        guest.setGate(2, handler: handler)
        #expect(guest.machine.run() == .halted)
        #expect(guest.machine.load(0x5_0000, UInt32.self) == 2)
    }

    @Test func otherProcessorStartsInRealMode() {
        // INIT and start-up (page 0x12) to all but self; then wait until byte [0x50000] is 0x77.
        let wait: [UInt8] = [0x80, 0x3c, 0x25, 0, 0, 5, 0, 0x77, 0xf3, 0x90, 0x75, 0xf4, 0xb0, 0, 0xe6, 0xf4, 0xf4]
        let guest = LongModeGuest(
            InterruptTests.enable + write(0x830, 0xc_4500) + write(0x830, 0xc_4612) + wait, processorCount: 2)
        // mov ax, 0x5000; mov ds, ax; mov byte [0], 0x77; hlt
        guest.machine.store([0xb8, 0, 0x50, 0x8e, 0xd8, 0xc6, 0x06, 0, 0, 0x77, 0xf4], at: 0x1_2000)
        guest.machine.run()
        #expect(guest.machine.exitCode == 0)
        #expect(guest.machine.load(0x5_0000, UInt8.self) == 0x77)
    }

    @Test func endOfInterruptInMemory() {
        // KVM's PV EOI: flag at 0x50000. Handler: test its bit, clear it, count, iretq.
        let register: UInt32 = 0x4b56_4d04
        let handler = 0x1_2000
        let code =
            InterruptTests.enable + write(register, 0x5_0001) + write(0x83f, 0x40) + [0xfb, 0x90, 0x90]
            + write(0x83f, 0x41) + [0x90, 0x90, 0xf4]
        let guest = LongModeGuest(code, isParavirtual: true)
        // btr dword [0x50000], 0; setc al; add [0x50010], al; iretq
        guest.machine.store(
            [
                0x0f, 0xba, 0x34, 0x25, 0, 0, 5, 0, 0, 0x0f, 0x92, 0xc0, 0x00, 0x04, 0x25, 0x10, 0, 5, 0, 0x48, 0xcf,
            ], at: handler)
        guest.setGate(0x40, handler: handler)
        guest.setGate(0x41, handler: handler)
        #expect(guest.machine.run() == .halted)
        #expect(guest.machine.load(0x5_0010, UInt8.self) == 2)
    }
}
