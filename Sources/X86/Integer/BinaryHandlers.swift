/// The handlers of two-operand arithmetic: by operation, and by the operand's size in bytes.
enum BinaryHandlers {
    static func registerRegisterHandler(_ operation: Operation, _ size: Int) -> Handler? {
        switch operation {
        case .add:
            bySize(
                size,
                { registerRegister(Add.self, UInt8.self, $0, $1) },
                { registerRegister(Add.self, UInt16.self, $0, $1) },
                { registerRegister(Add.self, UInt32.self, $0, $1) },
                { registerRegister(Add.self, UInt64.self, $0, $1) })
        case .or:
            bySize(
                size,
                { registerRegister(Or.self, UInt8.self, $0, $1) },
                { registerRegister(Or.self, UInt16.self, $0, $1) },
                { registerRegister(Or.self, UInt32.self, $0, $1) },
                { registerRegister(Or.self, UInt64.self, $0, $1) })
        case .adc:
            bySize(
                size,
                { registerRegister(AddWithCarry.self, UInt8.self, $0, $1) },
                { registerRegister(AddWithCarry.self, UInt16.self, $0, $1) },
                { registerRegister(AddWithCarry.self, UInt32.self, $0, $1) },
                { registerRegister(AddWithCarry.self, UInt64.self, $0, $1) })
        case .sbb:
            bySize(
                size,
                { registerRegister(SubtractWithBorrow.self, UInt8.self, $0, $1) },
                { registerRegister(SubtractWithBorrow.self, UInt16.self, $0, $1) },
                { registerRegister(SubtractWithBorrow.self, UInt32.self, $0, $1) },
                { registerRegister(SubtractWithBorrow.self, UInt64.self, $0, $1) })
        case .and:
            bySize(
                size,
                { registerRegister(And.self, UInt8.self, $0, $1) },
                { registerRegister(And.self, UInt16.self, $0, $1) },
                { registerRegister(And.self, UInt32.self, $0, $1) },
                { registerRegister(And.self, UInt64.self, $0, $1) })
        case .sub:
            bySize(
                size,
                { registerRegister(Subtract.self, UInt8.self, $0, $1) },
                { registerRegister(Subtract.self, UInt16.self, $0, $1) },
                { registerRegister(Subtract.self, UInt32.self, $0, $1) },
                { registerRegister(Subtract.self, UInt64.self, $0, $1) })
        case .xor:
            bySize(
                size,
                { registerRegister(Xor.self, UInt8.self, $0, $1) },
                { registerRegister(Xor.self, UInt16.self, $0, $1) },
                { registerRegister(Xor.self, UInt32.self, $0, $1) },
                { registerRegister(Xor.self, UInt64.self, $0, $1) })
        case .cmp:
            bySize(
                size,
                { registerRegister(Compare.self, UInt8.self, $0, $1) },
                { registerRegister(Compare.self, UInt16.self, $0, $1) },
                { registerRegister(Compare.self, UInt32.self, $0, $1) },
                { registerRegister(Compare.self, UInt64.self, $0, $1) })
        case .test:
            bySize(
                size,
                { registerRegister(Test.self, UInt8.self, $0, $1) },
                { registerRegister(Test.self, UInt16.self, $0, $1) },
                { registerRegister(Test.self, UInt32.self, $0, $1) },
                { registerRegister(Test.self, UInt64.self, $0, $1) })
        default: nil
        }
    }

