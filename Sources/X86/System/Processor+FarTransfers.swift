// JMP, CALL and RET between segments (Intel SDM volume 2).

extension Processor {
    /// JMP ptr16:n.
    func jumpFar(selector: UInt16, offset: UInt64, size: Int, nextRIP: UInt64) throws(Fault) {
        let offset = size == 2 ? offset & 0xffff : size == 4 ? offset & 0xffff_ffff : offset
        guard usesDescriptors else {
            guard offset <= UInt64(segment(.cs).limit) else { throw .generalProtection }
            setSegment(.cs, segmentByValue(.cs, selector))
            cpu.set(StateLayout.rip, offset)
            modeChanged()
            return
        }
        guard selector & 0xfffc != 0 else { throw .generalProtection }
        let low = try descriptor(selector)
        var target = Segment(selector: selector, descriptor: low)
        if target.isOrdinary {
            try checkDirect(target)
            try checkCode(target, offset: offset)
            try markAccessed(&target)
            commitCode(target, level: privilege)
            cpu.set(StateLayout.rip, offset)
            modeChanged()
            return
        }
        switch try systemTransfer(selector, low, target) {
        case .call(let gate):
            var code = try gatedCode(gate)
            guard code.isConforming ? code.privilege <= privilege : code.privilege == privilege else {
                throw .exception(.generalProtection, errorCode(gate.selector))
            }
            let offset = gateOffset(gate)
            try checkCode(code, offset: offset)
            try markAccessed(&code)
            commitCode(code, level: privilege)
            cpu.set(StateLayout.rip, offset)
            modeChanged()
        case .task(let selector):
            try switchTask(selector, .jump, returnAddress: nextRIP)
        }
    }

    /// CALL ptr16:n.
    func callFar(selector: UInt16, offset: UInt64, size: Int, returnAddress: UInt64) throws(Fault) {
        let offset = size == 2 ? offset & 0xffff : size == 4 ? offset & 0xffff_ffff : offset
        var stack = Stack(self)
        guard usesDescriptors else {
            guard offset <= UInt64(segment(.cs).limit) else { throw .generalProtection }
            try stack.push(UInt64(self.selector(.cs)), size)
            try stack.push(returnAddress, size)
            stack.commit()
            setSegment(.cs, segmentByValue(.cs, selector))
            cpu.set(StateLayout.rip, offset)
            modeChanged()
            return
        }
        guard selector & 0xfffc != 0 else { throw .generalProtection }
        let low = try descriptor(selector)
        var target = Segment(selector: selector, descriptor: low)
        if target.isOrdinary {
            try checkDirect(target)
            guard target.isPresent else { throw .exception(.segmentNotPresent, errorCode(selector)) }
            try stack.push(UInt64(self.selector(.cs)), size)
            try stack.push(returnAddress, size)
            try checkCode(target, offset: offset)
            try markAccessed(&target)
            stack.commit()
            commitCode(target, level: privilege)
            cpu.set(StateLayout.rip, offset)
            modeChanged()
            return
        }
        switch try systemTransfer(selector, low, target) {
        case .call(let gate): try call(through: gate, returnAddress: returnAddress)
        case .task(let selector):
            try switchTask(selector, .call, returnAddress: returnAddress)
        }
    }

    private func call(through gate: Gate, returnAddress: UInt64) throws(Fault) {
        var code = try gatedCode(gate)
        let offset = gateOffset(gate)
        let size = isLongMode ? 8 : gate.is16Bit ? 2 : 4
        try checkCode(code, offset: offset)
        let isInner = !code.isConforming && code.privilege < privilege
        let level = isInner ? code.privilege : privilege
        var stack = Stack(self)
        var newStackSegment: Segment?
        if isInner {
            let old = stack
            if isLongMode {
                let pointer = try taskStack64(4 + UInt64(level) * 8)
                let null = nullStack(UInt16(level), level)
                stack = Stack(self, segment: null, pointer: pointer, isFlat: true, level: level, errorCode: 0)
                newStackSegment = null
            } else {
                let (segment, pointer) = try innerStack(level)
                stack = Stack(
                    self, segment: segment, pointer: pointer, isFlat: false, level: level,
                    errorCode: errorCode(segment.selector))
                newStackSegment = segment
            }
            try stack.push(UInt64(selector(.ss)), size)
            try stack.push(cpu[.rsp], size)
            if !isLongMode {
                for index in (0..<UInt64(gate.count)).reversed() {
                    try stack.push(try old.peek(size, offset: index * UInt64(size)), size)
                }
            }
        } else if isLongMode {
            stack = Stack(
                self, segment: segment(.ss), pointer: cpu[.rsp], isFlat: true, level: level, errorCode: 0)
        }
        try stack.push(UInt64(selector(.cs)), size)
        try stack.push(returnAddress, size)
        try markAccessed(&code)
        if let newStackSegment { setSegment(.ss, newStackSegment) }
        stack.commit()
        commitCode(code, level: level)
        cpu.set(StateLayout.rip, offset)
        modeChanged()
    }

