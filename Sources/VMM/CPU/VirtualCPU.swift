/// A processor of a machine's, whatever runs it: the kernel's KVM, or our own in software.
///
/// One thread runs it. `interrupt` may be called from any thread; everything else while it does not run.
public protocol VirtualCPU: AnyObject {
    /// Its number among the machine's processors, and its local APIC's.
    var number: Int { get }
    /// Runs the guest. Ports and addresses without memory are the bus's (`DeviceBus`), halts are waited out inside.
    func run() -> CPUEnd
    /// Makes `run` return `.interrupted`, the one that goes on now or else the next. Any thread.
    func interrupt()
    func state() throws -> ProcessorState
    func setState(_ state: ProcessorState) throws
    /// As after power-on: the first processor at the firmware's first instruction, the others wait for a start-up message.
    func reset() throws
}

/// Why a processor came back.
public enum CPUEnd: Equatable, Sendable {
    case interrupted
    /// A triple fault: where, and by which exceptions.
    case shutdown(String)
    /// It cannot go on; the text says why.
    case failure(String)
}
