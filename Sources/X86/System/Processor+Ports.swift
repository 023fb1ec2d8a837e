// IN, OUT, INS, OUTS: who may, and the string forms.

extension Processor {
    /// I/O privilege, or the task's permission map (Intel SDM volume 1, 19.5.2).
    func checkPort(_ port: UInt16, _ size: Int) throws(Fault) {
        guard isProtected, privilege > ioPrivilege || isVirtual8086 else { return }
        let task = segment(.tr)
        guard task.isPresent, task.type & 8 != 0, task.limit >= 0x67 else { throw .generalProtection }
        let map = try loadSystem(task.base &+ 0x66, UInt16.self)
        let first = UInt64(map) + UInt64(port >> 3)
        guard first + 1 <= UInt64(task.limit) else { throw .generalProtection }
        let bits = try loadSystem(task.base &+ first, UInt16.self)
        let mask = UInt16((1 << size) - 1)
        guard bits >> (port & 7) & mask == 0 else { throw .generalProtection }
    }

    func input(_ port: UInt16, _ size: Int) throws(Fault) {
        try checkPort(port, size)
        if breakpoints.hasPorts { try noteAccess(port: port, size) }
        let value = bus.readPort(port, size: size)
        switch size {
        case 1: cpu.setRegister(0, UInt8(truncatingIfNeeded: value))
        case 2: cpu.setRegister(0, UInt16(truncatingIfNeeded: value))
        default: cpu.setRegister(0, value)
        }
    }

    func output(_ port: UInt16, _ size: Int) throws(Fault) {
        try checkPort(port, size)
        if breakpoints.hasPorts { try noteAccess(port: port, size) }
        let value = UInt32(truncatingIfNeeded: cpu[.rax])
        bus.writePort(port, size: size, value: size == 4 ? value : value & (1 << UInt32(size * 8) - 1))
    }

    /// An element's linear address.
    private func stringAddress(
        _ register: RegisterNumber, _ segment: SegmentRegister, mask: UInt64, size: Int
    ) throws(Fault) -> UInt64 {
        let offset = cpu[register] & mask
        if is64Bit {
            return segment.rawValue < SegmentRegister.fs.rawValue ? offset : self.segment(segment).base &+ offset
        }
        let held = self.segment(segment)
        guard held.contains(offset, UInt64(size)), held.isPresent else {
            throw .exception(segment == .ss ? .stackFault : .generalProtection, 0)
        }
        return (held.base &+ offset) & 0xffff_ffff
    }

    /// One element of INS or OUTS.
    private func moveElement(isInput: Bool, size: Int, segment: SegmentRegister, mask: UInt64) throws(Fault) {
        let port = UInt16(truncatingIfNeeded: cpu[.rdx])
        let register: RegisterNumber = isInput ? .rdi : .rsi
        let address = try stringAddress(register, isInput ? .es : segment, mask: mask, size: size)
        if breakpoints.hasPorts { try noteAccess(port: port, size) }
        if isInput {
            // The device must not lose what cannot be stored.
            guard let physical = translate(address, .write), translate(address &+ UInt64(size - 1), .write) != nil,
                prepareWrite(physical: physical, size)
            else { throw .recorded }
            let value = bus.readPort(port, size: size)
            switch size {
            case 1: try store(address, UInt8(truncatingIfNeeded: value))
            case 2: try store(address, UInt16(truncatingIfNeeded: value))
            default: try store(address, value)
            }
        } else {
            let value: UInt32 =
                switch size {
                case 1: UInt32(try load(address, UInt8.self))
                case 2: UInt32(try load(address, UInt16.self))
                default: try load(address, UInt32.self)
                }
            bus.writePort(port, size: size, value: value)
        }
        let step = systemFlags & Flag.direction != 0 ? 0 &- UInt64(size) : UInt64(size)
        setMasked(register, cpu[register] &+ step, mask)
    }

    private func setMasked(_ register: RegisterNumber, _ value: UInt64, _ mask: UInt64) {
        cpu[register] = mask == 0xffff ? cpu[register] & ~0xffff | value & 0xffff : value & mask
    }

    /// INS and OUTS, repeated or not.
    /// - Returns: false: a repetition stopped for a request, and is to go on later.
    func moveString(
        isInput: Bool, size: Int, segment: SegmentRegister, mask: UInt64, repeats: Bool
    ) throws(Fault) -> Bool {
        if repeats, cpu[.rcx] & mask == 0 { return true }
        try checkPort(UInt16(truncatingIfNeeded: cpu[.rdx]), size)
        guard repeats else {
            try moveElement(isInput: isInput, size: size, segment: segment, mask: mask)
            return true
        }
        // The code page itself may be written to: alone, all of it.
        while cpu[.rcx] & mask != 0 {
            try moveElement(isInput: isInput, size: size, segment: segment, mask: mask)
            setMasked(.rcx, cpu[.rcx] &- 1, mask)
            if cpu.get(StateLayout.requests, as: UInt32.self) != 0 || systemFlags & Flag.trap != 0 {
                return cpu[.rcx] & mask == 0
            }
        }
        return true
    }
}
