/// The work on one instruction.
struct Decoding {
    var instruction = Instruction()
    let start: UnsafeRawPointer
    /// Where the bytes end that may be read, 15 at most.
    let limit: Int
    let mode: CodeMode
    var position = 0
    /// 66, where it is no mandatory prefix.
    var isOperandSizeToggled = false
    var rex: UInt8 = 0

    var isLong: Bool { mode == .bits64 }

    init(_ start: UnsafeRawPointer, _ count: Int, _ mode: CodeMode) {
        self.start = start
        limit = min(count, Decoder.maximumLength)
        self.mode = mode
    }

    mutating func run() throws(DecodeError) {
        var opcode = try readPrefixes()
        if opcode == 0x0f {
            opcode = try readByte()
            switch opcode {
            case 0x38:
                opcode = try readByte()
                instruction.opcodeMap = .tertiary38
            case 0x3a:
                opcode = try readByte()
                instruction.opcodeMap = .tertiary3A
            default:
                instruction.opcodeMap = .secondary
            }
        }
        instruction.opcode = opcode
        instruction.opcodeOffset = UInt8(truncatingIfNeeded: position - 1)
        instruction.rex = rex

        let entry = try findEntry(Int(instruction.opcodeMap.rawValue) << 8 | Int(opcode))
        guard let operation = Operation(rawValue: entry.value), operation != .invalid else { throw .invalidOpcode }
        instruction.operation = operation
        setOperandSize(entry.flags)
        if entry.flags.contains(.conditional) { instruction.condition = opcode & 15 }
        if entry.flags.contains(.modRM), !entry.flags.contains(.registerAlways), instruction.mod != 3 {
            try readMemory()
        }
        if entry.form0 != .none {
            instruction.operands.0 = try operand(entry.form0)
            instruction.operandCount = 1
            if entry.form1 != .none {
                instruction.operands.1 = try operand(entry.form1)
                instruction.operandCount = 2
                if entry.form2 != .none {
                    instruction.operands.2 = try operand(entry.form2)
                    instruction.operandCount = 3
                }
            }
        }
        if entry.flags.contains(isLong ? .notLong : .onlyLong) { throw .invalidOpcode }
        if instruction.isLocked, !(entry.flags.contains(.lock) && instruction.operands.0.kind == .memory) {
            throw .invalidOpcode
        }
        instruction.length = UInt8(truncatingIfNeeded: position)
    }

    // MARK: Bytes

    @inline(__always)
    mutating func readByte() throws(DecodeError) -> UInt8 {
        guard position < limit else { throw end }
        let byte = start.load(fromByteOffset: position, as: UInt8.self)
        position += 1
        return byte
    }

    /// A little-endian integer.
    @inline(__always)
    mutating func read<W: FixedWidthInteger & BitwiseCopyable>(_ type: W.Type) throws(DecodeError) -> W {
        guard position + MemoryLayout<W>.size <= limit else { throw end }
        let value = start.loadUnaligned(fromByteOffset: position, as: type)
        position += MemoryLayout<W>.size
        return W(littleEndian: value)
    }

    /// What it means that there is no further byte.
    private var end: DecodeError { limit == Decoder.maximumLength ? .tooLong : .truncated }

    // MARK: Prefixes and opcode

    /// Reads the prefixes; returns the first byte that is none.
    private mutating func readPrefixes() throws(DecodeError) -> UInt8 {
        var isAddressSizeToggled = false
        var byte = try readByte()
        prefixes: while true {
            switch byte {
            case 0x66: isOperandSizeToggled = true
            case 0x67: isAddressSizeToggled = true
            case 0xf0: instruction.isLocked = true
            case 0xf2:
                instruction.isRepeatNotEqual = true
                instruction.isRepeat = false
            case 0xf3:
                instruction.isRepeat = true
                instruction.isRepeatNotEqual = false
            // In 64-bit mode these four are ignored, so that FS or GS before them stays in force.
            case 0x26: if !isLong { instruction.segmentPrefix = 0 }
            case 0x2e: if !isLong { instruction.segmentPrefix = 1 }
            case 0x36: if !isLong { instruction.segmentPrefix = 2 }
            case 0x3e: if !isLong { instruction.segmentPrefix = 3 }
            case 0x64: instruction.segmentPrefix = 4
            case 0x65: instruction.segmentPrefix = 5
            case 0x40...0x4f where isLong:
                rex = byte
                byte = try readByte()
                continue prefixes
            default: break prefixes
            }
            // A REX prefix counts directly before the opcode only.
            rex = 0
            byte = try readByte()
        }
        instruction.hasOperandSizePrefix = isOperandSizeToggled
        if instruction.segmentPrefix != 255 { instruction.memory.segment = instruction.segmentPrefix }
        switch mode {
        case .bits16: instruction.addressSize = isAddressSizeToggled ? 4 : 2
        case .bits32: instruction.addressSize = isAddressSizeToggled ? 2 : 4
        case .bits64: instruction.addressSize = isAddressSizeToggled ? 4 : 8
        }
        return byte
    }

    /// Follows the choices from an entry of an opcode map to the instruction's entry. Reads ModRM where there is one.
    private mutating func findEntry(_ index: Int) throws(DecodeError) -> OpcodeEntry {
        let entries = OpcodeTable.shared.entries
        var entry = entries[index]
        while true {
            if entry.flags.contains(.modRM), !instruction.hasModRM {
                instruction.modRM = try readByte()
                instruction.hasModRM = true
            }
            let offset: Int
            switch entry.choice {
            case .none:
                if instruction.mandatoryPrefix == 0x66 {
                    if entry.flags.contains(.sized) {
                        instruction.mandatoryPrefix = 0
                    } else {
                        isOperandSizeToggled = false
                    }
                }
                return entry
            case .reg: offset = Int(instruction.reg)
            case .rm: offset = Int(instruction.rm)
            case .mod: offset = instruction.mod == 3 ? 1 : 0
            case .wide: offset = Int(rex >> 3 & 1)
            case .rexB: offset = Int(rex & 1)
            case .longMode: offset = isLong ? 1 : 0
            case .prefix: offset = choosePrefix()
            }
            entry = entries[Int(entry.value) + offset]
        }
    }

    /// Of several mandatory prefixes F2 and F3 win over 66.
    private mutating func choosePrefix() -> Int {
        if instruction.isRepeat {
            instruction.isRepeat = false
            instruction.mandatoryPrefix = 0xf3
            return 2
        }
        if instruction.isRepeatNotEqual {
            instruction.isRepeatNotEqual = false
            instruction.mandatoryPrefix = 0xf2
            return 3
        }
        if isOperandSizeToggled {
            instruction.mandatoryPrefix = 0x66
            return 1
        }
        return 0
    }

    private mutating func setOperandSize(_ flags: OpcodeEntry.Flags) {
        var size: UInt8
        if flags.contains(.byte) {
            size = 1
        } else if isLong {
            if flags.contains(.force64) || flags.contains(.modeSized) || rex & 8 != 0 {
                size = 8
            } else if isOperandSizeToggled {
                size = 2
            } else {
                size = flags.contains(.default64) ? 8 : 4
            }
        } else if flags.contains(.modeSized) {
            size = 4
        } else {
            size = (mode == .bits32) != isOperandSizeToggled ? 4 : 2
        }
        if flags.contains(.atMost4) { size = min(size, 4) }
        instruction.operandSize = size
    }
}
