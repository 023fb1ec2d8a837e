/// What lies outside of a processor: devices, ports, time. Called on the processor's thread.
public protocol ProcessorBus: AnyObject {
    /// A load from a physical address that is not RAM, 1, 2, 4 or 8 bytes.
    func read(address: UInt64, size: Int) -> UInt64
    func write(address: UInt64, size: Int, value: UInt64)
    /// IN and OUT, 1, 2 or 4 bytes.
    func readPort(_ port: UInt16, size: Int) -> UInt32
    func writePort(_ port: UInt16, size: Int, value: UInt32)
    /// The time-stamp counter as it runs, without this processor's offset.
    func timeStamp() -> UInt64
    /// The vector of an interrupt of the legacy PIC that waits, taken (ExtINT); nil when there is none.
    func acknowledgeLegacyInterrupt() -> UInt8?
    /// An inter-processor interrupt, or anything else that the local APIC sends. `command`: the ICR, 64 bits.
    func sendInterruptCommand(_ command: UInt64, from processor: Processor)
    /// The local APIC broadcasts the end of a level-triggered interrupt to the I/O APICs.
    func endOfInterrupt(vector: UInt8)
    /// The timer of a processor's local APIC is due at `deadline`, in ticks of `timeStamp()`: then it wants `Request.timer`, and to
    /// be woken; nil: not any more.
    func timerDeadlineChanged(_ deadline: UInt64?, of processor: Processor)
    /// The guest waits in a loop for another processor: a moment for that one's thread.
    func relax()
    /// Another thread gave a processor work (an interrupt): if its thread waits in HLT, it shall go on. From any thread.
    func wake(_ processor: Processor)
    /// FERR#: an x87 exception that CR0.NE leaves to the interrupt controllers (IRQ 13 of a PC).
    func floatingPointError(of processor: Processor)
    /// Nanoseconds since 1970, UTC: for KVM's wall clock.
    func wallClock() -> UInt64
    /// A hypercall of KVM's that concerns other processors or the host; nil: unknown (KVM_ENOSYS).
    func hypercall(_ number: UInt64, _ arguments: (UInt64, UInt64, UInt64, UInt64), from processor: Processor) -> Int64?
}

extension ProcessorBus {
    public func relax() {}
}
