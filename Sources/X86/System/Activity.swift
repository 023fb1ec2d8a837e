/// What a processor does (Intel SDM volume 3, 8.4 and 10.4.7).
public enum Activity: UInt8, Sendable {
    case running
    /// HLT: until an interrupt comes.
    case halted
    /// After INIT, and application processors after reset: until a start-up message comes.
    case waitingForStartup
    /// A triple fault: until the machine resets it.
    case shutdown
}
