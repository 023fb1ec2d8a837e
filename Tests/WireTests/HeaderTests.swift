import Testing
import Wire

@Suite struct HeaderTests {
    /// An ICMP echo request of ping over IPv4.
    static let echo = hex(
        """
        02 00 00 00 00 02  02 00 00 00 00 01  08 00   # Ethernet: to, from, IPv4
        45 00 00 20  12 34 40 00  40 01 14 a7         # IPv4: 32 bytes, DF, TTL 64, ICMP
        0a 00 00 01  0a 00 00 02                      # from, to
        08 00 e6 fd  11 00 00 02  00 00 00 00         # echo request, identifier 0x1100, sequence 2, 4 bytes of data
        """)

    func parsed<Header>(_ bytes: [UInt8], from start: Int = 0, _ parse: (UnsafeRawBufferPointer) -> Header?) -> Header?
    {
        bytes.withUnsafeBytes { parse(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    @Test func ethernetAndIPv4AndICMP() throws {
        let ethernet = try #require(parsed(Self.echo) { EthernetHeader(parsing: $0) })
        #expect(ethernet.destination == MACAddress(2, 0, 0, 0, 0, 2) && ethernet.source == MACAddress(2, 0, 0, 0, 0, 1))
        #expect(ethernet.etherType == EtherType.ipv4 && !ethernet.hasLength)
        #expect(poisoned(14) { ethernet.emit(into: $0) } == Array(Self.echo[..<14]))

        let ip = try #require(parsed(Self.echo, from: 14) { IPv4Header(parsing: $0) })
        #expect(ip.totalByteCount == 32 && ip.headerByteCount == 20 && ip.payloadProtocol == IPProtocol.icmp)
        #expect(ip.timeToLive == 64 && ip.identification == 0x1234 && ip.fragment == IPv4Header.doNotFragment)
        #expect(ip.source == IPv4Address(10, 0, 0, 1) && ip.destination == IPv4Address(10, 0, 0, 2))
        #expect(!ip.isFragment)
        // The checksum comes out as the one in the fixture.
        #expect(poisoned(20) { ip.emit(into: $0) } == Array(Self.echo[14..<34]))

        let icmp = try #require(parsed(Self.echo, from: 34) { ICMPHeader(parsing: $0) })
        #expect(icmp.type == ICMPHeader.V4.echoRequest && icmp.identifier == 0x1100 && icmp.sequence == 2)
        #expect(poisoned(8) { icmp.emit(into: $0) } == Array(Self.echo[34..<42]))
        #expect(
            Self.echo[34...].withUnsafeBytes { InternetChecksum.checksum(of: $0) } == 0)
    }

    @Test func ipv4Refusals() {
        var bytes = Array(Self.echo[14...])
        #expect(parsed(Array(bytes[..<19])) { IPv4Header(parsing: $0) } == nil)
        bytes[0] = 0x65
        #expect(parsed(bytes) { IPv4Header(parsing: $0) } == nil)
        bytes[0] = 0x44
        #expect(parsed(bytes) { IPv4Header(parsing: $0) } == nil)
        bytes[0] = 0x4f
        #expect(parsed(bytes) { IPv4Header(parsing: $0) } == nil)
        bytes[0] = 0x45
        bytes[3] = 19
        #expect(parsed(bytes) { IPv4Header(parsing: $0) } == nil)
    }

    @Test func ipv4FragmentsAndOptions() {
        var header = IPv4Header(
            source: .loopback, destination: .broadcast, payloadProtocol: 17, payloadByteCount: 8, optionByteCount: 8,
            fragment: IPv4Header.moreFragments | 185)
        #expect(header.isFragment && header.isLaterFragment && header.fragmentOffset == 1480)
        let bytes = poisoned(36) { header.emit(into: $0) }
        // Options are what was there; the checksum covers them; nothing is written behind.
        #expect(Array(bytes[20...]) == [UInt8](repeating: 0xa5, count: 16))
        #expect(bytes[..<28].withUnsafeBytes { InternetChecksum.checksum(of: $0) } == 0)
        let parsed = parsed(bytes) { IPv4Header(parsing: $0) }
        header.checksum = parsed?.checksum ?? 0
        #expect(parsed == header)
        #expect(header.optionByteCount == 8)
        header.fragment = IPv4Header.moreFragments
        #expect(header.isFragment && !header.isLaterFragment)
    }

    @Test func ipv6() throws {
        let bytes = hex(
            """
            6a b1 23 45  00 08 3a ff                  # class 0xab, label 0x12345, 8 bytes, ICMPv6, hop limit 255
            fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01
            ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 02
            85 00 00 00 00 00 00 00                   # router solicitation
            """)
        let header = try #require(parsed(bytes) { IPv6Header(parsing: $0) })
        #expect(header.trafficClass == 0xab && header.flowLabel == 0x12345 && header.payloadByteCount == 8)
        #expect(header.nextHeader == IPProtocol.icmpv6 && header.hopLimit == 255 && header.destination == .allRouters)
        #expect(poisoned(40) { header.emit(into: $0) } == Array(bytes[..<40]))
        #expect(parsed(Array(bytes[..<39])) { IPv6Header(parsing: $0) } == nil)
    }

    @Test func ipv6ExtensionHeaders() throws {
        func packet(_ nextHeader: UInt8, _ rest: String) -> [UInt8] {
            let rest = hex(rest)
            let header = IPv6Header(
                source: .loopback, destination: .loopback, nextHeader: nextHeader, payloadByteCount: rest.count)
            return poisoned(40) { header.emit(into: $0) } + rest
        }
        // Hop-by-hop, routing (16 bytes), fragment (first), TCP.
        let first = packet(
            0,
            """
            2b 00 01 04 00 00 00 00
            2c 01 00 00 00 00 00 00  00 00 00 00 00 00 00 00
            06 00 00 01 00 00 00 07
            """)
        let walk = try #require(parsed(first) { IPv6ExtensionWalk($0) })
        #expect(walk.transportProtocol == IPProtocol.tcp && walk.transportOffset == 72 && walk.fragmentOffset == 64)
        #expect(walk.isFragment && !walk.isLaterFragment)
        // A later fragment: what follows is no header, however it looks.
        let later = packet(44, "00 00 00 08 00 00 00 07  00 ff ff ff ff ff ff ff")
        let laterWalk = try #require(parsed(later) { IPv6ExtensionWalk($0) })
        #expect(laterWalk.isLaterFragment && laterWalk.transportProtocol == 0 && laterWalk.transportOffset == 48)
        // An atomic fragment is none.
        let atomic = packet(44, "11 00 00 00 00 00 00 07")
        #expect(try #require(parsed(atomic) { IPv6ExtensionWalk($0) }).isFragment == false)
        // Authentication header: its length is in units of 4 bytes.
        let authenticated = packet(51, "11 04 00 00" + String(repeating: "00", count: 20))
        #expect(try #require(parsed(authenticated) { IPv6ExtensionWalk($0) }).transportOffset == 64)
        // Cut short, and longer than the frame.
        #expect(parsed(packet(0, "06 00 00")) { IPv6ExtensionWalk($0) } == nil)
        #expect(parsed(packet(0, "06 01 00 00 00 00 00 00")) { IPv6ExtensionWalk($0) } == nil)
        // A tower without end.
        let tower = packet(60, String(repeating: "3c 00 00 00 00 00 00 00", count: 40))
        #expect(parsed(tower) { IPv6ExtensionWalk($0) } == nil)
    }

    @Test func transportHeaders() throws {
        let tcp = hex(
            """
            c3 50 00 50  00 00 00 01  00 00 00 02     # ports, sequence, acknowledgment
            61 d8 01 f6  12 34 00 00  02 04 05 b4     # 24 bytes, NS+CWR+ECE+ACK+PSH…, window; checksum, urgent; MSS
            """)
        let header = try #require(parsed(tcp) { TCPHeader(parsing: $0) })
        #expect(header.sourcePort == 50000 && header.destinationPort == 80 && header.headerByteCount == 24)
        #expect(header.flags == 0x1d8 && header.window == 502 && header.checksum == 0x1234)
        #expect(poisoned(24) { header.emit(into: $0) } == Array(tcp[..<20]) + [0xa5, 0xa5, 0xa5, 0xa5])
        var short = tcp
        short[12] = 0x41
        #expect(parsed(short) { TCPHeader(parsing: $0) } == nil)
        short[12] = 0x71
        #expect(parsed(short) { TCPHeader(parsing: $0) } == nil)

        let udp = hex("00 35 c3 50 00 0c ab cd")
        let datagram = try #require(parsed(udp) { UDPHeader(parsing: $0) })
        #expect(datagram == UDPHeader(sourcePort: 53, destinationPort: 50000, payloadByteCount: 4, checksum: 0xabcd))
        #expect(poisoned(8) { datagram.emit(into: $0) } == udp)

        let sctp = hex("0b 59 0b 59 00 00 0e 50 53 c3 05 5f")
        let packet = try #require(parsed(sctp) { SCTPHeader(parsing: $0) })
        #expect(packet.sourcePort == 2905 && packet.verificationTag == 0xe50 && packet.checksum == 0x5f05_c353)
        #expect(poisoned(12) { packet.emit(into: $0) } == sctp)
    }

    @Test func tags() throws {
        let tag = try #require(parsed(hex("81 00 b0 64")) { VLANTag(parsing: $0) })
        #expect(tag == VLANTag(vlan: 100, priority: 5, dropEligible: true))
        #expect(tag.vlan == 100 && tag.priority == 5 && tag.isDropEligible)
        #expect(poisoned(4) { tag.emit(into: $0) } == hex("81 00 b0 64"))
        #expect(parsed(hex("08 00 00 64")) { VLANTag(parsing: $0) } == nil)

        let stack = hex("00 01 0e 40  00 02 01 ff")
        var label = try #require(parsed(stack) { MPLSLabel(parsing: $0) })
        #expect(label.label == 16 && label.trafficClass == 7 && !label.isBottom && label.timeToLive == 64)
        #expect(label == MPLSLabel(label: 16, trafficClass: 7, isBottom: false, timeToLive: 64))
        #expect(parsed(stack) { MPLSLabel.stackByteCount($0) } == 8)
        #expect(parsed(Array(stack[..<7])) { MPLSLabel.stackByteCount($0) } == nil)
        label.label = 0xf_ffff
        label.trafficClass = 0
        label.isBottom = true
        label.timeToLive = 1
        #expect(poisoned(4) { label.emit(into: $0) } == hex("ff ff f1 01"))
    }

    @Test func arp() throws {
        let bytes = hex(
            """
            00 01 08 00 06 04 00 01                   # Ethernet, IPv4, request
            02 00 00 00 00 01  0a 00 00 01            # sender
            00 00 00 00 00 00  0a 00 00 02            # target
            """)
        let packet = try #require(parsed(bytes) { ARPPacket(parsing: $0) })
        #expect(packet.operation == ARPPacket.request && packet.senderMAC == MACAddress(2, 0, 0, 0, 0, 1))
        #expect(packet.senderIP == IPv4Address(10, 0, 0, 1) && packet.targetIP == IPv4Address(10, 0, 0, 2))
        #expect(poisoned(28) { packet.emit(into: $0) } == bytes)
        var other = bytes
        other[1] = 6
        #expect(parsed(other) { ARPPacket(parsing: $0) } == nil)
        #expect(parsed(Array(bytes[..<27])) { ARPPacket(parsing: $0) } == nil)
    }

    @Test func neighborDiscovery() throws {
        let bytes = hex(
            """
            87 00 00 00 00 00 00 00                   # neighbour solicitation
            20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 07
            01 01 02 00 00 00 00 09                   # source link-layer address
            """)
        let message = try #require(parsed(bytes) { NeighborDiscovery(parsing: $0) })
        #expect(message.target.description == "2001:db8::7")
        #expect(message.sourceLinkLayer == MACAddress(2, 0, 0, 0, 0, 9) && message.sourceLinkLayerOffset == 26)
        #expect(message.targetLinkLayerOffset == -1)
        var looping = bytes
        looping[25] = 0
        #expect(try #require(parsed(looping) { NeighborDiscovery(parsing: $0) }).sourceLinkLayerOffset == -1)
    }

    @Test func membership() {
        #expect(parsed(hex("11 64 00 00 e0 00 00 01")) { MulticastMembership(igmp: $0) } == .query)
        #expect(parsed(hex("16 00 00 00 e0 00 00 05")) { MulticastMembership(igmp: $0) } == .report)
        #expect(parsed(hex("17 00 00 00 e0 00 00 05")) { MulticastMembership(igmp: $0) } == .leave)
        #expect(parsed(hex("22 00 00 00 00 00 00 01")) { MulticastMembership(igmp: $0) } == .reportWithSources)
        #expect(parsed(hex("22 00 00 00")) { MulticastMembership(igmp: $0) } == nil)
        #expect(parsed(hex("8f 00 00 00 00 00 00 01")) { MulticastMembership(mld: $0) } == .reportWithSources)
        #expect(parsed(hex("87 00 00 00 00 00 00 01")) { MulticastMembership(mld: $0) } == nil)
    }

    @Test func logicalLinkControl() {
        #expect(parsed(hex("aa aa 03 00 00 00 08 00")) { LLCHeader.snapEtherType($0) } == EtherType.ipv4)
        #expect(parsed(hex("aa aa 03 00 00 0c 20 00")) { LLCHeader.snapEtherType($0) } == nil)
        #expect(poisoned(3) { LLCHeader(destinationSAP: 0x42, sourceSAP: 0x42).emit(into: $0) } == hex("42 42 03"))
    }
}
