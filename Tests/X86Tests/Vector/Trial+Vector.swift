import CX86Oracle
import Testbed

// Vector and x87 registers of a trial.
extension Trial {
    /// Numbers at which floating-point arithmetic changes, as bits.
    mutating func singleBits() -> UInt32 {
        let edges: [UInt32] = [
            0, 1, 2, 0x7f_ffff, 0x80_0000, 0x80_0001, 0x7f7f_ffff, 0x7f80_0000, 0x7f80_0001, 0x7fbf_ffff, 0x7fc0_0000,
            0x7fff_ffff, 0x3f80_0000, 0x3f80_0001, 0x3f7f_ffff, 0x3f00_0000, 0x4b00_0000, 0x4f00_0000, 0x5f00_0000,
            0x4eff_ffff, 0x3fc0_0000, 0x4000_0000, 0x0100_0000, 0x7f00_0000,
        ]
        let bits: UInt32
        switch random.below(8) {
        case 0, 1, 2, 3: bits = edges[random.below(edges.count)]
        case 4: bits = UInt32(truncatingIfNeeded: random.next()) & 0x007f_ffff
        case 5: bits = 0x3f80_0000 &+ (UInt32(truncatingIfNeeded: random.next()) & 0x0fff_ffff)
        default: bits = UInt32(truncatingIfNeeded: random.next())
        }
        return random.chance(50) ? bits : bits ^ 0x8000_0000
    }

    mutating func doubleBits() -> UInt64 {
        let edges: [UInt64] = [
            0, 1, 2, 0xf_ffff_ffff_ffff, 0x10_0000_0000_0000, 0x10_0000_0000_0001, 0x7fef_ffff_ffff_ffff,
            0x7ff0_0000_0000_0000, 0x7ff0_0000_0000_0001, 0x7ff7_ffff_ffff_ffff, 0x7ff8_0000_0000_0000,
            0x7fff_ffff_ffff_ffff, 0x3ff0_0000_0000_0000, 0x3ff0_0000_0000_0001, 0x3fef_ffff_ffff_ffff,
            0x3fe0_0000_0000_0000, 0x41df_ffff_ffc0_0000, 0x41e0_0000_0000_0000, 0x43e0_0000_0000_0000,
            0x4330_0000_0000_0000, 0x47ef_ffff_e000_0000, 0x47ef_ffff_f000_0000, 0x3810_0000_0000_0000,
            0x36a0_0000_0000_0000, 0x3fff_ffff_ffff_ffff, 0x7fd0_0000_0000_0000, 0x3ff8_0000_0000_0000,
        ]
        let bits: UInt64
        switch random.below(8) {
        case 0, 1, 2, 3: bits = edges[random.below(edges.count)]
        case 4: bits = random.next() & 0xf_ffff_ffff_ffff
        case 5: bits = 0x3f80_0000_0000_0000 &+ (random.next() & 0x00ff_ffff_ffff_ffff)
        default: bits = random.next()
        }
        return random.chance(50) ? bits : bits ^ 1 << 63
    }

    /// A real number of 80 bits: significand, then sign and exponent. Unnormals and pseudo-denormals are among them.
    mutating func extendedBits() -> (UInt64, UInt16) {
        let significands: [UInt64] = [
            0, 1, 0x8000_0000_0000_0000, 0x8000_0000_0000_0001, 0xffff_ffff_ffff_ffff, 0xc000_0000_0000_0000,
            0x4000_0000_0000_0000, 0xbfff_ffff_ffff_ffff, 0x8000_0080_0000_0000, 0xffff_ff00_0000_0000,
            0xffff_ffff_ffff_f800, 0xc90f_daa2_2168_c235,
        ]
        let exponents: [UInt16] = [
            0, 0, 1, 2, 0x3fff, 0x3fff, 0x3ffe, 0x4000, 0x7ffe, 0x7fff, 0x7fff, 0x3f81, 0x3f80, 0x3c01, 0x3c00, 0x407e,
            0x407f, 0x43fe, 0x43ff, 0x400e, 0x401e, 0x403e, 0x403d,
        ]
        var significand = random.chance(50) ? significands[random.below(significands.count)] : random.next()
        var exponent: UInt16
        switch random.below(4) {
        case 0, 1: exponent = exponents[random.below(exponents.count)]
        case 2: exponent = 0x3fe0 + UInt16(random.below(0x60))
        default: exponent = UInt16(random.below(0x8000))
        }
        // Most are numbers that today's processors know.
        if exponent != 0, random.chance(90) { significand |= 1 << 63 }
        if random.chance(50) { exponent |= 0x8000 }
        return (significand, exponent)
    }

