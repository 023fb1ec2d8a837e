import CLinux

/// What a kernel's KVM may offer (KVM_CHECK_EXTENSION).
public struct KVMCapability: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: Int32
    public let description: String

    public init(rawValue: Int32) { self.init(Int32(rawValue), "capability \(rawValue)") }
    private init(_ rawValue: Int32, _ description: String) {
        self.rawValue = rawValue
        self.description = description
    }

    public static let interruptControllers = Self(KVM_CAP_IRQCHIP, "interrupt controllers (KVM_CAP_IRQCHIP)")
    public static let memorySlots = Self(KVM_CAP_USER_MEMORY, "memory of user space (KVM_CAP_USER_MEMORY)")
    public static let timer = Self(KVM_CAP_PIT2, "the interval timer (KVM_CAP_PIT2)")
    public static let interruptDescriptors = Self(KVM_CAP_IRQFD, "interrupts from eventfds (KVM_CAP_IRQFD)")
    public static let writeDescriptors = Self(KVM_CAP_IOEVENTFD, "eventfds for device writes (KVM_CAP_IOEVENTFD)")
    /// A write's eventfd whatever the write's size: the kernel need not look at the instruction.
    public static let writeDescriptorsOfAnySize = Self(
        KVM_CAP_IOEVENTFD_ANY_LENGTH, "eventfds for writes of any size (KVM_CAP_IOEVENTFD_ANY_LENGTH)")
    public static let interruptRouting = Self(KVM_CAP_IRQ_ROUTING, "interrupt routing (KVM_CAP_IRQ_ROUTING)")
    public static let messageSignalledInterrupts = Self(
        KVM_CAP_SIGNAL_MSI, "message-signalled interrupts (KVM_CAP_SIGNAL_MSI)")
    public static let immediateExit = Self(KVM_CAP_IMMEDIATE_EXIT, "leaving at once (KVM_CAP_IMMEDIATE_EXIT)")
    public static let processorState = Self(KVM_CAP_MP_STATE, "states of processors (KVM_CAP_MP_STATE)")
    public static let identityMap = Self(KVM_CAP_SET_IDENTITY_MAP_ADDR, "KVM_CAP_SET_IDENTITY_MAP_ADDR")
    public static let clock = Self(KVM_CAP_ADJUST_CLOCK, "the paravirtual clock (KVM_CAP_ADJUST_CLOCK)")
    public static let deadlineTimer = Self(KVM_CAP_TSC_DEADLINE_TIMER, "the TSC deadline timer")
    /// The largest number of processors.
    public static let processorCount = Self(KVM_CAP_MAX_VCPUS, "KVM_CAP_MAX_VCPUS")

    /// Without these there is no machine of ours.
    static let needed: [KVMCapability] = [
        .memorySlots, .interruptControllers, .timer, .interruptRouting, .messageSignalledInterrupts, .immediateExit,
        .processorState,
    ]
}
