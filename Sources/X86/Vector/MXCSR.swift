/// Bits of MXCSR (Intel SDM volume 1, 10.2.3).
enum MXCSR {
    static let flags: UInt32 = 0x3f
    /// Invalid, denormal, divide by zero: found before anything is computed.
    static let early: UInt32 = 0x07
    static let underflow: UInt32 = 0x10
    static let precision: UInt32 = 0x20
    /// Overflow and underflow.
    static let late: UInt32 = 0x18
    static let masks: UInt32 = 0x1f80
    static let underflowMask: UInt32 = 0x800
    static let flushToZero: UInt32 = 0x8000
    /// What may be set; MXCSR_MASK of FXSAVE.
    static let valid: UInt32 = 0xffff
    static let initial: UInt32 = 0x1f80
}
