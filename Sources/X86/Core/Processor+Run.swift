import CX86

/// Why `Processor.run` returned.
public enum RunEnd: Sendable, Equatable {
    /// `Request.stop` was asked for.
    case stopped
    /// HLT: nothing to do until an interrupt comes (`hasWork`).
    case halted
    /// Triple fault.
    case shutdown
}

extension Processor {
    /// Runs the guest until there is a reason to stop. One thread at a time.
    public func run() -> RunEnd {
        while true {
            if let end = attend() { return end }
            if metBreakpoints != 0, cpu.get(StateLayout.interruptShadow, as: UInt8.self) == 0 {
                // What is met while an event is delivered is told behind it.
                tellDebugTraps(0)
            } else if cpu.get(StateLayout.interruptShadow, as: UInt8.self) != 0 || systemFlags & Flag.trap != 0
                || mustStepForBreakpoint
            {
                // MOV SS and POP SS hold the next instruction's breakpoint back, too (Intel SDM volume 3, 6.8.3).
                let isHeldBack = cpu.get(StateLayout.interruptShadow, as: UInt8.self) == InterruptShadow.stackSegment
                cpu.set(StateLayout.interruptShadow, UInt8(0))
                if isHeldBack || !meetsExecutionBreakpoint() { step() }
            } else if let first = lookUp() {
                runBlocks(first)
            } else {
                // The fetch faulted: the exception is recorded, RIP is the instruction's.
            }
            if let end = finish() { return end }
        }
    }

    var exit: Exit { Exit(rawValue: cpu.get(StateLayout.exit)) ?? .shutdown }

    /// Goes on behind HLT without an interrupt.
    func wakeFromHalt() { system.activity = .running }

    /// What the end of the last run asks for, beyond looking up code.
    private func finish() -> RunEnd? {
        switch exit {
        case .lookUp, .request:
            return nil
        case .exception:
            deliverException(rip: cpu.get(StateLayout.rip))
            return exit == .shutdown ? .shutdown : nil
        case .alone:
            statistics.runAlone += 1
            step()
            return finish()
        case .halt:
            system.activity = .halted
            cpu.set(StateLayout.exit, Exit.lookUp.rawValue)
            return nil
        case .shutdown:
            return .shutdown
        }
    }

    /// Runs one instruction alone, and delivers the debug traps behind it.
    private func step() {
        // The trap flag as it was before the instruction decides (POPF and IRET that set it do not trap).
        let isTrapping = systemFlags & Flag.trap != 0
        runAlone()
        if exit == .exception {
            metBreakpoints = 0
            return
        }
        defer { system.isStepOver = false }
        // MOV SS and POP SS hold debug traps back, single steps for good.
        if cpu.get(StateLayout.interruptShadow, as: UInt8.self) == InterruptShadow.stackSegment { return }
        // INT n and SYSCALL cleared the trap flag on their way into the system.
        tellDebugTraps(isTrapping && !system.isStepOver ? Processor.singleStep : 0)
    }

    /// DR6.BS.
    private static let singleStep: UInt64 = 1 << 14

    /// #DB for breakpoints that were met, and for `status`; none of both: nothing.
    private func tellDebugTraps(_ status: UInt64) {
        let status = status | metBreakpoints
        metBreakpoints = 0
        if status != 0 { raiseDebugTrap(status) }
    }

    /// Requests, interrupts, HLT. Nil: go on.
    private func attend() -> RunEnd? {
        let requests = cpu.get(StateLayout.requests, as: UInt32.self)
        if requests != 0 {
            let taken = cx86_exchange32(cpu.raw + StateLayout.requests, 0)
            if taken & Request.codeWritten != 0 { readInbox() }
            if taken & Request.flushTranslations != 0 { flushTranslations() }
            if taken & (Request.timer | Request.interrupt) != 0 { noteInterruptRequest(taken) }
            if taken & Request.stop != 0 {
                cpu.set(StateLayout.linkSite, UInt64(0))
                return .stopped
            }
        }
        if hasInterrupt, cpu.get(StateLayout.interruptShadow, as: UInt8.self) == 0, takeInterrupt() {
            system.activity = .running
            statistics.interrupts += 1
            // What is looked up next is not where the last jump wanted to go.
            cpu.set(StateLayout.linkSite, UInt64(0))
            cpu.set(StateLayout.exit, Exit.lookUp.rawValue)
        }
        return system.activity == .running ? nil : .halted
    }

