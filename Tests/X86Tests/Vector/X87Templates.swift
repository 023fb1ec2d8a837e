import Testbed

/// x87: every instruction, on registers and memory, with every control word and all kinds of numbers.
enum X87Templates {
    private static func stack(_ name: String, _ first: UInt8, _ second: UInt8, isOne: Bool = false)
        -> InstructionTemplate
    {
        InstructionTemplate(name) { trial in
            trial.fillX87()
            trial.bytes = [first, second &+ (isOne ? 0 : UInt8(trial.random.below(8)))]
        }
    }

    private static func memory(
        _ name: String, _ first: UInt8, _ digit: Int, _ size: Int, prefixes: [UInt8] = [], bits: Int = 64
    ) -> InstructionTemplate {
        InstructionTemplate("\(name) m\(size * 8) in \(bits)-bit code", bits: bits) { trial in
            trial.fillX87()
            trial.encode(prefixes: prefixes, [first], reg: digit, rm: nil, size: size)
            trial.fillMemory(size)
        }
    }

    /// An image in memory, all of it mapped: where else it faults is each processor's own affair.
    private static func state(
        _ name: String, _ first: UInt8, _ digit: UInt8, _ size: UInt64, prefixes: [UInt8] = [], bits: Int
    ) -> InstructionTemplate {
        InstructionTemplate("\(name) in \(bits)-bit code", bits: bits) { trial in
            trial.fillX87()
            trial.state[register: 3] = Trial.dataStart + trial.random.next() % (Trial.dataCount - size)
            trial.bytes = prefixes + [first, digit << 3 | 3]
        }
    }

    static let registers: [InstructionTemplate] = {
        let onStack: [(String, UInt8, UInt8)] = [
            ("fadd st, st(i)", 0xd8, 0xc0), ("fmul st, st(i)", 0xd8, 0xc8), ("fcom st(i)", 0xd8, 0xd0),
            ("fcomp st(i)", 0xd8, 0xd8), ("fsub st, st(i)", 0xd8, 0xe0), ("fsubr st, st(i)", 0xd8, 0xe8),
            ("fdiv st, st(i)", 0xd8, 0xf0), ("fdivr st, st(i)", 0xd8, 0xf8), ("fadd st(i), st", 0xdc, 0xc0),
            ("fmul st(i), st", 0xdc, 0xc8), ("fsubr st(i), st", 0xdc, 0xe0), ("fsub st(i), st", 0xdc, 0xe8),
            ("fdivr st(i), st", 0xdc, 0xf0), ("fdiv st(i), st", 0xdc, 0xf8), ("faddp", 0xde, 0xc0),
            ("fmulp", 0xde, 0xc8), ("fsubrp", 0xde, 0xe0), ("fsubp", 0xde, 0xe8), ("fdivrp", 0xde, 0xf0),
            ("fdivp", 0xde, 0xf8), ("fld st(i)", 0xd9, 0xc0), ("fxch", 0xd9, 0xc8), ("fst st(i)", 0xdd, 0xd0),
            ("fstp st(i)", 0xdd, 0xd8), ("ffree", 0xdd, 0xc0), ("ffreep", 0xdf, 0xc0), ("fucom", 0xdd, 0xe0),
            ("fucomp", 0xdd, 0xe8), ("fcmovb", 0xda, 0xc0), ("fcmove", 0xda, 0xc8), ("fcmovbe", 0xda, 0xd0),
            ("fcmovu", 0xda, 0xd8), ("fcmovnb", 0xdb, 0xc0), ("fcmovne", 0xdb, 0xc8), ("fcmovnbe", 0xdb, 0xd0),
            ("fcmovnu", 0xdb, 0xd8), ("fcomi", 0xdb, 0xf0), ("fucomi", 0xdb, 0xe8), ("fcomip", 0xdf, 0xf0),
            ("fucomip", 0xdf, 0xe8),
        ]
        let plain: [(String, UInt8, UInt8)] = [
            ("fnop", 0xd9, 0xd0), ("fchs", 0xd9, 0xe0), ("fabs", 0xd9, 0xe1), ("ftst", 0xd9, 0xe4),
            ("fxam", 0xd9, 0xe5), ("fld1", 0xd9, 0xe8), ("fldl2t", 0xd9, 0xe9), ("fldl2e", 0xd9, 0xea),
            ("fldpi", 0xd9, 0xeb), ("fldlg2", 0xd9, 0xec), ("fldln2", 0xd9, 0xed), ("fldz", 0xd9, 0xee),
            ("f2xm1", 0xd9, 0xf0), ("fyl2x", 0xd9, 0xf1), ("fptan", 0xd9, 0xf2), ("fpatan", 0xd9, 0xf3),
            ("fxtract", 0xd9, 0xf4), ("fprem1", 0xd9, 0xf5), ("fdecstp", 0xd9, 0xf6), ("fincstp", 0xd9, 0xf7),
            ("fprem", 0xd9, 0xf8), ("fyl2xp1", 0xd9, 0xf9), ("fsqrt", 0xd9, 0xfa), ("fsincos", 0xd9, 0xfb),
            ("frndint", 0xd9, 0xfc), ("fscale", 0xd9, 0xfd), ("fsin", 0xd9, 0xfe), ("fcos", 0xd9, 0xff),
            ("fucompp", 0xda, 0xe9), ("fcompp", 0xde, 0xd9), ("fnclex", 0xdb, 0xe2), ("fninit", 0xdb, 0xe3),
            ("fnstsw ax", 0xdf, 0xe0), ("emms", 0x0f, 0x77),
        ]
        let wait = InstructionTemplate("fwait") { trial in
            trial.fillX87()
            trial.bytes = [0x9b]
        }
        return onStack.map { stack($0, $1, $2) } + plain.map { stack($0, $1, $2, isOne: true) } + [wait]
    }()

