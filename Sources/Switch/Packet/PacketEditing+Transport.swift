import Wire

// TCP, UDP, SCTP, ICMP, and the checksums that cover network addresses.

extension PacketEditing {
    /// The place of the ones'-complement checksum behind the start of a transport header, or nil.
    private static func checksumOffset(_ ipProtocol: UInt8) -> Int? {
        switch ipProtocol {
        case IPProtocol.tcp: TCPHeader.Offset.checksum
        case IPProtocol.udp: UDPHeader.Offset.checksum
        case IPProtocol.icmpv6, IPProtocol.icmp: ICMPHeader.Offset.checksum
        default: nil
        }
    }

    /// Whether the checksum at `offset` behind the transport header is still the pseudo-header's sum.
    private static func isUnfinished(_ offset: Int, _ packet: PacketRef, _ layout: PacketLayout) -> Bool {
        let offload = packet.pointee.offload
        return offload.flags & VirtioNetHeader.needsChecksum != 0 && Int(offload.checksumStart) == Int(layout.l4)
            && Int(offload.checksumOffset) == offset
    }

    /// Carries a change of the network addresses into the transport checksum.
    static func addressesChanged(by change: InternetChecksum, in packet: PacketRef, _ layout: PacketLayout) {
        // ICMP over IPv4 has no pseudo-header; SCTP's CRC has none either.
        guard layout.ipProtocol != IPProtocol.icmp, let offset = checksumOffset(layout.ipProtocol),
            let transport = header(layout.l4, offset + 2, in: packet)
        else { return }
        let place = transport + offset
        if isUnfinished(offset, packet, layout) {
            var sum = InternetChecksum(continuing: place.loadBigEndian16())
            sum.add(change)
            place.storeBigEndian(sum.folded)
        } else {
            apply(change, toChecksumAt: place, layout)
        }
    }

    /// Carries a change of what is behind the pseudo-header into the transport checksum.
    static func transportChanged(by change: InternetChecksum, in packet: PacketRef, _ layout: PacketLayout) {
        guard let offset = checksumOffset(layout.ipProtocol),
            let transport = header(layout.l4, offset + 2, in: packet), !isUnfinished(offset, packet, layout)
        else { return }
        apply(change, toChecksumAt: transport + offset, layout)
    }

    private static func apply(
        _ change: InternetChecksum, toChecksumAt place: UnsafeMutableRawPointer, _ layout: PacketLayout
    ) {
        let old = place.loadBigEndian16()
        let isUDP = layout.ipProtocol == IPProtocol.udp
        // 0 in UDP over IPv4: the sender computed none. (Over IPv6 it is as invalid before as after.)
        if isUDP, old == 0 { return }
        var sum = InternetChecksum(continuing: ~old)
        sum.add(change)
        place.storeBigEndian(isUDP && sum.value == 0 ? 0xffff : sum.value)
    }

    /// Overwrites the source port (`offset` 0) or the destination port (2).
    static func setPort(
        _ port: UInt16, at offset: Int, of ipProtocol: UInt8, in packet: PacketRef, _ layout: PacketLayout
    ) -> Bool {
        guard layout.ipProtocol == ipProtocol, let transport = header(layout.l4, 8, in: packet) else { return false }
        if ipProtocol == IPProtocol.sctp { return setSCTPPort(port, at: offset, in: packet, layout) }
        var change = InternetChecksum()
        change.subtract(transport.loadBigEndian16(at: offset))
        change.add(port)
        transport.storeBigEndian(port, at: offset)
        transportChanged(by: change, in: packet, layout)
        return true
    }

    /// The CRC is linear: what it differed by from the right one before, it differs by afterwards. In a first fragment
    /// it covers bytes that are not here, and cannot be kept.
    private static func setSCTPPort(
        _ port: UInt16, at offset: Int, in packet: PacketRef, _ layout: PacketLayout
    ) -> Bool {
        let end = min(Int(layout.end), packet.pointee.length)
        guard let transport = header(layout.l4, SCTPHeader.byteCount, in: packet), layout.fragment == 0,
            end - Int(layout.l4) >= SCTPHeader.byteCount
        else { return false }
        let bytes = UnsafeRawBufferPointer(start: transport, count: end - Int(layout.l4))
        let field = transport + SCTPHeader.Offset.checksum
        let given = field.loadBigEndian32()
        field.storeBigEndian(UInt32(0))
        let before = CRC32C.checksum(of: bytes)
        transport.storeBigEndian(port, at: offset)
        let after = CRC32C.checksum(of: bytes)
        field.storeBigEndian(given ^ before.byteSwapped ^ after.byteSwapped)
        return true
    }

