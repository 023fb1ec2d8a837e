import Wire

// VLAN tags and MPLS labels. What is in front of the tag moves, the rest of the frame stays where it is.

extension PacketEditing {
    /// Bytes of headroom that pushing leaves: the header that a port writes in front of the frame.
    static let reservedHeadroom = VirtioNetHeader.byteCount

    /// Inserts an outer VLAN tag.
    /// - Parameters:
    ///   - tpid: `EtherType.vlan` or `EtherType.serviceVLAN`.
    ///   - tci: priority, drop eligible indicator and VLAN, as they stand in the frame.
    /// - Returns: false, with nothing changed, where there is no room for it.
    public static func pushVLAN(tpid: UInt16, tci: UInt16, in packet: PacketRef, _ layout: inout PacketLayout) -> Bool {
        guard packet.pointee.length >= EthernetHeader.byteCount, layout.vlanCount < 255,
            insert(VLANTag.byteCount, at: EthernetHeader.Offset.etherType, in: packet, &layout)
        else { return false }
        packet.pointee.data.storeBigEndian(tpid, at: EthernetHeader.Offset.etherType)
        packet.pointee.data.storeBigEndian(tci, at: EthernetHeader.Offset.etherType + 2)
        layout.vlanCount += 1
        return true
    }

    /// Takes the outer VLAN tag away; does nothing where there is none.
    public static func popVLAN(_ packet: PacketRef, _ layout: inout PacketLayout) {
        guard layout.vlanCount > 0, packet.pointee.length >= EthernetHeader.byteCount + VLANTag.byteCount else {
            return
        }
        remove(VLANTag.byteCount, at: EthernetHeader.Offset.etherType, in: packet, &layout)
        layout.vlanCount -= 1
    }

    /// Overwrites a part of the outer tag (or, for `vlan2…`, of the one behind it).
    static func setVLAN(_ field: Field, _ value: UInt16, in packet: PacketRef, _ layout: PacketLayout) -> Bool {
        let isSecond = field == .vlan2TCI || field == .vlan2TPID
        guard layout.vlanCount > (isSecond ? 1 : 0), let tag = header(isSecond ? 16 : 12, 4, in: packet) else {
            return false
        }
        let tci = tag.loadBigEndian16(at: 2)
        switch field {
        case .vlanTPID, .vlan2TPID: tag.storeBigEndian(value)
        // In the key the drop eligible bit says that there is a tag: the frame keeps its own.
        case .vlanTCI, .vlan2TCI: tag.storeBigEndian(value & 0xefff | tci & 0x1000, at: 2)
        case .vlanPCP: tag.storeBigEndian(tci & 0x1fff | value << 13, at: 2)
        default: tag.storeBigEndian(tci & 0xf000 | value & 0x0fff, at: 2)
        }
        return true
    }

    /// Inserts an MPLS label in front of the label stack or the network header, behind the VLAN tags.
    /// - Parameters:
    ///   - etherType: `EtherType.mpls` or `EtherType.mplsMulticast`.
    ///   - entry: the label stack entry, its bottom-of-stack bit included.
    /// - Returns: false, with nothing changed, where there is no room for it or no EtherType that could be changed.
    public static func pushMPLS(
        etherType: UInt16, entry: MPLSLabel, in packet: PacketRef, _ layout: inout PacketLayout
    ) -> Bool {
        let start = Int(layout.etherType) + 2
        guard layout.etherType >= 0, start <= packet.pointee.length, layout.mplsCount < 255,
            insert(MPLSLabel.byteCount, at: start, in: packet, &layout)
        else { return false }
        packet.pointee.data.storeBigEndian(etherType, at: start - 2)
        packet.pointee.data.storeBigEndian(entry.rawValue, at: start)
        layout.etherType = Int16(truncatingIfNeeded: start - 2)
        layout.l25 = Int16(truncatingIfNeeded: start)
        layout.mplsCount += 1
        return true
    }

    /// Takes the outer MPLS label away and names what is behind it; does nothing where there is none. What was hidden
    /// behind the last label, the transport header above all, is in the layout only after the frame is parsed again.
    public static func popMPLS(etherType: UInt16, _ packet: PacketRef, _ layout: inout PacketLayout) {
        guard layout.mplsCount > 0, header(layout.l25, MPLSLabel.byteCount, in: packet) != nil else { return }
        let start = layout.l25
        let type = layout.etherType
        remove(MPLSLabel.byteCount, at: Int(start), in: packet, &layout)
        layout.etherType = type
        layout.mplsCount -= 1
        layout.l25 = layout.mplsCount > 0 ? start : -1
        packet.pointee.data.storeBigEndian(etherType, at: Int(type))
    }

