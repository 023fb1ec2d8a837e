// Exceptions and interrupts through the vector table, in every mode (Intel SDM volume 3, chapter 6).

extension Processor {
    /// Delivers an event: RIP, stack and mode are the handler's afterwards. A fault on the way becomes the event that is delivered,
    /// or a double fault (table 6-5); a fault on the way to the double fault's handler ends in `Exit.shutdown`.
    /// - Parameters:
    ///   - errorCode: what is pushed where the vector has an error code.
    ///   - rip: that of the instruction at hand.
    func deliver(vector: UInt8, errorCode: UInt32?, kind: EventKind, rip: UInt64) {
        var vector = vector
        var errorCode = errorCode
        var kind = kind
        // Stores of the delivery may go to pages with code: no block runs.
        let wasAlone = isAlone
        isAlone = true
        defer {
            isAlone = wasAlone
            system.externalBit = 0
        }
        // What could not be delivered, for whoever wants to know how a triple fault came about.
        var failed: [ShutdownCause.Event] = []
        cpu.set(StateLayout.exit, Exit.lookUp.rawValue)
        if case .software = kind, systemFlags & Flag.trap != 0 { system.isStepOver = true }
        while true {
            if case .software = kind { system.externalBit = 0 } else { system.externalBit = 1 }
            var second: (vector: UInt8, code: UInt32)
            do {
                try enter(vector: vector, errorCode: errorCode, kind: kind, rip: rip)
                return
            } catch .exception(let found, let code) {
                second = (found.rawValue, code)
            } catch {
                second = (
                    UInt8(truncatingIfNeeded: cpu.get(StateLayout.exceptionVector, as: UInt32.self)),
                    cpu.get(StateLayout.exceptionErrorCode)
                )
            }
            cpu.set(StateLayout.rip, rip)
            cpu.set(StateLayout.exit, Exit.lookUp.rawValue)
            failed.append(ShutdownCause.Event(vector: vector, errorCode: errorCode))
            if case .exception = kind {
                if vector == Vector.doubleFault.rawValue {
                    let code = Vector(rawValue: second.vector)?.hasErrorCode ?? false ? second.code : nil
                    failed.append(ShutdownCause.Event(vector: second.vector, errorCode: code))
                    system.shutdownCause = ShutdownCause(
                        rip: rip, pageFaultAddress: cpu.get(StateLayout.cr2), events: failed)
                    system.activity = .shutdown
                    cpu.set(StateLayout.exit, Exit.shutdown.rawValue)
                    return
                }
                if Processor.makesDoubleFault(vector, second.vector) {
                    second = (Vector.doubleFault.rawValue, 0)
                }
            }
            vector = second.vector
            errorCode = Vector(rawValue: vector)?.hasErrorCode ?? false ? second.code : nil
            kind = .exception
        }
    }

    /// Table 6-5: contributory after contributory; page fault or contributory after a page fault.
    private static func makesDoubleFault(_ first: UInt8, _ second: UInt8) -> Bool {
        func isContributory(_ vector: UInt8) -> Bool { vector == 0 || (10...13).contains(vector) }
        let isPageFault = first == Vector.pageFault.rawValue
        return isContributory(second) && (isContributory(first) || isPageFault)
            || isPageFault && second == Vector.pageFault.rawValue
    }

    /// One attempt at it.
    private func enter(vector: UInt8, errorCode: UInt32?, kind: EventKind, rip: UInt64) throws(Fault) {
        let returnAddress = if case .software(let next) = kind { next } else { rip }
        guard isProtected else {
            try enterReal(vector: vector, returnAddress: returnAddress)
            return
        }
        if isLongMode {
            try enterLong(vector: vector, errorCode: errorCode, kind: kind, returnAddress: returnAddress)
        } else {
            try enterProtected(vector: vector, errorCode: errorCode, kind: kind, returnAddress: returnAddress)
        }
    }

    /// The flags that are pushed: faults set RF, so that their instruction, run again, meets no breakpoint.
    private func pushedFlags(_ vector: UInt8, _ kind: EventKind) -> UInt64 {
        let flags = cpu.flags
        guard case .exception = kind else { return flags }
        switch vector {
        case Vector.debug.rawValue, Vector.nonMaskable.rawValue, Vector.doubleFault.rawValue,
            Vector.machineCheck.rawValue:
            return flags
        default: return flags | Flag.resume
        }
    }

    private func clearFlags(_ flags: UInt64) {
        let old = systemFlags
        cpu.set(StateLayout.systemFlags, old & ~flags)
    }

    // MARK: - Real mode

