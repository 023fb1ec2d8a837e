// Status flags, lazily. Nearly every instruction sets them and few are read, so a handler leaves what they follow from:
//
//   result    Int64, the result, sign-extended:  ZF = result == 0;  SF = sign;  PF = parity of the low byte
//   carries   UInt32:  bit 31 carry out of the top bit (CF);  bit 30 carry out of the bit below (OF = bit 31 ^ bit 30);
//             bit 3 carry out of bit 3 (AF);  bits 8–15 are exclusive-ored to the byte whose parity counts;  bit 0 to SF.
//
// The last two are for flags that do not follow from one result (POPF, SAHF, exceptions' return).

/// RFLAGS, bit by bit (Intel SDM volume 1, 3.4.3).
public enum Flag {
    public static let carry: UInt64 = 1 << 0
    public static let parity: UInt64 = 1 << 2
    public static let auxiliary: UInt64 = 1 << 4
    public static let zero: UInt64 = 1 << 6
    public static let sign: UInt64 = 1 << 7
    public static let trap: UInt64 = 1 << 8
    public static let interrupt: UInt64 = 1 << 9
    public static let direction: UInt64 = 1 << 10
    public static let overflow: UInt64 = 1 << 11
    public static let privilege: UInt64 = 3 << 12
    public static let nestedTask: UInt64 = 1 << 14
    public static let resume: UInt64 = 1 << 16
    public static let virtual8086: UInt64 = 1 << 17
    public static let alignment: UInt64 = 1 << 18
    public static let virtualInterrupt: UInt64 = 1 << 19
    public static let virtualInterruptPending: UInt64 = 1 << 20
    public static let identification: UInt64 = 1 << 21
    public static let status = carry | parity | auxiliary | zero | sign | overflow
}

extension CPU {
    @inlinable public var result: Int64 {
        @inline(__always) get { get(StateLayout.result) }
        @inline(__always) nonmutating set { set(StateLayout.result, newValue) }
    }
    @inlinable public var carries: UInt32 {
        @inline(__always) get { get(StateLayout.carries) }
        @inline(__always) nonmutating set { set(StateLayout.carries, newValue) }
    }

    /// Leaves the flags of an addition or subtraction. `chain`: the carry (borrow) out of each bit.
    @inlinable @inline(__always)
    public func setArithmeticFlags<W: MachineWord>(_ result: W, chain: W) {
        self.result = Int64(truncatingIfNeeded: W.SignedWord(truncatingIfNeeded: result))
        let chain = UInt64(truncatingIfNeeded: chain)
        carries = UInt32(truncatingIfNeeded: (chain >> UInt64(W.bitWidth - 2)) << 30 | (chain & 8))
    }

    /// Leaves the flags of AND, OR, XOR, TEST: CF, OF and AF are clear.
    @inlinable @inline(__always)
    public func setLogicFlags<W: MachineWord>(_ result: W) {
        self.result = Int64(truncatingIfNeeded: W.SignedWord(truncatingIfNeeded: result))
        carries = 0
    }

    @inlinable public var carry: Bool { @inline(__always) get { Int32(bitPattern: carries) < 0 } }
    @inlinable public var zero: Bool { @inline(__always) get { result == 0 } }
    @inlinable public var sign: Bool {
        @inline(__always) get { (UInt64(bitPattern: result) >> 63) ^ UInt64(carries & 1) != 0 }
    }
    @inlinable public var overflow: Bool { @inline(__always) get { Int32(bitPattern: carries ^ carries &<< 1) < 0 } }
    @inlinable public var auxiliary: Bool { @inline(__always) get { carries & 8 != 0 } }
    @inlinable public var parity: Bool {
        @inline(__always) get {
            let byte = (UInt32(truncatingIfNeeded: result) ^ carries >> 8) & 0xff
            return byte.nonzeroBitCount & 1 == 0
        }
    }

    /// The six status flags, where RFLAGS has them.
    @inlinable public var statusFlags: UInt64 {
        (carry ? Flag.carry : 0) | (parity ? Flag.parity : 0) | (auxiliary ? Flag.auxiliary : 0)
            | (zero ? Flag.zero : 0) | (sign ? Flag.sign : 0) | (overflow ? Flag.overflow : 0)
    }

    /// Sets all six status flags from `flags`.
    @inlinable
    public func setStatusFlags(_ flags: UInt64) {
        let carry = UInt32(truncatingIfNeeded: flags & Flag.carry)
        let overflow = UInt32(truncatingIfNeeded: flags >> 11 & 1)
        let isZero = flags & Flag.zero != 0
        // A result whose low byte is zero has even parity; a result of zero is not negative.
        result = isZero ? 0 : 1 << 8
        carries =
            carry << 31 | (carry ^ overflow) << 30 | UInt32(truncatingIfNeeded: flags >> 4 & 1) << 3
            | (flags & Flag.parity != 0 ? 0 : 1) << 8 | UInt32(truncatingIfNeeded: flags >> 7 & 1)
    }

    /// RFLAGS, whole.
    @inlinable public var flags: UInt64 {
        get { get(StateLayout.systemFlags, as: UInt64.self) | statusFlags }
        nonmutating set {
            set(StateLayout.systemFlags, (newValue & ~Flag.status) | 2)
            setStatusFlags(newValue)
        }
    }

    /// Whether condition `code` (the low four bits of Jcc's opcode) holds.
    @inlinable @inline(__always)
    public func condition(_ code: UInt8) -> Bool {
        let holds: Bool
        switch code >> 1 {
        case 0: holds = overflow
        case 1: holds = carry
        case 2: holds = zero
        case 3: holds = carry || zero
        case 4: holds = sign
        case 5: holds = parity
        case 6: holds = sign != overflow
        default: holds = zero || sign != overflow
        }
        return holds != (code & 1 != 0)
    }
}