    static func registerImmediateHandler(_ operation: Operation, _ size: Int) -> Handler? {
        switch operation {
        case .add:
            bySize(
                size,
                { registerImmediate(Add.self, UInt8.self, $0, $1) },
                { registerImmediate(Add.self, UInt16.self, $0, $1) },
                { registerImmediate(Add.self, UInt32.self, $0, $1) },
                { registerImmediate(Add.self, UInt64.self, $0, $1) })
        case .or:
            bySize(
                size,
                { registerImmediate(Or.self, UInt8.self, $0, $1) },
                { registerImmediate(Or.self, UInt16.self, $0, $1) },
                { registerImmediate(Or.self, UInt32.self, $0, $1) },
                { registerImmediate(Or.self, UInt64.self, $0, $1) })
        case .adc:
            bySize(
                size,
                { registerImmediate(AddWithCarry.self, UInt8.self, $0, $1) },
                { registerImmediate(AddWithCarry.self, UInt16.self, $0, $1) },
                { registerImmediate(AddWithCarry.self, UInt32.self, $0, $1) },
                { registerImmediate(AddWithCarry.self, UInt64.self, $0, $1) })
        case .sbb:
            bySize(
                size,
                { registerImmediate(SubtractWithBorrow.self, UInt8.self, $0, $1) },
                { registerImmediate(SubtractWithBorrow.self, UInt16.self, $0, $1) },
                { registerImmediate(SubtractWithBorrow.self, UInt32.self, $0, $1) },
                { registerImmediate(SubtractWithBorrow.self, UInt64.self, $0, $1) })
        case .and:
            bySize(
                size,
                { registerImmediate(And.self, UInt8.self, $0, $1) },
                { registerImmediate(And.self, UInt16.self, $0, $1) },
                { registerImmediate(And.self, UInt32.self, $0, $1) },
                { registerImmediate(And.self, UInt64.self, $0, $1) })
        case .sub:
            bySize(
                size,
                { registerImmediate(Subtract.self, UInt8.self, $0, $1) },
                { registerImmediate(Subtract.self, UInt16.self, $0, $1) },
                { registerImmediate(Subtract.self, UInt32.self, $0, $1) },
                { registerImmediate(Subtract.self, UInt64.self, $0, $1) })
        case .xor:
            bySize(
                size,
                { registerImmediate(Xor.self, UInt8.self, $0, $1) },
                { registerImmediate(Xor.self, UInt16.self, $0, $1) },
                { registerImmediate(Xor.self, UInt32.self, $0, $1) },
                { registerImmediate(Xor.self, UInt64.self, $0, $1) })
        case .cmp:
            bySize(
                size,
                { registerImmediate(Compare.self, UInt8.self, $0, $1) },
                { registerImmediate(Compare.self, UInt16.self, $0, $1) },
                { registerImmediate(Compare.self, UInt32.self, $0, $1) },
                { registerImmediate(Compare.self, UInt64.self, $0, $1) })
        case .test:
            bySize(
                size,
                { registerImmediate(Test.self, UInt8.self, $0, $1) },
                { registerImmediate(Test.self, UInt16.self, $0, $1) },
                { registerImmediate(Test.self, UInt32.self, $0, $1) },
                { registerImmediate(Test.self, UInt64.self, $0, $1) })
        default: nil
        }
    }

    static func registerMemoryHandler(_ operation: Operation, _ size: Int) -> Handler? {
        switch operation {
        case .add:
            bySize(
                size,
                { registerMemory(Add.self, UInt8.self, $0, $1) },
                { registerMemory(Add.self, UInt16.self, $0, $1) },
                { registerMemory(Add.self, UInt32.self, $0, $1) },
                { registerMemory(Add.self, UInt64.self, $0, $1) })
        case .or:
            bySize(
                size,
                { registerMemory(Or.self, UInt8.self, $0, $1) },
                { registerMemory(Or.self, UInt16.self, $0, $1) },
                { registerMemory(Or.self, UInt32.self, $0, $1) },
                { registerMemory(Or.self, UInt64.self, $0, $1) })
        case .adc:
            bySize(
                size,
                { registerMemory(AddWithCarry.self, UInt8.self, $0, $1) },
                { registerMemory(AddWithCarry.self, UInt16.self, $0, $1) },
                { registerMemory(AddWithCarry.self, UInt32.self, $0, $1) },
                { registerMemory(AddWithCarry.self, UInt64.self, $0, $1) })
        case .sbb:
            bySize(
                size,
                { registerMemory(SubtractWithBorrow.self, UInt8.self, $0, $1) },
                { registerMemory(SubtractWithBorrow.self, UInt16.self, $0, $1) },
                { registerMemory(SubtractWithBorrow.self, UInt32.self, $0, $1) },
                { registerMemory(SubtractWithBorrow.self, UInt64.self, $0, $1) })
        case .and:
            bySize(
                size,
                { registerMemory(And.self, UInt8.self, $0, $1) },
                { registerMemory(And.self, UInt16.self, $0, $1) },
                { registerMemory(And.self, UInt32.self, $0, $1) },
                { registerMemory(And.self, UInt64.self, $0, $1) })
        case .sub:
            bySize(
                size,
                { registerMemory(Subtract.self, UInt8.self, $0, $1) },
                { registerMemory(Subtract.self, UInt16.self, $0, $1) },
                { registerMemory(Subtract.self, UInt32.self, $0, $1) },
                { registerMemory(Subtract.self, UInt64.self, $0, $1) })
        case .xor:
            bySize(
                size,
                { registerMemory(Xor.self, UInt8.self, $0, $1) },
                { registerMemory(Xor.self, UInt16.self, $0, $1) },
                { registerMemory(Xor.self, UInt32.self, $0, $1) },
                { registerMemory(Xor.self, UInt64.self, $0, $1) })
        case .cmp:
            bySize(
                size,
                { registerMemory(Compare.self, UInt8.self, $0, $1) },
                { registerMemory(Compare.self, UInt16.self, $0, $1) },
                { registerMemory(Compare.self, UInt32.self, $0, $1) },
                { registerMemory(Compare.self, UInt64.self, $0, $1) })
        case .test:
            bySize(
                size,
                { registerMemory(Test.self, UInt8.self, $0, $1) },
                { registerMemory(Test.self, UInt16.self, $0, $1) },
                { registerMemory(Test.self, UInt32.self, $0, $1) },
                { registerMemory(Test.self, UInt64.self, $0, $1) })
        default: nil
        }
    }

