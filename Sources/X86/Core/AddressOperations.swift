// Operations that compute a linear address for the next one: where the operand is not simply a 64-bit address in a flat
// segment. They leave it in `StateLayout.address`. `extra`: the segment's number.

enum AddressOperation {
    @inline(__always)
    private static func offset(_ cpu: CPU, _ op: Op) -> UInt64 { op.linearAddress(cpu) }

    @inline(__always)
    private static func segmentBase(_ cpu: CPU, _ op: Op) -> UInt64 {
        cpu.get(StateLayout.segments + Int(op.extra) * SegmentField.byteCount + SegmentField.base)
    }

    /// 64-bit mode, FS or GS.
    static let segment64: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        cpu.set(StateLayout.address, segmentBase(cpu, op) &+ offset(cpu, op))
        return op.next
    }
    /// 64-bit mode, no segment base: a displacement that an operation does not hold.
    static let flat64: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        cpu.set(StateLayout.address, offset(cpu, op))
        return op.next
    }
    /// 64-bit mode, 32-bit addresses, no segment base.
    static let flat32: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        cpu.set(StateLayout.address, offset(cpu, op) & 0xffff_ffff)
        return op.next
    }
    /// 64-bit mode, 32-bit addresses, FS or GS.
    static let segment64Address32: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        cpu.set(StateLayout.address, segmentBase(cpu, op) &+ (offset(cpu, op) & 0xffff_ffff))
        return op.next
    }
    /// 16- and 32-bit modes: the segment's limit holds. `immediate`: the mask of the address size; `extra16`: the operand's bytes.
    static let checked: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        let offset = offset(cpu, op) & op.immediate
        let segment = StateLayout.segments + Int(op.extra) * SegmentField.byteCount
        let limit: UInt32 = cpu.get(segment + SegmentField.limit)
        let attributes: UInt16 = cpu.get(segment + SegmentField.attributes)
        let last = offset &+ UInt64(op.extra16) &- 1
        let isInside =
            if attributes & 0x1c == 0x14 {
                // A data segment that expands down: offsets above the limit.
                offset > UInt64(limit) && last <= (attributes & 0x4000 != 0 ? 0xffff_ffff : 0xffff)
            } else {
                last <= UInt64(limit)
            }
        guard isInside, attributes & 0x80 != 0 else {
            return cpu.fault(op.extra == 2 ? .stackFault : .generalProtection)
        }
        cpu.set(StateLayout.address, (segmentBase(cpu, op) &+ offset) & 0xffff_ffff)
        return op.next
    }
    /// LEA and others that want the offset alone, cut to the address size in `immediate`.
    static let offsetOnly: Handler = { state, op in
        let (cpu, op) = (CPU(state), Op(op))
        cpu.set(StateLayout.address, offset(cpu, op) & op.immediate)
        return op.next
    }
}
