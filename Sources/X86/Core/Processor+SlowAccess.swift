/// The slow path of a load: see `CPU.load`.
@usableFromInline @inline(never)
func loadSlowly(_ cpu: CPU, _ address: UInt64, _ byteCount: Int) -> Bool {
    _ = cpu.fault(.pageFault)
    return false
}

/// The slow path of a store: see `CPU.store`.
@usableFromInline @inline(never)
func storeSlowly(_ cpu: CPU, _ address: UInt64, _ bytes: UnsafeRawBufferPointer) -> Bool {
    _ = cpu.fault(.pageFault)
    return false
}
