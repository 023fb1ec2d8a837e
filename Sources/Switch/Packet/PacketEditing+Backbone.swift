import Wire

// Provider backbone headers (IEEE 802.1ah), and what reaches across labels.

extension PacketEditing {
    /// Bytes that a backbone header adds: an EtherType, the I-TAG's first word and two addresses.
    static let backboneByteCount = 18

    /// Puts a backbone header in front: its addresses are the frame's own (OpenFlow 1.5, 5.8), which stay behind the I-TAG
    /// as the customer's.
    /// - Parameter tag: the I-TAG's first word: priority, drop eligible, use customer address, service instance.
    /// - Returns: false, with nothing changed, where there is no room for it.
    public static func pushPBB(
        etherType: UInt16, tag: UInt32, in packet: PacketRef, _ layout: inout PacketLayout
    ) -> Bool {
        guard packet.pointee.length >= EthernetHeader.byteCount,
            insert(backboneByteCount, at: EthernetHeader.Offset.etherType, in: packet, &layout)
        else { return false }
        let data = packet.pointee.data
        data.storeBigEndian(etherType, at: 12)
        data.storeBigEndian(tag, at: 14)
        (data + 18).copyMemory(from: data, byteCount: 12)
        layout = PacketLayout()
        layout.etherType = 12
        layout.l3 = 14
        layout.end = Int32(truncatingIfNeeded: packet.pointee.length)
        return true
    }

    /// Takes the backbone header off: the customer's addresses become the frame's; tags in front of it stay. Does nothing
    /// where there is none. What was hidden is in the layout only after the frame is parsed again.
    public static func popPBB(_ packet: PacketRef, _ layout: inout PacketLayout) {
        let type = Int(layout.etherType)
        guard type >= 12, type + 2 + 16 + 2 <= packet.pointee.length,
            packet.pointee.data.loadBigEndian16(at: type) == EtherType.pbb
        else { return }
        let data = packet.pointee.data
        let customer = data + type + 6
        data.copyMemory(from: customer, byteCount: 12)
        remove(backboneByteCount, at: type, in: packet, &layout)
        layout = PacketLayout()
        layout.etherType = Int16(truncatingIfNeeded: type)
        layout.end = Int32(truncatingIfNeeded: packet.pointee.length)
    }

    /// Overwrites the service instance or the "use customer address" bit of an I-TAG.
    static func setPBB(_ field: Field, _ value: UInt32, in packet: PacketRef, _ layout: PacketLayout) -> Bool {
        guard layout.etherType >= 0, let header = header(layout.etherType, 6, in: packet),
            header.loadBigEndian16() == EtherType.pbb
        else { return false }
        let tag = header.loadBigEndian32(at: 2)
        let new = field == .pbbISID ? tag & 0xff00_0000 | value & 0xff_ffff : tag & ~(1 << 27) | (value & 1) << 27
        header.storeBigEndian(new, at: 2)
        return true
    }

    /// Copies the TTL between the label at the bottom of the stack and the IPv4 or IPv6 header behind it.
    /// - Parameter inward: from the label to the IP header.
    static func copyTTL(inward: Bool, _ packet: PacketRef, _ layout: PacketLayout) {
        guard layout.mplsCount > 0, layout.network == .ipv4 || layout.network == .ipv6,
            let label = header(layout.l25, 4 * Int(layout.mplsCount), in: packet),
            let ip = header(
                layout.l3, layout.network == .ipv4 ? IPv4Header.byteCount : IPv6Header.byteCount, in: packet)
        else { return }
        let bottom = 4 * (Int(layout.mplsCount) - 1)
        if inward {
            _ = setNetwork(.ipTTL, FieldValue(label.loadByte(at: bottom + 3)), in: packet, layout)
        } else {
            let offset = layout.network == .ipv4 ? IPv4Header.Offset.timeToLive : IPv6Header.Offset.hopLimit
            label.storeByte(ip.loadByte(at: offset), at: bottom + 3)
        }
    }

    /// Cuts the frame to its first bytes. A checksum that was still to be finished covers the whole packet, and is
    /// finished first where that is possible.
    static func truncate(to length: Int, _ packet: PacketRef, _ layout: inout PacketLayout) {
        guard packet.pointee.length > length else { return }
        if !packet.pointee.offload.isSuperPacket { Segmentation.finishChecksum(packet) }
        packet.pointee.offload = VirtioNetHeader()
        packet.pointee.length = max(length, EthernetHeader.byteCount)
        layout.end = min(layout.end, Int32(truncatingIfNeeded: packet.pointee.length))
    }

    /// Overwrites the protocol of an IP packet: the next header of IPv6's last extension header. The checksum of the
    /// transport header that is there covers the protocol by its pseudo-header (RFC 9293, 3.1), and stays right.
    static func setProtocol(_ value: UInt8, in packet: PacketRef, _ layout: inout PacketLayout) -> Bool {
        switch layout.network {
        case .ipv4:
            guard let ip = header(layout.l3, IPv4Header.byteCount, in: packet) else { return false }
            let old = ip.loadBigEndian16(at: IPv4Header.Offset.timeToLive)
            let new = old & 0xff00 | UInt16(value)
            ip.storeBigEndian(new, at: IPv4Header.Offset.timeToLive)
            let checksum = ip.loadBigEndian16(at: IPv4Header.Offset.checksum)
            ip.storeBigEndian(InternetChecksum.update(checksum, from: old, to: new), at: IPv4Header.Offset.checksum)
        case .ipv6:
            guard let ip = header(layout.l3, IPv6Header.byteCount, in: packet) else { return false }
            var place = IPv6Header.Offset.nextHeader
            var offset = IPv6Header.byteCount
            let end = packet.pointee.length - Int(layout.l3)
            while true {
                let proto = ip.loadByte(at: place)
                guard [0, 43, 44, 51, 60].contains(proto), offset + 8 <= end else { break }
                let length = Int(ip.loadByte(at: offset + 1))
                place = offset
                offset += proto == 44 ? 8 : proto == 51 ? (length + 2) * 4 : (length + 1) * 8
                // Only the first fragment has a transport header behind.
                if proto == 44 && layout.fragment & FlowKey.fragmentLater != 0 { break }
            }
            ip.storeByte(value, at: place)
        default: return false
        }
        var change = InternetChecksum()
        change.subtract(UInt16(layout.ipProtocol))
        change.add(UInt16(value))
        addressesChanged(by: change, in: packet, layout)
        layout.ipProtocol = value
        return true
    }
}
