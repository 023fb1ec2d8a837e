// BT, BTS, BTR, BTC, BSF, BSR, POPCNT, CRC32.

/// What happens to the bit that BT and its relatives find.
protocol BitOperation {
    static var storesResult: Bool { get }
    static func apply<W: MachineWord>(_ value: W, _ mask: W) -> W
}

enum BitTest: BitOperation {
    static var storesResult: Bool { @inline(__always) get { false } }
    @inline(__always) static func apply<W: MachineWord>(_ value: W, _ mask: W) -> W { value }
}
enum BitSet: BitOperation {
    static var storesResult: Bool { @inline(__always) get { true } }
    @inline(__always) static func apply<W: MachineWord>(_ value: W, _ mask: W) -> W { value | mask }
}
enum BitReset: BitOperation {
    static var storesResult: Bool { @inline(__always) get { true } }
    @inline(__always) static func apply<W: MachineWord>(_ value: W, _ mask: W) -> W { value & ~mask }
}
enum BitComplement: BitOperation {
    static var storesResult: Bool { @inline(__always) get { true } }
    @inline(__always) static func apply<W: MachineWord>(_ value: W, _ mask: W) -> W { value ^ mask }
}

extension CPU {
    /// CF alone; OF stays what it is.
    @inline(__always)
    func setCarry(_ carry: Bool) {
        if carry != self.carry { carries ^= 0xc000_0000 }
    }
}

/// `extra`: 0: the bit's number is the immediate; 1: that of register `source`.
@inline(__always)
private func mask<W: MachineWord>(_ cpu: CPU, _ op: Op, _: W.Type) -> W {
    let number = op.extra == 0 ? op.immediate : cpu.get(op.source, as: UInt64.self)
    return 1 &<< W(truncatingIfNeeded: number & UInt64(W.bitWidth - 1))
}

@inline(__always)
func bitRegister<O: BitOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let mask = mask(cpu, op, W.self)
    let value = cpu.register(op.destination, W.self)
    cpu.setCarry(value & mask != 0)
    if O.storesResult { cpu.setRegister(op.destination, O.apply(value, mask)) }
    return op.next
}

@inline(__always)
func bitMemory<O: BitOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let mask = mask(cpu, op, W.self)
    var old: W = 0
    if O.storesResult {
        let done = cpu.modify(op.linearAddress(cpu), W.self) {
            old = $0
            return O.apply($0, mask)
        }
        guard done else { return nil }
    } else {
        guard let value = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
        old = value
    }
    cpu.setCarry(old & mask != 0)
    return op.next
}

@inline(__always)
func bitLocked<O: BitOperation, W: AtomicWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let mask = mask(cpu, op, W.self)
    var old: W = 0
    let done = cpu.modifyLocked(op.linearAddress(cpu), W.self) {
        old = $0
        return O.apply($0, mask)
    }
    guard done else { return nil }
    cpu.setCarry(old & mask != 0)
    return op.next
}

/// Before BT with a register and memory: the operand's word lies as far from the address as the bit's number says,
/// before it or behind. The offset goes to `StateLayout.value`.
@inline(__always)
func bitOffset<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    let number = Int64(truncatingIfNeeded: W.SignedWord(truncatingIfNeeded: cpu.register(op.source, W.self)))
    let bytes = number >> 3 & ~Int64(W.bitWidth / 8 - 1)
    cpu.set(StateLayout.value, op.linearAddress(cpu) &+ UInt64(bitPattern: bytes))
    return op.next
}

/// A source in, a result out, where BSF and BSR leave the destination alone for a source of zero.
protocol ScanOperation {
    /// Nil: the destination stays.
    static func apply<W: MachineWord>(_ cpu: CPU, _ source: W) -> W?
}

extension CPU {
    /// ZF; the other flags, which are undefined, stay.
    @inline(__always)
    fileprivate func setScanFlags(_ isZero: Bool) { setZero(isZero) }
}

enum ScanForward: ScanOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ source: W) -> W? {
        cpu.setScanFlags(source == 0)
        return source == 0 ? nil : W(truncatingIfNeeded: source.trailingZeroBitCount)
    }
}

enum ScanReverse: ScanOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ source: W) -> W? {
        cpu.setScanFlags(source == 0)
        return source == 0 ? nil : W(truncatingIfNeeded: W.bitWidth - 1 - source.leadingZeroBitCount)
    }
}

enum CountOnes: ScanOperation {
    @inline(__always)
    static func apply<W: MachineWord>(_ cpu: CPU, _ source: W) -> W? {
        cpu.setStatusFlags(source == 0 ? Flag.zero : 0)
        return W(truncatingIfNeeded: source.nonzeroBitCount)
    }
}

@inline(__always)
func scanRegister<O: ScanOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    if let result = O.apply(cpu, cpu.register(op.source, W.self)) { cpu.setRegister(op.destination, result) }
    return op.next
}

@inline(__always)
func scanMemory<O: ScanOperation, W: MachineWord>(
    _: O.Type, _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let source = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    if let result = O.apply(cpu, source) { cpu.setRegister(op.destination, result) }
    return op.next
}

/// CRC32C, bit-reflected (Intel SDM volume 2, CRC32).
@inline(__always)
func crcRegister<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    updateCRC(cpu, op, cpu.register(op.source, W.self))
    return op.next
}

@inline(__always)
func crcMemory<W: MachineWord>(
    _: W.Type, _ state: UnsafeMutableRawPointer, _ op: UnsafeRawPointer
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(op))
    guard let source = cpu.load(op.linearAddress(cpu), W.self) else { return nil }
    updateCRC(cpu, op, source)
    return op.next
}

@inline(__always)
private func updateCRC<W: MachineWord>(_ cpu: CPU, _ op: Op, _ source: W) {
    var crc = cpu.register(op.destination, UInt32.self)
    var source = UInt64(truncatingIfNeeded: source)
    for _ in 0..<W.bitWidth / 8 {
        crc = crcTable[Int((crc ^ UInt32(truncatingIfNeeded: source)) & 0xff)] ^ crc >> 8
        source >>= 8
    }
    cpu.setRegister(op.destination, crc)
}

/// Of the polynomial 0x1EDC6F41, reflected.
private let crcTable: [UInt32] = (0..<256).map { byte in
    var crc = UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 != 0 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
    return crc
}
