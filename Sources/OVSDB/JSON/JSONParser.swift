/// Reads one JSON text (RFC 8259) from bytes. As RFC 7047 and ovsdb-server want it: strings hold no null character, a
/// number with the value of a 64-bit integer is an integer, however it is written.
public struct JSONParser {
    /// How deep arrays and objects may nest, as in ovsdb-server.
    public static let maximumDepth = 1000

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The value of a whole text; anything but white space around it is an error.
    public static func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes.assumingMemoryBound(to: UInt8.self))
        parser.skipSpace()
        if parser.position == bytes.count { throw parser.error("empty input stream") }
        let value = try parser.value()
        parser.skipSpace()
        if parser.position < bytes.count { throw parser.error("trailing garbage at end of input") }
        return value
    }

    /// The value of a whole text.
    public static func parse(_ bytes: some Collection<UInt8>) throws(JSONError) -> JSONValue {
        let array = ContiguousArray(bytes)
        let result = array.withUnsafeBytes { pointer -> Result<JSONValue, JSONError> in
            do throws(JSONError) { return .success(try parse(pointer)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// The value of a whole text.
    public static func parse(_ text: String) throws(JSONError) -> JSONValue { try parse(text.utf8) }

    private mutating func value() throws(JSONError) -> JSONValue {
        guard position < bytes.count else { throw error("unexpected end of input") }
        switch bytes[position] {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "a")...UInt8(ascii: "z"): return try keyword()
        case let other: throw error("syntax error expecting value, found \(Self.quoted(other))")
        }
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        try enter()
        var object = JSONObject()
        skipSpace()
        if take("}") {
            depth -= 1
            return .object(object)
        }
        while true {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw error("syntax error parsing object expecting string")
            }
            let name = try string()
            skipSpace()
            guard take(":") else { throw error("syntax error parsing object expecting ':'") }
            skipSpace()
            object.members.append(JSONObject.Member(name: name, value: try value()))
            skipSpace()
            if take(",") { continue }
            guard take("}") else { throw error("syntax error expecting '}' or ','") }
            depth -= 1
            return .object(object)
        }
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") {
            depth -= 1
            return .array(elements)
        }
        while true {
            skipSpace()
            elements.append(try value())
            skipSpace()
            if take(",") { continue }
            guard take("]") else { throw error("syntax error expecting ']' or ','") }
            depth -= 1
            return .array(elements)
        }
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        if depth > Self.maximumDepth { throw error("input exceeds maximum nesting depth \(Self.maximumDepth)") }
        position += 1
    }

    private mutating func keyword() throws(JSONError) -> JSONValue {
        let start = position
        while position < bytes.count, bytes[position] >= UInt8(ascii: "a"), bytes[position] <= UInt8(ascii: "z") {
            position += 1
        }
        let word = bytes[start..<position]
        if word.elementsEqual("true".utf8) { return .bool(true) }
        if word.elementsEqual("false".utf8) { return .bool(false) }
        if word.elementsEqual("null".utf8) { return .null }
        position = start
        throw error("invalid keyword '\(String(decoding: word.prefix(32), as: UTF8.self))'")
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        let isNegative = take("-")
        guard let first = peek(), Self.isDigit(first) else { throw error("'-' must be followed by digit") }
        var magnitude: UInt64 = 0
        var isWhole = true
        if first == UInt8(ascii: "0") {
            position += 1
            if let next = peek(), Self.isDigit(next) { throw error("leading zeros not allowed") }
        }
        while let digit = peek(), Self.isDigit(digit) {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit &- UInt8(ascii: "0")))
            if overflow || carry { isWhole = false }
            magnitude = sum
            position += 1
        }
        if take(".") {
            isWhole = false
            guard let digit = peek(), Self.isDigit(digit) else {
                throw error("decimal point must be followed by digit")
            }
            skipDigits()
        }
        if let mark = peek(), mark | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            guard let digit = peek(), Self.isDigit(digit) else {
                throw error("exponent must contain at least one digit")
            }
            skipDigits()
        }
        if isWhole {
            if !isNegative, magnitude <= UInt64(Int64.max) { return .integer(Int64(magnitude)) }
            if isNegative, magnitude <= UInt64(Int64.max) + 1 {
                return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
            }
        }
        guard let real = Double(String(decoding: bytes[start..<position], as: UTF8.self)), real.isFinite else {
            position = start
            throw error("number outside valid range")
        }
        if let whole = Int64(exactly: real) { return .integer(whole) }
        return .real(real)
    }

    private mutating func skipDigits() {
        while let digit = peek(), Self.isDigit(digit) { position += 1 }
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        var all: UInt8 = 0
        while position < bytes.count {
            let byte = bytes[position]
            all |= byte
            switch byte {
            case UInt8(ascii: "\""):
                let text = try string(UnsafeBufferPointer(rebasing: bytes[start..<position]), isASCII: all < 0x80)
                position += 1
                return text
            case UInt8(ascii: "\\"):
                return try escapedString(from: start)
            case 0..<0x20:
                throw error("\(Self.codePoint(bytes[position])) must be escaped in quoted string")
            default:
                position += 1
            }
        }
        throw error("unexpected end of input in quoted string")
    }

    /// The rest of a string that has escapes, the first of them at `position`.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                let result = text.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
                guard let result else { throw error("quoted string is not valid UTF-8") }
                return result
            case UInt8(ascii: "\\"):
                try escape(into: &text)
            case 0..<0x20:
                position -= 1
                throw error("\(Self.codePoint(byte)) must be escaped in quoted string")
            default:
                text.append(byte)
            }
        }
        throw error("unexpected end of input in quoted string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard let kind = peek() else { throw error("quoted string may not end with backslash") }
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if code & 0xfc00 == 0xd800 {
                guard take("\\"), take("u") else { throw error("malformed escaped surrogate pair") }
                let low = try hexadecimal()
                guard low & 0xfc00 == 0xdc00 else {
                    throw error("second half of escaped surrogate pair is not trailing surrogate")
                }
                code = 0x10000 + (code & 0x3ff) << 10 + (low & 0x3ff)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("malformed \\u escape") }
            text.append(contentsOf: UTF8.encode(scalar)!)
        default:
            throw error("bad escape \\\(Self.quoted(kind))")
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard bytes.count - position >= 4 else { throw error("quoted string ends within \\u escape") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = hexadecimalDigit(bytes[position]) else { throw error("malformed \\u escape") }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        if code == 0 { throw error("null bytes not supported in quoted strings") }
        return code
    }

    private func string(_ text: UnsafeBufferPointer<UInt8>, isASCII: Bool) throws(JSONError) -> String {
        // Nothing to repair then; and much quicker than the initialiser that validates.
        if isASCII { return String(decoding: text, as: UTF8.self) }
        guard let text = String(validating: text, as: UTF8.self) else {
            throw error("quoted string is not valid UTF-8")
        }
        return text
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private func error(_ reason: String) -> JSONError {
        var line = 0
        var column = 0
        for byte in bytes[..<position] {
            if byte == 0x0a {
                line += 1
                column = 0
            } else {
                column += 1
            }
        }
        return JSONError(reason: reason, line: line, column: column, byte: position)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func quoted(_ byte: UInt8) -> String {
        byte > 0x20 && byte < 0x7f ? "'\(Character(Unicode.Scalar(byte)))'" : codePoint(byte)
    }

    private static func codePoint(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

/// The value of a hexadecimal digit.
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
