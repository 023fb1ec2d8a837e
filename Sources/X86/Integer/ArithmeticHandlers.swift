/// The handlers of one-operand arithmetic by the operand's size: register, memory, locked memory.
enum UnaryHandlers {
    static func increment(_ size: Int) -> (Handler, Handler, Handler) {
        (
            bySize(
                size, { unaryRegister(Increment.self, UInt8.self, $0, $1) },
                { unaryRegister(Increment.self, UInt16.self, $0, $1) },
                { unaryRegister(Increment.self, UInt32.self, $0, $1) },
                { unaryRegister(Increment.self, UInt64.self, $0, $1) }),
            bySize(
                size, { unaryMemory(Increment.self, UInt8.self, $0, $1) },
                { unaryMemory(Increment.self, UInt16.self, $0, $1) },
                { unaryMemory(Increment.self, UInt32.self, $0, $1) },
                { unaryMemory(Increment.self, UInt64.self, $0, $1) }),
            bySize(
                size, { unaryLocked(Increment.self, UInt8.self, $0, $1) },
                { unaryLocked(Increment.self, UInt16.self, $0, $1) },
                { unaryLocked(Increment.self, UInt32.self, $0, $1) },
                { unaryLocked(Increment.self, UInt64.self, $0, $1) })
        )
    }
    static func decrement(_ size: Int) -> (Handler, Handler, Handler) {
        (
            bySize(
                size, { unaryRegister(Decrement.self, UInt8.self, $0, $1) },
                { unaryRegister(Decrement.self, UInt16.self, $0, $1) },
                { unaryRegister(Decrement.self, UInt32.self, $0, $1) },
                { unaryRegister(Decrement.self, UInt64.self, $0, $1) }),
            bySize(
                size, { unaryMemory(Decrement.self, UInt8.self, $0, $1) },
                { unaryMemory(Decrement.self, UInt16.self, $0, $1) },
                { unaryMemory(Decrement.self, UInt32.self, $0, $1) },
                { unaryMemory(Decrement.self, UInt64.self, $0, $1) }),
            bySize(
                size, { unaryLocked(Decrement.self, UInt8.self, $0, $1) },
                { unaryLocked(Decrement.self, UInt16.self, $0, $1) },
                { unaryLocked(Decrement.self, UInt32.self, $0, $1) },
                { unaryLocked(Decrement.self, UInt64.self, $0, $1) })
        )
    }
    static func negate(_ size: Int) -> (Handler, Handler, Handler) {
        (
            bySize(
                size, { unaryRegister(Negate.self, UInt8.self, $0, $1) },
                { unaryRegister(Negate.self, UInt16.self, $0, $1) },
                { unaryRegister(Negate.self, UInt32.self, $0, $1) }, { unaryRegister(Negate.self, UInt64.self, $0, $1) }
            ),
            bySize(
                size, { unaryMemory(Negate.self, UInt8.self, $0, $1) },
                { unaryMemory(Negate.self, UInt16.self, $0, $1) }, { unaryMemory(Negate.self, UInt32.self, $0, $1) },
                { unaryMemory(Negate.self, UInt64.self, $0, $1) }),
            bySize(
                size, { unaryLocked(Negate.self, UInt8.self, $0, $1) },
                { unaryLocked(Negate.self, UInt16.self, $0, $1) }, { unaryLocked(Negate.self, UInt32.self, $0, $1) },
                { unaryLocked(Negate.self, UInt64.self, $0, $1) })
        )
    }
    static func complement(_ size: Int) -> (Handler, Handler, Handler) {
        (
            bySize(
                size, { unaryRegister(Complement.self, UInt8.self, $0, $1) },
                { unaryRegister(Complement.self, UInt16.self, $0, $1) },
                { unaryRegister(Complement.self, UInt32.self, $0, $1) },
                { unaryRegister(Complement.self, UInt64.self, $0, $1) }),
            bySize(
                size, { unaryMemory(Complement.self, UInt8.self, $0, $1) },
                { unaryMemory(Complement.self, UInt16.self, $0, $1) },
                { unaryMemory(Complement.self, UInt32.self, $0, $1) },
                { unaryMemory(Complement.self, UInt64.self, $0, $1) }),
            bySize(
                size, { unaryLocked(Complement.self, UInt8.self, $0, $1) },
                { unaryLocked(Complement.self, UInt16.self, $0, $1) },
                { unaryLocked(Complement.self, UInt32.self, $0, $1) },
                { unaryLocked(Complement.self, UInt64.self, $0, $1) })
        )
    }
}

