/// What a processor has beside the state that handlers reach by offsets: model-specific registers and what is rarely looked at.
/// The processor's own thread uses it.
final class SystemState {
    /// Added to the bus's time-stamp counter: IA32_TSC_ADJUST; writes to IA32_TSC change it, too.
    var timeStampAdjustment: UInt64 = 0
    var activity = Activity.running
    /// 1 while an event from outside is delivered, or an exception: EXT of error codes.
    var externalBit: UInt32 = 0
    /// INT1 is delivered: the gate's privilege is not asked for.
    var ignoresGatePrivilege = false
    /// The instruction that ran with the trap flag went into the system: no single step behind it.
    var isStepOver = false
    /// From the delivery of an NMI until IRET.
    var isNonMaskableBlocked = false
    var memoryTypes = MemoryTypeRegisters()
    var pageAttributeTable: UInt64 = 0x0007_0406_0007_0406
    var miscellaneousEnable: UInt64 = SystemState.miscellaneousEnableReset
    var debugControl: UInt64 = 0
    var machineCheckStatus: UInt64 = 0
    var paravirtual = ParavirtualState()
    /// Of the latest triple fault.
    var shutdownCause: ShutdownCause?

    /// IA32_MISC_ENABLE: fast strings; neither branch trace store nor PEBS.
    static let miscellaneousEnableReset: UInt64 = 1 | 1 << 11 | 1 << 12
}

/// The memory type range registers (Intel SDM volume 3, 12.11): kept for those who set them; memory has one type here.
struct MemoryTypeRegisters {
    static let variableCount = 8
    /// Base and mask, one behind the other (MSRs 0x200 …).
    var variable = [UInt64](repeating: 0, count: 2 * MemoryTypeRegisters.variableCount)
    /// In the order of `fixedNumbers`.
    var fixed = [UInt64](repeating: 0, count: MemoryTypeRegisters.fixedNumbers.count)
    var defaultType: UInt64 = 0

    static let fixedNumbers: [UInt32] = [
        0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f,
    ]
}

/// Where a guest that knows KVM's interfaces wants its structures (linux/Documentation/virt/kvm/x86/msr.rst).
struct ParavirtualState {
    var systemTime: UInt64 = 0
    var wallClock: UInt64 = 0
    /// The address of the end-of-interrupt flag, bit 0: enabled.
    var endOfInterrupt: UInt64 = 0
    /// The flag is set in guest memory: the guest may end the interrupt in service by clearing it.
    var isEndOfInterruptOffered = false
    /// Whether HLT may be polled for by the host, as the guest asked (bit 0). Kept for reading back.
    var pollControl: UInt64 = 1
}
