/// Something that a CPU's loads and stores outside of RAM, or its port instructions, reach.
///
/// All calls are made with the machine's device lock held, from any thread; a device itself is not thread-safe.
public protocol IODevice: AnyObject {
    /// What the CPU reads from `size` (1, 2, 4 or 8) bytes at `offset` from the start of the device's range.
    /// Bits above `size` bytes are ignored. Nothing there reads as all ones.
    func read(offset: UInt64, size: Int) -> UInt64
    /// The CPU writes the low `size` bytes of `value`. Writes to nothing are dropped.
    func write(offset: UInt64, size: Int, value: UInt64)
}
