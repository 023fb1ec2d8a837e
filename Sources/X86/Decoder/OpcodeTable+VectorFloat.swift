extension OpcodeTable.Builder {
    /// The floating-point half of SSE to SSE3 behind 0F (SDM volume 2, table A-3).
    mutating func defineVectorFloat() {
        defineFloatMoves()
        defineFloatConversions()
        self[.secondary, 0x14] = packed(.unpcklps, .unpcklpd)
        self[.secondary, 0x15] = packed(.unpckhps, .unpckhpd)
        self[.secondary, 0x2e] = prefix(.op(.ucomiss, .vd, .wd), x66: .op(.ucomisd, .vq, .wq))
        self[.secondary, 0x2f] = prefix(.op(.comiss, .vd, .wd), x66: .op(.comisd, .vq, .wq))
        self[.secondary, 0x51] = arithmetic(.sqrtps, .sqrtpd, .sqrtss, .sqrtsd)
        self[.secondary, 0x52] = prefix(.op(.rsqrtps, .vx, .wx), xF3: .op(.rsqrtss, .vd, .wd))
        self[.secondary, 0x53] = prefix(.op(.rcpps, .vx, .wx), xF3: .op(.rcpss, .vd, .wd))
        self[.secondary, 0x54] = packed(.andps, .andpd)
        self[.secondary, 0x55] = packed(.andnps, .andnpd)
        self[.secondary, 0x56] = packed(.orps, .orpd)
        self[.secondary, 0x57] = packed(.xorps, .xorpd)
        self[.secondary, 0x58] = arithmetic(.addps, .addpd, .addss, .addsd)
        self[.secondary, 0x59] = arithmetic(.mulps, .mulpd, .mulss, .mulsd)
        self[.secondary, 0x5c] = arithmetic(.subps, .subpd, .subss, .subsd)
        self[.secondary, 0x5d] = arithmetic(.minps, .minpd, .minss, .minsd)
        self[.secondary, 0x5e] = arithmetic(.divps, .divpd, .divss, .divsd)
        self[.secondary, 0x5f] = arithmetic(.maxps, .maxpd, .maxss, .maxsd)
        self[.secondary, 0x7c] = prefix(x66: .op(.haddpd, .vx, .wx), xF2: .op(.haddps, .vx, .wx))
        self[.secondary, 0x7d] = prefix(x66: .op(.hsubpd, .vx, .wx), xF2: .op(.hsubps, .vx, .wx))
        self[.secondary, 0xd0] = prefix(x66: .op(.addsubpd, .vx, .wx), xF2: .op(.addsubps, .vx, .wx))
        self[.secondary, 0xc2] = prefix(
            .op(.cmpps, .vx, .wx, .ib), x66: .op(.cmppd, .vx, .wx, .ib), xF3: .op(.cmpss, .vd, .wd, .ib),
            xF2: .op(.cmpsd, .vq, .wq, .ib))
        self[.secondary, 0xc6] = prefix(.op(.shufps, .vx, .wx, .ib), x66: .op(.shufpd, .vx, .wx, .ib))
    }

    private mutating func packed(_ single: Operation, _ double: Operation) -> OpcodeEntry {
        prefix(.op(single, .vx, .wx), x66: .op(double, .vx, .wx))
    }

    private mutating func arithmetic(
        _ packedSingle: Operation, _ packedDouble: Operation, _ scalarSingle: Operation, _ scalarDouble: Operation
    ) -> OpcodeEntry {
        prefix(
            .op(packedSingle, .vx, .wx), x66: .op(packedDouble, .vx, .wx), xF3: .op(scalarSingle, .vd, .wd),
            xF2: .op(scalarDouble, .vq, .wq))
    }

    private mutating func defineFloatMoves() {
        self[.secondary, 0x10] = prefix(
            .op(.movups, .vx, .wx), x66: .op(.movupd, .vx, .wx), xF3: .op(.movss, .vd, .wd), xF2: .op(.movsd, .vq, .wq))
        self[.secondary, 0x11] = prefix(
            .op(.movups, .wx, .vx), x66: .op(.movupd, .wx, .vx), xF3: .op(.movss, .wd, .vd), xF2: .op(.movsd, .wq, .vq))
        let low = memory(.op(.movlps, .vq, .mq), register: .op(.movhlps, .vq, .ux))
        self[.secondary, 0x12] = prefix(
            low, x66: .op(.movlpd, .vq, .mq), xF3: .op(.movsldup, .vx, .wx), xF2: .op(.movddup, .vx, .wq))
        self[.secondary, 0x13] = prefix(.op(.movlps, .mq, .vq), x66: .op(.movlpd, .mq, .vq))
        let high = memory(.op(.movhps, .vx, .mq), register: .op(.movlhps, .vx, .uq))
        self[.secondary, 0x16] = prefix(high, x66: .op(.movhpd, .vx, .mq), xF3: .op(.movshdup, .vx, .wx))
        self[.secondary, 0x17] = prefix(.op(.movhps, .mq, .vx), x66: .op(.movhpd, .mq, .vx))
        self[.secondary, 0x28] = packed(.movaps, .movapd)
        self[.secondary, 0x29] = prefix(.op(.movaps, .wx, .vx), x66: .op(.movapd, .wx, .vx))
        self[.secondary, 0x2b] = prefix(.op(.movntps, .mx, .vx), x66: .op(.movntpd, .mx, .vx))
        self[.secondary, 0x50] = prefix(.op(.movmskps, .gd, .ux), x66: .op(.movmskpd, .gd, .ux))
    }

    private mutating func defineFloatConversions() {
        self[.secondary, 0x2a] = prefix(
            .op(.cvtpi2ps, .vq, .qq), x66: .op(.cvtpi2pd, .vx, .qq), xF3: .op(.cvtsi2ss, .vd, .ey),
            xF2: .op(.cvtsi2sd, .vq, .ey))
        self[.secondary, 0x2c] = prefix(
            .op(.cvttps2pi, .pq, .wq), x66: .op(.cvttpd2pi, .pq, .wx), xF3: .op(.cvttss2si, .gy, .wd),
            xF2: .op(.cvttsd2si, .gy, .wq))
        self[.secondary, 0x2d] = prefix(
            .op(.cvtps2pi, .pq, .wq), x66: .op(.cvtpd2pi, .pq, .wx), xF3: .op(.cvtss2si, .gy, .wd),
            xF2: .op(.cvtsd2si, .gy, .wq))
        self[.secondary, 0x5a] = prefix(
            .op(.cvtps2pd, .vx, .wq), x66: .op(.cvtpd2ps, .vx, .wx), xF3: .op(.cvtss2sd, .vq, .wd),
            xF2: .op(.cvtsd2ss, .vd, .wq))
        self[.secondary, 0x5b] = prefix(
            .op(.cvtdq2ps, .vx, .wx), x66: .op(.cvtps2dq, .vx, .wx), xF3: .op(.cvttps2dq, .vx, .wx))
        self[.secondary, 0xe6] = prefix(
            x66: .op(.cvttpd2dq, .vx, .wx), xF3: .op(.cvtdq2pd, .vx, .wq), xF2: .op(.cvtpd2dq, .vx, .wx))
    }
}
