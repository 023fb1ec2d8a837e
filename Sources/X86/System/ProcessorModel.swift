/// What a processor says of itself by CPUID: x86-64-v2, with the system features that kernels like to find.
///
/// The name it goes by is that of a processor which does not speculate (family 6, model 28, in order): nothing here leaks by
/// speculation, and kernels, which decide by name, then leave out page-table isolation, retpolines, buffer clearing and what
/// else they would do against leaks (Linux: `cpu_vuln_whitelist`, NO_SPECULATION).
public struct ProcessorModel: Sendable {
    /// Processors of the machine: for the topology.
    public var processorCount: Int
    /// Ticks of the time-stamp counter a second.
    public var timeStampFrequency: UInt64
    /// KVM's signature, clock, hypercalls. False: no sign of a hypervisor.
    public var isParavirtual: Bool
    /// At most 48 bytes.
    public var name: String

    public init(
        processorCount: Int = 1, timeStampFrequency: UInt64 = 1_000_000_000, isParavirtual: Bool = false,
        name: String = "Rookery x86-64-v2"
    ) {
        self.processorCount = processorCount
        self.timeStampFrequency = timeStampFrequency
        self.isParavirtual = isParavirtual
        self.name = name
    }

    static let family: UInt32 = 6
    static let model: UInt32 = 28
    static let stepping: UInt32 = 10
    static let linearAddressBits = 48

    /// Leaf 1, EAX.
    static var signature: UInt32 { (model >> 4) << 16 | family << 8 | (model & 15) << 4 | stepping }

    /// The crystal that the time-stamp counter is a multiple of (leaf 0x15), in Hz; it drives the local APIC's timer as well.
    /// Chosen so that Linux's 32-bit product of kHz and numerator holds.
    public var crystalFrequency: UInt64 { crystal.kilohertz * 1000 }

    private var crystal: (kilohertz: UInt64, numerator: UInt64, denominator: UInt64) {
        let kilohertz = max(1, timeStampFrequency / 1000)
        for candidate: UInt64 in [25_000, 24_000, 19_200] {
            let divisor = greatestCommonDivisor(kilohertz, candidate)
            if candidate * (kilohertz / divisor) < 1 << 32 {
                return (candidate, kilohertz / divisor, candidate / divisor)
            }
        }
        return (1000, kilohertz, 1000)
    }

    private func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }

    /// Bits of the local APIC's identifier that name a core of the package.
    private var coreBits: UInt32 {
        processorCount <= 1 ? 0 : UInt32(Int.bitWidth - (processorCount - 1).leadingZeroBitCount)
    }

    /// A leaf of CPUID.
    /// - Parameters:
    ///   - number: the processor's, and its local APIC's.
    ///   - apicEnabled: IA32_APIC_BASE.EN, which shows in leaf 1.
    func leaf(_ leaf: UInt32, _ subleaf: UInt32, number: Int, apicEnabled: Bool) -> CPUIDResult {
        switch leaf {
        case 0...ProcessorModel.lastBasicLeaf: return basicLeaf(leaf, subleaf, number: number, apicEnabled: apicEnabled)
        case 0x4000_0000...0x4000_00ff where isParavirtual: return paravirtualLeaf(leaf)
        case 0x8000_0000...0x8000_0008: return extendedLeaf(leaf)
        default:
            // Beyond the last: Intel's answer is that of the last basic leaf.
            return basicLeaf(ProcessorModel.lastBasicLeaf, subleaf, number: number, apicEnabled: apicEnabled)
        }
    }

    static let lastBasicLeaf: UInt32 = 0x16

    private func basicLeaf(_ leaf: UInt32, _ subleaf: UInt32, number: Int, apicEnabled: Bool) -> CPUIDResult {
        var result = CPUIDResult()
        switch leaf {
        case 0:
            // GenuineIntel
            result = CPUIDResult(ProcessorModel.lastBasicLeaf, 0x756e_6547, 0x6c65_746e, 0x4965_6e69)
        case 1:
            result.eax = ProcessorModel.signature
            result.ebx = UInt32(number) << 24 | UInt32(1 << coreBits) << 16 | 8 << 8
            result.ecx = Feature.leaf1C | (isParavirtual ? Feature.hypervisor : 0)
            result.edx = Feature.leaf1D & ~(apicEnabled ? 0 : Feature.apic)
            if processorCount > 1 { result.edx |= Feature.hyperThreading }
        case 2:
            // Caches: see leaf 4.
            result = CPUIDResult(0x00fe_ff01, 0, 0, 0)
        case 4: result = cacheLeaf(subleaf)
        case 6: result.eax = 1 << 2  // the APIC's timer always runs
        case 7 where subleaf == 0:
            result.ebx = Feature.leaf7B
            result.ecx = Feature.leaf7C
            result.edx = Feature.leaf7D
        case 0xb:
            result.ecx = subleaf & 0xff
            result.edx = UInt32(number)
            switch subleaf {
            case 0:
                result.ebx = 1
                result.ecx |= 1 << 8
            case 1:
                result.eax = coreBits
                result.ebx = UInt32(processorCount)
                result.ecx |= 2 << 8
            default: break
            }
        case 0x15:
            let crystal = crystal
            result = CPUIDResult(
                UInt32(crystal.denominator), UInt32(crystal.numerator), UInt32(crystal.kilohertz * 1000), 0)
        case 0x16:
            let megahertz = UInt32(clamping: timeStampFrequency / 1_000_000) & 0xffff
            result = CPUIDResult(megahertz, megahertz, 100, 0)
        default: break
        }
        return result
    }

    /// Leaf 4: data and instruction caches of 32 KiB and 4 MiB behind them for all: what makes compilers' and kernels'
    /// choices sensible; nothing here behaves like a cache.
    private func cacheLeaf(_ subleaf: UInt32) -> CPUIDResult {
        let cores = (UInt32(1) << coreBits) - 1
        func cache(type: UInt32, level: UInt32, sharedBy: UInt32, ways: UInt32, sets: UInt32) -> CPUIDResult {
            CPUIDResult(
                type | level << 5 | 1 << 8 | sharedBy << 14 | cores << 26, 63 | (ways - 1) << 22, sets - 1, 0)
        }
        return switch subleaf {
        case 0: cache(type: 1, level: 1, sharedBy: 0, ways: 8, sets: 64)
        case 1: cache(type: 2, level: 1, sharedBy: 0, ways: 8, sets: 64)
        case 2: cache(type: 3, level: 2, sharedBy: cores, ways: 16, sets: 4096)
        default: CPUIDResult()
        }
    }

    private func extendedLeaf(_ leaf: UInt32) -> CPUIDResult {
        switch leaf {
        case 0x8000_0000: return CPUIDResult(0x8000_0008, 0, 0, 0)
        case 0x8000_0001: return CPUIDResult(0, 0, Feature.extendedC, Feature.extendedD)
        case 0x8000_0002...0x8000_0004:
            var bytes = Array(name.utf8.prefix(48))
            bytes += [UInt8](repeating: 0, count: 48 - bytes.count)
            let start = Int(leaf - 0x8000_0002) * 16
            func word(_ at: Int) -> UInt32 {
                (0..<4).reduce(0) { $0 | UInt32(bytes[start + at * 4 + $1]) << UInt32($1 * 8) }
            }
            return CPUIDResult(word(0), word(1), word(2), word(3))
        case 0x8000_0006: return CPUIDResult(0, 0, 4096 << 16 | 8 << 12 | 64, 0)
        case 0x8000_0007: return CPUIDResult(0, 0, 0, 1 << 8)  // invariant time-stamp counter
        case 0x8000_0008:
            return CPUIDResult(
                UInt32(Processor.physicalAddressBits) | UInt32(ProcessorModel.linearAddressBits) << 8, 0, 0, 0)
        default: return CPUIDResult()
        }
    }

    private func paravirtualLeaf(_ leaf: UInt32) -> CPUIDResult {
        switch leaf {
        // "KVMKVMKVM"
        case 0x4000_0000: CPUIDResult(0x4000_0001, 0x4b4d_564b, 0x564b_4d56, 0x4d)
        case 0x4000_0001: CPUIDResult(ParavirtualFeature.all, 0, 0, 0)
        default: CPUIDResult()
        }
    }
}