    static func memoryRegisterHandler(_ operation: Operation, _ size: Int) -> Handler? {
        switch operation {
        case .add:
            bySize(
                size,
                { memoryRegister(Add.self, UInt8.self, $0, $1) },
                { memoryRegister(Add.self, UInt16.self, $0, $1) },
                { memoryRegister(Add.self, UInt32.self, $0, $1) },
                { memoryRegister(Add.self, UInt64.self, $0, $1) })
        case .or:
            bySize(
                size,
                { memoryRegister(Or.self, UInt8.self, $0, $1) },
                { memoryRegister(Or.self, UInt16.self, $0, $1) },
                { memoryRegister(Or.self, UInt32.self, $0, $1) },
                { memoryRegister(Or.self, UInt64.self, $0, $1) })
        case .adc:
            bySize(
                size,
                { memoryRegister(AddWithCarry.self, UInt8.self, $0, $1) },
                { memoryRegister(AddWithCarry.self, UInt16.self, $0, $1) },
                { memoryRegister(AddWithCarry.self, UInt32.self, $0, $1) },
                { memoryRegister(AddWithCarry.self, UInt64.self, $0, $1) })
        case .sbb:
            bySize(
                size,
                { memoryRegister(SubtractWithBorrow.self, UInt8.self, $0, $1) },
                { memoryRegister(SubtractWithBorrow.self, UInt16.self, $0, $1) },
                { memoryRegister(SubtractWithBorrow.self, UInt32.self, $0, $1) },
                { memoryRegister(SubtractWithBorrow.self, UInt64.self, $0, $1) })
        case .and:
            bySize(
                size,
                { memoryRegister(And.self, UInt8.self, $0, $1) },
                { memoryRegister(And.self, UInt16.self, $0, $1) },
                { memoryRegister(And.self, UInt32.self, $0, $1) },
                { memoryRegister(And.self, UInt64.self, $0, $1) })
        case .sub:
            bySize(
                size,
                { memoryRegister(Subtract.self, UInt8.self, $0, $1) },
                { memoryRegister(Subtract.self, UInt16.self, $0, $1) },
                { memoryRegister(Subtract.self, UInt32.self, $0, $1) },
                { memoryRegister(Subtract.self, UInt64.self, $0, $1) })
        case .xor:
            bySize(
                size,
                { memoryRegister(Xor.self, UInt8.self, $0, $1) },
                { memoryRegister(Xor.self, UInt16.self, $0, $1) },
                { memoryRegister(Xor.self, UInt32.self, $0, $1) },
                { memoryRegister(Xor.self, UInt64.self, $0, $1) })
        case .cmp:
            bySize(
                size,
                { memoryRegister(Compare.self, UInt8.self, $0, $1) },
                { memoryRegister(Compare.self, UInt16.self, $0, $1) },
                { memoryRegister(Compare.self, UInt32.self, $0, $1) },
                { memoryRegister(Compare.self, UInt64.self, $0, $1) })
        case .test:
            bySize(
                size,
                { memoryRegister(Test.self, UInt8.self, $0, $1) },
                { memoryRegister(Test.self, UInt16.self, $0, $1) },
                { memoryRegister(Test.self, UInt32.self, $0, $1) },
                { memoryRegister(Test.self, UInt64.self, $0, $1) })
        default: nil
        }
    }

