import Testbed
import Testing
import X86

/// What decides between instructions: prefixes and their order, modes, lengths, and what is no instruction.
@Suite struct DecoderTests {
    private func decode(_ hexadecimal: String, _ mode: CodeMode) throws(DecodeError) -> Instruction {
        let bytes = octets(hexadecimal)
        return try bytes.withUnsafeBytes { bytes in
            Result { () throws(DecodeError) in try Decoder.decode(bytes, mode: mode) }
        }.get()
    }

    /// The text, or the error's name.
    private func text(_ hexadecimal: String, _ mode: CodeMode) -> String {
        do throws(DecodeError) { return try decode(hexadecimal, mode).text } catch { return "\(error)" }
    }

    @Test(
        "64-bit mode",
        arguments: [
            // REX: before the opcode only.
            ("48 01 c8", "add rax,rcx"),
            ("48 66 01 c8", "add ax,cx"),
            ("66 48 01 c8", "add rax,rcx"),
            ("48 40 01 c8", "add eax,ecx"),
            ("f3 48 0f b8 c1", "popcnt rax,rcx"),
            ("48 f3 0f b8 c1", "popcnt eax,ecx"),
            ("66 f3 0f b8 c1", "popcnt ax,cx"),
            // Byte registers.
            ("88 e0", "mov al,ah"),
            ("40 88 e0", "mov al,spl"),
            ("44 88 e0", "mov al,r12b"),
            // NOP, PAUSE, and what they are with REX.B.
            ("90", "nop"),
            ("f3 90", "pause"),
            ("49 90", "xchg r8,rax"),
            ("f3 41 90", "xchg r8d,eax"),
            ("f3 0f 1e fa", "endbr64"),
            ("0f 1e fa", "nop edx"),
            ("66 0f 1f 44 00 00", "nop WORD PTR [rax+rax*1]"),
            // The later of F2 and F3 counts, and both win over 66.
            ("f3 f2 0f 10 c1", "movsd xmm0,xmm1"),
            ("f2 66 f3 0f 10 c1", "movss xmm0,xmm1"),
            ("f3 0f 54 c1", "invalidOpcode"),
            ("66 0f 6e c1", "movd xmm0,ecx"),
            ("66 48 0f 6e c1", "movq xmm0,rcx"),
            // 66 is both: a part of CRC32's form, and its operand size.
            ("66 f2 0f 38 f1 c1", "crc32 eax,cx"),
            ("66 0f 38 f0 01", "movbe ax,WORD PTR [rcx]"),
            // 66 with near branches is ignored, as Intel has it.
            ("66 e8 01 02 03 04", "call $+0x4030207"),
            ("66 0f 84 01 02 03 04", "je $+0x4030208"),
            ("66 ff d0", "call rax"),
            ("66 c3", "ret"),
            ("66 68 01 02", "push 0x201"),
            ("68 ff ff ff ff", "push 0xffffffffffffffff"),
            ("66 50", "push ax"),
            ("48 ff 28", "jmp TBYTE PTR [rax]"),
            // Segments: only FS and GS, and the others do not take them back.
            ("64 2e 8b 00", "mov eax,DWORD PTR fs:[rax]"),
            ("3e 8b 00", "mov eax,DWORD PTR [rax]"),
            ("65 48 8b 04 25 28 00 00 00", "mov rax,QWORD PTR gs:0x28"),
            // Addresses.
            ("8b 05 f0 ff ff ff", "mov eax,DWORD PTR [rip-0x10]"),
            ("67 8b 05 f0 ff ff ff", "mov eax,DWORD PTR [eip-0x10]"),
            ("41 8b 05 10 00 00 00", "mov eax,DWORD PTR [rip+0x10]"),
            ("42 8b 04 20", "mov eax,DWORD PTR [rax+r12*1]"),
            ("8b 04 24", "mov eax,DWORD PTR [rsp]"),
            ("41 8b 04 24", "mov eax,DWORD PTR [r12]"),
            ("8b 04 cd f0 ff ff ff", "mov eax,DWORD PTR [rcx*8-0x10]"),
            ("a1 08 07 06 05 04 03 02 01", "mov eax,DWORD PTR ds:0x102030405060708"),
            ("67 a1 04 03 02 81", "mov eax,DWORD PTR ds:0x81020304"),
            ("48 b8 08 07 06 05 04 03 02 81", "mov rax,0x8102030405060708"),
            // LOCK.
            ("f0 01 08", "lock add DWORD PTR [rax],ecx"),
            ("f0 01 c8", "invalidOpcode"),
            ("f0 03 08", "invalidOpcode"),
            ("f0 39 08", "invalidOpcode"),
            ("f0 8b 08", "invalidOpcode"),
            ("f0 87 08", "lock xchg DWORD PTR [rax],ecx"),
            ("f0 0f ba 20 01", "invalidOpcode"),
            ("f0 0f ba 28 01", "lock bts DWORD PTR [rax],0x1"),
            ("f0 48 0f c7 08", "lock cmpxchg16b XMMWORD PTR [rax]"),
            // Strings.
            ("f3 48 a5", "rep movs QWORD PTR es:[rdi],QWORD PTR ds:[rsi]"),
            ("67 64 ac", "lods al,BYTE PTR fs:[esi]"),
            ("f2 ae", "repne scas al,BYTE PTR es:[rdi]"),
            ("66 6d", "ins WORD PTR es:[rdi],dx"),
            ("48 6d", "ins DWORD PTR es:[rdi],dx"),
            // Control and segment registers that are there, and others.
            ("0f 20 c0", "mov rax,cr0"),
            ("0f 20 00", "mov rax,cr0"),
            ("44 0f 22 c0", "mov cr8,rax"),
            ("0f 20 c8", "invalidOpcode"),
            ("44 0f 23 c0", "invalidOpcode"),
            ("8e c8", "invalidOpcode"),
            ("8e f0", "invalidOpcode"),
            ("8c f0", "invalidOpcode"),
            ("48 8c d8", "mov rax,ds"),
            ("8c 18", "mov WORD PTR [rax],ds"),
            // Not in this mode; not in this processor.
            ("06", "invalidOpcode"), ("27", "invalidOpcode"), ("60", "invalidOpcode"), ("d4 0a", "invalidOpcode"),
            ("ea 00 00 00 00 00 00", "invalidOpcode"), ("82 c0 01", "invalidOpcode"), ("ce", "invalidOpcode"),
            ("c5 f8 77", "invalidOpcode"), ("c4 e2 7d 58 c0", "invalidOpcode"), ("62 f1 7c 48 58 c0", "invalidOpcode"),
            ("c5 06", "invalidOpcode"), ("8f e8 78 c2 c1", "invalidOpcode"), ("c6 f8 00", "invalidOpcode"),
            ("0f 0b", "ud2"), ("0f ff c1", "ud0 eax,ecx"), ("0f b9 c1", "ud1 eax,ecx"), ("0f a7 c0", "invalidOpcode"),
            ("8d c0", "invalidOpcode"), ("0f 01 f8", "swapgs"), ("0f 01 c1", "vmcall"), ("0f 01 d9", "vmmcall"),
            // An older processor runs these as their neighbours.
            ("f3 0f bc c1", "bsf eax,ecx"), ("f3 0f bd c1", "bsr eax,ecx"), ("f3 0f 09", "wbinvd"),
        ])
    func long(hexadecimal: String, expected: String) { #expect(text(hexadecimal, .bits64) == expected) }

    @Test(
        "32-bit code",
        arguments: [
            ("48", "dec eax"), ("40 90", "inc eax"), ("66 48", "dec ax"),
            ("c5 06", "lds eax,FWORD PTR [esi]"), ("66 c4 06", "les ax,DWORD PTR [esi]"),
            ("c5 f8 77", "invalidOpcode"), ("62 c0", "invalidOpcode"), ("62 00", "bound eax,QWORD PTR [eax]"),
            ("63 c8", "arpl ax,cx"), ("60", "pushad"), ("66 60", "pusha"), ("d6", "salc"), ("82 c0 ff", "add al,0xff"),
            ("ea 78 56 34 12 cd ab", "jmp 0xabcd:0x12345678"), ("66 9a 34 12 cd ab", "call 0xabcd:0x1234"),
            ("66 e9 fd ff", "jmp $+0x1"), ("67 8b 46 fe", "mov eax,DWORD PTR [bp-0x2]"),
            ("36 8b 00", "mov eax,DWORD PTR ss:[eax]"), ("3e 8b 45 00", "mov eax,DWORD PTR ds:[ebp]"),
            ("8b 05 44 33 22 11", "mov eax,DWORD PTR ds:0x11223344"), ("0f 20 e0", "mov eax,cr4"),
            ("0f 01 f8", "invalidOpcode"), ("f3 0f ae c0", "invalidOpcode"), ("c8 10 00 02", "enter 0x10,0x2"),
        ])
    func protected(hexadecimal: String, expected: String) { #expect(text(hexadecimal, .bits32) == expected) }

    @Test(
        "16-bit code",
        arguments: [
            ("8b 00", "mov ax,WORD PTR [bx+si]"), ("8b 02", "mov ax,WORD PTR [bp+si]"),
            ("8b 06 34 12", "mov ax,WORD PTR ds:0x1234"), ("8b 46 80", "mov ax,WORD PTR [bp-0x80]"),
            ("8b 87 00 80", "mov ax,WORD PTR [bx-0x8000]"), ("66 8b 07", "mov eax,DWORD PTR [bx]"),
            ("67 8b 04 45 04 03 02 01", "mov ax,WORD PTR [eax*2+0x1020304]"),
            ("67 66 8b 03", "mov eax,DWORD PTR [ebx]"), ("ea 5b e0 00 f0", "jmp 0xf000:0xe05b"),
            ("66 ea 10 00 10 00 08 00", "jmp 0x8:0x100010"), ("e8 fd ff", "call $+0x0"),
            ("0f 20 c0", "mov eax,cr0"), ("66 0f 01 16 34 12", "lgdt FWORD PTR ds:0x1234"),
            ("f3 66 a5", "rep movs DWORD PTR es:[di],DWORD PTR ds:[si]"),
            ("0f 05", "syscall"), ("66 cf", "iretd"), ("cb", "retf"),
        ])
    func real(hexadecimal: String, expected: String) { #expect(text(hexadecimal, .bits16) == expected) }

    @Test("What else an instruction says of itself")
    func details() throws {
        let push = try decode("ff 70 08", .bits64)
        #expect(push.operation == .push && push.operandSize == 8 && push.operands.0 == Operand(.memory, size: 8))
        let stack = try decode("8b 45 08", .bits64)
        #expect(stack.memory.segment == 2 && stack.segmentPrefix == 255)
        #expect(try decode("41 8b 45 08", .bits64).memory.segment == 3)
        let condition = try decode("0f 9f c0", .bits64)
        #expect(condition.condition == 15 && condition.operandSize == 1)
        let vector = try decode("66 45 0f 3a 0f c1 05", .bits64)
        #expect(vector.operation == .palignr && vector.opcode == 0x0f && vector.opcodeMap == .tertiary3A)
        #expect(
            vector.opcodeOffset == 4 && vector.mandatoryPrefix == 0x66 && vector.rex == 0x45 && vector.modRM == 0xc1)
        #expect(vector.operandSize == 4 && vector.hasOperandSizePrefix && vector.hasModRM)
        let move = try decode("66 0f 38 f0 01", .bits64)
        #expect(move.mandatoryPrefix == 0 && move.operandSize == 2)
        let count = try decode("f3 0f b8 c1", .bits64)
        #expect(count.mandatoryPrefix == 0xf3 && !count.isRepeat)
        let string = try decode("f2 f3 a4", .bits64)
        #expect(string.isRepeat && !string.isRepeatNotEqual && string.mandatoryPrefix == 0)
        let enter = try decode("c8 34 12 05", .bits64)
        #expect(enter.immediate == 0x1234 && enter.immediate2 == 5 && enter.operandSize == 8)
    }

    @Test("Fifteen bytes are an instruction, sixteen are not")
    func lengths() throws {
        let nops = String(repeating: "66 ", count: 14) + "90"
        #expect(try decode(nops, .bits64).length == 15)
        #expect(text("66" + nops, .bits64) == "tooLong")
        #expect(text(String(repeating: "66 ", count: 15), .bits64) == "tooLong")
        #expect(text(String(repeating: "66 ", count: 14), .bits64) == "truncated")
        // Ten bytes of opcode and immediate behind five and behind six prefixes.
        let move = "48 b8 00 00 00 00 00 00 00 00"
        #expect(try decode("66 66 66 66 66" + move, .bits64).length == 15)
        #expect(text("66 66 66 66 66 66" + move, .bits64) == "tooLong")
        #expect(text("66 66 66 66 66 66 48 b8 00 00 00", .bits64) == "truncated")
    }

    @Test("Every part of an instruction wants more bytes", arguments: [CodeMode.bits16, .bits32, .bits64])
    func truncation(mode: CodeMode) {
        #expect(throws: DecodeError.truncated) { try decode("", mode) }
        var generator = SeededGenerator(seed: 7)
        var lengths = 0
        for _ in 0..<2000 {
            let bytes = RandomCode.instruction(mode, &generator)
            bytes.withUnsafeBytes { bytes in
                guard let whole = try? Decoder.decode(bytes, mode: mode) else { return }
                let length = Int(whole.length)
                lengths += length
                for count in 0..<length {
                    let part = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                    #expect(throws: DecodeError.truncated) { try Decoder.decode(part, mode: mode) }
                }
                let exact = try? Decoder.decode(UnsafeRawBufferPointer(rebasing: bytes[..<length]), mode: mode)
                #expect(exact?.text == whole.text)
            }
        }
        #expect(lengths > 3000)
    }

    @Test("Every operation has bytes")
    func coverage() {
        let prefixes: [[UInt8]] = [[], [0x66], [0xf3], [0xf2], [0x48], [0x66, 0x48]]
        let maps: [[UInt8]] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]]
        // Memory, and every register form of the groups that have them; elsewhere /0 to /7.
        let every = [0, 8, 16, 24, 32, 40, 48, 56] + Array(UInt8(0xc0)...255)
        let few = every.filter { $0 & 7 == 0 }
        var found: Set<Operation> = [.invalid]
        for (prefix, map) in prefixes.flatMap({ prefix in maps.map { (prefix, $0) } }) {
            for opcode in UInt8.min...255 {
                let isGroup = map.isEmpty ? opcode & 0xf8 == 0xd8 : [0x01, 0x1e, 0xae, 0xc7].contains(opcode)
                for modRM in isGroup ? every : few {
                    let bytes = prefix + map + [opcode, modRM, 0, 0, 0, 0, 0, 0, 0, 0, 0]
                    bytes.withUnsafeBytes { bytes in
                        for mode in [CodeMode.bits16, .bits64] {
                            if let instruction = try? Decoder.decode(bytes, mode: mode) {
                                found.insert(instruction.operation)
                            }
                        }
                    }
                }
            }
        }
        #expect(Operation.allCases.filter { !found.contains($0) } == [])
    }
}
