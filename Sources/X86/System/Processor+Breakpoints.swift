// Breakpoints of the debug registers. What is watched is kept off the fast paths: data of a watched page is in no translation
// buffer, code of one in no jump cache and runs an instruction at a time. An instruction that meets a data breakpoint
// runs alone, so that the trap comes right behind it.

extension Processor {
    /// Call after every change of DR0–DR3, DR7 and CR4.DE.
    func debugRegistersChanged() {
        let addresses: [UInt64] = (0..<4).map { cpu.get(StateLayout.debug + $0 * 8) }
        let new = Breakpoints(
            addresses: addresses, control: cpu.get(StateLayout.debug + 56),
            hasPorts: cr4 & ControlBit.debugExtensions != 0)
        guard new != breakpoints else { return }
        breakpoints = new
        // Without breakpoints nobody ends RF; the instruction that sets them does, as every one that completes.
        cpu.set(StateLayout.systemFlags, systemFlags & ~Flag.resume)
        flushTranslations()
    }

    /// The instruction at `StateLayout.rip` is not run from a block: it is watched, or RF holds for it alone.
    var mustStepForBreakpoint: Bool {
        guard breakpoints.hasExecution else { return false }
        if systemFlags & Flag.resume != 0 { return true }
        return breakpoints.watchesCode(page: linearRIP & ~0xfff)
    }

    private var linearRIP: UInt64 {
        let rip: UInt64 = cpu.get(StateLayout.rip)
        return is64Bit ? rip : (segment(.cs).base &+ rip) & 0xffff_ffff
    }

    /// Before an instruction that runs alone: an execution breakpoint is a fault of it, unless RF is set, which ends here.
    /// - Returns: whether the exception is recorded.
    func meetsExecutionBreakpoint() -> Bool {
        guard breakpoints.hasExecution else { return false }
        if systemFlags & Flag.resume != 0 {
            cpu.set(StateLayout.systemFlags, systemFlags & ~Flag.resume)
            return false
        }
        let bits = breakpoints.execution(at: linearRIP)
        guard bits != 0 else { return false }
        noteDebugStatus(bits)
        _ = cpu.fault(.debug)
        return true
    }

    /// A load or store of a watched page, which can be done.
    /// - Returns: false: the instruction must run alone first (`Exit.alone` is recorded).
    func noteAccess(_ linear: UInt64, _ byteCount: Int, isWrite: Bool) -> Bool {
        noteMet(breakpoints.data(at: linear, byteCount: byteCount, isWrite: isWrite))
    }

    func noteAccess(port: UInt16, _ size: Int) throws(Fault) {
        guard noteMet(breakpoints.port(port, byteCount: size)) else { throw .recorded }
    }

    private func noteMet(_ bits: UInt64) -> Bool {
        guard bits != 0 else { return true }
        guard isAlone else {
            cpu.set(StateLayout.exit, Exit.alone.rawValue)
            return false
        }
        metBreakpoints |= bits
        return true
    }

    /// DR6 and DR7 as a debug exception leaves them.
    func noteDebugStatus(_ status: UInt64) {
        let debug = StateLayout.debug
        cpu.set(debug + 48, cpu.get(debug + 48, as: UInt64.self) & ~0xf | status)
        cpu.set(debug + 56, cpu.get(debug + 56, as: UInt64.self) & ~(1 << 13))
    }

    /// #DB behind an instruction; RIP is the next one's. `status`: the bits of DR6.
    func raiseDebugTrap(_ status: UInt64) {
        noteDebugStatus(status)
        deliver(vector: Vector.debug.rawValue, errorCode: nil, kind: .exception, rip: cpu.get(StateLayout.rip))
    }
}
