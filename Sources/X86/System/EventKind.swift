/// Where an event that is delivered through the interrupt descriptor table comes from.
public enum EventKind: Sendable {
    /// The processor found a fault or a trap. `fault`: RIP is the instruction's own, and RF is set in the pushed flags.
    case exception
    /// INT n, INT3, INTO: gates' privilege levels count. RIP to return to is that of the next instruction.
    case software(nextRIP: UInt64)
    /// INTR or NMI: RIP to return to is that of the instruction that would have run.
    case external
}
