import Testbed
import Testing
import Wire

@Suite struct IPv4AddressTests {
    @Test(arguments: ["0.0.0.0", "10.0.0.1", "255.255.255.255", "192.168.100.254"])
    func textBothWays(text: String) throws {
        #expect(try #require(IPv4Address(text)).description == text)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.", ".1.2.3", "1.2.3.4.", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1..2.3", "1.2.3.4 ",
        "a.b.c.d",
        "1.2.3.99999999999999999999", "-1.2.3.4", "+1.2.3.4", "00.0.0.0",
    ])
    func refusesOtherText(text: String) {
        #expect(IPv4Address(text) == nil)
    }

    @Test func classes() {
        #expect(IPv4Address(224, 0, 0, 1).isMulticast && IPv4Address(239, 255, 255, 255).isMulticast)
        #expect(!IPv4Address(240, 0, 0, 1).isMulticast)
        #expect(IPv4Address(224, 129, 2, 3).multicastMAC.description == "01:00:5e:01:02:03")
        #expect(IPv4Address(10, 0, 0, 255).advanced(by: 1) == IPv4Address(10, 0, 1, 0))
        #expect(IPv4Address.any.advanced(by: -1) == .broadcast)
    }
}

@Suite struct IPv6AddressTests {
    /// Text and its canonical form; the cases of RFC 5952, section 2 and 4, among them.
    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("fe80:0:0:0:0:0:0:0", "fe80::"), ("::1.2.3.4", "::102:304"),
        ("0:0:1::", "0:0:1::"),
    ])
    func textBothWays(text: String, canonical: String) throws {
        let address = try #require(IPv6Address(text))
        #expect(address.description == canonical)
        #expect(IPv6Address(canonical) == address)
    }

    @Test(arguments: [
        "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", ":1::",
        "1:2:3:4:5:6:7:",
        "::1%eth0", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.4:5", "1:2:3:4:5:6:7:8::", "::1 ", "1:2:3:4::5:6:7:8",
    ])
    func refusesOtherText(text: String) {
        #expect(IPv6Address(text) == nil)
    }

    @Test func derivedAddresses() throws {
        let mac = try #require(MACAddress("00:11:22:33:44:55"))
        #expect(IPv6Address(linkLocal: mac).description == "fe80::211:22ff:fe33:4455")
        let address = try #require(IPv6Address("2001:db8::a:bcde:f012"))
        #expect(address.solicitedNode.description == "ff02::1:ffde:f012")
        #expect(address.solicitedNode.multicastMAC.description == "33:33:ff:de:f0:12")
        #expect(IPv6Address(high: 1, low: .max).advanced(by: 1) == IPv6Address(high: 2, low: 0))
        #expect(IPv6Address(high: 2, low: 0).advanced(by: -1) == IPv6Address(high: 1, low: .max))
    }

    @Test func randomAddressesSurviveTheirText() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<5000 {
            var groups = (0..<8).map { _ in UInt16.random(in: 0...UInt16.max, using: &random) }
            for index in 0..<8 where Bool.random(using: &random) { groups[index] = 0 }
            let high = groups[..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            let low = groups[4...].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            let address = IPv6Address(high: high, low: low)
            #expect(IPv6Address(address.description) == address)
        }
    }
}

@Suite struct PrefixTests {
    @Test func ipv4() throws {
        let prefix = try #require(IPv4Prefix("10.1.2.3/22"))
        #expect(prefix.network == IPv4Address(10, 1, 0, 0))
        #expect(prefix.broadcast == IPv4Address(10, 1, 3, 255))
        #expect(prefix.mask == IPv4Address(255, 255, 252, 0))
        #expect(prefix.contains(IPv4Address(10, 1, 3, 9)) && !prefix.contains(IPv4Address(10, 1, 4, 0)))
        #expect(prefix.hostCount == 1022)
        #expect(prefix.host(1) == IPv4Address(10, 1, 0, 1) && prefix.host(1022) == IPv4Address(10, 1, 3, 254))
        #expect(prefix.host(0) == nil && prefix.host(1023) == nil)
        #expect(prefix.description == "10.1.2.3/22")
        #expect(prefix.masked.description == "10.1.0.0/22")
    }

    @Test func ipv4Edges() throws {
        let all = try #require(IPv4Prefix("0.0.0.0/0"))
        #expect(all.contains(.broadcast) && all.mask == .any)
        let pair = IPv4Prefix(IPv4Address(10, 0, 0, 4), length: 31)
        #expect(pair.hostCount == 2)
        #expect(pair.host(1) == IPv4Address(10, 0, 0, 4) && pair.host(2) == IPv4Address(10, 0, 0, 5))
        let one = IPv4Prefix(IPv4Address(10, 0, 0, 4), length: 32)
        #expect(one.host(1) == IPv4Address(10, 0, 0, 4) && one.host(2) == nil)
    }

    @Test func ipv6() throws {
        let prefix = try #require(IPv6Prefix("2001:db8:1:2::5/64"))
        #expect(prefix.network.description == "2001:db8:1:2::")
        #expect(prefix.contains(try #require(IPv6Address("2001:db8:1:2:ffff::"))))
        #expect(!prefix.contains(try #require(IPv6Address("2001:db8:1:3::"))))
        #expect(prefix.host(1)?.description == "2001:db8:1:2::1")
        #expect(prefix.masked.description == "2001:db8:1:2::/64")
        #expect(IPv6Prefix("fd00::1:2:3:4/72")?.masked.description == "fd00::/72")
        #expect(IPv6Prefix("fd00:1:2:3::4/48")?.masked.description == "fd00:1:2::/48")
        #expect(try #require(IPv6Prefix("::/0")).contains(.loopback))
        #expect(IPv6Prefix(.loopback, length: 128).mask == IPv6Address(high: .max, low: .max))
        #expect(IPv6Prefix(.loopback, length: 68).mask == IPv6Address(high: .max, low: 0xf << 60))
        #expect(IPv6Prefix(.loopback, length: 127).hostCount == 2)
    }

    @Test(arguments: [("10.0.0.1", "10.0.0.1/32"), ("192.0.2.255/24", "192.0.2.255/24"), ("0.0.0.0/0", "0.0.0.0/0")])
    func anIPv4AddressAloneIsAPrefixWhereAllowed(text: String, expected: String) {
        #expect(IPv4Prefix(prefixOrAddress: text)?.description == expected)
    }

    @Test(arguments: [("::", "::/128"), ("::1/64", "::1/64"), ("2001:DB8::1", "2001:db8::1/128")])
    func anIPv6AddressAloneIsAPrefixWhereAllowed(text: String, expected: String) {
        #expect(IPv6Prefix(prefixOrAddress: text)?.description == expected)
    }

    @Test(arguments: ["", "10.0.0", "10.0.0.01", "10.0.0.1/", "10.0.0.1/33", "::g", "::1/129"])
    func refusesWhatIsNeitherPrefixNorAddress(text: String) {
        #expect(IPv4Prefix(prefixOrAddress: text) == nil && IPv6Prefix(prefixOrAddress: text) == nil)
    }

    @Test(arguments: [
        "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "/8",
        "10.0/8",
    ])
    func refusesOtherText(text: String) {
        #expect(IPv4Prefix(text) == nil)
    }

    @Test(arguments: ["::", "::/129", "::/x", "::1/064"])
    func refusesOtherIPv6Text(text: String) {
        #expect(IPv6Prefix(text) == nil)
    }
}