/// EAX, EBX, ECX and EDX.
public struct CPUIDResult: Hashable, Sendable {
    public var eax: UInt32 = 0
    public var ebx: UInt32 = 0
    public var ecx: UInt32 = 0
    public var edx: UInt32 = 0

    public init() {}
    public init(_ eax: UInt32, _ ebx: UInt32, _ ecx: UInt32, _ edx: UInt32) {
        self.eax = eax
        self.ebx = ebx
        self.ecx = ecx
        self.edx = edx
    }
}

/// Feature bits of CPUID, as they are set.
private enum Feature {
    static let apic: UInt32 = 1 << 9
    static let hyperThreading: UInt32 = 1 << 28
    static let hypervisor: UInt32 = 1 << 31
    /// FPU, DE, PSE, TSC, MSR, PAE, MCE, CX8, APIC, SEP, MTRR, PGE, MCA, CMOV, PAT, PSE36, CLFSH, MMX, FXSR, SSE, SSE2.
    static let leaf1D: UInt32 = bits(
        [0, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 19, 23, 24, 25, 26])
    /// SSE3, SSSE3, CX16, PCID, SSE4.1, SSE4.2, x2APIC, MOVBE, POPCNT, TSC deadline.
    static let leaf1C: UInt32 = bits([0, 9, 13, 17, 19, 20, 21, 22, 23, 24])
    /// FSGSBASE, TSC_ADJUST, SMEP, ERMS, INVPCID, SMAP; no FPU CS and DS (13).
    static let leaf7B: UInt32 = bits([0, 1, 7, 9, 10, 13, 20])
    /// UMIP.
    static let leaf7C: UInt32 = bits([2])
    /// FSRM, ARCH_CAPABILITIES.
    static let leaf7D: UInt32 = bits([4, 29])
    /// SYSCALL, NX, 1-GB pages, RDTSCP, long mode.
    static let extendedD: UInt32 = bits([11, 20, 26, 27, 29])
    /// LAHF in 64-bit mode, PREFETCHW.
    static let extendedC: UInt32 = bits([0, 8])

    private static func bits(_ numbers: [UInt32]) -> UInt32 { numbers.reduce(0) { $0 | 1 << $1 } }
}

/// What KVM's leaf 0x40000001 offers.
enum ParavirtualFeature {
    static let clockSource: UInt32 = 1 << 0
    static let noDelays: UInt32 = 1 << 1
    static let clockSource2: UInt32 = 1 << 3
    static let endOfInterrupt: UInt32 = 1 << 6
    static let unhalt: UInt32 = 1 << 7
    static let sendInterrupts: UInt32 = 1 << 11
    static let pollControl: UInt32 = 1 << 12
    static let stableClock: UInt32 = 1 << 24
    static let all =
        clockSource | noDelays | clockSource2 | endOfInterrupt | unhalt | sendInterrupts | pollControl | stableClock
}
