// String instructions. An operation holds in
//
//   immediate  the mask of the address size: of rSI, rDI, rCX
//   source     the number of the segment of rSI
//   extra      `StringOptions`'s bits
//
// A repeated one can stop after any element: for a fault, with the registers as they were before the element, or because somebody
// wants the processor (`StateLayout.requests`); it goes on from its registers. Whole runs within a page are copied and
// filled at once where both pages are RAM.

/// Bits of `extra`.
enum StringOptions {
    static let repeats: UInt8 = 1
    /// REPNE: CMPS and SCAS go on while the elements differ.
    static let whileDifferent: UInt8 = 2
    static let is64Bit: UInt8 = 4
}

/// A string instruction at work.
private struct StringRun {
    let cpu: CPU
    let op: Op
    let mask: UInt64
    let isDown: Bool

    @inline(__always)
    init(_ cpu: CPU, _ op: Op) {
        self.cpu = cpu
        self.op = op
        mask = op.immediate
        isDown = cpu.get(StateLayout.systemFlags, as: UInt64.self) & Flag.direction != 0
    }

    @inline(__always) var repeats: Bool { op.extra & StringOptions.repeats != 0 }
    @inline(__always) var count: UInt64 { cpu[.rcx] & mask }
    @inline(__always) var sourceSegment: Int { op.source }

    /// Sets as much of a register as the address size has.
    @inline(__always)
    func set(_ register: RegisterNumber, _ value: UInt64) {
        cpu[register] = mask == 0xffff ? cpu[register] & ~0xffff | value & 0xffff : value & mask
    }

    @inline(__always)
    func advance(_ register: RegisterNumber, _ byteCount: Int) {
        set(register, isDown ? cpu[register] &- UInt64(byteCount) : cpu[register] &+ UInt64(byteCount))
    }

    /// The linear address of an element. Nil: a fault is recorded.
    @inline(__always)
    func address(_ register: RegisterNumber, _ segment: Int, _ byteCount: Int) -> UInt64? {
        let offset = cpu[register] & mask
        if op.extra & StringOptions.is64Bit != 0 {
            if segment < 4 { return offset }
            return cpu.get(StateLayout.segments + segment * SegmentField.byteCount, as: UInt64.self) &+ offset
        }
        guard let address = cpu.segmentAddress(segment, offset, byteCount) else {
            _ = cpu.fault(segment == 2 ? .stackFault : .generalProtection)
            return nil
        }
        return address
    }

    @inline(__always)
    func source(_ byteCount: Int) -> UInt64? { address(.rsi, sourceSegment, byteCount) }
    @inline(__always)
    func destination(_ byteCount: Int) -> UInt64? { address(.rdi, 0, byteCount) }

    /// How many elements go from `register` on before its page, or the address size, ends (upwards).
    @inline(__always)
    func elements(_ register: RegisterNumber, _ address: UInt64, _ byteCount: Int) -> Int {
        let inPage = 4096 - Int(address & 0xfff)
        let untilWrap = mask == .max ? inPage : Int(min(UInt64(inPage), mask - cpu[register] & mask + 1))
        return min(inPage, untilWrap) / byteCount
    }

    /// Whether more bytes than one element lie within the segment: always in 64-bit mode.
    @inline(__always)
    func isInside(_ register: RegisterNumber, _ segment: Int, _ byteCount: Int) -> Bool {
        op.extra & StringOptions.is64Bit != 0 || cpu.segmentAddress(segment, cpu[register] & mask, byteCount) != nil
    }

    /// Ends a repetition, or breaks it off: true where it shall stop here and go on later.
    @inline(__always)
    var isWanted: Bool {
        cpu.get(StateLayout.requests, as: UInt32.self) != 0
            || cpu.get(StateLayout.systemFlags, as: UInt64.self) & Flag.trap != 0
    }

    /// Leaves in the middle: the instruction is next again.
    func interrupted() -> UnsafeRawPointer? {
        cpu.leave(cpu.get(StateLayout.requests, as: UInt32.self) != 0 ? .request : .lookUp, at: op.rip(cpu))
    }

    /// Runs `element` once, or as often as RCX says. `bulk` does as many elements at once as it can, from none on.
    @inline(__always)
    func run(_ element: () -> Bool, bulk: (UInt64) -> Int) -> UnsafeRawPointer? {
        guard repeats else { return element() ? op.next : nil }
        while true {
            let left = count
            if left == 0 { break }
            let done = isDown ? 0 : bulk(left)
            if done > 0 {
                set(.rcx, left &- UInt64(done))
            } else {
                guard element() else { return nil }
                set(.rcx, left &- 1)
            }
            if isWanted, count != 0 { return interrupted() }
        }
        return op.next
    }

