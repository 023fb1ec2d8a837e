/// Takes ovs-ofctl's texts apart: `name`, `name=value`, `name:value` and `name(value)`, with commas or white space between
/// them; parentheses nest, and what is in quotation marks stays together.
public struct KeyValueScanner {
    private var rest: Substring

    public init(_ text: Substring) { rest = text }

    /// What has not been read.
    public var remainder: Substring { rest }

    /// The next item; nil: there is none. An item without a value has an empty one. Of `name(value)->target` all behind
    /// the first parenthesis is the value.
    public mutating func next() -> (name: Substring, value: Substring)? {
        let text = rest.utf8
        var index = text.startIndex
        let end = text.endIndex
        while index < end, Self.isSeparator(text[index]) { text.formIndex(after: &index) }
        guard index < end else {
            rest = rest[end...]
            return nil
        }
        let start = index
        var mark: UInt8 = 0
        while index < end {
            let character = text[index]
            if character == Self.quote, Self.skipQuoted(text, &index) { continue }
            if character == UInt8(ascii: ":") || character == UInt8(ascii: "=") || character == UInt8(ascii: "(")
                || Self.isSeparator(character)
            {
                mark = character
                break
            }
            text.formIndex(after: &index)
        }
        let name = rest[start..<index]
        if index < end { text.formIndex(after: &index) }
        guard mark == UInt8(ascii: ":") || mark == UInt8(ascii: "=") || mark == UInt8(ascii: "(") else {
            rest = rest[index...]
            return (name, rest[index..<index])
        }
        let valueStart = index
        let isParenthesized = mark == UInt8(ascii: "(")
        Self.skipValue(text, &index, isParenthesized: isParenthesized)
        if isParenthesized, text[index...].starts(with: ")->".utf8) {
            Self.skipValue(text, &index, isParenthesized: false)
        }
        let value = rest[valueStart..<index]
        if index < end { text.formIndex(after: &index) }
        rest = rest[index...]
        return (name, value)
    }

    /// Whether the character stands between items.
    public static func isSeparator(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): true
        default: false
        }
    }

    static let quote = UInt8(ascii: "\"")

    /// Passes a text in quotation marks; false: the mark has no partner.
    fileprivate static func skipQuoted(_ text: Substring.UTF8View, _ index: inout Substring.Index) -> Bool {
        let next = text.index(after: index)
        guard let close = text[next...].firstIndex(of: quote) else { return false }
        index = text.index(after: close)
        return true
    }

    private static func skipValue(
        _ text: Substring.UTF8View, _ index: inout Substring.Index, isParenthesized: Bool
    ) {
        var level = 0
        while index < text.endIndex {
            let character = text[index]
            if character == quote, skipQuoted(text, &index) { continue }
            if character == UInt8(ascii: "(") {
                level += 1
            } else if level > 0 {
                if character == UInt8(ascii: ")") { level -= 1 }
            } else if isParenthesized ? character == UInt8(ascii: ")") : isSeparator(character) {
                return
            }
            text.formIndex(after: &index)
        }
    }
}

extension Substring {
    /// What stands before and behind the first `->`; nil: there is none.
    func splitAtArrow() -> (before: Substring, behind: Substring)? {
        var index = utf8.startIndex
        while let dash = utf8[index...].firstIndex(of: UInt8(ascii: "-")) {
            let next = utf8.index(after: dash)
            if next < utf8.endIndex, utf8[next] == UInt8(ascii: ">") {
                return (self[..<dash], self[utf8.index(after: next)...])
            }
            index = next
        }
        return nil
    }

    /// The parts between commas; empty ones stay.
    func parts() -> [Substring] { parts { $0 == UInt8(ascii: ",") }.map { $0.trimmed() } }

    /// The parts between separators; what is in quotation marks stays together.
    func parts(_ isSeparator: (UInt8) -> Bool) -> [Substring] {
        var result: [Substring] = []
        var start = utf8.startIndex
        var index = start
        while index < utf8.endIndex {
            if utf8[index] == KeyValueScanner.quote, KeyValueScanner.skipQuoted(utf8, &index) { continue }
            if isSeparator(utf8[index]) {
                result.append(self[start..<index])
                start = utf8.index(after: index)
            }
            utf8.formIndex(after: &index)
        }
        return result + [self[start...]]
    }

    func trimmed() -> Substring {
        var text = self
        while let first = text.utf8.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
            text = text.dropFirst()
        }
        while let last = text.utf8.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") {
            text = text.dropLast()
        }
        return text
    }

    /// A number that is decimal, or hexadecimal behind 0x.
    func number<N: FixedWidthInteger>(_ what: String, _ type: N.Type = N.self) throws(ActionSyntaxError) -> N {
        guard let number = UInt64(fieldText: self), let result = N(exactly: number) else {
            throw ActionSyntaxError("\(what): “\(self)” is not a number from 0 to \(N.max)")
        }
        return result
    }
}
