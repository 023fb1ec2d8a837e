import OVSDB
import Testing

/// Our server and Open vSwitch's with the same empty database, and clients that say the same to both.
///
/// What they answer is compared after taking out what may differ: the order of members, rows and table updates, and UUIDs
/// that a server made up. (Scripts give rows their UUIDs themselves.)
final class Comparison {
    let ours: ServedDatabase
    let theirs: ReferenceServer

    init(schema: String = SchemaOfAllKinds.text) throws {
        ours = try ServedDatabase(DatabaseSchema(JSONParser.parse(schema)))
        theirs = try ReferenceServer(schema: schema)
    }

    /// A client of both.
    final class Pair {
        let ours: Client
        let theirs: Client
        private let servers: Comparison

        init(_ comparison: Comparison) throws {
            servers = comparison
            ours = try Client(comparison.ours.socket)
            theirs = try Client(comparison.theirs.socket)
        }

        /// Asks both and compares their replies, and the notifications before them.
        /// - Parameter comparesDetails: false where several things are wrong and either may be named.
        @discardableResult
        func call(
            _ method: String, _ parameters: JSONValue, comparesDetails: Bool = true,
            _ location: SourceLocation = #_sourceLocation
        ) throws -> JSONValue {
            var ourNotes: [JSONValue] = []
            var theirNotes: [JSONValue] = []
            let our = try ours.call(method, parameters, notes: &ourNotes)
            let their = try theirs.call(method, parameters, notes: &theirNotes)
            let text = "\(method) \(parameters)"
            if comparesDetails {
                #expect(plain(our) == plain(their), "\(text)", sourceLocation: location)
            } else {
                #expect(
                    plain(withoutDetails(our)) == plain(withoutDetails(their)), "\(text)", sourceLocation: location)
            }
            #expect(ourNotes.map(plain) == theirNotes.map(plain), "before \(text)", sourceLocation: location)
            return our
        }

        /// Has both run operations on "T".
        @discardableResult
        func transact(
            _ operations: String, comparesDetails: Bool = true, _ location: SourceLocation = #_sourceLocation
        ) throws -> JSONValue {
            try call(
                "transact", JSONParser.parse("[\"T\",\(operations)]"), comparesDetails: comparesDetails, location)
        }
    }
}

/// JSON text without what may differ.
func plain(_ json: JSONValue) -> String {
    var text = tidy(json, nil).text(sorted: true)
    // UUIDs other than the script's.
    var start = text.startIndex
    while let dash = text[start...].firstIndex(of: "-") {
        start = text.index(after: dash)
        guard text.distance(from: text.startIndex, to: dash) >= 8, text.distance(from: dash, to: text.endIndex) >= 28
        else {
            continue
        }
        let range = text.index(dash, offsetBy: -8)..<text.index(dash, offsetBy: 28)
        if let uuid = UUID(String(text[range])), uuid.high != 0x4000, uuid != .zero {
            text.replaceSubrange(range, with: "made-up")
            start = text.index(range.lowerBound, offsetBy: 7)
        }
    }
    return text
}

private func withoutDetails(_ json: JSONValue) -> JSONValue {
    switch json {
    case .array(let elements): return .array(elements.map(withoutDetails))
    case .object(let object):
        return .object(
            JSONObject(object.members.filter { $0.name != "details" }.map { ($0.name, withoutDetails($0.value)) }))
    default: return json
    }
}

private func tidy(_ json: JSONValue, _ name: String?) -> JSONValue {
    switch json {
    case .array(let elements):
        let tidied = elements.map { tidy($0, nil) }
        if name == "rows" { return .array(tidied.sorted { $0.text(sorted: true) < $1.text(sorted: true) }) }
        return .array(tidied)
    case .object(let object):
        var result = JSONObject()
        for member in object.members { result[member.name] = tidy(member.value, member.name) }
        // RFC 7047 wants "result" to be null in errors; ovsdb-server leaves it out.
        if object["result"] == .null { result["result"] = nil }
        return .object(result)
    case .string(let text):
        // Which of two rows is the first depends on hash tables.
        guard text.range(of: "  First row, with") != nil else { return json }
        let parts = text.replacing("  First row, ", with: "\n").replacing("  Second row, ", with: "\n").split(
            separator: "\n")
        return .string(([parts[0]] + parts[1...].sorted()).joined(separator: "|"))
    default: return json
    }
}
