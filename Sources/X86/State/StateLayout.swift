/// Where a processor's state lies: byte offsets from the pointer that every handler, and translated code, gets.
///
/// One block of raw memory rather than a Swift class, so that handlers reach a register by an offset that was decided
/// when the instruction was decoded, and so that translated code can use the same offsets.
public enum StateLayout {
    public static let byteCount = 4096

    /// General registers, 8 bytes each, in encoding order: RAX RCX RDX RBX RSP RBP RSI RDI R8 … R15. AH is offset 1.
    public static let registers = 0x000
    /// Register "16": always zero; the base or index of an operand that has none.
    public static let zero = 0x080
    /// Register "17": RIP of the first byte of the page that code runs in: RIP of an instruction is
    /// `codeBase + Op.offset`. Where CS has a base, that is the page's linear address minus the base.
    public static let codeBase = 0x088
    /// Register "18": an address that an earlier micro-operation computed (segments, 16- and 32-bit addresses).
    public static let address = 0x090
    /// Register "19": a value that an earlier micro-operation left for the next.
    public static let value = 0x098

    // Status flags, lazily: see `CPU+Flags`.
    public static let result = 0x0a0
    public static let carries = 0x0a8
    /// Why the run loop shall be left at the next jump; set by other threads (`Request`), UInt32.
    public static let requests = 0x0ac
    /// Instructions retired so far, UInt64: counted at the end of blocks.
    public static let instructionCount = 0x0b0
    /// The translation look-aside buffer in force (user, supervisor, supervisor with SMAP off).
    public static let tlb = 0x0b8
    /// What the slow path of a load found, up to 16 bytes.
    public static let loaded = 0x0c0
    /// RFLAGS without the status flags (CF PF AF ZF SF OF), UInt64; bit 1 is set.
    public static let systemFlags = 0x0d0
    /// RIP, where the run loop is not inside a block: exceptions and jumps out of a block set it.
    public static let rip = 0x0d8
    /// Why a handler returned nil, `Exit` as UInt32, and what goes with it.
    public static let exit = 0x0e0
    /// The exception to deliver: UInt32 vector, UInt32 error code, after `exit`.
    public static let exceptionVector = 0x0e4
    public static let exceptionErrorCode = 0x0e8
    /// 0 to 3.
    public static let privilegeLevel = 0x0ec
    /// Unmanaged<Processor>.
    public static let processor = 0x0f0
    /// Pointer to the jump cache's first entry.
    public static let jumpCache = 0x0f8

    /// Segment registers, 32 bytes each, in encoding order ES CS SS DS FS GS, then LDTR, TR. See `SegmentField`.
    public static let segments = 0x100
    public static let localDescriptorTable = 0x1c0
    public static let task = 0x1e0
    /// Base, UInt64; limit, UInt32 at + 8.
    public static let globalDescriptors = 0x200
    public static let interruptDescriptors = 0x210
    public static let cr0 = 0x220
    public static let cr2 = 0x228
    public static let cr3 = 0x230
    public static let cr4 = 0x238
    public static let cr8 = 0x240
    public static let efer = 0x248
    public static let xcr0 = 0x250
    /// DR0 … DR7, 8 bytes each.
    public static let debug = 0x260
    /// Model-specific registers that handlers reach often; the others live in `Processor`.
    public static let star = 0x2a0
    public static let lstar = 0x2a8
    public static let cstar = 0x2b0
    public static let sfmask = 0x2b8
    public static let kernelGSBase = 0x2c0
    public static let sysenterCS = 0x2c8
    public static let sysenterESP = 0x2d0
    public static let sysenterEIP = 0x2d8
    public static let tscAux = 0x2e0
    /// UInt8, `VectorFault`: which of x87, MMX and SSE raise #NM or #UD, by CR0 and CR4: `CPU.updateVectorFaults` after each of
    /// their changes.
    public static let vectorFaults = 0x2e8
    /// UInt8: interrupts are held back until the next instruction has run (STI, MOV SS).
    public static let interruptShadow = 0x2e9
    /// Bool: the local APIC has something to deliver, should RFLAGS.IF allow it.
    public static let interruptWaits = 0x2ea
    /// UInt8: a count of PAUSE instructions.
    public static let pauses = 0x2eb
    /// UInt64: how code is read and what it may reach (`BlockKey`), with the generation of translations above: what entries of
    /// the jump cache must match.
    public static let blockKey = 0x2f0
    /// The direct jump that was left for want of a target (`Exit.lookUp`), to be linked; 0: none.
    public static let linkSite = 0x2f8

    /// 512 bytes in FXSAVE64's layout, 16-aligned: FCW FSW FTW FOP FIP FDP MXCSR, ST0–7/MM0–7 at + 32, XMM0–15 at + 160.
    /// The register file of x87, MMX and SSE *is* this area: FXSAVE is a copy, and the host's FXRSTOR can load it.
    /// (ST(i) lies at index i, as FXSAVE has it: relative to the top. FTW is the abridged one.)
    public static let fx = 0x400
    public static let mxcsr = fx + 24
    public static let x87Registers = fx + 32
    public static let xmm = fx + 160
    /// Scratch for vector handlers, 16-aligned, 64 bytes: a memory operand is copied here first.
    public static let vectorScratch = 0x600
    /// 512 bytes like `fx`, 16-aligned: what an x87 instruction leaves, until its store to memory has succeeded.
    public static let x87Result = 0x800
    /// 128 bytes: x87 operands in memory of up to 108 bytes (FNSAVE).
    public static let x87Memory = 0xa00
}

/// Offsets in a segment register of `StateLayout.segments`.
public enum SegmentField {
    public static let byteCount = 32
    /// UInt64
    public static let base = 0
    /// UInt32, in bytes, already scaled by the granularity.
    public static let limit = 8
    /// UInt16
    public static let selector = 12
    /// UInt16: the descriptor's bits 40–47 (type, S, DPL, P) in bits 0–7, and 52–55 (AVL, L, D/B, G) in bits 12–15. 0: null.
    public static let attributes = 14
}
