import Testing

@testable import X86

/// What the real CPU's corpus cannot show: other processors, devices, operands across pages.
@Suite("Locked instructions")
struct LockedInstructionTests {
    static let code: UInt64 = 0x1000
    static let data: UInt64 = 0x2000

    @Test("two processors count in the same words, and none of it is lost")
    func twoProcessors() async {
        let machine = TestMachine(processors: 2)
        let rounds: UInt64 = 20_000
        // 1: lock inc dword [rdi]; mov eax, 3; lock xadd [rdi+8], rax; stc; lock adc qword [rdi+16], 0
        // 2: mov rax, [rdi+32]; mov rdx, [rdi+40]
        //    mov rbx, rax; add rbx, 1; mov rsi, rcx; mov rcx, rdx; adc rcx, 0; lock cmpxchg16b [rdi+32]; mov rcx, rsi
        //    jne 2b; lock btc dword [rdi+48], 5; mov eax, 1
        // 4: xchg eax, [rdi+56]; test eax, eax; jne 4b; inc qword [rdi+64]; mov dword [rdi+56], 0; dec ecx; jne 1b; hlt
        machine.write(
            [
                0xf0, 0xff, 7, 0xb8, 3, 0, 0, 0, 0xf0, 0x48, 0xf, 0xc1, 0x47, 8, 0xf9, 0xf0, 0x48, 0x83, 0x57, 0x10, 0,
                0x48,
                0x8b, 0x47, 0x20, 0x48, 0x8b, 0x57, 0x28, 0x48, 0x89, 0xc3, 0x48, 0x83, 0xc3, 1, 0x48, 0x89, 0xce, 0x48,
                0x89, 0xd1, 0x48, 0x83, 0xd1, 0, 0xf0, 0x48, 0xf, 0xc7, 0x4f, 0x20, 0x48, 0x89, 0xf1, 0x75, 0xdc, 0xf0,
                0xf, 0xba, 0x7f, 0x30, 5, 0xb8, 1, 0, 0, 0, 0x87, 0x47, 0x38, 0x85, 0xc0, 0x75, 0xf9, 0x48, 0xff, 0x47,
                0x40, 0xc7, 0x47, 0x38, 0, 0, 0, 0, 0xff, 0xc9, 0x75, 0xa6, 0xf4,
            ], at: Self.code)
        // Just below the carry, so that both halves change.
        machine.store(UInt64.max - rounds, at: Self.data + 32)
        nonisolated(unsafe) let shared = machine
        await withTaskGroup { group in
            for number in 0..<2 {
                group.addTask {
                    let cpu = shared.processors[number].cpu
                    cpu[.rdi] = Self.data
                    cpu[.rcx] = rounds
                    #expect(shared.run(at: Self.code, number) == .halted)
                }
            }
        }
        #expect(machine.load(UInt32.self, at: Self.data) == UInt32(2 * rounds))
        #expect(machine.load(UInt64.self, at: Self.data + 8) == 6 * rounds)
        #expect(machine.load(UInt64.self, at: Self.data + 16) == 2 * rounds)
        #expect(machine.load(UInt64.self, at: Self.data + 32) == rounds - 1)
        #expect(machine.load(UInt64.self, at: Self.data + 40) == 1)
        #expect(machine.load(UInt32.self, at: Self.data + 48) == 0)
        #expect(machine.load(UInt64.self, at: Self.data + 64) == 2 * rounds)
    }

    @Test("operands across two pages")
    func crossing() {
        let machine = TestMachine()
        // mov edi, 0x3ffe; mov dword [rdi], 0x10000ff; lock inc dword [rdi]; mov eax, 0x1000100; mov ebx, 0x12345678
        // lock cmpxchg [rdi], ebx; hlt
        machine.write(
            [
                0xbf, 0xfe, 0x3f, 0, 0, 0xc7, 7, 0xff, 0, 0, 1, 0xf0, 0xff, 7, 0xb8, 0, 1, 0, 1, 0xbb, 0x78, 0x56, 0x34,
                0x12, 0xf0, 0xf, 0xb1, 0x1f, 0xf4,
            ], at: Self.code)
        #expect(machine.run(at: Self.code) == .halted)
        #expect(machine.cpu.zero)
        #expect(machine.load(UInt32.self, at: 0x3ffe) == 0x1234_5678)
    }

    /// Pages whose neighbours in the host's memory are the same as the guest's, and others.
    static let splitOperands: [(first: UInt64, second: UInt64)] = [
        (0x3000, 0x4000), (0x7000, 0x5000), (0x6000, 0x6000),
    ]

