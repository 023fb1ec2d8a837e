/// Why a machine cannot be made or go on.
public enum MachineError: Error, Equatable, Sendable, CustomStringConvertible {
    case configuration(String)

    public var description: String {
        switch self {
        case .configuration(let text): text
        }
    }
}
