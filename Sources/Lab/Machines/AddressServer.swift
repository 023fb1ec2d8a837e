import Topology
import Wire

/// The lab's DHCP server for one card of a virtual machine: it knows one client and one address, which is the client's for
/// ever. It looks at broadcast frames of this card alone and answers them by itself (RFC 2131, 4.3).
struct AddressServer: Sendable {
    let hardwareAddress: MACAddress
    let prefix: IPv4Prefix
    /// What a lease says besides the address.
    private let options: [DHCPMessage.Option]

    /// The server's own address: the dummy of RFC 7600, since it is no node of the lab's network.
    static let address = IPv4Address(192, 0, 0, 8)
    /// Of its frames.
    static let ownHardwareAddress = MACAddress(0x02, 0, 0xc0, 0, 0, 8)

    /// - Parameter interface: nil is returned where it has no IPv4 address or no Ethernet address.
    init?(node: LabTopology.Node, interface: LabTopology.Interface) {
        guard let prefix = interface.ipv4.first, let mac = interface.mac else { return nil }
        self.prefix = prefix
        hardwareAddress = mac
        var options: [DHCPMessage.Option] = [
            .init(DHCPMessage.Code.server, Self.bytes(Self.address)),
            .init(DHCPMessage.Code.leaseTime, Self.bytes(DHCPMessage.infinite)),
            .init(DHCPMessage.Code.subnetMask, Self.bytes(prefix.mask)),
        ]
        if prefix.length < 31 {
            options.append(.init(DHCPMessage.Code.broadcastAddress, Self.bytes(prefix.broadcast)))
        }
        let name = Array(node.name.utf8)
        if name.count <= 63 { options.append(.init(DHCPMessage.Code.hostName, name)) }
        if let mtu = interface.mtu {
            options.append(.init(DHCPMessage.Code.interfaceMTU, [UInt8(mtu >> 8 & 255), UInt8(mtu & 255)]))
        }
        options += Self.routes(of: node, through: prefix, interface.name)
        self.options = options
    }

    /// The routes of the node that lead through this card: the default route as a router, others besides (RFC 3442: a
    /// client that takes these looks at no router, so that they have the default route, too).
    private static func routes(
        of node: LabTopology.Node, through prefix: IPv4Prefix, _ interface: String
    ) -> [DHCPMessage.Option] {
        var router: IPv4Address?
        var routes: [(IPv4Prefix, IPv4Address)] = []
        for route in node.host.routes where !route.isIPv6 {
            guard let via = route.via.flatMap({ IPv4Address($0) }), prefix.contains(via),
                route.interface == nil || route.interface == interface
            else { continue }
            if route.destination == "default" {
                router = router ?? via
            } else if let destination = IPv4Prefix(route.destination) {
                routes.append((destination, via))
            }
        }
        var options: [DHCPMessage.Option] = []
        if let router { options.append(.init(DHCPMessage.Code.router, bytes(router))) }
        if !routes.isEmpty {
            if let router { routes.append((IPv4Prefix(IPv4Address.any, length: 0), router)) }
            let value = routes.flatMap { destination, via in
                [UInt8(destination.length)] + bytes(destination.address).prefix((destination.length + 7) / 8)
                    + bytes(via)
            }
            if value.count <= 255 { options.append(.init(DHCPMessage.Code.routes, value)) }
        }
        return options
    }

