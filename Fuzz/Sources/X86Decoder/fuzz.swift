import Driver
import X86

// The decoder of x86 instructions on arbitrary bytes, as 16-, 32- and 64-bit code: it never traps, the address sanitizer finds
// what it reads behind the buffer, and what it says of an instruction has to fit together.

/// `main` is an alias of this.
@_cdecl("X86Decoder_main")
public func x86DecoderMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: size)
    for mode in [CodeMode.bits16, .bits32, .bits64] {
        // Text is slow: of the first instruction only.
        if let first = try? Decoder.decode(bytes, mode: mode) { precondition(!first.text.isEmpty) }
        var position = 0
        while position < size {
            position += decodeOne(UnsafeRawBufferPointer(rebasing: bytes[position...]), mode)
        }
    }
    return 0
}

/// - Returns: how many bytes to go on by.
func decodeOne(_ bytes: UnsafeRawBufferPointer, _ mode: CodeMode) -> Int {
    do throws(DecodeError) {
        let instruction = try Decoder.decode(bytes, mode: mode)
        check(instruction, bytes, mode)
        return Int(instruction.length)
    } catch {
        switch error {
        case .truncated: precondition(bytes.count < Decoder.maximumLength)
        case .tooLong: precondition(bytes.count >= Decoder.maximumLength)
        case .invalidOpcode: break
        }
        return 1
    }
}

func check(_ instruction: Instruction, _ bytes: UnsafeRawBufferPointer, _ mode: CodeMode) {
    let length = Int(instruction.length)
    precondition(length >= 1 && length <= min(bytes.count, Decoder.maximumLength))
    precondition(instruction.operation != .invalid)
    precondition([1, 2, 4, 8].contains(instruction.operandSize))
    precondition(instruction.operandSize < 8 || mode == .bits64)
    precondition([2, 4, 8].contains(instruction.addressSize))
    precondition(instruction.addressSize < 8 || mode == .bits64)
    precondition(bytes[Int(instruction.opcodeOffset)] == instruction.opcode)
    precondition(!instruction.hasModRM || bytes[Int(instruction.opcodeOffset) + 1] == instruction.modRM)
    precondition(
        !instruction.hasREX || bytes[Int(instruction.opcodeOffset) - 1 - escapes(instruction)] == instruction.rex)

    let operands = instruction.operands
    check(operands.0, mode, isThere: instruction.operandCount > 0)
    check(operands.1, mode, isThere: instruction.operandCount > 1)
    check(operands.2, mode, isThere: instruction.operandCount > 2)
    check(operands.3, mode, isThere: instruction.operandCount > 3)
    let memory = instruction.memory
    precondition(memory.base <= MemoryOperand.instructionPointer && memory.index <= MemoryOperand.absent)
    precondition(memory.scale < 4 && memory.segment < 6)
    precondition(!instruction.isLocked || instruction.operands.0.kind == .memory)

    // The same with nothing behind it, and not without its last byte.
    let exact = try? Decoder.decode(UnsafeRawBufferPointer(rebasing: bytes[..<length]), mode: mode)
    precondition(exact?.length == instruction.length && exact?.operation == instruction.operation)
    do throws(DecodeError) {
        _ = try Decoder.decode(UnsafeRawBufferPointer(rebasing: bytes[..<(length - 1)]), mode: mode)
        preconditionFailure("an instruction that does not need its last byte")
    } catch {
        precondition(error == .truncated)
    }
}

func check(_ operand: Operand, _ mode: CodeMode, isThere: Bool) {
    precondition((operand.kind != .none) == isThere)
    let limit: UInt8
    switch operand.kind {
    case .general, .xmm, .control: limit = mode == .bits64 ? 16 : 8
    case .mmx, .x87, .debug: limit = 8
    case .segment: limit = 6
    case .highByte: limit = 4
    case .none, .memory, .immediate, .immediate2, .relative: limit = 1
    }
    precondition(operand.number < limit)
}

/// Bytes between prefixes and opcode.
func escapes(_ instruction: Instruction) -> Int {
    switch instruction.opcodeMap {
    case .primary: 0
    case .secondary: 1
    case .tertiary38, .tertiary3A: 2
    }
}
