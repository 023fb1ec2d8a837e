// Handlers of instructions that name segments. `extra`: the segment register's number.

enum SegmentHandler {
    private static func register(_ op: Op) -> SegmentRegister { SegmentRegister(rawValue: Int(op.extra)) ?? .ds }

    /// After a load of a segment register. SS holds interrupts back for one instruction, which is not in the block where `extra16` is 1.
    private static func loaded(_ processor: Processor, _ op: Op, key: UInt64) -> UnsafeRawPointer? {
        let cpu = processor.cpu
        let isChanged = cpu.get(StateLayout.blockKey, as: UInt64.self) != key
        guard op.extra == 2 else { return op.next }
        if isChanged || op.extra16 == 1 || processor.apic.hasWork || processor.systemFlags & Flag.trap != 0
            || cpu.get(StateLayout.requests, as: UInt32.self) != 0
        {
            cpu.set(StateLayout.interruptShadow, InterruptShadow.stackSegment)
            cpu.countInstructions(op)
            return cpu.leave(.lookUp, at: op.nextRIP(cpu))
        }
        return op.next
    }

    private static func key(_ processor: Processor) -> UInt64 { processor.cpu.get(StateLayout.blockKey) }

    static let moveFromRegister: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            let key = key(processor)
            try processor.load(register(op), selector: processor.cpu.register(op.source, UInt16.self))
            return loaded(processor, op, key: key)
        }
    }
    static let moveFromMemory: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            let key = key(processor)
            let selector = try processor.load(op.linearAddress(processor.cpu), UInt16.self)
            try processor.load(register(op), selector: selector)
            return loaded(processor, op, key: key)
        }
    }
    static let moveToRegister16: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        cpu.setRegister(op.destination, selector(cpu, op))
        return op.next
    }
    static let moveToRegister32: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        cpu.setRegister(op.destination, UInt32(selector(cpu, op)))
        return op.next
    }
    static let moveToMemory: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        return cpu.store(op.linearAddress(cpu), selector(cpu, op)) ? op.next : nil
    }
    private static func selector(_ cpu: CPU, _ op: Op) -> UInt16 {
        cpu.get(StateLayout.segments + Int(op.extra) * SegmentField.byteCount + SegmentField.selector)
    }

    /// `source`: bytes of the operand.
    static let push: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            var stack = Stack(processor)
            try stack.push(UInt64(processor.selector(register(op))), op.source)
            stack.commit()
            return op.next
        }
    }
    static let pop: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            let key = key(processor)
            var stack = Stack(processor)
            let selector = UInt16(truncatingIfNeeded: try stack.peek(op.source == 2 ? 2 : 4))
            stack.drop(UInt64(op.source))
            try processor.load(register(op), selector: selector)
            stack.commit()
            return loaded(processor, op, key: key)
        }
    }

    // LDS, LES, LSS, LFS, LGS: the offset goes to register `destination`.
    static let loadPointer16: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in try loadPointer(processor, op, UInt16.self) }
    }
    static let loadPointer32: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in try loadPointer(processor, op, UInt32.self) }
    }
    static let loadPointer64: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in try loadPointer(processor, op, UInt64.self) }
    }

    private static func loadPointer<W: MachineWord>(
        _ processor: Processor, _ op: Op, _: W.Type
    ) throws(Fault) -> UnsafeRawPointer? {
        let key = key(processor)
        let address = op.linearAddress(processor.cpu)
        let offset = try processor.load(address, W.self)
        let selector = try processor.load(address &+ UInt64(MemoryLayout<W>.size), UInt16.self)
        try processor.load(register(op), selector: selector)
        processor.cpu.setRegister(op.destination, offset)
        return loaded(processor, op, key: key)
    }

    // MARK: - Asking descriptors

    /// LAR, LSL, VERR, VERW: the descriptor, where the selector names one that can be seen; nil otherwise.
    private static func visible(
        _ processor: Processor, _ selector: UInt16, systemTypes: [UInt16]
    ) throws(Fault) -> (raw: UInt64, segment: Segment)? {
        guard processor.usesDescriptors else { throw .undefined }
        guard selector & 0xfffc != 0 else { return nil }
        let raw: UInt64
        do {
            raw = try processor.descriptor(selector)
        } catch .exception {
            return nil
        } catch {
            throw error
        }
        let segment = Segment(selector: selector, descriptor: raw)
        if !segment.isOrdinary, !systemTypes.contains(segment.type) { return nil }
        if !segment.isConforming, segment.privilege < max(processor.privilege, UInt32(selector & 3)) { return nil }
        return (raw, segment)
    }

    private static func setZero(_ processor: Processor, _ isZero: Bool) {
        let flags = processor.cpu.statusFlags
        processor.cpu.setStatusFlags(isZero ? flags | Flag.zero : flags & ~Flag.zero)
    }

    /// The operand: a register at `source`, or memory where `scale`'s bit 7 says so.
    private static func operand(_ processor: Processor, _ op: Op) throws(Fault) -> UInt16 {
        op.extra16 == 1
            ? try processor.load(op.linearAddress(processor.cpu), UInt16.self)
            : processor.cpu.register(op.source, UInt16.self)
    }

    /// `extra`: bytes of the destination.
    private static func setResult(_ cpu: CPU, _ op: Op, _ value: UInt32) {
        if op.extra == 2 {
            cpu.setRegister(op.destination, UInt16(truncatingIfNeeded: value))
        } else {
            cpu.setRegister(op.destination, value)
        }
    }

    static let accessRights: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            let types: [UInt16] = processor.isLongMode ? [2, 9, 0xb, 0xc] : [1, 2, 3, 4, 5, 9, 0xb, 0xc]
            let found = try visible(processor, operand(processor, op), systemTypes: types)
            if let found { setResult(processor.cpu, op, UInt32(truncatingIfNeeded: found.raw >> 32) & 0xf0_ff00) }
            setZero(processor, found != nil)
            return op.next
        }
    }
    static let limit: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            let types: [UInt16] = processor.isLongMode ? [2, 9, 0xb] : [1, 2, 3, 9, 0xb]
            let found = try visible(processor, operand(processor, op), systemTypes: types)
            if let found { setResult(processor.cpu, op, found.segment.limit) }
            setZero(processor, found != nil)
            return op.next
        }
    }
    static let verifyRead: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            let found = try visible(processor, operand(processor, op), systemTypes: [])
            setZero(processor, found?.segment.isReadable ?? false)
            return op.next
        }
    }
    static let verifyWrite: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            let found = try visible(processor, operand(processor, op), systemTypes: [])
            setZero(processor, found?.segment.isWritableData ?? false)
            return op.next
        }
    }

    /// ARPL r/m16, r16: the first operand as `operand`; the other register is `destination`.
    static let adjustPrivilege: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            guard processor.usesDescriptors else { throw .undefined }
            let cpu = processor.cpu
            let old = try operand(processor, op)
            let wanted = cpu.register(op.destination, UInt16.self) & 3
            let isLower = old & 3 < wanted
            if isLower {
                let new = old & ~3 | wanted
                if op.extra16 == 1 {
                    try processor.store(op.linearAddress(cpu), new)
                } else {
                    cpu.setRegister(op.source, new)
                }
            }
            setZero(processor, isLower)
            return op.next
        }
    }

    // MARK: - Tables

    private static func requireSupervisor(_ processor: Processor) throws(Fault) {
        guard processor.privilege == 0 else { throw .generalProtection }
    }

    /// CR4.UMIP: not for users.
    static func checkUserModePrevention(_ processor: Processor) throws(Fault) {
        if processor.privilege == 3, processor.cr4 & ControlBit.userModeInstructionPrevention != 0 {
            throw .generalProtection
        }
    }

    /// LGDT, LIDT. `extra`: bytes of the operand size; `extra16`: the register's offset in the state.
    static let loadTable: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try requireSupervisor(processor)
            let cpu = processor.cpu
            let address = op.linearAddress(cpu)
            let limit = try processor.load(address, UInt16.self)
            var base: UInt64
            if op.extra == 8 {
                base = try processor.load(address &+ 2, UInt64.self)
                guard Processor.isCanonical(base) else { throw .generalProtection }
            } else {
                base = UInt64(try processor.load(address &+ 2, UInt32.self))
                if op.extra == 2 { base &= 0xff_ffff }
            }
            cpu.set(Int(op.extra16), base)
            cpu.set(Int(op.extra16) + 8, UInt32(limit))
            return op.next
        }
    }
    static let storeTable: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try checkUserModePrevention(processor)
            let cpu = processor.cpu
            let address = op.linearAddress(cpu)
            let base: UInt64 = cpu.get(Int(op.extra16))
            // The base first: a fault of the second store must leave the first undone; both lie in one page but for a few.
            if op.extra == 8 {
                try processor.store(address &+ 2, base)
            } else {
                try processor.store(address &+ 2, UInt32(truncatingIfNeeded: base))
            }
            try processor.store(
                address, UInt16(truncatingIfNeeded: cpu.get(Int(op.extra16) + 8, as: UInt32.self)))
            return op.next
        }
    }

    static let loadLocalTable: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            guard processor.usesDescriptors else { throw .undefined }
            try requireSupervisor(processor)
            try processor.loadLocalDescriptorTable(operand(processor, op))
            return op.next
        }
    }
    static let loadTask: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            guard processor.usesDescriptors else { throw .undefined }
            try requireSupervisor(processor)
            try processor.loadTask(operand(processor, op))
            return op.next
        }
    }

    /// SLDT, STR, SMSW. `immediate`: 0 LDTR, 1 TR, 2 CR0; `extra`: bytes of the register; 0: memory.
    static let storeSystemRegister: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            if op.immediate < 2, !processor.usesDescriptors { throw .undefined }
            try checkUserModePrevention(processor)
            let cpu = processor.cpu
            let value: UInt64 =
                switch op.immediate {
                case 0: UInt64(processor.selector(.ldtr))
                case 1: UInt64(processor.selector(.tr))
                default: processor.cr0
                }
            switch op.extra {
            case 0: try processor.store(op.linearAddress(cpu), UInt16(truncatingIfNeeded: value))
            case 2: cpu.setRegister(op.destination, UInt16(truncatingIfNeeded: value))
            case 4: cpu.setRegister(op.destination, UInt32(truncatingIfNeeded: value))
            default: cpu.setRegister(op.destination, value)
            }
            return op.next
        }
    }
}
