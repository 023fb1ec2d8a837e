import Board

/// What runs a machine's processors: the kernel's KVM, or our own processor in software.
public protocol CPUBackEnd: InterruptMessageSink {
    var kind: CPUKind { get }
    /// Whether PIC, I/O APIC and the interval timer are the back end's (KVM: in the kernel).
    /// Otherwise the machine has chips of its own.
    var hasInterruptControllers: Bool { get }
    func makeCPU(_ number: Int) throws -> any VirtualCPU
    /// The level of one of the back end's own I/O APIC's 24 inputs.
    func setIOAPIC(_ input: Int, _ isRaised: Bool)
    /// The level of one of the back end's own PICs' 16 inputs.
    func setPIC(_ input: Int, _ isRaised: Bool)
    /// The PICs' output, where the controllers are the machine's own chips.
    func setLegacyInterrupt(_ isRaised: Bool)
    /// An eventfd in the place of a device's register: writes of `size` bytes to `address` signal it, and the processor goes on.
    /// - Returns: false where the back end has no such thing; writes go to the device then.
    func tieWrites(to event: Int32, address: UInt64, size: Int, value: UInt64?, isAttached: Bool) -> Bool
    /// The size that `tieWrites` is best asked for where any would do; nil where the back end ties no writes.
    var tiedWriteSize: Int? { get }
    /// An eventfd in the place of a device's interrupt: who signals it sends `message`, without any thread of the monitor's,
    /// until it is tied to another message or to none. With the device lock held.
    /// - Returns: whether the eventfd is tied; where not, whoever owns it reads it.
    func tieInterrupt(of event: Int32, to message: MessageSignalledInterrupt?) -> Bool
    /// Begins to note which pages are written to, or ends it.
    func setDirtyLogging(_ on: Bool) throws
    /// Pages written to by processors since the last call, as numbers counted from the first page of the first region
    /// (`GuestMemory.pageFlags`' order). Devices' writes are in the page flags.
    func takeDirtyPages() throws -> [Int]
    /// The machine's time stands still, or goes on.
    func pauseTime()
    func resumeTime()
    /// Set by the machine where it has interrupt controllers of its own.
    var legacyInterrupts: LegacyInterrupts? { get set }
}

extension CPUBackEnd {
    public var tiedWriteSize: Int? { nil }
    public func tieInterrupt(of event: Int32, to message: MessageSignalledInterrupt?) -> Bool { false }
}

/// What processors ask of interrupt controllers that are the machine's own chips.
public struct LegacyInterrupts {
    /// The PIC's vector that waits, taken; nil: none. With the device lock held.
    public var acknowledge: () -> UInt8?
    /// A level-triggered interrupt has ended. With the device lock held.
    public var endOfInterrupt: (UInt8) -> Void

    public init(acknowledge: @escaping () -> UInt8?, endOfInterrupt: @escaping (UInt8) -> Void) {
        self.acknowledge = acknowledge
        self.endOfInterrupt = endOfInterrupt
    }
}

/// The back ends, as users name them.
public enum CPUKind: String, Sendable, CaseIterable {
    case kvm, software
}
