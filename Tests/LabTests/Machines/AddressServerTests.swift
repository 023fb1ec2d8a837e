import Topology
import Wire
import Testing

@testable import Lab

@Suite struct AddressServerTests {
    private static let mac = MACAddress(2, 0, 0, 0, 0, 7)

    private func node(routes: [LabTopology.Route] = []) -> LabTopology.Node {
        var node = LabTopology.Node(name: "vm7", kind: .vm)
        node.host.routes = routes
        node.interfaces = [.init(name: "eth0", mac: Self.mac, ipv4: [IPv4Prefix("10.1.2.3/24")!], mtu: 1400)]
        return node
    }

    private func server(routes: [LabTopology.Route] = []) throws -> AddressServer {
        let node = node(routes: routes)
        return try #require(AddressServer(node: node, interface: node.interfaces[0]))
    }

    private func message(_ kind: DHCPMessage.Kind, _ options: [DHCPMessage.Option] = []) -> DHCPMessage {
        DHCPMessage(isReply: false, kind: kind, transaction: 99, hardwareAddress: Self.mac, options: options)
    }

    @Test func aLease() throws {
        let server = try server(routes: [.init(destination: "default", via: "10.1.2.1")])
        let offer = try #require(server.reply(to: message(.discover)))
        #expect(offer.kind == .offer && offer.transaction == 99 && offer.isReply)
        #expect(offer.yourAddress == IPv4Address(10, 1, 2, 3))
        #expect(offer.address(DHCPMessage.Code.subnetMask) == IPv4Address(255, 255, 255, 0))
        #expect(offer.address(DHCPMessage.Code.broadcastAddress) == IPv4Address(10, 1, 2, 255))
        #expect(offer.address(DHCPMessage.Code.router) == IPv4Address(10, 1, 2, 1))
        #expect(offer.option(DHCPMessage.Code.leaseTime) == [255, 255, 255, 255])
        #expect(offer.option(DHCPMessage.Code.hostName) == Array("vm7".utf8))
        #expect(offer.option(DHCPMessage.Code.interfaceMTU) == [5, 120])
        #expect(offer.option(DHCPMessage.Code.routes) == nil)
        let wanted = DHCPMessage.Option(DHCPMessage.Code.requestedAddress, [10, 1, 2, 3])
        #expect(server.reply(to: message(.request, [wanted]))?.kind == .acknowledge)
    }

    @Test func whatIsNotOurs() throws {
        let server = try server()
        let other = DHCPMessage.Option(DHCPMessage.Code.requestedAddress, [10, 9, 9, 9])
        let refusal = try #require(server.reply(to: message(.request, [other])))
        #expect(refusal.kind == .refuse && refusal.yourAddress == .any)
        let chosen = DHCPMessage.Option(DHCPMessage.Code.server, [10, 1, 2, 250])
        #expect(server.reply(to: message(.request, [chosen])) == nil)
        for kind in [DHCPMessage.Kind.decline, .release, .offer] { #expect(server.reply(to: message(kind)) == nil) }
    }

    /// RFC 3442: with other routes, the default route is among them.
    @Test func routes() throws {
        let server = try server(routes: [
            .init(destination: "default", via: "10.1.2.1"), .init(destination: "10.20.0.0/14", via: "10.1.2.9"),
            .init(destination: "10.3.0.0/16", via: "10.77.0.1"), .init(destination: "default", via: "fd00::1"),
        ])
        let offer = try #require(server.reply(to: message(.discover)))
        #expect(offer.option(DHCPMessage.Code.routes) == [14, 10, 20, 10, 1, 2, 9, 0, 10, 1, 2, 1])
    }

    /// The whole way of a frame: another's, no server's, ours; checksums that add up.
    @Test func frames() throws {
        let server = try server()
        var frame = Self.frame(message(.discover))
        let answer = try #require(frame.withUnsafeBytes { server.answer(to: $0) })
        try answer.withUnsafeBytes { bytes in
            let ethernet = try #require(EthernetHeader(parsing: bytes))
            #expect(ethernet.destination == .broadcast && ethernet.etherType == EtherType.ipv4)
            let packet = UnsafeRawBufferPointer(rebasing: bytes[14...])
            #expect(InternetChecksum.checksum(of: UnsafeRawBufferPointer(rebasing: packet[..<20])) == 0)
            let ip = try #require(IPv4Header(parsing: packet))
            let datagram = UnsafeRawBufferPointer(rebasing: packet[20...])
            let udp = try #require(UDPHeader(parsing: datagram))
            #expect(udp.destinationPort == 68 && udp.datagramByteCount == datagram.count)
            var sum = InternetChecksum()
            sum.add(ip.source.rawValue)
            sum.add(ip.destination.rawValue)
            sum.add(UInt16(17))
            sum.add(UInt16(datagram.count))
            sum.add(datagram)
            #expect(sum.value == 0)
            #expect(DHCPMessage(parsing: UnsafeRawBufferPointer(rebasing: datagram[8...]))?.kind == .offer)
        }
        // Cut anywhere it is no message.
        for count in 0..<280 {
            #expect(frame.withUnsafeBytes { server.answer(to: UnsafeRawBufferPointer(rebasing: $0[..<count])) } == nil)
        }
        frame[37] = 68
        #expect(frame.withUnsafeBytes { server.answer(to: $0) } == nil)
        var stranger = message(.discover)
        stranger.hardwareAddress = MACAddress(2, 0, 0, 0, 0, 8)
        #expect(Self.frame(stranger).withUnsafeBytes { server.answer(to: $0) } == nil)
    }

    private static func frame(_ message: DHCPMessage) -> [UInt8] {
        let udp = UDPHeader(sourcePort: 68, destinationPort: 67, payloadByteCount: message.byteCount)
        let ip = IPv4Header(
            source: .any, destination: .broadcast, payloadProtocol: IPProtocol.udp,
            payloadByteCount: udp.datagramByteCount)
        var bytes = [UInt8](repeating: 0, count: 14 + ip.totalByteCount)
        bytes.withUnsafeMutableBytes { bytes in
            EthernetHeader(destination: .broadcast, source: mac, etherType: EtherType.ipv4).emit(into: bytes)
            ip.emit(into: UnsafeMutableRawBufferPointer(rebasing: bytes[14...]))
            udp.emit(into: UnsafeMutableRawBufferPointer(rebasing: bytes[34...]))
            message.emit(into: UnsafeMutableRawBufferPointer(rebasing: bytes[42...]))
        }
        return bytes
    }
}
