/// Which instructions of x87, MMX and SSE raise an exception whatever their operands, by CR0 and CR4: bits of
/// `StateLayout.vectorFaults` (Intel SDM volume 3, 2.5 and 14.1).
enum VectorFault {
    /// x87: #NM, CR0.EM or CR0.TS.
    static let x87: UInt8 = 1
    /// FWAIT: #NM, CR0.MP and CR0.TS.
    static let wait: UInt8 = 2
    /// MMX: #UD, CR0.EM. With SSE's instructions that have MMX operands.
    static let mmxUndefined: UInt8 = 4
    /// SSE: #UD, CR0.EM or not CR4.OSFXSR.
    static let sseUndefined: UInt8 = 8
    /// MMX and SSE: #NM, CR0.TS.
    static let taskSwitched: UInt8 = 16

    static let mmx = mmxUndefined | taskSwitched
    static let sse = sseUndefined | taskSwitched
}

extension CPU {
    /// Call after every change of CR0 or CR4.
    public func updateVectorFaults() {
        let cr0: UInt64 = get(StateLayout.cr0)
        let cr4: UInt64 = get(StateLayout.cr4)
        let monitor = cr0 & ControlBit.monitorCoprocessor != 0
        let emulation = cr0 & ControlBit.emulation != 0
        let taskSwitched = cr0 & ControlBit.taskSwitched != 0
        var faults: UInt8 = 0
        if emulation || taskSwitched { faults |= VectorFault.x87 }
        if monitor && taskSwitched { faults |= VectorFault.wait }
        if emulation { faults |= VectorFault.mmxUndefined }
        if emulation || cr4 & ControlBit.fxsave == 0 { faults |= VectorFault.sseUndefined }
        if taskSwitched { faults |= VectorFault.taskSwitched }
        set(StateLayout.vectorFaults, faults)
    }

    /// Whether instructions of `kind` (`VectorFault.sse` …) may run.
    @inline(__always)
    func mayRun(_ kind: UInt8) -> Bool { _fastPath(get(StateLayout.vectorFaults, as: UInt8.self) & kind == 0) }

    /// The exception of an instruction that `mayRun` refused.
    @inline(never)
    func refuse(_ kind: UInt8) -> UnsafeRawPointer? {
        let faults = get(StateLayout.vectorFaults, as: UInt8.self) & kind
        return fault(
            faults & (VectorFault.mmxUndefined | VectorFault.sseUndefined) != 0 ? .invalidOpcode : .deviceNotAvailable)
    }
}
