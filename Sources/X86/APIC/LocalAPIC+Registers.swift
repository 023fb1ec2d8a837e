extension LocalAPIC {
    /// Registers by their number: the offset in the page / 16, and the MSR's number - 0x800.
    private enum Register {
        static let identifier = 0x02, version = 0x03, taskPriority = 0x08, arbitrationPriority = 0x09
        static let processorPriority = 0x0a, endOfInterrupt = 0x0b, logicalDestination = 0x0d
        static let destinationFormat = 0x0e, spurious = 0x0f, inService = 0x10, levelTriggered = 0x18
        static let requested = 0x20, errors = 0x28, command = 0x30, commandHigh = 0x31
        static let timer = 0x32, thermal = 0x33, performance = 0x34, line0 = 0x35, line1 = 0x36, error = 0x37
        static let initialCount = 0x38, currentCount = 0x39, divide = 0x3e, selfInterrupt = 0x3f
    }

    /// The version of a Pentium 4 and later; six entries in the local vector table.
    private static let version: UInt32 = 0x14 | 5 << 16

    /// A register's value; nil: there is no such register.
    private func value(_ register: Int) -> UInt32? {
        switch register {
        case Register.identifier: isX2APIC ? number : number << 24
        case Register.version: LocalAPIC.version
        case Register.taskPriority: UInt32(taskPriority)
        case Register.arbitrationPriority where !isX2APIC: UInt32(processorPriority)
        case Register.processorPriority: UInt32(processorPriority)
        case Register.logicalDestination: isX2APIC ? logicalX2 : logicalDestination
        case Register.destinationFormat where !isX2APIC: destinationFormat
        case Register.spurious: spurious
        case Register.inService..<Register.inService + 8: inService.words[register - Register.inService]
        case Register.levelTriggered..<Register.levelTriggered + 8:
            levelTriggered.words[register - Register.levelTriggered]
        case Register.requested..<Register.requested + 8: requested.words[register - Register.requested]
        case Register.errors: errors
        case Register.command: UInt32(truncatingIfNeeded: command)
        case Register.commandHigh where !isX2APIC: UInt32(truncatingIfNeeded: command >> 32)
        case Register.timer...Register.error: localVectors[register - Register.timer]
        case Register.initialCount: initialCount
        case Register.currentCount: currentCount
        case Register.divide: divideConfiguration
        default: nil
        }
    }

    /// - Returns: false: there is no such register, or it cannot be written.
    private func set(_ register: Int, _ value: UInt32) -> Bool {
        switch register {
        case Register.taskPriority: setTaskPriority(UInt8(truncatingIfNeeded: value))
        case Register.endOfInterrupt: processor.endOfInterrupt()
        case Register.logicalDestination where !isX2APIC:
            logicalDestination = value & 0xff00_0000
            publish()
        case Register.destinationFormat where !isX2APIC:
            destinationFormat = value | 0x0fff_ffff
            publish()
        case Register.spurious:
            spurious = value & 0x1ff
            if value & 0x100 == 0 {
                for index in localVectors.indices { localVectors[index] |= LocalVector.maskBit }
            }
            publish()
            update()
        case Register.errors:
            errors = pendingErrors
            pendingErrors = 0
        case Register.command: send(command & ~0xffff_ffff | UInt64(value))
        case Register.commandHigh where !isX2APIC:
            command = command & 0xffff_ffff | UInt64(value & 0xff00_0000) << 32
        case Register.timer...Register.error:
            // The table's order is that of the registers.
            let index = register - Register.timer
            // What is due already is so by the entry as it was.
            if index == LocalVector.timer.rawValue { fireIfDue() }
            let old = localVectors[index]
            var new = value & (LocalVector(rawValue: index)?.writable ?? 0)
            if spurious & 0x100 == 0 { new |= LocalVector.maskBit }
            localVectors[index] = new
            if index == LocalVector.timer.rawValue { timerModeChanged(from: old) }
            update()
        case Register.initialCount: startTimer(value)
        case Register.divide: setDivideConfiguration(value)
        default: return false
        }
        return true
    }

    private func send(_ value: UInt64) {
        // Delivery status reads as idle.
        command = value & ~0x1000
        let mode = value >> 8 & 7
        if mode <= 1, value & 0xff < 16 {
            raise(error: 1 << 5)
            return
        }
        if value >> 18 & 3 == 1 {
            // To itself: fixed only.
            guard mode == 0, spurious & 0x100 != 0 else { return }
            interruptSelf(UInt8(truncatingIfNeeded: value))
        } else {
            processor.bus.sendInterruptCommand(value, from: processor)
            merge()
        }
    }

    private func interruptSelf(_ vector: UInt8) {
        requested.insert(vector)
        levelTriggered.remove(vector)
        update()
    }

    // MARK: - The xAPIC's page

    /// A load from the page. Registers are 32 bits, 16 bytes apart.
    public func read(offset: UInt64, size: Int) -> UInt64 {
        guard offset & 0xf < 4 else { return 0 }
        merge()
        guard let value = value(Int(offset >> 4)) else {
            raise(error: 1 << 7)
            return 0
        }
        return UInt64(value >> (UInt32(offset & 3) * 8))
    }

    public func write(offset: UInt64, size: Int, value: UInt64) {
        // Other than aligned 32-bit stores are undefined; they do nothing here.
        guard offset & 0xf == 0, size >= 4 else { return }
        merge()
        if !set(Int(offset >> 4), UInt32(truncatingIfNeeded: value)) { raise(error: 1 << 7) }
    }

    // MARK: - The x2APIC's model-specific registers

    /// RDMSR of 0x800 to 0x8ff. Nil: #GP.
    func readMSR(_ register: Int) -> UInt64? {
        guard isX2APIC else { return nil }
        merge()
        if register == Register.command { return command }
        guard register != Register.endOfInterrupt, let value = value(register) else { return nil }
        return UInt64(value)
    }

    /// WRMSR of 0x800 to 0x8ff.
    /// - Returns: false: #GP.
    func writeMSR(_ register: Int, _ value: UInt64) -> Bool {
        guard isX2APIC else { return false }
        if register == Register.command {
            guard value & 0xfff3_2000 == 0 else { return false }
            send(value)
            return true
        }
        let allowed: UInt64 =
            switch register {
            case Register.taskPriority, Register.selfInterrupt: 0xff
            case Register.endOfInterrupt, Register.errors: 0
            case Register.spurious: 0x1ff
            case Register.timer...Register.error:
                LocalVector(rawValue: register - Register.timer).map { UInt64($0.writable | $0.readOnly) } ?? 0
            case Register.initialCount: 0xffff_ffff
            case Register.divide: 0xb
            default: 0
            }
        guard value & ~allowed == 0 else { return false }
        if register == Register.selfInterrupt {
            let vector = UInt8(truncatingIfNeeded: value)
            if vector < 16 { raise(error: 1 << 5 | 1 << 6) } else if spurious & 0x100 != 0 { interruptSelf(vector) }
            return true
        }
        merge()
        return set(register, UInt32(truncatingIfNeeded: value))
    }

    // MARK: - IA32_APIC_BASE

    /// - Returns: false: #GP (reserved bits, or a change that is not allowed: figure 11-27).
    func setBase(_ value: UInt64, physicalAddressBits: Int) -> Bool {
        guard value >> UInt64(physicalAddressBits) == 0, value & 0x2ff == 0 else { return false }
        let mode = value & (APICBase.enable | APICBase.x2APIC)
        let old = base & (APICBase.enable | APICBase.x2APIC)
        if mode == APICBase.x2APIC { return false }
        if mode != old {
            // x2APIC leads to disabled only, and is entered from xAPIC only.
            if old == APICBase.enable | APICBase.x2APIC, mode != 0 { return false }
            if old == 0, mode != APICBase.enable { return false }
        }
        base = value
        if mode != old {
            if mode == 0 {
                clearRegisters()
                timerDeadline = nil
                processor.bus.timerDeadlineChanged(nil, of: processor)
            } else if mode & APICBase.x2APIC != 0 {
                command &= 0xffff_ffff
            }
        }
        publish()
        update()
        return true
    }
}
