/// What a processor's program can see of it, but for vector registers: the same for every back end.
public struct ProcessorState: Equatable, Sendable {
    /// A segment register with its hidden part (Intel SDM volume 3, 3.4.3).
    public struct Segment: Equatable, Sendable {
        public var selector: UInt16
        public var base: UInt64
        /// In bytes, minus one.
        public var limit: UInt32
        /// Bits 0–7: type, S, DPL, P; bits 12–15: AVL, L, D/B, G. 0: not usable.
        public var attributes: UInt16

        public init(selector: UInt16 = 0, base: UInt64 = 0, limit: UInt32 = 0, attributes: UInt16 = 0) {
            self.selector = selector
            self.base = base
            self.limit = limit
            self.attributes = attributes
        }

        /// Code that is read, 64-bit, ring 0.
        public static func code64(_ selector: UInt16) -> Segment {
            Segment(selector: selector, limit: 0xffff_ffff, attributes: 0xa09b)
        }
        public static func code32(_ selector: UInt16) -> Segment {
            Segment(selector: selector, limit: 0xffff_ffff, attributes: 0xc09b)
        }
        public static func data(_ selector: UInt16) -> Segment {
            Segment(selector: selector, limit: 0xffff_ffff, attributes: 0xc093)
        }
        /// What a selector means in real mode.
        public static func real(_ selector: UInt16) -> Segment {
            Segment(selector: selector, base: UInt64(selector) << 4, limit: 0xffff, attributes: 0x0093)
        }
    }

    /// GDTR or IDTR.
    public struct Table: Equatable, Sendable {
        public var base: UInt64
        public var limit: UInt16
        public init(base: UInt64 = 0, limit: UInt16 = 0) {
            self.base = base
            self.limit = limit
        }
    }

    /// RAX RCX RDX RBX RSP RBP RSI RDI R8 … R15.
    public var registers = [UInt64](repeating: 0, count: 16)
    public var rip: UInt64 = 0
    public var rflags: UInt64 = 2
    /// ES CS SS DS FS GS.
    public var segments = [Segment](repeating: .real(0), count: 6)
    public var localDescriptorTable = Segment(attributes: 0x0082)
    public var task = Segment(limit: 0xffff, attributes: 0x008b)
    public var globalDescriptors = Table(limit: 0xffff)
    public var interruptDescriptors = Table(limit: 0xffff)
    public var cr0: UInt64 = 0x6000_0010
    public var cr2: UInt64 = 0
    public var cr3: UInt64 = 0
    public var cr4: UInt64 = 0
    public var efer: UInt64 = 0

    public init() {}

    /// After power-on or reset: real mode, at the 16 bytes below 4 GB (SDM volume 3, table 10-1).
    public static var reset: ProcessorState {
        var state = ProcessorState()
        state.rip = 0xfff0
        state.segments[1] = Segment(selector: 0xf000, base: 0xffff_0000, limit: 0xffff, attributes: 0x009b)
        state.registers[2] = 0x600
        return state
    }

    public subscript(register: GeneralRegister) -> UInt64 {
        get { registers[register.rawValue] }
        set { registers[register.rawValue] = newValue }
    }

    public enum GeneralRegister: Int, Sendable {
        case rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
    }

    /// Segment registers by their encoding.
    public enum SegmentNumber: Int, Sendable {
        case es, cs, ss, ds, fs, gs
    }

    public subscript(segment: SegmentNumber) -> Segment {
        get { segments[segment.rawValue] }
        set { segments[segment.rawValue] = newValue }
    }
}
