extension OpcodeTable.Builder {
    /// The groups behind 0F (SDM volume 2, table A-6) that do not work on vectors.
    mutating func defineSecondaryGroups() {
        self[.secondary, 0x00] = reg(
            .op(.sldt, .rvmw), .op(.str, .rvmw), .op(.lldt, .ew), .op(.ltr, .ew), .op(.verr, .ew), .op(.verw, .ew),
            .invalid, .invalid)
        defineGroup7()
        defineGroup9()
        defineGroup15()
        self[.secondary, 0xba] = reg(
            .invalid, .invalid, .invalid, .invalid, .op(.bt, .ev, .ib), .op(.bts, .ev, .ib, flags: .lock),
            .op(.btr, .ev, .ib, flags: .lock), .op(.btc, .ev, .ib, flags: .lock))
    }

    /// 0F 01. Virtual machine extensions, SGX, TSX, SVM, protection keys and shadow stacks are not there.
    private mutating func defineGroup7() {
        let group = reg(
            .op(.sgdt, .ms, flags: .force64), .op(.sidt, .ms, flags: .force64), .op(.lgdt, .ms, flags: .force64),
            .op(.lidt, .ms, flags: .force64), .op(.smsw, .rvmw), .invalid, .op(.lmsw, .ew), .op(.invlpg, .m))
        let clac = prefix(.op(.clac))
        let stac = prefix(.op(.stac))
        let xgetbv = prefix(.op(.xgetbv))
        let xsetbv = prefix(.op(.xsetbv))
        let vmcall = rm(.invalid, .op(.vmcall), .invalid, .invalid, .invalid, .invalid, .invalid, .invalid)
        let monitor = rm(
            .op(.monitor), .op(.mwait), clac, stac, .invalid, .invalid, .invalid, .invalid)
        let extended = rm(xgetbv, xsetbv, .invalid, .invalid, .invalid, .invalid, .invalid, .invalid)
        let vmmcall = rm(.invalid, .op(.vmmcall), .invalid, .invalid, .invalid, .invalid, .invalid, .invalid)
        let swapgs = rm(
            .op(.swapgs, flags: .onlyLong), .op(.rdtscp), .invalid, .invalid, .invalid, .invalid, .invalid, .invalid)
        let registers = reg(
            vmcall, monitor, extended, vmmcall, .op(.smsw, .rvmw), .invalid, .op(.lmsw, .ew), swapgs)
        self[.secondary, 0x01] = memory(group, register: registers)
    }

    /// 0F C7.
    private mutating func defineGroup9() {
        let exchange = wide(.op(.cmpxchg16b, .mx, flags: .lock), otherwise: .op(.cmpxchg8b, .mq, flags: .lock))
        let xrstors = prefix(.op(.xrstors, .m))
        let xsavec = prefix(.op(.xsavec, .m))
        let xsaves = prefix(.op(.xsaves, .m))
        let group = reg(.invalid, exchange, .invalid, xrstors, xsavec, xsaves, .invalid, .invalid)
        let rdrand = prefix(.op(.rdrand, .rv), x66: .op(.rdrand, .rv, flags: .sized))
        let rdseed = prefix(
            .op(.rdseed, .rv), x66: .op(.rdseed, .rv, flags: .sized), xF3: .op(.rdpid, .rv, flags: .modeSized))
        let registers = reg(.invalid, .invalid, .invalid, .invalid, .invalid, .invalid, rdrand, rdseed)
        self[.secondary, 0xc7] = memory(group, register: registers)
    }

    /// 0F AE.
    private mutating func defineGroup15() {
        let group = reg(
            .op(.fxsave, .m512), .op(.fxrstor, .m512), .op(.ldmxcsr, .md), .op(.stmxcsr, .md), .op(.xsave, .m),
            .op(.xrstor, .m), .op(.xsaveopt, .m), .op(.clflush, .m))
        let flushes = reg(
            .invalid, .invalid, .invalid, .invalid, .invalid, .invalid, .op(.clwb, .m), .op(.clflushopt, .m))
        let fences = reg(
            .invalid, .invalid, .invalid, .invalid, .invalid, .op(.lfence), .op(.mfence), .op(.sfence))
        let bases = reg(
            .op(.rdfsbase, .ry, flags: .onlyLong), .op(.rdgsbase, .ry, flags: .onlyLong),
            .op(.wrfsbase, .ry, flags: .onlyLong), .op(.wrgsbase, .ry, flags: .onlyLong), .invalid, .invalid, .invalid,
            .invalid)
        let inMemory = prefix(group, x66: flushes)
        let inRegisters = prefix(fences, xF3: bases)
        self[.secondary, 0xae] = memory(inMemory, register: inRegisters)
    }
}