    private func enterReal(vector: UInt8, returnAddress: UInt64) throws(Fault) {
        let limit: UInt32 = cpu.get(StateLayout.interruptDescriptors + 8)
        guard UInt32(vector) * 4 + 3 <= limit else { throw .generalProtection }
        let base: UInt64 = cpu.get(StateLayout.interruptDescriptors)
        let entry = try load(base &+ UInt64(vector) * 4, UInt32.self)
        var stack = Stack(self)
        try stack.push(cpu.flags, 2)
        try stack.push(UInt64(selector(.cs)), 2)
        try stack.push(returnAddress, 2)
        stack.commit()
        setSegment(.cs, segmentByValue(.cs, UInt16(truncatingIfNeeded: entry >> 16)))
        cpu.set(StateLayout.rip, UInt64(entry & 0xffff))
        clearFlags(Flag.interrupt | Flag.trap | Flag.alignment | Flag.resume)
        modeChanged()
    }

    // MARK: - Gates

    private func gateError(_ vector: UInt8) -> UInt32 { UInt32(vector) << 3 | 2 | system.externalBit }

    /// What every gate is asked: there, of an allowed type, reachable, present.
    private func gate(
        vector: UInt8, kind: EventKind, types: [UInt8]
    ) throws(Fault) -> Gate {
        let size: UInt32 = isLongMode ? 16 : 8
        let limit: UInt32 = cpu.get(StateLayout.interruptDescriptors + 8)
        let code = gateError(vector)
        guard UInt32(vector) * size + size - 1 <= limit else { throw .exception(.generalProtection, code) }
        let address = cpu.get(StateLayout.interruptDescriptors, as: UInt64.self) &+ UInt64(vector) * UInt64(size)
        let low = try loadSystem(address, UInt64.self)
        let high = size == 16 ? try loadSystem(address &+ 8, UInt64.self) : 0
        let gate = Gate(low, high)
        guard types.contains(gate.type), low >> 44 & 1 == 0 else { throw .exception(.generalProtection, code) }
        if case .software = kind, gate.privilege < privilege, !system.ignoresGatePrivilege {
            throw .exception(.generalProtection, code)
        }
        guard gate.isPresent else { throw .exception(.segmentNotPresent, code) }
        return gate
    }

    /// The handler's code segment.
    private func handlerSegment(_ gate: Gate) throws(Fault) -> Segment {
        var segment = try codeSegment(gate.selector)
        let code = errorCode(gate.selector)
        guard segment.privilege <= privilege else { throw .exception(.generalProtection, code) }
        guard segment.isPresent else { throw .exception(.segmentNotPresent, code) }
        if isLongMode {
            guard segment.isLong, !segment.isBig else { throw .exception(.generalProtection, code) }
        }
        try markAccessed(&segment)
        return segment
    }

    // MARK: - Long mode

    private func enterLong(
        vector: UInt8, errorCode: UInt32?, kind: EventKind, returnAddress: UInt64
    ) throws(Fault) {
        let gate = try gate(vector: vector, kind: kind, types: [0xe, 0xf])
        let segment = try handlerSegment(gate)
        let level = segment.isConforming ? privilege : segment.privilege
        let stackNumber = UInt64(gate.count & 7)
        let isInner = level < privilege
        var pointer = cpu[.rsp]
        if stackNumber != 0 {
            pointer = try taskStack64(0x24 + (stackNumber - 1) * 8)
        } else if isInner {
            pointer = try taskStack64(4 + UInt64(level) * 8)
        }
        guard Processor.isCanonical(gate.offset) else { throw .exception(.generalProtection, system.externalBit) }
        let old = self.segment(.ss)
        var stack = Stack(
            self, segment: old, pointer: pointer & ~15, isFlat: true, level: level, errorCode: system.externalBit)
        try stack.push(UInt64(old.selector), 8)
        try stack.push(cpu[.rsp], 8)
        try stack.push(pushedFlags(vector, kind), 8)
        try stack.push(UInt64(selector(.cs)), 8)
        try stack.push(returnAddress, 8)
        if let errorCode { try stack.push(UInt64(errorCode), 8) }
        cpu[.rsp] = stack.pointer
        if isInner { setSegment(.ss, nullStack(UInt16(level), level)) }
        commitCode(segment, level: level)
        cpu.set(StateLayout.rip, gate.offset)
        enteredGate(gate, vector)
    }

    /// A stack pointer of the task state segment.
    func taskStack64(_ offset: UInt64) throws(Fault) -> UInt64 {
        let task = segment(.tr)
        guard offset + 7 <= UInt64(task.limit) else { throw .exception(.invalidTSS, errorCode(task.selector)) }
        let pointer = try loadSystem(task.base &+ offset, UInt64.self)
        guard Processor.isCanonical(pointer) else { throw .exception(.stackFault, system.externalBit) }
        return pointer
    }

    private func enteredGate(_ gate: Gate, _ vector: UInt8) {
        clearFlags(
            Flag.trap | Flag.nestedTask | Flag.resume | Flag.virtual8086 | (gate.type & 1 == 0 ? Flag.interrupt : 0))
        modeChanged()
    }

    // MARK: - Protected mode