    /// The same for CMPS and SCAS, whose repetition ends by ZF, too.
    @inline(__always)
    func runWhile(_ element: () -> Bool) -> UnsafeRawPointer? {
        guard repeats else { return element() ? op.next : nil }
        let wanted = op.extra & StringOptions.whileDifferent == 0
        while true {
            let left = count
            if left == 0 { break }
            guard element() else { return nil }
            set(.rcx, left &- 1)
            if cpu.zero != wanted { break }
            if isWanted, left != 1 { return interrupted() }
        }
        return op.next
    }
}

extension CPU {
    /// RAM that loads from `address` go to, where that is known.
    @inline(__always)
    fileprivate func pointerForLoad(_ address: UInt64) -> UnsafeRawPointer? {
        let entry = tlbEntry(address)
        guard entry.load(as: UInt64.self) == address & ~0xfff else { return nil }
        return UnsafeRawPointer(bitPattern: UInt(address &+ entry.load(fromByteOffset: 24, as: UInt64.self)))
    }
}

@inline(__always)
func moveString<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let run = StringRun(CPU(state), Op(op))
    let cpu = run.cpu
    let size = MemoryLayout<W>.size
    return run.run {
        guard let source = run.source(size), let destination = run.destination(size),
            let value = cpu.load(source, W.self), cpu.store(destination, value)
        else { return false }
        run.advance(.rsi, size)
        run.advance(.rdi, size)
        return true
    } bulk: { left in
        guard let source = run.source(1), let destination = run.destination(1) else { return 0 }
        let count = min(
            Int(truncatingIfNeeded: min(left, 4096)), run.elements(.rsi, source, size),
            run.elements(.rdi, destination, size))
        let byteCount = count * size
        guard count > 0, run.isInside(.rsi, run.sourceSegment, byteCount), run.isInside(.rdi, 0, byteCount),
            let from = cpu.pointerForLoad(source), let to = cpu.pointerForModify(destination, 1)
        else { return 0 }
        copyForward(from: from, to: to, count: count, W.self)
        run.advance(.rsi, byteCount)
        run.advance(.rdi, byteCount)
        return count
    }
}

/// Copies element after element, upwards: where the destination overlaps the end of the source, what was copied is
/// copied again, as MOVS does.
@inline(__always)
private func copyForward<W: MachineWord>(
    from: UnsafeRawPointer, to: UnsafeMutableRawPointer, count: Int, _: W.Type
) {
    let size = MemoryLayout<W>.size
    let distance = UnsafeRawPointer(to) - from
    if distance <= 0 || distance >= count * size {
        to.copyMemory(from: from, byteCount: count * size)
    } else {
        for index in 0..<count {
            to.storeBytes(
                of: from.loadUnaligned(fromByteOffset: index * size, as: W.self), toByteOffset: index * size, as: W.self
            )
        }
    }
}

@inline(__always)
func storeString<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let run = StringRun(CPU(state), Op(op))
    let cpu = run.cpu
    let size = MemoryLayout<W>.size
    let value = cpu.register(0, W.self)
    return run.run {
        guard let destination = run.destination(size), cpu.store(destination, value) else { return false }
        run.advance(.rdi, size)
        return true
    } bulk: { left in
        guard let destination = run.destination(1) else { return 0 }
        let count = min(Int(truncatingIfNeeded: min(left, 4096)), run.elements(.rdi, destination, size))
        guard count > 0, run.isInside(.rdi, 0, count * size), let to = cpu.pointerForModify(destination, 1) else {
            return 0
        }
        let byte = UInt8(truncatingIfNeeded: value)
        if value == W(truncatingIfNeeded: 0x0101_0101_0101_0101 &* UInt64(byte)) {
            to.initializeMemory(as: UInt8.self, repeating: byte, count: count * size)
        } else {
            for index in 0..<count { to.storeBytes(of: value, toByteOffset: index * size, as: W.self) }
        }
        run.advance(.rdi, count * size)
        return count
    }
}

@inline(__always)
func loadString<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let run = StringRun(CPU(state), Op(op))
    let size = MemoryLayout<W>.size
    return run.run {
        guard let source = run.source(size), let value = run.cpu.load(source, W.self) else { return false }
        run.cpu.setRegister(0, value)
        run.advance(.rsi, size)
        return true
    } bulk: { _ in
        0
    }
}

@inline(__always)
func compareStrings<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let run = StringRun(CPU(state), Op(op))
    let cpu = run.cpu
    let size = MemoryLayout<W>.size
    return run.runWhile {
        guard let source = run.source(size), let a = cpu.load(source, W.self),
            let destination = run.destination(size), let b = cpu.load(destination, W.self)
        else { return false }
        _ = Subtract.apply(cpu, a, b)
        run.advance(.rsi, size)
        run.advance(.rdi, size)
        return true
    }
}

@inline(__always)
func scanString<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let run = StringRun(CPU(state), Op(op))
    let cpu = run.cpu
    let size = MemoryLayout<W>.size
    return run.runWhile {
        guard let destination = run.destination(size), let value = cpu.load(destination, W.self) else { return false }
        _ = Subtract.apply(cpu, cpu.register(0, W.self), value)
        run.advance(.rdi, size)
        return true
    }
}
