import Foundation
import Testing
import Wire

@Suite struct CodableAsTextTests {
    private func bothWays<Value: CodableAsText & Equatable>(_ text: String, _ type: Value.Type) throws {
        let value = try #require(Value(text))
        let encoded = try JSONEncoder().encode([value])
        #expect(try JSONDecoder().decode([String].self, from: encoded) == [text])
        #expect(try JSONDecoder().decode([Value].self, from: encoded) == [value])
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Value].self, from: Data(#"["10.0.0.01"]"#.utf8))
        }
        guard case .dataCorrupted(let context)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(context.debugDescription == "'10.0.0.01' is not \(Value.noun)")
    }

    @Test func addresses() throws {
        try bothWays("02:00:00:00:00:01", MACAddress.self)
        try bothWays("10.0.0.1", IPv4Address.self)
        try bothWays("2001:db8::1", IPv6Address.self)
        try bothWays("10.0.0.1/8", IPv4Prefix.self)
        try bothWays("2001:db8::1/64", IPv6Prefix.self)
    }
}
