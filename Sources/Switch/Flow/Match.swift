/// What a flow entry matches: values of some bits of the key. The key holds nothing outside the mask, so that equal
/// matches are equal values.
public struct Match: Equatable, Hashable, Sendable {
    public private(set) var key: FlowKey
    public private(set) var mask: FlowMask
    /// What is asked of the bits of tunnels' options, in the order of their numbers; that they are there is in the key.
    public private(set) var options: [TunnelOption] = []

    /// The match of every packet.
    public init() {
        key = FlowKey()
        mask = FlowMask()
    }

    /// The match of the packets that agree with `key` in the bits that `mask` looks at.
    public init(key: FlowKey, mask: FlowMask) {
        self.key = key.masked(by: mask)
        self.mask = mask
    }

    /// Asks for `value` in `field`, in place of what was asked of those bits.
    public mutating func set(_ field: Field, _ value: FieldValue) {
        mask.setExact(field)
        key[field] = value
    }

    /// Asks for `value` in `field`, in place of what was asked of those bits. Higher bits than the field has are ignored.
    public mutating func set(_ field: Field, _ value: some FixedWidthInteger) { set(field, FieldValue(value)) }

    /// Asks for the bits of `value` under `bits` in `field`, in place of what was asked of the field.
    public mutating func set(_ field: Field, _ value: FieldValue, mask bits: FieldValue) {
        mask[field] = bits & .ones(field.width)
        key[field] = value & mask[field]
    }

    /// Asks for the `prefixLength` highest bits of `value` in `field`.
    public mutating func set(_ field: Field, _ value: FieldValue, prefixLength: Int) {
        set(field, value, mask: .prefix(prefixLength, of: field.width))
    }

    /// Asks for nothing of `field` any more.
    public mutating func wildcard(_ field: Field) {
        if let index = field.tunnelOption { options.removeAll { $0.index == index } }
        mask[field] = .zero
        key[field] = .zero
    }

    /// Asks for an option of the tunnel, in place of what was asked of it.
    public mutating func set(_ option: TunnelOption) {
        wildcard(option.field)
        set(option.field, 1)
        if option.isOpen { return }
        options.insert(option, at: options.firstIndex { $0.index > option.index } ?? options.endIndex)
    }

    /// What is asked of the tunnel's option `index`; nil: nothing.
    public func option(_ index: Int) -> TunnelOption? {
        if let option = options.first(where: { $0.index == index }) { return option }
        return mask[Field(tunnelOption: index)].isZero ? nil : TunnelOption(index: index, value: [], mask: [])
    }

    /// All options that are asked for.
    var allOptions: [TunnelOption] {
        var bits = mask[word: FlowKey.optionWord] & key[word: FlowKey.optionWord]
        var result: [TunnelOption] = []
        while bits != 0 {
            if let option = option(bits.trailingZeroBitCount) { result.append(option) }
            bits &= bits &- 1
        }
        return result
    }

    /// This match with `value` in `field`.
    public func with(_ field: Field, _ value: some FixedWidthInteger) -> Match {
        var result = self
        result.set(field, value)
        return result
    }

    /// Whether a packet with this key and these options of its tunnel is matched.
    public func matches(_ key: FlowKey, _ present: [TunnelOption] = []) -> Bool {
        key.equals(self.key, under: mask) && (options.isEmpty || matches(present))
    }

    private func matches(_ present: [TunnelOption]) -> Bool {
        options.allSatisfy { option in present.contains { $0.index == option.index && option.matches($0) } }
    }

    /// Whether some packet is matched by both (OpenFlow's overlap check compares priorities besides).
    public func overlaps(_ other: Match) -> Bool {
        var bits = mask.occupied & other.mask.occupied
        while bits != 0 {
            let word = bits.trailingZeroBitCount
            if (key[word: word] ^ other.key[word: word]) & mask[word: word] & other.mask[word: word] != 0 {
                return false
            }
            bits &= bits &- 1
        }
        if options.isEmpty || other.options.isEmpty { return true }
        return options.allSatisfy { option in
            other.options.allSatisfy { $0.index != option.index || $0.overlaps(option) }
        }
    }

    /// Whether every packet that `other` matches is matched here (what a non-strict flow modification or deletion selects).
    public func includes(_ other: Match) -> Bool {
        guard other.mask.covers(mask), other.key.equals(key, under: mask) else { return false }
        return options.allSatisfy { option in
            other.options.contains { $0.index == option.index && option.includes($0) }
        }
    }

    /// Whether every packet is matched.
    public var isCatchAll: Bool { mask.isEmpty }
}
