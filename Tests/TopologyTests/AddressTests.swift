import Testing

@testable import Topology

@Suite struct AddressTests {
    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1/32"), ("192.0.2.255/24", "192.0.2.255/24"), ("0.0.0.0/0", "0.0.0.0/0"),
    ]) func ipv4(text: String, expected: String) {
        #expect(LabTopology.IPv4Prefix(text)?.description == expected)
    }

    @Test(arguments: [
        "", "10.0.0", "10.0.0.256", "10.0.0.01", "10.0.0.1/33", "10.0.0.1/", "10.0.0.1/+8", "+1.0.0.0", "a.b.c.d",
        "10.0.0.1/8/9", "1.2.3.4.5",
    ]) func badIPv4(text: String) {
        #expect(LabTopology.IPv4Prefix(text) == nil)
    }

    @Test(arguments: [
        ("::", "::/128"), ("::1/64", "::1/64"), ("fd00::/64", "fd00::/64"),
        ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a/128"),
        ("1:0:2:0:0:3:0:0", "1:0:2::3:0:0/128"), ("1:2:3:4:5:6:7:8/1", "1:2:3:4:5:6:7:8/1"),
        ("::ffff:192.0.2.1", "::ffff:c000:201/128"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0/128"),
    ]) func ipv6(text: String, expected: String) {
        #expect(LabTopology.IPv6Prefix(text)?.description == expected)
    }

    @Test(arguments: ["", ":", "1::2::3", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::/129", "g::", "::1.2.3"])
    func badIPv6(text: String) {
        #expect(LabTopology.IPv6Prefix(text) == nil)
    }

    @Test func ethernet() {
        #expect(LabTopology.MACAddress("00:1A-2b:03:4:ff")?.description == "00:1a:2b:03:04:ff")
        for bad in ["", "1:2:3:4:5", "1:2:3:4:5:6:7", "1:2:3:4:5:100", "1:2:3:4:5:+6"] {
            #expect(LabTopology.MACAddress(bad) == nil, "\(bad)")
        }
    }

    @Test func networks() {
        #expect(LabTopology.IPv4Prefix("10.1.2.3/8")?.network.description == "10.0.0.0/8")
        #expect(LabTopology.IPv6Prefix("fd00::1:2:3:4/72")?.network.description == "fd00::/72")
        #expect(LabTopology.IPv6Prefix("fd00:1:2:3::4/48")?.network.description == "fd00:1:2::/48")
    }
}