    private func readInbox() {
        for message in inbox.take() {
            switch message {
            case .written(let page, let range):
                if blocks.lines(page: page) & BlockCache.lines(offset: range.lowerBound, count: range.count) != 0 {
                    dropCode(page: page)
                    // Blocks of the page may be linked to each other only; the jump cache may point to them: their first
                    // operation leaves.
                }
            case .protected(let page):
                if protect(page: page) || hasLostTranslations { codePages.written(page: page, by: number) }
            }
        }
        hasLostTranslations = false
    }

    /// Translations for writing go, and may have been used since somebody decoded code of their pages (`CodeInbox.Message.protected`).
    func noteLostTranslations() {
        cx86_fence()
        if cpu.get(StateLayout.requests, as: UInt32.self) & Request.codeWritten != 0 { hasLostTranslations = true }
    }

    /// No translation lets stores go to `page` unseen any more.
    /// - Returns: whether one did.
    func protect(page: Int) -> Bool {
        guard let host = host(page: page) else { return false }
        var found = false
        for buffer in translations where buffer.protect(host: host) { found = true }
        return found
    }

    private func host(page: Int) -> UnsafeMutableRawPointer? {
        for run in memory.runs where page >= run.firstPage && page < run.firstPage + Int(run.byteCount >> 12) {
            return run.host + (page - run.firstPage) << 12
        }
        return nil
    }

    private func deliverException(rip: UInt64) {
        statistics.exceptions += 1
        if let refusedAddress {
            self.refusedAddress = nil
            if isStackReference(refusedAddress, rip) {
                cpu.set(StateLayout.exceptionVector, UInt32(Vector.stackFault.rawValue))
            }
        }
        let vector: UInt32 = cpu.get(StateLayout.exceptionVector)
        let code: UInt32 = cpu.get(StateLayout.exceptionErrorCode)
        cpu.set(StateLayout.exit, Exit.lookUp.rawValue)
        cpu.set(StateLayout.interruptShadow, UInt8(0))
        cpu.set(StateLayout.linkSite, UInt64(0))
        let hasErrorCode = Vector(rawValue: UInt8(truncatingIfNeeded: vector))?.hasErrorCode ?? false
        deliver(
            vector: UInt8(truncatingIfNeeded: vector), errorCode: hasErrorCode ? code : nil, kind: .exception, rip: rip)
    }

    /// Whether the instruction at `rip`, which was refused an access to an address that is not canonical, meant the stack: the
    /// fault is the stack's then (Intel SDM volume 3, 6.15, interrupt 12).
    private func isStackReference(_ address: UInt64, _ rip: UInt64) -> Bool {
        guard is64Bit, let physical = inForce.fetch(rip), let (host, _, _) = memory.find(physical) else { return false }
        let bytes = UnsafeRawBufferPointer(start: host, count: 4096 - Int(physical & 0xfff))
        guard let instruction = try? Decoder.decode(bytes, mode: .bits64) else { return false }
        let operands = [instruction.operands.0, instruction.operands.1, instruction.operands.2]
        let isExplicit = operands.contains { $0.kind == .memory }
        if isExplicit, instruction.memory.segment == UInt8(SegmentRegister.ss.rawValue) { return true }
        switch instruction.operation {
        case .push, .pop, .pushf, .popf, .enter, .leave, .callNear, .callFar, .returnNear, .returnFar:
            // With an operand in memory: it is the stack's own access where that is where the stack is.
            return !isExplicit || Int64(bitPattern: address &- cpu[.rsp]).magnitude <= 16
        default: return false
        }
    }

    // MARK: - Blocks

    /// Runs operations from `first` on until a handler leaves. Afterwards `StateLayout.rip` is where to go on, or the
    /// instruction that faulted.
    private func runBlocks(_ first: UnsafeRawPointer) {
        var last = first
        var next: UnsafeRawPointer? = first
        while let op = next {
            last = op
            next = op.load(as: Handler.self)(cpu.raw, op)
        }
        let exit = cpu.get(StateLayout.exit, as: UInt32.self)
        if exit == Exit.exception.rawValue || exit == Exit.alone.rawValue {
            cpu.set(StateLayout.rip, Op(last).rip(cpu))
        } else if !Processor.isCanonical(cpu.get(StateLayout.rip)) {
            refuseTarget(from: Op(last).rip(cpu))
        }
    }
}
