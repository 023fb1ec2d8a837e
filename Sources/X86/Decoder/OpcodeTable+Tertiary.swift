extension OpcodeTable.Builder {
    /// The opcodes behind 0F 38 and 0F 3A: SSSE3, SSE4, AES (SDM volume 2, tables ).
    mutating func defineTertiary() {
        define38()
        define3A()
    }

    private mutating func define38() {
        let pairs: [(Int, Operation)] = [
            (0x00, .pshufb), (0x01, .phaddw), (0x02, .phaddd), (0x03, .phaddsw), (0x04, .pmaddubsw), (0x05, .phsubw),
            (0x06, .phsubd), (0x07, .phsubsw), (0x08, .psignb), (0x09, .psignw), (0x0a, .psignd), (0x0b, .pmulhrsw),
            (0x1c, .pabsb), (0x1d, .pabsw), (0x1e, .pabsd),
        ]
        for (opcode, operation) in pairs { self[.tertiary38, opcode] = both(operation) }
        let vectors: [(Int, Operation, OperandForm)] = [
            (0x10, .pblendvb, .wx), (0x14, .blendvps, .wx), (0x15, .blendvpd, .wx), (0x17, .ptest, .wx),
            (0x20, .pmovsxbw, .wq), (0x21, .pmovsxbd, .wd), (0x22, .pmovsxbq, .ww), (0x23, .pmovsxwd, .wq),
            (0x24, .pmovsxwq, .wd), (0x25, .pmovsxdq, .wq), (0x28, .pmuldq, .wx), (0x29, .pcmpeqq, .wx),
            (0x2a, .movntdqa, .mx), (0x2b, .packusdw, .wx), (0x30, .pmovzxbw, .wq), (0x31, .pmovzxbd, .wd),
            (0x32, .pmovzxbq, .ww), (0x33, .pmovzxwd, .wq), (0x34, .pmovzxwq, .wd), (0x35, .pmovzxdq, .wq),
            (0x37, .pcmpgtq, .wx), (0x38, .pminsb, .wx), (0x39, .pminsd, .wx), (0x3a, .pminuw, .wx),
            (0x3b, .pminud, .wx), (0x3c, .pmaxsb, .wx), (0x3d, .pmaxsd, .wx), (0x3e, .pmaxuw, .wx),
            (0x3f, .pmaxud, .wx), (0x40, .pmulld, .wx), (0x41, .phminposuw, .wx), (0xdb, .aesimc, .wx),
            (0xdc, .aesenc, .wx), (0xdd, .aesenclast, .wx), (0xde, .aesdec, .wx), (0xdf, .aesdeclast, .wx),
        ]
        for (opcode, operation, form) in vectors {
            self[.tertiary38, opcode] = prefix(x66: .op(operation, .vx, form))
        }
        self[.tertiary38, 0x82] = prefix(x66: .op(.invpcid, .gv, .mx, flags: .modeSized))
        self[.tertiary38, 0xf0] = prefix(
            .op(.movbe, .gv, .mv), x66: .op(.movbe, .gv, .mv, flags: .sized), xF2: .op(.crc32, .gy, .eb, flags: .byte))
        self[.tertiary38, 0xf1] = prefix(
            .op(.movbe, .mv, .gv), x66: .op(.movbe, .mv, .gv, flags: .sized), xF2: .op(.crc32, .gy, .ev))
    }

    private mutating func define3A() {
        let vectors: [(Int, Operation)] = [
            (0x08, .roundps), (0x09, .roundpd), (0x0c, .blendps), (0x0d, .blendpd), (0x0e, .pblendw), (0x40, .dpps),
            (0x41, .dppd), (0x42, .mpsadbw), (0x44, .pclmulqdq), (0x60, .pcmpestrm), (0x61, .pcmpestri),
            (0x62, .pcmpistrm), (0x63, .pcmpistri), (0xdf, .aeskeygenassist),
        ]
        for (opcode, operation) in vectors {
            self[.tertiary3A, opcode] = prefix(x66: .op(operation, .vx, .wx, .ib))
        }
        self[.tertiary3A, 0x0a] = prefix(x66: .op(.roundss, .vd, .wd, .ib))
        self[.tertiary3A, 0x0b] = prefix(x66: .op(.roundsd, .vq, .wq, .ib))
        self[.tertiary3A, 0x0f] = prefix(.op(.palignr, .pq, .qq, .ib), x66: .op(.palignr, .vx, .wx, .ib))
        self[.tertiary3A, 0x14] = prefix(x66: .op(.pextrb, .rdmb, .vx, .ib))
        self[.tertiary3A, 0x15] = prefix(x66: .op(.pextrw, .rdmw, .vx, .ib))
        let extract = wide(.op(.pextrq, .eq, .vx, .ib), otherwise: .op(.pextrd, .ed, .vx, .ib))
        self[.tertiary3A, 0x16] = prefix(x66: extract)
        self[.tertiary3A, 0x17] = prefix(x66: .op(.extractps, .ed, .vx, .ib))
        self[.tertiary3A, 0x20] = prefix(x66: .op(.pinsrb, .vx, .rdmb, .ib))
        self[.tertiary3A, 0x21] = prefix(x66: .op(.insertps, .vx, .wd, .ib))
        let insert = wide(.op(.pinsrq, .vx, .eq, .ib), otherwise: .op(.pinsrd, .vx, .ed, .ib))
        self[.tertiary3A, 0x22] = prefix(x66: insert)
    }
}
