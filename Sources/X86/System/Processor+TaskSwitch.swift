// Task switches by hardware, 16 and 32 bits (Intel SDM volume 3, 8.3).

/// What asks for a task switch.
enum TaskSwitchCause {
    case jump, call, interruptReturn
    /// An interrupt or exception through a task gate.
    case gate

    /// The old task stays busy, and the new one links to it.
    var nests: Bool { self == .call || self == .gate }
}

extension Processor {
    /// Where the registers lie in a task state segment.
    private struct TaskLayout {
        var size: Int
        var cr3: UInt64?
        var ip: UInt64
        var flags: UInt64
        /// In encoding order: eAX …
        var registers: UInt64
        /// ES, CS, SS, DS (FS, GS).
        var segments: UInt64
        var segmentCount: Int
        var segmentStride: UInt64
        var table: UInt64
        var minimumLimit: UInt32

        static let bits32 = TaskLayout(
            size: 4, cr3: 0x1c, ip: 0x20, flags: 0x24, registers: 0x28, segments: 0x48, segmentCount: 6,
            segmentStride: 4, table: 0x60, minimumLimit: 0x67)
        static let bits16 = TaskLayout(
            size: 2, cr3: nil, ip: 0x0e, flags: 0x10, registers: 0x12, segments: 0x22, segmentCount: 4,
            segmentStride: 2, table: 0x2a, minimumLimit: 0x2b)
    }

    private func loadTaskWord(_ address: UInt64, _ size: Int) throws(Fault) -> UInt64 {
        size == 4 ? UInt64(try loadSystem(address, UInt32.self)) : UInt64(try loadSystem(address, UInt16.self))
    }

    private func storeTaskWord(_ address: UInt64, _ value: UInt64, _ size: Int) throws(Fault) {
        if size == 4 {
            try storeSystem(address, UInt32(truncatingIfNeeded: value))
        } else {
            try storeSystem(address, UInt16(truncatingIfNeeded: value))
        }
    }

    /// Faults after the new task's registers are in are faults of the new task, as on a real processor.
    /// - Parameter returnAddress: the EIP that the old task goes on at.
    func switchTask(_ selector: UInt16, _ cause: TaskSwitchCause, returnAddress: UInt64) throws(Fault) {
        let isReturn = cause == .interruptReturn
        let code = errorCode(selector)
        let wrong: Vector = isReturn ? .invalidTSS : .generalProtection
        guard selector & 4 == 0, selector & 0xfffc != 0 else { throw .exception(wrong, code) }
        let address = try descriptorAddress(selector, wrong)
        var new = Segment(selector: selector, descriptor: try loadSystem(address, UInt64.self))
        let wanted: [UInt16] = isReturn ? [3, 0xb] : [1, 9]
        guard !new.isOrdinary, wanted.contains(new.type) else { throw .exception(wrong, code) }
        guard new.isPresent else { throw .exception(.segmentNotPresent, code) }
        let layout = new.type & 8 != 0 ? TaskLayout.bits32 : TaskLayout.bits16
        guard new.limit >= layout.minimumLimit else { throw .exception(.invalidTSS, code) }

        // What the new task has: read first, while nothing has changed.
        let newCR3 = layout.cr3 == nil ? 0 : try loadTaskWord(new.base &+ 0x1c, 4)
        let newIP = try loadTaskWord(new.base &+ layout.ip, layout.size)
        var newFlags = try loadTaskWord(new.base &+ layout.flags, layout.size)
        var registers: [UInt64] = []
        for index in 0..<8 {
            registers.append(
                try loadTaskWord(new.base &+ layout.registers &+ UInt64(index * layout.size), layout.size))
        }
        var selectors: [UInt16] = []
        for index in 0..<layout.segmentCount {
            selectors.append(
                try loadSystem(
                    new.base &+ layout.segments &+ UInt64(index) &* layout.segmentStride, UInt16.self))
        }
        let table = try loadSystem(new.base &+ layout.table, UInt16.self)
        let trap = layout.size == 4 ? try loadSystem(new.base &+ 0x64, UInt16.self) & 1 : 0

        try saveTask(cause, returnAddress: returnAddress)
        if cause.nests {
            try storeSystem(new.base, self.selector(.tr))
            newFlags |= Flag.nestedTask
        }
        if !isReturn {
            new.attributes |= 2
            try storeSystem(address &+ 5, UInt8(truncatingIfNeeded: new.attributes))
        }

        // From here on, the processor runs the new task.
        setSegment(.tr, new)
        cpu.set(StateLayout.cr0, cr0 | ControlBit.taskSwitched)
        if layout.cr3 != nil, cr0 & ControlBit.paging != 0 {
            cpu.set(StateLayout.cr3, newCR3)
            flushTranslations()
        }
        cpu.set(StateLayout.rip, newIP)
        for (index, value) in registers.enumerated() {
            cpu.set(StateLayout.registers + index * 8, layout.size == 2 ? value | 0xffff_0000 : value)
        }
        cpu.flags = newFlags & 0x3f_7fd7 | 2
        try enterTask(selectors, table: table)
        guard newIP <= UInt64(segment(.cs).limit) else { throw .generalProtection }
        cpu.updateVectorFaults()
        modeChanged()
        if trap != 0 { throw .exception(.debug, 0) }
    }