    /// A far transfer straight to a code segment: privilege stays.
    private func checkDirect(_ target: Segment) throws(Fault) {
        let requested = UInt32(target.selector & 3)
        guard target.isCode,
            target.isConforming
                ? target.privilege <= privilege : requested <= privilege && target.privilege == privilege
        else { throw .exception(.generalProtection, errorCode(target.selector)) }
    }

    private enum SystemTransfer {
        case call(Gate)
        case task(UInt16)
    }

    /// A far transfer to a system descriptor: a call gate, a task gate or a task.
    private func systemTransfer(_ selector: UInt16, _ low: UInt64, _ target: Segment) throws(Fault) -> SystemTransfer {
        let code = errorCode(selector)
        let allowed: [UInt16] = isLongMode ? [0xc] : [1, 9, 4, 5, 0xc]
        guard allowed.contains(target.type) else { throw .exception(.generalProtection, code) }
        guard target.privilege >= privilege, target.privilege >= UInt32(selector & 3) else {
            throw .exception(.generalProtection, code)
        }
        var high: UInt64 = 0
        if isLongMode {
            high = try loadSystem(
                descriptorAddress(selector, .generalProtection, byteCount: 16) &+ 8, UInt64.self)
            guard high >> 40 & 0x1f == 0 else { throw .exception(.generalProtection, code) }
        }
        guard target.isPresent else { throw .exception(.segmentNotPresent, code) }
        let gate = Gate(low, high)
        switch target.type {
        case 1, 9: return .task(selector)
        case 5: return .task(gate.selector)
        default: return .call(gate)
        }
    }

    private func gatedCode(_ gate: Gate) throws(Fault) -> Segment {
        let code = try codeSegment(gate.selector)
        guard code.privilege <= privilege else { throw .exception(.generalProtection, errorCode(gate.selector)) }
        if isLongMode, !code.isLong || code.isBig {
            throw .exception(.generalProtection, errorCode(gate.selector))
        }
        return code
    }

    private func gateOffset(_ gate: Gate) -> UInt64 {
        isLongMode ? gate.offset : gate.is16Bit ? gate.offset & 0xffff : gate.offset & 0xffff_ffff
    }

    /// RET far; drops `byteCount` bytes of parameters.
    func returnFar(size: Int, byteCount: UInt64) throws(Fault) {
        var stack = Stack(self)
        let offset = try stack.pop(size)
        let selector = UInt16(truncatingIfNeeded: try stack.pop(size))
        guard usesDescriptors else {
            guard offset <= UInt64(segment(.cs).limit) else { throw .generalProtection }
            stack.drop(byteCount)
            stack.commit()
            setSegment(.cs, segmentByValue(.cs, selector))
            cpu.set(StateLayout.rip, offset)
            modeChanged()
            return
        }
        var code = try returnSegment(selector)
        let level = UInt32(selector & 3)
        try checkCode(code, offset: offset)
        if level == privilege {
            try markAccessed(&code)
            stack.drop(byteCount)
            stack.commit()
            commitCode(code, level: level)
            cpu.set(StateLayout.rip, offset)
            modeChanged()
            return
        }
        stack.drop(byteCount)
        let pointer = try stack.pop(size)
        let stackSelector = UInt16(truncatingIfNeeded: try stack.pop(size))
        let outer = try outerStack(stackSelector, level, code)
        try markAccessed(&code)
        commitReturn(code, outer, pointer: pointer &+ byteCount, level: level, size: size)
        cpu.set(StateLayout.rip, offset)
        modeChanged()
    }

    /// The code segment that RET or IRET goes back to.
    func returnSegment(_ selector: UInt16) throws(Fault) -> Segment {
        let code = try codeSegment(selector)
        let level = UInt32(selector & 3)
        guard level >= privilege, code.isConforming ? code.privilege <= level : code.privilege == level else {
            throw .exception(.generalProtection, errorCode(selector))
        }
        return code
    }

    /// The stack segment that RET or IRET goes back to at an outer privilege; a null one only for 64-bit code.
    func outerStack(_ selector: UInt16, _ level: UInt32, _ code: Segment) throws(Fault) -> Segment {
        guard selector & 0xfffc != 0 else {
            guard isLongMode, code.isLong, level < 3, UInt32(selector & 3) == level else { throw .generalProtection }
            return nullStack(selector, level)
        }
        return try stackSegment(selector, level, .generalProtection)
    }

    /// Code, stack and privilege of an outer level.
    func commitReturn(_ code: Segment, _ stack: Segment, pointer: UInt64, level: UInt32, size: Int) {
        setSegment(.ss, stack)
        if size == 8 || isLongMode && code.isLong {
            cpu[.rsp] = pointer
        } else if stack.isBig {
            cpu[.rsp] = pointer & 0xffff_ffff
        } else {
            cpu[.rsp] = cpu[.rsp] & ~0xffff | pointer & 0xffff
        }
        commitCode(code, level: level)
        dropPrivilegedSegments(level)
    }
}