    /// Overwrites type or code of an ICMP message.
    static func setICMP(_ field: Field, _ value: UInt8, in packet: PacketRef, _ layout: PacketLayout) -> Bool {
        let isVersion6 = field == .icmpv6Type || field == .icmpv6Code
        guard layout.ipProtocol == (isVersion6 ? IPProtocol.icmpv6 : IPProtocol.icmp),
            let icmp = header(layout.l4, 4, in: packet)
        else { return false }
        let isType = field == .icmpType || field == .icmpv6Type
        let old = icmp.loadBigEndian16()
        let new = isType ? old & 0x00ff | UInt16(value) << 8 : old & 0xff00 | UInt16(value)
        var change = InternetChecksum()
        change.subtract(old)
        change.add(new)
        icmp.storeBigEndian(new)
        transportChanged(by: change, in: packet, layout)
        return true
    }

    /// Overwrites a field of a neighbour solicitation or advertisement.
    static func setNeighborDiscovery(
        _ field: Field, _ value: FieldValue, in packet: PacketRef, _ layout: PacketLayout
    ) -> Bool {
        let end = min(Int(layout.end), packet.pointee.length)
        guard layout.ipProtocol == IPProtocol.icmpv6, layout.fragment == 0,
            let icmp = header(layout.l4, NeighborDiscovery.byteCount, in: packet), end > Int(layout.l4),
            let message = NeighborDiscovery(
                parsing: UnsafeRawBufferPointer(start: icmp, count: end - Int(layout.l4)))
        else { return false }
        // Every field but the option's type is of whole 16-bit words; options start at even offsets.
        let offset: Int
        var bytes: [16 of UInt8] = .init(repeating: 0)
        let count: Int
        switch field {
        case .ndTarget: (offset, count) = (NeighborDiscovery.targetOffset, 16)
        case .ndReserved: (offset, count) = (ICMPHeader.Offset.rest, 4)
        case .ndSourceEth: (offset, count) = (message.sourceLinkLayerOffset, 6)
        case .ndTargetEth: (offset, count) = (message.targetLinkLayerOffset, 6)
        default:
            let option = max(message.sourceLinkLayerOffset, message.targetLinkLayerOffset) - 2
            (offset, count) = (option, 2)
        }
        guard offset >= 0 else { return false }
        for index in 0..<count {
            let shift = UInt64(8 * (count - 1 - index))
            bytes[index] = UInt8(truncatingIfNeeded: shift >= 64 ? value.high >> (shift - 64) : value.low >> shift)
        }
        if field == .ndOptionsType {
            bytes[0] = UInt8(truncatingIfNeeded: value.low)
            bytes[1] = icmp.loadByte(at: offset + 1)
        }
        var change = InternetChecksum()
        for index in stride(from: 0, to: count, by: 2) {
            let new = UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
            change.subtract(icmp.loadBigEndian16(at: offset + index))
            change.add(new)
            icmp.storeBigEndian(new, at: offset + index)
        }
        transportChanged(by: change, in: packet, layout)
        return true
    }

    /// Overwrites the flags of a TCP segment: 12 bits, the reserved ones included.
    static func setTCPFlags(_ flags: UInt16, in packet: PacketRef, _ layout: PacketLayout) -> Bool {
        guard layout.ipProtocol == IPProtocol.tcp, let tcp = header(layout.l4, TCPHeader.byteCount, in: packet) else {
            return false
        }
        let old = tcp.loadBigEndian16(at: 12)
        let new = old & 0xf000 | flags & 0x0fff
        var change = InternetChecksum()
        change.subtract(old)
        change.add(new)
        tcp.storeBigEndian(new, at: 12)
        transportChanged(by: change, in: packet, layout)
        return true
    }
}
