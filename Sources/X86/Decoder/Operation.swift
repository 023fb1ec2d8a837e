/// What an instruction does: Intel's mnemonics, lower case (SDM volume 2). One mnemonic is one case; where one mnemonic has several
/// forms, the operands and `Instruction.operandSize` tell them apart. Where several mnemonics name the widths of one operation
/// (MOVSB … MOVSQ, CBW/CWDE/CDQE, IRET/IRETD/IRETQ), there is one case and `operandSize` is the width.
///
/// Instructions beyond x86-64-v2 that a guest can be told about by CPUID (RDRAND, FSGSBASE, XSAVE, AES …) are decoded too; whether
/// this processor has them is the lowering's decision.
public enum Operation: UInt16, Sendable, CaseIterable {
    /// No instruction of this processor: #UD.
    case invalid

    // MARK: Integer

    case add, or, adc, sbb, and, sub, xor, cmp
    case inc, dec, neg, not, test
    /// `mul`, `div`, `idiv`: the one explicit operand. `imul`: one, two or three operands.
    case mul, imul, div, idiv
    case rol, ror, rcl, rcr, shl, shr, sar
    /// Three operands: destination, source, count (an immediate or CL).
    case shld, shrd
    case bt, bts, btr, btc
    case bsf, bsr, bswap, popcnt, crc32
    /// General, segment (size 2), control and debug registers, and the direct-address forms A0 to A3.
    case mov
    /// The second operand's `size` is the narrow one.
    case movzx, movsx, movsxd
    case movbe, lea, xchg, xadd, cmpxchg, cmpxchg8b, cmpxchg16b
    /// A general register, memory, an immediate (already extended to 64 bits) or a segment register.
    case push, pop
    case pusha, popa, pushf, popf, enter, leave
    /// CBW, CWDE, CDQE: `operandSize` 2, 4, 8 is the result's.
    case cbw
    /// CWD, CDQ, CQO: `operandSize` 2, 4, 8 is the accumulator's.
    case cwd
    case lahf, sahf, salc, xlat
    case clc, stc, cmc, cld, std
    case daa, das, aaa, aas, aam, aad
    case bound, arpl
    /// String operations; `operandSize` is the element's, `memory.segment` that of the source (rSI).
    case movs, cmps, stos, lods, scas, ins, outs
    /// Conditions in `Instruction.condition`.
    case jcc, setcc, cmovcc
    /// CALL and JMP: a relative operand, or a general register or memory holding the offset.
    case callNear, jumpNear
    /// `returnNear`, `returnFar`: no operand or the count of bytes to drop (immediate).
    case returnNear, returnFar
    /// Either immediate (offset) and immediate2 (selector), or memory of 4, 6 or 10 bytes.
    case callFar, jumpFar
    case loop, loope, loopne
    /// JCXZ, JECXZ, JRCXZ: by `addressSize`.
    case jcxz
    /// Every NOP: 90, the multi-byte 0F 1F and the reserved hints 0F 18 to 0F 1E. A memory operand is not touched.
    case nop
    case pause, endbr32, endbr64
    case prefetchnta, prefetcht0, prefetcht1, prefetcht2, prefetch, prefetchw, prefetchwt1
    case clflush, clflushopt, clwb, lfence, mfence, sfence, movnti
    case rdrand, rdseed, rdpid

    // MARK: System

    case int, int3, int1, into, iret, hlt, cli, sti
    /// The accumulator and DX or an immediate port.
    case `in`, out
    case lds, les, lss, lfs, lgs
    case lgdt, sgdt, lidt, sidt, lldt, sldt, ltr, str, lmsw, smsw, clts
    case lar, lsl, verr, verw
    case invd, wbinvd, invlpg, invpcid
    case rdmsr, wrmsr, rdpmc, rdtsc, rdtscp, cpuid, rsm
    case swapgs, syscall, sysret, sysenter, sysexit
    case rdfsbase, rdgsbase, wrfsbase, wrgsbase
    case clac, stac, monitor, mwait
    case vmcall, vmmcall
    case xgetbv, xsetbv
    /// `operandSize` 8 is the form with REX.W (FXSAVE64, XSAVE64 …).
    case fxsave, fxrstor, xsave, xrstor, xsaveopt, xsavec, xsaves, xrstors
    /// Undefined by promise; `ud0` and `ud1` have a ModRM byte.
    case ud0, ud1, ud2

    // MARK: x87

