import Testing
import X86

/// Real and protected mode, and the way between all modes.
@Suite struct ModeTests {
    @Test func resetVector() {
        let machine = SmallMachine(byteCount: 1 << 20)
        #expect(machine.cpu.get(StateLayout.rip, as: UInt64.self) == 0xfff0)
        #expect(machine.cpu.get(StateLayout.segments + 32, as: UInt64.self) == 0xffff_0000)
        #expect(machine.cpu.get(StateLayout.cr0, as: UInt64.self) == 0x6000_0010)
        #expect(machine.cpu.flags == 2)
    }

    /// Real mode at 0:0x1000.
    private func real(_ code: [UInt8]) -> SmallMachine {
        let machine = SmallMachine(byteCount: 1 << 20)
        machine.store(code, at: 0x1000)
        let at = StateLayout.segments + 32
        machine.cpu.set(at + SegmentField.base, UInt64(0))
        machine.cpu.set(at + SegmentField.selector, UInt16(0))
        machine.cpu.set(StateLayout.rip, UInt64(0x1000))
        machine.cpu[.rsp] = 0x8000
        machine.processors[0].modeChanged()
        return machine
    }

    @Test func softwareInterruptInRealMode() {
        // int 0x21; mov [0x500], ax; hlt.  Handler at 0x20:0x10: mov ax, 0x1234; iret
        let machine = real([0xcd, 0x21, 0xa3, 0, 5, 0xf4])
        machine.store(UInt32(0x0020_0010), at: 0x21 * 4)
        machine.store([0xb8, 0x34, 0x12, 0xcf], at: 0x210)
        #expect(machine.run() == .halted)
        #expect(machine.load(0x500, UInt16.self) == 0x1234)
        #expect(machine.cpu[.rsp] == 0x8000)
        // IP, CS, FLAGS as they were pushed.
        #expect(machine.load(0x7ffa, UInt16.self) == 0x1002)
    }

    @Test func sameOffsetInAnotherSegment() {
        // 0x100:0: call 0x20; mov bl, 1 … the same in 0x200, with mov bl, 2; hlt. Both return to offset 3.
        let machine = real([0xea, 0, 0, 0, 1])
        for segment in [0x1000, 0x2000] { machine.store([0xe8, 0x1d, 0], at: segment) }
        for segment in [0x1000, 0x2000] { machine.store([UInt8(0xc3)], at: segment + 0x20) }
        // mov bl, 1; jmp 0x200:0
        machine.store([0xb3, 1, 0xea, 0, 0, 0, 2], at: 0x1003)
        // mov bh, 2; hlt
        machine.store([0xb7, 2, 0xf4], at: 0x2003)
        machine.store([0xea, 0, 0, 0, 1], at: 0x3000)
        machine.cpu.set(StateLayout.rip, UInt64(0x3000))
        #expect(machine.run() == .halted)
        #expect(machine.cpu[.rbx] == 0x201)
    }

