/// Segment registers by their place in `StateLayout.segments`.
enum SegmentRegister: Int {
    case es, cs, ss, ds, fs, gs, ldtr, tr
}

/// Bits of `SegmentField.attributes`: the descriptor's bits 40–47, and 52–55 from bit 12 on.
enum SegmentAttribute {
    static let accessed: UInt16 = 1
    /// Writable data, readable code.
    static let writable: UInt16 = 1 << 1
    /// Data that expands down, conforming code.
    static let conforming: UInt16 = 1 << 2
    static let code: UInt16 = 1 << 3
    /// Code or data; clear: a system segment or a gate.
    static let ordinary: UInt16 = 1 << 4
    static let present: UInt16 = 1 << 7
    static let long: UInt16 = 1 << 13
    static let big: UInt16 = 1 << 14
    static let granular: UInt16 = 1 << 15
}

/// What a segment register holds, or a descriptor says.
struct Segment {
    var selector: UInt16 = 0
    var base: UInt64 = 0
    /// In bytes.
    var limit: UInt32 = 0
    var attributes: UInt16 = 0

    var type: UInt16 { attributes & 0xf }
    var privilege: UInt32 { UInt32(attributes >> 5 & 3) }
    var isPresent: Bool { attributes & SegmentAttribute.present != 0 }
    var isOrdinary: Bool { attributes & SegmentAttribute.ordinary != 0 }
    var isCode: Bool { attributes & (SegmentAttribute.ordinary | SegmentAttribute.code) == 0x18 }
    var isData: Bool { attributes & (SegmentAttribute.ordinary | SegmentAttribute.code) == 0x10 }
    var isWritableData: Bool { isData && attributes & SegmentAttribute.writable != 0 }
    var isReadable: Bool { isData || isCode && attributes & SegmentAttribute.writable != 0 }
    var isConforming: Bool { isCode && attributes & SegmentAttribute.conforming != 0 }
    var isLong: Bool { attributes & SegmentAttribute.long != 0 }
    var isBig: Bool { attributes & SegmentAttribute.big != 0 }

    init() {}
    init(selector: UInt16, base: UInt64, limit: UInt32, attributes: UInt16) {
        self.selector = selector
        self.base = base
        self.limit = limit
        self.attributes = attributes
    }

    /// A descriptor of 8 bytes (Intel SDM volume 3, 3.4.5).
    init(selector: UInt16, descriptor: UInt64) {
        self.selector = selector
        base = descriptor >> 16 & 0xff_ffff | descriptor >> 32 & 0xff00_0000
        attributes = UInt16(truncatingIfNeeded: descriptor >> 40 & 0xff | (descriptor >> 52 & 0xf) << 12)
        let limit = UInt32(truncatingIfNeeded: descriptor & 0xffff | descriptor >> 32 & 0xf_0000)
        self.limit = attributes & SegmentAttribute.granular != 0 ? limit << 12 | 0xfff : limit
    }

    /// Whether `byteCount` bytes from `offset` on lie inside.
    func contains(_ offset: UInt64, _ byteCount: UInt64) -> Bool {
        let last = offset &+ byteCount &- 1
        if isData, attributes & SegmentAttribute.conforming != 0 {
            return offset > UInt64(limit) && last <= (isBig ? 0xffff_ffff : 0xffff) && last >= offset
        }
        return last <= UInt64(limit) && last >= offset
    }
}

/// A gate of the interrupt descriptor table, or a call gate.
struct Gate {
    var selector: UInt16
    var offset: UInt64
    /// 4 and C call, 5 task, 6 and E interrupt, 7 and F trap.
    var type: UInt8
    var privilege: UInt32
    var isPresent: Bool
    /// Of call gates; of interrupt gates in long mode the interrupt stack's number.
    var count: UInt8

    init(_ low: UInt64, _ high: UInt64 = 0) {
        selector = UInt16(truncatingIfNeeded: low >> 16)
        offset = low & 0xffff | low >> 32 & 0xffff_0000 | high << 32
        type = UInt8(low >> 40 & 0xf)
        privilege = UInt32(low >> 45 & 3)
        isPresent = low >> 47 & 1 != 0
        count = UInt8(low >> 32 & 0x1f)
    }

    /// 16-bit gates have offsets of 16 bits.
    var is16Bit: Bool { type & 8 == 0 }
}
