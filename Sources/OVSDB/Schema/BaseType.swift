/// The type of a column's keys or values with its constraints (RFC 7047 section 3.2, `<base-type>`).
public struct BaseType: Equatable, Sendable {
    /// Which row a UUID names.
    public struct Reference: Equatable, Sendable {
        public var table: String
        /// A weak reference goes when its row goes; a strong one keeps the row.
        public var isWeak: Bool
    }

    public let type: AtomicType
    /// The allowed values, in order; nil allows all.
    public let allowed: Datum?
    public let integers: ClosedRange<Int64>
    public let reals: ClosedRange<Double>
    /// Lengths of strings, in characters (Unicode scalars).
    public let lengths: ClosedRange<Int>
    public let reference: Reference?

    static let allIntegers = Int64.min...Int64.max
    static let allReals = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    static let allLengths = 0...Int(UInt32.max)

    public init(
        _ type: AtomicType, allowed: Datum? = nil, integers: ClosedRange<Int64>? = nil,
        reals: ClosedRange<Double>? = nil, lengths: ClosedRange<Int>? = nil, reference: Reference? = nil
    ) {
        self.type = type
        self.allowed = allowed
        self.integers = integers ?? Self.allIntegers
        self.reals = reals ?? Self.allReals
        self.lengths = lengths ?? Self.allLengths
        self.reference = reference
        isConstrained =
            allowed != nil || self.integers != Self.allIntegers || self.reals != Self.allReals
            || self.lengths != Self.allLengths
    }

    /// Whether some atoms of the type are not allowed. (References are checked when a transaction commits.)
    let isConstrained: Bool

    var isStrongReference: Bool { reference.map { !$0.isWeak } ?? false }
    var isWeakReference: Bool { reference.map { $0.isWeak } ?? false }

    /// Says why an atom of the right type is not allowed.
    func check(_ atom: Atom) throws(OVSDBError) {
        if let allowed, allowed.index(of: atom) == nil {
            let list = allowed.text(ColumnType(key: BaseType(type), minimum: 1, maximum: ColumnType.unlimited))
            throw .constraint("\(atom) is not one of the allowed values (\(list))")
        }
        switch atom {
        case .integer(let value):
            if let reason = outside(value, integers, Self.allIntegers, Atom.integer) { throw .constraint(reason) }
        case .real(let value):
            if let reason = outside(value, reals, Self.allReals, Atom.real) { throw .constraint(reason) }
        case .string(let value):
            if lengths == Self.allLengths { break }
            let length = value.unicodeScalars.count
            if length < lengths.lowerBound {
                throw .constraint(
                    "\"\(value)\" length \(length) is less than minimum allowed length \(lengths.lowerBound)")
            }
            if length > lengths.upperBound {
                throw .constraint(
                    "\"\(value)\" length \(length) is greater than maximum allowed length \(lengths.upperBound)")
            }
        case .boolean, .uuid: break
        }
    }

    private func outside<Value: Comparable>(
        _ value: Value, _ range: ClosedRange<Value>, _ all: ClosedRange<Value>, _ atom: (Value) -> Atom
    ) -> String? {
        if range.contains(value) { return nil }
        let (low, high) = (atom(range.lowerBound), atom(range.upperBound))
        if range.lowerBound != all.lowerBound, range.upperBound != all.upperBound {
            return "\(atom(value)) is not in the valid range \(low) to \(high) (inclusive)"
        }
        return range.lowerBound != all.lowerBound
            ? "\(atom(value)) is less than minimum allowed value \(low)"
            : "\(atom(value)) is greater than maximum allowed value \(high)"
    }
}