    @Test func realToProtectedToLongMode() {
        // 0x1000: cli; lgdt [0x600]; mov eax, cr0; or al, 1; mov cr0, eax; jmp 8:0x1100
        let machine = real([
            0xfa, 0x0f, 0x01, 0x16, 0, 6, 0x0f, 0x20, 0xc0, 0x0c, 1, 0x0f, 0x22, 0xc0, 0xea, 0, 0x11, 8, 0,
        ])
        // 32 bits: mov eax, 0x10; mov ss, ax; mov esp, 0x7000; mov dword [0x500], 0x32; mov eax, cr4; or al, 0x20;
        // mov cr4, eax; mov eax, 0x9000; mov cr3, eax; mov ecx, 0xc0000080; rdmsr; or ah, 1; wrmsr; mov eax, cr0;
        // or eax, 0x80000000; mov cr0, eax; jmp 0x18:0x1200
        machine.store(
            [
                0xb8, 0x10, 0, 0, 0, 0x8e, 0xd0, 0x8e, 0xd8, 0xbc, 0, 0x70, 0, 0,
                0xc7, 0x05, 0, 5, 0, 0, 0x32, 0, 0, 0,
                0x0f, 0x20, 0xe0, 0x0c, 0x20, 0x0f, 0x22, 0xe0, 0xb8, 0, 0x90, 0, 0, 0x0f, 0x22, 0xd8,
                0xb9, 0x80, 0, 0, 0xc0, 0x0f, 0x32, 0x80, 0xcc, 1, 0x0f, 0x30,
                0x0f, 0x20, 0xc0, 0x0d, 0, 0, 0, 0x80, 0x0f, 0x22, 0xc0, 0xea, 0, 0x12, 0, 0, 0x18, 0,
            ], at: 0x1100)
        // 64 bits: mov rax, 0x1122334455667788; mov [0x508], rax; mov ecx, 0xc0000080; rdmsr; hlt
        machine.store(
            [
                0x48, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x48, 0x89, 0x04, 0x25, 8, 5, 0, 0,
                0xb9, 0x80, 0, 0, 0xc0, 0x0f, 0x32, 0xf4,
            ], at: 0x1200)
        machine.store([0x1f, 0, 0, 7, 0, 0], at: 0x600)
        for (index, descriptor) in [
            UInt64(0), 0x00cf_9b00_0000_ffff, 0x00cf_9300_0000_ffff, 0x00af_9b00_0000_ffff,
        ].enumerated() {
            machine.store(descriptor, at: 0x700 + index * 8)
        }
        machine.store(UInt64(0xa003), at: 0x9000)
        machine.store(UInt64(0xb003), at: 0xa000)
        machine.store(UInt64(0x83), at: 0xb000)
        #expect(machine.run() == .halted)
        #expect(machine.load(0x500, UInt32.self) == 0x32)
        #expect(machine.load(0x508, UInt64.self) == 0x1122_3344_5566_7788)
        // LME and LMA.
        #expect(machine.cpu[.rax] == 0x500)
        // Accessed and dirty were set in the large page's entry, accessed above.
        #expect(machine.load(0xb000, UInt64.self) == 0xe3)
        #expect(machine.load(0x9000, UInt64.self) == 0xa023)
    }

    /// Flat 32-bit code at 0x1_0000 with a table of gates.
    private func protected(_ code: [UInt8]) -> SmallMachine {
        let machine = SmallMachine(byteCount: 1 << 20)
        machine.store(code, at: 0x1_0000)
        let descriptors: [UInt64] = [
            0, 0x00cf_9b00_0000_ffff, 0x00cf_9300_0000_ffff, 0x00cf_fb00_0000_ffff, 0x00cf_f300_0000_ffff,
            // 0x28: the task state at 0x3000; 0x30: a call gate for everybody, 2 parameters, to 8:0x2_0000
            0x0000_8900_3000_0067, 0x0002_ec02_0008_0000,
            // 0x38: data that expands down, offsets above 0x1fff
            0x0040_9700_0000_1fff,
        ]
        for (index, descriptor) in descriptors.enumerated() { machine.store(descriptor, at: 0x2000 + index * 8) }
        machine.store(UInt32(0x9000), at: 0x3004)
        machine.store(UInt32(0x10), at: 0x3008)
        machine.enterFlat32(entry: 0x1_0000)
        machine.cpu.set(StateLayout.globalDescriptors, UInt64(0x2000))
        machine.cpu.set(StateLayout.globalDescriptors + 8, UInt32(descriptors.count * 8 - 1))
        machine.cpu.set(StateLayout.interruptDescriptors, UInt64(0x4000))
        machine.cpu.set(StateLayout.interruptDescriptors + 8, UInt32(0x7ff))
        for vector in 0..<256 {
            // mov byte ss:[0x500], vector; hlt: DS may be null there.
            let at = 0x5000 + vector * 16
            machine.store([0x36, 0xc6, 0x05, 0, 5, 0, 0, UInt8(vector), 0xf4], at: at)
            machine.store(UInt64(at) | 0x8e00_0008_0000, at: 0x4000 + vector * 8)
        }
        machine.store(UInt8(0xff), at: 0x500)
        machine.cpu[.rsp] = 0x8000
        return machine
    }

