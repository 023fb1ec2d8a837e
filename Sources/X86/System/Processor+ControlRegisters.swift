extension Processor {
    private enum CR0 {
        static let extensionType: UInt64 = 1 << 4
        static let notWriteThrough: UInt64 = 1 << 29
        static let cacheDisable: UInt64 = 1 << 30
        static let defined: UInt64 = 0xe005_003f
        /// What translations depend on.
        static let translation = ControlBit.paging | ControlBit.writeProtect | ControlBit.protection
    }

    private enum CR4 {
        static let defined: UInt64 = {
            // TSD, DE, PSE, PAE, MCE, PGE, PCE, OSFXSR, OSXMMEXCPT, UMIP, FSGSBASE, PCIDE, SMEP, SMAP.
            [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 20, 21].reduce(0) { $0 | 1 << UInt64($1) }
        }()
        static let translation =
            ControlBit.pageSizeExtensions | ControlBit.physicalAddressExtension | ControlBit.globalPages
            | ControlBit.supervisorExecutionPrevention | ControlBit.supervisorAccessPrevention
    }

    /// MOV to CR0, LMSW: checks, long mode's activation, what follows (Intel SDM volume 3, 2.5 and 10.8.5).
    func setCR0(_ value: UInt64) throws(Fault) {
        guard value >> 32 == 0 else { throw .generalProtection }
        let old = cr0
        var value = value & CR0.defined | CR0.extensionType
        if value & ControlBit.paging != 0, value & ControlBit.protection == 0 { throw .generalProtection }
        if value & CR0.notWriteThrough != 0, value & CR0.cacheDisable == 0 { throw .generalProtection }
        let turnsOn = value & ~old & ControlBit.paging != 0
        let turnsOff = old & ~value & ControlBit.paging != 0
        if turnsOn, efer & ControlBit.longModeEnable != 0 {
            guard cr4 & ControlBit.physicalAddressExtension != 0, !segment(.cs).isLong else {
                throw .generalProtection
            }
            guard segment(.tr).type & 8 != 0 || !segment(.tr).isPresent else { throw .generalProtection }
            cpu.set(StateLayout.efer, efer | ControlBit.longModeActive)
        } else if turnsOn, cr4 & ControlBit.physicalAddressExtension != 0 {
            try checkDirectoryPointers(cpu.get(StateLayout.cr3))
        }
        if turnsOff {
            guard !is64Bit, cr4 & ControlBit.processContextIdentifiers == 0 else { throw .generalProtection }
            cpu.set(StateLayout.efer, efer & ~ControlBit.longModeActive)
        }
        value |= CR0.extensionType
        cpu.set(StateLayout.cr0, value)
        if (value ^ old) & CR0.translation != 0 { flushTranslations() }
        if value & ControlBit.protection == 0, old & ControlBit.protection != 0 { setPrivilege(0) }
        modeChanged()
    }

    /// With PAE and without long mode, loading CR3 reads four entries, which must be valid.
    private func checkDirectoryPointers(_ cr3: UInt64) throws(Fault) {
        let reserved: UInt64 = 0x1e6 | ~(1 << Processor.physicalAddressBits - 1)
        for index in 0..<4 {
            guard let (host, _, _) = memory.find((cr3 & 0xffff_ffe0) + UInt64(index) * 8) else { continue }
            let entry = host.load(as: UInt64.self)
            if entry & 1 != 0, entry & reserved != 0 { throw .generalProtection }
        }
    }

    func setCR3(_ value: UInt64) throws(Fault) {
        var value = value
        var keepsTranslations = false
        if isLongMode {
            if cr4 & ControlBit.processContextIdentifiers != 0 {
                // Bit 63: translations of the new identifier may stay. There is one set of translations here: it has to go.
                keepsTranslations = value >> 63 != 0 && value & ~(1 << 63) == cpu.get(StateLayout.cr3)
                value &= ~(1 << 63)
            }
            guard value >> Processor.physicalAddressBits == 0 else { throw .generalProtection }
        } else {
            value &= 0xffff_ffff
            if cr0 & ControlBit.paging != 0, cr4 & ControlBit.physicalAddressExtension != 0 {
                try checkDirectoryPointers(value)
            }
        }
        cpu.set(StateLayout.cr3, value)
        if !keepsTranslations { flushTranslations() }
    }

    func setCR4(_ value: UInt64) throws(Fault) {
        guard value & ~CR4.defined == 0 else { throw .generalProtection }
        let old = cr4
        if isLongMode, value & ControlBit.physicalAddressExtension == 0 { throw .generalProtection }
        if value & ~old & ControlBit.processContextIdentifiers != 0 {
            guard isLongMode, cpu.get(StateLayout.cr3, as: UInt64.self) & 0xfff == 0 else { throw .generalProtection }
        }
        if !isLongMode, cr0 & ControlBit.paging != 0, value & ControlBit.physicalAddressExtension != 0,
            (value ^ old)
                & (ControlBit.physicalAddressExtension | ControlBit.globalPages | ControlBit.pageSizeExtensions
                    | ControlBit.supervisorExecutionPrevention) != 0
        {
            try checkDirectoryPointers(cpu.get(StateLayout.cr3))
        }
        cpu.set(StateLayout.cr4, value)
        if (value ^ old) & ControlBit.debugExtensions != 0 { debugRegistersChanged() }
        if (value ^ old) & CR4.translation != 0 || old & ~value & ControlBit.processContextIdentifiers != 0 {
            flushTranslations()
        }
        modeChanged()
    }

    func setCR8(_ value: UInt64) throws(Fault) {
        guard value >> 4 == 0 else { throw .generalProtection }
        withdrawOfferedEndOfInterrupt()
        apic.setTaskPriority(UInt8(value) << 4)
        interruptsMayHaveOpened()
    }

    /// WRMSR to EFER: SCE, LME and NXE can be set; LMA follows from CR0.
    func setEFER(_ value: UInt64) throws(Fault) {
        let writable = ControlBit.systemCall | ControlBit.longModeEnable | ControlBit.noExecuteEnable
        guard value & ~(writable | ControlBit.longModeActive) == 0 else { throw .generalProtection }
        let old = efer
        if cr0 & ControlBit.paging != 0, (value ^ old) & ControlBit.longModeEnable != 0 { throw .generalProtection }
        let new = value & writable | old & ControlBit.longModeActive
        cpu.set(StateLayout.efer, new)
        if (new ^ old) & ControlBit.noExecuteEnable != 0 { flushTranslations() }
        modeChanged()
    }

    /// MOV from a control register.
    func controlRegister(_ number: UInt8) throws(Fault) -> UInt64 {
        switch number {
        case 0: return cr0
        case 2: return cpu.get(StateLayout.cr2)
        case 3: return cpu.get(StateLayout.cr3)
        case 4: return cr4
        case 8: return UInt64(apic.taskPriority >> 4)
        default: throw .undefined
        }
    }

    func setControlRegister(_ number: UInt8, _ value: UInt64) throws(Fault) {
        switch number {
        case 0: try setCR0(value)
        case 2: cpu.set(StateLayout.cr2, value)
        case 3: try setCR3(value)
        case 4: try setCR4(value)
        case 8: try setCR8(value)
        default: throw .undefined
        }
    }

    // MARK: - Debug registers

    private func debugRegisterOffset(_ number: UInt8) throws(Fault) -> Int {
        var number = number
        if number == 4 || number == 5 {
            // Aliases of DR6 and DR7, unless CR4.DE.
            guard cr4 & 8 == 0 else { throw .undefined }
            number += 2
        }
        guard number < 8 else { throw .undefined }
        return StateLayout.debug + Int(number) * 8
    }

    /// DR7.GD: any access to the debug registers is a debug exception before it.
    private func checkGeneralDetect() throws(Fault) {
        let control: UInt64 = cpu.get(StateLayout.debug + 56)
        guard control & 1 << 13 != 0 else { return }
        cpu.set(StateLayout.debug + 56, control & ~(1 << 13))
        cpu.set(StateLayout.debug + 48, cpu.get(StateLayout.debug + 48, as: UInt64.self) & ~0xf | 1 << 13)
        throw .exception(.debug, 0)
    }

    func debugRegister(_ number: UInt8) throws(Fault) -> UInt64 {
        let offset = try debugRegisterOffset(number)
        try checkGeneralDetect()
        return cpu.get(offset)
    }

    func setDebugRegister(_ number: UInt8, _ value: UInt64) throws(Fault) {
        let offset = try debugRegisterOffset(number)
        try checkGeneralDetect()
        switch offset {
        case StateLayout.debug + 48:
            guard value >> 32 == 0 else { throw .generalProtection }
            cpu.set(offset, value & 0xe00f | 0xffff_0ff0)
        case StateLayout.debug + 56:
            guard value >> 32 == 0 else { throw .generalProtection }
            cpu.set(offset, value & 0xffff_2bff | 0x400)
        default: cpu.set(offset, value)
        }
        debugRegistersChanged()
    }
}
