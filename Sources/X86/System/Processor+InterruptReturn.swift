// IRET in all modes (Intel SDM volume 2).

extension Processor {
    private static let returnedFlags: UInt64 =
        Flag.status | Flag.trap | Flag.direction | Flag.nestedTask | Flag.resume | Flag.alignment
        | Flag.identification

    /// - Parameter size: 2, 4 or 8.
    func interruptReturn(size: Int, nextRIP: UInt64) throws(Fault) {
        if !isProtected {
            try returnReal(size)
        } else if isVirtual8086 {
            guard ioPrivilege == 3 else { throw .generalProtection }
            try returnReal(size)
        } else if !isLongMode, systemFlags & Flag.nestedTask != 0 {
            let link = try loadSystem(segment(.tr).base, UInt16.self)
            try switchTask(link, .interruptReturn, returnAddress: nextRIP)
        } else {
            try returnProtected(size)
        }
        if system.isNonMaskableBlocked {
            system.isNonMaskableBlocked = false
            apic.endNonMaskable()
        }
        interruptsMayHaveOpened()
    }

    /// Flags as popped: what may change at `level` does; the rest stays.
    private func mergeFlags(_ popped: UInt64, _ size: Int, _ mask: UInt64) {
        let mask = size == 2 ? mask & 0xffff : mask
        cpu.flags = cpu.flags & ~mask | popped & mask
    }

    private func returnReal(_ size: Int) throws(Fault) {
        var stack = Stack(self)
        let offset = try stack.pop(size)
        let selector = try stack.pop(size)
        let flags = try stack.pop(size)
        guard offset <= UInt64(segment(.cs).limit) else { throw .generalProtection }
        stack.commit()
        var mask = Processor.returnedFlags | Flag.interrupt
        if !isVirtual8086 { mask |= Flag.privilege }
        mergeFlags(flags, size, mask)
        setSegment(.cs, segmentByValue(.cs, UInt16(truncatingIfNeeded: selector)))
        cpu.set(StateLayout.rip, offset)
        modeChanged()
    }

    private func returnProtected(_ size: Int) throws(Fault) {
        if isLongMode, systemFlags & Flag.nestedTask != 0 { throw .generalProtection }
        var stack = Stack(self)
        let from64Bit = is64Bit
        let offset = try stack.pop(size)
        let selector = UInt16(truncatingIfNeeded: try stack.pop(size))
        let flags = try stack.pop(size)
        if flags & Flag.virtual8086 != 0, size == 4, privilege == 0, !isLongMode {
            try returnToVirtual8086(&stack, offset: offset, selector: selector, flags: flags)
            return
        }
        var code = try returnSegment(selector)
        let level = UInt32(selector & 3)
        try checkCode(code, offset: offset)
        var mask = Processor.returnedFlags
        if privilege <= ioPrivilege { mask |= Flag.interrupt }
        if privilege == 0 {
            mask |= Flag.privilege | Flag.virtualInterrupt | Flag.virtualInterruptPending
        }
        if level == privilege, !from64Bit {
            try markAccessed(&code)
            stack.commit()
            commitCode(code, level: level)
        } else {
            let pointer = try stack.pop(size)
            let stackSelector = UInt16(truncatingIfNeeded: try stack.pop(size))
            let outer = try outerStack(stackSelector, level, code)
            try markAccessed(&code)
            commitReturn(code, outer, pointer: pointer, level: level, size: size)
        }
        mergeFlags(flags, size, mask)
        cpu.set(StateLayout.rip, offset)
        modeChanged()
    }

    private func returnToVirtual8086(
        _ stack: inout Stack, offset: UInt64, selector: UInt16, flags: UInt64
    ) throws(Fault) {
        let pointer = try stack.pop(4)
        var selectors: [UInt16] = []
        for _ in 0..<5 { selectors.append(UInt16(truncatingIfNeeded: try stack.pop(4))) }
        cpu.flags =
            flags
            & (Processor.returnedFlags | Flag.interrupt | Flag.privilege | Flag.virtual8086 | Flag.virtualInterrupt
                | Flag.virtualInterruptPending)
        setPrivilege(3)
        setSegment(.cs, segmentByValue(.cs, selector))
        for (register, selector) in zip([SegmentRegister.ss, .es, .ds, .fs, .gs], selectors) {
            setSegment(register, segmentByValue(register, selector))
        }
        cpu[.rsp] = pointer
        cpu.set(StateLayout.rip, offset & 0xffff)
        modeChanged()
    }
}
