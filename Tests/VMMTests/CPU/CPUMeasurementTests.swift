import Testing
import VirtualMachine

@testable import VMM

@Suite struct CPUMeasurementTests {
    @Test(arguments: SmallGuest.backEnds)
    func everyBackEndIsMeasured(_ kind: CPUKind) throws {
        #expect(try CPUMeasurement.run(kind) > 1)
    }

    /// The choice is the faster one's; what is asked for by name is not measured.
    @Test func choice() throws {
        #expect(try CPUChoice.choose(.software) == .software)
        #expect(try CPUChoice.choose(.kvm) == .kvm)
        let auto = try CPUChoice.choose(.auto)
        #expect(SmallGuest.backEnds.contains(auto))
    }
}
