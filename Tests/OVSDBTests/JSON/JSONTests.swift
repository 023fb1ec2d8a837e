import OVSDB
import Testing

@Suite struct JSONTests {
    private static let readings: [(String, JSONValue)] = [
        ("null", .null), (" true ", true), ("-0", 0), ("12", 12), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775807", .integer(.max)), ("9223372036854775808", .real(9223372036854775808)), ("1.5", 1.5),
        ("1e3", 1000), ("5.0", 5), ("1E-2", 0.01), (#""a\"\\\/\b\f\n\r\tb""#, "a\"\\/\u{8}\u{c}\n\r\tb"),
        (#""\u00fc\ud83d\ude00ü""#, "ü😀ü"), ("[]", .array([])), ("{}", .object(JSONObject())),
        ("[1,[2,{\"a\":[]}]]", [1, [2, ["a": .array([])]]]),
        ("{\"a\":1,\"b\":{\"c\":\"d\"}}", ["b": ["c": "d"], "a": 1]),
    ]

    @Test(arguments: readings)
    func reads(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(text) == value)
        // What is written reads back the same, sorted or not.
        #expect(try JSONParser.parse(value.text()) == value)
        #expect(try JSONParser.parse(value.text(sorted: true)) == value)
    }

    @Test(arguments: [
        ("", "line 0, column 0, byte 0: empty input stream"),
        ("[1,\n x]", "line 1, column 1, byte 5: invalid keyword 'x'"),
        ("01", "leading zeros"), ("-", "must be followed by digit"), ("1.", "decimal point"), ("1e", "exponent"),
        ("1e999", "outside valid range"), ("\"a", "unexpected end of input in quoted string"),
        ("\"\\x\"", "bad escape"),
        ("\"\\u0000\"", "null bytes"), ("\"\\ud800x\"", "surrogate"), ("\"\\udc00\"", "malformed"),
        ("\"\u{1}\"", "must be escaped"),
        ("[1 2]", "expecting ']' or ','"), ("{1:2}", "expecting string"), ("{\"a\"}", "expecting ':'"),
        ("{\"a\":1", "expecting '}'"),
        ("[,]", "expecting value"), ("nul", "invalid keyword"), ("1 2", "trailing garbage"), ("[", "unexpected end"),
    ])
    func saysWhatIsWrong(text: String, reason: String) {
        let error = #expect(throws: JSONError.self) { try JSONParser.parse(text) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test func refusesWhatIsNotUTF8AndTooDeep() {
        #expect(throws: JSONError.self) { try JSONParser.parse([0x22, 0xff, 0x22]) }
        #expect(throws: JSONError.self) { try JSONParser.parse(Array("\"\\n".utf8) + [0xc3, 0x22]) }
        let deep = { (count: Int) in String(repeating: "[", count: count) + String(repeating: "]", count: count) }
        #expect(throws: Never.self) { try JSONParser.parse(deep(1000)) }
        #expect(throws: JSONError.self) { try JSONParser.parse(deep(1001)) }
    }

    /// A stream of texts is cut the same way however it comes in.
    @Test func streamsAreCutWhereTextsEnd() throws {
        let texts = [#"{"a":"}\"]\\","b":[{}]}"#, "[]", #"{"x":"\\"}"#, #"{"é":"ü"}"#]
        let bytes = Array((texts[0] + texts[1] + " \n" + texts[2] + texts[3]).utf8)
        for size in 1...bytes.count {
            var stream = JSONStream(limit: 100)
            var found: [String] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                bytes[start..<min(bytes.count, start + size)].withUnsafeBytes { stream.append($0) }
                while let text = try stream.next({ String(decoding: $0, as: UTF8.self) }) { found.append(text) }
            }
            #expect(found == texts)
            #expect(stream.pendingByteCount == 0)
        }
    }

    @Test func streamsEndWithNonsense() throws {
        for text in ["x", "}", "5", "\"a\"", "{}{} ]"] {
            var stream = JSONStream(limit: 100)
            Array(text.utf8).withUnsafeBytes { stream.append($0) }
            #expect(throws: JSONStream.Failure.self) { while try stream.next({ _ in () }) != nil {} }
        }
        var stream = JSONStream(limit: 10)
        Array("[\"0123456789".utf8).withUnsafeBytes { stream.append($0) }
        #expect(throws: JSONStream.Failure.tooLong(limit: 10)) { try stream.next { _ in () } }
    }
}
