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
