import VirtualMachine

/// Which back end runs a machine's processors.
enum CPUChoice {
    static func choose(_ wanted: VMConfiguration.CPU) throws -> CPUKind {
        switch wanted {
        case .kvm: .kvm
        case .software: .software
        case .auto: .software
        }
    }
}
