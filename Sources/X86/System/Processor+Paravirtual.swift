import CX86

// KVM's interfaces, for guests that know them (linux/Documentation/virt/kvm/x86/msr.rst, hypercalls.rst, cpuid.rst).

extension Processor {
    private enum ParavirtualRegister {
        static let wallClockOld: UInt32 = 0x11, systemTimeOld: UInt32 = 0x12
        static let wallClock: UInt32 = 0x4b56_4d00, systemTime: UInt32 = 0x4b56_4d01
        static let endOfInterrupt: UInt32 = 0x4b56_4d04, pollControl: UInt32 = 0x4b56_4d05
    }

    /// Nil: there is no such register.
    func readParavirtualMSR(_ register: UInt32) -> UInt64? {
        guard model.isParavirtual else { return nil }
        return switch register {
        case ParavirtualRegister.wallClockOld, ParavirtualRegister.wallClock: system.paravirtual.wallClock
        case ParavirtualRegister.systemTimeOld, ParavirtualRegister.systemTime: system.paravirtual.systemTime
        case ParavirtualRegister.endOfInterrupt: system.paravirtual.endOfInterrupt
        case ParavirtualRegister.pollControl: system.paravirtual.pollControl
        default: nil
        }
    }

    /// - Returns: false: there is no such register.
    func writeParavirtualMSR(_ register: UInt32, _ value: UInt64) throws(Fault) -> Bool {
        guard model.isParavirtual else { return false }
        switch register {
        case ParavirtualRegister.wallClockOld, ParavirtualRegister.wallClock:
            system.paravirtual.wallClock = value
            writeWallClock(value)
        case ParavirtualRegister.systemTimeOld, ParavirtualRegister.systemTime:
            system.paravirtual.systemTime = value
            if value & 1 != 0 { writeSystemTime() }
        case ParavirtualRegister.endOfInterrupt:
            guard value & 2 == 0 else { throw .generalProtection }
            withdrawOfferedEndOfInterrupt()
            system.paravirtual.endOfInterrupt = value
        case ParavirtualRegister.pollControl:
            guard value & ~1 == 0 else { throw .generalProtection }
            system.paravirtual.pollControl = value
        default: return false
        }
        return true
    }

    /// Nanoseconds since the counter was 0: the system time that all processors of the machine share.
    private func nanoseconds(_ timeStamp: UInt64) -> UInt64 {
        let product = timeStamp.multipliedFullWidth(by: 1_000_000_000)
        guard product.high < model.timeStampFrequency else { return .max }
        return model.timeStampFrequency.dividingFullWidth(product).quotient
    }

    /// How ticks become nanoseconds: ((ticks << shift) × multiplier) >> 32, a negative shift to the right.
    static func scale(frequency: UInt64) -> (multiplier: UInt32, shift: Int8) {
        // multiplier = 10⁹ × 2³² / (frequency × 2^shift), in [2³¹, 2³²).
        var shift: Int8 = 0
        var ticks = UInt128(frequency)
        while ticks > 2_000_000_000 {
            ticks >>= 1
            shift -= 1
        }
        while ticks <= 1_000_000_000 {
            ticks <<= 1
            shift += 1
        }
        // The exact frequency again: what the shifts to the right cut off counts here.
        let nanoseconds = UInt128(1_000_000_000) << 32
        let scaled =
            shift >= 0
            ? nanoseconds / (UInt128(frequency) << UInt128(shift))
            : (nanoseconds << UInt128(-shift)) / UInt128(frequency)
        return (UInt32(clamping: scaled), shift)
    }

    /// Where the guest keeps a structure; nil where that is no RAM.
    private func guestStructure(_ address: UInt64, _ byteCount: Int) -> UnsafeMutableRawPointer? {
        guard Int(address & 0xfff) + byteCount <= 4096, let found = memory.find(address), !found.isReadOnly else {
            return nil
        }
        return found.host
    }

    /// struct pvclock_vcpu_time_info, 32 bytes: version, padding, TSC, system time, multiplier, shift, flags. The version is odd
    /// while the rest changes.
    func writeSystemTime() {
        let address = system.paravirtual.systemTime & ~1
        guard let host = guestStructure(address, 32) else { return }
        let now = bus.timeStamp()
        let (multiplier, shift) = Processor.scale(frequency: model.timeStampFrequency)
        let version = (host.loadUnaligned(as: UInt32.self) | 1) &+ 2
        _ = cx86_exchange32(host, version)
        host.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
        host.storeBytes(of: now &+ system.timeStampAdjustment, toByteOffset: 8, as: UInt64.self)
        host.storeBytes(of: nanoseconds(now), toByteOffset: 16, as: UInt64.self)
        host.storeBytes(of: multiplier, toByteOffset: 24, as: UInt32.self)
        host.storeBytes(of: shift, toByteOffset: 28, as: Int8.self)
        // Bit 0: all processors' clocks agree.
        host.storeBytes(of: 1, toByteOffset: 29, as: UInt8.self)
        host.storeBytes(of: 0, toByteOffset: 30, as: UInt16.self)
        _ = cx86_exchange32(host, version &+ 1)
        noteWrite(physical: address, 32)
    }

    /// struct pvclock_wall_clock, 12 bytes: version, seconds, nanoseconds, at system time 0.
    private func writeWallClock(_ address: UInt64) {
        guard let host = guestStructure(address, 12) else { return }
        let start = bus.wallClock() &- nanoseconds(bus.timeStamp())
        let version = (host.loadUnaligned(as: UInt32.self) | 1) &+ 2
        _ = cx86_exchange32(host, version)
        host.storeBytes(of: UInt32(truncatingIfNeeded: start / 1_000_000_000), toByteOffset: 4, as: UInt32.self)
        host.storeBytes(of: UInt32(start % 1_000_000_000), toByteOffset: 8, as: UInt32.self)
        _ = cx86_exchange32(host, version &+ 1)
        noteWrite(physical: address, 12)
    }

    private enum Hypercall {
        static let pollInterrupts: UInt64 = 1
        static let notPermitted: Int64 = -1
        static let unknown: Int64 = -1000
    }

    /// VMCALL, VMMCALL: number in RAX, arguments in RBX, RCX, RDX, RSI; the result to RAX.
    func hypercall() throws(Fault) {
        guard model.isParavirtual else { throw .undefined }
        let mask: UInt64 = is64Bit ? .max : 0xffff_ffff
        let number = cpu[.rax] & mask
        let result: Int64 =
            if privilege != 0 {
                Hypercall.notPermitted
            } else if number == Hypercall.pollInterrupts {
                0
            } else {
                bus.hypercall(
                    number, (cpu[.rbx] & mask, cpu[.rcx] & mask, cpu[.rdx] & mask, cpu[.rsi] & mask), from: self)
                    ?? Hypercall.unknown
            }
        cpu[.rax] = UInt64(bitPattern: result) & mask
    }
}

extension LocalAPICs {
    /// The hypercalls that concern other processors: KVM_HC_KICK_CPU and KVM_HC_SEND_IPI. Nil: another one.
    public func hypercall(_ number: UInt64, _ arguments: (UInt64, UInt64, UInt64, UInt64)) -> Int64? {
        switch number {
        case 5:
            let target = all.first { UInt64($0.number) == arguments.1 }
            target?.kick()
            return 0
        case 10:
            let bitmap = UInt128(arguments.0) | UInt128(arguments.1) << 64
            return Int64(send(bitmap: bitmap, from: UInt32(truncatingIfNeeded: arguments.2), command: arguments.3))
        default: return nil
        }
    }
}
