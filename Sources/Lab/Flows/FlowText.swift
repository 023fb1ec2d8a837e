import Switch

// Flows as ovs-ofctl writes them: `table=0,priority=100,ip,nw_dst=10.0.0.2,actions=output:2`.

/// What is wrong with the text of a flow.
struct FlowSyntaxError: Error, Equatable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A flow, or what selects flows.
struct FlowText {
    var table: UInt8?
    var priority: UInt16?
    var cookie: UInt64?
    var match = Match()
    /// nil: none were given.
    var instructions: Instructions?

    /// - Parameter portNumber: the number of a port that is called by name.
    init(parsing text: String, portNumber: (String) -> UInt32?) throws(FlowSyntaxError) {
        var matchText = text
        for key in ["actions=", "action="] {
            guard let range = Self.find(key, in: text) else { continue }
            matchText = String(text[..<range.lowerBound])
            instructions = try ActionText.parse(String(text[range.upperBound...]), portNumber: portNumber)
            break
        }
        var rest: [Substring] = []
        for item in matchText.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            let parts = item.split(separator: "=", maxSplits: 1)
            let value = parts.count == 2 ? parts[1] : ""
            switch parts[0] {
            case "table": table = try Self.number(value, "table")
            case "priority": priority = try Self.number(value, "priority")
            case "cookie": cookie = try Self.number(value.prefix { $0 != "/" }, "cookie")
            default: rest.append(item)
            }
        }
        do throws(MatchSyntaxError) {
            match = try Match(parsing: rest.joined(separator: ","), portNumber: portNumber)
        } catch { throw FlowSyntaxError(error.description) }
    }

    /// Where `key` starts an item.
    private static func find(_ key: String, in text: String) -> Range<String.Index>? {
        var start = text.startIndex
        while start < text.endIndex {
            if text[start...].hasPrefix(key) { return start..<text.index(start, offsetBy: key.count) }
            guard let next = text[start...].firstIndex(where: { $0 == "," || $0.isWhitespace }) else { return nil }
            start = text.index(after: next)
        }
        return nil
    }

    /// Decimal, or hexadecimal with 0x.
    static func number<Number: FixedWidthInteger>(
        _ text: some StringProtocol, _ what: String
    ) throws(FlowSyntaxError) -> Number {
        let lower = text.lowercased()
        let number = lower.hasPrefix("0x") ? Number(lower.dropFirst(2), radix: 16) : Number(lower)
        guard let number else { throw FlowSyntaxError("\(what): “\(text)” is not a number from 0 to \(Number.max)") }
        return number
    }
}
