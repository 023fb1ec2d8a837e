import CX86Oracle

@testable import X86

/// Our CPU in the place of the real one: the same code and data pages at the same linear addresses, user mode.
final class SoftwareCPU {
    private let machine = TestMachine()
    private static let codePhysical: UInt64 = 0x30_0000
    private static let dataPhysical: UInt64 = 0x31_0000

    init() {
        // A page table for the 2 MiB around the pages.
        let tables = TestMachine.pageTables
        let region = UInt64(CX86_ORACLE_CODE)
        // Nothing else is mapped, as in the test's own process.
        for index in 0..<UInt64(512) { machine.store(UInt64(0), at: tables + 0x2000 + index * 8) }
        machine.store(tables + 0x5000 | 7, at: tables + 0x2000 + (region >> 21) * 8)
        func map(_ linear: UInt64, _ physical: UInt64) {
            machine.store(physical | 0x67, at: tables + 0x5000 + (linear >> 12 & 511) * 8)
        }
        map(region, SoftwareCPU.codePhysical)
        for page in 0..<UInt64(CX86_ORACLE_DATA_BYTES) >> 12 {
            map(UInt64(CX86_ORACLE_DATA) + page << 12, SoftwareCPU.dataPhysical + page << 12)
        }
        machine.cpu.set(StateLayout.privilegeLevel, UInt32(3))
    }

    var processor: Processor { machine.processor }
    var code: UnsafeMutableRawPointer { machine.ram + Int(SoftwareCPU.codePhysical) }
    var data: UnsafeMutableRawPointer { machine.ram + Int(SoftwareCPU.dataPhysical) }

    private var bits = 0

    private func enter(_ bits: Int) {
        guard bits != self.bits else { return }
        self.bits = bits
        let cpu = machine.cpu
        for segment in 0..<6 {
            let base = StateLayout.segments + segment * SegmentField.byteCount
            let isCode = segment == 1
            cpu.set(base + SegmentField.selector, UInt16(isCode ? (bits == 64 ? 0x33 : 0x23) : 0x2b))
            let linear = bits == 16 ? (isCode ? CX86_ORACLE_CODE : CX86_ORACLE_DATA) : 0
            cpu.set(base + SegmentField.base, UInt64(linear))
            let limit = bits == 16 ? (isCode ? 0xffff : UInt32(CX86_ORACLE_DATA_BYTES) - 1) : UInt32.max
            cpu.set(base + SegmentField.limit, limit)
            let attributes: UInt16 = bits == 16 ? 0x00f3 : isCode && bits == 64 ? 0xa0f3 : 0xc0f3
            cpu.set(base + SegmentField.attributes, isCode ? attributes | 8 : attributes)
        }
        machine.processor.modeChanged()
    }

    /// Runs the instruction at `state.rip`, which lies in the code page; or a block of as many instructions.
    func run(_ state: inout cx86_oracle_state, bits: Int, instructions: Int = 1) {
        enter(bits)
        let cpu = machine.cpu
        for number in 0..<16 { cpu.set(number * 8, state[register: number]) }
        cpu.flags = state.flags
        cpu.set(StateLayout.rip, state.rip)
        cpu.set(StateLayout.exit, Exit.lookUp.rawValue)
        withUnsafeBytes(of: state.fx) { (cpu.raw + StateLayout.fx).copyMemory(from: $0.baseAddress!, byteCount: 512) }
        let start = state.rip
        // As often as it asks to be gone on with: repeated string instructions.
        repeat {
            if instructions > 1 {
                runBlock(of: instructions)
                break
            }
            machine.processor.runAlone()
        } while machine.processor.exit != .exception && cpu.get(StateLayout.rip) == start
        for number in 0..<16 { state[register: number] = cpu.get(number * 8) }
        state.flags = cpu.flags
        state.rip = cpu.get(StateLayout.rip)
        withUnsafeMutableBytes(of: &state.fx) {
            $0.baseAddress!.copyMemory(from: cpu.raw + StateLayout.fx, byteCount: 512)
        }
        if machine.processor.exit == .exception {
            state.vector = UInt64(cpu.get(StateLayout.exceptionVector, as: UInt32.self))
            state.error_code = UInt64(cpu.get(StateLayout.exceptionErrorCode, as: UInt32.self))
            state.cr2 = cpu.get(StateLayout.cr2)
        } else {
            state.vector = UInt64(CX86_ORACLE_DONE)
        }
    }

    /// How many operations the last block had.
    private(set) var operationCount = 0

    /// Decodes and runs a block, as the run loop would.
    private func runBlock(of instructions: Int) {
        let cpu = machine.cpu
        let block = UnsafeMutableRawPointer.allocate(byteCount: BlockBuilder.byteLimit, alignment: 64)
        defer { block.deallocate() }
        let key = BlockKey(rawValue: cpu.get(StateLayout.blockKey, as: UInt64.self) & BlockKey.mask)
        var builder = BlockBuilder(
            key: key, code: UnsafeRawBufferPointer(start: code, count: 4096), codeOffset: 0, start: block)
        _ = builder.build(limit: instructions)
        operationCount = builder.byteCount / Op.byteCount
        cpu.set(StateLayout.codeBase, cpu.get(StateLayout.rip, as: UInt64.self))
        var next: UnsafeRawPointer? = UnsafeRawPointer(block)
        while let op = next { next = op.load(as: Handler.self)(cpu.raw, op) }
        cpu.set(StateLayout.linkSite, UInt64(0))
    }
}
