import Wire

// Rewriting headers in place.
//
// Checksums are kept by difference (RFC 1624), never computed anew: a wrong one stays wrong, as it would through any
// router. A packet with `needsChecksum` has only the pseudo-header's sum in its transport checksum: a change of address
// goes into that sum, uncomplemented, and a change behind the pseudo-header needs nothing. SCTP's CRC32c is handled
// likewise: what was wrong by some bits stays wrong by those bits.
//
// All functions expect the packet to have one holder, and `layout` to be that of the frame, as `extract` found it; they
// keep it in step. A field that the frame does not have is left alone. Nothing is written outside the frame.

/// The editor of frames.
public enum PacketEditing {
    /// Overwrites a header field.
    /// - Parameter value: the whole field, as the flow key has it.
    /// - Returns: whether the frame has the field.
    @discardableResult
    public static func set(
        _ field: Field, _ value: FieldValue, in packet: PacketRef, _ layout: inout PacketLayout
    ) -> Bool {
        let low = value.low
        switch field {
        case .ethDestination: return setEthernet(MACAddress(rawValue: low), at: 0, in: packet)
        case .ethSource: return setEthernet(MACAddress(rawValue: low), at: 6, in: packet)
        case .ethType: return setEtherType(UInt16(truncatingIfNeeded: low), in: packet, layout)
        case .vlanTCI, .vlanID, .vlanVID, .vlanPCP, .vlanTPID, .vlan2TCI, .vlan2TPID:
            return setVLAN(field, UInt16(truncatingIfNeeded: low), in: packet, layout)
        case .mplsLabel, .mplsTC, .mplsBoS, .mplsTTL, .mpls1Label, .mpls1TC, .mpls1BoS, .mpls1TTL, .mpls2Label,
            .mpls2TC, .mpls2BoS, .mpls2TTL:
            return setMPLS(field, UInt32(truncatingIfNeeded: low), in: packet, layout)
        case .pbbISID, .pbbUCA: return setPBB(field, UInt32(truncatingIfNeeded: low), in: packet, layout)
        case .ipProtocol: return setProtocol(UInt8(truncatingIfNeeded: low), in: packet, &layout)
        case .tcpFlags: return setTCPFlags(UInt16(truncatingIfNeeded: low), in: packet, layout)
        case .ipv4Source, .ipv4Destination, .ipToS, .ipDSCP, .ipECN, .ipTTL, .ipv6FlowLabel, .ipv6Source,
            .ipv6Destination:
            return setNetwork(field, value, in: packet, layout)
        case .arpOperation, .arpSource, .arpTarget, .arpSourceEth, .arpTargetEth:
            return setARP(field, low, in: packet, layout)
        case .tcpSource: return setPort(UInt16(truncatingIfNeeded: low), at: 0, of: IPProtocol.tcp, in: packet, layout)
        case .tcpDestination:
            return setPort(UInt16(truncatingIfNeeded: low), at: 2, of: IPProtocol.tcp, in: packet, layout)
        case .udpSource: return setPort(UInt16(truncatingIfNeeded: low), at: 0, of: IPProtocol.udp, in: packet, layout)
        case .udpDestination:
            return setPort(UInt16(truncatingIfNeeded: low), at: 2, of: IPProtocol.udp, in: packet, layout)
        case .sctpSource:
            return setPort(UInt16(truncatingIfNeeded: low), at: 0, of: IPProtocol.sctp, in: packet, layout)
        case .sctpDestination:
            return setPort(UInt16(truncatingIfNeeded: low), at: 2, of: IPProtocol.sctp, in: packet, layout)
        case .icmpType, .icmpCode, .icmpv6Type, .icmpv6Code:
            return setICMP(field, UInt8(truncatingIfNeeded: low), in: packet, layout)
        case .ndTarget, .ndSourceEth, .ndTargetEth, .ndReserved, .ndOptionsType:
            return setNeighborDiscovery(field, value, in: packet, layout)
        default: return false
        }
    }

    // MARK: Ethernet

    /// Overwrites the destination address (`offset` 0) or the source address (6).
    @inlinable
    static func setEthernet(_ address: MACAddress, at offset: Int, in packet: PacketRef) -> Bool {
        guard packet.pointee.length >= EthernetHeader.byteCount else { return false }
        address.write(to: packet.pointee.data + offset)
        return true
    }

    /// Overwrites the EtherType behind the VLAN tags.
    @discardableResult
    public static func setEtherType(_ type: UInt16, in packet: PacketRef, _ layout: PacketLayout) -> Bool {
        guard layout.etherType >= 0, Int(layout.etherType) + 2 <= packet.pointee.length else { return false }
        packet.pointee.data.storeBigEndian(type, at: Int(layout.etherType))
        return true
    }

    // MARK: ARP

    private static func setARP(
        _ field: Field, _ value: UInt64, in packet: PacketRef, _ layout: PacketLayout
    ) -> Bool {
        guard layout.network == .arp, let arp = header(layout.l3, ARPPacket.byteCount, in: packet) else { return false }
        switch field {
        case .arpOperation: arp.storeBigEndian(UInt16(truncatingIfNeeded: value), at: ARPPacket.Offset.operation)
        case .arpSource: arp.storeBigEndian(UInt32(truncatingIfNeeded: value), at: ARPPacket.Offset.senderIP)
        case .arpTarget: arp.storeBigEndian(UInt32(truncatingIfNeeded: value), at: ARPPacket.Offset.targetIP)
        case .arpSourceEth: MACAddress(rawValue: value).write(to: arp + ARPPacket.Offset.senderMAC)
        default: MACAddress(rawValue: value).write(to: arp + ARPPacket.Offset.targetMAC)
        }
        return true
    }

    /// The header at `offset`, if `byteCount` bytes of it are in the frame.
    @inline(__always)
    static func header(_ offset: Int16, _ byteCount: Int, in packet: PacketRef) -> UnsafeMutableRawPointer? {
        guard offset >= 0, Int(offset) &+ byteCount <= packet.pointee.length else { return nil }
        return packet.pointee.data + Int(offset)
    }
}
