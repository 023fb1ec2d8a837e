import CLinux
import Glibc

/// A virtual processor of the kernel's. One thread runs it; `requestExit` and the descriptor's owner aside, all calls are
/// made while it does not run.
public struct KVMProcessor: ~Copyable, @unchecked Sendable {
    let descriptor: FileDescriptor
    private let state: MappedMemory

    init(_ descriptor: consuming FileDescriptor, state: consuming MappedMemory) {
        self.descriptor = descriptor
        self.state = state
    }

    /// Why the processor came back.
    public enum Exit {
        /// IN (to be filled) or OUT: `count` times `size` bytes at `data`.
        case port(UInt16, size: Int, count: Int, isWrite: Bool, data: UnsafeMutableRawPointer)
        /// A load (to be filled) or a store of `size` bytes at an address without memory.
        case memory(UInt64, size: Int, isWrite: Bool, data: UnsafeMutableRawPointer)
        /// HLT, where local APICs are not the kernel's.
        case halt
        /// A triple fault.
        case shutdown
        /// A signal came, or an exit was asked for.
        case interrupted
        /// The guest cannot go on: the text says why.
        case failure(String)
    }

    /// Runs guest code until there is something to do. An access of a device is complete with the next call.
    public borrowing func run() throws(SystemError) -> Exit {
        if rk_ioctl_value(descriptor.rawValue, RK_KVM_RUN, 0) < 0 {
            let code = Errno.last
            if code == .interrupted || code == .wouldBlock { return .interrupted }
            throw SystemError("run a virtual processor", code: code)
        }
        let run = state.base
        switch Int32(rk_kvm_exit_reason(run)) {
        case KVM_EXIT_IO:
            let io = rk_kvm_exit_io(run)
            return .port(io.port, size: Int(io.size), count: Int(io.count), isWrite: io.is_write != 0, data: io.data)
        case KVM_EXIT_MMIO:
            let access = rk_kvm_exit_mmio(run)
            return .memory(access.address, size: Int(access.size), isWrite: access.is_write != 0, data: access.data)
        case KVM_EXIT_HLT: return .halt
        case KVM_EXIT_SHUTDOWN: return .shutdown
        case KVM_EXIT_INTR, KVM_EXIT_IRQ_WINDOW_OPEN: return .interrupted
        case KVM_EXIT_SYSTEM_EVENT:
            let event = Int32(rk_kvm_system_event(run))
            return event == KVM_SYSTEM_EVENT_SHUTDOWN || event == KVM_SYSTEM_EVENT_RESET
                ? .shutdown : .failure("the kernel reports system event \(event)")
        case KVM_EXIT_FAIL_ENTRY:
            let reason = String(rk_kvm_entry_failure(run), radix: 16)
            return .failure("the processor refuses to enter the guest (reason 0x\(reason))")
        case KVM_EXIT_INTERNAL_ERROR:
            let error = rk_kvm_internal_suberror(run)
            return .failure(
                error == UInt32(KVM_INTERNAL_ERROR_EMULATION)
                    ? "the kernel cannot emulate an instruction of the guest's" : "KVM's internal error \(error)")
        case let reason: return .failure("KVM's exit reason \(reason) is none that this machine asked for")
        }
    }

    /// Whether `run` returns at once (after it has finished the access of a device). Safe from any thread and signal
    /// handler; a processor that runs now leaves with the next signal to its thread.
    public borrowing func setImmediateExit(_ on: Bool) { rk_kvm_set_immediate_exit(state.base, on ? 1 : 0) }

    // MARK: State

    public borrowing func registers() throws(SystemError) -> KVMGeneralRegisters {
        KVMGeneralRegisters(try get("read the registers of", RK_KVM_GET_REGS, kvm_regs()))
    }
    public borrowing func setRegisters(_ registers: KVMGeneralRegisters) throws(SystemError) {
        try set("set the registers of", RK_KVM_SET_REGS, registers.value)
    }
    public borrowing func specialRegisters() throws(SystemError) -> KVMSpecialRegisters {
        KVMSpecialRegisters(value: try get("read the special registers of", RK_KVM_GET_SREGS, kvm_sregs()))
    }
    public borrowing func setSpecialRegisters(_ registers: KVMSpecialRegisters) throws(SystemError) {
        try set("set the special registers of", RK_KVM_SET_SREGS, registers.value)
    }
    public borrowing func floatingPoint() throws(SystemError) -> kvm_fpu {
        try get("read the floating-point registers of", RK_KVM_GET_FPU, kvm_fpu())
    }
    public borrowing func setFloatingPoint(_ registers: kvm_fpu) throws(SystemError) {
        try set("set the floating-point registers of", RK_KVM_SET_FPU, registers)
    }
    public borrowing func localAPIC() throws(SystemError) -> kvm_lapic_state {
        try get("read the local APIC of", RK_KVM_GET_LAPIC, kvm_lapic_state())
    }
    public borrowing func setLocalAPIC(_ state: kvm_lapic_state) throws(SystemError) {
        try set("set the local APIC of", RK_KVM_SET_LAPIC, state)
    }
    public borrowing func events() throws(SystemError) -> kvm_vcpu_events {
        try get("read the pending events of", RK_KVM_GET_VCPU_EVENTS, kvm_vcpu_events())
    }
    public borrowing func setEvents(_ events: kvm_vcpu_events) throws(SystemError) {
        try set("set the pending events of", RK_KVM_SET_VCPU_EVENTS, events)
    }

