// What of MMX and SSE neither rounds nor raises exceptions of its own.
extension VectorTemplate {
    static let packed: [VectorTemplate] = {
        var list: [VectorTemplate] = []
        for (name, opcode) in onBoth {
            list.append(VectorTemplate(name: name, prefix: 0x66, opcode: opcode))
            list.append(
                VectorTemplate(
                    name: name, prefix: nil, opcode: opcode, registers: .mmx,
                    size: opcode[1] >= 0x60 && opcode[1] < 0x63 ? 4 : 8))
        }
        list += onXMM.map { VectorTemplate(name: $0, prefix: 0x66, opcode: $1) }
        list += extensions.map { VectorTemplate(name: $0, prefix: 0x66, opcode: $1, size: $2, isAligned: false) }
        return list
    }()

    private static let onBoth: [(String, [UInt8])] = [
        ("punpcklbw", [0x0f, 0x60]), ("punpcklwd", [0x0f, 0x61]), ("punpckldq", [0x0f, 0x62]),
        ("packsswb", [0x0f, 0x63]), ("pcmpgtb", [0x0f, 0x64]), ("pcmpgtw", [0x0f, 0x65]), ("pcmpgtd", [0x0f, 0x66]),
        ("packuswb", [0x0f, 0x67]), ("punpckhbw", [0x0f, 0x68]), ("punpckhwd", [0x0f, 0x69]),
        ("punpckhdq", [0x0f, 0x6a]), ("packssdw", [0x0f, 0x6b]), ("pcmpeqb", [0x0f, 0x74]), ("pcmpeqw", [0x0f, 0x75]),
        ("pcmpeqd", [0x0f, 0x76]), ("psrlw", [0x0f, 0xd1]), ("psrld", [0x0f, 0xd2]), ("psrlq", [0x0f, 0xd3]),
        ("paddq", [0x0f, 0xd4]), ("pmullw", [0x0f, 0xd5]), ("psubusb", [0x0f, 0xd8]), ("psubusw", [0x0f, 0xd9]),
        ("pminub", [0x0f, 0xda]), ("pand", [0x0f, 0xdb]), ("paddusb", [0x0f, 0xdc]), ("paddusw", [0x0f, 0xdd]),
        ("pmaxub", [0x0f, 0xde]), ("pandn", [0x0f, 0xdf]), ("pavgb", [0x0f, 0xe0]), ("psraw", [0x0f, 0xe1]),
        ("psrad", [0x0f, 0xe2]), ("pavgw", [0x0f, 0xe3]), ("pmulhuw", [0x0f, 0xe4]), ("pmulhw", [0x0f, 0xe5]),
        ("psubsb", [0x0f, 0xe8]), ("psubsw", [0x0f, 0xe9]), ("pminsw", [0x0f, 0xea]), ("por", [0x0f, 0xeb]),
        ("paddsb", [0x0f, 0xec]), ("paddsw", [0x0f, 0xed]), ("pmaxsw", [0x0f, 0xee]), ("pxor", [0x0f, 0xef]),
        ("psllw", [0x0f, 0xf1]), ("pslld", [0x0f, 0xf2]), ("psllq", [0x0f, 0xf3]), ("pmuludq", [0x0f, 0xf4]),
        ("pmaddwd", [0x0f, 0xf5]), ("psadbw", [0x0f, 0xf6]), ("psubb", [0x0f, 0xf8]), ("psubw", [0x0f, 0xf9]),
        ("psubd", [0x0f, 0xfa]), ("psubq", [0x0f, 0xfb]), ("paddb", [0x0f, 0xfc]), ("paddw", [0x0f, 0xfd]),
        ("paddd", [0x0f, 0xfe]), ("pshufb", [0x0f, 0x38, 0x00]), ("phaddw", [0x0f, 0x38, 0x01]),
        ("phaddd", [0x0f, 0x38, 0x02]), ("phaddsw", [0x0f, 0x38, 0x03]), ("pmaddubsw", [0x0f, 0x38, 0x04]),
        ("phsubw", [0x0f, 0x38, 0x05]), ("phsubd", [0x0f, 0x38, 0x06]), ("phsubsw", [0x0f, 0x38, 0x07]),
        ("psignb", [0x0f, 0x38, 0x08]), ("psignw", [0x0f, 0x38, 0x09]), ("psignd", [0x0f, 0x38, 0x0a]),
        ("pmulhrsw", [0x0f, 0x38, 0x0b]), ("pabsb", [0x0f, 0x38, 0x1c]), ("pabsw", [0x0f, 0x38, 0x1d]),
        ("pabsd", [0x0f, 0x38, 0x1e]),
    ]

