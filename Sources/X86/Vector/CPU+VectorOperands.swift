/// 16 bytes: an XMM register.
typealias Vector128 = SIMD2<UInt64>

extension CPU {
    /// Where XMM register lies that an operation names by `offset`, 16 times its number.
    @inline(__always)
    func xmm(_ offset: Int) -> UnsafeMutableRawPointer { raw + StateLayout.xmm + offset }

    /// The same for MM registers.
    @inline(__always)
    func mmx(_ offset: Int) -> UnsafeMutableRawPointer { raw + StateLayout.x87Registers + offset }

    @inline(__always)
    var scratch: UnsafeMutableRawPointer { raw + StateLayout.vectorScratch }

    /// An operand in memory, where the host finds it: in the guest's RAM, or a copy. Nil: an exception is recorded.
    @inline(__always)
    func operand<W: BitwiseCopyable>(_ address: UInt64, _: W.Type) -> UnsafeRawPointer? {
        let entry = tlbEntry(address)
        let last = address &+ UInt64(MemoryLayout<W>.size - 1)
        if _fastPath(entry.load(as: UInt64.self) == last & ~0xfff) {
            return UnsafeRawPointer(
                bitPattern: UInt(address &+ entry.load(fromByteOffset: 24, as: UInt64.self)))
        }
        guard loadSlowly(self, address, MemoryLayout<W>.size) else { return nil }
        return UnsafeRawPointer(raw + StateLayout.loaded)
    }

    /// The same for 16 bytes that must be aligned: #GP otherwise.
    @inline(__always)
    func alignedOperand(_ address: UInt64) -> UnsafeRawPointer? {
        guard _fastPath(address & 15 == 0) else { return fault(.generalProtection) }
        return operand(address, Vector128.self)
    }

    /// MMX instructions find x87's registers by their own numbers, all in use, with the top at 0, once no exception is
    /// pending. False: one is, and recorded.
    @inline(__always)
    func enterMMX(_ op: Op) -> Bool {
        // FSW's TOP and ES, and the abridged tag word behind it.
        if _fastPath(raw.loadUnaligned(fromByteOffset: StateLayout.fx + 2, as: UInt32.self) & 0xff_3880 == 0xff_0000) {
            return true
        }
        return enterMMXSlowly(op)
    }

    @inline(never)
    private func enterMMXSlowly(_ op: Op) -> Bool {
        if hasPendingX87 {
            _ = x87Pending(op)
            return false
        }
        lowerX87Top()
        set(StateLayout.fx + FXField.tags, UInt8(0xff))
        return true
    }

    /// The top of x87's stack becomes register 0: ST(i) lies in slot i, so the slots turn.
    func lowerX87Top() {
        let top = Int(x87StatusWord >> 11 & 7)
        guard top != 0 else { return }
        let slots = raw + StateLayout.x87Registers
        // Register r was ST((r - top) & 7).
        let registers = (0..<8).map { slots.load(fromByteOffset: (($0 - top) & 7) * 16, as: Vector128.self) }
        for (number, value) in registers.enumerated() {
            slots.storeBytes(of: value, toByteOffset: number * 16, as: Vector128.self)
        }
        x87StatusWord &= ~X87Status.top
    }

    /// Whoever writes an MM register sets the exponent of the x87 register it is part of.
    @inline(__always)
    func setMMXExponent(_ offset: Int) { set(StateLayout.x87Registers + offset + 8, UInt16(0xffff)) }

    @inline(__always)
    func setMMX(_ offset: Int, _ value: UInt64) {
        set(StateLayout.x87Registers + offset, value)
        setMMXExponent(offset)
    }
}

extension Op {
    /// A C function that `OpDraft.setFunction` put into the immediate.
    @inline(__always)
    func function<F>(_: F.Type) -> F { raw.loadUnaligned(fromByteOffset: 8, as: F.self) }
}

extension OpDraft {
    mutating func setFunction<F>(_ function: F) {
        immediate = UInt64(UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)))
    }
}
