import CX86Oracle
import Testing

@Suite(.serialized)
struct RealCPUTests {
    @Test("Integer instructions do what the real CPU does")
    func integer() throws {
        try CorpusRunner().run(InstructionTemplate.integer, count: 300)
    }

    @Test(
        "A comparison and its jump are one operation",
        arguments: [
            [0x39, 0xd8, 0x74, 0], [0x83, 0xf8, 5, 0x72, 0], [0x85, 0xc0, 0x79, 0], [0xff, 0xc9, 0x75, 0],
        ] as [[UInt8]])
    func fused(bytes: [UInt8]) {
        let cpu = SoftwareCPU()
        cpu.code.copyMemory(from: bytes, byteCount: bytes.count)
        var state = cx86_oracle_state()
        state.rip = UInt64(CX86_ORACLE_CODE)
        cpu.run(&state, bits: 64, instructions: 2)
        // And the end of the block.
        #expect(cpu.operationCount == 2)
    }
}
