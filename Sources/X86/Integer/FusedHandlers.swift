/// The handlers of arithmetic fused with a jump.
enum FusedHandlers {
    private static func compareRegister(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (1, 2): { registerRegisterJump(Compare.self, UInt8.self, 2, $0, $1) }
        case (1, 3): { registerRegisterJump(Compare.self, UInt8.self, 3, $0, $1) }
        case (1, 4): { registerRegisterJump(Compare.self, UInt8.self, 4, $0, $1) }
        case (1, 5): { registerRegisterJump(Compare.self, UInt8.self, 5, $0, $1) }
        case (1, 6): { registerRegisterJump(Compare.self, UInt8.self, 6, $0, $1) }
        case (1, 7): { registerRegisterJump(Compare.self, UInt8.self, 7, $0, $1) }
        case (1, 8): { registerRegisterJump(Compare.self, UInt8.self, 8, $0, $1) }
        case (1, 9): { registerRegisterJump(Compare.self, UInt8.self, 9, $0, $1) }
        case (1, 12): { registerRegisterJump(Compare.self, UInt8.self, 12, $0, $1) }
        case (1, 13): { registerRegisterJump(Compare.self, UInt8.self, 13, $0, $1) }
        case (1, 14): { registerRegisterJump(Compare.self, UInt8.self, 14, $0, $1) }
        case (1, 15): { registerRegisterJump(Compare.self, UInt8.self, 15, $0, $1) }
        case (2, 2): { registerRegisterJump(Compare.self, UInt16.self, 2, $0, $1) }
        case (2, 3): { registerRegisterJump(Compare.self, UInt16.self, 3, $0, $1) }
        case (2, 4): { registerRegisterJump(Compare.self, UInt16.self, 4, $0, $1) }
        case (2, 5): { registerRegisterJump(Compare.self, UInt16.self, 5, $0, $1) }
        case (2, 6): { registerRegisterJump(Compare.self, UInt16.self, 6, $0, $1) }
        case (2, 7): { registerRegisterJump(Compare.self, UInt16.self, 7, $0, $1) }
        case (2, 8): { registerRegisterJump(Compare.self, UInt16.self, 8, $0, $1) }
        case (2, 9): { registerRegisterJump(Compare.self, UInt16.self, 9, $0, $1) }
        case (2, 12): { registerRegisterJump(Compare.self, UInt16.self, 12, $0, $1) }
        case (2, 13): { registerRegisterJump(Compare.self, UInt16.self, 13, $0, $1) }
        case (2, 14): { registerRegisterJump(Compare.self, UInt16.self, 14, $0, $1) }
        case (2, 15): { registerRegisterJump(Compare.self, UInt16.self, 15, $0, $1) }
        case (4, 2): { registerRegisterJump(Compare.self, UInt32.self, 2, $0, $1) }
        case (4, 3): { registerRegisterJump(Compare.self, UInt32.self, 3, $0, $1) }
        case (4, 4): { registerRegisterJump(Compare.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { registerRegisterJump(Compare.self, UInt32.self, 5, $0, $1) }
        case (4, 6): { registerRegisterJump(Compare.self, UInt32.self, 6, $0, $1) }
        case (4, 7): { registerRegisterJump(Compare.self, UInt32.self, 7, $0, $1) }
        case (4, 8): { registerRegisterJump(Compare.self, UInt32.self, 8, $0, $1) }
        case (4, 9): { registerRegisterJump(Compare.self, UInt32.self, 9, $0, $1) }
        case (4, 12): { registerRegisterJump(Compare.self, UInt32.self, 12, $0, $1) }
        case (4, 13): { registerRegisterJump(Compare.self, UInt32.self, 13, $0, $1) }
        case (4, 14): { registerRegisterJump(Compare.self, UInt32.self, 14, $0, $1) }
        case (4, 15): { registerRegisterJump(Compare.self, UInt32.self, 15, $0, $1) }
        case (8, 2): { registerRegisterJump(Compare.self, UInt64.self, 2, $0, $1) }
        case (8, 3): { registerRegisterJump(Compare.self, UInt64.self, 3, $0, $1) }
        case (8, 4): { registerRegisterJump(Compare.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { registerRegisterJump(Compare.self, UInt64.self, 5, $0, $1) }
        case (8, 6): { registerRegisterJump(Compare.self, UInt64.self, 6, $0, $1) }
        case (8, 7): { registerRegisterJump(Compare.self, UInt64.self, 7, $0, $1) }
        case (8, 8): { registerRegisterJump(Compare.self, UInt64.self, 8, $0, $1) }
        case (8, 9): { registerRegisterJump(Compare.self, UInt64.self, 9, $0, $1) }
        case (8, 12): { registerRegisterJump(Compare.self, UInt64.self, 12, $0, $1) }
        case (8, 13): { registerRegisterJump(Compare.self, UInt64.self, 13, $0, $1) }
        case (8, 14): { registerRegisterJump(Compare.self, UInt64.self, 14, $0, $1) }
        case (8, 15): { registerRegisterJump(Compare.self, UInt64.self, 15, $0, $1) }
        default: nil
        }
    }

    private static func compareImmediate(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (1, 2): { registerImmediateJump(Compare.self, UInt8.self, 2, $0, $1) }
        case (1, 3): { registerImmediateJump(Compare.self, UInt8.self, 3, $0, $1) }
        case (1, 4): { registerImmediateJump(Compare.self, UInt8.self, 4, $0, $1) }
        case (1, 5): { registerImmediateJump(Compare.self, UInt8.self, 5, $0, $1) }
        case (1, 6): { registerImmediateJump(Compare.self, UInt8.self, 6, $0, $1) }
        case (1, 7): { registerImmediateJump(Compare.self, UInt8.self, 7, $0, $1) }
        case (1, 8): { registerImmediateJump(Compare.self, UInt8.self, 8, $0, $1) }
        case (1, 9): { registerImmediateJump(Compare.self, UInt8.self, 9, $0, $1) }
        case (1, 12): { registerImmediateJump(Compare.self, UInt8.self, 12, $0, $1) }
        case (1, 13): { registerImmediateJump(Compare.self, UInt8.self, 13, $0, $1) }
        case (1, 14): { registerImmediateJump(Compare.self, UInt8.self, 14, $0, $1) }
        case (1, 15): { registerImmediateJump(Compare.self, UInt8.self, 15, $0, $1) }
        case (2, 2): { registerImmediateJump(Compare.self, UInt16.self, 2, $0, $1) }
        case (2, 3): { registerImmediateJump(Compare.self, UInt16.self, 3, $0, $1) }
        case (2, 4): { registerImmediateJump(Compare.self, UInt16.self, 4, $0, $1) }
        case (2, 5): { registerImmediateJump(Compare.self, UInt16.self, 5, $0, $1) }
        case (2, 6): { registerImmediateJump(Compare.self, UInt16.self, 6, $0, $1) }
        case (2, 7): { registerImmediateJump(Compare.self, UInt16.self, 7, $0, $1) }
        case (2, 8): { registerImmediateJump(Compare.self, UInt16.self, 8, $0, $1) }
        case (2, 9): { registerImmediateJump(Compare.self, UInt16.self, 9, $0, $1) }
        case (2, 12): { registerImmediateJump(Compare.self, UInt16.self, 12, $0, $1) }
        case (2, 13): { registerImmediateJump(Compare.self, UInt16.self, 13, $0, $1) }
        case (2, 14): { registerImmediateJump(Compare.self, UInt16.self, 14, $0, $1) }
        case (2, 15): { registerImmediateJump(Compare.self, UInt16.self, 15, $0, $1) }
        case (4, 2): { registerImmediateJump(Compare.self, UInt32.self, 2, $0, $1) }
        case (4, 3): { registerImmediateJump(Compare.self, UInt32.self, 3, $0, $1) }
        case (4, 4): { registerImmediateJump(Compare.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { registerImmediateJump(Compare.self, UInt32.self, 5, $0, $1) }
        case (4, 6): { registerImmediateJump(Compare.self, UInt32.self, 6, $0, $1) }
        case (4, 7): { registerImmediateJump(Compare.self, UInt32.self, 7, $0, $1) }
        case (4, 8): { registerImmediateJump(Compare.self, UInt32.self, 8, $0, $1) }
        case (4, 9): { registerImmediateJump(Compare.self, UInt32.self, 9, $0, $1) }
        case (4, 12): { registerImmediateJump(Compare.self, UInt32.self, 12, $0, $1) }
        case (4, 13): { registerImmediateJump(Compare.self, UInt32.self, 13, $0, $1) }
        case (4, 14): { registerImmediateJump(Compare.self, UInt32.self, 14, $0, $1) }
        case (4, 15): { registerImmediateJump(Compare.self, UInt32.self, 15, $0, $1) }
        case (8, 2): { registerImmediateJump(Compare.self, UInt64.self, 2, $0, $1) }
        case (8, 3): { registerImmediateJump(Compare.self, UInt64.self, 3, $0, $1) }
        case (8, 4): { registerImmediateJump(Compare.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { registerImmediateJump(Compare.self, UInt64.self, 5, $0, $1) }
        case (8, 6): { registerImmediateJump(Compare.self, UInt64.self, 6, $0, $1) }
        case (8, 7): { registerImmediateJump(Compare.self, UInt64.self, 7, $0, $1) }
        case (8, 8): { registerImmediateJump(Compare.self, UInt64.self, 8, $0, $1) }
        case (8, 9): { registerImmediateJump(Compare.self, UInt64.self, 9, $0, $1) }
        case (8, 12): { registerImmediateJump(Compare.self, UInt64.self, 12, $0, $1) }
        case (8, 13): { registerImmediateJump(Compare.self, UInt64.self, 13, $0, $1) }
        case (8, 14): { registerImmediateJump(Compare.self, UInt64.self, 14, $0, $1) }
        case (8, 15): { registerImmediateJump(Compare.self, UInt64.self, 15, $0, $1) }
        default: nil
        }
    }

    private static func testRegister(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (1, 4): { registerRegisterJump(Test.self, UInt8.self, 4, $0, $1) }
        case (1, 5): { registerRegisterJump(Test.self, UInt8.self, 5, $0, $1) }
        case (1, 8): { registerRegisterJump(Test.self, UInt8.self, 8, $0, $1) }
        case (1, 9): { registerRegisterJump(Test.self, UInt8.self, 9, $0, $1) }
        case (1, 12): { registerRegisterJump(Test.self, UInt8.self, 12, $0, $1) }
        case (1, 13): { registerRegisterJump(Test.self, UInt8.self, 13, $0, $1) }
        case (1, 14): { registerRegisterJump(Test.self, UInt8.self, 14, $0, $1) }
        case (1, 15): { registerRegisterJump(Test.self, UInt8.self, 15, $0, $1) }
        case (2, 4): { registerRegisterJump(Test.self, UInt16.self, 4, $0, $1) }
        case (2, 5): { registerRegisterJump(Test.self, UInt16.self, 5, $0, $1) }
        case (2, 8): { registerRegisterJump(Test.self, UInt16.self, 8, $0, $1) }
        case (2, 9): { registerRegisterJump(Test.self, UInt16.self, 9, $0, $1) }
        case (2, 12): { registerRegisterJump(Test.self, UInt16.self, 12, $0, $1) }
        case (2, 13): { registerRegisterJump(Test.self, UInt16.self, 13, $0, $1) }
        case (2, 14): { registerRegisterJump(Test.self, UInt16.self, 14, $0, $1) }
        case (2, 15): { registerRegisterJump(Test.self, UInt16.self, 15, $0, $1) }
        case (4, 4): { registerRegisterJump(Test.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { registerRegisterJump(Test.self, UInt32.self, 5, $0, $1) }
        case (4, 8): { registerRegisterJump(Test.self, UInt32.self, 8, $0, $1) }
        case (4, 9): { registerRegisterJump(Test.self, UInt32.self, 9, $0, $1) }
        case (4, 12): { registerRegisterJump(Test.self, UInt32.self, 12, $0, $1) }
        case (4, 13): { registerRegisterJump(Test.self, UInt32.self, 13, $0, $1) }
        case (4, 14): { registerRegisterJump(Test.self, UInt32.self, 14, $0, $1) }
        case (4, 15): { registerRegisterJump(Test.self, UInt32.self, 15, $0, $1) }
        case (8, 4): { registerRegisterJump(Test.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { registerRegisterJump(Test.self, UInt64.self, 5, $0, $1) }
        case (8, 8): { registerRegisterJump(Test.self, UInt64.self, 8, $0, $1) }
        case (8, 9): { registerRegisterJump(Test.self, UInt64.self, 9, $0, $1) }
        case (8, 12): { registerRegisterJump(Test.self, UInt64.self, 12, $0, $1) }
        case (8, 13): { registerRegisterJump(Test.self, UInt64.self, 13, $0, $1) }
        case (8, 14): { registerRegisterJump(Test.self, UInt64.self, 14, $0, $1) }
        case (8, 15): { registerRegisterJump(Test.self, UInt64.self, 15, $0, $1) }
        default: nil
        }
    }

    private static func testImmediate(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (1, 4): { registerImmediateJump(Test.self, UInt8.self, 4, $0, $1) }
        case (1, 5): { registerImmediateJump(Test.self, UInt8.self, 5, $0, $1) }
        case (1, 8): { registerImmediateJump(Test.self, UInt8.self, 8, $0, $1) }
        case (1, 9): { registerImmediateJump(Test.self, UInt8.self, 9, $0, $1) }
        case (2, 4): { registerImmediateJump(Test.self, UInt16.self, 4, $0, $1) }
        case (2, 5): { registerImmediateJump(Test.self, UInt16.self, 5, $0, $1) }
        case (2, 8): { registerImmediateJump(Test.self, UInt16.self, 8, $0, $1) }
        case (2, 9): { registerImmediateJump(Test.self, UInt16.self, 9, $0, $1) }
        case (4, 4): { registerImmediateJump(Test.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { registerImmediateJump(Test.self, UInt32.self, 5, $0, $1) }
        case (4, 8): { registerImmediateJump(Test.self, UInt32.self, 8, $0, $1) }
        case (4, 9): { registerImmediateJump(Test.self, UInt32.self, 9, $0, $1) }
        case (8, 4): { registerImmediateJump(Test.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { registerImmediateJump(Test.self, UInt64.self, 5, $0, $1) }
        case (8, 8): { registerImmediateJump(Test.self, UInt64.self, 8, $0, $1) }
        case (8, 9): { registerImmediateJump(Test.self, UInt64.self, 9, $0, $1) }
        default: nil
        }
    }

    private static func subtractRegister(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (4, 2): { registerRegisterJump(Subtract.self, UInt32.self, 2, $0, $1) }
        case (4, 3): { registerRegisterJump(Subtract.self, UInt32.self, 3, $0, $1) }
        case (4, 4): { registerRegisterJump(Subtract.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { registerRegisterJump(Subtract.self, UInt32.self, 5, $0, $1) }
        case (4, 8): { registerRegisterJump(Subtract.self, UInt32.self, 8, $0, $1) }
        case (4, 9): { registerRegisterJump(Subtract.self, UInt32.self, 9, $0, $1) }
        case (8, 2): { registerRegisterJump(Subtract.self, UInt64.self, 2, $0, $1) }
        case (8, 3): { registerRegisterJump(Subtract.self, UInt64.self, 3, $0, $1) }
        case (8, 4): { registerRegisterJump(Subtract.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { registerRegisterJump(Subtract.self, UInt64.self, 5, $0, $1) }
        case (8, 8): { registerRegisterJump(Subtract.self, UInt64.self, 8, $0, $1) }
        case (8, 9): { registerRegisterJump(Subtract.self, UInt64.self, 9, $0, $1) }
        default: nil
        }
    }

    private static func subtractImmediate(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (4, 2): { registerImmediateJump(Subtract.self, UInt32.self, 2, $0, $1) }
        case (4, 3): { registerImmediateJump(Subtract.self, UInt32.self, 3, $0, $1) }
        case (4, 4): { registerImmediateJump(Subtract.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { registerImmediateJump(Subtract.self, UInt32.self, 5, $0, $1) }
        case (4, 8): { registerImmediateJump(Subtract.self, UInt32.self, 8, $0, $1) }
        case (4, 9): { registerImmediateJump(Subtract.self, UInt32.self, 9, $0, $1) }
        case (8, 2): { registerImmediateJump(Subtract.self, UInt64.self, 2, $0, $1) }
        case (8, 3): { registerImmediateJump(Subtract.self, UInt64.self, 3, $0, $1) }
        case (8, 4): { registerImmediateJump(Subtract.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { registerImmediateJump(Subtract.self, UInt64.self, 5, $0, $1) }
        case (8, 8): { registerImmediateJump(Subtract.self, UInt64.self, 8, $0, $1) }
        case (8, 9): { registerImmediateJump(Subtract.self, UInt64.self, 9, $0, $1) }
        default: nil
        }
    }

    private static func andRegister(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (1, 4): { registerRegisterJump(And.self, UInt8.self, 4, $0, $1) }
        case (1, 5): { registerRegisterJump(And.self, UInt8.self, 5, $0, $1) }
        case (4, 4): { registerRegisterJump(And.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { registerRegisterJump(And.self, UInt32.self, 5, $0, $1) }
        case (8, 4): { registerRegisterJump(And.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { registerRegisterJump(And.self, UInt64.self, 5, $0, $1) }
        default: nil
        }
    }

    private static func andImmediate(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (1, 4): { registerImmediateJump(And.self, UInt8.self, 4, $0, $1) }
        case (1, 5): { registerImmediateJump(And.self, UInt8.self, 5, $0, $1) }
        case (4, 4): { registerImmediateJump(And.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { registerImmediateJump(And.self, UInt32.self, 5, $0, $1) }
        case (8, 4): { registerImmediateJump(And.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { registerImmediateJump(And.self, UInt64.self, 5, $0, $1) }
        default: nil
        }
    }

    private static func addRegister(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (4, 2): { registerRegisterJump(Add.self, UInt32.self, 2, $0, $1) }
        case (4, 3): { registerRegisterJump(Add.self, UInt32.self, 3, $0, $1) }
        case (4, 4): { registerRegisterJump(Add.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { registerRegisterJump(Add.self, UInt32.self, 5, $0, $1) }
        case (4, 8): { registerRegisterJump(Add.self, UInt32.self, 8, $0, $1) }
        case (4, 9): { registerRegisterJump(Add.self, UInt32.self, 9, $0, $1) }
        case (8, 2): { registerRegisterJump(Add.self, UInt64.self, 2, $0, $1) }
        case (8, 3): { registerRegisterJump(Add.self, UInt64.self, 3, $0, $1) }
        case (8, 4): { registerRegisterJump(Add.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { registerRegisterJump(Add.self, UInt64.self, 5, $0, $1) }
        case (8, 8): { registerRegisterJump(Add.self, UInt64.self, 8, $0, $1) }
        case (8, 9): { registerRegisterJump(Add.self, UInt64.self, 9, $0, $1) }
        default: nil
        }
    }

    private static func addImmediate(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (4, 2): { registerImmediateJump(Add.self, UInt32.self, 2, $0, $1) }
        case (4, 3): { registerImmediateJump(Add.self, UInt32.self, 3, $0, $1) }
        case (4, 4): { registerImmediateJump(Add.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { registerImmediateJump(Add.self, UInt32.self, 5, $0, $1) }
        case (4, 8): { registerImmediateJump(Add.self, UInt32.self, 8, $0, $1) }
        case (4, 9): { registerImmediateJump(Add.self, UInt32.self, 9, $0, $1) }
        case (8, 2): { registerImmediateJump(Add.self, UInt64.self, 2, $0, $1) }
        case (8, 3): { registerImmediateJump(Add.self, UInt64.self, 3, $0, $1) }
        case (8, 4): { registerImmediateJump(Add.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { registerImmediateJump(Add.self, UInt64.self, 5, $0, $1) }
        case (8, 8): { registerImmediateJump(Add.self, UInt64.self, 8, $0, $1) }
        case (8, 9): { registerImmediateJump(Add.self, UInt64.self, 9, $0, $1) }
        default: nil
        }
    }

    private static func increment(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (4, 4): { unaryJump(Increment.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { unaryJump(Increment.self, UInt32.self, 5, $0, $1) }
        case (4, 8): { unaryJump(Increment.self, UInt32.self, 8, $0, $1) }
        case (4, 9): { unaryJump(Increment.self, UInt32.self, 9, $0, $1) }
        case (8, 4): { unaryJump(Increment.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { unaryJump(Increment.self, UInt64.self, 5, $0, $1) }
        case (8, 8): { unaryJump(Increment.self, UInt64.self, 8, $0, $1) }
        case (8, 9): { unaryJump(Increment.self, UInt64.self, 9, $0, $1) }
        default: nil
        }
    }

    private static func decrement(_ size: Int, _ condition: UInt8) -> Handler? {
        switch (size, condition) {
        case (4, 4): { unaryJump(Decrement.self, UInt32.self, 4, $0, $1) }
        case (4, 5): { unaryJump(Decrement.self, UInt32.self, 5, $0, $1) }
        case (4, 8): { unaryJump(Decrement.self, UInt32.self, 8, $0, $1) }
        case (4, 9): { unaryJump(Decrement.self, UInt32.self, 9, $0, $1) }
        case (8, 4): { unaryJump(Decrement.self, UInt64.self, 4, $0, $1) }
        case (8, 5): { unaryJump(Decrement.self, UInt64.self, 5, $0, $1) }
        case (8, 8): { unaryJump(Decrement.self, UInt64.self, 8, $0, $1) }
        case (8, 9): { unaryJump(Decrement.self, UInt64.self, 9, $0, $1) }
        default: nil
        }
    }

    /// Nil: there is none for this operation, size and condition.
    static func handler(_ operation: Operation, isImmediate: Bool, _ size: Int, _ condition: UInt8) -> Handler? {
        switch (operation, isImmediate) {
        case (.cmp, false): compareRegister(size, condition)
        case (.cmp, true): compareImmediate(size, condition)
        case (.test, false): testRegister(size, condition)
        case (.test, true): testImmediate(size, condition)
        case (.sub, false): subtractRegister(size, condition)
        case (.sub, true): subtractImmediate(size, condition)
        case (.and, false): andRegister(size, condition)
        case (.and, true): andImmediate(size, condition)
        case (.add, false): addRegister(size, condition)
        case (.add, true): addImmediate(size, condition)
        case (.inc, _): increment(size, condition)
        case (.dec, _): decrement(size, condition)
        default: nil
        }
    }
}
