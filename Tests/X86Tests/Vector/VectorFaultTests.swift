import Testing

@testable import X86

/// Exceptions that follow from CR0 and CR4, and from an x87 exception that waits (Intel SDM volume 3, 14.1 and table 2-2).
@Suite("Which vector instructions may run")
struct VectorFaultTests {
    private static let code: UInt64 = 0x8000

    private let machine = TestMachine()
    private var cpu: CPU { machine.cpu }

    /// The vector of the exception that an instruction raises, or nil.
    private func exception(_ bytes: [UInt8]) -> UInt32? {
        machine.write(bytes, at: VectorFaultTests.code)
        cpu.set(StateLayout.rip, VectorFaultTests.code)
        cpu.set(StateLayout.exit, Exit.lookUp.rawValue)
        machine.processor.runAlone()
        return machine.processor.exit == .exception ? cpu.get(StateLayout.exceptionVector) : nil
    }

    private func setControl(cr0: UInt64 = 0, clearing4: UInt64 = 0) {
        cpu.set(StateLayout.cr0, cpu.get(StateLayout.cr0, as: UInt64.self) | cr0)
        cpu.set(StateLayout.cr4, cpu.get(StateLayout.cr4, as: UInt64.self) & ~clearing4)
        machine.processor.modeChanged()
    }

    private static let x87: [UInt8] = [0xd9, 0xe8]
    private static let wait: [UInt8] = [0x9b]
    private static let mmx: [UInt8] = [0x0f, 0xef, 0xc0]
    private static let sse: [UInt8] = [0x0f, 0x57, 0xc0]
    private static let conversion: [UInt8] = [0x0f, 0x2d, 0xc0]
    private static let save: [UInt8] = [0x0f, 0xae, 0x04, 0x25, 0x00, 0x90, 0x00, 0x00]
    private static let fence: [UInt8] = [0x0f, 0xae, 0xf0]
    private static let all = [x87, wait, mmx, sse, conversion, save, fence]

    @Test(
        "By CR0 and CR4",
        arguments: [
            (0, 0, [nil, nil, nil, nil, nil, nil, nil]),
            (ControlBit.taskSwitched, 0, [7, nil, 7, 7, 7, 7, nil]),
            (ControlBit.taskSwitched | ControlBit.monitorCoprocessor, 0, [7, 7, 7, 7, 7, 7, nil]),
            (ControlBit.emulation, 0, [7, nil, 6, 6, 6, 7, nil]),
            (0, ControlBit.fxsave, [nil, nil, nil, 6, 6, nil, nil]),
        ] as [(UInt64, UInt64, [UInt32?])])
    func controlRegisters(cr0: UInt64, clearing4: UInt64, vectors: [UInt32?]) {
        setControl(cr0: cr0, clearing4: clearing4)
        for (bytes, vector) in zip(VectorFaultTests.all, vectors) {
            #expect(exception(bytes) == vector, "\(bytes)")
        }
    }

    /// FLDZ, FLD1, FDIVRP with division by zero unmasked: pending until the next waiting instruction.
    private func divideByZero() {
        cpu.set(StateLayout.fx, UInt16(0x37b))
        for bytes: [UInt8] in [[0xd9, 0xee], [0xd9, 0xe8], [0xde, 0xf1]] { #expect(exception(bytes) == nil) }
        #expect(cpu.x87StatusWord & 0x80 != 0)
    }

    @Test("An x87 exception is raised by the next waiting instruction")
    func pending() {
        divideByZero()
        let (instruction, opcode): (UInt64, UInt16) = (
            cpu.get(StateLayout.fx + FXField.instructionPointer), cpu.get(StateLayout.fx + FXField.opcode)
        )
        #expect(instruction == VectorFaultTests.code)
        #expect(opcode == 0x6f1)
        #expect(exception([0xdf, 0xe0]) == nil, "FNSTSW AX does not wait")
        #expect(cpu[.rax] & 0x84 == 0x84)
        for bytes in [VectorFaultTests.x87, VectorFaultTests.wait, VectorFaultTests.mmx, VectorFaultTests.conversion] {
            #expect(exception(bytes) == 16)
        }
        #expect(exception(VectorFaultTests.sse) == nil)
        #expect(exception([0xdb, 0xe2]) == nil, "FNCLEX does not wait")
        #expect(exception(VectorFaultTests.x87) == nil)
        #expect(machine.floatingPointErrors == 0)
    }

    @Test("With CR0.NE clear it goes to the interrupt controllers, and the instruction waits")
    func externalError() {
        cpu.set(StateLayout.cr0, cpu.get(StateLayout.cr0, as: UInt64.self) & ~ControlBit.numericError)
        divideByZero()
        #expect(exception(VectorFaultTests.x87) == nil)
        #expect(machine.floatingPointErrors == 1)
        #expect(cpu.get(StateLayout.rip, as: UInt64.self) == VectorFaultTests.code)
    }

    @Test("An SSE exception without CR4.OSXMMEXCPT is an invalid opcode")
    func simdErrors() {
        cpu.set(StateLayout.mxcsr, UInt32(0x1d80))
        cpu.set(StateLayout.xmm, Vector128(0x3ff0_0000_0000_0000, 1))
        cpu.set(StateLayout.xmm + 16, Vector128(0, 2))
        let division: [UInt8] = [0xf2, 0x0f, 0x5e, 0xc1]
        #expect(exception(division) == 19)
        #expect(cpu.get(StateLayout.mxcsr, as: UInt32.self) == 0x1d84)
        #expect(cpu.get(StateLayout.xmm, as: Vector128.self) == Vector128(0x3ff0_0000_0000_0000, 1))
        setControl(clearing4: ControlBit.simdExceptions)
        #expect(exception(division) == 6)
    }

    @Test("FNSTENV in real mode stores linear addresses")
    func realModeEnvironment() {
        let cs = StateLayout.segments + SegmentField.byteCount
        cpu.set(StateLayout.cr0, UInt64(0x20))
        cpu.set(StateLayout.efer, UInt64(0))
        cpu.set(cs + SegmentField.base, UInt64(0x2_0000))
        cpu.set(cs + SegmentField.limit, UInt32(0xffff))
        cpu.set(cs + SegmentField.attributes, UInt16(0x9b))
        machine.processor.modeChanged()
        machine.processor.flushTranslations()
        // FLD DWORD [9000h]; FNSTENV [9100h], at 2000h:1234h.
        machine.write([0xd9, 0x06, 0x00, 0x90], at: 0x2_1234)
        machine.write([0xd9, 0x36, 0x00, 0x91], at: 0x2_1238)
        cpu.set(StateLayout.fx, UInt16(0x37f))
        cpu.set(StateLayout.rip, UInt64(0x1234))
        machine.processor.runAlone()
        machine.processor.runAlone()
        #expect(machine.load(UInt16.self, at: 0x9106) == 0x1234)
        #expect(machine.load(UInt16.self, at: 0x9108) & 0xf000 == 0x2000)
        #expect(machine.load(UInt16.self, at: 0x910a) == 0x9000)
        #expect(machine.load(UInt16.self, at: 0x910c) == 0)
    }
}
