import CX86Oracle
import Testbed

@testable import X86

extension InstructionTemplate {
    /// The integer instructions of user mode.
    static let integer: [InstructionTemplate] =
        arithmetic + shifts + multiplication + moves + exchanges + bits + stack + jumps + strings + flags + legacy
        + fused

    private static let multiplyUndefined = Flag.sign | Flag.zero | Flag.auxiliary | Flag.parity

    /// Templates of one instruction with ModRM for each operand size.
    ///
    /// - Parameters:
    ///   - opcode: by the size in bytes.
    ///   - digit: ModRM's reg; nil: a register.
    ///   - immediate: bytes of the immediate, by the size.
    ///   - lock: memory operands are locked at times.
    ///   - finish: changes the trial afterwards: undefined flags, other registers.
    private static func modRM(
        _ name: String, _ sizes: [Int] = [1, 2, 4, 8], bits: Int = 64, digit: Int? = nil,
        immediate: @escaping @Sendable (Int) -> Int = { _ in 0 }, lock: Bool = false, memoryOnly: Bool = false,
        memorySize: @escaping @Sendable (Int) -> Int = { $0 }, undefined: UInt64 = 0, prefixes: [UInt8] = [],
        _ opcode: @escaping @Sendable (Int) -> [UInt8],
        finish: @escaping @Sendable (inout Trial, Int) -> Void = { _, _ in }
    ) -> [InstructionTemplate] {
        sizes.filter { bits == 64 || $0 < 8 }.map { size in
            InstructionTemplate("\(name), \(size) bytes, \(bits)-bit mode", bits: bits) { trial in
                trial.undefinedFlags = undefined
                let rm = memoryOnly ? nil : trial.registerOrMemory()
                var all: [UInt8] = lock && rm == nil && trial.random.chance(50) ? [0xf0] : []
                if bits == 16 ? size == 4 : size == 2 { all.append(0x66) }
                all += prefixes
                let bytes = trial.immediate(immediate(size))
                trial.encode(
                    prefixes: all, opcode(size), reg: digit ?? trial.anyRegister(), rm: rm, size: memorySize(size),
                    wide: size == 8, bytes: size == 1, immediate: bytes)
                finish(&trial, size)
            }
        }
    }

    private static func immediateCount(_ size: Int) -> Int { min(size, 4) }