    private static let onXMM: [(String, [UInt8])] = [
        ("punpcklqdq", [0x0f, 0x6c]), ("punpckhqdq", [0x0f, 0x6d]), ("unpcklpd", [0x0f, 0x14]),
        ("unpckhpd", [0x0f, 0x15]), ("andpd", [0x0f, 0x54]), ("andnpd", [0x0f, 0x55]), ("orpd", [0x0f, 0x56]),
        ("xorpd", [0x0f, 0x57]), ("pblendvb", [0x0f, 0x38, 0x10]), ("blendvps", [0x0f, 0x38, 0x14]),
        ("blendvpd", [0x0f, 0x38, 0x15]), ("ptest", [0x0f, 0x38, 0x17]), ("pmuldq", [0x0f, 0x38, 0x28]),
        ("pcmpeqq", [0x0f, 0x38, 0x29]), ("packusdw", [0x0f, 0x38, 0x2b]), ("pcmpgtq", [0x0f, 0x38, 0x37]),
        ("pminsb", [0x0f, 0x38, 0x38]), ("pminsd", [0x0f, 0x38, 0x39]), ("pminuw", [0x0f, 0x38, 0x3a]),
        ("pminud", [0x0f, 0x38, 0x3b]), ("pmaxsb", [0x0f, 0x38, 0x3c]), ("pmaxsd", [0x0f, 0x38, 0x3d]),
        ("pmaxuw", [0x0f, 0x38, 0x3e]), ("pmaxud", [0x0f, 0x38, 0x3f]), ("pmulld", [0x0f, 0x38, 0x40]),
        ("phminposuw", [0x0f, 0x38, 0x41]),
    ]

    private static let extensions: [(String, [UInt8], Int)] = [
        ("pmovsxbw", [0x0f, 0x38, 0x20], 8), ("pmovsxbd", [0x0f, 0x38, 0x21], 4), ("pmovsxbq", [0x0f, 0x38, 0x22], 2),
        ("pmovsxwd", [0x0f, 0x38, 0x23], 8), ("pmovsxwq", [0x0f, 0x38, 0x24], 4), ("pmovsxdq", [0x0f, 0x38, 0x25], 8),
        ("pmovzxbw", [0x0f, 0x38, 0x30], 8), ("pmovzxbd", [0x0f, 0x38, 0x31], 4), ("pmovzxbq", [0x0f, 0x38, 0x32], 2),
        ("pmovzxwd", [0x0f, 0x38, 0x33], 8), ("pmovzxwq", [0x0f, 0x38, 0x34], 4), ("pmovzxdq", [0x0f, 0x38, 0x35], 8),
    ]

    private static let unprefixedCodes: [(String, UInt8)] = [
        ("unpcklps", 0x14), ("unpckhps", 0x15), ("andps", 0x54), ("andnps", 0x55), ("orps", 0x56), ("xorps", 0x57),
    ]

    static let unprefixed: [VectorTemplate] = unprefixedCodes.map {
        VectorTemplate(name: $0, prefix: nil, opcode: [0x0f, $1])
    }

