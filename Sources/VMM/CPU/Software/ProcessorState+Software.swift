import X86

extension SoftwareCPU {
    func state() throws -> ProcessorState {
        let cpu = processor.cpu
        var state = ProcessorState()
        for register in 0..<16 { state.registers[register] = cpu.get(StateLayout.registers + register * 8) }
        state.rip = cpu.get(StateLayout.rip)
        state.rflags = cpu.flags
        for number in 0..<6 { state.segments[number] = segment(StateLayout.segments + number * SegmentField.byteCount) }
        state.localDescriptorTable = segment(StateLayout.localDescriptorTable)
        state.task = segment(StateLayout.task)
        state.globalDescriptors = table(StateLayout.globalDescriptors)
        state.interruptDescriptors = table(StateLayout.interruptDescriptors)
        state.cr0 = cpu.get(StateLayout.cr0)
        state.cr2 = cpu.get(StateLayout.cr2)
        state.cr3 = cpu.get(StateLayout.cr3)
        state.cr4 = cpu.get(StateLayout.cr4)
        state.efer = cpu.get(StateLayout.efer)
        return state
    }

    func setState(_ state: ProcessorState) throws {
        let cpu = processor.cpu
        for register in 0..<16 { cpu.set(StateLayout.registers + register * 8, state.registers[register]) }
        cpu.set(StateLayout.rip, state.rip)
        cpu.flags = state.rflags
        for number in 0..<6 { set(StateLayout.segments + number * SegmentField.byteCount, state.segments[number]) }
        set(StateLayout.localDescriptorTable, state.localDescriptorTable)
        set(StateLayout.task, state.task)
        set(StateLayout.globalDescriptors, state.globalDescriptors)
        set(StateLayout.interruptDescriptors, state.interruptDescriptors)
        cpu.set(StateLayout.cr0, state.cr0)
        cpu.set(StateLayout.cr2, state.cr2)
        cpu.set(StateLayout.cr3, state.cr3)
        cpu.set(StateLayout.cr4, state.cr4)
        cpu.set(StateLayout.efer, state.efer)
        // The stack segment's privilege is the processor's.
        cpu.set(StateLayout.privilegeLevel, UInt32(state[.ss].attributes >> 5 & 3))
        cpu.set(StateLayout.exit, Exit.lookUp.rawValue)
        processor.flushTranslations()
        processor.modeChanged()
    }

    private func segment(_ offset: Int) -> ProcessorState.Segment {
        let cpu = processor.cpu
        return ProcessorState.Segment(
            selector: cpu.get(offset + SegmentField.selector), base: cpu.get(offset + SegmentField.base),
            limit: cpu.get(offset + SegmentField.limit), attributes: cpu.get(offset + SegmentField.attributes))
    }

    private func set(_ offset: Int, _ segment: ProcessorState.Segment) {
        let cpu = processor.cpu
        cpu.set(offset + SegmentField.selector, segment.selector)
        cpu.set(offset + SegmentField.base, segment.base)
        cpu.set(offset + SegmentField.limit, segment.limit)
        cpu.set(offset + SegmentField.attributes, segment.attributes)
    }

    private func table(_ offset: Int) -> ProcessorState.Table {
        let limit: UInt32 = processor.cpu.get(offset + 8)
        return ProcessorState.Table(base: processor.cpu.get(offset), limit: UInt16(truncatingIfNeeded: limit))
    }

    private func set(_ offset: Int, _ table: ProcessorState.Table) {
        processor.cpu.set(offset, table.base)
        processor.cpu.set(offset + 8, UInt32(table.limit))
    }
}
