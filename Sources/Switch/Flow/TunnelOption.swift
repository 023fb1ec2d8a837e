// Options of a tunnel's header (TLVs of Geneve, RFC 8926, 3.5), which flows know as `tun_metadata0` to `tun_metadata63`.
//
// Design: options are up to 124 bytes long, and a bridge says which is which (`TunnelOptionTable`); few flows ask for any. So
// the flow key has only a bit for each, that a packet has it. What is in them stands beside the key: in matches, in settings
// (`Action.setTunnelOption`), and in the pipeline's list of what a packet has (Translation+TunnelOptions.swift).

/// What a match asks of an option, an action writes to it, or a packet has in it.
public struct TunnelOption: Hashable, Sendable {
    /// N of `tun_metadataN`, 0 to 63.
    public var index: Int
    /// The last byte is the lowest one: a value of fewer bytes than the option has is its end. Nothing outside of the mask.
    public var value: [UInt8]
    /// As long as the value; bytes in front of it are open. nil: all bits of the option.
    public private(set) var mask: [UInt8]?

    /// Bytes in the longest option.
    public static let maximumByteCount = 124
    /// Options that a bridge can name.
    public static let count = 64

    /// - Parameter mask: as long as the value.
    public init(index: Int, value: [UInt8], mask: [UInt8]? = nil) {
        self.index = index
        self.mask = mask
        guard let mask else {
            self.value = value
            return
        }
        self.value = zip(value, mask).map { $0 & $1 }
    }

    /// The field that it is.
    public var field: Field { Field(tunnelOption: index) }

    /// Whether nothing is asked of the bits.
    public var isOpen: Bool { mask?.allSatisfy { $0 == 0 } ?? false }

    /// The option in `byteCount` bytes; nil: it has more.
    public func resized(to byteCount: Int) -> TunnelOption? {
        guard let value = Self.resized(value, to: byteCount) else { return nil }
        guard let mask else { return TunnelOption(index: index, value: value) }
        return Self.resized(mask, to: byteCount).map { TunnelOption(index: index, value: value, mask: $0) }
    }

    /// Bytes with zeros in front, or fewer of them.
    static func resized(_ bytes: [UInt8], to byteCount: Int) -> [UInt8]? {
        let missing = byteCount - bytes.count
        if missing >= 0 { return Array(repeating: 0, count: missing) + bytes }
        return bytes.prefix(-missing).allSatisfy { $0 == 0 } ? Array(bytes.dropFirst(-missing)) : nil
    }

    /// As few bytes as hold the value and the mask.
    var shortened: TunnelOption {
        let zeros = value.indices.prefix { value[$0] == 0 && mask?[$0] ?? 0 == 0 }.count
        return TunnelOption(
            index: index, value: Array(value.dropFirst(zeros)), mask: mask.map { Array($0.dropFirst(zeros)) })
    }

    /// Bit `bit` of bytes, 0 the lowest; those in front are zero.
    private static func bit(_ bit: Int, of bytes: [UInt8]) -> Bool {
        let place = bytes.count - 1 - bit / 8
        return place >= 0 && bytes[place] >> UInt8(bit % 8) & 1 != 0
    }

    /// The bits `start` ..< `start` + `count`, at most 128.
    func bits(_ start: Int, _ count: Int) -> FieldValue {
        var result = FieldValue.zero
        for offset in 0..<count where Self.bit(start + offset, of: value) { result = result | FieldValue(1) << offset }
        return result
    }

    /// A setting of, or question for, the bits `start` ..< `start` + `count` under a mask; those above the value are zero.
    public init(index: Int, _ bits: FieldValue, mask: FieldValue? = nil, start: Int, count: Int) {
        let mask = mask ?? .ones(count)
        if start == 0, count == 8 * Self.maximumByteCount, mask == .ones(128) {
            self = TunnelOption(index: index, value: Self.bytes(of: bits)).shortened
            return
        }
        let byteCount = (start + count + 7) / 8
        var value = [UInt8](repeating: 0, count: byteCount)
        var open = value
        for offset in 0..<count {
            let place = byteCount - 1 - (start + offset) / 8
            let bit = UInt8(1) << UInt8((start + offset) % 8)
            if offset < 128, (bits >> offset).low & 1 != 0 { value[place] |= bit }
            if offset >= 128 || (mask >> offset).low & 1 != 0 { open[place] |= bit }
        }
        self = TunnelOption(index: index, value: value, mask: open).shortened
    }

