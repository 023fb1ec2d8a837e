// The flow key: everything about a packet that a flow table can match on.
//
// What: 64 words of 64 bits and a bitmap of the words that may be non-zero. Fields have fixed places (`Field.place`);
// nothing is overlaid except where OpenFlow's prerequisites exclude each other (ICMP type and code sit in the port fields).
//
// Design: the words are grouped in four stages, in the order in which a lookup looks at them: metadata (ports, registers,
// tunnel, connection state), L2, L3, L4. A lookup that fails in an early stage leaves the later words out of the
// megaflow. An ordinary TCP/IPv4 packet occupies six words:
//
//     0 in_port, packet_type | 32 eth_dst, eth_type | 33 eth_src, VLAN TCI | 40 IPv4 addresses
//     41 protocol, ToS, TTL, fragment | 56 ports, TCP flags
//
// The invariant that everything rests on: a word whose bit in `occupied` is clear is zero.

/// A packet's header fields and metadata as a flow table sees them.
public struct FlowKey: Sendable {
    /// Bit i set: word i may be non-zero; clear: it is zero.
    public internal(set) var occupied: UInt64
    var words: [64 of UInt64]

    /// Words in a key.
    public static let wordCount = 64
    /// The first word of each stage, and behind the last one the end.
    static let stageWords: [5 of Int] = [0, 32, 40, 56, 64]
    /// The words of each stage as bitmaps.
    static let stageMasks: [4 of UInt64] = [
        0x0000_0000_ffff_ffff, 0x0000_00ff_0000_0000, 0x00ff_ff00_0000_0000, 0xff00_0000_0000_0000,
    ]

    /// `ip_frag`: the packet is a fragment.
    public static let fragmentAny: UInt8 = 1
    /// `ip_frag`: the packet is a fragment other than the first.
    public static let fragmentLater: UInt8 = 2
    /// The bit of a VLAN TCI that says that there is a tag (the place of the CFI, as Open vSwitch has it).
    public static let vlanPresent: UInt16 = 0x1000

    /// The key of nothing: all fields zero.
    public init() {
        occupied = 0
        words = InlineArray(repeating: 0)
    }

    /// Word `index` of the key, 0 to 63. Setting keeps the invariant of `occupied`.
    public subscript(word index: Int) -> UInt64 {
        @inline(__always) get { words[unchecked: index & 63] }
        @inline(__always) set {
            words[unchecked: index & 63] = newValue
            if newValue != 0 { occupied |= 1 << UInt64(index & 63) }
        }
    }

    /// The value of `field`.
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

    /// Makes all fields zero; touches only the occupied words.
    public mutating func clear() {
        var bits = occupied
        while bits != 0 {
            words[unchecked: bits.trailingZeroBitCount] = 0
            bits &= bits &- 1
        }
        occupied = 0
    }

    /// Stores a word that extraction or an action computed; the caller sets `occupied`.
    mutating func store(_ value: UInt64, at word: Int) { words[unchecked: word] = value }

    func load(_ word: Int) -> UInt64 { words[unchecked: word] }
}

extension FlowKey: Equatable, Hashable {
    /// Whether all fields are equal, whatever the bitmaps of possibly non-zero words say.
    public static func == (left: FlowKey, right: FlowKey) -> Bool {
        var bits = left.occupied | right.occupied
        while bits != 0 {
            let word = bits.trailingZeroBitCount
            if left.words[unchecked: word] != right.words[unchecked: word] { return false }
            bits &= bits &- 1
        }
        return true
    }

    public func hash(into hasher: inout Hasher) {
        for word in 0..<Self.wordCount where words[unchecked: word] != 0 {
            hasher.combine(word)
            hasher.combine(words[unchecked: word])
        }
    }
}

/// A value or mask of a field of up to 128 bits.
public struct FieldValue: Equatable, Hashable, Sendable {
    public var high: UInt64
    public var low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    @inlinable
    public init(_ low: some FixedWidthInteger) {
        high = 0
        self.low = UInt64(truncatingIfNeeded: low)
    }

    @inlinable public static var zero: FieldValue { FieldValue(high: 0, low: 0) }
    @inlinable public var isZero: Bool { high | low == 0 }

    /// The `width` lowest bits, 0 to 128.
    @inlinable
    public static func ones(_ width: Int) -> FieldValue {
        if width >= 128 { return FieldValue(high: ~0, low: ~0) }
        if width > 64 { return FieldValue(high: (1 << UInt64(width - 64)) - 1, low: ~0) }
        if width == 64 { return FieldValue(high: 0, low: ~0) }
        return FieldValue(high: 0, low: (1 << UInt64(max(width, 0))) - 1)
    }

    /// The mask of the `length` highest bits of a field of `width` bits.
    @inlinable
    public static func prefix(_ length: Int, of width: Int) -> FieldValue {
        ones(width) & ~ones(width - max(0, min(length, width)))
    }

    @inlinable public static func & (left: Self, right: Self) -> Self {
        FieldValue(high: left.high & right.high, low: left.low & right.low)
    }
    @inlinable public static func | (left: Self, right: Self) -> Self {
        FieldValue(high: left.high | right.high, low: left.low | right.low)
    }
    @inlinable public static func ^ (left: Self, right: Self) -> Self {
        FieldValue(high: left.high ^ right.high, low: left.low ^ right.low)
    }
    @inlinable public static prefix func ~ (value: Self) -> Self {
        FieldValue(high: ~value.high, low: ~value.low)
    }
    /// Shifted left by 0 to 127 bits.
    @inlinable public static func << (value: Self, count: Int) -> Self {
        if count >= 64 { return FieldValue(high: value.low << UInt64(count - 64), low: 0) }
        if count == 0 { return value }
        return FieldValue(
            high: value.high << UInt64(count) | value.low >> UInt64(64 - count), low: value.low << UInt64(count))
    }
    /// Shifted right by 0 to 127 bits.
    @inlinable public static func >> (value: Self, count: Int) -> Self {
        if count >= 64 { return FieldValue(high: 0, low: value.high >> UInt64(count - 64)) }
        if count == 0 { return value }
        return FieldValue(
            high: value.high >> UInt64(count), low: value.low >> UInt64(count) | value.high << UInt64(64 - count))
    }
}