    static func memoryImmediateHandler(_ operation: Operation, _ size: Int) -> Handler? {
        switch operation {
        case .add:
            bySize(
                size,
                { memoryImmediate(Add.self, UInt8.self, $0, $1) },
                { memoryImmediate(Add.self, UInt16.self, $0, $1) },
                { memoryImmediate(Add.self, UInt32.self, $0, $1) },
                { memoryImmediate(Add.self, UInt64.self, $0, $1) })
        case .or:
            bySize(
                size,
                { memoryImmediate(Or.self, UInt8.self, $0, $1) },
                { memoryImmediate(Or.self, UInt16.self, $0, $1) },
                { memoryImmediate(Or.self, UInt32.self, $0, $1) },
                { memoryImmediate(Or.self, UInt64.self, $0, $1) })
        case .adc:
            bySize(
                size,
                { memoryImmediate(AddWithCarry.self, UInt8.self, $0, $1) },
                { memoryImmediate(AddWithCarry.self, UInt16.self, $0, $1) },
                { memoryImmediate(AddWithCarry.self, UInt32.self, $0, $1) },
                { memoryImmediate(AddWithCarry.self, UInt64.self, $0, $1) })
        case .sbb:
            bySize(
                size,
                { memoryImmediate(SubtractWithBorrow.self, UInt8.self, $0, $1) },
                { memoryImmediate(SubtractWithBorrow.self, UInt16.self, $0, $1) },
                { memoryImmediate(SubtractWithBorrow.self, UInt32.self, $0, $1) },
                { memoryImmediate(SubtractWithBorrow.self, UInt64.self, $0, $1) })
        case .and:
            bySize(
                size,
                { memoryImmediate(And.self, UInt8.self, $0, $1) },
                { memoryImmediate(And.self, UInt16.self, $0, $1) },
                { memoryImmediate(And.self, UInt32.self, $0, $1) },
                { memoryImmediate(And.self, UInt64.self, $0, $1) })
        case .sub:
            bySize(
                size,
                { memoryImmediate(Subtract.self, UInt8.self, $0, $1) },
                { memoryImmediate(Subtract.self, UInt16.self, $0, $1) },
                { memoryImmediate(Subtract.self, UInt32.self, $0, $1) },
                { memoryImmediate(Subtract.self, UInt64.self, $0, $1) })
        case .xor:
            bySize(
                size,
                { memoryImmediate(Xor.self, UInt8.self, $0, $1) },
                { memoryImmediate(Xor.self, UInt16.self, $0, $1) },
                { memoryImmediate(Xor.self, UInt32.self, $0, $1) },
                { memoryImmediate(Xor.self, UInt64.self, $0, $1) })
        case .cmp:
            bySize(
                size,
                { memoryImmediate(Compare.self, UInt8.self, $0, $1) },
                { memoryImmediate(Compare.self, UInt16.self, $0, $1) },
                { memoryImmediate(Compare.self, UInt32.self, $0, $1) },
                { memoryImmediate(Compare.self, UInt64.self, $0, $1) })
        case .test:
            bySize(
                size,
                { memoryImmediate(Test.self, UInt8.self, $0, $1) },
                { memoryImmediate(Test.self, UInt16.self, $0, $1) },
                { memoryImmediate(Test.self, UInt32.self, $0, $1) },
                { memoryImmediate(Test.self, UInt64.self, $0, $1) })
        default: nil
        }
    }

