import Synchronization

/// Loads and stores in memory that somebody else changes at the same time: each is one access, never repeated.
enum SharedRing {
    @inline(__always)
    static func load16(_ pointer: UnsafeMutableRawPointer) -> UInt16 {
        UInt16(littleEndian: atomic(pointer, UInt16.self).pointee.load(ordering: .acquiring))
    }

    @inline(__always)
    static func store16(_ value: UInt16, _ pointer: UnsafeMutableRawPointer) {
        atomic(pointer, UInt16.self).pointee.store(value.littleEndian, ordering: .releasing)
    }

    /// A descriptor: its address; then length, flags and next.
    @inline(__always)
    static func loadDescriptor(_ pointer: UnsafeMutableRawPointer) -> Descriptor {
        let low: UInt64
        let high: UInt64
        if Int(bitPattern: pointer) % 8 == 0 {
            low = atomic(pointer, UInt64.self).pointee.load(ordering: .relaxed)
            high = atomic(pointer + 8, UInt64.self).pointee.load(ordering: .relaxed)
        } else {
            // Only indirect tables may be unaligned.
            var copy: (UInt64, UInt64) = (0, 0)
            withUnsafeMutableBytes(of: &copy) {
                $0.baseAddress!.copyMemory(from: UnsafeRawPointer(pointer), byteCount: 16)
            }
            (low, high) = copy
        }
        let rest = UInt64(littleEndian: high)
        return Descriptor(
            address: UInt64(littleEndian: low), byteCount: UInt32(truncatingIfNeeded: rest),
            flags: UInt16(truncatingIfNeeded: rest >> 32), next: UInt16(truncatingIfNeeded: rest >> 48))
    }

    @inline(__always)
    private static func atomic<T: AtomicRepresentable>(
        _ pointer: UnsafeMutableRawPointer, _ type: T.Type
    ) -> UnsafeMutablePointer<Atomic<T>> {
        pointer.assumingMemoryBound(to: Atomic<T>.self)
    }
}

/// An entry of a split queue's descriptor table (clause 2.7.5).
struct Descriptor {
    var address: UInt64
    var byteCount: UInt32
    var flags: UInt16
    var next: UInt16

    static let byteCount = 16
    static let hasNext: UInt16 = 1
    static let isWritable: UInt16 = 2
    static let isIndirect: UInt16 = 4
}
