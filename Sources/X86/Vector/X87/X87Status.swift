/// Bits of x87's status word (Intel SDM volume 1, 8.1.3).
enum X87Status {
    /// Invalid, denormal, zero divide, overflow, underflow, precision: where the control word has their masks.
    static let exceptions: UInt16 = 0x3f
    static let precision: UInt16 = 0x20
    /// ES: an unmasked exception waits for the next instruction.
    static let pending: UInt16 = 0x80
    static let busy: UInt16 = 0x8000
    static let top: UInt16 = 0x3800
}

/// Offsets in `StateLayout.fx` (Intel SDM volume 1, table 10-2).
enum FXField {
    static let control = 0
    static let status = 2
    /// One bit for each register that is in use, by its own number.
    static let tags = 4
    static let opcode = 6
    static let instructionPointer = 8
    static let dataPointer = 16
    static let mxcsr = 24
    static let mxcsrMask = 28
    static let registers = 32
    static let xmm = 160
    /// What lies behind is not the processor's.
    static let byteCount = 416
}

/// A real number of 80 bits, 10 bytes.
struct Extended: BitwiseCopyable {
    var significand: UInt64
    var signAndExponent: UInt16
}

extension CPU {
    @inline(__always)
    var x87StatusWord: UInt16 {
        get { get(StateLayout.fx + FXField.status) }
        nonmutating set { set(StateLayout.fx + FXField.status, newValue) }
    }

    /// Whether an unmasked exception waits. ES says the same, but the host would go by the exceptions and their masks.
    @inline(__always)
    var hasPendingX87: Bool {
        let words: UInt32 = get(StateLayout.fx)
        return (words >> 16) & ~words & UInt32(X87Status.exceptions) != 0
    }

    /// A waiting instruction finds an exception: #MF, or (CR0.NE clear) the signal to the interrupt controllers, whose interrupt
    /// the instruction waits for.
    @inline(never)
    func x87Pending(_ op: Op) -> UnsafeRawPointer? {
        if get(StateLayout.cr0, as: UInt64.self) & ControlBit.numericError != 0 { return fault(.x87Error) }
        processor.bus.floatingPointError(of: processor)
        return leave(.lookUp, at: op.rip(self))
    }

    /// ES and B follow from exceptions and their masks.
    func updateX87Pending() {
        let control: UInt16 = get(StateLayout.fx + FXField.control)
        let summary = X87Status.pending | X87Status.busy
        let status = x87StatusWord & ~summary
        x87StatusWord = status & ~control & X87Status.exceptions != 0 ? status | summary : status
    }

    /// FNINIT: the registers keep their bits, and are empty.
    func initializeX87() {
        lowerX87Top()
        set(StateLayout.fx + FXField.control, UInt16(0x37f))
        set(StateLayout.fx + FXField.status, UInt16(0))
        set(StateLayout.fx + FXField.tags, UInt16(0))
        set(StateLayout.fx + FXField.opcode, UInt16(0))
        set(StateLayout.fx + FXField.instructionPointer, UInt64(0))
        set(StateLayout.fx + FXField.dataPointer, UInt64(0))
    }
}

extension ProcessorBus {
    /// Boards without a legacy interrupt controller have no use for it.
    public func floatingPointError(of processor: Processor) {}
}