    private static func bytes(of value: FieldValue) -> [UInt8] {
        (0..<16).reversed().map { UInt8(truncatingIfNeeded: (value >> (8 * $0)).low) }
    }

    /// Whether an option of a packet, a whole one, is what this asks for.
    func matches(_ present: TunnelOption) -> Bool {
        guard let mask else { return value == present.value }
        guard let bytes = Self.resized(mask, to: present.value.count),
            let wanted = Self.resized(value, to: present.value.count)
        else { return false }
        return bytes.indices.allSatisfy { present.value[$0] & bytes[$0] == wanted[$0] }
    }

    /// Whether some option is what both ask for.
    func overlaps(_ other: TunnelOption) -> Bool {
        let byteCount = max(value.count, other.value.count)
        let (left, right) = (spread(byteCount), other.spread(byteCount))
        return left.value.indices.allSatisfy {
            (left.value[$0] ^ right.value[$0]) & left.mask[$0] & right.mask[$0] == 0
        }
    }

    /// Whether all options that `other` asks for are what this asks for.
    func includes(_ other: TunnelOption) -> Bool {
        let byteCount = max(value.count, other.value.count)
        let (left, right) = (spread(byteCount), other.spread(byteCount))
        return left.value.indices.allSatisfy {
            left.mask[$0] & ~right.mask[$0] == 0 && (left.value[$0] ^ right.value[$0]) & left.mask[$0] == 0
        }
    }

    private func spread(_ byteCount: Int) -> (value: [UInt8], mask: [UInt8]) {
        (
            Self.resized(value, to: byteCount) ?? value,
            mask.map { Self.resized($0, to: byteCount) ?? $0 } ?? Array(repeating: 0xff, count: byteCount)
        )
    }

    /// This with what a setting writes; bits outside of the option are left out.
    func applying(_ setting: TunnelOption) -> TunnelOption {
        guard let mask = setting.mask else { return setting.fitted(to: value.count) }
        var result = self
        for (offset, bits) in mask.reversed().enumerated() where offset < value.count {
            let place = value.count - 1 - offset
            result.value[place] = value[place] & ~bits | setting.value[setting.value.count - 1 - offset] & bits
        }
        return result
    }

    /// A whole option in `byteCount` bytes, cut in front if need be.
    func fitted(to byteCount: Int) -> TunnelOption {
        let kept = Array(value.suffix(byteCount))
        return TunnelOption(index: index, value: Array(repeating: 0, count: byteCount - kept.count) + kept)
    }
}

extension FlowKey {
    /// A bit for each of the tunnel's options that the packet has.
    public static let optionWord = 31
}

extension Field {
    /// The field of option `index`, 0 to 63.
    public init(tunnelOption index: Int) { self = Field(rawValue: Field.tunnelMetadata0.rawValue + UInt8(index & 63))! }

    /// The number of the option, of a field that is one (`tun_metadataN`): its value is not in the flow key.
    @inline(__always)
    public var tunnelOption: Int? {
        rawValue >= Field.tunnelMetadata0.rawValue ? Int(rawValue - Field.tunnelMetadata0.rawValue) : nil
    }
}

extension TunnelOption {
    /// What this and `added` ask for together; where both do, `added` counts.
    func united(with added: TunnelOption) -> TunnelOption {
        let byteCount = max(value.count, added.value.count)
        let (old, new) = (spread(byteCount), added.spread(byteCount))
        return TunnelOption(
            index: index, value: old.value.indices.map { old.value[$0] & ~new.mask[$0] | new.value[$0] },
            mask: old.mask.indices.map { old.mask[$0] | new.mask[$0] })
    }
}