/// The handlers of shifts and rotates, by the operand's size.
enum ShiftHandlers {
    struct Forms {
        var register: Handler
        var memory: Handler
        var registerByCL: Handler
        var memoryByCL: Handler
    }

    static func handlers(_ operation: Operation, _ size: Int) -> Forms {
        switch operation {
        case .rol:
            Forms(
                register: bySize(
                    size, { shiftRegister(RotateLeft.self, UInt8.self, $0, $1) },
                    { shiftRegister(RotateLeft.self, UInt16.self, $0, $1) },
                    { shiftRegister(RotateLeft.self, UInt32.self, $0, $1) },
                    { shiftRegister(RotateLeft.self, UInt64.self, $0, $1) }),
                memory: bySize(
                    size, { shiftMemory(RotateLeft.self, UInt8.self, $0, $1) },
                    { shiftMemory(RotateLeft.self, UInt16.self, $0, $1) },
                    { shiftMemory(RotateLeft.self, UInt32.self, $0, $1) },
                    { shiftMemory(RotateLeft.self, UInt64.self, $0, $1) }),
                registerByCL: bySize(
                    size, { shiftRegisterByCL(RotateLeft.self, UInt8.self, $0, $1) },
                    { shiftRegisterByCL(RotateLeft.self, UInt16.self, $0, $1) },
                    { shiftRegisterByCL(RotateLeft.self, UInt32.self, $0, $1) },
                    { shiftRegisterByCL(RotateLeft.self, UInt64.self, $0, $1) }),
                memoryByCL: bySize(
                    size, { shiftMemoryByCL(RotateLeft.self, UInt8.self, $0, $1) },
                    { shiftMemoryByCL(RotateLeft.self, UInt16.self, $0, $1) },
                    { shiftMemoryByCL(RotateLeft.self, UInt32.self, $0, $1) },
                    { shiftMemoryByCL(RotateLeft.self, UInt64.self, $0, $1) }))
        case .ror:
            Forms(
                register: bySize(
                    size, { shiftRegister(RotateRight.self, UInt8.self, $0, $1) },
                    { shiftRegister(RotateRight.self, UInt16.self, $0, $1) },
                    { shiftRegister(RotateRight.self, UInt32.self, $0, $1) },
                    { shiftRegister(RotateRight.self, UInt64.self, $0, $1) }),
                memory: bySize(
                    size, { shiftMemory(RotateRight.self, UInt8.self, $0, $1) },
                    { shiftMemory(RotateRight.self, UInt16.self, $0, $1) },
                    { shiftMemory(RotateRight.self, UInt32.self, $0, $1) },
                    { shiftMemory(RotateRight.self, UInt64.self, $0, $1) }),
                registerByCL: bySize(
                    size, { shiftRegisterByCL(RotateRight.self, UInt8.self, $0, $1) },
                    { shiftRegisterByCL(RotateRight.self, UInt16.self, $0, $1) },
                    { shiftRegisterByCL(RotateRight.self, UInt32.self, $0, $1) },
                    { shiftRegisterByCL(RotateRight.self, UInt64.self, $0, $1) }),
                memoryByCL: bySize(
                    size, { shiftMemoryByCL(RotateRight.self, UInt8.self, $0, $1) },
                    { shiftMemoryByCL(RotateRight.self, UInt16.self, $0, $1) },
                    { shiftMemoryByCL(RotateRight.self, UInt32.self, $0, $1) },
                    { shiftMemoryByCL(RotateRight.self, UInt64.self, $0, $1) }))
        case .rcl:
            Forms(
                register: bySize(
                    size, { shiftRegister(RotateLeftThroughCarry.self, UInt8.self, $0, $1) },
                    { shiftRegister(RotateLeftThroughCarry.self, UInt16.self, $0, $1) },
                    { shiftRegister(RotateLeftThroughCarry.self, UInt32.self, $0, $1) },
                    { shiftRegister(RotateLeftThroughCarry.self, UInt64.self, $0, $1) }),
                memory: bySize(
                    size, { shiftMemory(RotateLeftThroughCarry.self, UInt8.self, $0, $1) },
                    { shiftMemory(RotateLeftThroughCarry.self, UInt16.self, $0, $1) },
                    { shiftMemory(RotateLeftThroughCarry.self, UInt32.self, $0, $1) },
                    { shiftMemory(RotateLeftThroughCarry.self, UInt64.self, $0, $1) }),
                registerByCL: bySize(
                    size, { shiftRegisterByCL(RotateLeftThroughCarry.self, UInt8.self, $0, $1) },
                    { shiftRegisterByCL(RotateLeftThroughCarry.self, UInt16.self, $0, $1) },
                    { shiftRegisterByCL(RotateLeftThroughCarry.self, UInt32.self, $0, $1) },
                    { shiftRegisterByCL(RotateLeftThroughCarry.self, UInt64.self, $0, $1) }),
                memoryByCL: bySize(
                    size, { shiftMemoryByCL(RotateLeftThroughCarry.self, UInt8.self, $0, $1) },
                    { shiftMemoryByCL(RotateLeftThroughCarry.self, UInt16.self, $0, $1) },
                    { shiftMemoryByCL(RotateLeftThroughCarry.self, UInt32.self, $0, $1) },
                    { shiftMemoryByCL(RotateLeftThroughCarry.self, UInt64.self, $0, $1) }))
        case .rcr:
            Forms(
                register: bySize(
                    size, { shiftRegister(RotateRightThroughCarry.self, UInt8.self, $0, $1) },
                    { shiftRegister(RotateRightThroughCarry.self, UInt16.self, $0, $1) },
                    { shiftRegister(RotateRightThroughCarry.self, UInt32.self, $0, $1) },
                    { shiftRegister(RotateRightThroughCarry.self, UInt64.self, $0, $1) }),
                memory: bySize(
                    size, { shiftMemory(RotateRightThroughCarry.self, UInt8.self, $0, $1) },
                    { shiftMemory(RotateRightThroughCarry.self, UInt16.self, $0, $1) },
                    { shiftMemory(RotateRightThroughCarry.self, UInt32.self, $0, $1) },
                    { shiftMemory(RotateRightThroughCarry.self, UInt64.self, $0, $1) }),
                registerByCL: bySize(
                    size, { shiftRegisterByCL(RotateRightThroughCarry.self, UInt8.self, $0, $1) },
                    { shiftRegisterByCL(RotateRightThroughCarry.self, UInt16.self, $0, $1) },
                    { shiftRegisterByCL(RotateRightThroughCarry.self, UInt32.self, $0, $1) },
                    { shiftRegisterByCL(RotateRightThroughCarry.self, UInt64.self, $0, $1) }),
                memoryByCL: bySize(
                    size, { shiftMemoryByCL(RotateRightThroughCarry.self, UInt8.self, $0, $1) },
                    { shiftMemoryByCL(RotateRightThroughCarry.self, UInt16.self, $0, $1) },
                    { shiftMemoryByCL(RotateRightThroughCarry.self, UInt32.self, $0, $1) },
                    { shiftMemoryByCL(RotateRightThroughCarry.self, UInt64.self, $0, $1) }))
        case .shl:
            Forms(
                register: bySize(
                    size, { shiftRegister(ShiftLeft.self, UInt8.self, $0, $1) },
                    { shiftRegister(ShiftLeft.self, UInt16.self, $0, $1) },
                    { shiftRegister(ShiftLeft.self, UInt32.self, $0, $1) },
                    { shiftRegister(ShiftLeft.self, UInt64.self, $0, $1) }),
                memory: bySize(
                    size, { shiftMemory(ShiftLeft.self, UInt8.self, $0, $1) },
                    { shiftMemory(ShiftLeft.self, UInt16.self, $0, $1) },
                    { shiftMemory(ShiftLeft.self, UInt32.self, $0, $1) },
                    { shiftMemory(ShiftLeft.self, UInt64.self, $0, $1) }),
                registerByCL: bySize(
                    size, { shiftRegisterByCL(ShiftLeft.self, UInt8.self, $0, $1) },
                    { shiftRegisterByCL(ShiftLeft.self, UInt16.self, $0, $1) },
                    { shiftRegisterByCL(ShiftLeft.self, UInt32.self, $0, $1) },
                    { shiftRegisterByCL(ShiftLeft.self, UInt64.self, $0, $1) }),
                memoryByCL: bySize(
                    size, { shiftMemoryByCL(ShiftLeft.self, UInt8.self, $0, $1) },
                    { shiftMemoryByCL(ShiftLeft.self, UInt16.self, $0, $1) },
                    { shiftMemoryByCL(ShiftLeft.self, UInt32.self, $0, $1) },
                    { shiftMemoryByCL(ShiftLeft.self, UInt64.self, $0, $1) }))
        case .shr:
            Forms(
                register: bySize(
                    size, { shiftRegister(ShiftRight.self, UInt8.self, $0, $1) },
                    { shiftRegister(ShiftRight.self, UInt16.self, $0, $1) },
                    { shiftRegister(ShiftRight.self, UInt32.self, $0, $1) },
                    { shiftRegister(ShiftRight.self, UInt64.self, $0, $1) }),
                memory: bySize(
                    size, { shiftMemory(ShiftRight.self, UInt8.self, $0, $1) },
                    { shiftMemory(ShiftRight.self, UInt16.self, $0, $1) },
                    { shiftMemory(ShiftRight.self, UInt32.self, $0, $1) },
                    { shiftMemory(ShiftRight.self, UInt64.self, $0, $1) }),
                registerByCL: bySize(
                    size, { shiftRegisterByCL(ShiftRight.self, UInt8.self, $0, $1) },
                    { shiftRegisterByCL(ShiftRight.self, UInt16.self, $0, $1) },
                    { shiftRegisterByCL(ShiftRight.self, UInt32.self, $0, $1) },
                    { shiftRegisterByCL(ShiftRight.self, UInt64.self, $0, $1) }),
                memoryByCL: bySize(
                    size, { shiftMemoryByCL(ShiftRight.self, UInt8.self, $0, $1) },
                    { shiftMemoryByCL(ShiftRight.self, UInt16.self, $0, $1) },
                    { shiftMemoryByCL(ShiftRight.self, UInt32.self, $0, $1) },
                    { shiftMemoryByCL(ShiftRight.self, UInt64.self, $0, $1) }))
        default:
            Forms(
                register: bySize(
                    size, { shiftRegister(ShiftArithmetic.self, UInt8.self, $0, $1) },
                    { shiftRegister(ShiftArithmetic.self, UInt16.self, $0, $1) },
                    { shiftRegister(ShiftArithmetic.self, UInt32.self, $0, $1) },
                    { shiftRegister(ShiftArithmetic.self, UInt64.self, $0, $1) }),
                memory: bySize(
                    size, { shiftMemory(ShiftArithmetic.self, UInt8.self, $0, $1) },
                    { shiftMemory(ShiftArithmetic.self, UInt16.self, $0, $1) },
                    { shiftMemory(ShiftArithmetic.self, UInt32.self, $0, $1) },
                    { shiftMemory(ShiftArithmetic.self, UInt64.self, $0, $1) }),
                registerByCL: bySize(
                    size, { shiftRegisterByCL(ShiftArithmetic.self, UInt8.self, $0, $1) },
                    { shiftRegisterByCL(ShiftArithmetic.self, UInt16.self, $0, $1) },
                    { shiftRegisterByCL(ShiftArithmetic.self, UInt32.self, $0, $1) },
                    { shiftRegisterByCL(ShiftArithmetic.self, UInt64.self, $0, $1) }),
                memoryByCL: bySize(
                    size, { shiftMemoryByCL(ShiftArithmetic.self, UInt8.self, $0, $1) },
                    { shiftMemoryByCL(ShiftArithmetic.self, UInt16.self, $0, $1) },
                    { shiftMemoryByCL(ShiftArithmetic.self, UInt32.self, $0, $1) },
                    { shiftMemoryByCL(ShiftArithmetic.self, UInt64.self, $0, $1) }))
        }
    }
}

