// RDMSR and WRMSR. Registers that are not listed are a general-protection fault, as on a real processor.

extension Processor {
    enum ModelSpecific {
        static let timeStamp: UInt32 = 0x10, platformIdentifier: UInt32 = 0x17, apicBase: UInt32 = 0x1b
        static let featureControl: UInt32 = 0x3a, timeStampAdjust: UInt32 = 0x3b, microcode: UInt32 = 0x8b
        static let memoryTypeCapability: UInt32 = 0xfe, architecturalCapabilities: UInt32 = 0x10a
        static let sysenterCS: UInt32 = 0x174, sysenterESP: UInt32 = 0x175, sysenterEIP: UInt32 = 0x176
        static let machineCheckCapability: UInt32 = 0x179, machineCheckStatus: UInt32 = 0x17a
        static let miscellaneousEnable: UInt32 = 0x1a0, debugControl: UInt32 = 0x1d9
        static let pageAttributes: UInt32 = 0x277, memoryTypeDefault: UInt32 = 0x2ff
        static let timeStampDeadline: UInt32 = 0x6e0
        static let efer: UInt32 = 0xc000_0080, star: UInt32 = 0xc000_0081, lstar: UInt32 = 0xc000_0082
        static let cstar: UInt32 = 0xc000_0083, sfmask: UInt32 = 0xc000_0084
        static let fsBase: UInt32 = 0xc000_0100, gsBase: UInt32 = 0xc000_0101, kernelGSBase: UInt32 = 0xc000_0102
        static let timeStampAuxiliary: UInt32 = 0xc000_0103
    }

    /// RDCL_NO, IBRS_ALL, SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO, PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO,
    /// PBRSB_NO, GDS_NO, RFDS_NO: nothing here runs ahead of the program. (IBRS_ALL promises a register that does
    /// not exist; it is left out.)
    private static let architecturalCapabilities: UInt64 = [0, 3, 4, 5, 6, 8, 13, 14, 15, 20, 24, 26, 27].reduce(0) {
        $0 | 1 << UInt64($1)
    }

    /// The counter as the guest reads it.
    var timeStamp: UInt64 { bus.timeStamp() &+ system.timeStampAdjustment }

    func readMSR(_ register: UInt32) throws(Fault) -> UInt64 {
        switch register {
        case ModelSpecific.timeStamp: return timeStamp
        case ModelSpecific.platformIdentifier, ModelSpecific.machineCheckCapability: return 0
        case ModelSpecific.apicBase: return apic.base
        // Locked: no virtual machine extensions.
        case ModelSpecific.featureControl: return 1
        case ModelSpecific.timeStampAdjust: return system.timeStampAdjustment
        case ModelSpecific.microcode: return 1 << 32
        // Eight variable ranges, fixed ranges, write combining.
        case ModelSpecific.memoryTypeCapability: return UInt64(MemoryTypeRegisters.variableCount) | 1 << 8 | 1 << 10
        case ModelSpecific.architecturalCapabilities: return Processor.architecturalCapabilities
        case ModelSpecific.sysenterCS: return cpu.get(StateLayout.sysenterCS)
        case ModelSpecific.sysenterESP: return cpu.get(StateLayout.sysenterESP)
        case ModelSpecific.sysenterEIP: return cpu.get(StateLayout.sysenterEIP)
        case ModelSpecific.machineCheckStatus: return system.machineCheckStatus
        case ModelSpecific.miscellaneousEnable: return system.miscellaneousEnable
        case ModelSpecific.debugControl: return system.debugControl
        case 0x200..<0x200 + UInt32(2 * MemoryTypeRegisters.variableCount):
            return system.memoryTypes.variable[Int(register - 0x200)]
        case ModelSpecific.pageAttributes: return system.pageAttributeTable
        case ModelSpecific.memoryTypeDefault: return system.memoryTypes.defaultType
        case ModelSpecific.timeStampDeadline:
            apic.fireIfDue()
            return apic.timeStampDeadline
        case 0x800...0x8ff:
            withdrawOfferedEndOfInterrupt()
            guard let value = apic.readMSR(Int(register - 0x800)) else { throw .generalProtection }
            return value
        case ModelSpecific.efer: return efer
        case ModelSpecific.star: return cpu.get(StateLayout.star)
        case ModelSpecific.lstar: return cpu.get(StateLayout.lstar)
        case ModelSpecific.cstar: return cpu.get(StateLayout.cstar)
        case ModelSpecific.sfmask: return cpu.get(StateLayout.sfmask)
        case ModelSpecific.fsBase: return segment(.fs).base
        case ModelSpecific.gsBase: return segment(.gs).base
        case ModelSpecific.kernelGSBase: return cpu.get(StateLayout.kernelGSBase)
        case ModelSpecific.timeStampAuxiliary: return cpu.get(StateLayout.tscAux)
        default:
            if let index = MemoryTypeRegisters.fixedNumbers.firstIndex(of: register) {
                return system.memoryTypes.fixed[index]
            }
            if let value = readParavirtualMSR(register) { return value }
            throw .generalProtection
        }
    }