    /// XMM registers: singles, doubles, integers; MXCSR: mostly as the ABI has it.
    mutating func fillXMM() {
        comparesFloating = true
        for number in 0..<16 {
            let offset = 160 + number * 16
            switch random.below(3) {
            case 0: for lane in 0..<4 { state.setFloating(offset + lane * 4, singleBits()) }
            case 1: for lane in 0..<2 { state.setFloating(offset + lane * 8, doubleBits()) }
            default: for lane in 0..<2 { state.setFloating(offset + lane * 8, edgeValue()) }
            }
        }
        var mxcsr = UInt32(0x1f80)
        if random.chance(50) { mxcsr |= UInt32(random.below(4)) << 13 }
        if random.chance(30) { mxcsr |= 0x8000 }
        if random.chance(30) { mxcsr |= 0x40 }
        if random.chance(30) { mxcsr |= UInt32(random.below(64)) }
        if random.chance(30) { mxcsr &= ~(UInt32(random.below(64)) << 7) }
        state.setFloating(24, mxcsr)
    }

    /// MM and ST registers in any order, some in use; a control word.
    /// - Parameter pending: at times an unmasked exception waits.
    mutating func fillX87(pending: Bool = true) {
        comparesFloating = true
        var control = UInt16(0x37f)
        if random.chance(50) { control = control & ~0x300 | UInt16([0, 2, 3][random.below(3)]) << 8 }
        if random.chance(50) { control |= UInt16(random.below(4)) << 10 }
        if random.chance(25) { control &= ~UInt16(random.below(64)) }
        state.setFloating(0, control)
        var status = UInt16(random.below(8)) << 11 | (UInt16(random.below(16)) << 8 & 0x700)
        if random.chance(20) { status |= 0x4000 }
        if random.chance(40) { status |= UInt16(random.below(64)) & control }
        if pending, random.chance(3) { status |= UInt16(random.below(64)) }
        if status & ~control & 0x3f != 0 { status |= 0x8080 }
        state.setFloating(2, status)
        let tags: UInt8 = random.chance(70) ? 0xff : UInt8(truncatingIfNeeded: random.next())
        state.setFloating(4, UInt16(tags))
        for number in 0..<8 {
            let (significand, exponent) = extendedBits()
            state.setFloating(32 + number * 16, significand)
            state.setFloating(40 + number * 16, UInt64(exponent))
        }
    }

    /// MMX's registers, of which integers are asked.
    mutating func fillMMX() {
        fillX87()
        if random.chance(50) { state.setFloating(2, UInt16(0)) }
        for number in 0..<8 { state.setFloating(32 + number * 16, edgeValue()) }
    }

    /// What memory holds where the instruction's operand lies, at times: numbers at which things change.
    mutating func fillMemory(_ byteCount: Int) {
        guard let target = memoryTarget, random.chance(70) else { return }
        switch byteCount {
        case 10:
            let (significand, exponent) = extendedBits()
            patch(target, significand)
            patch(target + 8, UInt64(exponent))
        case 8...:
            let kind = random.below(3)
            for offset in stride(from: UInt64(0), to: UInt64(byteCount), by: 8) {
                let pair = UInt64(singleBits()) | UInt64(singleBits()) << 32
                patch(target + offset, kind == 0 ? pair : kind == 1 ? doubleBits() : edgeValue())
            }
        default:
            patch(target, random.chance(50) ? UInt64(singleBits()) : edgeValue())
        }
    }
}
