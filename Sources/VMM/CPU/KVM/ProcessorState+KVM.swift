import Linux

extension ProcessorState {
    init(_ general: KVMGeneralRegisters, _ special: KVMSpecialRegisters) {
        self.init()
        registers = general.registers
        rip = general.rip
        rflags = general.rflags
        let all = special.segments.map {
            Segment(selector: $0.selector, base: $0.base, limit: $0.limit, attributes: $0.attributes)
        }
        segments = Array(all[0..<6])
        localDescriptorTable = all[6]
        task = all[7]
        globalDescriptors = Table(base: special.globalDescriptors.base, limit: special.globalDescriptors.limit)
        interruptDescriptors = Table(base: special.interruptDescriptors.base, limit: special.interruptDescriptors.limit)
        cr0 = special.cr0
        cr2 = special.cr2
        cr3 = special.cr3
        cr4 = special.cr4
        efer = special.efer
    }

    var generalRegisters: KVMGeneralRegisters {
        KVMGeneralRegisters(registers: registers, rip: rip, rflags: rflags)
    }

    func store(to special: inout KVMSpecialRegisters) {
        special.segments = (segments + [localDescriptorTable, task]).map {
            KVMSegment(selector: $0.selector, base: $0.base, limit: $0.limit, attributes: $0.attributes)
        }
        special.globalDescriptors = (globalDescriptors.base, globalDescriptors.limit)
        special.interruptDescriptors = (interruptDescriptors.base, interruptDescriptors.limit)
        special.cr0 = cr0
        special.cr2 = cr2
        special.cr3 = cr3
        special.cr4 = cr4
        special.efer = efer
    }
}
