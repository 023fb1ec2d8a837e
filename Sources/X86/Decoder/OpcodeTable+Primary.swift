extension OpcodeTable.Builder {
    /// The one-byte opcodes (SDM volume 2, tables ), without x87. Prefixes and escape bytes never get here.
    mutating func definePrimary() {
        defineArithmetic()
        defineStackAndMoves()
        defineControlTransfers()
        defineUnaryGroups()
        defineLegacy()
    }

    private mutating func defineArithmetic() {
        let operations: [Operation] = [.add, .or, .adc, .sbb, .and, .sub, .xor, .cmp]
        for (number, operation) in operations.enumerated() {
            let lock: OpcodeEntry.Flags = operation == .cmp ? [] : .lock
            let first = number << 3
            self[.primary, first] = .op(operation, .eb, .gb, flags: lock)
            self[.primary, first + 1] = .op(operation, .ev, .gv, flags: lock)
            self[.primary, first + 2] = .op(operation, .gb, .eb)
            self[.primary, first + 3] = .op(operation, .gv, .ev)
            self[.primary, first + 4] = .op(operation, .al, .ibs)
            self[.primary, first + 5] = .op(operation, .rax, .iz)
        }
        self[.primary, 0x80] = arithmeticGroup(.eb, .ibs)
        self[.primary, 0x81] = arithmeticGroup(.ev, .iz)
        self[.primary, 0x82] = longMode(.invalid, otherwise: self[.primary, 0x80])
        self[.primary, 0x83] = arithmeticGroup(.ev, .ibs)
        self[.primary, 0x84] = .op(.test, .eb, .gb)
        self[.primary, 0x85] = .op(.test, .ev, .gv)
        self[.primary, 0xa8] = .op(.test, .al, .ibs)
        self[.primary, 0xa9] = .op(.test, .rax, .iz)
        self[.primary, 0x69] = .op(.imul, .gv, .ev, .iz)
        self[.primary, 0x6b] = .op(.imul, .gv, .ev, .ibs)
        for register in 0..<8 {
            self[.primary, 0x40 + register] = .op(.inc, .zv)
            self[.primary, 0x48 + register] = .op(.dec, .zv)
        }
        self[.primary, 0xc0] = shiftGroup(.eb, .ib)
        self[.primary, 0xc1] = shiftGroup(.ev, .ib)
        self[.primary, 0xd0] = shiftGroup(.eb, .one)
        self[.primary, 0xd1] = shiftGroup(.ev, .one)
        self[.primary, 0xd2] = shiftGroup(.eb, .cl)
        self[.primary, 0xd3] = shiftGroup(.ev, .cl)
    }

    private mutating func arithmeticGroup(_ target: OperandForm, _ source: OperandForm) -> OpcodeEntry {
        reg(
            .op(.add, target, source, flags: .lock), .op(.or, target, source, flags: .lock),
            .op(.adc, target, source, flags: .lock), .op(.sbb, target, source, flags: .lock),
            .op(.and, target, source, flags: .lock), .op(.sub, target, source, flags: .lock),
            .op(.xor, target, source, flags: .lock), .op(.cmp, target, source))
    }

    /// /6 is an alias of SHL.
    private mutating func shiftGroup(_ target: OperandForm, _ count: OperandForm) -> OpcodeEntry {
        reg(
            .op(.rol, target, count), .op(.ror, target, count), .op(.rcl, target, count), .op(.rcr, target, count),
            .op(.shl, target, count), .op(.shr, target, count), .op(.shl, target, count), .op(.sar, target, count))
    }

    private mutating func defineStackAndMoves() {
        for register in 0..<8 {
            self[.primary, 0x50 + register] = .op(.push, .zv, flags: .default64)
            self[.primary, 0x58 + register] = .op(.pop, .zv, flags: .default64)
            self[.primary, 0x90 + register] = .op(.xchg, .zv, .rax)
            self[.primary, 0xb0 + register] = .op(.mov, .zb, .ibs)
            self[.primary, 0xb8 + register] = .op(.mov, .zv, .iv)
        }
        let nop = prefix(.op(.nop), x66: .op(.nop, flags: .sized), xF3: .op(.pause), xF2: .op(.nop))
        self[.primary, 0x90] = rexB(.op(.xchg, .zv, .rax), otherwise: nop)
        self[.primary, 0x68] = .op(.push, .iz, flags: .default64)
        self[.primary, 0x6a] = .op(.push, .ibs, flags: .default64)
        self[.primary, 0x8f] = reg(
            .op(.pop, .ev, flags: .default64), .invalid, .invalid, .invalid, .invalid, .invalid, .invalid, .invalid)
        self[.primary, 0x9c] = .op(.pushf, flags: .default64)
        self[.primary, 0x9d] = .op(.popf, flags: .default64)
        self[.primary, 0xc8] = .op(.enter, .iw, .ib2, flags: .default64)
        self[.primary, 0xc9] = .op(.leave, flags: .default64)
        self[.primary, 0x86] = .op(.xchg, .eb, .gb, flags: .lock)
        self[.primary, 0x87] = .op(.xchg, .ev, .gv, flags: .lock)
        self[.primary, 0x88] = .op(.mov, .eb, .gb)
        self[.primary, 0x89] = .op(.mov, .ev, .gv)
        self[.primary, 0x8a] = .op(.mov, .gb, .eb)
        self[.primary, 0x8b] = .op(.mov, .gv, .ev)
        self[.primary, 0x8c] = .op(.mov, .rvmw, .sw)
        self[.primary, 0x8d] = .op(.lea, .gv, .m)
        self[.primary, 0x8e] = .op(.mov, .swLoad, .ew)
        self[.primary, 0xa0] = .op(.mov, .al, .ob)
        self[.primary, 0xa1] = .op(.mov, .rax, .ov)
        self[.primary, 0xa2] = .op(.mov, .ob, .al)
        self[.primary, 0xa3] = .op(.mov, .ov, .rax)
        self[.primary, 0xc6] = reg(
            .op(.mov, .eb, .ibs), .invalid, .invalid, .invalid, .invalid, .invalid, .invalid, .invalid)
        self[.primary, 0xc7] = reg(
            .op(.mov, .ev, .iz), .invalid, .invalid, .invalid, .invalid, .invalid, .invalid, .invalid)
        self[.primary, 0x63] = longMode(.op(.movsxd, .gv, .ez), otherwise: .op(.arpl, .ew, .gw))
        self[.primary, 0x98] = .op(.cbw)
        self[.primary, 0x99] = .op(.cwd)
        self[.primary, 0x9b] = .op(.fwait)
        self[.primary, 0x9e] = .op(.sahf)
        self[.primary, 0x9f] = .op(.lahf)
        self[.primary, 0xd7] = .op(.xlat, flags: .byte)

        let strings: [(Int, Operation, OpcodeEntry.Flags)] = [
            (0x6c, .ins, .atMost4), (0x6e, .outs, .atMost4), (0xa4, .movs, []), (0xa6, .cmps, []), (0xaa, .stos, []),
            (0xac, .lods, []), (0xae, .scas, []),
        ]
        for (opcode, operation, flags) in strings {
            self[.primary, opcode] = .op(operation, flags: .byte)
            self[.primary, opcode + 1] = .op(operation, flags: flags)
        }
        self[.primary, 0xe4] = .op(.in, .al, .ib)
        self[.primary, 0xe5] = .op(.in, .rax, .ib, flags: .atMost4)
        self[.primary, 0xe6] = .op(.out, .ib, .al, flags: .byte)
        self[.primary, 0xe7] = .op(.out, .ib, .rax, flags: .atMost4)
        self[.primary, 0xec] = .op(.in, .al, .dx)
        self[.primary, 0xed] = .op(.in, .rax, .dx, flags: .atMost4)
        self[.primary, 0xee] = .op(.out, .dx, .al, flags: .byte)
        self[.primary, 0xef] = .op(.out, .dx, .rax, flags: .atMost4)
    }

    private mutating func defineControlTransfers() {
        for condition in 0..<16 {
            self[.primary, 0x70 + condition] = .op(.jcc, .jb, flags: [.force64, .conditional])
        }
        self[.primary, 0xc2] = .op(.returnNear, .iw, flags: .force64)
        self[.primary, 0xc3] = .op(.returnNear, flags: .force64)
        self[.primary, 0xca] = .op(.returnFar, .iw)
        self[.primary, 0xcb] = .op(.returnFar)
        self[.primary, 0xcc] = .op(.int3)
        self[.primary, 0xcd] = .op(.int, .ib)
        self[.primary, 0xce] = .op(.into, flags: .notLong)
        self[.primary, 0xcf] = .op(.iret)
        self[.primary, 0xe0] = .op(.loopne, .jb, flags: .force64)
        self[.primary, 0xe1] = .op(.loope, .jb, flags: .force64)
        self[.primary, 0xe2] = .op(.loop, .jb, flags: .force64)
        self[.primary, 0xe3] = .op(.jcxz, .jb, flags: .force64)
        self[.primary, 0xe8] = .op(.callNear, .jz, flags: .force64)
        self[.primary, 0xe9] = .op(.jumpNear, .jz, flags: .force64)
        self[.primary, 0xea] = .op(.jumpFar, .ap, .aw, flags: .notLong)
        self[.primary, 0xeb] = .op(.jumpNear, .jb, flags: .force64)
        self[.primary, 0x9a] = .op(.callFar, .ap, .aw, flags: .notLong)
        self[.primary, 0xf1] = .op(.int1)
        self[.primary, 0xf4] = .op(.hlt)
        self[.primary, 0xf5] = .op(.cmc)
        self[.primary, 0xf8] = .op(.clc)
        self[.primary, 0xf9] = .op(.stc)
        self[.primary, 0xfa] = .op(.cli)
        self[.primary, 0xfb] = .op(.sti)
        self[.primary, 0xfc] = .op(.cld)
        self[.primary, 0xfd] = .op(.std)
    }

    private mutating func defineUnaryGroups() {
        for (opcode, form, immediate) in [(0xf6, OperandForm.eb, OperandForm.ibs), (0xf7, .ev, .iz)] {
            self[.primary, opcode] = reg(
                .op(.test, form, immediate), .op(.test, form, immediate), .op(.not, form, flags: .lock),
                .op(.neg, form, flags: .lock), .op(.mul, form), .op(.imul, form), .op(.div, form), .op(.idiv, form))
        }
        self[.primary, 0xfe] = reg(
            .op(.inc, .eb, flags: .lock), .op(.dec, .eb, flags: .lock), .invalid, .invalid, .invalid, .invalid,
            .invalid, .invalid)
        self[.primary, 0xff] = reg(
            .op(.inc, .ev, flags: .lock), .op(.dec, .ev, flags: .lock), .op(.callNear, .ev, flags: .force64),
            .op(.callFar, .mp), .op(.jumpNear, .ev, flags: .force64), .op(.jumpFar, .mp),
            .op(.push, .ev, flags: .default64), .invalid)
    }

    /// What 64-bit mode does not have.
    private mutating func defineLegacy() {
        for (opcode, form) in [(0x06, OperandForm.es), (0x0e, .cs), (0x16, .ss), (0x1e, .ds)] {
            self[.primary, opcode] = .op(.push, form, flags: .notLong)
            if form != .cs { self[.primary, opcode + 1] = .op(.pop, form, flags: .notLong) }
        }
        self[.primary, 0x27] = .op(.daa, flags: .notLong)
        self[.primary, 0x2f] = .op(.das, flags: .notLong)
        self[.primary, 0x37] = .op(.aaa, flags: .notLong)
        self[.primary, 0x3f] = .op(.aas, flags: .notLong)
        self[.primary, 0xd4] = .op(.aam, .ib, flags: .notLong)
        self[.primary, 0xd5] = .op(.aad, .ib, flags: .notLong)
        self[.primary, 0xd6] = .op(.salc, flags: .notLong)
        self[.primary, 0x60] = .op(.pusha, flags: .notLong)
        self[.primary, 0x61] = .op(.popa, flags: .notLong)
        // With a register operand these three are the EVEX and VEX prefixes, which this processor does not have.
        self[.primary, 0x62] = longMode(.invalid, otherwise: .op(.bound, .gv, .ma))
        self[.primary, 0xc4] = longMode(.invalid, otherwise: .op(.les, .gv, .mp))
        self[.primary, 0xc5] = longMode(.invalid, otherwise: .op(.lds, .gv, .mp))
    }
}
