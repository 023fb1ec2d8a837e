import CX86

/// What a vector instruction that follows a pattern is made of: its C function, and what that needs. The others are lowered
/// one by one, in `VectorLowering`.
enum VectorInstruction {
    /// On XMM registers, and where `mmx` is, on MM registers.
    case packed(cx86_packed, mmx: cx86_packed?)
    /// With an immediate.
    case packedImmediate(@Sendable (UInt8) -> cx86_packed)
    case floating(cx86_floating, LateExceptions)
    case floatingImmediate(@Sendable (UInt8) -> cx86_floating)
    /// To a general register of 4 or 8 bytes.
    case toGeneral(cx86_floating, wide: cx86_floating)
    case toMMX(cx86_floating)
    case compare(cx86_compare)
    case blend(cx86_blend)
    case string(@Sendable (UInt8) -> cx86_string, storesMask: Bool)

    static func find(_ operation: Operation) -> VectorInstruction? { table[Int(operation.rawValue)] }

    private static let table: [VectorInstruction?] = {
        var table = [VectorInstruction?](repeating: nil, count: Operation.allCases.count)
        func add(_ entries: [(Operation, VectorInstruction)]) {
            for (operation, instruction) in entries { table[Int(operation.rawValue)] = instruction }
        }
        add(onBoth.map { ($0, .packed($1, mmx: $2)) })
        add(onXMM.map { ($0, .packed($1, mmx: nil)) })
        add(floating.map { ($0, .floating($1, $2)) })
        add(immediates)
        add(conversions)
        return table
    }()

