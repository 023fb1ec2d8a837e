extension OpcodeTable.Builder {
    /// The opcodes behind 0F (SDM volume 2, table A-3) that neither are groups nor work on vectors.
    mutating func defineSecondary() {
        for condition in 0..<16 {
            self[.secondary, 0x40 + condition] = .op(.cmovcc, .gv, .ev, flags: .conditional)
            self[.secondary, 0x80 + condition] = .op(.jcc, .jz, flags: [.force64, .conditional])
            self[.secondary, 0x90 + condition] = .op(.setcc, .eb, flags: .conditional)
        }
        for register in 0..<8 { self[.secondary, 0xc8 + register] = .op(.bswap, .zv) }
        defineSystem()
        defineHints()

        self[.secondary, 0xa0] = .op(.push, .fs, flags: .default64)
        self[.secondary, 0xa1] = .op(.pop, .fs, flags: .default64)
        self[.secondary, 0xa8] = .op(.push, .gs, flags: .default64)
        self[.secondary, 0xa9] = .op(.pop, .gs, flags: .default64)
        self[.secondary, 0xb2] = .op(.lss, .gv, .mp)
        self[.secondary, 0xb4] = .op(.lfs, .gv, .mp)
        self[.secondary, 0xb5] = .op(.lgs, .gv, .mp)

        self[.secondary, 0xa3] = .op(.bt, .ev, .gv)
        self[.secondary, 0xab] = .op(.bts, .ev, .gv, flags: .lock)
        self[.secondary, 0xb3] = .op(.btr, .ev, .gv, flags: .lock)
        self[.secondary, 0xbb] = .op(.btc, .ev, .gv, flags: .lock)
        self[.secondary, 0xa4] = .op(.shld, .ev, .gv, .ib)
        self[.secondary, 0xa5] = .op(.shld, .ev, .gv, .cl)
        self[.secondary, 0xac] = .op(.shrd, .ev, .gv, .ib)
        self[.secondary, 0xad] = .op(.shrd, .ev, .gv, .cl)
        self[.secondary, 0xaf] = .op(.imul, .gv, .ev)
        self[.secondary, 0xb0] = .op(.cmpxchg, .eb, .gb, flags: .lock)
        self[.secondary, 0xb1] = .op(.cmpxchg, .ev, .gv, flags: .lock)
        self[.secondary, 0xc0] = .op(.xadd, .eb, .gb, flags: .lock)
        self[.secondary, 0xc1] = .op(.xadd, .ev, .gv, flags: .lock)
        self[.secondary, 0xb6] = .op(.movzx, .gv, .eb)
        self[.secondary, 0xb7] = .op(.movzx, .gv, .ew)
        self[.secondary, 0xbe] = .op(.movsx, .gv, .eb)
        self[.secondary, 0xbf] = .op(.movsx, .gv, .ew)
        self[.secondary, 0xb8] = prefix(xF3: .op(.popcnt, .gv, .ev))
        // F3 makes TZCNT and LZCNT of these on processors that have them; on this one it is ignored.
        self[.secondary, 0xbc] = .op(.bsf, .gv, .ev)
        self[.secondary, 0xbd] = .op(.bsr, .gv, .ev)
        self[.secondary, 0xc3] = prefix(.op(.movnti, .my, .gy))
        self[.secondary, 0x0b] = .op(.ud2)
        self[.secondary, 0xb9] = .op(.ud1, .gv, .ev)
        self[.secondary, 0xff] = .op(.ud0, .gv, .ev)
    }

    private mutating func defineSystem() {
        self[.secondary, 0x02] = .op(.lar, .gv, .rvmw)
        self[.secondary, 0x03] = .op(.lsl, .gv, .rvmw)
        self[.secondary, 0x05] = .op(.syscall)
        self[.secondary, 0x06] = .op(.clts)
        self[.secondary, 0x07] = .op(.sysret)
        self[.secondary, 0x08] = .op(.invd)
        // With F3 (WBNOINVD) too.
        self[.secondary, 0x09] = .op(.wbinvd)
        self[.secondary, 0x20] = .op(.mov, .rAlways, .cr, flags: [.modeSized, .registerAlways])
        self[.secondary, 0x21] = .op(.mov, .rAlways, .dr, flags: [.modeSized, .registerAlways])
        self[.secondary, 0x22] = .op(.mov, .cr, .rAlways, flags: [.modeSized, .registerAlways])
        self[.secondary, 0x23] = .op(.mov, .dr, .rAlways, flags: [.modeSized, .registerAlways])
        self[.secondary, 0x30] = .op(.wrmsr)
        self[.secondary, 0x31] = .op(.rdtsc)
        self[.secondary, 0x32] = .op(.rdmsr)
        self[.secondary, 0x33] = .op(.rdpmc)
        self[.secondary, 0x34] = .op(.sysenter)
        self[.secondary, 0x35] = .op(.sysexit)
        self[.secondary, 0xa2] = .op(.cpuid)
        self[.secondary, 0xaa] = .op(.rsm)
    }

    /// Prefetches, and the opcodes that are kept as NOPs so that later processors can give them a meaning.
    private mutating func defineHints() {
        let nop = OpcodeEntry.op(.nop, .ev)
        for opcode in 0x19...0x1f { self[.secondary, opcode] = nop }
        let prefetches = reg(
            .op(.prefetchnta, .m), .op(.prefetcht0, .m), .op(.prefetcht1, .m), .op(.prefetcht2, .m), nop, nop, nop, nop)
        self[.secondary, 0x18] = memory(prefetches, register: nop)
        let prefetch = OpcodeEntry.op(.prefetch, .m)
        let writes = reg(
            prefetch, .op(.prefetchw, .m), .op(.prefetchwt1, .m), prefetch, prefetch, prefetch, prefetch, prefetch)
        self[.secondary, 0x0d] = memory(writes, register: nop)
        let ends = rm(nop, nop, .op(.endbr64), .op(.endbr32), nop, nop, nop, nop)
        let group = reg(nop, nop, nop, nop, nop, nop, nop, ends)
        var sized = nop
        sized.flags.insert(.sized)
        self[.secondary, 0x1e] = prefix(nop, x66: sized, xF3: memory(nop, register: group), xF2: nop)
    }
}
