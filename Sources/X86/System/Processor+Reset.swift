extension Processor {
    /// Power-on state (Intel SDM volume 3, table 9-1). Application processors then wait for a start-up message.
    public func reset() {
        apic.reset()
        system.memoryTypes = MemoryTypeRegisters()
        system.pageAttributeTable = 0x0007_0406_0007_0406
        system.miscellaneousEnable = SystemState.miscellaneousEnableReset
        system.paravirtual = ParavirtualState()
        system.timeStampAdjustment = 0
        system.machineCheckStatus = 0
        system.shutdownCause = nil
        for register in 0..<16 { cpu.set(StateLayout.registers + register * 8, UInt64(0)) }
        for offset in [
            StateLayout.star, StateLayout.lstar, StateLayout.cstar, StateLayout.sfmask, StateLayout.kernelGSBase,
            StateLayout.sysenterCS, StateLayout.sysenterESP, StateLayout.sysenterEIP, StateLayout.tscAux,
        ] {
            cpu.set(offset, UInt64(0))
        }
        (cpu.raw + StateLayout.fx).initializeMemory(as: UInt8.self, repeating: 0, count: 512)
        cpu.set(StateLayout.fx, UInt16(0x0040))
        cpu.set(StateLayout.mxcsr, UInt32(0x1f80))
        resetCommon(cr0: 0x6000_0010)
        system.activity = number == 0 ? .running : .waitingForStartup
    }

    /// INIT: most registers as after reset; caches, x87, SSE and model-specific registers stay.
    func initialize() {
        apic.reset(isInitialize: true)
        let caches = cr0 & 0x6000_0000
        for register in 0..<16 { cpu.set(StateLayout.registers + register * 8, UInt64(0)) }
        resetCommon(cr0: 0x10 | caches)
        system.activity = number == 0 ? .running : .waitingForStartup
    }

    private func resetCommon(cr0: UInt64) {
        cpu[.rdx] = UInt64(ProcessorModel.signature)
        cpu.flags = 2
        cpu.set(StateLayout.rip, UInt64(0xfff0))
        cpu.set(StateLayout.cr0, cr0)
        for offset in [
            StateLayout.cr2, StateLayout.cr3, StateLayout.cr4, StateLayout.cr8, StateLayout.efer, StateLayout.xcr0,
        ] {
            cpu.set(offset, UInt64(0))
        }
        for register in 0..<4 { cpu.set(StateLayout.debug + register * 8, UInt64(0)) }
        cpu.set(StateLayout.debug + 48, UInt64(0xffff_0ff0))
        cpu.set(StateLayout.debug + 56, UInt64(0x400))
        breakpoints = Breakpoints()
        metBreakpoints = 0
        for register in [SegmentRegister.es, .ss, .ds, .fs, .gs] {
            setSegment(register, Segment(selector: 0, base: 0, limit: 0xffff, attributes: 0x93))
        }
        setSegment(.cs, Segment(selector: 0xf000, base: 0xffff_0000, limit: 0xffff, attributes: 0x9b))
        setSegment(.ldtr, Segment(selector: 0, base: 0, limit: 0xffff, attributes: 0x82))
        setSegment(.tr, Segment(selector: 0, base: 0, limit: 0xffff, attributes: 0x8b))
        for table in [StateLayout.globalDescriptors, StateLayout.interruptDescriptors] {
            cpu.set(table, UInt64(0))
            cpu.set(table + 8, UInt32(0xffff))
        }
        cpu.set(StateLayout.interruptShadow, UInt8(0))
        cpu.set(StateLayout.exit, Exit.lookUp.rawValue)
        setPrivilege(0)
        system.isNonMaskableBlocked = false
        system.debugControl = 0
        flushTranslations()
        modeChanged()
    }

    /// A start-up message: an application processor runs in real mode from page `vector` on.
    func startup(vector: UInt8) {
        setSegment(
            .cs,
            Segment(
                selector: UInt16(vector) << 8, base: UInt64(vector) << 12, limit: 0xffff, attributes: 0x9b))
        cpu.set(StateLayout.rip, UInt64(0))
        cpu.set(StateLayout.exit, Exit.lookUp.rawValue)
        system.activity = .running
        modeChanged()
    }
}
