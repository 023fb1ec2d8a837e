import CX86

/// The host's locked instructions by width. All of them return what was in memory before.
protocol AtomicWord: MachineWord {
    static func exchange(_ place: UnsafeMutableRawPointer, _ new: Self) -> Self
    static func compareExchange(_ place: UnsafeMutableRawPointer, _ old: Self, _ new: Self) -> Self
    static func fetchAdd(_ place: UnsafeMutableRawPointer, _ addend: Self) -> Self
}

extension UInt8: AtomicWord {
    @inline(__always)
    static func exchange(_ place: UnsafeMutableRawPointer, _ new: Self) -> Self { cx86_exchange8(place, new) }
    @inline(__always)
    static func compareExchange(_ place: UnsafeMutableRawPointer, _ old: Self, _ new: Self) -> Self {
        cx86_compare_exchange8(place, old, new)
    }
    @inline(__always)
    static func fetchAdd(_ place: UnsafeMutableRawPointer, _ addend: Self) -> Self { cx86_fetch_add8(place, addend) }
}
extension UInt16: AtomicWord {
    @inline(__always)
    static func exchange(_ place: UnsafeMutableRawPointer, _ new: Self) -> Self { cx86_exchange16(place, new) }
    @inline(__always)
    static func compareExchange(_ place: UnsafeMutableRawPointer, _ old: Self, _ new: Self) -> Self {
        cx86_compare_exchange16(place, old, new)
    }
    @inline(__always)
    static func fetchAdd(_ place: UnsafeMutableRawPointer, _ addend: Self) -> Self { cx86_fetch_add16(place, addend) }
}
extension UInt32: AtomicWord {
    @inline(__always)
    static func exchange(_ place: UnsafeMutableRawPointer, _ new: Self) -> Self { cx86_exchange32(place, new) }
    @inline(__always)
    static func compareExchange(_ place: UnsafeMutableRawPointer, _ old: Self, _ new: Self) -> Self {
        cx86_compare_exchange32(place, old, new)
    }
    @inline(__always)
    static func fetchAdd(_ place: UnsafeMutableRawPointer, _ addend: Self) -> Self { cx86_fetch_add32(place, addend) }
}
extension UInt64: AtomicWord {
    @inline(__always)
    static func exchange(_ place: UnsafeMutableRawPointer, _ new: Self) -> Self { cx86_exchange64(place, new) }
    @inline(__always)
    static func compareExchange(_ place: UnsafeMutableRawPointer, _ old: Self, _ new: Self) -> Self {
        cx86_compare_exchange64(place, old, new)
    }
    @inline(__always)
    static func fetchAdd(_ place: UnsafeMutableRawPointer, _ addend: Self) -> Self { cx86_fetch_add64(place, addend) }
}