    static let immediates: [VectorTemplate] = [
        VectorTemplate(name: "pshufd", prefix: 0x66, opcode: [0x0f, 0x70], hasImmediate: true),
        VectorTemplate(name: "pshufhw", prefix: 0xf3, opcode: [0x0f, 0x70], hasImmediate: true),
        VectorTemplate(name: "pshuflw", prefix: 0xf2, opcode: [0x0f, 0x70], hasImmediate: true),
        VectorTemplate(
            name: "pshufw", prefix: nil, opcode: [0x0f, 0x70], registers: .mmx, size: 8, hasImmediate: true),
        VectorTemplate(name: "shufps", prefix: nil, opcode: [0x0f, 0xc6], hasImmediate: true),
        VectorTemplate(name: "shufpd", prefix: 0x66, opcode: [0x0f, 0xc6], hasImmediate: true),
        VectorTemplate(name: "palignr", prefix: 0x66, opcode: [0x0f, 0x3a, 0x0f], hasImmediate: true),
        VectorTemplate(
            name: "palignr", prefix: nil, opcode: [0x0f, 0x3a, 0x0f], registers: .mmx, size: 8, hasImmediate: true),
        VectorTemplate(name: "pblendw", prefix: 0x66, opcode: [0x0f, 0x3a, 0x0e], hasImmediate: true),
        VectorTemplate(name: "blendps", prefix: 0x66, opcode: [0x0f, 0x3a, 0x0c], hasImmediate: true),
        VectorTemplate(name: "blendpd", prefix: 0x66, opcode: [0x0f, 0x3a, 0x0d], hasImmediate: true),
        VectorTemplate(name: "mpsadbw", prefix: 0x66, opcode: [0x0f, 0x3a, 0x42], hasImmediate: true),
        VectorTemplate(
            name: "insertps", prefix: 0x66, opcode: [0x0f, 0x3a, 0x21], size: 4, isAligned: false, hasImmediate: true),
    ]

    /// 0F 71 to 73: shifts by an immediate.
    private static let shiftsCodes: [(String, UInt8, Int)] = [
        ("psrlw", 0x71, 2), ("psraw", 0x71, 4), ("psllw", 0x71, 6), ("psrld", 0x72, 2), ("psrad", 0x72, 4),
        ("pslld", 0x72, 6), ("psrlq", 0x73, 2), ("psllq", 0x73, 6), ("psrldq", 0x73, 3), ("pslldq", 0x73, 7),
    ]

    static let shifts: [VectorTemplate] = shiftsCodes.flatMap { name, opcode, digit in
        let xmm = VectorTemplate(
            name: name + " by an immediate", prefix: 0x66, opcode: [0x0f, opcode], operand: .register,
            hasImmediate: true, digit: digit)
        var mmx = xmm
        mmx.prefix = nil
        mmx.registers = .mmx
        return name.hasSuffix("dq") ? [xmm] : [xmm, mmx]
    }

    private static let stringsCodes: [(String, UInt8)] = [
        ("pcmpestrm", 0x60), ("pcmpestri", 0x61), ("pcmpistrm", 0x62), ("pcmpistri", 0x63),
    ]

    static let strings: [VectorTemplate] = stringsCodes.flatMap { name, opcode in
        [false, true].map {
            VectorTemplate(
                name: name, prefix: 0x66, opcode: [0x0f, 0x3a, opcode], isAligned: false, wide: $0, hasImmediate: true)
        }
    }

