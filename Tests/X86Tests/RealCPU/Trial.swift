import CX86Oracle
import Testbed

/// One instruction with everything it starts from. Templates fill it in; the defaults are random registers and flags.
struct Trial {
    var bits = 64
    var bytes: [UInt8] = []
    var state = cx86_oracle_state()
    /// Flags that the manual leaves undefined for these operands.
    var undefinedFlags: UInt64 = 0
    /// More than one: `bytes` are that many instructions, run as one block. All ways lead to their end.
    var instructions = 1
    /// It may go on elsewhere than behind itself, or is compared by single-stepping for another reason.
    var isJump = false
    /// The FXSAVE image takes part in the comparison.
    var comparesFloating = false
    /// The instruction is POPF.
    var popsFlags = false
    /// What memory holds in place of the pattern.
    private(set) var patches: [(offset: Int, value: UInt64)] = []
    /// Of the last `encode`: where its memory operand lies.
    private(set) var memoryTarget: UInt64?
    /// ModRM's reg of the last `encode`.
    private(set) var encodedRegister = 0
    /// Of 16-bit code.
    private var addressSize = 2
    /// A bit for each register that a memory operand's address is made of.
    private var addressRegisters: UInt16 = 0
    var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        for number in 0..<16 { state[register: number] = edgeValue() }
        state.flags = 0x202 | random.next() & 0x8d5
        state.resetFloating()
    }

    static let dataStart = UInt64(CX86_ORACLE_DATA)
    static let dataCount = UInt64(CX86_ORACLE_DATA_BYTES)

    /// Numbers at which things change, and random ones.
    mutating func edgeValue() -> UInt64 {
        let edges: [UInt64] = [
            0, 1, 2, 3, 7, 8, 9, 15, 16, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff,
            0x8000_0000, 0xffff_ffff, 0x1_0000_0000, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000,
        ]
        switch random.below(8) {
        case 0, 1: return edges[random.below(edges.count)]
        case 2: return 0 &- edges[random.below(edges.count)]
        case 3: return random.next() >> UInt64(random.below(64))
        default: return random.next()
        }
    }

    /// An address for `count` bytes of data: mostly inside, at times across the two pages, rarely beyond the end.
    mutating func dataAddress(_ count: Int) -> UInt64 {
        let count = UInt64(count)
        switch random.below(64) {
        case 0: return Trial.dataStart + 4096 - random.next() % max(count, 2)
        case 1: return Trial.dataStart + Trial.dataCount - random.next() % max(count, 2)
        case 2: return Trial.dataStart - 1
        default:
            let address = Trial.dataStart + random.next() % (Trial.dataCount - count)
            return random.chance(50) ? address & ~(count > 1 ? (count & (0 &- count)) - 1 : 0) : address
        }
    }

    /// Puts a number into the data pages, if it fits there whole.
    mutating func patch(_ address: UInt64, _ value: UInt64) {
        guard address >= Trial.dataStart, address <= Trial.dataStart + Trial.dataCount - 8 else { return }
        patches.append((Int(address - Trial.dataStart), value))
    }

    // MARK: - Encoding

    /// An instruction with ModRM: prefixes, REX as far as it is needed, opcode, operands, immediate.
    ///
    /// - Parameters:
    ///   - prefixes: legacy prefixes, mandatory ones included (they come before REX).
    ///   - opcode: with 0F, 0F 38, 0F 3A.
    ///   - reg: ModRM's reg, 0 to 15.
    ///   - rm: a register number, or nil: a memory operand of `size` bytes, in any of the forms.
    ///   - wide: REX.W.
    ///   - bytes: byte registers are used: REX is at times given though not needed (SPL for AH).
    ///   - aligned: memory operands are 16-aligned (SSE).
    mutating func encode(
        prefixes: [UInt8] = [], _ opcode: [UInt8], reg: Int, rm: Int?, size: Int = 8, wide: Bool = false,
        bytes isByte: Bool = false, aligned: Bool = false, immediate: [UInt8] = []
    ) {
        var rex: UInt8 = wide ? 0x48 : 0
        if reg > 7 { rex |= 0x44 }
        var tail: [UInt8] = []
        memoryTarget = nil
        if bits == 16 { addressSize = random.chance(50) ? 2 : 4 }
        encodedRegister = reg
        if let rm {
            if rm > 7 { rex |= 0x41 }
            tail.append(0xc0 | UInt8(reg & 7) << 3 | UInt8(rm & 7))
        } else {
            tail = memoryOperand(reg: reg, size: size, aligned: aligned, rex: &rex, trailing: immediate.count)
        }
        if isByte, bits == 64, random.chance(50) { rex |= 0x40 }
        self.bytes = prefixes
        if bits == 16, rm == nil, addressSize == 4 { self.bytes.insert(0x67, at: 0) }
        if bits == 64, rex != 0 { self.bytes.append(rex) }
        // RIP-relative displacements count from the end.
        if tail.count == 5, tail[0] & 0xc7 == 0x05, bits == 64 {
            let end = UInt64(CX86_ORACLE_CODE) + UInt64(self.bytes.count + opcode.count + 5 + immediate.count)
            let target = UInt64(tail[1]) | UInt64(tail[2]) << 8 | UInt64(tail[3]) << 16 | UInt64(tail[4]) << 24
            let displacement = UInt32(truncatingIfNeeded: target &- end)
            for index in 0..<4 { tail[1 + index] = UInt8(truncatingIfNeeded: displacement >> UInt32(index * 8)) }
        }
        self.bytes += opcode + tail + immediate
    }

    /// ModRM, SIB and displacement of a memory operand; sets the registers it uses.
    private mutating func memoryOperand(
        reg: Int, size: Int, aligned: Bool, rex: inout UInt8, trailing: Int
    ) -> [UInt8] {
        var target = dataAddress(size)
        if aligned { target &= ~15 }
        memoryTarget = target
        if bits == 16 {
            // Offsets in the data segment.
            target = (target &- Trial.dataStart) & 0xffff
            if addressSize == 2 { return memoryOperand16(reg: reg, target) }
        }
        let regBits = UInt8(reg & 7) << 3
        func four(_ value: UInt64) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) } }
        let registers = bits == 64 ? 16 : 8
        let form = random.below(6)
        if form == 0 { return [0x05 | regBits] + four(target) }
        let displacement: UInt64
        var mod: UInt8
        switch form {
        case 1: (mod, displacement) = (0, 0)
        case 2, 3:
            mod = 0x40
            displacement = UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: random.next())))
        default:
            mod = 0x80
            displacement = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: random.next())))
        }
        let shown = mod == 0x40 ? Array(four(displacement).prefix(1)) : mod == 0x80 ? four(displacement) : []
        var base = random.below(registers)
        // With mod 0, base 5 and 13 mean a displacement without base.
        if mod == 0, base & 7 == 5 { base = 3 }
        if bits == 16, base == 4 { base = 3 }
        if base > 7 { rex |= 0x41 }
        if random.chance(50) {
            var index = random.below(registers)
            if index == 4 || index == base { index = base == 1 ? 2 : 1 }
            if index > 7 { rex |= 0x42 }
            let scale = random.below(4)
            let value = random.next() & 0xffff
            set(index, value)
            set(base, target &- value << UInt64(scale) &- displacement)
            return [mod | 4 | regBits, UInt8(scale << 6 | (index & 7) << 3 | base & 7)] + shown
        }
        set(base, target &- displacement)
        if base & 7 == 4 { return [mod | 4 | regBits, 0x24] + shown }
        return [mod | UInt8(base & 7) | regBits] + shown
    }

    /// The forms of 16-bit addresses. The registers' upper halves do not count.
    private mutating func memoryOperand16(reg: Int, _ target: UInt64) -> [UInt8] {
        let rm = random.below(8)
        let mod = random.below(3)
        let displacement =
            mod == 1
            ? UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: random.next()))) : mod == 2 ? random.next() & 0xffff : 0
        let modRM = UInt8(mod << 6 | (reg & 7) << 3 | rm)
        func two(_ value: UInt64) -> [UInt8] {
            [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
        }
        if mod == 0, rm == 6 { return [modRM] + two(target) }
        let (base, index) = [(3, 6), (3, 7), (5, 6), (5, 7), (6, -1), (7, -1), (5, -1), (3, -1)][rm]
        var value = target &- displacement
        if index >= 0 {
            let part = random.next() & 0xffff_ffff
            set(index, part)
            value &-= part
        }
        set(base, value & 0xffff | random.next() & 0xffff_0000)
        return [modRM] + (mod == 0 ? [] : mod == 1 ? [UInt8(truncatingIfNeeded: displacement)] : two(displacement))
    }

    private mutating func set(_ register: Int, _ value: UInt64) {
        addressRegisters |= 1 << UInt16(register)
        state[register: register] = bits == 64 ? value : value & 0xffff_ffff
    }

    /// Gives a register a value, if the address of the memory operand does not depend on it.
    mutating func setIfFree(_ register: Int, _ value: UInt64) {
        guard addressRegisters & 1 << UInt16(register) == 0 else { return }
        state[register: register] = bits == 64 ? value : value & 0xffff_ffff
    }

    /// An immediate of `count` bytes.
    mutating func immediate(_ count: Int) -> [UInt8] {
        let value = edgeValue()
        return (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
    }

    /// A general register's number in the mode, or nil for memory.
    mutating func registerOrMemory() -> Int? { random.chance(50) ? anyRegister() : nil }
    /// Not ESP in 16-bit code.
    mutating func anyRegister() -> Int {
        let number = random.below(bits == 64 ? 16 : 8)
        return bits == 16 && number == 4 ? 7 : number
    }
}

/// A kind of instruction, and how to make one at random.
struct InstructionTemplate: Sendable {
    var name: String
    var bits = 64
    var make: @Sendable (inout Trial) -> Void

    init(_ name: String, bits: Int = 64, _ make: @escaping @Sendable (inout Trial) -> Void) {
        self.name = name
        self.bits = bits
        self.make = make
    }
}
