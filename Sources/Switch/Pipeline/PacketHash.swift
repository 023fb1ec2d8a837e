/// What a packet's hash is taken of (`PipelineState.hashes`).
struct HashDescription: Hashable {
    /// Empty: whatever tells connections apart.
    var fields: [Subfield] = []
    var basis: UInt64 = 0

    init() {}

    /// As a select group asks for it: `hash` with fields, or the switch's own choice.
    init(_ selection: Group.Selection) {
        basis = selection.parameter
        guard selection.method == "hash" else { return }
        for (field, mask) in selection.fields {
            // Masks of selections are prefixes or whole fields.
            let start = mask.low != 0 ? mask.low.trailingZeroBitCount : 64 + mask.high.trailingZeroBitCount
            let count = mask.low.nonzeroBitCount + mask.high.nonzeroBitCount
            if count > 0 { fields.append(Subfield(field, start: min(start, field.width - 1), count: count)) }
        }
    }

    /// The hash of a packet's headers, 32 bits.
    func hash(_ key: FlowKey) -> UInt32 {
        var state = basis ^ 0x9e37_79b9_7f4a_7c15
        if fields.isEmpty {
            Self.mix(key[word: 32], into: &state)
            Self.mix(key[word: 33] & ~0xe000, into: &state)
            for word in 40..<48 where word != 41 && key[word: word] != 0 { Self.mix(key[word: word], into: &state) }
            Self.mix(key[.ipProtocol].low, into: &state)
            // All fragments of a packet go the same way, and only the first has ports.
            if key[.ipFragment].low == 0 { Self.mix(key[word: 56] & ~0xfff, into: &state) }
        } else {
            for bits in fields {
                let value = key[bits]
                Self.mix(value.low, into: &state)
                if bits.count > 64 { Self.mix(value.high, into: &state) }
            }
        }
        return UInt32(truncatingIfNeeded: state ^ state >> 32)
    }

    @inline(__always)
    private static func mix(_ value: UInt64, into state: inout UInt64) {
        state = foldedProduct(state ^ value, hashMultiplier)
    }
}
