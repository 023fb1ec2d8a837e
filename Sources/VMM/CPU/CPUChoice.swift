import Linux
import VirtualMachine

/// Which back end runs a machine's processors.
enum CPUChoice {
    /// - Throws: where KVM is asked for and missing: what, and what mends it.
    static func choose(_ wanted: VMConfiguration.CPU) throws -> CPUKind {
        switch wanted {
        case .kvm: return .kvm
        case .software: return .software
        case .auto:
            // A /dev/kvm is no proof of speed: some only emulate, an instruction at a time.
            guard let kvm = try? CPUMeasurement.run(.kvm) else { return .software }
            let software = (try? CPUMeasurement.run(.software)) ?? 0
            return kvm >= software ? .kvm : .software
        }
    }
}
