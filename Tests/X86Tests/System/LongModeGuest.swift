import X86

/// A guest in 64-bit mode: tables are ready, code starts at `codeAddress` at privilege 0 with interrupts off. Every vector's handler
/// writes its number to `vectorAddress` and halts, so that a test can look at the frame on the stack.
struct LongModeGuest {
    static let vectorAddress = 0x4000
    static let handlers = 0x5000
    static let interruptTable = 0x7000
    static let globalTable = 0x8000
    static let taskState = 0x8800
    static let codeAddress = 0x1_0000
    static let userCodeAddress = 0x2_0000
    /// Not mapped for anybody.
    static let absentAddress = 0x20_0000
    /// Read-only, for all.
    static let readOnlyAddress = 0x3_0000
    /// For the supervisor, not executable.
    static let dataAddress = 0x4_0000
    static let stackTop = 0x6_0000
    static let userStackTop = 0x7_0000
    static let ring0Stack = 0x8_0000
    static let interruptStack = 0x9_0000

    // Selectors.
    static let kernelCode: UInt16 = 0x08
    static let kernelData: UInt16 = 0x10
    static let userCode32: UInt16 = 0x1b
    static let userData: UInt16 = 0x23
    static let userCode: UInt16 = 0x2b
    static let task: UInt16 = 0x30
    static let absentData: UInt16 = 0x40
    static let conforming: UInt16 = 0x48

    let machine: SmallMachine
    var cpu: CPU { machine.cpu }

    init(_ code: [UInt8], isParavirtual: Bool = false, processorCount: Int = 1) {
        machine = SmallMachine(
            byteCount: 4 << 20, processorCount: processorCount, isParavirtual: isParavirtual)
        typealias Guest = LongModeGuest
        // Pages of 4 KiB for the first 2 MiB; the rest is absent.
        machine.store(UInt64(0xb000 | 7), at: 0xa000)
        machine.store(UInt64(0xc000 | 7), at: 0xb000)
        machine.store(UInt64(0xd000 | 7), at: 0xc000)
        for page in 0..<512 {
            let address = page << 12
            var bits: UInt64 = 7
            if address == Guest.readOnlyAddress { bits = 5 }
            if address == Guest.dataAddress { bits = 3 | 1 << 63 }
            machine.store(UInt64(address) | bits, at: 0xd000 + page * 8)
        }
        let descriptors: [UInt64] = [
            0, 0x00af_9b00_0000_ffff, 0x00cf_9300_0000_ffff, 0x00cf_fb00_0000_ffff, 0x00cf_f300_0000_ffff,
            0x00af_fb00_0000_ffff, 0x0000_8900_8800_0067, 0, 0x00cf_1300_0000_ffff, 0x00af_9f00_0000_ffff,
        ]
        for (index, descriptor) in descriptors.enumerated() {
            machine.store(descriptor, at: Guest.globalTable + index * 8)
        }
        machine.store(UInt64(Guest.ring0Stack), at: Guest.taskState + 4)
        machine.store(UInt64(Guest.interruptStack), at: Guest.taskState + 0x24)
        machine.store(UInt16(0x68), at: Guest.taskState + 0x66)
        for vector in 0..<256 {
            // mov byte [0x4000], vector; hlt
            let at = Guest.handlers + vector * 16
            machine.store([0xc6, 0x04, 0x25, 0x00, 0x40, 0x00, 0x00, UInt8(vector), 0xf4], at: at)
            setGate(vector, privilege: vector == 3 || vector == 4 ? 3 : 0)
        }
        machine.store(UInt8(0xff), at: Guest.vectorAddress)
        machine.store(code, at: Guest.codeAddress)

        cpu.set(StateLayout.cr3, UInt64(0xa000))
        cpu.set(StateLayout.cr4, UInt64(0x20))
        cpu.set(StateLayout.efer, UInt64(0xd01))
        cpu.set(StateLayout.cr0, UInt64(0x8001_0033))
        setSegment(1, Guest.kernelCode, 0xa09b)
        for index in [0, 2, 3, 4, 5] { setSegment(index, Guest.kernelData, 0xc093) }
        setSegment(7, Guest.task, 0x008b, base: UInt64(Guest.taskState), limit: 0x67)
        cpu.set(StateLayout.globalDescriptors, UInt64(Guest.globalTable))
        cpu.set(StateLayout.globalDescriptors + 8, UInt32(descriptors.count * 8 - 1))
        cpu.set(StateLayout.interruptDescriptors, UInt64(Guest.interruptTable))
        cpu.set(StateLayout.interruptDescriptors + 8, UInt32(0xfff))
        cpu.set(StateLayout.rip, UInt64(Guest.codeAddress))
        cpu[.rsp] = UInt64(Guest.stackTop)
        machine.processors[0].flushTranslations()
        machine.processors[0].modeChanged()
    }

    func setSegment(
        _ index: Int, _ selector: UInt16, _ attributes: UInt16, base: UInt64 = 0, limit: UInt32 = 0xffff_ffff
    ) {
        let at = StateLayout.segments + index * SegmentField.byteCount
        cpu.set(at + SegmentField.base, base)
        cpu.set(at + SegmentField.limit, limit)
        cpu.set(at + SegmentField.selector, selector)
        cpu.set(at + SegmentField.attributes, attributes)
    }

    /// An interrupt gate for `vector`.
    func setGate(
        _ vector: Int, privilege: Int = 0, stack: Int = 0, isPresent: Bool = true,
        selector: UInt16 = LongModeGuest.kernelCode, handler: Int? = nil
    ) {
        let handler = handler ?? LongModeGuest.handlers + vector * 16
        var low = UInt64(handler & 0xffff) | UInt64(selector) << 16 | UInt64(stack) << 32
        low |= (0x0e | UInt64(privilege) << 5 | (isPresent ? 0x80 : 0)) << 40
        low |= UInt64(handler >> 16 & 0xffff) << 48
        machine.store(low, at: LongModeGuest.interruptTable + vector * 16)
        machine.store(UInt64(0), at: LongModeGuest.interruptTable + vector * 16 + 8)
    }

    /// The code runs at privilege 3 instead, from `userCodeAddress`.
    func enterUser(_ code: [UInt8], ioPrivilege: UInt64 = 0) {
        machine.store(code, at: LongModeGuest.userCodeAddress)
        setSegment(1, LongModeGuest.userCode, 0xa0fb)
        for index in [0, 2, 3] { setSegment(index, LongModeGuest.userData, 0xc0f3) }
        cpu.set(StateLayout.privilegeLevel, UInt32(3))
        cpu.set(StateLayout.rip, UInt64(LongModeGuest.userCodeAddress))
        cpu[.rsp] = UInt64(LongModeGuest.userStackTop)
        cpu.flags = 2 | ioPrivilege << 12
        machine.processors[0].modeChanged()
    }

    /// The vector whose handler ran last; 255: none.
    var vector: UInt8 { machine.load(LongModeGuest.vectorAddress, UInt8.self) }
    /// What lies on the stack, `index` quadwords from the top.
    func stack(_ index: Int) -> UInt64 { machine.load(Int(cpu[.rsp]) + index * 8, UInt64.self) }
}
