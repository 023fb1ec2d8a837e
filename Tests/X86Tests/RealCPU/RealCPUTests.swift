import Testing

@Suite(.serialized)
struct RealCPUTests {
    @Test("Integer instructions do what the real CPU does")
    func integer() throws {
        try CorpusRunner().run(InstructionTemplate.integer, count: 300)
    }
}