    static func memory(bits: Int) -> [InstructionTemplate] {
        let arithmetic: [(UInt8, Int, String)] = [(0xd8, 4, ""), (0xdc, 8, ""), (0xde, 2, "i"), (0xda, 4, "i")]
        let names = ["add", "mul", "com", "comp", "sub", "subr", "div", "divr"]
        var list: [InstructionTemplate] = []
        for (first, size, kind) in arithmetic {
            for (digit, name) in names.enumerated() {
                list.append(memory("f" + kind + name, first, digit, size, bits: bits))
            }
        }
        let others: [(String, UInt8, Int, Int)] = [
            ("fld", 0xd9, 0, 4), ("fld", 0xdd, 0, 8), ("fld", 0xdb, 5, 10), ("fild", 0xdf, 0, 2), ("fild", 0xdb, 0, 4),
            ("fild", 0xdf, 5, 8), ("fbld", 0xdf, 4, 10), ("fst", 0xd9, 2, 4), ("fst", 0xdd, 2, 8), ("fstp", 0xd9, 3, 4),
            ("fstp", 0xdd, 3, 8), ("fstp", 0xdb, 7, 10), ("fist", 0xdf, 2, 2), ("fist", 0xdb, 2, 4),
            ("fistp", 0xdf, 3, 2), ("fistp", 0xdb, 3, 4), ("fistp", 0xdf, 7, 8), ("fisttp", 0xdf, 1, 2),
            ("fisttp", 0xdb, 1, 4), ("fisttp", 0xdd, 1, 8), ("fbstp", 0xdf, 6, 10), ("fldcw", 0xd9, 5, 2),
            ("fnstcw", 0xd9, 7, 2), ("fnstsw", 0xdd, 7, 2),
        ]
        list += others.map { memory($0, $1, $2, $3, bits: bits) }
        list.append(state("fldenv", 0xd9, 4, 28, bits: bits))
        list.append(state("frstor", 0xdd, 4, 108, bits: bits))
        list.append(state("fldenv, 16-bit format,", 0xd9, 4, 14, prefixes: [0x66], bits: bits))
        list.append(state("frstor, 16-bit format,", 0xdd, 4, 94, prefixes: [0x66], bits: bits))
        return list
    }
}