    /// Overwrites a part of one of the first three labels.
    static func setMPLS(_ field: Field, _ value: UInt32, in packet: PacketRef, _ layout: PacketLayout) -> Bool {
        let number: Int
        switch field {
        case .mplsLabel, .mplsTC, .mplsBoS, .mplsTTL: number = 0
        case .mpls1Label, .mpls1TC, .mpls1BoS, .mpls1TTL: number = 1
        default: number = 2
        }
        guard layout.mplsCount > number, let stack = header(layout.l25, 4 * (number + 1), in: packet) else {
            return false
        }
        var entry = MPLSLabel(rawValue: stack.loadBigEndian32(at: 4 * number))
        switch field {
        case .mplsLabel, .mpls1Label, .mpls2Label: entry.label = value
        case .mplsTC, .mpls1TC, .mpls2TC: entry.trafficClass = UInt8(truncatingIfNeeded: value)
        case .mplsBoS, .mpls1BoS, .mpls2BoS: entry.isBottom = value & 1 != 0
        default: entry.timeToLive = UInt8(truncatingIfNeeded: value)
        }
        stack.storeBigEndian(entry.rawValue, at: 4 * number)
        return true
    }

    /// Takes one from the outer label's time to live.
    /// - Returns: true, with nothing changed, when it is 1 or 0: the packet has expired.
    public static func decrementMPLSTTL(_ packet: PacketRef, _ layout: PacketLayout) -> Bool {
        guard let stack = header(layout.l25, MPLSLabel.byteCount, in: packet) else { return false }
        let timeToLive = stack.loadByte(at: 3)
        if timeToLive <= 1 { return true }
        stack.storeByte(timeToLive - 1, at: 3)
        return false
    }

    // MARK: Room

    /// A frame that was as long as Ethernet asks for (IEEE 802.3, 4A.2.3.2.4; 60 bytes without the check sequence) does not
    /// become shorter for what was taken off: zeros fill it up.
    /// - Parameter before: its length before.
    static func pad(_ packet: PacketRef, from before: Int) {
        let shortest = 60
        let length = packet.pointee.length
        guard before >= shortest, length < shortest, packet.tailroom >= shortest - length else { return }
        UnsafeMutableRawBufferPointer(start: packet.pointee.data + length, count: shortest - length)
            .initializeMemory(as: UInt8.self, repeating: 0)
        packet.pointee.length = shortest
    }

    /// Makes room for `count` bytes at `offset`.
    static func insert(
        _ count: Int, at offset: Int, in packet: PacketRef, _ layout: inout PacketLayout
    ) -> Bool {
        let offload = packet.pointee.offload
        guard packet.headroom >= count + reservedHeadroom,
            max(Int(offload.checksumStart), Int(offload.headerLength)) + count <= Int(UInt16.max)
        else { return false }
        let data = packet.pointee.data
        move(offset, from: data, to: data - count)
        packet.pointee.data = data - count
        packet.pointee.length += count
        if offload.flags & VirtioNetHeader.needsChecksum != 0 {
            packet.pointee.offload.checksumStart += UInt16(count)
        }
        if offload.isSuperPacket { packet.pointee.offload.headerLength += UInt16(count) }
        shift(&layout, by: count)
        return true
    }

    /// Takes `count` bytes at `offset` out; both are in the frame.
    static func remove(_ count: Int, at offset: Int, in packet: PacketRef, _ layout: inout PacketLayout) {
        let data = packet.pointee.data
        move(offset, from: data, to: data + count)
        packet.pointee.data = data + count
        packet.pointee.length -= count
        let offload = packet.pointee.offload
        if offload.flags & VirtioNetHeader.needsChecksum != 0 {
            if Int(offload.checksumStart) >= EthernetHeader.byteCount + count {
                packet.pointee.offload.checksumStart -= UInt16(count)
            } else {
                // The sum started inside the tags: the host asked for nonsense, and it has no place any more.
                packet.pointee.offload.flags &= ~VirtioNetHeader.needsChecksum
            }
        }
        if offload.isSuperPacket {
            packet.pointee.offload.headerLength = UInt16(max(0, Int(offload.headerLength) - count))
        }
        shift(&layout, by: -count)
    }

    /// Moves what is in front of a tag; for a VLAN tag, the usual one, these are the two addresses.
    @inline(__always)
    private static func move(_ count: Int, from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer) {
        if count == 12 {
            let first = from.loadUnaligned(as: UInt64.self)
            let rest = from.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
            to.storeBytes(of: first, as: UInt64.self)
            to.storeBytes(of: rest, toByteOffset: 8, as: UInt32.self)
        } else {
            to.copyMemory(from: from, byteCount: count)
        }
    }

    private static func shift(_ layout: inout PacketLayout, by count: Int) {
        func shifted(_ offset: Int16) -> Int16 {
            let moved = Int(offset) &+ count
            return offset < 0 || moved > Int(Int16.max) ? -1 : Int16(truncatingIfNeeded: moved)
        }
        layout.etherType = shifted(layout.etherType)
        layout.l25 = shifted(layout.l25)
        layout.l3 = shifted(layout.l3)
        layout.l4 = shifted(layout.l4)
        layout.payload = shifted(layout.payload)
        layout.end += Int32(count)
    }
}