    /// Whether it runs, waits for its start (INIT, SIPI) or is halted.
    public enum RunState: UInt32, Sendable {
        case runnable, uninitialized, initReceived, halted, startupReceived
    }

    public borrowing func runState() throws(SystemError) -> RunState {
        let state = try get("read the state of", RK_KVM_GET_MP_STATE, kvm_mp_state())
        return RunState(rawValue: state.mp_state) ?? .runnable
    }
    public borrowing func setRunState(_ state: RunState) throws(SystemError) {
        try set("set the state of", RK_KVM_SET_MP_STATE, kvm_mp_state(mp_state: state.rawValue))
    }

    /// Registers, local APIC and pending events, to be put back.
    public struct Snapshot: @unchecked Sendable {
        let general: kvm_regs
        let special: kvm_sregs
        let floatingPoint: kvm_fpu
        let localAPIC: kvm_lapic_state
        let events: kvm_vcpu_events
    }

    public borrowing func snapshot() throws(SystemError) -> Snapshot {
        Snapshot(
            general: try registers().value, special: try specialRegisters().value, floatingPoint: try floatingPoint(),
            localAPIC: try localAPIC(), events: try events())
    }

    public borrowing func restore(_ snapshot: Snapshot) throws(SystemError) {
        try set("set the special registers of", RK_KVM_SET_SREGS, snapshot.special)
        try set("set the registers of", RK_KVM_SET_REGS, snapshot.general)
        try setFloatingPoint(snapshot.floatingPoint)
        try setLocalAPIC(snapshot.localAPIC)
        try setEvents(snapshot.events)
    }

    /// A model-specific register; nil where there is none of that number.
    public borrowing func modelSpecificRegister(_ index: UInt32) throws(SystemError) -> UInt64? {
        let number = descriptor.rawValue
        var value: UInt64 = 0
        let count = try retrying("read a model-specific register of", "a virtual processor") {
            rk_kvm_access_msr(number, index, &value, 0)
        }
        return count == 1 ? value : nil
    }

    /// - Returns: false where there is no such register, or it does not take the value.
    @discardableResult
    public borrowing func setModelSpecificRegister(_ index: UInt32, _ value: UInt64) throws(SystemError) -> Bool {
        let number = descriptor.rawValue
        var value = value
        return try retrying("set a model-specific register of", "a virtual processor") {
            rk_kvm_access_msr(number, index, &value, 1)
        } == 1
    }

    /// What CPUID answers. Before the first run.
    public borrowing func setCPUID(_ leaves: [CPUIDLeaf]) throws(SystemError) {
        let number = descriptor.rawValue
        let entries = leaves.map(\.entry)
        try retrying("set the CPUID leaves of", "a virtual processor") {
            rk_kvm_set_cpuid(number, entries, UInt32(entries.count))
        }
    }

    /// The frequency of its time-stamp counter in kHz; 0 where the kernel does not know.
    public borrowing func timeStampFrequency() -> Int {
        Int(max(0, rk_ioctl_value(descriptor.rawValue, RK_KVM_GET_TSC_KHZ, 0)))
    }

    /// Tells the guest's clock that the guest was stopped, so that no watchdog of the guest's bites.
    public borrowing func noteStopped() { _ = rk_ioctl_value(descriptor.rawValue, RK_KVM_KVMCLOCK_CTRL, 0) }

    private borrowing func get<Value>(
        _ operation: String, _ request: UInt, _ value: Value
    ) throws(SystemError) -> Value {
        var value = value
        let number = descriptor.rawValue
        try withUnsafeMutablePointer(to: &value) { (pointer) throws(SystemError) in
            _ = try retrying(operation, "a virtual processor") { rk_ioctl(number, request, pointer) }
        }
        return value
    }

    private borrowing func set<Value>(_ operation: String, _ request: UInt, _ value: Value) throws(SystemError) {
        _ = try get(operation, request, value)
    }
}
