import Testing
import Wire

@testable import HostNetwork

@Suite struct NetlinkCodecTests {
    /// RTM_NEWADDR as iproute2 sends it for "ip addr add 10.0.0.1/8 dev lo", less the broadcast.
    @Test func encodesAnAddress() {
        var batch = RouteBatch()
        batch.addAddress(HostPrefix(IPv4Prefix("10.0.0.1/8")!), on: .index(1))
        #expect(
            batch.bytes == [
                40, 0, 0, 0, 20, 0, 0x01, 0x06, 1, 0, 0, 0, 0, 0, 0, 0,  // length, type, flags, sequence, port
                2, 8, 0, 0, 1, 0, 0, 0,  // AF_INET, /8, flags, scope, index
                8, 0, 2, 0, 10, 0, 0, 1,  // IFA_LOCAL
                8, 0, 1, 0, 10, 0, 0, 1,  // IFA_ADDRESS
            ])
    }

    @Test func padsAttributesToFourBytes() {
        var encoder = NetlinkEncoder()
        encoder.begin(type: 16, flags: 0, sequence: 7)
        encoder.attribute(3, string: "eth")
        encoder.nested(18) { $0.attribute(1, [0xAA] as [UInt8]) }
        encoder.end()
        let message = NetlinkMessage.parse(encoder.bytes, count: encoder.bytes.count)
        #expect(message.count == 1 && message[0].sequence == 7)
        let attributes = message[0].attributes(after: 0)
        #expect(attributes.map(\.type) == [3, 18])
        #expect(attributes[0].string == "eth")
        #expect(attributes[1].nested.first?.content.first == 0xAA)
    }

    @Test func stopsAtLyingLengths() {
        let short: [UInt8] = [8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        #expect(NetlinkMessage.parse(short, count: 16).isEmpty)
        var long = short
        long[0] = 200
        #expect(NetlinkMessage.parse(long, count: 16).isEmpty)
        #expect(NetlinkAttribute.parse([3, 0, 1, 0]).isEmpty)
        #expect(NetlinkAttribute.parse([9, 0, 1, 0, 5]).isEmpty)
    }

    @Test func refusesBadInterfaceNames() {
        #expect(throws: InterfaceNameError.self) { try InterfaceName.validate("sixteen-bytes-ab") }
        #expect(throws: InterfaceNameError.self) { try InterfaceName.validate("") }
        #expect(throws: InterfaceNameError.self) { try InterfaceName.validate("a/b") }
        #expect(throws: InterfaceNameError.self) { try InterfaceName.validate("a b") }
        #expect(throws: Never.self) { try InterfaceName.validate("fifteen-bytes-a") }
    }

    @Test func undoesNATWithTheMirrorOfItsCommands() {
        let subnet = IPv4Prefix("10.0.0.0/8")!
        let (make, undo) = AddressTranslation.commands(
            program: "iptables", subnet: subnet, interface: "nat0", label: "lab")
        #expect(make.map { $0.map { $0 == "-I" ? "-D" : $0 } } == undo.reversed())
        let nft = AddressTranslation.commands(program: "nft", subnet: subnet, interface: "nat0", label: "a-b")
        #expect(nft.undo == [["nft", "delete table ip rookery_a_b"]])
        #expect(nft.make[0][1].contains("ip saddr 10.0.0.0/8 oifname != \"nat0\" masquerade"))
    }
}