    private static let onBoth: [(Operation, cx86_packed, cx86_packed)] = [
        (.punpcklbw, cx86_xmm_punpcklbw, cx86_mmx_punpcklbw), (.punpcklwd, cx86_xmm_punpcklwd, cx86_mmx_punpcklwd),
        (.punpckldq, cx86_xmm_punpckldq, cx86_mmx_punpckldq), (.punpckhbw, cx86_xmm_punpckhbw, cx86_mmx_punpckhbw),
        (.punpckhwd, cx86_xmm_punpckhwd, cx86_mmx_punpckhwd), (.punpckhdq, cx86_xmm_punpckhdq, cx86_mmx_punpckhdq),
        (.packsswb, cx86_xmm_packsswb, cx86_mmx_packsswb), (.packssdw, cx86_xmm_packssdw, cx86_mmx_packssdw),
        (.packuswb, cx86_xmm_packuswb, cx86_mmx_packuswb), (.pcmpeqb, cx86_xmm_pcmpeqb, cx86_mmx_pcmpeqb),
        (.pcmpeqw, cx86_xmm_pcmpeqw, cx86_mmx_pcmpeqw), (.pcmpeqd, cx86_xmm_pcmpeqd, cx86_mmx_pcmpeqd),
        (.pcmpgtb, cx86_xmm_pcmpgtb, cx86_mmx_pcmpgtb), (.pcmpgtw, cx86_xmm_pcmpgtw, cx86_mmx_pcmpgtw),
        (.pcmpgtd, cx86_xmm_pcmpgtd, cx86_mmx_pcmpgtd), (.paddb, cx86_xmm_paddb, cx86_mmx_paddb),
        (.paddw, cx86_xmm_paddw, cx86_mmx_paddw), (.paddd, cx86_xmm_paddd, cx86_mmx_paddd),
        (.paddq, cx86_xmm_paddq, cx86_mmx_paddq), (.paddsb, cx86_xmm_paddsb, cx86_mmx_paddsb),
        (.paddsw, cx86_xmm_paddsw, cx86_mmx_paddsw), (.paddusb, cx86_xmm_paddusb, cx86_mmx_paddusb),
        (.paddusw, cx86_xmm_paddusw, cx86_mmx_paddusw), (.psubb, cx86_xmm_psubb, cx86_mmx_psubb),
        (.psubw, cx86_xmm_psubw, cx86_mmx_psubw), (.psubd, cx86_xmm_psubd, cx86_mmx_psubd),
        (.psubq, cx86_xmm_psubq, cx86_mmx_psubq), (.psubsb, cx86_xmm_psubsb, cx86_mmx_psubsb),
        (.psubsw, cx86_xmm_psubsw, cx86_mmx_psubsw), (.psubusb, cx86_xmm_psubusb, cx86_mmx_psubusb),
        (.psubusw, cx86_xmm_psubusw, cx86_mmx_psubusw), (.pmullw, cx86_xmm_pmullw, cx86_mmx_pmullw),
        (.pmulhw, cx86_xmm_pmulhw, cx86_mmx_pmulhw), (.pmulhuw, cx86_xmm_pmulhuw, cx86_mmx_pmulhuw),
        (.pmulhrsw, cx86_xmm_pmulhrsw, cx86_mmx_pmulhrsw), (.pmuludq, cx86_xmm_pmuludq, cx86_mmx_pmuludq),
        (.pmaddwd, cx86_xmm_pmaddwd, cx86_mmx_pmaddwd), (.pmaddubsw, cx86_xmm_pmaddubsw, cx86_mmx_pmaddubsw),
        (.pand, cx86_xmm_pand, cx86_mmx_pand), (.pandn, cx86_xmm_pandn, cx86_mmx_pandn),
        (.por, cx86_xmm_por, cx86_mmx_por), (.pxor, cx86_xmm_pxor, cx86_mmx_pxor),
        (.psllw, cx86_xmm_psllw, cx86_mmx_psllw), (.pslld, cx86_xmm_pslld, cx86_mmx_pslld),
        (.psllq, cx86_xmm_psllq, cx86_mmx_psllq), (.psrlw, cx86_xmm_psrlw, cx86_mmx_psrlw),
        (.psrld, cx86_xmm_psrld, cx86_mmx_psrld), (.psrlq, cx86_xmm_psrlq, cx86_mmx_psrlq),
        (.psraw, cx86_xmm_psraw, cx86_mmx_psraw), (.psrad, cx86_xmm_psrad, cx86_mmx_psrad),
        (.pavgb, cx86_xmm_pavgb, cx86_mmx_pavgb), (.pavgw, cx86_xmm_pavgw, cx86_mmx_pavgw),
        (.psadbw, cx86_xmm_psadbw, cx86_mmx_psadbw), (.pminub, cx86_xmm_pminub, cx86_mmx_pminub),
        (.pmaxub, cx86_xmm_pmaxub, cx86_mmx_pmaxub), (.pminsw, cx86_xmm_pminsw, cx86_mmx_pminsw),
        (.pmaxsw, cx86_xmm_pmaxsw, cx86_mmx_pmaxsw), (.pshufb, cx86_xmm_pshufb, cx86_mmx_pshufb),
        (.phaddw, cx86_xmm_phaddw, cx86_mmx_phaddw), (.phaddd, cx86_xmm_phaddd, cx86_mmx_phaddd),
        (.phaddsw, cx86_xmm_phaddsw, cx86_mmx_phaddsw), (.phsubw, cx86_xmm_phsubw, cx86_mmx_phsubw),
        (.phsubd, cx86_xmm_phsubd, cx86_mmx_phsubd), (.phsubsw, cx86_xmm_phsubsw, cx86_mmx_phsubsw),
        (.psignb, cx86_xmm_psignb, cx86_mmx_psignb), (.psignw, cx86_xmm_psignw, cx86_mmx_psignw),
        (.psignd, cx86_xmm_psignd, cx86_mmx_psignd), (.pabsb, cx86_xmm_pabsb, cx86_mmx_pabsb),
        (.pabsw, cx86_xmm_pabsw, cx86_mmx_pabsw), (.pabsd, cx86_xmm_pabsd, cx86_mmx_pabsd),
    ]

