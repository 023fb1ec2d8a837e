import Switch

/// One line of a firewall: `allow` or `deny` and what it is about, in ovs-ofctl's words: `deny tcp,tp_dst=23`.
public struct FirewallRule: Equatable, Sendable {
    public var allows: Bool
    public var match: Match

    /// Reads a line.
    public init(parsing line: some StringProtocol) throws(FirewallError) {
        let parts = line.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        switch parts.first {
        case "allow": allows = true
        case "deny": allows = false
        default: throw FirewallError("“\(line)”: a rule begins with allow or deny, as in: deny tcp,tp_dst=23")
        }
        do throws(MatchSyntaxError) {
            match = try Match(parsing: parts.count > 1 ? parts[1] : "")
        } catch {
            throw FirewallError("“\(line)”: \(error)")
        }
    }

    /// The most rules of a firewall: each has a priority of its own.
    public static let limit = 60_000

    /// Reads a file's text: one rule a line, the first that matches counts; `#` begins a comment.
    public static func parse(_ text: String) throws(FirewallError) -> [FirewallRule] {
        try parse(text, limit: limit)
    }

    static func parse(_ text: String, limit: Int) throws(FirewallError) -> [FirewallRule] {
        var rules: [FirewallRule] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let plain = line.prefix { $0 != "#" }
            if plain.allSatisfy(\.isWhitespace) { continue }
            guard rules.count < limit else {
                throw FirewallError("line \(number + 1): a firewall has at most \(limit) rules; leave some out")
            }
            do throws(FirewallError) {
                rules.append(try FirewallRule(parsing: plain))
            } catch {
                throw FirewallError("line \(number + 1): \(error)")
            }
        }
        return rules
    }
}

/// What is wrong with a rule, in words.
public struct FirewallError: Error, CustomStringConvertible, Sendable {
    public var description: String
    public init(_ description: String) { self.description = description }
}
