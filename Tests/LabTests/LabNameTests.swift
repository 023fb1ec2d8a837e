import Lab
import Testing

@Suite struct LabNameTests {
    @Test(arguments: ["two-racks", "a", "lab_1.5", String(repeating: "x", count: 48)])
    func acceptsPlainNames(name: String) throws {
        try LabName.validate(name)
    }

    @Test(arguments: [
        "", ".", "..", ".hidden", "a/b", "a b", "ü", "a\n", "vm", "a.crash.log", String(repeating: "x", count: 49),
    ])
    func refusesWhatCannotBeADirectory(name: String) {
        #expect(throws: LabError.self) { try LabName.validate(name) }
    }
}