    static let moves: [VectorTemplate] = [
        VectorTemplate(name: "movaps", prefix: nil, opcode: [0x0f, 0x28]),
        VectorTemplate(name: "movaps store", prefix: nil, opcode: [0x0f, 0x29]),
        VectorTemplate(name: "movapd", prefix: 0x66, opcode: [0x0f, 0x28]),
        VectorTemplate(name: "movapd store", prefix: 0x66, opcode: [0x0f, 0x29]),
        VectorTemplate(name: "movdqa", prefix: 0x66, opcode: [0x0f, 0x6f]),
        VectorTemplate(name: "movdqa store", prefix: 0x66, opcode: [0x0f, 0x7f]),
        VectorTemplate(name: "movups", prefix: nil, opcode: [0x0f, 0x10], isAligned: false),
        VectorTemplate(name: "movups store", prefix: nil, opcode: [0x0f, 0x11], isAligned: false),
        VectorTemplate(name: "movupd", prefix: 0x66, opcode: [0x0f, 0x10], isAligned: false),
        VectorTemplate(name: "movupd store", prefix: 0x66, opcode: [0x0f, 0x11], isAligned: false),
        VectorTemplate(name: "movdqu", prefix: 0xf3, opcode: [0x0f, 0x6f], isAligned: false),
        VectorTemplate(name: "movdqu store", prefix: 0xf3, opcode: [0x0f, 0x7f], isAligned: false),
        VectorTemplate(name: "lddqu", prefix: 0xf2, opcode: [0x0f, 0xf0], isAligned: false, operand: .memory),
        VectorTemplate(name: "movntps", prefix: nil, opcode: [0x0f, 0x2b], operand: .memory),
        VectorTemplate(name: "movntpd", prefix: 0x66, opcode: [0x0f, 0x2b], operand: .memory),
        VectorTemplate(name: "movntdq", prefix: 0x66, opcode: [0x0f, 0xe7], operand: .memory),
        VectorTemplate(name: "movntdqa", prefix: 0x66, opcode: [0x0f, 0x38, 0x2a], operand: .memory),
        VectorTemplate(name: "movntq", prefix: nil, opcode: [0x0f, 0xe7], registers: .mmx, size: 8, operand: .memory),
        VectorTemplate(name: "movss", prefix: 0xf3, opcode: [0x0f, 0x10], size: 4, isAligned: false),
        VectorTemplate(name: "movss store", prefix: 0xf3, opcode: [0x0f, 0x11], size: 4, isAligned: false),
        VectorTemplate(name: "movsd", prefix: 0xf2, opcode: [0x0f, 0x10], size: 8, isAligned: false),
        VectorTemplate(name: "movsd store", prefix: 0xf2, opcode: [0x0f, 0x11], size: 8, isAligned: false),
        VectorTemplate(name: "movlps, movhlps", prefix: nil, opcode: [0x0f, 0x12], size: 8, isAligned: false),
        VectorTemplate(name: "movhps, movlhps", prefix: nil, opcode: [0x0f, 0x16], size: 8, isAligned: false),
        VectorTemplate(
            name: "movlpd", prefix: 0x66, opcode: [0x0f, 0x12], size: 8, isAligned: false, operand: .memory),
        VectorTemplate(
            name: "movhpd", prefix: 0x66, opcode: [0x0f, 0x16], size: 8, isAligned: false, operand: .memory),
        VectorTemplate(
            name: "movlps store", prefix: nil, opcode: [0x0f, 0x13], size: 8, isAligned: false, operand: .memory),
        VectorTemplate(
            name: "movhps store", prefix: nil, opcode: [0x0f, 0x17], size: 8, isAligned: false, operand: .memory),
        VectorTemplate(
            name: "movlpd store", prefix: 0x66, opcode: [0x0f, 0x13], size: 8, isAligned: false, operand: .memory),
        VectorTemplate(
            name: "movhpd store", prefix: 0x66, opcode: [0x0f, 0x17], size: 8, isAligned: false, operand: .memory),
        VectorTemplate(name: "movddup", prefix: 0xf2, opcode: [0x0f, 0x12], size: 8, isAligned: false),
        VectorTemplate(name: "movsldup", prefix: 0xf3, opcode: [0x0f, 0x12]),
        VectorTemplate(name: "movshdup", prefix: 0xf3, opcode: [0x0f, 0x16]),
        VectorTemplate(name: "movq", prefix: 0xf3, opcode: [0x0f, 0x7e], size: 8, isAligned: false),
        VectorTemplate(name: "movq store", prefix: 0x66, opcode: [0x0f, 0xd6], size: 8, isAligned: false),
        VectorTemplate(name: "movq", prefix: nil, opcode: [0x0f, 0x6f], registers: .mmx, size: 8),
        VectorTemplate(name: "movq store", prefix: nil, opcode: [0x0f, 0x7f], registers: .mmx, size: 8),
        VectorTemplate(
            name: "movd", prefix: 0x66, opcode: [0x0f, 0x6e], registers: .xmmGeneral, size: 4, isAligned: false),
        VectorTemplate(
            name: "movd store", prefix: 0x66, opcode: [0x0f, 0x7e], registers: .xmmGeneral, size: 4, isAligned: false),
        VectorTemplate(name: "movd", prefix: nil, opcode: [0x0f, 0x6e], registers: .mmxGeneral, size: 4),
        VectorTemplate(name: "movd store", prefix: nil, opcode: [0x0f, 0x7e], registers: .mmxGeneral, size: 4),
        VectorTemplate(name: "movq2dq", prefix: 0xf3, opcode: [0x0f, 0xd6], registers: .xmmMMX, operand: .register),
        VectorTemplate(name: "movdq2q", prefix: 0xf2, opcode: [0x0f, 0xd6], registers: .mmxXMM, operand: .register),
        VectorTemplate(
            name: "pmovmskb", prefix: 0x66, opcode: [0x0f, 0xd7], registers: .generalXMM, operand: .register),
        VectorTemplate(
            name: "pmovmskb", prefix: nil, opcode: [0x0f, 0xd7], registers: .generalMMX, operand: .register),
        VectorTemplate(
            name: "movmskps", prefix: nil, opcode: [0x0f, 0x50], registers: .generalXMM, operand: .register),
        VectorTemplate(
            name: "movmskpd", prefix: 0x66, opcode: [0x0f, 0x50], registers: .generalXMM, operand: .register),
        VectorTemplate(
            name: "stmxcsr", prefix: nil, opcode: [0x0f, 0xae], size: 4, isAligned: false, operand: .memory, digit: 3),
        VectorTemplate(
            name: "ldmxcsr", prefix: nil, opcode: [0x0f, 0xae], size: 4, isAligned: false, operand: .memory, digit: 2),
        VectorTemplate(name: "maskmovdqu", prefix: 0x66, opcode: [0x0f, 0xf7], operand: .register),
        VectorTemplate(name: "maskmovq", prefix: nil, opcode: [0x0f, 0xf7], registers: .mmx, operand: .register),
    ]

