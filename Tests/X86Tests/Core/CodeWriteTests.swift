import Testing
@testable import X86

/// Decoded code follows what is written to memory, whoever writes, whichever way.
@Suite("Code that is written to")
struct CodeWriteTests {
    static let code: UInt64 = 0x1000

    @Test("an instruction overwritten by the one before it runs as written")
    func nextInstruction() {
        let machine = TestMachine()
        // mov byte [rip + 1], 2 ; mov al, 1 ; hlt
        machine.write([0xc6, 0x05, 0x01, 0, 0, 0, 2, 0xb0, 1, 0xf4], at: Self.code)
        #expect(machine.run(at: Self.code) == .halted)
        #expect(machine.cpu[.rax] & 0xff == 2)
    }

    @Test("a loop that changes its own immediate sees each change")
    func loop() {
        let machine = TestMachine()
        // xor ebx,ebx; mov ecx,100; L: add ebx, imm32(1) ; inc dword [rip-10 → imm]; dec ecx; jnz L; hlt
        machine.write(
            [
                0x31, 0xdb, 0xb9, 100, 0, 0, 0,
                0x81, 0xc3, 1, 0, 0, 0,  // add ebx, 1
                0xff, 0x05, 0xf6, 0xff, 0xff, 0xff,  // inc dword [rip - 10]
                0xff, 0xc9, 0x75, 0xf0, 0xf4,
            ], at: Self.code)
        #expect(machine.run(at: Self.code) == .halted)
        #expect(machine.cpu[.rbx] == 5050)
    }

    @Test("code in another page, written by way of another linear address")
    func alias() {
        let machine = TestMachine()
        machine.map(0x4000_1000, to: 0x3000)
        machine.write([0xb0, 1, 0xc3], at: 0x3000)  // mov al,1; ret
        // mov edi,0x3000; call rdi; mov bl,al; mov edx,0x40001001; mov byte [rdx],7; call rdi; hlt
        machine.write(
            [
                0xbf, 0, 0x30, 0, 0, 0xff, 0xd7, 0x88, 0xc3, 0xba, 1, 0x10, 0, 0x40, 0xc6, 0x02, 7, 0xff, 0xd7, 0xf4,
            ], at: Self.code)
        #expect(machine.run(at: Self.code) == .halted)
        #expect(machine.cpu[.rbx] & 0xff == 1)
        #expect(machine.cpu[.rax] & 0xff == 7)
    }

    @Test("code that a device wrote")
    func device() {
        let machine = TestMachine()
        machine.write([0xb0, 1, 0xf4], at: Self.code)
        #expect(machine.run(at: Self.code) == .halted)
        machine.codePages.written(page: 1)
        machine.write([3], at: Self.code + 1)
        machine.cpu.set(StateLayout.rip, Self.code)
        #expect(machine.run(at: Self.code) == .halted)
        #expect(machine.cpu[.rax] & 0xff == 3)
    }

    @Test("code that another processor wrote, with the page in its translation buffer as writable before it held code")
    func otherProcessor() {
        let machine = TestMachine(processors: 2)
        machine.write([0xb0, 1, 0xf4], at: 0x3000)
        // Processor 1 writes to the page first: mov byte [0x3800], 0 ; hlt … later: mov byte [0x3001], 9; hlt
        machine.write([0xc6, 0x04, 0x25, 0, 0x38, 0, 0, 0, 0xf4], at: Self.code)
        machine.write([0xc6, 0x04, 0x25, 1, 0x30, 0, 0, 9, 0xf4], at: 0x2000)
        #expect(machine.run(at: Self.code, 1) == .halted)
        #expect(machine.run(at: 0x3000) == .halted)
        #expect(machine.cpu[.rax] & 0xff == 1)
        #expect(machine.run(at: 0x2000, 1) == .halted)
        #expect(machine.run(at: 0x3000) == .halted)
        #expect(machine.cpu[.rax] & 0xff == 9)
    }

    @Test("an instruction that lies in two pages, of which the second is mapped anew")
    func crossing() {
        let machine = TestMachine()
        machine.map(0x4000_0000, to: 0x3000)
        machine.map(0x4000_1000, to: 0x5000)
        // mov eax, imm32, whose last two bytes lie in the next page; then hlt
        machine.write([0xb8, 0x11, 0x22], at: 0x3ffd)
        machine.write([0x33, 0x44, 0xf4], at: 0x5000)
        machine.write([0x55, 0x66, 0xf4], at: 0x6000)
        #expect(machine.run(at: 0x4000_0ffd) == .halted)
        #expect(machine.cpu[.rax] == 0x4433_2211)
        machine.map(0x4000_1000, to: 0x6000)
        machine.processor.flushTranslation(of: 0x4000_1000)
        #expect(machine.run(at: 0x4000_0ffd) == .halted)
        #expect(machine.cpu[.rax] == 0x6655_2211)
        // And written to in its second page.
        machine.codePages.written(page: 6)
        machine.write([0x77], at: 0x6000)
        #expect(machine.run(at: 0x4000_0ffd) == .halted)
        #expect(machine.cpu[.rax] == 0x6677_2211)
    }