    @Test(
        "processors count across two pages, and in the second one alone, and none of it is lost",
        arguments: splitOperands)
    func crossingInStep(first: UInt64, second: UInt64) async {
        let machine = TestMachine(processors: 2)
        let rounds: UInt64 = 30_000
        machine.map(0x4000_0000, to: first)
        machine.map(0x4000_1000, to: second)
        // 1: lock inc qword [rdi]; mov eax, 1; lock xadd [rdi], rax; mov rax, [rdi]
        // 2: lea rbx, [rax+1]; lock cmpxchg [rdi], rbx; jne 2b; lock add dword [rsi], 1; dec ecx; jne 1b; hlt
        machine.write(
            [
                0xf0, 0x48, 0xff, 7, 0xb8, 1, 0, 0, 0, 0xf0, 0x48, 0xf, 0xc1, 7, 0x48, 0x8b, 7, 0x48, 0x8d, 0x58, 1,
                0xf0,
                0x48, 0xf, 0xb1, 0x1f, 0x75, 0xf5, 0xf0, 0x83, 6, 1, 0xff, 0xc9, 0x75, 0xdc, 0xf4,
            ], at: Self.code)
        // The lower four bytes are full, so that each count carries into the upper ones sooner or later.
        machine.store(UInt32.max - UInt32(rounds), at: first + 0xffc)
        nonisolated(unsafe) let shared = machine
        await withTaskGroup { group in
            for number in 0..<2 {
                group.addTask {
                    let cpu = shared.processors[number].cpu
                    cpu[.rdi] = 0x4000_0ffc
                    cpu[.rsi] = 0x4000_1000
                    cpu[.rcx] = rounds
                    #expect(shared.run(at: Self.code, number) == .halted)
                }
            }
        }
        // Six counts a round in all, two of the upper half alone.
        let low = UInt64(UInt32.max) - rounds + 6 * rounds
        #expect(machine.load(UInt32.self, at: first + 0xffc) == UInt32(truncatingIfNeeded: low))
        #expect(machine.load(UInt32.self, at: second) == UInt32(low >> 32 + 2 * rounds))
    }

    @Test("an operand across a page that may not be written changes nothing")
    func crossingIntoReadOnly() {
        let machine = TestMachine()
        machine.map(0x4000_0000, to: 0x5000)
        machine.map(0x4000_1000, to: 0x9000, bits: 5)
        machine.store(UInt64.max, at: 0x5ff8)
        // mov edi, 0x40000ffe; lock inc dword [rdi]; hlt. No handler: the fault is a triple one.
        machine.write([0xbf, 0xfe, 0x0f, 0, 0x40, 0xf0, 0xff, 7, 0xf4], at: Self.code)
        #expect(machine.run(at: Self.code) == .shutdown)
        #expect(machine.load(UInt64.self, at: 0x5ff8) == .max && machine.load(UInt16.self, at: 0x9000) == 0)
        #expect(machine.cpu.get(StateLayout.cr2, as: UInt64.self) == 0x4000_1000)
    }

    @Test("an operand across two pages tells both pages' decoded code")
    func crossingCode() {
        let machine = TestMachine()
        // At 0x5ffa: mov eax, [rdi]; then mov bl, 1 (whose value lies in the next page at 0x6001); ret… by way of HLT.
        // 0x5fff: b3 | 0x6000: 01, f4
        machine.write([0x90, 0x90, 0x90, 0x90, 0x90, 0xb3, 0x01, 0xf4], at: 0x5ffa)
        #expect(machine.run(at: 0x5ffa) == .halted)
        #expect(machine.cpu[.rbx] & 0xff == 1)
        // lock add word [0x5fff], 0x100: "mov bl, 2"; hlt
        machine.write([0xbf, 0xff, 0x5f, 0, 0, 0xf0, 0x66, 0x81, 7, 0, 1, 0xf4], at: Self.code)
        #expect(machine.run(at: Self.code) == .halted)
        #expect(machine.run(at: 0x5ffa) == .halted)
        #expect(machine.cpu[.rbx] & 0xff == 2)
    }

    @Test("operands in a device: all ones are read where there is none")
    func device() {
        let machine = TestMachine()
        // mov edi, 0x800000; mov eax, 5; lock xadd [rdi], eax; lock bts dword [rdi+4], 3; setc bl; neg byte [rdi+8]; setc bh; hlt
        machine.write(
            [
                0xbf, 0, 0, 0x80, 0, 0xb8, 5, 0, 0, 0, 0xf0, 0xf, 0xc1, 7, 0xf0, 0xf, 0xba, 0x6f, 4, 3, 0xf, 0x92, 0xc3,
                0xf6, 0x5f, 8, 0xf, 0x92, 0xc7, 0xf4,
            ], at: Self.code)
        #expect(machine.run(at: Self.code) == .halted)
        #expect(machine.cpu[.rax] == 0xffff_ffff)
        #expect(machine.cpu[.rbx] & 0xffff == 0x0101)
    }

    @Test("a word in a page of decoded code")
    func codePage() {
        let machine = TestMachine()
        // lock inc dword [rip + 2]; jmp +4; (the word); hlt
        machine.write([0xf0, 0xff, 0x05, 2, 0, 0, 0, 0xeb, 4, 0xff, 0xff, 0, 0, 0xf4], at: Self.code)
        #expect(machine.run(at: Self.code) == .halted)
        #expect(machine.load(UInt32.self, at: Self.code + 9) == 0x1_0000)
    }
}