    /// In 64-bit code only: REX.W.
    static let wideMoves: [VectorTemplate] = [
        VectorTemplate(
            name: "movq", prefix: 0x66, opcode: [0x0f, 0x6e], registers: .xmmGeneral, size: 8, isAligned: false,
            wide: true),
        VectorTemplate(
            name: "movq store", prefix: 0x66, opcode: [0x0f, 0x7e], registers: .xmmGeneral, size: 8, isAligned: false,
            wide: true),
        VectorTemplate(name: "movq", prefix: nil, opcode: [0x0f, 0x6e], registers: .mmxGeneral, size: 8, wide: true),
        VectorTemplate(
            name: "movq store", prefix: nil, opcode: [0x0f, 0x7e], registers: .mmxGeneral, size: 8, wide: true),
        VectorTemplate(
            name: "pinsrq", prefix: 0x66, opcode: [0x0f, 0x3a, 0x22], registers: .xmmGeneral, size: 8,
            isAligned: false, wide: true, hasImmediate: true),
        VectorTemplate(
            name: "pextrq", prefix: 0x66, opcode: [0x0f, 0x3a, 0x16], registers: .xmmGeneral, size: 8,
            isAligned: false, wide: true, hasImmediate: true),
    ]

    private static let elementsCodes: [(String, [UInt8], Int)] = [
        ("pinsrb", [0x0f, 0x3a, 0x20], 1), ("pinsrw", [0x0f, 0xc4], 2), ("pinsrd", [0x0f, 0x3a, 0x22], 4),
        ("pextrb", [0x0f, 0x3a, 0x14], 1), ("pextrw", [0x0f, 0x3a, 0x15], 2), ("pextrd", [0x0f, 0x3a, 0x16], 4),
        ("extractps", [0x0f, 0x3a, 0x17], 4),
    ]

    static let elements: [VectorTemplate] =
        elementsCodes.map {
            VectorTemplate(
                name: $0, prefix: 0x66, opcode: $1, registers: .xmmGeneral, size: $2, isAligned: false,
                hasImmediate: true)
        } + [
            VectorTemplate(
                name: "pextrw", prefix: 0x66, opcode: [0x0f, 0xc5], registers: .generalXMM, operand: .register,
                hasImmediate: true),
            VectorTemplate(
                name: "pextrw", prefix: nil, opcode: [0x0f, 0xc5], registers: .generalMMX, operand: .register,
                hasImmediate: true),
            VectorTemplate(
                name: "pinsrw", prefix: nil, opcode: [0x0f, 0xc4], registers: .mmxGeneral, size: 2, hasImmediate: true),
        ]
}
