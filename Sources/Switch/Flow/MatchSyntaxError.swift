/// Why the text of a match was refused.
public enum MatchSyntaxError: Error, Equatable, CustomStringConvertible {
    /// No field or protocol has this name.
    case unknownField(String)
    /// The field needs a value: `name=value`.
    case missingValue(String)
    /// The protocol takes no value.
    case unexpectedValue(String)
    case invalidValue(field: String, value: String, expected: String)
    case notMaskable(String)
    /// The value has bits outside the mask; nothing would match.
    case valueOutsideMask(field: String, value: String)
    /// The field or some of its bits were given before, with another value.
    case contradiction(String)
    case missingPrerequisite(field: String, needs: String)

    public var description: String {
        switch self {
        case .unknownField(let name): "\(name): no such match field or protocol"
        case .missingValue(let name): "\(name): needs a value, as in \(name)=VALUE"
        case .unexpectedValue(let name): "\(name): takes no value"
        case .invalidValue(let field, let value, let expected): "\(field)=\(value): not \(expected)"
        case .notMaskable(let field): "\(field): takes no mask"
        case .valueOutsideMask(let field, let value): "\(field)=\(value): the value has bits that the mask leaves out"
        case .contradiction(let field): "\(field): contradicts what stands before it"
        case .missingPrerequisite(let field, let needs): "\(field): needs \(needs) beside it"
        }
    }
}
