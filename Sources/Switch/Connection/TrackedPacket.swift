import Wire

// What the tracker sees of a packet: the key of its connection and its TCP header. Checks are those that Open vSwitch's
// tracker does: a packet that fails one is invalid, whatever connection it claims to be of.

/// A packet as the tracker sees it.
struct TrackedPacket {
    /// Of an ICMP error: the key of the packet inside it, reversed, for the error comes back the other way.
    var key: ConnectionKey
    /// An ICMP error (destination unreachable, …).
    var isError = false
    var segment = TCPSegmentView()
    /// What TCP or UDP carry; nil start when there is nothing.
    var payload = UnsafeRawBufferPointer(start: nil, count: 0)

    /// Parses a whole packet, or the first fragment of one, that `extract` has laid out; nil: the packet is invalid.
    /// - Parameters:
    ///   - frame: the frame.
    ///   - isChecked: the transport checksum is unfinished or has been verified.
    init?(frame: UnsafeRawBufferPointer, _ layout: PacketLayout, zone: UInt16, isChecked: Bool) {
        guard let base = frame.baseAddress, layout.fragment & FlowKey.fragmentLater == 0, layout.l3 >= 0,
            Int(layout.end) <= frame.count
        else { return nil }
        let end = Int(layout.end)
        let ip = base + Int(layout.l3)
        key = ConnectionKey(zone: zone, ipProtocol: layout.ipProtocol)
        switch layout.network {
        case .ipv4:
            guard layout.ipProtocol == ip.loadByte(at: IPv4Header.Offset.payloadProtocol) else { return nil }
            let headerLength = Int(ip.loadByte() & 15) * 4
            guard InternetChecksum.checksum(of: UnsafeRawBufferPointer(start: ip, count: headerLength)) == 0 else {
                return nil
            }
            key.source = FieldValue(ip.loadBigEndian32(at: IPv4Header.Offset.source))
            key.destination = FieldValue(ip.loadBigEndian32(at: IPv4Header.Offset.destination))
        case .ipv6:
            key.isIPv6 = true
            key.source = FieldValue(
                high: ip.loadBigEndian64(at: IPv6Header.Offset.source),
                low: ip.loadBigEndian64(at: IPv6Header.Offset.source + 8))
            key.destination = FieldValue(
                high: ip.loadBigEndian64(at: IPv6Header.Offset.destination),
                low: ip.loadBigEndian64(at: IPv6Header.Offset.destination + 8))
        default: return nil
        }
        let hasHeader = key.hasPorts || key.isICMP
        if !hasHeader { return }
        guard layout.l4 >= 0 else { return nil }
        let start = Int(layout.l4)
        let transport = UnsafeRawBufferPointer(start: base + start, count: end - start)
        guard parse(transport, isChecked: isChecked, isWhole: layout.fragment == 0) else { return nil }
        if layout.fragment != 0 { payload = UnsafeRawBufferPointer(start: nil, count: 0) }
    }

    private mutating func parse(_ transport: UnsafeRawBufferPointer, isChecked: Bool, isWhole: Bool) -> Bool {
        let header = transport.baseAddress!
        switch key.ipProtocol {
        case IPProtocol.tcp:
            guard transport.count >= TCPHeader.byteCount else { return false }
            let length = Int(header.loadByte(at: TCPHeader.Offset.dataOffset) >> 4) * 4
            guard length >= TCPHeader.byteCount, length <= transport.count, isChecked || isSumRight(transport) else {
                return false
            }
            segment = TCPSegmentView(header, headerByteCount: length, payloadByteCount: transport.count - length)
            payload = UnsafeRawBufferPointer(rebasing: transport[length...])
            return takePorts(header)
        case IPProtocol.udp:
            guard transport.count >= UDPHeader.byteCount else { return false }
            let length = Int(header.loadBigEndian16(at: UDPHeader.Offset.length))
            guard length >= UDPHeader.byteCount, length <= transport.count || !isWhole else { return false }
            let hasNoSum = !key.isIPv6 && header.loadBigEndian16(at: UDPHeader.Offset.checksum) == 0
            guard isChecked || hasNoSum || isSumRight(transport) else { return false }
            payload = UnsafeRawBufferPointer(rebasing: transport[UDPHeader.byteCount..<min(length, transport.count)])
            return takePorts(header)
        case IPProtocol.sctp:
            guard transport.count >= SCTPHeader.byteCount else { return false }
            return takePorts(header)
        default:
            guard transport.count >= ICMPHeader.byteCount, isChecked || isSumRight(transport) else { return false }
            return parseICMP(transport)
        }
    }

    private func isSumRight(_ transport: UnsafeRawBufferPointer) -> Bool {
        var sum = InternetChecksum()
        if key.ipProtocol != IPProtocol.icmp {
            // The pseudo-header; the high half of an IPv4 address is zero.
            sum.add(key.source.high)
            sum.add(key.source.low)
            sum.add(key.destination.high)
            sum.add(key.destination.low)
            sum.add(UInt16(key.ipProtocol))
            sum.add(UInt32(truncatingIfNeeded: transport.count))
        }
        sum.add(transport)
        return sum.value == 0
    }

    /// Port 0 is invalid.
    private mutating func takePorts(_ header: UnsafeRawPointer) -> Bool {
        key.sourcePort = header.loadBigEndian16()
        key.destinationPort = header.loadBigEndian16(at: 2)
        return key.sourcePort != 0 && key.destinationPort != 0
    }

