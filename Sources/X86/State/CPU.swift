/// A processor's state, for handlers: a pointer with names. See `StateLayout`.
@frozen
public struct CPU: @unchecked Sendable {
    public let raw: UnsafeMutableRawPointer

    @inline(__always)
    public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    @inlinable @inline(__always)
    public func get<T: BitwiseCopyable>(_ offset: Int, as type: T.Type = T.self) -> T {
        raw.load(fromByteOffset: offset, as: type)
    }

    @inlinable @inline(__always)
    public func set<T: BitwiseCopyable>(_ offset: Int, _ value: T) {
        raw.storeBytes(of: value, toByteOffset: offset, as: T.self)
    }

    /// A general register (or part of one), by the byte offset that an `Op` holds.
    @inlinable @inline(__always)
    public func register<W: MachineWord>(_ offset: Int, _ type: W.Type) -> W {
        raw.load(fromByteOffset: offset, as: type)
    }

    /// Writes a general register: 32-bit writes clear the upper half, 8- and 16-bit ones leave the rest.
    @inlinable @inline(__always)
    public func setRegister<W: MachineWord>(_ offset: Int, _ value: W) {
        if W.bitWidth == 32 {
            raw.storeBytes(of: UInt64(truncatingIfNeeded: value), toByteOffset: offset, as: UInt64.self)
        } else {
            raw.storeBytes(of: value, toByteOffset: offset, as: W.self)
        }
    }

    /// General register `number`, whole.
    @inlinable
    public subscript(_ number: RegisterNumber) -> UInt64 {
        @inline(__always) get { get(Int(number.rawValue) * 8) }
        @inline(__always) nonmutating set { set(Int(number.rawValue) * 8, newValue) }
    }
}

/// General registers by their encoding.
public enum RegisterNumber: UInt8, Sendable {
    case rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
}

/// The widths of integer operations: UInt8, UInt16, UInt32, UInt64.
public protocol MachineWord: FixedWidthInteger, UnsignedInteger, BitwiseCopyable {
    associatedtype SignedWord: FixedWidthInteger & SignedInteger & BitwiseCopyable
    associatedtype Double: FixedWidthInteger & UnsignedInteger
}

extension UInt8: MachineWord {
    public typealias SignedWord = Int8
    public typealias Double = UInt16
}
extension UInt16: MachineWord {
    public typealias SignedWord = Int16
    public typealias Double = UInt32
}
extension UInt32: MachineWord {
    public typealias SignedWord = Int32
    public typealias Double = UInt64
}
extension UInt64: MachineWord {
    public typealias SignedWord = Int64
    public typealias Double = UInt128
}