    func writeMSR(_ register: UInt32, _ value: UInt64) throws(Fault) {
        switch register {
        case ModelSpecific.timeStamp:
            // Both registers move together (Intel SDM volume 3, 18.17.3).
            system.timeStampAdjustment = value &- bus.timeStamp()
            apic.timeStampChanged()
            interruptsMayHaveOpened()
        case ModelSpecific.apicBase:
            guard apic.setBase(value, physicalAddressBits: Int(Processor.physicalAddressBits)) else {
                throw .generalProtection
            }
            // The page of the xAPIC may have moved.
            flushTranslations()
            interruptsMayHaveOpened()
        case ModelSpecific.featureControl: throw .generalProtection
        case ModelSpecific.timeStampAdjust:
            system.timeStampAdjustment = value
            apic.timeStampChanged()
            interruptsMayHaveOpened()
        // Loading of microcode, and the revision that is written before it is read: nothing happens.
        case 0x79, ModelSpecific.microcode: break
        case ModelSpecific.sysenterCS: cpu.set(StateLayout.sysenterCS, value & 0xffff_ffff)
        case ModelSpecific.sysenterESP: cpu.set(StateLayout.sysenterESP, try canonical(value))
        case ModelSpecific.sysenterEIP: cpu.set(StateLayout.sysenterEIP, try canonical(value))
        case ModelSpecific.machineCheckStatus:
            guard value == 0 else { throw .generalProtection }
            system.machineCheckStatus = 0
        case ModelSpecific.miscellaneousEnable:
            // What its bits switch on and off is left out; they are kept.
            system.miscellaneousEnable = value
        case ModelSpecific.debugControl:
            guard value & ~0x3 == 0 else { throw .generalProtection }
            system.debugControl = value
        case 0x200..<0x200 + UInt32(2 * MemoryTypeRegisters.variableCount):
            guard value >> Processor.physicalAddressBits == 0 else { throw .generalProtection }
            if register & 1 == 0 {
                guard value & 0xf00 == 0, Processor.isMemoryType(value & 0xff) else { throw .generalProtection }
            } else {
                guard value & 0x7ff == 0 else { throw .generalProtection }
            }
            system.memoryTypes.variable[Int(register - 0x200)] = value
        case ModelSpecific.pageAttributes:
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                let type = value >> shift & 0xff
                guard Processor.isMemoryType(type) || type == 7 else { throw .generalProtection }
            }
            system.pageAttributeTable = value
        case ModelSpecific.memoryTypeDefault:
            guard value & ~0xcff == 0, Processor.isMemoryType(value & 0xff) else { throw .generalProtection }
            system.memoryTypes.defaultType = value
        case ModelSpecific.timeStampDeadline:
            apic.setTimeStampDeadline(value)
            interruptsMayHaveOpened()
        case 0x800...0x8ff:
            withdrawOfferedEndOfInterrupt()
            guard apic.writeMSR(Int(register - 0x800), value) else { throw .generalProtection }
            interruptsMayHaveOpened()
        case ModelSpecific.efer: try setEFER(value)
        case ModelSpecific.star: cpu.set(StateLayout.star, value)
        case ModelSpecific.lstar: cpu.set(StateLayout.lstar, try canonical(value))
        case ModelSpecific.cstar: cpu.set(StateLayout.cstar, try canonical(value))
        case ModelSpecific.sfmask: cpu.set(StateLayout.sfmask, value & 0xffff_ffff)
        case ModelSpecific.fsBase: setBase(.fs, try canonical(value))
        case ModelSpecific.gsBase: setBase(.gs, try canonical(value))
        case ModelSpecific.kernelGSBase: cpu.set(StateLayout.kernelGSBase, try canonical(value))
        case ModelSpecific.timeStampAuxiliary:
            guard value >> 32 == 0 else { throw .generalProtection }
            cpu.set(StateLayout.tscAux, value)
        default:
            if let index = MemoryTypeRegisters.fixedNumbers.firstIndex(of: register) {
                for shift in stride(from: UInt64(0), to: 64, by: 8) {
                    guard Processor.isMemoryType(value >> shift & 0xff) else { throw .generalProtection }
                }
                system.memoryTypes.fixed[index] = value
                return
            }
            guard try writeParavirtualMSR(register, value) else { throw .generalProtection }
        }
    }

    /// A model-specific register, for whoever starts or saves the machine, while the processor stands still. Nil: there is none.
    public func modelSpecificRegister(_ register: UInt32) -> UInt64? {
        do throws(Fault) { return try readMSR(register) } catch { return nil }
    }

    /// Sets a model-specific register as WRMSR does.
    /// - Returns: false: there is no such register, or the value is not allowed.
    public func setModelSpecificRegister(_ register: UInt32, _ value: UInt64) -> Bool {
        do throws(Fault) { try writeMSR(register, value) } catch { return false }
        return true
    }

    private func canonical(_ value: UInt64) throws(Fault) -> UInt64 {
        guard Processor.isCanonical(value) else { throw .generalProtection }
        return value
    }

    /// Uncacheable, write combining, write through, write protected, write back.
    private static func isMemoryType(_ type: UInt64) -> Bool { type < 2 || 4...6 ~= type }

    func setBase(_ register: SegmentRegister, _ base: UInt64) {
        cpu.set(StateLayout.segments + register.rawValue * SegmentField.byteCount + SegmentField.base, base)
    }

    /// CPUID.
    public func identification(_ leaf: UInt32, _ subleaf: UInt32) -> CPUIDResult {
        model.leaf(leaf, subleaf, number: number, apicEnabled: apic.isEnabled)
    }
}
