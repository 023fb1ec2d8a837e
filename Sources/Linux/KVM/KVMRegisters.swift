import CLinux

/// A segment register as KVM has it, for those who do not see the kernel's headers.
public struct KVMSegment: Equatable, Sendable {
    public var selector: UInt16
    public var base: UInt64
    public var limit: UInt32
    /// Type, S, DPL, P in bits 0–7; AVL, L, D/B, G in bits 12–15; 0: not usable.
    public var attributes: UInt16

    public init(selector: UInt16, base: UInt64, limit: UInt32, attributes: UInt16) {
        self.selector = selector
        self.base = base
        self.limit = limit
        self.attributes = attributes
    }

    init(_ segment: kvm_segment) {
        let type = UInt16(segment.type) | UInt16(segment.s) << 4 | UInt16(segment.dpl) << 5
        let size = UInt16(segment.avl) | UInt16(segment.l) << 1 | UInt16(segment.db) << 2 | UInt16(segment.g) << 3
        self.init(
            selector: segment.selector, base: segment.base, limit: segment.limit,
            attributes: segment.unusable != 0 ? 0 : type | UInt16(segment.present) << 7 | size << 12)
    }

    var value: kvm_segment {
        var segment = kvm_segment()
        segment.selector = selector
        segment.base = base
        segment.limit = limit
        segment.type = UInt8(attributes & 15)
        segment.s = UInt8(attributes >> 4 & 1)
        segment.dpl = UInt8(attributes >> 5 & 3)
        segment.present = UInt8(attributes >> 7 & 1)
        segment.avl = UInt8(attributes >> 12 & 1)
        segment.l = UInt8(attributes >> 13 & 1)
        segment.db = UInt8(attributes >> 14 & 1)
        segment.g = UInt8(attributes >> 15 & 1)
        segment.unusable = attributes == 0 ? 1 : 0
        return segment
    }
}

/// General registers, RIP and RFLAGS (struct kvm_regs).
public struct KVMGeneralRegisters: Equatable, Sendable {
    /// RAX RCX RDX RBX RSP RBP RSI RDI R8 … R15, as instructions encode them.
    public var registers: [UInt64]
    public var rip: UInt64
    public var rflags: UInt64

    public init(registers: [UInt64], rip: UInt64, rflags: UInt64) {
        precondition(registers.count == 16)
        self.registers = registers
        self.rip = rip
        self.rflags = rflags
    }

    init(_ r: kvm_regs) {
        self.init(
            registers: [
                r.rax, r.rcx, r.rdx, r.rbx, r.rsp, r.rbp, r.rsi, r.rdi, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14,
                r.r15,
            ], rip: r.rip, rflags: r.rflags)
    }

    var value: kvm_regs {
        let r = registers
        return kvm_regs(
            rax: r[0], rbx: r[3], rcx: r[1], rdx: r[2], rsi: r[6], rdi: r[7], rsp: r[4], rbp: r[5], r8: r[8], r9: r[9],
            r10: r[10], r11: r[11], r12: r[12], r13: r[13], r14: r[14], r15: r[15], rip: rip, rflags: rflags)
    }
}

/// Segments, descriptor tables and control registers (struct kvm_sregs). What is not named here stays as it was.
public struct KVMSpecialRegisters {
    var value: kvm_sregs

    /// ES CS SS DS FS GS, LDTR, TR.
    public var segments: [KVMSegment] {
        get {
            [value.es, value.cs, value.ss, value.ds, value.fs, value.gs, value.ldt, value.tr].map(KVMSegment.init)
        }
        set {
            precondition(newValue.count == 8)
            value.es = newValue[0].value
            value.cs = newValue[1].value
            value.ss = newValue[2].value
            value.ds = newValue[3].value
            value.fs = newValue[4].value
            value.gs = newValue[5].value
            value.ldt = newValue[6].value
            value.tr = newValue[7].value
        }
    }

    public var globalDescriptors: (base: UInt64, limit: UInt16) {
        get { (value.gdt.base, value.gdt.limit) }
        set {
            value.gdt.base = newValue.base
            value.gdt.limit = newValue.limit
        }
    }

    public var interruptDescriptors: (base: UInt64, limit: UInt16) {
        get { (value.idt.base, value.idt.limit) }
        set {
            value.idt.base = newValue.base
            value.idt.limit = newValue.limit
        }
    }

    public var cr0: UInt64 {
        get { value.cr0 }
        set { value.cr0 = newValue }
    }
    public var cr2: UInt64 {
        get { value.cr2 }
        set { value.cr2 = newValue }
    }
    public var cr3: UInt64 {
        get { value.cr3 }
        set { value.cr3 = newValue }
    }
    public var cr4: UInt64 {
        get { value.cr4 }
        set { value.cr4 = newValue }
    }
    public var efer: UInt64 {
        get { value.efer }
        set { value.efer = newValue }
    }
}
