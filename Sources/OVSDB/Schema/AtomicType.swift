/// The types of atoms (RFC 7047 section 3.2, `<atomic-type>`).
public enum AtomicType: Int, Sendable, CustomStringConvertible {
    case integer, real, boolean, string, uuid

    public init?(name: String) {
        switch name {
        case "integer": self = .integer
        case "real": self = .real
        case "boolean": self = .boolean
        case "string": self = .string
        case "uuid": self = .uuid
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .integer: "integer"
        case .real: "real"
        case .boolean: "boolean"
        case .string: "string"
        case .uuid: "uuid"
        }
    }
}
