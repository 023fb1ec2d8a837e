/// How an operand is encoded: the notation of Intel's opcode maps (SDM volume 2, appendix A.2) in lower case, an addressing
/// method and a type.
///
/// Methods: `e` ModRM's r/m, a general register or memory; `r` the same, a register only; `m` the same, memory only; `g` ModRM's
/// reg, a general register; `z` a register in the opcode's low bits; `i` immediate; `j` relative; `o` a direct address; `a` a far
/// pointer; `p`, `q`, `n` MMX: reg, r/m, r/m as a register only; `v`, `w`, `u` the same for XMM.
/// Types: `b` 1 byte, `w` 2, `d` 4, `q` 8, `x` 16, `t` 10; `v` operand size; `z` operand size, at most 4; `y` 4, or 8 with REX.W.
enum OperandForm: UInt8 {
    case none
    case eb, ew, ed, eq, ev, ez, ey
    /// A register of the operand size, or memory of 2 bytes.
    case rvmw
    /// A register of 4 bytes, or memory of 1 or 2.
    case rdmb, rdmw
    case rv, ry
    /// A register of the operand size, whatever ModRM's mod is.
    case rAlways
    case gb, gw, gd, gv, gy
    /// ModRM's reg: a segment register to read, one to load (not CS), a control or a debug register.
    case sw, swLoad, cr, dr
    /// Memory whose size is not told.
    case m
    case mw, md, mq, mx, mt, mv, my
    /// A far pointer in memory; BOUND's pair; a pseudo-descriptor; x87 environment and state; FXSAVE's area.
    case mp, ma, ms, mEnvironment, mState, m512
    case zb, zv
    /// AL; AX; rAX of the operand size; CL; DX; the number 1.
    case al, ax, rax, cl, dx, one
    case es, cs, ss, ds, fs, gs
    case st0, sti
    /// Bytes: zero-extended; sign-extended to the operand size.
    case ib, ibs
    /// The second immediate of ENTER.
    case ib2
    case iw, iz, iv
    case jb, jz
    case ob, ov
    /// A far pointer's offset and selector.
    case ap, aw
    case pq, qq, qd, nq
    case vd, vq, vx, ww, wd, wq, wx, uq, ux

    /// Whether it needs ModRM.
    var usesModRM: Bool {
        switch self {
        case .none, .zb, .zv, .al, .ax, .rax, .cl, .dx, .one, .es, .cs, .ss, .ds, .fs, .gs, .st0, .ib, .ibs, .ib2, .iw,
            .iz, .iv, .jb, .jz, .ob, .ov, .ap, .aw:
            false
        default: true
        }
    }

    /// Whether an instruction with this first operand works on bytes.
    var isByte: Bool {
        switch self {
        case .eb, .gb, .zb, .al, .ob: true
        default: false
        }
    }
}
