extension Instruction {
    /// In Intel's syntax, as objdump writes it: `add DWORD PTR [rbp-0x8],eax`. Jumps are relative: `$+0x12`, from the instruction's
    /// start.
    public var text: String { text(target: nil) }

    /// The same for an instruction at `address`: jumps show their target.
    public func text(at address: UInt64) -> String { text(target: address) }

    private func text(target address: UInt64?) -> String {
        var text = prefixText + mnemonic
        let operands = operandTexts(address)
        if !operands.isEmpty { text += " " + operands.joined(separator: ",") }
        return text
    }

    private var prefixText: String {
        var text = isLocked ? "lock " : ""
        switch operation {
        case .cmps, .scas:
            if isRepeat { text += "repe " }
            if isRepeatNotEqual { text += "repne " }
        case .movs, .stos, .lods, .ins, .outs:
            if isRepeat || isRepeatNotEqual { text += "rep " }
        default: break
        }
        return text
    }

    private func operandTexts(_ address: UInt64?) -> [String] {
        switch operation {
        case .movs: return [destinationText, sourceText]
        case .cmps: return [sourceText, destinationText]
        case .stos: return [destinationText, accumulatorText]
        case .scas: return [accumulatorText, destinationText]
        case .lods: return [accumulatorText, sourceText]
        case .ins: return [destinationText, "dx"]
        case .outs: return ["dx", sourceText]
        case .xlat: return ["BYTE PTR \(segmentNames[Int(memory.segment)]):[\(registerName(3, addressSize))]"]
        // Selector first.
        case .callFar, .jumpFar:
            if operands.0.kind == .immediate {
                return ["0x" + String(immediate2, radix: 16) + ":0x" + String(immediate, radix: 16)]
            }
        default: break
        }
        return [operands.0, operands.1, operands.2, operands.3].prefix(Int(operandCount))
            .map { operandText($0, address) }
    }

    private func operandText(_ operand: Operand, _ address: UInt64?) -> String {
        switch operand.kind {
        case .none: return ""
        case .general: return registerName(operand.number, UInt8(truncatingIfNeeded: operand.size))
        case .highByte: return highByteNames[Int(operand.number & 3)]
        case .memory: return sizeText(operand.size) + memoryText
        case .immediate: return hexadecimal(immediate, UInt8(truncatingIfNeeded: operand.size))
        case .immediate2: return hexadecimal(immediate2, 8)
        case .relative:
            let offset = immediate &+ UInt64(length)
            guard let address else {
                return "$" + signedHexadecimal(Int64(bitPattern: offset))
            }
            return hexadecimal(address &+ offset, operandSize)
        case .segment: return segmentNames[Int(operand.number)]
        case .control: return "cr\(operand.number)"
        case .debug: return "dr\(operand.number)"
        case .mmx: return "mm\(operand.number)"
        case .xmm: return "xmm\(operand.number)"
        case .x87: return operand.number == 0 ? "st" : "st(\(operand.number))"
        }
    }

    // MARK: Memory

    private var memoryText: String {
        var parts: [String] = []
        if memory.base == MemoryOperand.instructionPointer {
            parts.append(addressSize == 8 ? "rip" : "eip")
        } else if memory.base < 16 {
            parts.append(registerName(memory.base, addressSize))
        }
        if memory.index < 16 {
            let index = registerName(memory.index, addressSize)
            parts.append(addressSize == 2 ? index : "\(index)*\(1 << memory.scale)")
        }
        let segment = segmentNames[Int(memory.segment)]
        if parts.isEmpty { return segment + ":" + hexadecimal(UInt64(bitPattern: memory.displacement), addressSize) }
        var text = parts.joined(separator: "+")
        if memory.displacement != 0 { text += signedHexadecimal(memory.displacement) }
        return (segmentPrefix == 255 ? "" : segment + ":") + "[" + text + "]"
    }

    private func sizeText(_ size: UInt16) -> String {
        switch size {
        case 1: "BYTE PTR "
        case 2: "WORD PTR "
        case 4: "DWORD PTR "
        case 6: "FWORD PTR "
        case 8: "QWORD PTR "
        case 10: "TBYTE PTR "
        case 16: "XMMWORD PTR "
        default: ""
        }
    }

    // MARK: String operations

    private var elementText: String { sizeText(UInt16(operandSize)) }
    private var accumulatorText: String { registerName(0, operandSize) }
    private var destinationText: String { elementText + "es:[\(registerName(7, addressSize))]" }
    private var sourceText: String {
        elementText + "\(segmentNames[Int(memory.segment)]):[\(registerName(6, addressSize))]"
    }
}

private let segmentNames = ["es", "cs", "ss", "ds", "fs", "gs"]
private let highByteNames = ["ah", "ch", "dh", "bh"]
private let wordNames = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
private let byteNames = ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"]

/// A general register of `size` bytes.
private func registerName(_ number: UInt8, _ size: UInt8) -> String {
    if number >= 8 {
        return "r\(number)" + (size == 1 ? "b" : size == 2 ? "w" : size == 4 ? "d" : "")
    }
    switch size {
    case 1: return byteNames[Int(number)]
    case 2: return wordNames[Int(number)]
    case 4: return "e" + wordNames[Int(number)]
    default: return "r" + wordNames[Int(number)]
    }
}

/// The low `size` bytes.
private func hexadecimal(_ value: UInt64, _ size: UInt8) -> String {
    "0x" + String(size < 8 ? value & (1 << (UInt64(size) * 8) - 1) : value, radix: 16)
}

private func signedHexadecimal(_ value: Int64) -> String {
    (value < 0 ? "-0x" : "+0x") + String(value.magnitude, radix: 16)
}
