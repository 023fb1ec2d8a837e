import CLinux

/// One leaf of CPUID: what the instruction answers for a value of EAX, and of ECX where that counts.
public struct CPUIDLeaf: Hashable, Sendable {
    public var function: UInt32
    public var index: UInt32
    /// Whether ECX selects among the function's subleaves.
    public var isIndexed: Bool
    public var eax: UInt32
    public var ebx: UInt32
    public var ecx: UInt32
    public var edx: UInt32

    public init(
        function: UInt32, index: UInt32 = 0, isIndexed: Bool = false, eax: UInt32 = 0, ebx: UInt32 = 0, ecx: UInt32 = 0,
        edx: UInt32 = 0
    ) {
        self.function = function
        self.index = index
        self.isIndexed = isIndexed
        self.eax = eax
        self.ebx = ebx
        self.ecx = ecx
        self.edx = edx
    }

    init(_ entry: kvm_cpuid_entry2) {
        self.init(
            function: entry.function, index: entry.index,
            isIndexed: entry.flags & UInt32(KVM_CPUID_FLAG_SIGNIFCANT_INDEX) != 0,
            eax: entry.eax, ebx: entry.ebx, ecx: entry.ecx, edx: entry.edx)
    }

    var entry: kvm_cpuid_entry2 {
        var entry = kvm_cpuid_entry2()
        entry.function = function
        entry.index = index
        entry.flags = isIndexed ? UInt32(KVM_CPUID_FLAG_SIGNIFCANT_INDEX) : 0
        entry.eax = eax
        entry.ebx = ebx
        entry.ecx = ecx
        entry.edx = edx
        return entry
    }
}
