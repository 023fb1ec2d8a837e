import Testbed
import Testing
import Wire

@Suite struct DHCPMessageTests {
    /// What busybox's udhcpc 1.35 discovers with: the payload of its datagram.
    static let discover =
        hex(
            """
            01 01 06 00  51 ee 3d 4d  00 00 00 00         # request, Ethernet, transaction
            00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00
            02 00 00 00 00 07  00 00 00 00 00 00 00 00 00 00
            """) + [UInt8](repeating: 0, count: 192)
        + hex(
            """
            63 82 53 63                                   # the cookie
            35 01 01                                      # discover
            39 02 02 40                                   # takes 576 bytes
            37 09  01 03 06 0c 0f 1a 1c 2a 79             # wants mask, router, DNS, name, domain, MTU, broadcast, NTP, routes
            0c 03 76 6d 37                                # vm7
            3c 0c 75 64 68 63 70 20 31 2e 33 35 2e 30     # udhcp 1.35.0
            3d 07 01 02 00 00 00 00 07  ff                # client identifier
            """) + [UInt8](repeating: 0, count: 13)

    private func parsed(_ bytes: [UInt8]) -> DHCPMessage? { bytes.withUnsafeBytes { DHCPMessage(parsing: $0) } }

    @Test func clientsMessage() throws {
        let message = try #require(parsed(Self.discover))
        #expect(!message.isReply && message.kind == .discover && message.transaction == 0x51ee_3d4d)
        #expect(message.hardwareAddress == MACAddress(2, 0, 0, 0, 0, 7) && message.clientAddress == .any)
        #expect(message.options.map(\.code) == [57, 55, 12, 60, 61])
        #expect(message.option(DHCPMessage.Code.hostName) == Array("vm7".utf8))
        // Written again it is the same: clients fill up to 300 bytes, too.
        #expect(Self.discover.count == 300 && message.byteCount == 300)
        #expect(poisoned(300) { message.emit(into: $0) } == Self.discover)
    }

    @Test func serversMessage() throws {
        let offer = DHCPMessage(
            isReply: true, kind: .offer, transaction: 7, flags: DHCPMessage.broadcastFlag,
            yourAddress: IPv4Address(10, 0, 0, 2), hardwareAddress: MACAddress(2, 0, 0, 0, 0, 7),
            options: [
                .init(DHCPMessage.Code.server, [192, 0, 0, 8]),
                .init(DHCPMessage.Code.routes, [UInt8](repeating: 1, count: 255)),
            ])
        let bytes = poisoned(offer.byteCount) { offer.emit(into: $0) }
        #expect(bytes.count == 240 + 3 + 6 + 257 + 1)
        let again = try #require(parsed(bytes))
        #expect(again == offer && again.address(DHCPMessage.Code.server) == IPv4Address(192, 0, 0, 8))
        #expect(again.address(DHCPMessage.Code.routes) == nil && again.option(DHCPMessage.Code.router) == nil)
    }

    @Test func refusals() {
        for count in 0..<243 { #expect(parsed(Array(Self.discover.prefix(count))) == nil, "\(count)") }
        for (place, value) in [(0, 3), (1, 6), (2, 8), (236, 0), (241, 0x80), (242, 0), (242, 9)] as [(Int, UInt8)] {
            var bytes = Self.discover
            bytes[place] = value
            #expect(parsed(bytes) == nil, "\(place)")
        }
    }

    /// Whatever comes, reading it ends, and what is read can be written and read again.
    @Test func anything() {
        var random = SeededGenerator(seed: 11)
        var understood = 0
        for _ in 0..<20_000 {
            var bytes = Self.discover
            for _ in 0..<(1 + random.below(4)) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            bytes.removeLast(random.below(60))
            guard let message = parsed(bytes) else { continue }
            understood += 1
            #expect(parsed(poisoned(message.byteCount) { message.emit(into: $0) }) == message)
        }
        #expect(understood > 1000)
    }
}