/// SHLD and SHRD: register, memory.
enum DoubleShiftHandlers {
    static func handlers(_ operation: Operation, _ size: Int) -> (Handler, Handler) {
        operation == .shld
            ? (
                bySize(
                    size, { doubleShiftRegister(DoubleShiftLeft.self, UInt16.self, $0, $1) },
                    { doubleShiftRegister(DoubleShiftLeft.self, UInt16.self, $0, $1) },
                    { doubleShiftRegister(DoubleShiftLeft.self, UInt32.self, $0, $1) },
                    { doubleShiftRegister(DoubleShiftLeft.self, UInt64.self, $0, $1) }),
                bySize(
                    size, { doubleShiftMemory(DoubleShiftLeft.self, UInt16.self, $0, $1) },
                    { doubleShiftMemory(DoubleShiftLeft.self, UInt16.self, $0, $1) },
                    { doubleShiftMemory(DoubleShiftLeft.self, UInt32.self, $0, $1) },
                    { doubleShiftMemory(DoubleShiftLeft.self, UInt64.self, $0, $1) })
            )
            : (
                bySize(
                    size, { doubleShiftRegister(DoubleShiftRight.self, UInt16.self, $0, $1) },
                    { doubleShiftRegister(DoubleShiftRight.self, UInt16.self, $0, $1) },
                    { doubleShiftRegister(DoubleShiftRight.self, UInt32.self, $0, $1) },
                    { doubleShiftRegister(DoubleShiftRight.self, UInt64.self, $0, $1) }),
                bySize(
                    size, { doubleShiftMemory(DoubleShiftRight.self, UInt16.self, $0, $1) },
                    { doubleShiftMemory(DoubleShiftRight.self, UInt16.self, $0, $1) },
                    { doubleShiftMemory(DoubleShiftRight.self, UInt32.self, $0, $1) },
                    { doubleShiftMemory(DoubleShiftRight.self, UInt64.self, $0, $1) })
            )
    }
}

