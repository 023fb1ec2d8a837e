import Linux

/// What CPUID tells a guest that KVM runs: what the kernel offers, with what is a processor's own filled in.
enum KVMProcessorLeaves {
    /// For all processors alike.
    static func make(_ supported: [CPUIDLeaf], hasDeadlineTimer: Bool, isParavirtual: Bool) -> [CPUIDLeaf] {
        supported.compactMap { leaf in
            var leaf = leaf
            switch leaf.function {
            case 1:
                // x2APIC; the deadline timer, which KVM has but does not list.
                leaf.ecx |= 1 << 21 | (hasDeadlineTimer ? 1 << 24 : 0)
                leaf.ecx = isParavirtual ? leaf.ecx | 1 << 31 : leaf.ecx & ~(1 << 31)
            case 0x4000_0000...0x4000_ffff:
                return isParavirtual ? leaf : nil
            default: break
            }
            return leaf
        }
    }

    /// The APIC's number and the topology: sockets of one core each, as every kernel understands them.
    static func of(processor number: Int, among count: Int, _ leaves: [CPUIDLeaf]) -> [CPUIDLeaf] {
        leaves.map { leaf in
            var leaf = leaf
            switch leaf.function {
            case 1:
                leaf.ebx = leaf.ebx & 0x0000_ffff | UInt32(number) << 24 | 1 << 16
                // One logical processor a package.
                leaf.edx &= ~(1 << 28)
            case 4:
                leaf.eax &= 0x3fff
            case 0xb, 0x1f:
                leaf.eax = 0
                leaf.ebx = leaf.index == 0 ? 1 : 0
                leaf.ecx = leaf.index | (leaf.index == 0 ? 1 << 8 : 0)
                leaf.edx = UInt32(number)
            case 0x8000_0008:
                leaf.ecx &= ~0xf0ff
            case 0x8000_001e:
                leaf.eax = UInt32(number)
                leaf.ebx = 0
                leaf.ecx = 0
            default: break
            }
            return leaf
        }
    }
}