    /// The old task's registers go to its segment.
    private func saveTask(_ cause: TaskSwitchCause, returnAddress: UInt64) throws(Fault) {
        var old = segment(.tr)
        let layout = old.type & 8 != 0 ? TaskLayout.bits32 : TaskLayout.bits16
        var flags = cpu.flags
        if cause == .interruptReturn { flags &= ~Flag.nestedTask }
        try storeTaskWord(old.base &+ layout.ip, returnAddress, layout.size)
        try storeTaskWord(old.base &+ layout.flags, flags, layout.size)
        for index in 0..<8 {
            try storeTaskWord(
                old.base &+ layout.registers &+ UInt64(index * layout.size),
                cpu.get(StateLayout.registers + index * 8), layout.size)
        }
        for index in 0..<layout.segmentCount {
            guard let register = SegmentRegister(rawValue: index) else { continue }
            try storeSystem(
                old.base &+ layout.segments &+ UInt64(index) &* layout.segmentStride, self.selector(register))
        }
        guard !cause.nests else { return }
        // The old task is not busy any more.
        old.attributes &= ~2
        try storeSystem(
            descriptorAddress(old.selector, .invalidTSS) &+ 5, UInt8(truncatingIfNeeded: old.attributes))
    }

    /// The new task's segments, checked; whatever is wrong is an invalid TSS.
    private func enterTask(_ selectors: [UInt16], table: UInt16) throws(Fault) {
        for (index, selector) in selectors.enumerated() {
            guard let register = SegmentRegister(rawValue: index) else { continue }
            setSegment(register, Segment(selector: selector, base: 0, limit: 0, attributes: 0))
        }
        setSegment(.ldtr, Segment(selector: table, base: 0, limit: 0, attributes: 0))
        if table & 0xfffc != 0 {
            do {
                try loadLocalDescriptorTable(table)
            } catch .exception {
                throw .exception(.invalidTSS, errorCode(table))
            } catch {
                throw error
            }
        }
        if isVirtual8086 {
            setPrivilege(3)
            for (index, selector) in selectors.enumerated() {
                guard let register = SegmentRegister(rawValue: index) else { continue }
                setSegment(register, segmentByValue(register, selector))
            }
            return
        }
        let level = UInt32(selectors[1] & 3)
        setPrivilege(level)
        var code = try codeSegment(selectors[1], .invalidTSS)
        guard code.isConforming ? code.privilege <= level : code.privilege == level else {
            throw .exception(.invalidTSS, errorCode(selectors[1]))
        }
        guard code.isPresent else { throw .exception(.segmentNotPresent, errorCode(selectors[1])) }
        try markAccessed(&code)
        setSegment(.cs, code)
        setSegment(.ss, try stackSegment(selectors[2], level, .invalidTSS))
        modeChanged()
        for (index, selector) in selectors.enumerated() where index != 1 && index != 2 {
            guard let register = SegmentRegister(rawValue: index) else { continue }
            do {
                try load(register, selector: selector)
            } catch .exception(.generalProtection, let code) {
                throw .exception(.invalidTSS, code)
            } catch {
                throw error
            }
        }
    }
}
