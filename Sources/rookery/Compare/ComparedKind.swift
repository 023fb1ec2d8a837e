import VirtualMachine

/// What the works run in.
enum ComparedKind: String, CaseIterable, Codable, Sendable {
    /// A process of this machine's.
    case process
    case para
    case full

    /// nil: no machine.
    var virtualization: VMConfiguration.Virtualization? {
        switch self {
        case .process: nil
        case .para: .para
        case .full: .full
        }
    }

    /// The guest's device of its first disk: virtio's, or what AHCI's drivers call theirs.
    var disk: String { self == .para ? "/dev/vda" : "/dev/sda" }
}
