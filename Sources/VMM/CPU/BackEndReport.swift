import Linux

/// What `rookery-vmm --measure` prints: a line for each back end, `kvm 40211` (rounds a second of a small guest) or
/// `kvm - WHY NOT`. `rookery doctor` reads it.
public enum BackEndReport {
    public static var text: String {
        CPUKind.allCases.map { kind in
            do {
                return "\(kind.rawValue) \(Int(try CPUMeasurement.run(kind)))\n"
            } catch {
                return "\(kind.rawValue) - \(error)\n"
            }
        }.joined()
    }
}
