extension OpcodeTable.Builder {
    /// MMX and the integer half of SSE to SSE3 behind 0F (SDM volume 2, table A-3).
    mutating func defineVectorInteger() {
        let pairs: [(Int, Operation)] = [
            (0x63, .packsswb), (0x64, .pcmpgtb), (0x65, .pcmpgtw), (0x66, .pcmpgtd), (0x67, .packuswb),
            (0x68, .punpckhbw), (0x69, .punpckhwd), (0x6a, .punpckhdq), (0x6b, .packssdw), (0x74, .pcmpeqb),
            (0x75, .pcmpeqw), (0x76, .pcmpeqd), (0xd1, .psrlw), (0xd2, .psrld), (0xd3, .psrlq), (0xd4, .paddq),
            (0xd5, .pmullw), (0xd8, .psubusb), (0xd9, .psubusw), (0xda, .pminub), (0xdb, .pand), (0xdc, .paddusb),
            (0xdd, .paddusw), (0xde, .pmaxub), (0xdf, .pandn), (0xe0, .pavgb), (0xe1, .psraw), (0xe2, .psrad),
            (0xe3, .pavgw), (0xe4, .pmulhuw), (0xe5, .pmulhw), (0xe8, .psubsb), (0xe9, .psubsw), (0xea, .pminsw),
            (0xeb, .por), (0xec, .paddsb), (0xed, .paddsw), (0xee, .pmaxsw), (0xef, .pxor), (0xf1, .psllw),
            (0xf2, .pslld), (0xf3, .psllq), (0xf4, .pmuludq), (0xf5, .pmaddwd), (0xf6, .psadbw), (0xf8, .psubb),
            (0xf9, .psubw), (0xfa, .psubd), (0xfb, .psubq), (0xfc, .paddb), (0xfd, .paddw), (0xfe, .paddd),
        ]
        for (opcode, operation) in pairs { self[.secondary, opcode] = both(operation) }
        for (opcode, operation) in [(0x60, Operation.punpcklbw), (0x61, .punpcklwd), (0x62, .punpckldq)] {
            self[.secondary, opcode] = prefix(.op(operation, .pq, .qd), x66: .op(operation, .vx, .wx))
        }
        self[.secondary, 0x6c] = prefix(x66: .op(.punpcklqdq, .vx, .wx))
        self[.secondary, 0x6d] = prefix(x66: .op(.punpckhqdq, .vx, .wx))
        defineIntegerMoves()
        defineImmediateShifts()
        self[.secondary, 0x70] = prefix(
            .op(.pshufw, .pq, .qq, .ib), x66: .op(.pshufd, .vx, .wx, .ib), xF3: .op(.pshufhw, .vx, .wx, .ib),
            xF2: .op(.pshuflw, .vx, .wx, .ib))
        self[.secondary, 0x77] = prefix(.op(.emms))
        self[.secondary, 0xc4] = prefix(.op(.pinsrw, .pq, .rdmw, .ib), x66: .op(.pinsrw, .vx, .rdmw, .ib))
        self[.secondary, 0xc5] = prefix(.op(.pextrw, .gd, .nq, .ib), x66: .op(.pextrw, .gd, .ux, .ib))
        self[.secondary, 0xd7] = prefix(.op(.pmovmskb, .gd, .nq), x66: .op(.pmovmskb, .gd, .ux))
    }

    /// MMX registers without a prefix, XMM registers with 66.
    mutating func both(_ operation: Operation) -> OpcodeEntry {
        prefix(.op(operation, .pq, .qq), x66: .op(operation, .vx, .wx))
    }

    private mutating func defineIntegerMoves() {
        let loadMMX = wide(.op(.movq, .pq, .eq), otherwise: .op(.movd, .pq, .ed))
        let loadXMM = wide(.op(.movq, .vx, .eq), otherwise: .op(.movd, .vx, .ed))
        self[.secondary, 0x6e] = prefix(loadMMX, x66: loadXMM)
        let storeMMX = wide(.op(.movq, .eq, .pq), otherwise: .op(.movd, .ed, .pq))
        let storeXMM = wide(.op(.movq, .eq, .vx), otherwise: .op(.movd, .ed, .vx))
        self[.secondary, 0x7e] = prefix(storeMMX, x66: storeXMM, xF3: .op(.movq, .vq, .wq))
        self[.secondary, 0x6f] = prefix(
            .op(.movq, .pq, .qq), x66: .op(.movdqa, .vx, .wx), xF3: .op(.movdqu, .vx, .wx))
        self[.secondary, 0x7f] = prefix(
            .op(.movq, .qq, .pq), x66: .op(.movdqa, .wx, .vx), xF3: .op(.movdqu, .wx, .vx))
        self[.secondary, 0xd6] = prefix(
            x66: .op(.movq, .wq, .vq), xF3: .op(.movq2dq, .vx, .nq), xF2: .op(.movdq2q, .pq, .uq))
        self[.secondary, 0xe7] = prefix(.op(.movntq, .mq, .pq), x66: .op(.movntdq, .mx, .vx))
        self[.secondary, 0xf0] = prefix(xF2: .op(.lddqu, .vx, .mx))
        self[.secondary, 0xf7] = prefix(.op(.maskmovq, .pq, .nq), x66: .op(.maskmovdqu, .vx, .ux))
    }

    /// 0F 71, 72, 73: registers only.
    private mutating func defineImmediateShifts() {
        func shift(_ builder: inout OpcodeTable.Builder, _ operation: Operation) -> OpcodeEntry {
            builder.prefix(.op(operation, .nq, .ib), x66: .op(operation, .ux, .ib))
        }
        let (psrlw, psraw, psllw) = (shift(&self, .psrlw), shift(&self, .psraw), shift(&self, .psllw))
        self[.secondary, 0x71] = reg(.invalid, .invalid, psrlw, .invalid, psraw, .invalid, psllw, .invalid)
        let (psrld, psrad, pslld) = (shift(&self, .psrld), shift(&self, .psrad), shift(&self, .pslld))
        self[.secondary, 0x72] = reg(.invalid, .invalid, psrld, .invalid, psrad, .invalid, pslld, .invalid)
        let (psrlq, psllq) = (shift(&self, .psrlq), shift(&self, .psllq))
        let psrldq = prefix(x66: .op(.psrldq, .ux, .ib))
        let pslldq = prefix(x66: .op(.pslldq, .ux, .ib))
        self[.secondary, 0x73] = reg(.invalid, .invalid, psrlq, psrldq, .invalid, .invalid, psllq, pslldq)
    }
}
