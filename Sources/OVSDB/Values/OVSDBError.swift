/// An `<error>` of RFC 7047 section 3.1: a tag that programs look at and details for people, as ovsdb-server words
/// them.
public struct OVSDBError: Error, Equatable, Sendable, CustomStringConvertible {
    /// "constraint violation", "referential integrity violation", "timed out", "syntax error" …
    public var tag: String
    public var details: String?
    /// The JSON text that is wrong.
    public var syntax: String?

    public init(tag: String, details: String? = nil, syntax: String? = nil) {
        self.tag = tag
        self.details = details
        self.syntax = syntax
    }

    /// An error about a piece of JSON.
    static func syntax(_ json: JSONValue?, _ details: String, tag: String = "syntax error") -> OVSDBError {
        OVSDBError(tag: tag, details: details, syntax: json.map { $0.text(sorted: true) })
    }

    static func constraint(_ details: String) -> OVSDBError {
        OVSDBError(tag: "constraint violation", details: details)
    }

    public var json: JSONValue {
        var object = JSONObject()
        if let details { object["details"] = .string(details) }
        object["error"] = .string(tag)
        if let syntax { object["syntax"] = .string(syntax) }
        return .object(object)
    }

    /// "constraint violation: 5 is not in the valid range …".
    public var description: String {
        (syntax.map { "syntax \"\($0)\": " } ?? "") + tag + (details.map { ": \($0)" } ?? "")
    }
}