    /// One operand: memory (size 4 or 8, a real number). Two: ST(i) registers, destination first.
    case fadd, fmul, fsub, fsubr, fdiv, fdivr
    /// Two operands: ST(i), ST(0); then the stack is popped.
    case faddp, fmulp, fsubp, fsubrp, fdivp, fdivrp
    /// Memory of 2 or 4 bytes, an integer.
    case fiadd, fimul, fisub, fisubr, fidiv, fidivr, ficom, ficomp
    /// One operand: memory (4, 8) or ST(i).
    case fcom, fcomp, fucom, fucomp
    case fcompp, fucompp
    /// Two operands: ST(0), ST(i).
    case fcomi, fcomip, fucomi, fucomip
    case fcmovb, fcmove, fcmovbe, fcmovu, fcmovnb, fcmovne, fcmovnbe, fcmovnu
    /// One operand: memory (4, 8, 10) or ST(i).
    case fld, fst, fstp
    /// Memory of 2, 4 or 8 bytes.
    case fild, fist, fistp, fisttp
    /// Memory of 10 bytes.
    case fbld, fbstp
    case fxch, ffree, ffreep
    case fld1, fldl2t, fldl2e, fldpi, fldlg2, fldln2, fldz
    case fchs, fabs, ftst, fxam, f2xm1, fyl2x, fyl2xp1, fptan, fpatan, fxtract, fprem, fprem1
    case fdecstp, fincstp, fsqrt, fsincos, frndint, fscale, fsin, fcos
    case fnop, fwait, fnclex, fninit
    case fldcw, fnstcw
    /// AX or memory of 2 bytes.
    case fnstsw
    /// Memory of 14 or 28 bytes, by `operandSize` 2 or 4.
    case fldenv, fnstenv
    /// Memory of 94 or 108 bytes, by `operandSize` 2 or 4.
    case frstor, fnsave

    // MARK: MMX and the integer half of SSE: MM or XMM registers, by the operands

    case emms
    /// 32 bits between a vector register and a general register or memory.
    case movd
    /// 64 bits: MM or XMM and a general register, memory or another vector register.
    case movq
    case movq2dq, movdq2q, movdqa, movdqu, lddqu, movntq, movntdq, movntdqa, maskmovq, maskmovdqu
    case punpcklbw, punpcklwd, punpckldq, punpcklqdq, punpckhbw, punpckhwd, punpckhdq, punpckhqdq
    case packsswb, packssdw, packuswb, packusdw
    case pcmpeqb, pcmpeqw, pcmpeqd, pcmpeqq, pcmpgtb, pcmpgtw, pcmpgtd, pcmpgtq
    case paddb, paddw, paddd, paddq, paddsb, paddsw, paddusb, paddusw
    case psubb, psubw, psubd, psubq, psubsb, psubsw, psubusb, psubusw
    case pmullw, pmulld, pmulhw, pmulhuw, pmulhrsw, pmuludq, pmuldq, pmaddwd, pmaddubsw
    case pand, pandn, por, pxor
    /// The count is a vector operand or an immediate.
    case psllw, pslld, psllq, psrlw, psrld, psrlq, psraw, psrad
    case pslldq, psrldq
    case pavgb, pavgw, psadbw, mpsadbw, pminub, pminuw, pminud, pminsb, pminsw, pminsd
    case pmaxub, pmaxuw, pmaxud, pmaxsb, pmaxsw, pmaxsd
    case pmovmskb, pshufw, pshufd, pshufhw, pshuflw, pshufb, palignr
    case pinsrb, pinsrw, pinsrd, pinsrq, pextrb, pextrw, pextrd, pextrq
    case phaddw, phaddd, phaddsw, phsubw, phsubd, phsubsw, psignb, psignw, psignd, pabsb, pabsw, pabsd
    /// The third operand of the `…v…` blends, XMM0, is implied.
    case pblendvb, pblendw, ptest, phminposuw
    case pmovsxbw, pmovsxbd, pmovsxbq, pmovsxwd, pmovsxwq, pmovsxdq
    case pmovzxbw, pmovzxbd, pmovzxbq, pmovzxwd, pmovzxwq, pmovzxdq
    case pcmpestri, pcmpestrm, pcmpistri, pcmpistrm
    case aesenc, aesenclast, aesdec, aesdeclast, aesimc, aeskeygenassist, pclmulqdq

    // MARK: SSE, the floating-point half

    case movups, movupd, movss, movsd, movaps, movapd, movntps, movntpd
    case movlps, movlpd, movhps, movhpd, movhlps, movlhps, movddup, movsldup, movshdup
    case movmskps, movmskpd, unpcklps, unpcklpd, unpckhps, unpckhpd, shufps, shufpd
    case addps, addpd, addss, addsd, subps, subpd, subss, subsd
    case mulps, mulpd, mulss, mulsd, divps, divpd, divss, divsd
    case minps, minpd, minss, minsd, maxps, maxpd, maxss, maxsd
    case sqrtps, sqrtpd, sqrtss, sqrtsd, rsqrtps, rsqrtss, rcpps, rcpss
    case andps, andpd, andnps, andnpd, orps, orpd, xorps, xorpd
    /// The predicate is the immediate.
    case cmpps, cmppd, cmpss, cmpsd
    case comiss, comisd, ucomiss, ucomisd
    case haddps, haddpd, hsubps, hsubpd, addsubps, addsubpd
    /// The general register or memory operand's `size` (4 or 8) is the integer's.
    case cvtsi2ss, cvtsi2sd, cvtss2si, cvtsd2si, cvttss2si, cvttsd2si
    case cvtpi2ps, cvtpi2pd, cvtps2pi, cvtpd2pi, cvttps2pi, cvttpd2pi
    case cvtps2pd, cvtpd2ps, cvtss2sd, cvtsd2ss
    case cvtdq2ps, cvtps2dq, cvttps2dq, cvtdq2pd, cvtpd2dq, cvttpd2dq
    case roundps, roundpd, roundss, roundsd, blendps, blendpd, blendvps, blendvpd, dpps, dppd
    case insertps, extractps
    case ldmxcsr, stmxcsr
}
