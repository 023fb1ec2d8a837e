extension Decoding {
    /// One operand by its form. Reads what follows ModRM, SIB and displacement: immediates, in the operands' order.
    mutating func operand(_ form: OperandForm) throws(DecodeError) -> Operand {
        let size = UInt16(instruction.operandSize)
        switch form {
        case .none: return .none

        case .eb: return generalOrMemory(1)
        case .ew: return generalOrMemory(2)
        case .ed: return generalOrMemory(4)
        case .eq: return generalOrMemory(8)
        case .ev: return generalOrMemory(size)
        case .ez: return generalOrMemory(min(size, 4))
        case .ey: return generalOrMemory(wideSize)
        case .rvmw: return generalOrMemory(isMemory ? 2 : size)
        case .rdmb: return isMemory ? Operand(.memory, size: 1) : general(rmNumber, 4)
        case .rdmw: return generalOrMemory(isMemory ? 2 : 4)
        case .rv:
            if isMemory { throw .invalidOpcode }
            return general(rmNumber, size)
        case .rAlways: return general(rmNumber, size)
        case .ry:
            if isMemory { throw .invalidOpcode }
            return general(rmNumber, wideSize)

        case .gb: return general(regNumber, 1)
        case .gw: return general(regNumber, 2)
        case .gd: return general(regNumber, 4)
        case .gv: return general(regNumber, size)
        case .gy: return general(regNumber, wideSize)

        case .sw: return try segment(instruction.reg)
        case .swLoad:
            if instruction.reg == 1 { throw .invalidOpcode }
            return try segment(instruction.reg)
        case .cr:
            // CR0, CR2, CR3, CR4 and CR8.
            guard regNumber < 9, 1 << regNumber & 0b1_0001_1101 != 0 else { throw .invalidOpcode }
            return Operand(.control, regNumber, size: size)
        case .dr:
            if regNumber > 7 { throw .invalidOpcode }
            return Operand(.debug, regNumber, size: size)

        case .m: return try memory(0)
        case .mw: return try memory(2)
        case .md: return try memory(4)
        case .mq: return try memory(8)
        case .mx: return try memory(16)
        case .mt: return try memory(10)
        case .mv: return try memory(size)
        case .my: return try memory(wideSize)
        case .mp: return try memory(size + 2)
        case .ma: return try memory(2 * size)
        case .ms: return try memory(isLong ? 10 : 6)
        case .mEnvironment: return try memory(size == 2 ? 14 : 28)
        case .mState: return try memory(size == 2 ? 94 : 108)
        case .m512: return try memory(512)

        case .zb: return general(opcodeNumber, 1)
        case .zv: return general(opcodeNumber, size)
        case .al: return Operand(.general, 0, size: 1)
        case .ax: return Operand(.general, 0, size: 2)
        case .rax: return Operand(.general, 0, size: size)
        case .cl: return Operand(.general, 1, size: 1)
        case .dx: return Operand(.general, 2, size: 2)
        case .one:
            instruction.immediate = 1
            return Operand(.immediate, size: 1)
        case .es: return Operand(.segment, 0, size: 2)
        case .cs: return Operand(.segment, 1, size: 2)
        case .ss: return Operand(.segment, 2, size: 2)
        case .ds: return Operand(.segment, 3, size: 2)
        case .fs: return Operand(.segment, 4, size: 2)
        case .gs: return Operand(.segment, 5, size: 2)
        case .st0: return Operand(.x87, 0, size: 10)
        case .sti: return Operand(.x87, instruction.rm, size: 10)

        default: return try immediateOrVector(form)
        }
    }

    private mutating func immediateOrVector(_ form: OperandForm) throws(DecodeError) -> Operand {
        let size = UInt16(instruction.operandSize)
        switch form {
        case .ib:
            instruction.immediate = UInt64(try readByte())
            return Operand(.immediate, size: 1)
        case .ibs:
            instruction.immediate = UInt64(bitPattern: Int64(try read(Int8.self)))
            return Operand(.immediate, size: size)
        case .ib2:
            instruction.immediate2 = UInt64(try readByte())
            return Operand(.immediate2, size: 1)
        case .iw:
            instruction.immediate = UInt64(try read(UInt16.self))
            return Operand(.immediate, size: 2)
        case .iz:
            instruction.immediate = try readSigned(min(size, 4))
            return Operand(.immediate, size: size)
        case .iv:
            instruction.immediate = try readSigned(size)
            return Operand(.immediate, size: size)
        case .jb:
            instruction.immediate = try readSigned(1)
            return Operand(.relative, size: size)
        case .jz:
            instruction.immediate = try readSigned(min(size, 4))
            return Operand(.relative, size: size)
        case .ob: return try directAddress(1)
        case .ov: return try directAddress(size)
        case .ap:
            instruction.immediate = size == 2 ? UInt64(try read(UInt16.self)) : UInt64(try read(UInt32.self))
            return Operand(.immediate, size: size)
        case .aw:
            instruction.immediate2 = UInt64(try read(UInt16.self))
            return Operand(.immediate2, size: 2)

        case .pq: return Operand(.mmx, instruction.reg, size: 8)
        case .qq: return isMemory ? Operand(.memory, size: 8) : Operand(.mmx, instruction.rm, size: 8)
        case .qd: return isMemory ? Operand(.memory, size: 4) : Operand(.mmx, instruction.rm, size: 4)
        case .nq:
            if isMemory { throw .invalidOpcode }
            return Operand(.mmx, instruction.rm, size: 8)

        case .vd: return Operand(.xmm, regNumber, size: 4)
        case .vq: return Operand(.xmm, regNumber, size: 8)
        case .vx: return Operand(.xmm, regNumber, size: 16)
        case .ww: return vectorOrMemory(2)
        case .wd: return vectorOrMemory(4)
        case .wq: return vectorOrMemory(8)
        case .wx: return vectorOrMemory(16)
        case .uq, .ux:
            if isMemory { throw .invalidOpcode }
            return Operand(.xmm, rmNumber, size: form == .uq ? 8 : 16)
        default: throw .invalidOpcode
        }
    }

    // MARK: Registers

    /// ModRM's reg, extended by REX.R.
    private var regNumber: UInt8 { instruction.reg | (rex & 4) << 1 }
    /// ModRM's r/m as a register, extended by REX.B.
    private var rmNumber: UInt8 { instruction.rm | (rex & 1) << 3 }
    /// The opcode's low bits, extended by REX.B.
    private var opcodeNumber: UInt8 { instruction.opcode & 7 | (rex & 1) << 3 }
    private var isMemory: Bool { instruction.mod != 3 }
    /// Type "y".
    private var wideSize: UInt16 { rex & 8 != 0 ? 8 : 4 }

    @inline(__always)
    private func general(_ number: UInt8, _ size: UInt16) -> Operand {
        // Without REX, the byte registers 4 to 7 are AH, CH, DH and BH.
        if size == 1, rex == 0, number & 0xfc == 4 { return Operand(.highByte, number & 3, size: 1) }
        return Operand(.general, number, size: size)
    }

    @inline(__always)
    private func generalOrMemory(_ size: UInt16) -> Operand {
        isMemory ? Operand(.memory, size: size) : general(rmNumber, size)
    }

    private func vectorOrMemory(_ size: UInt16) -> Operand {
        isMemory ? Operand(.memory, size: size) : Operand(.xmm, rmNumber, size: size)
    }

    private func memory(_ size: UInt16) throws(DecodeError) -> Operand {
        guard isMemory else { throw .invalidOpcode }
        return Operand(.memory, size: size)
    }

    private func segment(_ number: UInt8) throws(DecodeError) -> Operand {
        guard number < 6 else { throw .invalidOpcode }
        return Operand(.segment, number, size: 2)
    }

    // MARK: Immediates

    /// Sign-extended to 64 bits.
    private mutating func readSigned(_ size: UInt16) throws(DecodeError) -> UInt64 {
        switch size {
        case 1: UInt64(bitPattern: Int64(try read(Int8.self)))
        case 2: UInt64(bitPattern: Int64(try read(Int16.self)))
        case 4: UInt64(bitPattern: Int64(try read(Int32.self)))
        default: try read(UInt64.self)
        }
    }

    /// The address in the instruction itself, as long as addresses are (opcodes A0 to A3).
    private mutating func directAddress(_ size: UInt16) throws(DecodeError) -> Operand {
        instruction.memory.displacement = Int64(bitPattern: try readSigned(UInt16(instruction.addressSize)))
        return Operand(.memory, size: size)
    }
}