    @Test func callGateCopiesParametersToTheInnerStack() {
        // mov ax, 0x28; ltr ax; push 0x23; push 0x7000; push 0x1b; push 0x1_0100; retf → user
        let machine = protected([
            0x66, 0xb8, 0x28, 0, 0x0f, 0x00, 0xd8, 0x6a, 0x23, 0x68, 0, 0x70, 0, 0, 0x6a, 0x1b, 0x68, 0, 1, 1, 0, 0xcb,
        ])
        // User: push 0x1111; push 0x2222; lcall 0x30:0 (RPL 3)
        machine.store(
            [0x68, 0x11, 0x11, 0, 0, 0x68, 0x22, 0x22, 0, 0, 0x9a, 0, 0, 0, 0, 0x33, 0, 0xf4], at: 0x1_0100)
        // Gate: mov eax, [esp + 8]; mov ebx, [esp + 12]; retf 8
        machine.store([0x8b, 0x44, 0x24, 8, 0x8b, 0x5c, 0x24, 12, 0xca, 8, 0], at: 0x2_0000)
        #expect(machine.run() == .halted)
        #expect(machine.cpu[.rax] == 0x2222)
        #expect(machine.cpu[.rbx] == 0x1111)
        // The user's HLT faulted: back at privilege 3 with the parameters dropped, then in by the gate of #GP.
        #expect(machine.load(0x500, UInt8.self) == 13)
        #expect(machine.load(Int(machine.cpu[.rsp]) + 4, UInt32.self) == 0x1_0111)
        #expect(machine.load(Int(machine.cpu[.rsp]) + 16, UInt32.self) == 0x7000)
        // LTR made the task busy.
        #expect(machine.load(0x2028 + 5, UInt8.self) == 0x8b)
    }

    @Test func expandDownLimit() {
        // mov eax, 0x38; mov ds, ax; mov al, [0x2000]; mov al, [0x1fff]
        let machine = protected([0xb8, 0x38, 0, 0, 0, 0x8e, 0xd8, 0xa0, 0, 0x20, 0, 0, 0xa0, 0xff, 0x1f, 0, 0])
        #expect(machine.run() == .halted)
        #expect(machine.load(0x500, UInt8.self) == 13)
        #expect(machine.load(Int(machine.cpu[.rsp]), UInt32.self) == 0)
        #expect(machine.load(Int(machine.cpu[.rsp]) + 4, UInt32.self) == 0x1_000c)
    }

    @Test func virtual8086ModeAndOut() {
        // ltr; push 0 (gs fs ds es), ss 0x500, sp 0x100, eflags VM, cs 0x1100, ip 0; iretd
        let machine = protected([
            0x66, 0xb8, 0x28, 0, 0x0f, 0x00, 0xd8,
            0x6a, 0, 0x6a, 0, 0x6a, 0x60, 0x6a, 0x61, 0x68, 0, 5, 0, 0, 0x68, 0, 1, 0, 0,
            0x68, 2, 0, 2, 0, 0x68, 0, 0x11, 0, 0, 0x6a, 0, 0xcf,
        ])
        // 0x1100:0: mov ax, ds; mov [2], ax; int 0x20 (IOPL 0: #GP)
        machine.store([0x8c, 0xd8, 0xa3, 2, 0, 0xcd, 0x20], at: 0x1_1000)
        #expect(machine.run() == .halted)
        #expect(machine.load(0x602, UInt16.self) == 0x60)
        #expect(machine.load(0x500, UInt8.self) == 13)
        // DS is null after leaving virtual 8086 mode; what it was lies on the inner stack.
        #expect(machine.cpu.get(StateLayout.segments + 3 * 32 + SegmentField.selector, as: UInt16.self) == 0)
        let stack = 0x9000 - 40
        #expect(machine.cpu[.rsp] == UInt64(stack))
        #expect(machine.load(stack, UInt32.self) == 0)
        #expect(machine.load(stack + 4, UInt32.self) == 5)
        #expect(machine.load(stack + 8, UInt32.self) == 0x1100)
        #expect(machine.load(stack + 12, UInt32.self) & 0x2_0000 != 0)
        #expect(machine.load(stack + 20, UInt32.self) == 0x500)
        #expect(machine.load(stack + 24, UInt32.self) == 0x61)
        #expect(machine.load(stack + 28, UInt32.self) == 0x60)
    }
}
