/// The type of a column (RFC 7047 section 3.2, `<type>`): a set of `key`, or a map from `key` to `value`, with bounds
/// for the number of elements.
public struct ColumnType: Equatable, Sendable {
    public var key: BaseType
    /// nil for a set.
    public var value: BaseType?
    /// 0 or 1.
    public var minimum: Int
    /// At least 1; `unlimited` for no bound.
    public var maximum: Int

    public static let unlimited = Int(UInt32.max)

    public init(key: BaseType, value: BaseType? = nil, minimum: Int = 1, maximum: Int = 1) {
        self.key = key
        self.value = value
        self.minimum = minimum
        self.maximum = maximum
    }

    public var isMap: Bool { value != nil }
    /// Exactly one element.
    public var isScalar: Bool { minimum == 1 && maximum == 1 && value == nil }
    public var isOptionalScalar: Bool { minimum == 0 && maximum == 1 && value == nil }
    public var isComposite: Bool { maximum > 1 }
    /// A set that is no scalar.
    public var isSet: Bool { value == nil && (minimum != 1 || maximum != 1) }
    var hasStrongReferences: Bool { key.isStrongReference || value?.isStrongReference == true }
    var hasWeakReferences: Bool { key.isWeakReference || value?.isWeakReference == true }

    /// The value of a column that nobody set: empty, or one default atom (RFC 7047 section 5.2.1).
    public var defaultValue: Datum {
        if minimum == 0 { return .empty }
        return Datum(
            sortedKeys: [.defaultValue(key.type)], values: value.map { [Atom.defaultValue($0.type)] } ?? [])
    }

    func isDefault(_ datum: Datum) -> Bool {
        if minimum == 0 { return datum.isEmpty }
        return datum.keys.count == 1 && datum.keys[0] == .defaultValue(key.type)
            && (value == nil || datum.values[0] == .defaultValue(value!.type))
    }

    /// Checks a value made in Swift: the types of its atoms, its bounds, its constraints.
    func check(_ datum: Datum) throws(OVSDBError) {
        guard datum.count >= minimum, datum.count <= maximum else {
            throw .constraint("Attempted to store \(datum.count) elements in \(english).")
        }
        guard datum.isEmpty || datum.values.isEmpty != isMap else {
            throw OVSDBError(tag: "syntax error", details: "expected \(english)")
        }
        for atom in datum.keys {
            guard atom.type == key.type else { throw .syntax(atom.json, "expected \(key.type)") }
            if key.isConstrained { try key.check(atom) }
        }
        guard let value else { return }
        for atom in datum.values {
            guard atom.type == value.type else { throw .syntax(atom.json, "expected \(value.type)") }
            if value.isConstrained { try value.check(atom) }
        }
    }

    /// "set of up to 3 strings", as errors put it.
    var english: String {
        if isScalar { return key.type.description }
        var text = isMap ? "map" : "set"
        if maximum == Self.unlimited {
            text += minimum > 0 ? " of \(minimum) or more" : " of"
        } else {
            text += minimum > 0 ? " of \(minimum) to \(maximum)" : " of up to \(maximum)"
        }
        if let value { return text + " (\(key.type), \(value.type)) pairs" }
        return text + " \(key.type)s"
    }
}
