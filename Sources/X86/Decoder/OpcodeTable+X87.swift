extension OpcodeTable.Builder {
    /// The escape opcodes D8 to DF (SDM volume 2, tables ), with the undocumented aliases that Intel's processors have.
    mutating func defineX87() {
        let d8 = reg(
            .op(.fadd, .st0, .sti), .op(.fmul, .st0, .sti), .op(.fcom, .sti), .op(.fcomp, .sti),
            .op(.fsub, .st0, .sti), .op(.fsubr, .st0, .sti), .op(.fdiv, .st0, .sti), .op(.fdivr, .st0, .sti))
        self[.primary, 0xd8] = memory(realArithmetic(.md), register: d8)
        defineX87Loads()

        let da = reg(
            .op(.fcmovb, .st0, .sti), .op(.fcmove, .st0, .sti), .op(.fcmovbe, .st0, .sti), .op(.fcmovu, .st0, .sti),
            .invalid,
            rm(.invalid, .op(.fucompp), .invalid, .invalid, .invalid, .invalid, .invalid, .invalid),
            .invalid, .invalid)
        self[.primary, 0xda] = memory(integerArithmetic(.md), register: da)

        // FENI, FDISI and FSETPM of the 8087 and 80287 are NOPs since the 80387.
        let control = rm(
            .op(.fnop), .op(.fnop), .op(.fnclex), .op(.fninit), .op(.fnop), .invalid, .invalid, .invalid)
        let db = reg(
            .op(.fcmovnb, .st0, .sti), .op(.fcmovne, .st0, .sti), .op(.fcmovnbe, .st0, .sti),
            .op(.fcmovnu, .st0, .sti), control, .op(.fucomi, .st0, .sti), .op(.fcomi, .st0, .sti), .invalid)
        let dbMemory = reg(
            .op(.fild, .md), .op(.fisttp, .md), .op(.fist, .md), .op(.fistp, .md), .invalid, .op(.fld, .mt), .invalid,
            .op(.fstp, .mt))
        self[.primary, 0xdb] = memory(dbMemory, register: db)

        let dc = reg(
            .op(.fadd, .sti, .st0), .op(.fmul, .sti, .st0), .op(.fcom, .sti), .op(.fcomp, .sti),
            .op(.fsubr, .sti, .st0), .op(.fsub, .sti, .st0), .op(.fdivr, .sti, .st0), .op(.fdiv, .sti, .st0))
        self[.primary, 0xdc] = memory(realArithmetic(.mq), register: dc)

        let dd = reg(
            .op(.ffree, .sti), .op(.fxch, .sti), .op(.fst, .sti), .op(.fstp, .sti), .op(.fucom, .sti),
            .op(.fucomp, .sti), .invalid, .invalid)
        let ddMemory = reg(
            .op(.fld, .mq), .op(.fisttp, .mq), .op(.fst, .mq), .op(.fstp, .mq),
            .op(.frstor, .mState, flags: .atMost4), .invalid, .op(.fnsave, .mState, flags: .atMost4),
            .op(.fnstsw, .mw))
        self[.primary, 0xdd] = memory(ddMemory, register: dd)

        let de = reg(
            .op(.faddp, .sti, .st0), .op(.fmulp, .sti, .st0), .op(.fcomp, .sti),
            rm(.invalid, .op(.fcompp), .invalid, .invalid, .invalid, .invalid, .invalid, .invalid),
            .op(.fsubrp, .sti, .st0), .op(.fsubp, .sti, .st0), .op(.fdivrp, .sti, .st0), .op(.fdivp, .sti, .st0))
        self[.primary, 0xde] = memory(integerArithmetic(.mw), register: de)

        let df = reg(
            .op(.ffreep, .sti), .op(.fxch, .sti), .op(.fstp, .sti), .op(.fstp, .sti),
            rm(.op(.fnstsw, .ax), .invalid, .invalid, .invalid, .invalid, .invalid, .invalid, .invalid),
            .op(.fucomip, .st0, .sti), .op(.fcomip, .st0, .sti), .invalid)
        let dfMemory = reg(
            .op(.fild, .mw), .op(.fisttp, .mw), .op(.fist, .mw), .op(.fistp, .mw), .op(.fbld, .mt), .op(.fild, .mq),
            .op(.fbstp, .mt), .op(.fistp, .mq))
        self[.primary, 0xdf] = memory(dfMemory, register: df)
    }

    private mutating func realArithmetic(_ form: OperandForm) -> OpcodeEntry {
        reg(
            .op(.fadd, form), .op(.fmul, form), .op(.fcom, form), .op(.fcomp, form), .op(.fsub, form),
            .op(.fsubr, form), .op(.fdiv, form), .op(.fdivr, form))
    }

    private mutating func integerArithmetic(_ form: OperandForm) -> OpcodeEntry {
        reg(
            .op(.fiadd, form), .op(.fimul, form), .op(.ficom, form), .op(.ficomp, form), .op(.fisub, form),
            .op(.fisubr, form), .op(.fidiv, form), .op(.fidivr, form))
    }

    /// D9.
    private mutating func defineX87Loads() {
        let d9 = reg(
            .op(.fld, .sti), .op(.fxch, .sti),
            rm(.op(.fnop), .invalid, .invalid, .invalid, .invalid, .invalid, .invalid, .invalid),
            .op(.fstp, .sti),
            rm(.op(.fchs), .op(.fabs), .invalid, .invalid, .op(.ftst), .op(.fxam), .invalid, .invalid),
            rm(
                .op(.fld1), .op(.fldl2t), .op(.fldl2e), .op(.fldpi), .op(.fldlg2), .op(.fldln2), .op(.fldz),
                .invalid),
            rm(
                .op(.f2xm1), .op(.fyl2x), .op(.fptan), .op(.fpatan), .op(.fxtract), .op(.fprem1), .op(.fdecstp),
                .op(.fincstp)),
            rm(
                .op(.fprem), .op(.fyl2xp1), .op(.fsqrt), .op(.fsincos), .op(.frndint), .op(.fscale), .op(.fsin),
                .op(.fcos)))
        let d9Memory = reg(
            .op(.fld, .md), .invalid, .op(.fst, .md), .op(.fstp, .md), .op(.fldenv, .mEnvironment, flags: .atMost4),
            .op(.fldcw, .mw), .op(.fnstenv, .mEnvironment, flags: .atMost4), .op(.fnstcw, .mw))
        self[.primary, 0xd9] = memory(d9Memory, register: d9)
    }
}