    private static func bytes(_ address: IPv4Address) -> [UInt8] { bytes(address.rawValue) }
    private static func bytes(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    // MARK: - Frames

    /// The answer to a frame of the card's; nil where it is nothing for a server.
    func answer(to frame: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let message = Self.message(in: frame), !message.isReply, message.hardwareAddress == hardwareAddress,
            let reply = reply(to: message)
        else { return nil }
        return Self.frame(reply)
    }

    /// What the server says to a client.
    func reply(to message: DHCPMessage) -> DHCPMessage? {
        // Another server was chosen.
        if let chosen = message.address(DHCPMessage.Code.server), chosen != Self.address { return nil }
        let kind: DHCPMessage.Kind
        switch message.kind {
        case .discover: kind = .offer
        case .inform: kind = .acknowledge
        case .request:
            let wanted = message.address(DHCPMessage.Code.requestedAddress) ?? message.clientAddress
            kind = wanted == prefix.address ? .acknowledge : .refuse
        default: return nil
        }
        var reply = DHCPMessage(
            isReply: true, kind: kind, transaction: message.transaction, flags: message.flags,
            hardwareAddress: hardwareAddress)
        switch kind {
        case .refuse: reply.options = Array(options.prefix(1))
        case .acknowledge where message.kind == .inform:
            reply.clientAddress = message.clientAddress
            reply.options = options.filter { $0.code != DHCPMessage.Code.leaseTime }
        default:
            reply.yourAddress = prefix.address
            reply.options = options
        }
        return reply
    }

    /// The message in a frame that is for a server, whole and unfragmented.
    private static func message(in frame: UnsafeRawBufferPointer) -> DHCPMessage? {
        guard let ethernet = EthernetHeader(parsing: frame), ethernet.etherType == EtherType.ipv4 else { return nil }
        let packet = UnsafeRawBufferPointer(rebasing: frame[EthernetHeader.byteCount...])
        guard let ip = IPv4Header(parsing: packet), ip.payloadProtocol == IPProtocol.udp, !ip.isFragment,
            ip.totalByteCount <= packet.count
        else { return nil }
        let datagram = UnsafeRawBufferPointer(rebasing: packet[ip.headerByteCount..<ip.totalByteCount])
        guard let udp = UDPHeader(parsing: datagram), udp.destinationPort == DHCPMessage.serverPort,
            udp.datagramByteCount >= UDPHeader.byteCount, udp.datagramByteCount <= datagram.count
        else { return nil }
        return DHCPMessage(
            parsing: UnsafeRawBufferPointer(rebasing: datagram[UDPHeader.byteCount..<udp.datagramByteCount]))
    }

    /// A reply as the card receives it. It is broadcast: a client without an address may take nothing else.
    private static func frame(_ reply: DHCPMessage) -> [UInt8] {
        let udp = UDPHeader(
            sourcePort: DHCPMessage.serverPort, destinationPort: DHCPMessage.clientPort,
            payloadByteCount: reply.byteCount)
        let ip = IPv4Header(
            source: Self.address, destination: .broadcast, payloadProtocol: IPProtocol.udp,
            payloadByteCount: udp.datagramByteCount)
        let ethernet = EthernetHeader(
            destination: .broadcast, source: ownHardwareAddress, etherType: EtherType.ipv4)
        var bytes = [UInt8](repeating: 0, count: EthernetHeader.byteCount + ip.totalByteCount)
        bytes.withUnsafeMutableBytes { bytes in
            ethernet.emit(into: bytes)
            let packet = UnsafeMutableRawBufferPointer(rebasing: bytes[EthernetHeader.byteCount...])
            ip.emit(into: packet)
            let datagram = UnsafeMutableRawBufferPointer(rebasing: packet[IPv4Header.byteCount...])
            udp.emit(into: datagram)
            reply.emit(into: UnsafeMutableRawBufferPointer(rebasing: datagram[UDPHeader.byteCount...]))
            var sum = InternetChecksum()
            sum.add(ip.source.rawValue)
            sum.add(ip.destination.rawValue)
            sum.add(UInt16(IPProtocol.udp))
            sum.add(UInt16(udp.datagramByteCount))
            sum.add(UnsafeRawBufferPointer(datagram))
            // 0 would say that there is none (RFC 768).
            let value = sum.value == 0 ? 0xffff : sum.value
            datagram.baseAddress!.storeBigEndian(value, at: UDPHeader.Offset.checksum)
        }
        return bytes
    }
}