    // MARK: ICMP

    private mutating func parseICMP(_ message: UnsafeRawBufferPointer) -> Bool {
        let header = message.baseAddress!
        let type = header.loadByte(at: ICMPHeader.Offset.type)
        if ConnectionKey.icmpCounterpart(of: type, isIPv6: key.isIPv6) != nil {
            guard header.loadByte(at: ICMPHeader.Offset.code) == 0 else { return false }
            takeQuery(type, header.loadBigEndian16(at: ICMPHeader.Offset.rest))
            return true
        }
        // Unreachable, source quench, redirect, time exceeded, parameter problem; ICMPv6: 1 to 4.
        let carries = key.isIPv6 ? (1...4).contains(type) : [3, 4, 5, 11, 12].contains(type)
        guard carries else { return false }
        let inside = UnsafeRawBufferPointer(rebasing: message[ICMPHeader.byteCount...])
        guard let inner = EmbeddedPacket(inside, isIPv6: key.isIPv6) else { return false }
        // Who gets the error must have sent the packet.
        guard inner.key.source == key.destination else { return false }
        let zone = key.zone
        key = inner.key.reversed
        key.zone = zone
        isError = true
        return true
    }

    private mutating func takeQuery(_ type: UInt8, _ identifier: UInt16) {
        key.takeQuery(type, identifier)
    }
}

extension ConnectionKey {
    /// Fills in an ICMP query's type and identifier.
    mutating func takeQuery(_ type: UInt8, _ identifier: UInt16) {
        icmpType = type
        let isRequest = Self.isICMPRequest(type, isIPv6: isIPv6)
        sourcePort = isRequest ? identifier : 0
        destinationPort = isRequest ? 0 : identifier
    }
}

/// The start of a packet inside an ICMP error: its key and where its headers are.
struct EmbeddedPacket {
    var key: ConnectionKey
    /// Bytes from the start of the embedded packet to its transport header.
    var transportOffset: Int

    /// Parses the IP header and the first 8 bytes behind it (RFC 792); nil when they are not there.
    init?(_ bytes: UnsafeRawBufferPointer, isIPv6: Bool) {
        guard let ip = bytes.baseAddress else { return nil }
        key = ConnectionKey(isIPv6: isIPv6)
        if isIPv6 {
            guard bytes.count >= IPv6Header.byteCount, ip.loadByte() >> 4 == 6 else { return nil }
            key.source = FieldValue(high: ip.loadBigEndian64(at: 8), low: ip.loadBigEndian64(at: 16))
            key.destination = FieldValue(high: ip.loadBigEndian64(at: 24), low: ip.loadBigEndian64(at: 32))
            guard let (next, at) = Self.skipExtensions(bytes) else { return nil }
            key.ipProtocol = next
            transportOffset = at
        } else {
            guard bytes.count >= IPv4Header.byteCount, ip.loadByte() >> 4 == 4 else { return nil }
            transportOffset = Int(ip.loadByte() & 15) * 4
            guard transportOffset >= IPv4Header.byteCount, transportOffset <= bytes.count,
                ip.loadBigEndian16(at: IPv4Header.Offset.fragment)
                    & (IPv4Header.moreFragments | IPv4Header.fragmentOffsetMask) == 0
            else { return nil }
            key.ipProtocol = ip.loadByte(at: IPv4Header.Offset.payloadProtocol)
            key.source = FieldValue(ip.loadBigEndian32(at: IPv4Header.Offset.source))
            key.destination = FieldValue(ip.loadBigEndian32(at: IPv4Header.Offset.destination))
        }
        guard key.hasPorts || key.isICMP else { return }
        guard bytes.count - transportOffset >= 8 else { return nil }
        let transport = ip + transportOffset
        if key.isICMP {
            let type = transport.loadByte()
            guard ConnectionKey.icmpCounterpart(of: type, isIPv6: isIPv6) != nil else { return nil }
            key.takeQuery(type, transport.loadBigEndian16(at: ICMPHeader.Offset.rest))
        } else {
            key.sourcePort = transport.loadBigEndian16()
            key.destinationPort = transport.loadBigEndian16(at: 2)
            guard key.sourcePort != 0, key.destinationPort != 0 else { return nil }
        }
    }

    /// The transport protocol behind IPv6 extension headers and its place; nil for fragments and headers cut short.
    private static func skipExtensions(_ bytes: UnsafeRawBufferPointer) -> (UInt8, Int)? {
        let base = bytes.baseAddress!
        var next = base.loadByte(at: IPv6Header.Offset.nextHeader)
        var at = IPv6Header.byteCount
        while true {
            switch next {
            case IPProtocol.hopByHop, IPProtocol.routing, IPProtocol.destinationOptions, IPProtocol.ah:
                guard bytes.count - at >= 8 else { return nil }
                let length = Int(base.loadByte(at: at + 1))
                let count = next == IPProtocol.ah ? (length + 2) * 4 : (length + 1) * 8
                next = base.loadByte(at: at)
                at += count
                guard at <= bytes.count else { return nil }
            case IPProtocol.fragment:
                guard bytes.count - at >= 8, base.loadBigEndian16(at: at + 2) & 0xfff9 == 0 else { return nil }
                next = base.loadByte(at: at)
                at += 8
            default: return (next, at)
            }
        }
    }
}
