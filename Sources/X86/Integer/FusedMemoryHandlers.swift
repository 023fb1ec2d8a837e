/// The handlers of comparisons with memory that the operation of a conditional jump follows.
enum FusedMemoryHandlers {
    private static func compareWithMemory(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (1, 2): { registerMemoryJump(Compare.self, UInt8.self, 2, $0, $1) }
        case (1, 3): { registerMemoryJump(Compare.self, UInt8.self, 3, $0, $1) }
        case (1, 4): { registerMemoryJump(Compare.self, UInt8.self, 4, $0, $1) }
        case (1, 5): { registerMemoryJump(Compare.self, UInt8.self, 5, $0, $1) }
        case (1, 6): { registerMemoryJump(Compare.self, UInt8.self, 6, $0, $1) }
        case (1, 7): { registerMemoryJump(Compare.self, UInt8.self, 7, $0, $1) }
        case (1, 12): { registerMemoryJump(Compare.self, UInt8.self, 12, $0, $1) }
        case (1, 13): { registerMemoryJump(Compare.self, UInt8.self, 13, $0, $1) }
        case (1, 14): { registerMemoryJump(Compare.self, UInt8.self, 14, $0, $1) }
        case (1, 15): { registerMemoryJump(Compare.self, UInt8.self, 15, $0, $1) }
        case (4, 2): { registerMemoryJump(Compare.self, UInt32.self, 2, $0, $1) }
        case (4, 3): { registerMemoryJump(Compare.self, UInt32.self, 3, $0, $1) }
        case (4, 4): { registerMemoryJump(Compare.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { registerMemoryJump(Compare.self, UInt32.self, 5, $0, $1) }
        case (4, 6): { registerMemoryJump(Compare.self, UInt32.self, 6, $0, $1) }
        case (4, 7): { registerMemoryJump(Compare.self, UInt32.self, 7, $0, $1) }
        case (4, 12): { registerMemoryJump(Compare.self, UInt32.self, 12, $0, $1) }
        case (4, 13): { registerMemoryJump(Compare.self, UInt32.self, 13, $0, $1) }
        case (4, 14): { registerMemoryJump(Compare.self, UInt32.self, 14, $0, $1) }
        case (4, 15): { registerMemoryJump(Compare.self, UInt32.self, 15, $0, $1) }
        case (8, 2): { registerMemoryJump(Compare.self, UInt64.self, 2, $0, $1) }
        case (8, 3): { registerMemoryJump(Compare.self, UInt64.self, 3, $0, $1) }
        case (8, 4): { registerMemoryJump(Compare.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { registerMemoryJump(Compare.self, UInt64.self, 5, $0, $1) }
        case (8, 6): { registerMemoryJump(Compare.self, UInt64.self, 6, $0, $1) }
        case (8, 7): { registerMemoryJump(Compare.self, UInt64.self, 7, $0, $1) }
        case (8, 12): { registerMemoryJump(Compare.self, UInt64.self, 12, $0, $1) }
        case (8, 13): { registerMemoryJump(Compare.self, UInt64.self, 13, $0, $1) }
        case (8, 14): { registerMemoryJump(Compare.self, UInt64.self, 14, $0, $1) }
        case (8, 15): { registerMemoryJump(Compare.self, UInt64.self, 15, $0, $1) }
        default: nil
        }
    }

    private static func compareMemory(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (1, 2): { memoryRegisterJump(Compare.self, UInt8.self, 2, $0, $1) }
        case (1, 3): { memoryRegisterJump(Compare.self, UInt8.self, 3, $0, $1) }
        case (1, 4): { memoryRegisterJump(Compare.self, UInt8.self, 4, $0, $1) }
        case (1, 5): { memoryRegisterJump(Compare.self, UInt8.self, 5, $0, $1) }
        case (1, 6): { memoryRegisterJump(Compare.self, UInt8.self, 6, $0, $1) }
        case (1, 7): { memoryRegisterJump(Compare.self, UInt8.self, 7, $0, $1) }
        case (1, 12): { memoryRegisterJump(Compare.self, UInt8.self, 12, $0, $1) }
        case (1, 13): { memoryRegisterJump(Compare.self, UInt8.self, 13, $0, $1) }
        case (1, 14): { memoryRegisterJump(Compare.self, UInt8.self, 14, $0, $1) }
        case (1, 15): { memoryRegisterJump(Compare.self, UInt8.self, 15, $0, $1) }
        case (4, 2): { memoryRegisterJump(Compare.self, UInt32.self, 2, $0, $1) }
        case (4, 3): { memoryRegisterJump(Compare.self, UInt32.self, 3, $0, $1) }
        case (4, 4): { memoryRegisterJump(Compare.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { memoryRegisterJump(Compare.self, UInt32.self, 5, $0, $1) }
        case (4, 6): { memoryRegisterJump(Compare.self, UInt32.self, 6, $0, $1) }
        case (4, 7): { memoryRegisterJump(Compare.self, UInt32.self, 7, $0, $1) }
        case (4, 12): { memoryRegisterJump(Compare.self, UInt32.self, 12, $0, $1) }
        case (4, 13): { memoryRegisterJump(Compare.self, UInt32.self, 13, $0, $1) }
        case (4, 14): { memoryRegisterJump(Compare.self, UInt32.self, 14, $0, $1) }
        case (4, 15): { memoryRegisterJump(Compare.self, UInt32.self, 15, $0, $1) }
        case (8, 2): { memoryRegisterJump(Compare.self, UInt64.self, 2, $0, $1) }
        case (8, 3): { memoryRegisterJump(Compare.self, UInt64.self, 3, $0, $1) }
        case (8, 4): { memoryRegisterJump(Compare.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { memoryRegisterJump(Compare.self, UInt64.self, 5, $0, $1) }
        case (8, 6): { memoryRegisterJump(Compare.self, UInt64.self, 6, $0, $1) }
        case (8, 7): { memoryRegisterJump(Compare.self, UInt64.self, 7, $0, $1) }
        case (8, 12): { memoryRegisterJump(Compare.self, UInt64.self, 12, $0, $1) }
        case (8, 13): { memoryRegisterJump(Compare.self, UInt64.self, 13, $0, $1) }
        case (8, 14): { memoryRegisterJump(Compare.self, UInt64.self, 14, $0, $1) }
        case (8, 15): { memoryRegisterJump(Compare.self, UInt64.self, 15, $0, $1) }
        default: nil
        }
    }

    private static func compareMemoryImmediate(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (1, 2): { memoryImmediateJump(Compare.self, UInt8.self, 2, $0, $1) }
        case (1, 3): { memoryImmediateJump(Compare.self, UInt8.self, 3, $0, $1) }
        case (1, 4): { memoryImmediateJump(Compare.self, UInt8.self, 4, $0, $1) }
        case (1, 5): { memoryImmediateJump(Compare.self, UInt8.self, 5, $0, $1) }
        case (1, 6): { memoryImmediateJump(Compare.self, UInt8.self, 6, $0, $1) }
        case (1, 7): { memoryImmediateJump(Compare.self, UInt8.self, 7, $0, $1) }
        case (1, 12): { memoryImmediateJump(Compare.self, UInt8.self, 12, $0, $1) }
        case (1, 13): { memoryImmediateJump(Compare.self, UInt8.self, 13, $0, $1) }
        case (1, 14): { memoryImmediateJump(Compare.self, UInt8.self, 14, $0, $1) }
        case (1, 15): { memoryImmediateJump(Compare.self, UInt8.self, 15, $0, $1) }
        case (2, 2): { memoryImmediateJump(Compare.self, UInt16.self, 2, $0, $1) }
        case (2, 3): { memoryImmediateJump(Compare.self, UInt16.self, 3, $0, $1) }
        case (2, 4): { memoryImmediateJump(Compare.self, UInt16.self, 4, $0, $1) }
        case (2, 5): { memoryImmediateJump(Compare.self, UInt16.self, 5, $0, $1) }
        case (2, 6): { memoryImmediateJump(Compare.self, UInt16.self, 6, $0, $1) }
        case (2, 7): { memoryImmediateJump(Compare.self, UInt16.self, 7, $0, $1) }
        case (2, 12): { memoryImmediateJump(Compare.self, UInt16.self, 12, $0, $1) }
        case (2, 13): { memoryImmediateJump(Compare.self, UInt16.self, 13, $0, $1) }
        case (2, 14): { memoryImmediateJump(Compare.self, UInt16.self, 14, $0, $1) }
        case (2, 15): { memoryImmediateJump(Compare.self, UInt16.self, 15, $0, $1) }
        case (4, 2): { memoryImmediateJump(Compare.self, UInt32.self, 2, $0, $1) }
        case (4, 3): { memoryImmediateJump(Compare.self, UInt32.self, 3, $0, $1) }
        case (4, 4): { memoryImmediateJump(Compare.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { memoryImmediateJump(Compare.self, UInt32.self, 5, $0, $1) }
        case (4, 6): { memoryImmediateJump(Compare.self, UInt32.self, 6, $0, $1) }
        case (4, 7): { memoryImmediateJump(Compare.self, UInt32.self, 7, $0, $1) }
        case (4, 12): { memoryImmediateJump(Compare.self, UInt32.self, 12, $0, $1) }
        case (4, 13): { memoryImmediateJump(Compare.self, UInt32.self, 13, $0, $1) }
        case (4, 14): { memoryImmediateJump(Compare.self, UInt32.self, 14, $0, $1) }
        case (4, 15): { memoryImmediateJump(Compare.self, UInt32.self, 15, $0, $1) }
        case (8, 2): { memoryImmediateJump(Compare.self, UInt64.self, 2, $0, $1) }
        case (8, 3): { memoryImmediateJump(Compare.self, UInt64.self, 3, $0, $1) }
        case (8, 4): { memoryImmediateJump(Compare.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { memoryImmediateJump(Compare.self, UInt64.self, 5, $0, $1) }
        case (8, 6): { memoryImmediateJump(Compare.self, UInt64.self, 6, $0, $1) }
        case (8, 7): { memoryImmediateJump(Compare.self, UInt64.self, 7, $0, $1) }
        case (8, 12): { memoryImmediateJump(Compare.self, UInt64.self, 12, $0, $1) }
        case (8, 13): { memoryImmediateJump(Compare.self, UInt64.self, 13, $0, $1) }
        case (8, 14): { memoryImmediateJump(Compare.self, UInt64.self, 14, $0, $1) }
        case (8, 15): { memoryImmediateJump(Compare.self, UInt64.self, 15, $0, $1) }
        default: nil
        }
    }

    private static func testMemoryImmediate(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (1, 4): { memoryImmediateJump(Test.self, UInt8.self, 4, $0, $1) }
        case (1, 5): { memoryImmediateJump(Test.self, UInt8.self, 5, $0, $1) }
        case (1, 8): { memoryImmediateJump(Test.self, UInt8.self, 8, $0, $1) }
        case (1, 9): { memoryImmediateJump(Test.self, UInt8.self, 9, $0, $1) }
        case (4, 4): { memoryImmediateJump(Test.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { memoryImmediateJump(Test.self, UInt32.self, 5, $0, $1) }
        case (4, 8): { memoryImmediateJump(Test.self, UInt32.self, 8, $0, $1) }
        case (4, 9): { memoryImmediateJump(Test.self, UInt32.self, 9, $0, $1) }
        case (8, 4): { memoryImmediateJump(Test.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { memoryImmediateJump(Test.self, UInt64.self, 5, $0, $1) }
        case (8, 8): { memoryImmediateJump(Test.self, UInt64.self, 8, $0, $1) }
        case (8, 9): { memoryImmediateJump(Test.self, UInt64.self, 9, $0, $1) }
        default: nil
        }
    }

    /// Nil: there is none for these operands and this condition.
    static func handler(_ i: Instruction, _ condition: UInt8) -> Handler? {
        let size = Int(i.operands.0.size)
        return switch (i.operation, i.operands.0.kind, i.operands.1.kind) {
        case (.cmp, .memory, .immediate): compareMemoryImmediate(size, condition)
        case (.cmp, .memory, _): compareMemory(size, condition)
        case (.cmp, _, .memory): compareWithMemory(size, condition)
        case (.test, .memory, .immediate): testMemoryImmediate(size, condition)
        default: nil
        }
    }
}
