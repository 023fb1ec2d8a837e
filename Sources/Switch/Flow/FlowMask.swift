/// The bits of a flow key that matter: set where a match or a megaflow looks at the key, clear where it does not.
/// The same shape as `FlowKey`, with the same invariant of `occupied`.
public struct FlowMask: Sendable {
    /// Bit i set: word i may be non-zero; clear: it is zero.
    public internal(set) var occupied: UInt64
    var words: [64 of UInt64]

    /// The mask that looks at nothing.
    public init() {
        occupied = 0
        words = InlineArray(repeating: 0)
    }

    /// Word `index` of the mask, 0 to 63. Setting keeps the invariant of `occupied`.
    public subscript(word index: Int) -> UInt64 {
        @inline(__always) get { words[unchecked: index & 63] }
        @inline(__always) set {
            words[unchecked: index & 63] = newValue
            if newValue != 0 { occupied |= 1 << UInt64(index & 63) }
        }
    }

    /// The bits of `field` that are looked at.
    public subscript(field: Field) -> FieldValue {
        get {
            let place = field.place
            if place.width > 64 {
                return FieldValue(high: words[unchecked: place.word], low: words[unchecked: place.word + 1])
            }
            return FieldValue(words[unchecked: place.word] >> UInt64(place.shift) & place.mask)
        }
        set {
            let place = field.place
            if place.width > 64 {
                self[word: place.word] = newValue.high
                self[word: place.word + 1] = newValue.low
            } else {
                let cleared = words[unchecked: place.word] & ~(place.mask << UInt64(place.shift))
                self[word: place.word] = cleared | (newValue.low & place.mask) << UInt64(place.shift)
            }
        }
    }

    /// Looks at the whole of `field`, beside what is looked at already.
    public mutating func setExact(_ field: Field) {
        let place = field.place
        if place.width > 64 {
            unite(word: place.word, with: ~0)
            unite(word: place.word + 1, with: ~0)
        } else {
            unite(word: place.word, with: place.mask << UInt64(place.shift))
        }
    }

    /// Looks at the `length` highest bits of `field`, beside what is looked at already.
    public mutating func setPrefix(_ field: Field, length: Int) {
        self[field] = self[field] | .prefix(length, of: field.width)
    }

    /// Looks at `bits` of word `word`, beside what is looked at already.
    public mutating func unite(word: Int, with bits: UInt64) {
        words[unchecked: word & 63] |= bits
        if bits != 0 { occupied |= 1 << UInt64(word & 63) }
    }

    /// Looks at everything that `other` looks at, beside what is looked at already.
    public mutating func unite(_ other: borrowing FlowMask) {
        var bits = other.occupied
        occupied |= bits
        while bits != 0 {
            let word = bits.trailingZeroBitCount
            words[unchecked: word] |= other.words[unchecked: word]
            bits &= bits &- 1
        }
    }

    /// Whether every bit that `other` looks at is looked at here.
    public func covers(_ other: FlowMask) -> Bool {
        var bits = other.occupied
        while bits != 0 {
            let word = bits.trailingZeroBitCount
            if other.words[unchecked: word] & ~words[unchecked: word] != 0 { return false }
            bits &= bits &- 1
        }
        return true
    }

    /// Whether nothing is looked at.
    public var isEmpty: Bool {
        var bits = occupied
        while bits != 0 {
            if words[unchecked: bits.trailingZeroBitCount] != 0 { return false }
            bits &= bits &- 1
        }
        return true
    }

    /// Makes the mask look at nothing; touches only the occupied words.
    public mutating func clear() {
        var bits = occupied
        while bits != 0 {
            words[unchecked: bits.trailingZeroBitCount] = 0
            bits &= bits &- 1
        }
        occupied = 0
    }

    /// The words that are not zero.
    var exactlyOccupied: UInt64 {
        var result: UInt64 = 0
        var bits = occupied
        while bits != 0 {
            let word = bits.trailingZeroBitCount
            if words[unchecked: word] != 0 { result |= 1 << UInt64(word) }
            bits &= bits &- 1
        }
        return result
    }
}

extension FlowMask: Equatable, Hashable {
    public static func == (left: FlowMask, right: FlowMask) -> Bool {
        var bits = left.occupied | right.occupied
        while bits != 0 {
            let word = bits.trailingZeroBitCount
            if left.words[unchecked: word] != right.words[unchecked: word] { return false }
            bits &= bits &- 1
        }
        return true
    }

    public func hash(into hasher: inout Hasher) {
        for word in 0..<FlowKey.wordCount where words[unchecked: word] != 0 {
            hasher.combine(word)
            hasher.combine(words[unchecked: word])
        }
    }
}

extension FlowKey {
    /// The key with only the bits that `mask` looks at.
    public func masked(by mask: FlowMask) -> FlowKey {
        var result = FlowKey()
        var bits = occupied & mask.occupied
        while bits != 0 {
            let word = bits.trailingZeroBitCount
            result[word: word] = words[unchecked: word] & mask.words[unchecked: word]
            bits &= bits &- 1
        }
        return result
    }

    /// Whether this key and `other` agree in every bit that `mask` looks at.
    public func equals(_ other: FlowKey, under mask: FlowMask) -> Bool {
        var bits = mask.occupied
        while bits != 0 {
            let word = bits.trailingZeroBitCount
            if (words[unchecked: word] ^ other.words[unchecked: word]) & mask.words[unchecked: word] != 0 {
                return false
            }
            bits &= bits &- 1
        }
        return true
    }
}