    @Test("more code than the arena holds: everything is decoded anew, results stay right")
    func arena() {
        let machine = TestMachine()
        // 600 KB of `inc rax`, ends with hlt, run twice.
        let count = 200_000
        for index in 0..<count { machine.write([0x48, 0xff, 0xc0], at: 0x20_0000 + UInt64(index * 3)) }
        machine.write([0xf4], at: 0x20_0000 + UInt64(count * 3))
        for round in 1...2 {
            #expect(machine.run(at: 0x20_0000) == .halted)
            #expect(machine.cpu[.rax] == UInt64(round * count))
        }
        #expect(machine.processor.statistics.blockResets > 0)
    }

    @Test("an instruction without an operation of its own is patched where a jump from another page found it")
    func patchedNothing() {
        let machine = TestMachine()
        // Kernels patch NOPs. nop; nop; mov al,1; ret
        machine.write([0x90, 0x90, 0xb0, 1, 0xc3], at: 0x3000)
        // mov edi,0x3000; call rdi; hlt
        machine.write([0xbf, 0, 0x30, 0, 0, 0xff, 0xd7, 0xf4], at: Self.code)
        #expect(machine.run(at: Self.code) == .halted)
        #expect(machine.cpu[.rbx] & 0xff == 0)
        machine.write([0xb3, 7], at: 0x3000)  // mov bl,7
        machine.codePages.written(page: 3)
        #expect(machine.run(at: Self.code) == .halted)
        #expect(machine.cpu[.rbx] & 0xff == 7)
    }

    @Test("a NOP that lies in two pages is decoded anew; what lies behind it runs in its own page")
    func crossingNothing() {
        let machine = TestMachine()
        // xchg ax,ax at the edge; lea rax,[rip]; ret
        machine.write([0x66, 0x90, 0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xc3], at: 0x3fff)
        // mov edi,0x3fff; call rdi; hlt
        machine.write([0xbf, 0xff, 0x3f, 0, 0, 0xff, 0xd7, 0xf4], at: Self.code)
        for _ in 0..<4 {
            #expect(machine.run(at: Self.code) == .halted)
            #expect(machine.cpu[.rax] == 0x4008)
            machine.codePages.written(page: 3)
        }
    }

    @Test("code that another processor writes while this one runs it is never older than what that one told of it")
    func concurrently() {
        let machine = TestMachine(processors: 2)
        let count: UInt64 = 400
        machine.write([0xb8, 0, 0, 0, 0, 0xc3], at: 0x5000)  // mov eax, imm32; ret
        // Writes ecx to the code, then to 0x6000; waits for it at 0x6040.
        // L: mov [0x5001],ecx; mov [0x6000],ecx; W: pause; cmp [0x6040],ecx; jne W; dec ecx; jnz L; hlt
        machine.write(
            [
                0x89, 0x0c, 0x25, 0x01, 0x50, 0, 0, 0x89, 0x0c, 0x25, 0, 0x60, 0, 0,
                0xf3, 0x90, 0x39, 0x0c, 0x25, 0x40, 0x60, 0, 0, 0x75, 0xf5, 0xff, 0xc9, 0x75, 0xe3, 0xf4,
            ], at: 0x4000)
        // Runs the code all the while; compares once ecx is at 0x6000.
        // L: pause; mov edi,0x5000; call rdi; cmp [0x6000],ecx; jne L; call rdi; cmp eax,ecx; jne E;
        // mov [0x6040],ecx; dec ecx; jnz L; mov ebx,1; E: hlt
        machine.write(
            [
                0xf3, 0x90, 0xbf, 0, 0x50, 0, 0, 0xff, 0xd7, 0x39, 0x0c, 0x25, 0, 0x60, 0, 0, 0x75, 0xee,
                0xff, 0xd7, 0x39, 0xc8, 0x75, 0x10, 0x89, 0x0c, 0x25, 0x40, 0x60, 0, 0, 0xff, 0xc9, 0x75, 0xdd,
                0xbb, 1, 0, 0, 0, 0xf4,
            ], at: 0x7000)
        machine.processors[0].cpu[.rcx] = count
        machine.processors[1].cpu[.rcx] = count
        let writer = TestThread { [processor = machine.processors[1]] in
            processor.wakeFromHalt()
            processor.cpu.set(StateLayout.rip, UInt64(0x4000))
            // Where the comparison fails, nobody answers the writer.
            _ = processor.run()
        }
        #expect(machine.run(at: 0x7000) == .halted)
        #expect(machine.cpu[.rbx] == 1, "\(machine.cpu[.rax]) instead of \(machine.cpu[.rcx])")
        machine.processors[1].request(Request.stop)
        writer.join()
    }
}