/// MUL, IMUL, DIV, IDIV with one operand: register, memory.
enum AccumulatorHandlers {
    static func handlers(_ operation: Operation, _ size: Int) -> (Handler, Handler) {
        switch operation {
        case .mul:
            (
                bySize(
                    size, { accumulatorRegister(Multiply.self, UInt8.self, $0, $1) },
                    { accumulatorRegister(Multiply.self, UInt16.self, $0, $1) },
                    { accumulatorRegister(Multiply.self, UInt32.self, $0, $1) },
                    { accumulatorRegister(Multiply.self, UInt64.self, $0, $1) }),
                bySize(
                    size, { accumulatorMemory(Multiply.self, UInt8.self, $0, $1) },
                    { accumulatorMemory(Multiply.self, UInt16.self, $0, $1) },
                    { accumulatorMemory(Multiply.self, UInt32.self, $0, $1) },
                    { accumulatorMemory(Multiply.self, UInt64.self, $0, $1) })
            )
        case .imul:
            (
                bySize(
                    size, { accumulatorRegister(MultiplySigned.self, UInt8.self, $0, $1) },
                    { accumulatorRegister(MultiplySigned.self, UInt16.self, $0, $1) },
                    { accumulatorRegister(MultiplySigned.self, UInt32.self, $0, $1) },
                    { accumulatorRegister(MultiplySigned.self, UInt64.self, $0, $1) }),
                bySize(
                    size, { accumulatorMemory(MultiplySigned.self, UInt8.self, $0, $1) },
                    { accumulatorMemory(MultiplySigned.self, UInt16.self, $0, $1) },
                    { accumulatorMemory(MultiplySigned.self, UInt32.self, $0, $1) },
                    { accumulatorMemory(MultiplySigned.self, UInt64.self, $0, $1) })
            )
        case .div:
            (
                bySize(
                    size, { accumulatorRegister(Divide.self, UInt8.self, $0, $1) },
                    { accumulatorRegister(Divide.self, UInt16.self, $0, $1) },
                    { accumulatorRegister(Divide.self, UInt32.self, $0, $1) },
                    { accumulatorRegister(Divide.self, UInt64.self, $0, $1) }),
                bySize(
                    size, { accumulatorMemory(Divide.self, UInt8.self, $0, $1) },
                    { accumulatorMemory(Divide.self, UInt16.self, $0, $1) },
                    { accumulatorMemory(Divide.self, UInt32.self, $0, $1) },
                    { accumulatorMemory(Divide.self, UInt64.self, $0, $1) })
            )
        default:
            (
                bySize(
                    size, { accumulatorRegister(DivideSigned.self, UInt8.self, $0, $1) },
                    { accumulatorRegister(DivideSigned.self, UInt16.self, $0, $1) },
                    { accumulatorRegister(DivideSigned.self, UInt32.self, $0, $1) },
                    { accumulatorRegister(DivideSigned.self, UInt64.self, $0, $1) }),
                bySize(
                    size, { accumulatorMemory(DivideSigned.self, UInt8.self, $0, $1) },
                    { accumulatorMemory(DivideSigned.self, UInt16.self, $0, $1) },
                    { accumulatorMemory(DivideSigned.self, UInt32.self, $0, $1) },
                    { accumulatorMemory(DivideSigned.self, UInt64.self, $0, $1) })
            )
        }
    }
}
