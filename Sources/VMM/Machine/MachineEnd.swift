/// How a machine's life ended.
public enum MachineEnd: Equatable, Sendable, CustomStringConvertible {
    /// The guest switched the machine off.
    case poweredOff
    /// The guest asked for a reset.
    case reset
    /// A triple fault: what led to it, where that is known. On a real machine a reset.
    case tripleFault(String)
    /// The guest's program ended with a status of its own (see `ExitPort`).
    case exited(UInt8)
    /// The guest's kernel says that it has panicked, and maybe why.
    case panicked(String?)
    /// Somebody asked for it.
    case killed
    /// The monitor cannot go on.
    case failed(String)

    /// The exit status of the machine's process.
    public var status: Int32 {
        switch self {
        case .poweredOff: 0
        case .exited(let status): Int32(status)
        case .reset: 120
        case .tripleFault: 121
        case .panicked: 122
        case .failed: 123
        case .killed: 137
        }
    }

    public var description: String {
        switch self {
        case .poweredOff: "powered off"
        case .reset: "reset by the guest"
        case .tripleFault(let cause): "triple fault" + (cause.isEmpty ? "" : " \(cause)")
        case .exited(let status): "exited with status \(status)"
        case .panicked(let reason): "the guest's kernel panicked" + (reason.map { ": \($0)" } ?? "")
        case .killed: "killed"
        case .failed(let reason): "failed: \(reason)"
        }
    }
}
