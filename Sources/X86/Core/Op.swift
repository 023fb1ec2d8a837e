/// A micro-operation: a handler and what it works on, 32 bytes. Instructions are decoded once to one of these, or a few,
/// and run from them many times; blocks are arrays of them.
///
/// A handler does the work, and returns the next operation: usually the one behind it, a jump's target, or nil to leave the run
/// loop (a fault, a request of another thread, a jump to code that was not decoded yet). Handlers that can fault change nothing
/// before the last access that can: an instruction that faults is run again from its start.
public typealias Handler = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> UnsafeRawPointer?

@frozen
public struct Op {
    public let raw: UnsafeRawPointer

    @inline(__always)
    public init(_ raw: UnsafeRawPointer) { self.raw = raw }

    public static let byteCount = 32

    /// An immediate operand, sign-extended; of direct jumps the target: a pointer to its first operation, or 0.
    @inlinable public var immediate: UInt64 { @inline(__always) get { raw.load(fromByteOffset: 8, as: UInt64.self) } }
    @inlinable public var target: UnsafeRawPointer? {
        @inline(__always) get { raw.load(fromByteOffset: 8, as: UnsafeRawPointer?.self) }
    }
    /// Of a memory operand; of direct jumps: RIP of the target minus `codeBase`.
    @inlinable public var displacement: Int32 { @inline(__always) get { raw.load(fromByteOffset: 16, as: Int32.self) } }
    /// Byte offsets of registers in the state.
    @inlinable public var destination: Int {
        @inline(__always) get { Int(raw.load(fromByteOffset: 20, as: UInt8.self)) }
    }
    @inlinable public var source: Int { @inline(__always) get { Int(raw.load(fromByteOffset: 21, as: UInt8.self)) } }
    @inlinable public var base: Int { @inline(__always) get { Int(raw.load(fromByteOffset: 22, as: UInt8.self)) } }
    @inlinable public var index: Int { @inline(__always) get { Int(raw.load(fromByteOffset: 23, as: UInt8.self)) } }
    @inlinable public var scale: UInt8 { @inline(__always) get { raw.load(fromByteOffset: 24, as: UInt8.self) } }
    /// Free for the handler: a segment's number, a condition, an immediate of a byte.
    @inlinable public var extra: UInt8 { @inline(__always) get { raw.load(fromByteOffset: 25, as: UInt8.self) } }
    /// Where the instruction starts in its page; RIP is `codeBase + offset`.
    @inlinable public var offset: UInt16 { @inline(__always) get { raw.load(fromByteOffset: 26, as: UInt16.self) } }
    static let offsetField = 26
    /// The instruction's length in bytes.
    @inlinable public var length: UInt8 { @inline(__always) get { raw.load(fromByteOffset: 28, as: UInt8.self) } }
    /// Instructions of the block up to and with this one.
    @inlinable public var count: UInt8 { @inline(__always) get { raw.load(fromByteOffset: 29, as: UInt8.self) } }
    /// Free for the handler, 16 bits.
    @inlinable public var extra16: UInt16 { @inline(__always) get { raw.load(fromByteOffset: 30, as: UInt16.self) } }

    @inlinable public var next: UnsafeRawPointer { @inline(__always) get { raw + Op.byteCount } }

    /// The linear address of the memory operand: flat segments and 64-bit addresses; all others were computed by an
    /// operation before, whose result (`StateLayout.address`) is this one's base.
    @inlinable @inline(__always)
    public func linearAddress(_ cpu: CPU) -> UInt64 {
        cpu.get(base, as: UInt64.self) &+ (cpu.get(index, as: UInt64.self) &<< UInt64(scale))
            &+ UInt64(bitPattern: Int64(displacement))
    }

    /// RIP of this instruction, and of the next.
    @inlinable @inline(__always)
    public func rip(_ cpu: CPU) -> UInt64 { cpu.get(StateLayout.codeBase, as: UInt64.self) &+ UInt64(offset) }
    @inlinable @inline(__always)
    public func nextRIP(_ cpu: CPU) -> UInt64 { rip(cpu) &+ UInt64(length) }
}

/// An operation under construction.
public struct OpDraft {
    public var handler: Handler
    public var immediate: UInt64 = 0
    public var displacement: Int32 = 0
    public var destination: UInt8 = 0
    public var source: UInt8 = 0
    public var base = UInt8(StateLayout.zero)
    public var index = UInt8(StateLayout.zero)
    public var scale: UInt8 = 0
    public var extra: UInt8 = 0
    public var offset: UInt16 = 0
    public var length: UInt8 = 0
    public var count: UInt8 = 0
    public var extra16: UInt16 = 0

    public init(_ handler: @escaping Handler) { self.handler = handler }

    /// Writes the operation's 32 bytes to `raw`.
    public func store(to raw: UnsafeMutableRawPointer) {
        raw.storeBytes(of: handler, as: Handler.self)
        raw.storeBytes(of: immediate, toByteOffset: 8, as: UInt64.self)
        raw.storeBytes(of: displacement, toByteOffset: 16, as: Int32.self)
        raw.storeBytes(of: destination, toByteOffset: 20, as: UInt8.self)
        raw.storeBytes(of: source, toByteOffset: 21, as: UInt8.self)
        raw.storeBytes(of: base, toByteOffset: 22, as: UInt8.self)
        raw.storeBytes(of: index, toByteOffset: 23, as: UInt8.self)
        raw.storeBytes(of: scale, toByteOffset: 24, as: UInt8.self)
        raw.storeBytes(of: extra, toByteOffset: 25, as: UInt8.self)
        raw.storeBytes(of: offset, toByteOffset: Op.offsetField, as: UInt16.self)
        raw.storeBytes(of: length, toByteOffset: 28, as: UInt8.self)
        raw.storeBytes(of: count, toByteOffset: 29, as: UInt8.self)
        raw.storeBytes(of: extra16, toByteOffset: 30, as: UInt16.self)
    }
}