    private func enterProtected(
        vector: UInt8, errorCode: UInt32?, kind: EventKind, returnAddress: UInt64
    ) throws(Fault) {
        if case .software = kind, isVirtual8086, ioPrivilege < 3, vector != 3, vector != 1, vector != 4 {
            throw .generalProtection
        }
        let gate = try gate(vector: vector, kind: kind, types: [5, 6, 7, 0xe, 0xf])
        if gate.type == 5 {
            try switchTask(gate.selector, .gate, returnAddress: returnAddress)
            if let errorCode {
                var stack = Stack(self)
                try stack.push(UInt64(errorCode), segment(.tr).type & 8 != 0 ? 4 : 2)
                stack.commit()
            }
            return
        }
        let segment = try handlerSegment(gate)
        let size = gate.is16Bit ? 2 : 4
        let offset = gate.is16Bit ? gate.offset & 0xffff : gate.offset & 0xffff_ffff
        let flags = pushedFlags(vector, kind)
        if !segment.isConforming, segment.privilege < privilege {
            let level = segment.privilege
            let fromVirtual = isVirtual8086
            if fromVirtual, level != 0 { throw .exception(.generalProtection, self.errorCode(gate.selector)) }
            let (stackSegment, pointer) = try innerStack(level)
            var stack = Stack(
                self, segment: stackSegment, pointer: pointer, isFlat: false, level: level,
                errorCode: self.errorCode(stackSegment.selector))
            if fromVirtual {
                for register in [SegmentRegister.gs, .fs, .ds, .es] {
                    try stack.push(UInt64(selector(register)), size)
                }
            }
            try stack.push(UInt64(selector(.ss)), size)
            try stack.push(cpu[.rsp], size)
            try stack.push(flags, size)
            try stack.push(UInt64(selector(.cs)), size)
            try stack.push(returnAddress, size)
            if let errorCode { try stack.push(UInt64(errorCode), size) }
            guard offset <= UInt64(segment.limit) else { throw .exception(.generalProtection, system.externalBit) }
            if fromVirtual {
                for register in [SegmentRegister.gs, .fs, .ds, .es] {
                    setSegment(register, Segment(selector: 0, base: 0, limit: 0, attributes: 0))
                }
            }
            setSegment(.ss, stackSegment)
            stack.commit()
            commitCode(segment, level: level)
        } else {
            guard !isVirtual8086 else { throw .exception(.generalProtection, self.errorCode(gate.selector)) }
            var stack = Stack(self)
            try stack.push(flags, size)
            try stack.push(UInt64(selector(.cs)), size)
            try stack.push(returnAddress, size)
            if let errorCode { try stack.push(UInt64(errorCode), size) }
            guard offset <= UInt64(segment.limit) else { throw .exception(.generalProtection, system.externalBit) }
            stack.commit()
            commitCode(segment, level: privilege)
        }
        cpu.set(StateLayout.rip, offset)
        enteredGate(gate, vector)
    }

    /// SS and ESP of an inner privilege, from the task state segment of 16 or 32 bits, checked.
    func innerStack(_ level: UInt32) throws(Fault) -> (segment: Segment, pointer: UInt64) {
        let task = segment(.tr)
        let code = errorCode(task.selector)
        let selector: UInt16
        let pointer: UInt64
        if task.type & 8 != 0 {
            let offset = UInt64(level) * 8 + 4
            guard offset + 5 <= UInt64(task.limit) else { throw .exception(.invalidTSS, code) }
            pointer = UInt64(try loadSystem(task.base &+ offset, UInt32.self))
            selector = try loadSystem(task.base &+ offset &+ 4, UInt16.self)
        } else {
            let offset = UInt64(level) * 4 + 2
            guard offset + 3 <= UInt64(task.limit) else { throw .exception(.invalidTSS, code) }
            pointer = UInt64(try loadSystem(task.base &+ offset, UInt16.self))
            selector = try loadSystem(task.base &+ offset &+ 2, UInt16.self)
        }
        return (try stackSegment(selector, level, .invalidTSS), pointer)
    }

    /// A stack segment for `level`, checked as inner stacks are.
    func stackSegment(_ selector: UInt16, _ level: UInt32, _ vector: Vector) throws(Fault) -> Segment {
        guard selector & 0xfffc != 0 else { throw .exception(vector, errorCode(selector)) }
        var segment = Segment(selector: selector, descriptor: try descriptor(selector, vector))
        guard UInt32(selector & 3) == level, segment.privilege == level, segment.isWritableData else {
            throw .exception(vector, errorCode(selector))
        }
        guard segment.isPresent else { throw .exception(.stackFault, errorCode(selector)) }
        try markAccessed(&segment)
        return segment
    }
}

/// What holds interrupts back for one instruction: values of `StateLayout.interruptShadow`.
enum InterruptShadow {
    static let interruptFlag: UInt8 = 1
    static let stackSegment: UInt8 = 2
}