    private static let onXMM: [(Operation, cx86_packed)] = [
        (.punpcklqdq, cx86_xmm_punpcklqdq), (.punpckhqdq, cx86_xmm_punpckhqdq), (.packusdw, cx86_xmm_packusdw),
        (.pcmpeqq, cx86_xmm_pcmpeqq), (.pcmpgtq, cx86_xmm_pcmpgtq), (.pmulld, cx86_xmm_pmulld),
        (.pmuldq, cx86_xmm_pmuldq), (.pminuw, cx86_xmm_pminuw), (.pminud, cx86_xmm_pminud),
        (.pminsb, cx86_xmm_pminsb), (.pminsd, cx86_xmm_pminsd), (.pmaxuw, cx86_xmm_pmaxuw),
        (.pmaxud, cx86_xmm_pmaxud), (.pmaxsb, cx86_xmm_pmaxsb), (.pmaxsd, cx86_xmm_pmaxsd),
        (.phminposuw, cx86_xmm_phminposuw), (.unpcklps, cx86_xmm_unpcklps), (.unpcklpd, cx86_xmm_unpcklpd),
        (.unpckhps, cx86_xmm_unpckhps), (.unpckhpd, cx86_xmm_unpckhpd), (.movddup, cx86_xmm_movddup),
        (.movsldup, cx86_xmm_movsldup), (.movshdup, cx86_xmm_movshdup), (.andps, cx86_xmm_andps),
        (.andpd, cx86_xmm_andpd), (.andnps, cx86_xmm_andnps), (.andnpd, cx86_xmm_andnpd), (.orps, cx86_xmm_orps),
        (.orpd, cx86_xmm_orpd), (.xorps, cx86_xmm_xorps), (.xorpd, cx86_xmm_xorpd), (.pmovsxbw, cx86_xmm_pmovsxbw),
        (.pmovsxbd, cx86_xmm_pmovsxbd), (.pmovsxbq, cx86_xmm_pmovsxbq), (.pmovsxwd, cx86_xmm_pmovsxwd),
        (.pmovsxwq, cx86_xmm_pmovsxwq), (.pmovsxdq, cx86_xmm_pmovsxdq), (.pmovzxbw, cx86_xmm_pmovzxbw),
        (.pmovzxbd, cx86_xmm_pmovzxbd), (.pmovzxbq, cx86_xmm_pmovzxbq), (.pmovzxwd, cx86_xmm_pmovzxwd),
        (.pmovzxwq, cx86_xmm_pmovzxwq), (.pmovzxdq, cx86_xmm_pmovzxdq),
    ]

    private static let floating: [(Operation, cx86_floating, LateExceptions)] = [
        (.addps, cx86_addps, .init(.singles, .add)), (.addpd, cx86_addpd, .init(.doubles, .add)),
        (.addss, cx86_addss, .init(.oneSingle, .add)),
        (.addsd, cx86_addsd, .init(.oneDouble, .add)), (.subps, cx86_subps, .init(.singles, .subtract)),
        (.subpd, cx86_subpd, .init(.doubles, .subtract)),
        (.subss, cx86_subss, .init(.oneSingle, .subtract)), (.subsd, cx86_subsd, .init(.oneDouble, .subtract)),
        (.mulps, cx86_mulps, .init(.singles, .multiply)),
        (.mulpd, cx86_mulpd, .init(.doubles, .multiply)), (.mulss, cx86_mulss, .init(.oneSingle, .multiply)),
        (.mulsd, cx86_mulsd, .init(.oneDouble, .multiply)),
        (.divps, cx86_divps, .init(.singles, .divide)), (.divpd, cx86_divpd, .init(.doubles, .divide)),
        (.divss, cx86_divss, .init(.oneSingle, .divide)),
        (.divsd, cx86_divsd, .init(.oneDouble, .divide)), (.minps, cx86_minps, .none), (.minpd, cx86_minpd, .none),
        (.minss, cx86_minss, .none), (.minsd, cx86_minsd, .none), (.maxps, cx86_maxps, .none),
        (.maxpd, cx86_maxpd, .none), (.maxss, cx86_maxss, .none), (.maxsd, cx86_maxsd, .none),
        (.sqrtps, cx86_sqrtps, .none), (.sqrtpd, cx86_sqrtpd, .none),
        (.sqrtss, cx86_sqrtss, .none),
        (.sqrtsd, cx86_sqrtsd, .none), (.rsqrtps, cx86_rsqrtps, .none),
        (.rsqrtss, cx86_rsqrtss, .none),
        (.rcpps, cx86_rcpps, .none), (.rcpss, cx86_rcpss, .none), (.haddps, cx86_haddps, .init(.singlePairs, .add)),
        (.haddpd, cx86_haddpd, .init(.doublePairs, .add)), (.hsubps, cx86_hsubps, .init(.singlePairs, .subtract)),
        (.hsubpd, cx86_hsubpd, .init(.doublePairs, .subtract)),
        (.addsubps, cx86_addsubps, .init(.singles, .alternate)),
        (.addsubpd, cx86_addsubpd, .init(.doubles, .alternate)),
        (.cvtps2pd, cx86_cvtps2pd, .none),
        (.cvtpd2ps, cx86_cvtpd2ps, .init(.narrowed, .convert)), (.cvtss2sd, cx86_cvtss2sd, .none),
        (.cvtsd2ss, cx86_cvtsd2ss, .init(.oneNarrowed, .convert)), (.cvtdq2ps, cx86_cvtdq2ps, .none),
        (.cvtps2dq, cx86_cvtps2dq, .none),
        (.cvttps2dq, cx86_cvttps2dq, .none), (.cvtdq2pd, cx86_cvtdq2pd, .none),
        (.cvtpd2dq, cx86_cvtpd2dq, .none),
        (.cvttpd2dq, cx86_cvttpd2dq, .none),
    ]

