import Testing
import X86

/// CPUID and the clock of KVM, as a guest finds them.
@Suite struct IdentificationTests {
    /// cpuid; hlt
    private func identify(_ leaf: UInt32, _ subleaf: UInt32 = 0, isParavirtual: Bool = false) -> [UInt32] {
        let guest = LongModeGuest([0x0f, 0xa2, 0xf4], isParavirtual: isParavirtual, processorCount: 1)
        guest.cpu[.rax] = UInt64(leaf)
        guest.cpu[.rcx] = UInt64(subleaf)
        guest.machine.run()
        return [RegisterNumber.rax, .rbx, .rcx, .rdx].map { UInt32(truncatingIfNeeded: guest.cpu[$0]) }
    }

    @Test func signatureOfAHypervisorOnlyWhereAskedFor() {
        #expect(identify(1)[2] >> 31 == 0)
        #expect(identify(0x4000_0000)[1] == identify(0x16)[1])
        #expect(identify(1, isParavirtual: true)[2] >> 31 == 1)
        let leaf = identify(0x4000_0000, isParavirtual: true)
        #expect(leaf[1...] == [0x4b4d_564b, 0x564b_4d56, 0x4d])
    }

    /// The psABI's x86-64-v2, bit by bit.
    @Test func level2OfThePsABI() {
        let one = identify(1)
        // CX16, POPCNT, SSE3, SSE4.1, SSE4.2, SSSE3
        for bit in [13, 23, 0, 19, 20, 9] { #expect(one[2] >> bit & 1 == 1, "leaf 1 ECX bit \(bit)") }
        // CMOV, CX8, FPU, FXSR, MMX, SSE, SSE2
        for bit in [15, 8, 0, 24, 23, 25, 26] { #expect(one[3] >> bit & 1 == 1, "leaf 1 EDX bit \(bit)") }
        // XSAVE and AVX are not there.
        #expect(one[2] & (1 << 26 | 1 << 27 | 1 << 28) == 0)
        #expect(identify(0x8000_0001)[2] & 1 == 1)
        #expect(identify(0x8000_0001)[3] & (1 << 29 | 1 << 11 | 1 << 20) == 1 << 29 | 1 << 11 | 1 << 20)
    }

    /// Leaf 0x15 gives the counter's frequency by 32-bit arithmetic, as Linux computes it.
    @Test(arguments: [UInt64(1_000_000_000), 2_400_000_000, 2_399_987_000, 3_792_888_000, 4_199_999_000])
    func frequencyOfTheCounter(frequency: UInt64) {
        let machine = SmallMachine(byteCount: 1 << 20)
        let processor = Processor(
            number: 0, memory: machine.processors[0].memory, codePages: machine.processors[0].codePages,
            bus: machine, model: ProcessorModel(timeStampFrequency: frequency))
        let leaf = processor.identification(0x15, 0)
        let kilohertz = leaf.ecx / 1000
        let (product, isTooLarge) = kilohertz.multipliedReportingOverflow(by: leaf.ebx)
        #expect(!isTooLarge)
        #expect(UInt64(product / leaf.eax) == frequency / 1000)
    }

    @Test func modelSpecificRegistersFromOutside() {
        let machine = SmallMachine(byteCount: 1 << 20)
        let processor = machine.processors[0]
        // Memory types: on, write back.
        #expect(processor.setModelSpecificRegister(0x2ff, 0xc06))
        #expect(processor.modelSpecificRegister(0x2ff) == 0xc06)
        // Type 2 is reserved; LSTAR must be canonical; there is no register 0x12345.
        #expect(!processor.setModelSpecificRegister(0x2ff, 0xc02))
        #expect(!processor.setModelSpecificRegister(0xc000_0082, 1 << 47))
        #expect(processor.modelSpecificRegister(0x1_2345) == nil)
    }

    @Test func systemTimeAndWallClock() {
        // mov ecx, 0x4b564d01; mov eax, 0x50001; xor edx, edx; wrmsr; dec ecx; mov eax, 0x50100; wrmsr; rdtsc; hlt
        let guest = LongModeGuest(
            [
                0xb9, 0x01, 0x4d, 0x56, 0x4b, 0xb8, 1, 0, 5, 0, 0x31, 0xd2, 0x0f, 0x30,
                0xff, 0xc9, 0xb8, 0, 1, 5, 0, 0x0f, 0x30, 0x0f, 0x31, 0xf4,
            ], isParavirtual: true)
        #expect(guest.machine.run() == .halted)
        let machine = guest.machine
        let version = machine.load(0x5_0000, UInt32.self)
        #expect(version > 0 && version & 1 == 0)
        let base = machine.load(0x5_0008, UInt64.self)
        let systemTime = machine.load(0x5_0010, UInt64.self)
        let multiplier = UInt64(machine.load(0x5_0018, UInt32.self))
        let shift = machine.load(0x5_001c, Int8.self)
        #expect(machine.load(0x5_001d, UInt8.self) == 1)
        // The guest's arithmetic: ticks since `base` to nanoseconds.
        let now = guest.cpu[.rdx] << 32 | guest.cpu[.rax]
        let ticks = shift >= 0 ? (now - base) << UInt64(shift) : (now - base) >> UInt64(-shift)
        let time = systemTime + (ticks * multiplier) >> 32
        // This machine's counter counts nanoseconds.
        #expect(time.distance(to: now).magnitude <= 2)
        let seconds = UInt64(machine.load(0x5_0104, UInt32.self))
        let wanted = (machine.wallClock() - machine.timeStamp()) / 1_000_000_000
        #expect(seconds.distance(to: wanted).magnitude <= 1)
    }
}
