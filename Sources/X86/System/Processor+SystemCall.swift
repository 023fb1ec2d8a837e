// SYSCALL, SYSRET, SYSENTER, SYSEXIT (Intel SDM volume 2).

extension Processor {
    private func flatCode(_ selector: UInt64, level: UInt16, isLong: Bool) -> Segment {
        Segment(
            selector: UInt16(truncatingIfNeeded: selector) & 0xfffc | level, base: 0, limit: 0xffff_ffff,
            attributes: 0x9b | level << 5 | SegmentAttribute.granular
                | (isLong ? SegmentAttribute.long : SegmentAttribute.big))
    }

    private func flatStack(_ selector: UInt64, level: UInt16) -> Segment {
        Segment(
            selector: UInt16(truncatingIfNeeded: selector) & 0xfffc | level, base: 0, limit: 0xffff_ffff,
            attributes: 0x93 | level << 5 | SegmentAttribute.granular | SegmentAttribute.big)
    }

    func systemCall(nextRIP: UInt64) throws(Fault) {
        guard efer & ControlBit.systemCall != 0, is64Bit else { throw .undefined }
        let flags = cpu.flags
        let selector = cpu.get(StateLayout.star, as: UInt64.self) >> 32 & 0xfffc
        cpu[.rcx] = nextRIP
        if flags & Flag.trap != 0 { system.isStepOver = true }
        cpu[.r11] = flags & ~Flag.resume
        cpu.flags = flags & ~(cpu.get(StateLayout.sfmask, as: UInt64.self) | Flag.resume)
        setSegment(.cs, flatCode(selector, level: 0, isLong: true))
        setSegment(.ss, flatStack(selector + 8, level: 0))
        setPrivilege(0)
        cpu.set(StateLayout.rip, cpu.get(StateLayout.lstar, as: UInt64.self))
        modeChanged()
    }

    /// - Parameter size: 8 returns to 64-bit code.
    func systemReturn(size: Int) throws(Fault) {
        guard efer & ControlBit.systemCall != 0, is64Bit else { throw .undefined }
        guard privilege == 0 else { throw .generalProtection }
        let target = cpu[.rcx]
        if size == 8, !Processor.isCanonical(target) { throw .generalProtection }
        let selector = cpu.get(StateLayout.star, as: UInt64.self) >> 48
        let kept = Flag.virtual8086 | Flag.resume
        let writable: UInt64 = 0x3c_7fd7
        cpu.flags = cpu[.r11] & writable & ~kept | 2
        setSegment(.cs, flatCode(size == 8 ? selector + 16 : selector, level: 3, isLong: size == 8))
        setSegment(.ss, flatStack(selector + 8, level: 3))
        setPrivilege(3)
        cpu.set(StateLayout.rip, size == 8 ? target : target & 0xffff_ffff)
        modeChanged()
        interruptsMayHaveOpened()
    }

    func systemEnter() throws(Fault) {
        let selector: UInt64 = cpu.get(StateLayout.sysenterCS)
        guard isProtected, selector & 0xfffc != 0 else { throw .generalProtection }
        let flags = systemFlags
        cpu.set(StateLayout.systemFlags, flags & ~(Flag.virtual8086 | Flag.interrupt | Flag.resume))
        setSegment(.cs, flatCode(selector, level: 0, isLong: isLongMode))
        setSegment(.ss, flatStack(selector + 8, level: 0))
        setPrivilege(0)
        let pointer: UInt64 = cpu.get(StateLayout.sysenterESP)
        let target: UInt64 = cpu.get(StateLayout.sysenterEIP)
        cpu[.rsp] = isLongMode ? pointer : pointer & 0xffff_ffff
        cpu.set(StateLayout.rip, isLongMode ? target : target & 0xffff_ffff)
        modeChanged()
    }

    /// - Parameter size: 8 returns to 64-bit code.
    func systemExit(size: Int) throws(Fault) {
        let selector: UInt64 = cpu.get(StateLayout.sysenterCS)
        guard isProtected, selector & 0xfffc != 0, privilege == 0 else { throw .generalProtection }
        let (pointer, target) = (cpu[.rcx], cpu[.rdx])
        if size == 8 {
            guard Processor.isCanonical(pointer), Processor.isCanonical(target) else { throw .generalProtection }
        }
        let first = selector + (size == 8 ? 32 : 16)
        setSegment(.cs, flatCode(first, level: 3, isLong: size == 8))
        setSegment(.ss, flatStack(first + 8, level: 3))
        setPrivilege(3)
        cpu[.rsp] = size == 8 ? pointer : pointer & 0xffff_ffff
        cpu.set(StateLayout.rip, size == 8 ? target : target & 0xffff_ffff)
        modeChanged()
    }

    /// SWAPGS.
    func swapGSBase() throws(Fault) {
        guard is64Bit else { throw .undefined }
        guard privilege == 0 else { throw .generalProtection }
        let at = StateLayout.segments + SegmentRegister.gs.rawValue * SegmentField.byteCount
        let base: UInt64 = cpu.get(at)
        cpu.set(at, cpu.get(StateLayout.kernelGSBase, as: UInt64.self))
        cpu.set(StateLayout.kernelGSBase, base)
    }
}