    static let arithmetic: [InstructionTemplate] = {
        var list: [InstructionTemplate] = []
        for (number, name) in ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"].enumerated() {
            let isLogic = name == "or" || name == "and" || name == "xor"
            let undefined = isLogic ? Flag.auxiliary : 0
            let lock = name != "cmp"
            let base = UInt8(number * 8)
            for bits in [64, 32] {
                list += modRM("\(name) rm, r", bits: bits, lock: lock, undefined: undefined) {
                    [base + ($0 == 1 ? 0 : 1)]
                }
                list += modRM("\(name) r, rm", bits: bits, undefined: undefined) { [base + ($0 == 1 ? 2 : 3)] }
            }
            list += modRM(
                "\(name) rm, imm", digit: number, immediate: immediateCount, lock: lock, undefined: undefined
            ) { [$0 == 1 ? 0x80 : 0x81] }
            list += modRM(
                "\(name) rm, imm8", [2, 4, 8], digit: number, immediate: { _ in 1 }, lock: lock, undefined: undefined
            ) {
                _ in [0x83]
            }
            list.append(
                InstructionTemplate("\(name) rax, imm") { trial in
                    trial.undefinedFlags = undefined
                    trial.bytes = [0x48, base + 5] + trial.immediate(4)
                })
        }
        list += modRM("test rm, r", undefined: Flag.auxiliary) { [$0 == 1 ? 0x84 : 0x85] }
        list += modRM("test rm, imm", digit: 0, immediate: immediateCount, undefined: Flag.auxiliary) {
            [$0 == 1 ? 0xf6 : 0xf7]
        }
        list += modRM("not", digit: 2, lock: true) { [$0 == 1 ? 0xf6 : 0xf7] }
        list += modRM("neg", digit: 3, lock: true) { [$0 == 1 ? 0xf6 : 0xf7] }
        list += modRM("inc", digit: 0, lock: true) { [$0 == 1 ? 0xfe : 0xff] }
        list += modRM("dec", digit: 1, lock: true) { [$0 == 1 ? 0xfe : 0xff] }
        return list
    }()

    static let shifts: [InstructionTemplate] = {
        var list: [InstructionTemplate] = []
        /// What is undefined after a shift or rotate by `count`.
        @Sendable func undefined(_ digit: Int, _ count: Int, _ size: Int) -> UInt64 {
            let count = count & (size == 8 ? 63 : 31)
            if count == 0 { return 0 }
            var flags = count == 1 ? 0 : Flag.overflow
            if digit >= 4 { flags |= Flag.auxiliary }
            if digit == 4 || digit == 5 || digit == 6, count >= size * 8 { flags |= Flag.carry }
            return flags
        }
        for (digit, name) in [(0, "rol"), (1, "ror"), (2, "rcl"), (3, "rcr"), (4, "shl"), (5, "shr"), (7, "sar")] {
            list += modRM("\(name) rm, imm8", digit: digit, immediate: { _ in 1 }) {
                [$0 == 1 ? 0xc0 : 0xc1]
            } finish: { trial, size in
                trial.undefinedFlags = undefined(digit, Int(trial.bytes[trial.bytes.count - 1]), size)
            }
            list += modRM("\(name) rm, 1", digit: digit) {
                [$0 == 1 ? 0xd0 : 0xd1]
            } finish: { trial, size in
                trial.undefinedFlags = undefined(digit, 1, size)
            }
            list += modRM("\(name) rm, cl", digit: digit) {
                [$0 == 1 ? 0xd2 : 0xd3]
            } finish: { trial, size in
                trial.undefinedFlags = undefined(digit, Int(trial.state[register: 1] & 0xff), size)
            }
        }
        for (opcode, name) in [(UInt8(0xa4), "shld"), (0xac, "shrd")] {
            @Sendable func finish(_ trial: inout Trial, _ size: Int, _ count: Int) {
                let count = count & (size == 8 ? 63 : 31)
                trial.undefinedFlags = count == 0 ? 0 : Flag.auxiliary | (count == 1 ? 0 : Flag.overflow)
            }
            list += modRM("\(name) rm, r, imm8", [2, 4, 8], immediate: { _ in 1 }) {
                _ in
                [0x0f, opcode]
            } finish: { trial, size in
                // With counts beyond 16, operand and flags of 16 bits are undefined.
                if size == 2 { trial.bytes[trial.bytes.count - 1] &= 0xef }
                finish(&trial, size, Int(trial.bytes[trial.bytes.count - 1]))
            }
            list += modRM("\(name) rm, r, cl", [4, 8]) {
                _ in
                [0x0f, opcode + 1]
            } finish: { trial, size in
                finish(&trial, size, Int(trial.state[register: 1] & 0xff))
            }
        }
        return list
    }()

    static let multiplication: [InstructionTemplate] = {
        var list: [InstructionTemplate] = []
        for (digit, name) in [(4, "mul"), (5, "imul")] {
            list += modRM(name, digit: digit, undefined: multiplyUndefined) { [$0 == 1 ? 0xf6 : 0xf7] }
        }
        for (digit, name) in [(6, "div"), (7, "idiv")] {
            list += modRM(name, digit: digit, undefined: Flag.status) {
                [$0 == 1 ? 0xf6 : 0xf7]
            } finish: { trial, size in
                // Mostly such that the quotient may fit.
                guard trial.random.chance(80) else { return }
                if size == 1 {
                    trial.setIfFree(0, trial.state[register: 0] & 0xffff_ffff_ffff_0fff)
                } else if trial.random.chance(50) {
                    trial.setIfFree(2, trial.random.chance(50) ? 0 : .max)
                } else {
                    let shift = UInt64(64 - size * 8 + trial.random.below(size * 8))
                    trial.setIfFree(2, trial.random.next() >> shift)
                }
            }
        }
        list += modRM("imul r, rm", [2, 4, 8], undefined: multiplyUndefined) { _ in [0x0f, 0xaf] }
        list += modRM("imul r, rm, imm", [2, 4, 8], immediate: immediateCount, undefined: multiplyUndefined) { _ in
            [0x69]
        }
        list += modRM("imul r, rm, imm8", [2, 4, 8], immediate: { _ in 1 }, undefined: multiplyUndefined) { _ in [0x6b]
        }
        for (prefix, name) in [([0x66], "cbw"), ([], "cwde"), ([0x48], "cdqe")] as [([UInt8], String)] {
            list.append(InstructionTemplate(name) { $0.bytes = prefix + [0x98] })
            list.append(InstructionTemplate("\(name)'s pair") { $0.bytes = prefix + [0x99] })
        }
        return list
    }()

    static let moves: [InstructionTemplate] = {
        var list: [InstructionTemplate] = []
        for bits in [64, 32] {
            list += modRM("mov rm, r", bits: bits) { [$0 == 1 ? 0x88 : 0x89] }
            list += modRM("mov r, rm", bits: bits) { [$0 == 1 ? 0x8a : 0x8b] }
        }
        list += modRM("mov rm, imm", digit: 0, immediate: immediateCount) { [$0 == 1 ? 0xc6 : 0xc7] }
        list += modRM("movzx r, rm8", [2, 4, 8], memorySize: { _ in 1 }) { _ in [0x0f, 0xb6] }
        list += modRM("movzx r, rm16", [2, 4, 8], memorySize: { _ in 2 }) { _ in [0x0f, 0xb7] }
        list += modRM("movsx r, rm8", [2, 4, 8], memorySize: { _ in 1 }) { _ in [0x0f, 0xbe] }
        list += modRM("movsx r, rm16", [2, 4, 8], memorySize: { _ in 2 }) { _ in [0x0f, 0xbf] }
        list += modRM("movsxd r, rm32", [4, 8], memorySize: { _ in 4 }) { _ in [0x63] }
        list += modRM("movbe r, m", [2, 4, 8], memoryOnly: true) { _ in [0x0f, 0x38, 0xf0] }
        list += modRM("movbe m, r", [2, 4, 8], memoryOnly: true) { _ in [0x0f, 0x38, 0xf1] }
        list += modRM("movnti", [4, 8], memoryOnly: true) { _ in [0x0f, 0xc3] }
        for bits in [64, 32] {
            list += modRM("lea", [2, 4, 8], bits: bits, memoryOnly: true) { _ in [0x8d] }
        }
        for condition in UInt8(0)..<16 {
            list += modRM("cmov \(condition)", [2, 4, 8]) { _ in [0x0f, 0x40 + condition] }
            list += modRM("set \(condition)", [1], digit: 0) { _ in [0x0f, 0x90 + condition] }
        }
        // 32-bit addresses in 64-bit mode.
        list += modRM("mov r, [a32]", [1, 4, 8], memoryOnly: true, prefixes: [0x67]) {
            [$0 == 1 ? 0x8a : 0x8b]
        } finish: { trial, _ in
            for number in 0..<16 where trial.random.chance(50) {
                trial.state[register: number] |= trial.random.next() << 32
            }
        }
        list += modRM("lea r, [a32]", [2, 4, 8], memoryOnly: true, prefixes: [0x67]) { _ in [0x8d] }
        list.append(
            InstructionTemplate("mov r, imm64") { trial in
                trial.bytes = [0x48, 0xb8 + UInt8(trial.random.below(8))] + trial.immediate(8)
            })
        for opcode in UInt8(0xa0)...0xa3 {
            list.append(
                InstructionTemplate("mov al/rax, moffs \(opcode & 3)") { trial in
                    let address = trial.dataAddress(8)
                    trial.bytes = [0x48, opcode] + (0..<8).map { UInt8(truncatingIfNeeded: address >> UInt64($0 * 8)) }
                })
        }
        list.append(
            InstructionTemplate("bswap") { trial in
                trial.bytes = [trial.random.chance(50) ? 0x48 : 0x40, 0x0f, 0xc8 + UInt8(trial.random.below(8))]
            })
        list.append(
            InstructionTemplate("xlat") { trial in
                trial.bytes = [0xd7]
                trial.state[register: 3] = trial.dataAddress(256)
            })
        return list
    }()

    static let exchanges: [InstructionTemplate] = {
        var list: [InstructionTemplate] = []
        list += modRM("xchg", lock: true) { [$0 == 1 ? 0x86 : 0x87] }
        list += modRM("xadd", lock: true) { [0x0f, $0 == 1 ? 0xc0 : 0xc1] }
        list += modRM("cmpxchg", lock: true) {
            [0x0f, $0 == 1 ? 0xb0 : 0xb1]
        } finish: { trial, size in
            // The accumulator agrees at times.
            guard trial.random.chance(50) else { return }
            if let target = trial.memoryTarget {
                trial.patch(target, trial.state[register: 0])
            } else {
                trial.state[register: 0] = trial.state[register: Int(trial.bytes[trial.bytes.count - 1] & 7)]
            }
        }
        for locked in [false, true] {
            for (size, name) in [(8, "cmpxchg8b"), (16, "cmpxchg16b")] {
                list.append(
                    InstructionTemplate(name + (locked ? ", locked" : "")) { trial in
                        trial.encode(
                            prefixes: locked ? [0xf0] : [], [0x0f, 0xc7], reg: 1, rm: nil, size: size, wide: size == 16,
                            aligned: size == 16 && trial.random.chance(90))
                        guard trial.random.chance(50), let target = trial.memoryTarget else { return }
                        let (rax, rdx) = (trial.state[register: 0], trial.state[register: 2])
                        if size == 8 {
                            trial.patch(target, rdx << 32 | rax & 0xffff_ffff)
                        } else {
                            trial.patch(target, rax)
                            trial.patch(target + 8, rdx)
                        }
                    })
            }
        }
        list.append(
            InstructionTemplate("xchg rax, r") { trial in
                trial.bytes = [
                    [0x48, 0x49, 0x40, 0x41, 0x66][trial.random.below(5)], 0x90 + UInt8(trial.random.below(8)),
                ]
            })
        return list
    }()

    static let bits: [InstructionTemplate] = {
        var list: [InstructionTemplate] = []
        let undefined = Flag.overflow | Flag.sign | Flag.auxiliary | Flag.parity
        for (digit, name) in [(4, "bt"), (5, "bts"), (6, "btr"), (7, "btc")] {
            list += modRM(
                "\(name) rm, imm8", [2, 4, 8], digit: digit, immediate: { _ in 1 }, lock: digit > 4,
                undefined: undefined
            ) {
                _ in [0x0f, 0xba]
            }
            let opcode = UInt8([0xa3, 0xab, 0xb3, 0xbb][digit - 4])
            list += modRM("\(name) rm, r", [2, 4, 8], lock: digit > 4, undefined: undefined) {
                _ in
                [0x0f, opcode]
            } finish: { trial, size in
                // Mostly near the address, and never as far as the kernel, whose addresses fault in their own way.
                let isNear = trial.random.chance(80)
                let number = Int64(truncatingIfNeeded: trial.random.next()) >> (isNear ? 52 : 32)
                trial.setIfFree(trial.encodedRegister, UInt64(bitPattern: number))
            }
        }
        let scanUndefined = Flag.carry | Flag.overflow | Flag.sign | Flag.auxiliary | Flag.parity
        list += modRM("bsf", [2, 4, 8], undefined: scanUndefined) { _ in [0x0f, 0xbc] }
        list += modRM("bsr", [2, 4, 8], undefined: scanUndefined) { _ in [0x0f, 0xbd] }
        list += modRM("popcnt", [2, 4, 8], prefixes: [0xf3]) { _ in [0x0f, 0xb8] }
        list += modRM("crc32", [1, 2, 4, 8], prefixes: [0xf2]) { [0x0f, 0x38, $0 == 1 ? 0xf0 : 0xf1] }
        return list
    }()

    /// Puts the stack pointer (and the frame's) into the data pages.
    private static func useStack(_ trial: inout Trial) {
        let room = UInt64(trial.random.below(32)) * 8
        // POPF's operand has to be what was patched in: TF and AC stay clear.
        switch trial.popsFlags ? 31 : trial.random.below(32) {
        case 2 where trial.bits == 64: trial.state[register: 4] = 0x8000_0000_0000_1000
        case 0: trial.state[register: 4] = Trial.dataStart + room / 8
        case 1: trial.state[register: 4] = Trial.dataStart + Trial.dataCount - room / 8
        default: trial.state[register: 4] = Trial.dataStart + 4096 + room - 128 + (trial.random.chance(10) ? 1 : 0)
        }
        trial.state[register: 5] = Trial.dataStart + 2048 + UInt64(trial.random.below(2048))
    }

    static let stack: [InstructionTemplate] = {
        var list: [InstructionTemplate] = []
        func add(
            _ name: String, bits: Int = 64, inside: Bool = false, _ make: @escaping @Sendable (inout Trial) -> Void
        ) {
            list.append(
                InstructionTemplate(name, bits: bits) { trial in
                    make(&trial)
                    useStack(&trial)
                    if inside { trial.state[register: 4] = Trial.dataStart + 4096 + UInt64(trial.random.below(128)) }
                    // Neither TF nor AC, which would hit what runs around the instruction.
                    if trial.popsFlags { trial.patch(trial.state[register: 4], trial.random.next() & ~0x4_0100) }
                })
        }
        add("push r") { $0.bytes = [UInt8(0x40 + $0.random.below(2)), 0x50 + UInt8($0.random.below(8))] }
        add("pop r") { $0.bytes = [UInt8(0x40 + $0.random.below(2)), 0x58 + UInt8($0.random.below(8))] }
        add("push r16") { $0.bytes = [0x66, 0x50 + UInt8($0.random.below(8))] }
        add("pop r16") { $0.bytes = [0x66, 0x58 + UInt8($0.random.below(8))] }
        add("push imm8") { $0.bytes = [0x6a] + $0.immediate(1) }
        add("push imm32") { $0.bytes = [0x68] + $0.immediate(4) }
        add("push imm16") { $0.bytes = [0x66, 0x68] + $0.immediate(2) }
        add("push [rsp]", inside: true) { $0.bytes = [0xff, 0x74, 0x24, UInt8($0.random.below(128))] }
        add("pop [rsp]", inside: true) { $0.bytes = [0x8f, 0x44, 0x24, UInt8($0.random.below(128))] }
        add("pop word [rsp]", inside: true) { $0.bytes = [0x66, 0x8f, 0x44, 0x24, UInt8($0.random.below(128))] }
        add("push [rbp]") { $0.bytes = [0xff, 0x75, UInt8($0.random.below(128))] }
        add("pop [rbp]") { $0.bytes = [0x8f, 0x45, UInt8($0.random.below(128))] }
        add("enter") { $0.bytes = [0xc8, UInt8($0.random.below(128)), 0, UInt8($0.random.below(6))] }
        add("enter 16") { $0.bytes = [0x66, 0xc8, UInt8($0.random.below(128)), 0, UInt8($0.random.below(4))] }
        add("leave") { $0.bytes = [0xc9] }
        add("leave 16") { $0.bytes = [0x66, 0xc9] }
        for bits in [64, 32] {
            add("popf", bits: bits) { trial in
                trial.bytes = [0x9d]
                trial.popsFlags = true
            }
            add("push r", bits: bits) { $0.bytes = [0x50 + UInt8($0.random.below(8))] }
            add("pop r", bits: bits) { $0.bytes = [0x58 + UInt8($0.random.below(8))] }
        }
        // Under the trap flag, as 32-bit code runs, PUSHF would tell.
        add("pushf") { $0.bytes = [0x9c] }
        add("pushf 16") { $0.bytes = [0x66, 0x9c] }
        add("pusha", bits: 32) { $0.bytes = [0x60] }
        // Whether a fault leaves some registers popped depends on the CPU.
        add("popa", bits: 32, inside: true) { $0.bytes = [0x61] }
        add("pusha 16", bits: 32) { $0.bytes = [0x66, 0x60] }
        add("popa 16", bits: 32, inside: true) { $0.bytes = [0x66, 0x61] }
        return list
    }()

    static let jumps: [InstructionTemplate] = {
        var list: [InstructionTemplate] = []
        func add(_ name: String, bits: Int = 64, _ make: @escaping @Sendable (inout Trial) -> Void) {
            list.append(
                InstructionTemplate(name, bits: bits) { trial in
                    trial.isJump = true
                    make(&trial)
                })
        }
        for bits in [64, 32] {
            for condition in UInt8(0)..<16 {
                add("jcc \(condition)", bits: bits) { trial in
                    trial.bytes =
                        trial.random.chance(50)
                        ? [0x70 + condition, UInt8(trial.random.below(256))].map { $0 == 0xfe ? 0xff : $0 }
                        : [0x0f, 0x80 + condition, UInt8(trial.random.below(256)), UInt8(trial.random.below(32)), 0, 0]
                }
            }
            for opcode in UInt8(0xe0)...0xe3 {
                add("loop \(opcode & 3)", bits: bits) { trial in
                    if trial.random.chance(50) { trial.state[register: 1] &= 0xffff_ffff_0000_0003 }
                    trial.bytes =
                        trial.random.chance(50)
                        ? [opcode, UInt8(trial.random.below(128))] : [0x67, opcode, UInt8(trial.random.below(128))]
                }
            }
            add("jmp", bits: bits) {
                $0.bytes = $0.random.chance(50) ? [0xeb, UInt8($0.random.below(128))] : [0xe9, 5, 6, 0, 0]
            }
            add("call", bits: bits) { trial in
                useStack(&trial)
                trial.bytes = [0xe8, UInt8(trial.random.below(256)), UInt8(trial.random.below(32)), 0, 0]
            }
        }
        add("jmp r") { trial in
            trial.state[register: 0] = Trial.code(&trial)
            trial.bytes = [0xff, 0xe0]
        }
        add("call r") { trial in
            useStack(&trial)
            trial.state[register: 3] = Trial.code(&trial)
            trial.bytes = [0xff, 0xd3]
        }
        return list
    }()

    static let strings: [InstructionTemplate] = {
        var list: [InstructionTemplate] = []
        for (opcode, name) in [(UInt8(0xa4), "movs"), (0xa6, "cmps"), (0xaa, "stos"), (0xac, "lods"), (0xae, "scas")] {
            for bits in [64, 32] {
                for size in [1, 2, 4, 8] where size < 8 || bits == 64 {
                    list.append(
                        InstructionTemplate("\(name), \(size) bytes, \(bits)-bit mode", bits: bits) { trial in
                            var bytes: [UInt8] = []
                            let repeats = trial.random.below(4)
                            let compares = name == "cmps" || name == "scas"
                            if repeats == 1 || repeats == 3 { bytes.append(0xf3) }
                            if repeats == 2, compares { bytes.append(0xf2) }
                            if bits == 64, trial.random.chance(20) { bytes.append(0x67) }
                            if size == 2 { bytes.append(0x66) }
                            if size == 8 { bytes.append(0x48) }
                            trial.bytes = bytes + [size == 1 ? opcode : opcode + 1]
                            trial.state[register: 6] = trial.dataAddress(8)
                            trial.state[register: 7] = trial.dataAddress(8)
                            switch trial.random.below(4) {
                            case 0:
                                // Overlapping, the destination behind the source.
                                trial.state[register: 7] = trial.state[register: 6] &+ UInt64(trial.random.below(20))
                            case 1:
                                // The same, so that CMPS finds equal elements for a while.
                                trial.state[register: 7] = trial.state[register: 6]
                            default: break
                            }
                            trial.state[register: 1] = UInt64(trial.random.below(trial.random.chance(20) ? 1200 : 24))
                            if name == "cmps", trial.state[register: 6] != trial.state[register: 7] {
                                // Which of two operands faults first depends on the CPU: the second does not.
                                trial.state[register: 7] = Trial.dataStart + 1024 + UInt64(trial.random.below(4096))
                                trial.state[register: 1] %= 64
                            }
                            if trial.random.chance(30) { trial.state[register: 0] = 0x4242_4242_4242_4242 }
                            if trial.bits == 32 {
                                trial.state[register: 0] &= 0xffff_ffff
                            }
                            if trial.random.chance(25) { trial.state.flags |= Flag.direction }
                        })
                }
            }
        }
        return list
    }()

    static let flags: [InstructionTemplate] =
        [
            (0xf8, "clc"), (0xf9, "stc"), (0xf5, "cmc"), (0xfc, "cld"), (0xfd, "std"), (0x9e, "sahf"), (0x9f, "lahf"),
            (0x90, "nop"),
        ]
        .map { opcode, name in InstructionTemplate(name) { $0.bytes = [opcode] } }
        + [
            InstructionTemplate("pause") { $0.bytes = [0xf3, 0x90] },
            InstructionTemplate("endbr64") { $0.bytes = [0xf3, 0x0f, 0x1e, 0xfa] },
            InstructionTemplate("mfence") { $0.bytes = [0x0f, 0xae, 0xf0] },
            InstructionTemplate("nop rm") { trial in trial.encode([0x0f, 0x1f], reg: 0, rm: trial.registerOrMemory()) },
            InstructionTemplate("prefetcht0") { $0.encode([0x0f, 0x18], reg: 1, rm: nil) },
            InstructionTemplate("prefetchw") { $0.encode([0x0f, 0x0d], reg: 1, rm: nil) },
        ]

    /// 16-bit code: addresses, segment limits, stacks, strings, jumps.
    static let code16: [InstructionTemplate] = {
        var list: [InstructionTemplate] = []
        list += modRM("add rm, r", bits: 16) { [$0 == 1 ? 0 : 1] }
        list += modRM("sbb r, rm", bits: 16) { [$0 == 1 ? 0x1a : 0x1b] }
        list += modRM("mov rm, r", bits: 16) { [$0 == 1 ? 0x88 : 0x89] }
        list += modRM("mov r, rm", bits: 16) { [$0 == 1 ? 0x8a : 0x8b] }
        list += modRM("lea", [2, 4], bits: 16, memoryOnly: true) { _ in [0x8d] }
        list += modRM(
            "bts rm, r", [2, 4], bits: 16, undefined: Flag.overflow | Flag.sign | Flag.auxiliary | Flag.parity
        ) {
            _ in
            [0x0f, 0xab]
        } finish: { trial, _ in
            // An offset that wraps differs: with 32-bit addresses it is beyond the segment in any case.
            trial.setIfFree(trial.encodedRegister, UInt64(trial.random.below(4096)))
        }
        list += modRM("cmpxchg", bits: 16, lock: true) { [0x0f, $0 == 1 ? 0xb0 : 0xb1] }
        list += modRM("shld", [2, 4], bits: 16, immediate: { _ in 1 }, undefined: Flag.auxiliary | Flag.overflow) {
            _ in
            [0x0f, 0xa4]
        } finish: { trial, _ in
            trial.bytes[trial.bytes.count - 1] &= 0x0f
        }
        list += modRM("bound", [2], bits: 16, memoryOnly: true, memorySize: { 2 * $0 }) { _ in [0x62] }
        func add(_ name: String, stack: Bool = false, _ make: @escaping @Sendable (inout Trial) -> Void) {
            list.append(
                InstructionTemplate("\(name), 16-bit mode", bits: 16) { trial in
                    make(&trial)
                    guard stack else { return }
                    useStack(&trial)
                    for register in [4, 5] { trial.state[register: register] &-= Trial.dataStart }
                    trial.state[register: 5] |= trial.random.next() & 0xffff_0000
                    if trial.popsFlags {
                        trial.patch(Trial.dataStart + trial.state[register: 4], trial.random.next() & ~0x4_0100)
                    }
                })
        }
        for prefix in [[], [0x66]] as [[UInt8]] {
            let name = prefix.isEmpty ? "" : " 32"
            add("push r\(name)", stack: true) {
                $0.bytes = prefix + [0x50 + [0, 1, 2, 3, 5, 6, 7][$0.random.below(7)]]
            }
            add("pop r\(name)", stack: true) { $0.bytes = prefix + [0x58 + [0, 1, 2, 3, 5, 6, 7][$0.random.below(7)]] }
            add("push imm8\(name)", stack: true) { $0.bytes = prefix + [0x6a] + $0.immediate(1) }
            add("leave\(name)", stack: true) { $0.bytes = prefix + [0xc9] }
            add("enter\(name)", stack: true) {
                $0.bytes = prefix + [0xc8, UInt8($0.random.below(128)), 0, UInt8($0.random.below(4))]
            }
            add("popf\(name)", stack: true) {
                $0.bytes = prefix + [0x9d]
                $0.popsFlags = true
            }
            add("call\(name)", stack: true) {
                $0.bytes = prefix + [0xe8, 0x10, UInt8($0.random.below(16))] + (prefix.isEmpty ? [] : [0, 0])
            }
        }
        add("pusha", stack: true) { $0.bytes = [0x60] }
        for condition in UInt8(0)..<16 {
            add("jcc \(condition)") { $0.bytes = [0x70 + condition, UInt8($0.random.below(0xfd))] }
        }
        for opcode in UInt8(0xe0)...0xe3 {
            add("loop \(opcode & 3)") { trial in
                if trial.random.chance(50) { trial.state[register: 1] &= 0xffff_0001 }
                trial.bytes = (trial.random.chance(50) ? [] : [0x67]) + [opcode, UInt8(trial.random.below(0x80))]
            }
        }
        add("jmp") { $0.bytes = [0xe9, UInt8($0.random.below(256)), UInt8(0x80 + $0.random.below(128))] }
        add("xlat") { trial in
            trial.bytes = [0xd7]
            trial.state[register: 3] = trial.random.next() & 0xffff_1fff
        }
        for (opcode, name) in [(UInt8(0xa4), "movs"), (0xa6, "cmps"), (0xaa, "stos"), (0xac, "lods"), (0xae, "scas")] {
            for size in [1, 2, 4] {
                add("\(name), \(size) bytes") { trial in
                    var bytes: [UInt8] = trial.random.chance(60) ? [0xf3] : []
                    let isWide = trial.random.chance(40)
                    if isWide { bytes.append(0x67) }
                    if size == 4 { bytes.append(0x66) }
                    trial.bytes = bytes + [size == 1 ? opcode : opcode + 1]
                    let upper = isWide ? 0 : trial.random.next() & 0xffff_0000
                    // At times down through offset 0, or up through the segment's end.
                    trial.state[register: 6] = UInt64(trial.random.below(0x1f00)) | upper
                    trial.state[register: 7] = UInt64(trial.random.below(0x2000)) | upper
                    if trial.random.chance(20) { trial.state[register: 7] = UInt64(trial.random.below(16)) | upper }
                    trial.state[register: 1] = UInt64(trial.random.below(trial.random.chance(20) ? 300 : 20)) | upper
                    if trial.random.chance(30) { trial.state[register: 0] = 0x4242_4242 }
                    if trial.random.chance(30) { trial.state.flags |= Flag.direction }
                }
            }
        }
        return list
    }()

    /// Arithmetic with a conditional jump behind it, which our CPU makes one operation of; what is jumped over counts in R15.
    static let fused: [InstructionTemplate] = {
        var list: [InstructionTemplate] = []
        for (number, name) in ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp", "test", "inc", "dec"].enumerated()
        {
            for condition in UInt8(0)..<16 {
                list.append(
                    InstructionTemplate("\(name) and jump \(condition)") { trial in
                        let size = [1, 2, 4, 8][trial.random.below(4)]
                        let prefixes: [UInt8] = size == 2 ? [0x66] : []
                        let isWord: UInt8 = size == 1 ? 0 : 1
                        let (reg, rm) = (trial.random.below(15), trial.random.below(15))
                        let usesImmediate = trial.random.chance(50)
                        switch number {
                        case 0..<8 where usesImmediate && size > 1 && trial.random.chance(70):
                            trial.encode(
                                prefixes: prefixes, [0x83], reg: number, rm: rm, wide: size == 8,
                                immediate: trial.immediate(1))
                        case 0..<8 where usesImmediate:
                            trial.encode(
                                prefixes: prefixes, [0x80 + isWord], reg: number, rm: rm, wide: size == 8,
                                bytes: size == 1, immediate: trial.immediate(min(size, 4)))
                        case 0..<8:
                            trial.encode(
                                prefixes: prefixes, [UInt8(number * 8) + isWord], reg: reg, rm: rm, wide: size == 8,
                                bytes: size == 1)
                        case 8 where usesImmediate:
                            trial.encode(
                                prefixes: prefixes, [0xf6 + isWord], reg: 0, rm: rm, wide: size == 8,
                                bytes: size == 1, immediate: trial.immediate(min(size, 4)))
                        case 8:
                            trial.encode(
                                prefixes: prefixes, [0x84 + isWord], reg: reg, rm: rm, wide: size == 8,
                                bytes: size == 1)
                        default:
                            trial.encode(
                                prefixes: prefixes, [0xfe + isWord], reg: number - 9, rm: rm, wide: size == 8,
                                bytes: size == 1)
                        }
                        // Equal operands, and neighbours, at times.
                        if trial.random.chance(30) {
                            trial.state[register: rm] = trial.state[register: reg] &+ UInt64(trial.random.below(3)) &- 1
                        }
                        if [1, 4, 6, 8].contains(number) { trial.undefinedFlags = Flag.auxiliary }
                        trial.instructions = 3
                        // LEA R15, [R15 + 1]
                        trial.bytes += [0x70 + condition, 4, 0x4d, 0x8d, 0x7f, 0x01]
                    })
            }
        }
        return list
    }()

    /// Comparisons with memory and a conditional jump behind them.
    static let fusedMemory: [InstructionTemplate] = {
        var list: [InstructionTemplate] = []
        let forms: [(String, [UInt8], Int?, Bool)] = [
            ("cmp rm, r", [0x38], nil, false), ("cmp r, rm", [0x3a], nil, false), ("cmp rm, imm", [0x80], 7, true),
            ("test rm, imm", [0xf6], 0, true), ("test rm, r", [0x84], nil, false),
        ]
        for (name, opcode, digit, hasImmediate) in forms {
            for condition in UInt8(0)..<16 {
                list.append(
                    InstructionTemplate("\(name) and jump \(condition)") { trial in
                        let size = [1, 2, 4, 8][trial.random.below(4)]
                        let immediate = hasImmediate ? trial.immediate(min(size, 4)) : []
                        let reg = digit ?? trial.random.below(15)
                        trial.encode(
                            prefixes: size == 2 ? [0x66] : [], [opcode[0] + (size == 1 ? 0 : 1)], reg: reg, rm: nil,
                            size: size, wide: size == 8, bytes: size == 1, immediate: immediate)
                        if let target = trial.memoryTarget, trial.random.chance(50) {
                            var value = trial.state[register: reg]
                            if hasImmediate {
                                value = immediate.reversed().reduce(0) { $0 << 8 | UInt64($1) }
                                if size == 8 { value = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value))) }
                            }
                            trial.patch(target, value &+ UInt64(trial.random.below(3)) &- 1)
                        }
                        if name.hasPrefix("test") { trial.undefinedFlags = Flag.auxiliary }
                        trial.instructions = 3
                        // LEA RSP, [RSP + 1]
                        trial.bytes += [0x70 + condition, 5, 0x48, 0x8d, 0x64, 0x24, 0x01]
                    })
            }
        }
        return list
    }()

    /// What there is in 32-bit mode only.
    static let legacy: [InstructionTemplate] = {
        func one(_ opcode: UInt8, _ name: String, _ undefined: UInt64) -> InstructionTemplate {
            InstructionTemplate(name, bits: 32) { trial in
                trial.bytes = [opcode]
                trial.undefinedFlags = undefined
            }
        }
        let ascii = Flag.overflow | Flag.sign | Flag.zero | Flag.parity
        let division = Flag.overflow | Flag.auxiliary | Flag.carry
        var list = [
            one(0x27, "daa", Flag.overflow), one(0x2f, "das", Flag.overflow), one(0x37, "aaa", ascii),
            one(0x3f, "aas", ascii), one(0xd6, "salc", 0),
            InstructionTemplate("aam", bits: 32) { trial in
                trial.bytes = [0xd4] + (trial.random.chance(50) ? [10] : trial.immediate(1))
                trial.undefinedFlags = division
            },
            InstructionTemplate("aad", bits: 32) { trial in
                trial.bytes = [0xd5] + (trial.random.chance(50) ? [10] : trial.immediate(1))
                trial.undefinedFlags = division
            },
        ]
        for opcode in UInt8(0x40)..<0x50 {
            list.append(InstructionTemplate(opcode < 0x48 ? "inc r" : "dec r", bits: 32) { $0.bytes = [opcode] })
            list.append(
                InstructionTemplate(opcode < 0x48 ? "inc r16" : "dec r16", bits: 32) { $0.bytes = [0x66, opcode] })
        }
        list += modRM("bound", [2, 4], bits: 32, memoryOnly: true, memorySize: { 2 * $0 }) { _ in [0x62] }
        // 16-bit addresses reach only what is not mapped: the fault's address shows how they are computed.
        list.append(
            InstructionTemplate("mov r, [a16]", bits: 32) { trial in
                let modRM = UInt8(trial.random.below(0xc0))
                let displacement = modRM & 0xc7 == 6 || modRM >> 6 == 2 ? 2 : modRM >> 6 == 1 ? 1 : 0
                trial.bytes = [0x67, 0x8b, modRM] + trial.immediate(displacement)
            })
        return list
    }()
}

extension Trial {
    /// A target of an indirect jump, behind the instruction in the code page.
    static func code(_ trial: inout Trial) -> UInt64 {
        UInt64(CX86_ORACLE_CODE) + 16 + UInt64(trial.random.below(4000))
    }
}
