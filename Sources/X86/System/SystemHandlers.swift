// Handlers of the privileged instructions and of those that enter and leave the system.

enum SystemHandler {
    @inline(__always)
    private static func requireSupervisor(_ processor: Processor) throws(Fault) {
        guard processor.privilege == 0 else { throw .generalProtection }
    }

    /// Goes on behind the instruction: in the block, or anew where the mode, translations or interrupts changed.
    private static func proceed(_ processor: Processor, _ op: Op, key: UInt64) -> UnsafeRawPointer? {
        let cpu = processor.cpu
        guard cpu.get(StateLayout.blockKey, as: UInt64.self) != key || processor.apic.hasWork else { return op.next }
        cpu.countInstructions(op)
        return cpu.leave(.lookUp, at: op.nextRIP(cpu))
    }

    private static func key(_ processor: Processor) -> UInt64 { processor.cpu.get(StateLayout.blockKey) }

    // MARK: - Interrupt flag, HLT

    static let clearInterrupts: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let flags: UInt64 = cpu.get(StateLayout.systemFlags)
        guard UInt64(cpu.privilegeLevel) <= flags >> 12 & 3 else { return cpu.fault(.generalProtection) }
        cpu.set(StateLayout.systemFlags, flags & ~Flag.interrupt)
        return op.next
    }

    /// STI. Where an interrupt waits, the next instruction runs alone, and then it is taken. So it does where the block ends
    /// (`extra16` is 1): an interrupt that comes right then must not get between STI and HLT.
    static let setInterrupts: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let flags: UInt64 = cpu.get(StateLayout.systemFlags)
        guard UInt64(cpu.privilegeLevel) <= flags >> 12 & 3 else { return cpu.fault(.generalProtection) }
        guard flags & Flag.interrupt == 0 else { return op.next }
        cpu.set(StateLayout.systemFlags, flags | Flag.interrupt)
        if op.extra16 == 0, cpu.get(StateLayout.requests, as: UInt32.self) == 0,
            !cpu.get(StateLayout.interruptWaits, as: Bool.self)
        {
            return op.next
        }
        cpu.set(StateLayout.interruptShadow, InterruptShadow.interruptFlag)
        cpu.countInstructions(op)
        return cpu.leave(.lookUp, at: op.nextRIP(cpu))
    }

    static let halt: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.privilegeLevel == 0 else { return cpu.fault(.generalProtection) }
        cpu.countInstructions(op)
        return cpu.leave(.halt, at: op.nextRIP(cpu))
    }

    // MARK: - Software interrupts

    /// INT n; `extra`: the vector.
    static let interrupt: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        return deliver(cpu, op, op.extra)
    }
    static let breakpoint: Handler = { state, op in deliver(CPU(state), Op(op), Vector.breakpoint.rawValue) }
    static let interruptOnOverflow: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        guard cpu.overflow else { return op.next }
        return deliver(cpu, op, Vector.overflow.rawValue)
    }
    /// INT1: the gate's privilege does not count.
    static let debugTrap: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        // A breakpoint that MOV SS met is told with it.
        if cpu.processor.metBreakpoints != 0 {
            cpu.processor.noteDebugStatus(cpu.processor.metBreakpoints)
            cpu.processor.metBreakpoints = 0
        }
        cpu.processor.system.ignoresGatePrivilege = true
        defer { cpu.processor.system.ignoresGatePrivilege = false }
        return deliver(cpu, op, Vector.debug.rawValue)
    }

    private static func deliver(_ cpu: CPU, _ op: Op, _ vector: UInt8) -> UnsafeRawPointer? {
        cpu.countInstructions(op)
        cpu.processor.deliver(
            vector: vector, errorCode: nil, kind: .software(nextRIP: op.nextRIP(cpu)), rip: op.rip(cpu))
        return nil
    }

    /// `extra`: bytes of the operand.
    static let interruptReturn: Handler = {
        systemJump($0, $1) { processor, op throws(Fault) in
            try processor.interruptReturn(size: Int(op.extra), nextRIP: op.nextRIP(processor.cpu))
        }
    }

    // MARK: - Far transfers. `extra`: bytes of the operand

    private static func target(_ processor: Processor, _ op: Op) throws(Fault) -> (selector: UInt16, offset: UInt64) {
        let address = op.linearAddress(processor.cpu)
        let size = UInt64(op.extra)
        let offset: UInt64 =
            switch op.extra {
            case 2: UInt64(try processor.load(address, UInt16.self))
            case 4: UInt64(try processor.load(address, UInt32.self))
            default: try processor.load(address, UInt64.self)
            }
        return (try processor.load(address &+ size, UInt16.self), offset)
    }

    /// `immediate`: the offset; `extra16`: the selector.
    static let jumpFar: Handler = {
        systemJump($0, $1) { processor, op throws(Fault) in
            try processor.jumpFar(
                selector: op.extra16, offset: op.immediate, size: Int(op.extra),
                nextRIP: op.nextRIP(processor.cpu))
        }
    }
    static let jumpFarMemory: Handler = {
        systemJump($0, $1) { processor, op throws(Fault) in
            let target = try target(processor, op)
            try processor.jumpFar(
                selector: target.selector, offset: target.offset, size: Int(op.extra),
                nextRIP: op.nextRIP(processor.cpu))
        }
    }
    static let callFar: Handler = {
        systemJump($0, $1) { processor, op throws(Fault) in
            try processor.callFar(
                selector: op.extra16, offset: op.immediate, size: Int(op.extra),
                returnAddress: op.nextRIP(processor.cpu))
        }
    }
    static let callFarMemory: Handler = {
        systemJump($0, $1) { processor, op throws(Fault) in
            let target = try target(processor, op)
            try processor.callFar(
                selector: target.selector, offset: target.offset, size: Int(op.extra),
                returnAddress: op.nextRIP(processor.cpu))
        }
    }
    static let returnFar: Handler = {
        systemJump($0, $1) { processor, op throws(Fault) in
            try processor.returnFar(size: Int(op.extra), byteCount: op.immediate)
        }
    }

    // MARK: - System calls

    static let systemCall: Handler = {
        systemJump($0, $1) { processor, op throws(Fault) in
            try processor.systemCall(nextRIP: op.nextRIP(processor.cpu))
        }
    }
    static let systemReturn: Handler = {
        systemJump($0, $1) { processor, op throws(Fault) in try processor.systemReturn(size: Int(op.extra)) }
    }
    static let systemEnter: Handler = {
        systemJump($0, $1) { processor, _ throws(Fault) in try processor.systemEnter() }
    }
    static let systemExit: Handler = {
        systemJump($0, $1) { processor, op throws(Fault) in try processor.systemExit(size: Int(op.extra)) }
    }
    static let swapGS: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try processor.swapGSBase()
            return op.next
        }
    }
    static let hypercall: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            let key = key(processor)
            try processor.hypercall()
            return proceed(processor, op, key: key)
        }
    }

    // MARK: - FS and GS bases. `extra`: the segment's number

    private static func checkBases(_ processor: Processor) throws(Fault) {
        guard processor.cr4 & ControlBit.fsgsbase != 0, processor.is64Bit else { throw .undefined }
    }
    private static func baseOffset(_ op: Op) -> Int { StateLayout.segments + Int(op.extra) * SegmentField.byteCount }

    static let readBase64: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try checkBases(processor)
            processor.cpu.setRegister(op.destination, processor.cpu.get(baseOffset(op), as: UInt64.self))
            return op.next
        }
    }
    static let readBase32: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try checkBases(processor)
            processor.cpu.setRegister(op.destination, processor.cpu.get(baseOffset(op), as: UInt32.self))
            return op.next
        }
    }
    static let writeBase64: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try checkBases(processor)
            let base = processor.cpu.register(op.destination, UInt64.self)
            guard Processor.isCanonical(base) else { throw .generalProtection }
            processor.cpu.set(baseOffset(op), base)
            return op.next
        }
    }
    static let writeBase32: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try checkBases(processor)
            processor.cpu.set(baseOffset(op), UInt64(processor.cpu.register(op.destination, UInt32.self)))
            return op.next
        }
    }

    // MARK: - Control and debug registers. `extra`: the register's number; `extra16`: bytes, 4 or 8

    static let moveFromControl: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try requireSupervisor(processor)
            setRegister(processor.cpu, op, try processor.controlRegister(op.extra))
            return op.next
        }
    }
    static let moveToControl: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try requireSupervisor(processor)
            let key = key(processor)
            try processor.setControlRegister(op.extra, register(processor.cpu, op))
            return proceed(processor, op, key: key)
        }
    }
    static let moveFromDebug: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try requireSupervisor(processor)
            setRegister(processor.cpu, op, try processor.debugRegister(op.extra))
            return op.next
        }
    }
    static let moveToDebug: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try requireSupervisor(processor)
            let key = key(processor)
            try processor.setDebugRegister(op.extra, register(processor.cpu, op))
            return proceed(processor, op, key: key)
        }
    }
    private static func setRegister(_ cpu: CPU, _ op: Op, _ value: UInt64) {
        cpu.set(op.destination, op.extra16 == 8 ? value : value & 0xffff_ffff)
    }
    private static func register(_ cpu: CPU, _ op: Op) -> UInt64 {
        let value: UInt64 = cpu.get(op.destination)
        return op.extra16 == 8 ? value : value & 0xffff_ffff
    }

    static let clearTaskSwitched: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try requireSupervisor(processor)
            processor.cpu.set(StateLayout.cr0, processor.cr0 & ~ControlBit.taskSwitched)
            processor.cpu.updateVectorFaults()
            return op.next
        }
    }
    /// LMSW: the low four bits of CR0; PE can be set, not cleared. `extra16`: 1 memory.
    static let loadMachineStatus: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try requireSupervisor(processor)
            let key = key(processor)
            let cpu = processor.cpu
            let word =
                op.extra16 == 1
                ? try processor.load(op.linearAddress(cpu), UInt16.self) : cpu.register(op.source, UInt16.self)
            try processor.setCR0(processor.cr0 & ~0xe | UInt64(word & 0xf))
            return proceed(processor, op, key: key)
        }
    }

    // MARK: - Translations, caches

    static let invalidatePage: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try requireSupervisor(processor)
            let address = op.linearAddress(processor.cpu)
            if Processor.isCanonical(address) || !processor.isLongMode { processor.flushTranslation(of: address) }
            return op.next
        }
    }
    /// INVPCID: the type in register `destination`, the descriptor in memory.
    static let invalidateContext: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try requireSupervisor(processor)
            let cpu = processor.cpu
            let type: UInt64 =
                processor.is64Bit ? cpu.get(op.destination) : UInt64(cpu.get(op.destination, as: UInt32.self))
            let at = op.linearAddress(cpu)
            let context = try processor.load(at, UInt64.self)
            let address = try processor.load(at &+ 8, UInt64.self)
            guard type <= 3, context >> 12 == 0 else { throw .generalProtection }
            if type < 2, context != 0, processor.cr4 & ControlBit.processContextIdentifiers == 0 {
                throw .generalProtection
            }
            if type == 0 {
                guard Processor.isCanonical(address) else { throw .generalProtection }
                processor.flushTranslation(of: address)
            } else {
                processor.flushTranslations()
            }
            return op.next
        }
    }
    /// CLFLUSH.
    static let touch: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        return cpu.load(op.linearAddress(cpu), UInt8.self) != nil ? op.next : nil
    }
    /// INVD, WBINVD: memory is always what it is.
    static let invalidateCaches: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try requireSupervisor(processor)
            return op.next
        }
    }

    /// STAC, CLAC.
    static let setAccess: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in try setAlignment(processor, op, true) }
    }
    static let clearAccess: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in try setAlignment(processor, op, false) }
    }

    private static func setAlignment(
        _ processor: Processor, _ op: Op, _ isSet: Bool
    ) throws(Fault) -> UnsafeRawPointer? {
        guard processor.privilege == 0 else { throw .undefined }
        let flags = processor.systemFlags
        processor.cpu.set(
            StateLayout.systemFlags, isSet ? flags | Flag.alignment : flags & ~Flag.alignment)
        processor.selectTranslations()
        return op.next
    }

    // MARK: - Model-specific registers, time, identification

    static let readModelSpecific: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try requireSupervisor(processor)
            let cpu = processor.cpu
            setPair(cpu, try processor.readMSR(UInt32(truncatingIfNeeded: cpu[.rcx])))
            return op.next
        }
    }
    static let writeModelSpecific: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try requireSupervisor(processor)
            let key = key(processor)
            let cpu = processor.cpu
            let value = cpu[.rdx] << 32 | cpu[.rax] & 0xffff_ffff
            try processor.writeMSR(UInt32(truncatingIfNeeded: cpu[.rcx]), value)
            return proceed(processor, op, key: key)
        }
    }
    private static func setPair(_ cpu: CPU, _ value: UInt64) {
        cpu[.rax] = value & 0xffff_ffff
        cpu[.rdx] = value >> 32
    }

    private static func checkTimeStamp(_ processor: Processor) throws(Fault) {
        if processor.privilege > 0, processor.isProtected, processor.cr4 & ControlBit.timeStampDisable != 0 {
            throw .generalProtection
        }
    }
    static let readTimeStamp: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try checkTimeStamp(processor)
            setPair(processor.cpu, processor.timeStamp)
            return op.next
        }
    }
    static let readTimeStampAndProcessor: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try checkTimeStamp(processor)
            let cpu = processor.cpu
            setPair(cpu, processor.timeStamp)
            cpu[.rcx] = cpu.get(StateLayout.tscAux, as: UInt64.self) & 0xffff_ffff
            return op.next
        }
    }
    static let identify: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let result = cpu.processor.identification(
            UInt32(truncatingIfNeeded: cpu[.rax]), UInt32(truncatingIfNeeded: cpu[.rcx]))
        cpu[.rax] = UInt64(result.eax)
        cpu[.rbx] = UInt64(result.ebx)
        cpu[.rcx] = UInt64(result.ecx)
        cpu[.rdx] = UInt64(result.edx)
        // It serializes: what comes next is decoded code that another processor may have written.
        guard cpu.get(StateLayout.requests, as: UInt32.self) != 0 else { return op.next }
        cpu.countInstructions(op)
        return cpu.leave(.request, at: op.nextRIP(cpu))
    }

    /// RDPMC: there are no counters.
    static let generalProtection: Handler = { state, _ in CPU(state).fault(.generalProtection) }
    static let undefined: Handler = { state, _ in CPU(state).fault(.invalidOpcode) }

    // MARK: - Ports. `extra`: bytes; `extra16`: the port, where it is not DX

    static let inImmediate: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try processor.input(op.extra16, Int(op.extra))
            return op.next
        }
    }
    static let inRegister: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try processor.input(UInt16(truncatingIfNeeded: processor.cpu[.rdx]), Int(op.extra))
            return op.next
        }
    }
    static let outImmediate: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try processor.output(op.extra16, Int(op.extra))
            return op.next
        }
    }
    static let outRegister: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            try processor.output(UInt16(truncatingIfNeeded: processor.cpu[.rdx]), Int(op.extra))
            return op.next
        }
    }

    /// INS, OUTS. `immediate`: the mask of the address size; `extra16`: 1 input, 2 repeated; `source`: the segment.
    static let moveString: Handler = {
        systemOperation($0, $1) { processor, op throws(Fault) in
            let isDone = try processor.moveString(
                isInput: op.extra16 & 1 != 0, size: Int(op.extra),
                segment: SegmentRegister(rawValue: op.source) ?? .ds, mask: op.immediate, repeats: op.extra16 & 2 != 0)
            if isDone { return op.next }
            return processor.cpu.leave(.request, at: op.rip(processor.cpu))
        }
    }
}
