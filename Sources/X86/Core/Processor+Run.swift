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
            let isShadowed = cpu.get(StateLayout.interruptShadow, as: UInt8.self) != 0
            let systemFlags: UInt64 = cpu.get(StateLayout.systemFlags)
            if isShadowed || systemFlags & Flag.trap != 0 {
                cpu.set(StateLayout.interruptShadow, UInt8(0))
                runAlone()
                // The trap flag as it was before the instruction decides (POPF and IRET that set it do not trap).
                if systemFlags & Flag.trap != 0, exit != .exception { singleStepped() }
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
            runAlone()
            return finish()
        case .halt:
            system.activity = .halted
            cpu.set(StateLayout.exit, Exit.lookUp.rawValue)
            return nil
        case .shutdown:
            return .shutdown
        }
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
                if protect(page: page) { codePages.written(page: page, by: number) }
            }
        }
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
        let vector: UInt32 = cpu.get(StateLayout.exceptionVector)
        let code: UInt32 = cpu.get(StateLayout.exceptionErrorCode)
        cpu.set(StateLayout.exit, Exit.lookUp.rawValue)
        cpu.set(StateLayout.interruptShadow, UInt8(0))
        cpu.set(StateLayout.linkSite, UInt64(0))
        let hasErrorCode = Vector(rawValue: UInt8(truncatingIfNeeded: vector))?.hasErrorCode ?? false
        deliver(
            vector: UInt8(truncatingIfNeeded: vector), errorCode: hasErrorCode ? code : nil, kind: .exception, rip: rip)
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
        }
    }
}