    private static let immediates: [(Operation, VectorInstruction)] = [
        (.pshufd, .packedImmediate { cx86_xmm_pshufd($0) }),
        (.pshufhw, .packedImmediate { cx86_xmm_pshufhw($0) }),
        (.pshuflw, .packedImmediate { cx86_xmm_pshuflw($0) }),
        (.shufps, .packedImmediate { cx86_xmm_shufps($0) }),
        (.shufpd, .packedImmediate { cx86_xmm_shufpd($0) }),
        (.pblendw, .packedImmediate { cx86_xmm_pblendw($0) }),
        (.blendps, .packedImmediate { cx86_xmm_blendps($0) }),
        (.blendpd, .packedImmediate { cx86_xmm_blendpd($0) }),
        (.mpsadbw, .packedImmediate { cx86_xmm_mpsadbw($0) }),
        (.insertps, .packedImmediate { cx86_xmm_insertps($0) }),
        (.pslldq, .packedImmediate { cx86_xmm_pslldq($0) }),
        (.psrldq, .packedImmediate { cx86_xmm_psrldq($0) }),
        (.cmpps, .floatingImmediate({ cx86_cmpps($0) })),
        (.cmppd, .floatingImmediate({ cx86_cmppd($0) })),
        (.cmpss, .floatingImmediate({ cx86_cmpss($0) })),
        (.cmpsd, .floatingImmediate({ cx86_cmpsd($0) })),
        (.roundps, .floatingImmediate({ cx86_roundps($0) })),
        (.roundpd, .floatingImmediate({ cx86_roundpd($0) })),
        (.roundss, .floatingImmediate({ cx86_roundss($0) })),
        (.roundsd, .floatingImmediate({ cx86_roundsd($0) })),
        (.pcmpestri, .string({ cx86_pcmpestri($0) }, storesMask: false)),
        (.pcmpestrm, .string({ cx86_pcmpestrm($0) }, storesMask: true)),
        (.pcmpistri, .string({ cx86_pcmpistri($0) }, storesMask: false)),
        (.pcmpistrm, .string({ cx86_pcmpistrm($0) }, storesMask: true)),
    ]

    private static let conversions: [(Operation, VectorInstruction)] = [
        (.cvtss2si, .toGeneral(cx86_cvtss2si_32, wide: cx86_cvtss2si_64)),
        (.cvttss2si, .toGeneral(cx86_cvttss2si_32, wide: cx86_cvttss2si_64)),
        (.cvtsd2si, .toGeneral(cx86_cvtsd2si_32, wide: cx86_cvtsd2si_64)),
        (.cvttsd2si, .toGeneral(cx86_cvttsd2si_32, wide: cx86_cvttsd2si_64)),
        (.cvtps2pi, .toMMX(cx86_cvtps2pi)),
        (.cvttps2pi, .toMMX(cx86_cvttps2pi)),
        (.cvtpd2pi, .toMMX(cx86_cvtpd2pi)),
        (.cvttpd2pi, .toMMX(cx86_cvttpd2pi)),
        (.comiss, .compare(cx86_comiss)),
        (.comisd, .compare(cx86_comisd)),
        (.ucomiss, .compare(cx86_ucomiss)),
        (.ucomisd, .compare(cx86_ucomisd)),
        (.pblendvb, .blend(cx86_pblendvb)),
        (.blendvps, .blend(cx86_blendvps)),
        (.blendvpd, .blend(cx86_blendvpd)),
    ]
}
