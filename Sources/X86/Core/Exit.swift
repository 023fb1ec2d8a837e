/// Why a handler returned nil, in `StateLayout.exit`. The run loop does what it asks for.
public enum Exit: UInt32, Sendable {
    /// Go on at `StateLayout.rip`: a jump whose target has no decoded block yet, or a change of mode or translation.
    case lookUp = 0
    /// Deliver the exception recorded beside it; RIP is that of the instruction whose handler returned nil.
    case exception
    /// HLT: wait for an interrupt. `StateLayout.rip` is behind the instruction.
    case halt
    /// Another thread asked for something (`StateLayout.requests`). `StateLayout.rip` is where to go on.
    case request
    /// Run just this instruction again, alone: it writes to the code it belongs to.
    case alone
    /// The machine is to be reset: triple fault.
    case shutdown
}

/// What other threads, or the processor itself, ask the run loop to look at before the next block. Bits of `StateLayout.requests`, set atomically.
public enum Request {
    /// The local APIC may have an interrupt to deliver.
    public static let interrupt: UInt32 = 1
    /// Leave `Processor.run`.
    public static let stop: UInt32 = 2
    /// Drop decoded code of pages that somebody else wrote to.
    public static let codeWritten: UInt32 = 4
    /// Forget all translations.
    public static let flushTranslations: UInt32 = 8
    /// A timer of the local APIC is due.
    public static let timer: UInt32 = 16
    /// One instruction runs alone: jumps go to no block, repetitions end after an element.
    public static let alone: UInt32 = 32
}

/// Exceptions (Intel SDM volume 3, table 6-1).
public enum Vector: UInt8, Sendable {
    case divideError = 0
    case debug = 1
    case nonMaskable = 2
    case breakpoint = 3
    case overflow = 4
    case boundRange = 5
    case invalidOpcode = 6
    case deviceNotAvailable = 7
    case doubleFault = 8
    case invalidTSS = 10
    case segmentNotPresent = 11
    case stackFault = 12
    case generalProtection = 13
    case pageFault = 14
    case x87Error = 16
    case alignmentCheck = 17
    case machineCheck = 18
    case simdError = 19

    /// Whether delivery pushes an error code.
    public var hasErrorCode: Bool {
        switch self {
        case .doubleFault, .invalidTSS, .segmentNotPresent, .stackFault, .generalProtection, .pageFault,
            .alignmentCheck:
            true
        default: false
        }
    }
}

extension CPU {
    /// Records an exception; `return cpu.fault(…)` ends a handler. Fault semantics: RIP stays at the instruction.
    @inline(never)
    public func fault(_ vector: Vector, _ errorCode: UInt32 = 0) -> UnsafeRawPointer? {
        set(StateLayout.exit, Exit.exception.rawValue)
        set(StateLayout.exceptionVector, UInt32(vector.rawValue))
        set(StateLayout.exceptionErrorCode, errorCode)
        return nil
    }

    /// Leaves the block; execution goes on at `rip`. For jumps out of the block, and after anything that changes how code is
    /// read (CR writes, far jumps, returns to another privilege).
    @inlinable
    public func leave(_ exit: Exit, at rip: UInt64) -> UnsafeRawPointer? {
        set(StateLayout.exit, exit.rawValue)
        set(StateLayout.rip, rip)
        return nil
    }

    @inlinable public var privilegeLevel: UInt32 { self.get(StateLayout.privilegeLevel) }

    /// The object behind this state, for everything rare.
    @inline(__always)
    public var processor: Processor {
        Unmanaged<Processor>.fromOpaque(get(StateLayout.processor, as: UnsafeRawPointer.self)).takeUnretainedValue()
    }
}
