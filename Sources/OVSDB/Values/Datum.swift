/// The value of a column: a set of atoms, of which a scalar is the one with exactly one, or a map from atoms to atoms.
/// Keys are in order and there is no key twice.
///
/// Write them as literals: `"br0"`, `5`, `true`, `["a", "b"]`, `["key": "value"]`, `.empty`, `.uuid(row)`,
/// `.uuids(rows)`.
public struct Datum: Hashable, Sendable {
    public internal(set) var keys: [Atom]
    /// As many as keys in a map, none in a set.
    public internal(set) var values: [Atom]

    /// Takes keys (and values) that are in order.
    init(sortedKeys keys: [Atom], values: [Atom] = []) {
        self.keys = keys
        self.values = values
    }

    /// The empty set and the empty map.
    public static let empty = Datum(sortedKeys: [])

    public init(_ atom: Atom) { self.init(sortedKeys: [atom]) }

    /// A set; atoms that come twice count once.
    public init(set atoms: some Sequence<Atom>) {
        var keys = Array(atoms)
        if keys.count > 1 {
            keys.sort()
            var kept = 1
            for index in 1..<keys.count where keys[index] != keys[kept - 1] {
                keys[kept] = keys[index]
                kept += 1
            }
            keys.removeSubrange(kept...)
        }
        self.init(sortedKeys: keys)
    }

    /// A map; of pairs with the same key the first counts.
    public init(map pairs: some Sequence<(Atom, Atom)>) {
        var seen: Set<Atom> = []
        let sorted = pairs.filter { seen.insert($0.0).inserted }.sorted { $0.0 < $1.0 }
        self.init(sortedKeys: sorted.map(\.0), values: sorted.map(\.1))
    }

    public static func string(_ value: String) -> Datum { Datum(.string(value)) }
    public static func integer(_ value: some BinaryInteger) -> Datum { Datum(.integer(Int64(value))) }
    public static func boolean(_ value: Bool) -> Datum { Datum(.boolean(value)) }
    public static func uuid(_ value: UUID) -> Datum { Datum(.uuid(value)) }
    public static func uuids(_ values: some Sequence<UUID>) -> Datum { Datum(set: values.lazy.map { .uuid($0) }) }
    public static func strings(_ values: some Sequence<String>) -> Datum { Datum(set: values.lazy.map { .string($0) }) }
    public static func integers(_ values: some Sequence<Int64>) -> Datum {
        Datum(set: values.lazy.map { .integer($0) })
    }
    public static func map(_ values: [String: String]) -> Datum {
        Datum(map: values.lazy.map { (.string($0.key), .string($0.value)) })
    }
    public static func map(_ values: [String: Int64]) -> Datum {
        Datum(map: values.lazy.map { (.string($0.key), .integer($0.value)) })
    }
    /// The set with that value, the empty one for nil: for columns that may be empty.
    public static func optional(_ value: String?) -> Datum { value.map { .string($0) } ?? .empty }
    public static func optional(_ value: Int64?) -> Datum { value.map { Datum(.integer($0)) } ?? .empty }
    public static func optional(_ value: Bool?) -> Datum { value.map { .boolean($0) } ?? .empty }
    public static func optional(_ value: UUID?) -> Datum { value.map { .uuid($0) } ?? .empty }
}

extension Datum: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self.init(.integer(value)) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(arrayLiteral elements: Datum...) { self.init(set: elements.flatMap(\.keys)) }
    public init(dictionaryLiteral elements: (Datum, Datum)...) {
        self.init(map: elements.flatMap { pair in zip(pair.0.keys, pair.1.keys).map { ($0, $1) } })
    }
}

/// What a column holds, as plain Swift values; nil or empty where it holds nothing of that type.
extension Datum {
    public var isEmpty: Bool { keys.isEmpty }
    public var count: Int { keys.count }

    public var string: String? { if case .string(let value)? = keys.first { value } else { nil } }
    public var integer: Int64? { if case .integer(let value)? = keys.first { value } else { nil } }
    public var boolean: Bool? { if case .boolean(let value)? = keys.first { value } else { nil } }
    public var real: Double? { if case .real(let value)? = keys.first { value } else { nil } }
    public var uuid: UUID? { if case .uuid(let value)? = keys.first { value } else { nil } }

    public var strings: [String] { keys.compactMap { if case .string(let value) = $0 { value } else { nil } } }
    public var integers: [Int64] { keys.compactMap { if case .integer(let value) = $0 { value } else { nil } } }
    public var uuids: [UUID] { keys.compactMap { if case .uuid(let value) = $0 { value } else { nil } } }

    /// A map of strings to strings, as other_config is.
    public var stringMap: [String: String] {
        var map: [String: String] = [:]
        for case (.string(let key), .string(let value)) in zip(keys, values) { map[key] = value }
        return map
    }

    /// A map of integers to rows, as Bridge's flow_tables and QoS's queues are.
    public var rowMap: [Int64: UUID] {
        var map: [Int64: UUID] = [:]
        for case (.integer(let key), .uuid(let value)) in zip(keys, values) { map[key] = value }
        return map
    }

    /// The value at a key of a map.
    public subscript(key: Atom) -> Atom? {
        guard let index = index(of: key), index < values.count else { return nil }
        return values[index]
    }

    /// The string at a key of a map of strings.
    public subscript(key: String) -> String? {
        if case .string(let value)? = self[.string(key)] { value } else { nil }
    }

    /// Where a key stands.
    func index(of key: Atom) -> Int? {
        let index = insertionIndex(of: key)
        return index < keys.count && keys[index] == key ? index : nil
    }

    /// Where a key stands or would stand.
    func insertionIndex(of key: Atom) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