    static func lockedRegisterHandler(_ operation: Operation, _ size: Int) -> Handler? {
        switch operation {
        case .add:
            bySize(
                size,
                { lockedRegister(Add.self, UInt8.self, $0, $1) },
                { lockedRegister(Add.self, UInt16.self, $0, $1) },
                { lockedRegister(Add.self, UInt32.self, $0, $1) },
                { lockedRegister(Add.self, UInt64.self, $0, $1) })
        case .or:
            bySize(
                size,
                { lockedRegister(Or.self, UInt8.self, $0, $1) },
                { lockedRegister(Or.self, UInt16.self, $0, $1) },
                { lockedRegister(Or.self, UInt32.self, $0, $1) },
                { lockedRegister(Or.self, UInt64.self, $0, $1) })
        case .adc:
            bySize(
                size,
                { lockedRegister(AddWithCarry.self, UInt8.self, $0, $1) },
                { lockedRegister(AddWithCarry.self, UInt16.self, $0, $1) },
                { lockedRegister(AddWithCarry.self, UInt32.self, $0, $1) },
                { lockedRegister(AddWithCarry.self, UInt64.self, $0, $1) })
        case .sbb:
            bySize(
                size,
                { lockedRegister(SubtractWithBorrow.self, UInt8.self, $0, $1) },
                { lockedRegister(SubtractWithBorrow.self, UInt16.self, $0, $1) },
                { lockedRegister(SubtractWithBorrow.self, UInt32.self, $0, $1) },
                { lockedRegister(SubtractWithBorrow.self, UInt64.self, $0, $1) })
        case .and:
            bySize(
                size,
                { lockedRegister(And.self, UInt8.self, $0, $1) },
                { lockedRegister(And.self, UInt16.self, $0, $1) },
                { lockedRegister(And.self, UInt32.self, $0, $1) },
                { lockedRegister(And.self, UInt64.self, $0, $1) })
        case .sub:
            bySize(
                size,
                { lockedRegister(Subtract.self, UInt8.self, $0, $1) },
                { lockedRegister(Subtract.self, UInt16.self, $0, $1) },
                { lockedRegister(Subtract.self, UInt32.self, $0, $1) },
                { lockedRegister(Subtract.self, UInt64.self, $0, $1) })
        case .xor:
            bySize(
                size,
                { lockedRegister(Xor.self, UInt8.self, $0, $1) },
                { lockedRegister(Xor.self, UInt16.self, $0, $1) },
                { lockedRegister(Xor.self, UInt32.self, $0, $1) },
                { lockedRegister(Xor.self, UInt64.self, $0, $1) })
        default: nil
        }
    }

    static func lockedImmediateHandler(_ operation: Operation, _ size: Int) -> Handler? {
        switch operation {
        case .add:
            bySize(
                size,
                { lockedImmediate(Add.self, UInt8.self, $0, $1) },
                { lockedImmediate(Add.self, UInt16.self, $0, $1) },
                { lockedImmediate(Add.self, UInt32.self, $0, $1) },
                { lockedImmediate(Add.self, UInt64.self, $0, $1) })
        case .or:
            bySize(
                size,
                { lockedImmediate(Or.self, UInt8.self, $0, $1) },
                { lockedImmediate(Or.self, UInt16.self, $0, $1) },
                { lockedImmediate(Or.self, UInt32.self, $0, $1) },
                { lockedImmediate(Or.self, UInt64.self, $0, $1) })
        case .adc:
            bySize(
                size,
                { lockedImmediate(AddWithCarry.self, UInt8.self, $0, $1) },
                { lockedImmediate(AddWithCarry.self, UInt16.self, $0, $1) },
                { lockedImmediate(AddWithCarry.self, UInt32.self, $0, $1) },
                { lockedImmediate(AddWithCarry.self, UInt64.self, $0, $1) })
        case .sbb:
            bySize(
                size,
                { lockedImmediate(SubtractWithBorrow.self, UInt8.self, $0, $1) },
                { lockedImmediate(SubtractWithBorrow.self, UInt16.self, $0, $1) },
                { lockedImmediate(SubtractWithBorrow.self, UInt32.self, $0, $1) },
                { lockedImmediate(SubtractWithBorrow.self, UInt64.self, $0, $1) })
        case .and:
            bySize(
                size,
                { lockedImmediate(And.self, UInt8.self, $0, $1) },
                { lockedImmediate(And.self, UInt16.self, $0, $1) },
                { lockedImmediate(And.self, UInt32.self, $0, $1) },
                { lockedImmediate(And.self, UInt64.self, $0, $1) })
        case .sub:
            bySize(
                size,
                { lockedImmediate(Subtract.self, UInt8.self, $0, $1) },
                { lockedImmediate(Subtract.self, UInt16.self, $0, $1) },
                { lockedImmediate(Subtract.self, UInt32.self, $0, $1) },
                { lockedImmediate(Subtract.self, UInt64.self, $0, $1) })
        case .xor:
            bySize(
                size,
                { lockedImmediate(Xor.self, UInt8.self, $0, $1) },
                { lockedImmediate(Xor.self, UInt16.self, $0, $1) },
                { lockedImmediate(Xor.self, UInt32.self, $0, $1) },
                { lockedImmediate(Xor.self, UInt64.self, $0, $1) })
        default: nil
        }
    }
}

/// One of four handlers, by the operand's size in bytes: 1, 2, 4, 8.
func bySize(_ size: Int, _ b: @escaping Handler, _ w: @escaping Handler, _ d: @escaping Handler, _ q: @escaping Handler)
    -> Handler
{
    switch size {
    case 1: b
    case 2: w
    case 4: d
    default: q
    }
}
