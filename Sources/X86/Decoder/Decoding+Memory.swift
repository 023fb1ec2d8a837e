extension Decoding {
    /// The memory operand of ModRM, with SIB and displacement (SDM volume 2, tables 2-1 to 2-3).
    mutating func readMemory() throws(DecodeError) {
        if instruction.addressSize == 2 {
            try readMemory16()
        } else {
            try readMemory32()
        }
    }

    private mutating func readMemory16() throws(DecodeError) {
        let (rbx, rbp, rsi, rdi) = (UInt8(3), UInt8(5), UInt8(6), UInt8(7))
        let rm = instruction.rm
        if rm == 6, instruction.mod == 0 {
            instruction.memory.displacement = Int64(try read(Int16.self))
            return
        }
        switch rm {
        case 0, 1: instruction.memory.base = rbx
        case 2, 3: instruction.memory.base = rbp
        case 4: instruction.memory.base = rsi
        case 5: instruction.memory.base = rdi
        case 6: instruction.memory.base = rbp
        default: instruction.memory.base = rbx
        }
        if rm < 4 { instruction.memory.index = rm & 1 == 0 ? rsi : rdi }
        if instruction.memory.base == rbp { useStackSegment() }
        switch instruction.mod {
        case 1: instruction.memory.displacement = Int64(try read(Int8.self))
        case 2: instruction.memory.displacement = Int64(try read(Int16.self))
        default: break
        }
    }

    private mutating func readMemory32() throws(DecodeError) {
        var base = instruction.rm
        if base == 4 {
            let sib = try readByte()
            base = sib & 7
            let index = sib >> 3 & 7 | (rex & 2) << 2
            if index != 4 {
                instruction.memory.index = index
                instruction.memory.scale = sib >> 6
            }
            if base == 5, instruction.mod == 0 {
                instruction.memory.displacement = Int64(try read(Int32.self))
                return
            }
        } else if base == 5, instruction.mod == 0 {
            instruction.memory.displacement = Int64(try read(Int32.self))
            if isLong { instruction.memory.base = MemoryOperand.instructionPointer }
            return
        }
        base |= (rex & 1) << 3
        instruction.memory.base = base
        if base == 4 || base == 5 { useStackSegment() }
        switch instruction.mod {
        case 1: instruction.memory.displacement = Int64(try read(Int8.self))
        case 2: instruction.memory.displacement = Int64(try read(Int32.self))
        default: break
        }
    }

    /// Addresses by rSP or rBP are in SS, if no prefix says otherwise.
    private mutating func useStackSegment() {
        if instruction.segmentPrefix == 255 { instruction.memory.segment = 2 }
    }
}
