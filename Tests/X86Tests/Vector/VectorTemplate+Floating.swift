// What of SSE rounds and raises exceptions.
extension VectorTemplate {
    static let arithmetic: [VectorTemplate] = {
        let all: [(String, UInt8)] = [
            ("sqrt", 0x51), ("add", 0x58), ("mul", 0x59), ("sub", 0x5c), ("min", 0x5d), ("div", 0x5e), ("max", 0x5f),
        ]
        var list = all.flatMap { precisions($0, [0x0f, $1]) }
        let singles: [(String, UInt8)] = [("rsqrt", 0x52), ("rcp", 0x53)]
        for (name, opcode) in singles {
            list.append(VectorTemplate(name: name + "ps", prefix: nil, opcode: [0x0f, opcode]))
            list.append(
                VectorTemplate(name: name + "ss", prefix: 0xf3, opcode: [0x0f, opcode], size: 4, isAligned: false))
        }
        let horizontal: [(String, UInt8)] = [("hadd", 0x7c), ("hsub", 0x7d), ("addsub", 0xd0)]
        for (name, opcode) in horizontal {
            list.append(VectorTemplate(name: name + "ps", prefix: 0xf2, opcode: [0x0f, opcode]))
            list.append(VectorTemplate(name: name + "pd", prefix: 0x66, opcode: [0x0f, opcode]))
        }
        return list
    }()

    private static func precisions(_ name: String, _ opcode: [UInt8], hasImmediate: Bool = false) -> [VectorTemplate] {
        [
            VectorTemplate(name: name + "ps", prefix: nil, opcode: opcode, hasImmediate: hasImmediate),
            VectorTemplate(name: name + "pd", prefix: 0x66, opcode: opcode, hasImmediate: hasImmediate),
            VectorTemplate(
                name: name + "ss", prefix: 0xf3, opcode: opcode, size: 4, isAligned: false, hasImmediate: hasImmediate),
            VectorTemplate(
                name: name + "sd", prefix: 0xf2, opcode: opcode, size: 8, isAligned: false, hasImmediate: hasImmediate),
        ]
    }

    static let comparisons: [VectorTemplate] = {
        let flags: [(String, UInt8?, UInt8, Int)] = [
            ("ucomiss", nil, 0x2e, 4), ("ucomisd", 0x66, 0x2e, 8), ("comiss", nil, 0x2f, 4), ("comisd", 0x66, 0x2f, 8),
        ]
        return precisions("cmp", [0x0f, 0xc2], hasImmediate: true)
            + flags.map { VectorTemplate(name: $0, prefix: $1, opcode: [0x0f, $2], size: $3, isAligned: false) }
    }()

    static let roundings: [VectorTemplate] = {
        let all: [(String, UInt8, Int)] = [
            ("roundps", 0x08, 16), ("roundpd", 0x09, 16), ("roundss", 0x0a, 4), ("roundsd", 0x0b, 8),
        ]
        return all.map {
            VectorTemplate(
                name: $0, prefix: 0x66, opcode: [0x0f, 0x3a, $1], size: $2, isAligned: $2 == 16, hasImmediate: true)
        }
    }()

    static let products: [VectorTemplate] = [
        VectorTemplate(name: "dpps", prefix: 0x66, opcode: [0x0f, 0x3a, 0x40], hasImmediate: true),
        VectorTemplate(name: "dppd", prefix: 0x66, opcode: [0x0f, 0x3a, 0x41], hasImmediate: true),
    ]

    static let conversions: [VectorTemplate] = {
        let all: [(String, UInt8?, UInt8, Int)] = [
            ("cvtps2pd", nil, 0x5a, 8), ("cvtpd2ps", 0x66, 0x5a, 16), ("cvtss2sd", 0xf3, 0x5a, 4),
            ("cvtsd2ss", 0xf2, 0x5a, 8), ("cvtdq2ps", nil, 0x5b, 16), ("cvtps2dq", 0x66, 0x5b, 16),
            ("cvttps2dq", 0xf3, 0x5b, 16), ("cvtdq2pd", 0xf3, 0xe6, 8), ("cvtpd2dq", 0xf2, 0xe6, 16),
            ("cvttpd2dq", 0x66, 0xe6, 16),
        ]
        return all.map { VectorTemplate(name: $0, prefix: $1, opcode: [0x0f, $2], size: $3, isAligned: $3 == 16) }
    }()

    /// - Parameter wide: general registers have 64 bits.
    static func generalConversions(wide: Bool) -> [VectorTemplate] {
        let from: [(String, UInt8)] = [("cvtsi2ss", 0xf3), ("cvtsi2sd", 0xf2)]
        let to: [(String, UInt8, UInt8, Int)] = [
            ("cvttss2si", 0xf3, 0x2c, 4), ("cvtss2si", 0xf3, 0x2d, 4), ("cvttsd2si", 0xf2, 0x2c, 8),
            ("cvtsd2si", 0xf2, 0x2d, 8),
        ]
        let integers = from.map {
            VectorTemplate(
                name: $0, prefix: $1, opcode: [0x0f, 0x2a], registers: .xmmGeneral, size: wide ? 8 : 4,
                isAligned: false, wide: wide)
        }
        return integers
            + to.map {
                VectorTemplate(
                    name: $0, prefix: $1, opcode: [0x0f, $2], registers: .generalXMM, size: $3, isAligned: false,
                    wide: wide)
            }
    }

    static let mmxConversions: [VectorTemplate] = [
        VectorTemplate(name: "cvtpi2ps", prefix: nil, opcode: [0x0f, 0x2a], registers: .xmmMMX, size: 8),
        VectorTemplate(name: "cvtpi2pd", prefix: 0x66, opcode: [0x0f, 0x2a], registers: .xmmMMX, size: 8),
        VectorTemplate(name: "cvttps2pi", prefix: nil, opcode: [0x0f, 0x2c], registers: .mmxXMM, size: 8),
        VectorTemplate(name: "cvtps2pi", prefix: nil, opcode: [0x0f, 0x2d], registers: .mmxXMM, size: 8),
        VectorTemplate(name: "cvttpd2pi", prefix: 0x66, opcode: [0x0f, 0x2c], registers: .mmxXMM),
        VectorTemplate(name: "cvtpd2pi", prefix: 0x66, opcode: [0x0f, 0x2d], registers: .mmxXMM),
    ]
}
