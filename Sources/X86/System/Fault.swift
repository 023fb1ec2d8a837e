/// Why a system operation did not happen. Thrown inside of it, before anything changed.
enum Fault: Error {
    case exception(Vector, UInt32)
    /// A load or store recorded what happened (a page fault, or that the instruction must run alone).
    case recorded

    static let generalProtection = Fault.exception(.generalProtection, 0)
    static let undefined = Fault.exception(.invalidOpcode, 0)
}

/// Runs an operation of the processor's as a handler.
@inline(__always)
func systemOperation(
    _ state: UnsafeMutableRawPointer, _ raw: UnsafeRawPointer,
    _ body: (Processor, Op) throws(Fault) -> UnsafeRawPointer?
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(raw))
    do {
        return try body(cpu.processor, op)
    } catch .exception(let vector, let code) {
        return cpu.fault(vector, code)
    } catch {
        return nil
    }
}

/// The same for operations that end their block: `body` leaves `StateLayout.rip` where to go on, with mode and privilege as they are
/// there. Goes there at once where the jump cache has it: system calls and returns from interrupts are frequent.
@inline(__always)
func systemJump(
    _ state: UnsafeMutableRawPointer, _ raw: UnsafeRawPointer, _ body: (Processor, Op) throws(Fault) -> Void
) -> UnsafeRawPointer? {
    let (cpu, op) = (CPU(state), Op(raw))
    do {
        try body(cpu.processor, op)
    } catch .exception(let vector, let code) {
        return cpu.fault(vector, code)
    } catch {
        return nil
    }
    let rip: UInt64 = cpu.get(StateLayout.rip)
    let flags: UInt64 = cpu.get(StateLayout.systemFlags)
    if flags & Flag.trap != 0 || flags & Flag.resume != 0 && cpu.processor.breakpoints.hasExecution {
        cpu.countInstructions(op)
        return cpu.leave(.lookUp, at: rip)
    }
    return cpu.jump(to: rip, op)
}

extension Processor {
    /// Loads with the rights in force.
    func load<T: BitwiseCopyable>(_ linear: UInt64, _ type: T.Type) throws(Fault) -> T {
        guard let value = cpu.load(linear, type) else { throw .recorded }
        return value
    }

    func store<T: BitwiseCopyable>(_ linear: UInt64, _ value: T) throws(Fault) {
        guard cpu.store(linear, value) else { throw .recorded }
    }

    /// Loads from a table of the system's: with the supervisor's rights, at any privilege.
    func loadSystem<T: BitwiseCopyable>(_ linear: UInt64, _ type: T.Type) throws(Fault) -> T {
        guard let value = asSupervisor({ cpu.load(linearSystem(linear), type) }) else { throw .recorded }
        return value
    }

    func storeSystem<T: BitwiseCopyable>(_ linear: UInt64, _ value: T) throws(Fault) {
        guard asSupervisor({ cpu.store(linearSystem(linear), value) }) else { throw .recorded }
    }

    /// Linear addresses outside of long mode have 32 bits.
    func linearSystem(_ linear: UInt64) -> UInt64 { isLongMode ? linear : linear & 0xffff_ffff }

    // MARK: - Modes

    var cr0: UInt64 { cpu.get(StateLayout.cr0) }
    var cr4: UInt64 { cpu.get(StateLayout.cr4) }
    var efer: UInt64 { cpu.get(StateLayout.efer) }
    var systemFlags: UInt64 { cpu.get(StateLayout.systemFlags) }
    /// CR0.PE.
    var isProtected: Bool { cr0 & ControlBit.protection != 0 }
    var isVirtual8086: Bool { systemFlags & Flag.virtual8086 != 0 && isProtected }
    /// EFER.LMA: 64-bit or compatibility mode.
    var isLongMode: Bool { efer & ControlBit.longModeActive != 0 }
    /// 64-bit mode proper.
    var is64Bit: Bool { isLongMode && segment(.cs).attributes & SegmentAttribute.long != 0 }
    /// Selectors name descriptors.
    var usesDescriptors: Bool { isProtected && !isVirtual8086 }
    var privilege: UInt32 { cpu.privilegeLevel }
    /// RFLAGS.IOPL.
    var ioPrivilege: UInt32 { UInt32(truncatingIfNeeded: systemFlags >> 12 & 3) }

    static func isCanonical(_ address: UInt64) -> Bool {
        Int64(bitPattern: address &<< 16) >> 16 == Int64(bitPattern: address)
    }

    func setPrivilege(_ level: UInt32) { cpu.set(StateLayout.privilegeLevel, level) }
}
