import Switch
import Testbed
import Testing

/// Arbitrary flows and matches from a seed.
struct FlowGenerator: RandomNumberGenerator {
    private var generator: SeededGenerator
    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func next() -> UInt64 { generator.next() }

    /// Few values per field, and low and high bits that differ, so that rules overlap and prefixes share paths.
    mutating func value(of field: Field) -> FieldValue {
        switch field {
        case .ethType: return FieldValue([0x0800, 0x0800, 0x86dd, 0x0806][below(4)])
        case .ipProtocol: return FieldValue([6, 6, 17, 1][below(4)])
        case .ipv4Source, .ipv4Destination:
            return FieldValue(0x0a00_0000 | below(3) << 20 | below(3) << 8 | below(4))
        case .ipv6Source, .ipv6Destination:
            return FieldValue(
                high: 0x2001_0db8_0000_0000 | UInt64(below(3)) << 16, low: UInt64(below(3)) << 40 | UInt64(below(3)))
        default: return FieldValue(below(4)) << (chance(30) && field.width > 8 ? field.width - 2 : 0)
        }
    }

    static let fields: [Field] = [
        .inPort, .reg0, .metadata, .tunnelID, .ethDestination, .ethSource, .ethType, .vlanTCI, .ipProtocol,
        .ipv4Source, .ipv4Destination, .ipv6Source, .ipv6Destination, .ipTTL, .arpOperation, .tcpSource,
        .tcpDestination, .tcpFlags,
    ]

    /// A match from few shapes, most of which share masks, with now and then an arbitrary mask.
    mutating func match() -> Match {
        var match = Match()
        let shapes: [[Field]] = [
            [], [.inPort], [.ethDestination], [.inPort, .vlanTCI, .ethDestination], [.ethType, .ipv4Destination],
            [.ethType, .ipv4Source, .ipv4Destination], [.ethType, .ipProtocol, .ipv4Destination, .tcpDestination],
            [.reg0, .ethType, .ipProtocol, .tcpDestination, .tcpSource], [.ethType, .ipv6Destination],
            [.ethType, .ipv6Source, .ipv6Destination, .ipProtocol], [.metadata, .tunnelID, .ipv4Destination],
            [.ethType, .arpOperation], [.ethType, .ipTTL, .tcpFlags],
        ]
        for field in shapes[below(shapes.count)] {
            let value = value(of: field)
            switch field {
            case .ipv4Source, .ipv4Destination:
                match.set(field, value, prefixLength: [0, 1, 8, 12, 24, 31, 32][below(7)])
            case .ipv6Source, .ipv6Destination:
                match.set(field, value, prefixLength: [0, 32, 48, 64, 65, 96, 127, 128][below(8)])
            case .tcpDestination where chance(30): match.set(field, value, mask: FieldValue(0xfffe))
            case .tcpSource where chance(40): match.set(field, value, prefixLength: 1 + below(16))
            case .tcpSource where chance(20): match.set(field, value, mask: FieldValue(0x00ff))
            case .reg0 where chance(50): match.set(field, value, mask: FieldValue(0x8000_0001))
            default: match.set(field, value)
            }
        }
        if chance(5) {
            let field = Self.fields[below(Self.fields.count)]
            match.set(field, value(of: field), mask: FieldValue(high: next(), low: next()))
        }
        return match
    }

    mutating func key() -> FlowKey {
        var key = FlowKey()
        for field in Self.fields where chance(80) { key[field] = value(of: field) }
        return key
    }

    /// A key that agrees with `key` in what `mask` looks at: elsewhere like another packet, or noise.
    mutating func key(like key: FlowKey, under mask: FlowMask) -> FlowKey {
        var other = self.key()
        if chance(40) {
            for word in [0, 1, 2, 10, 32, 33, 40, 41, 42, 43, 44, 45, 47, 56] { other[word: word] = next() }
        }
        for word in 0..<FlowKey.wordCount {
            other[word: word] = (key[word: word] & mask[word: word]) | (other[word: word] & ~mask[word: word])
        }
        return other
    }
}

/// `#expect(value == wanted)` for values that come from a noncopyable type, which the macro cannot take apart.
func expectEqual<T: Equatable>(
    _ value: T, _ wanted: T, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(value == wanted, comment, sourceLocation: sourceLocation)
}
