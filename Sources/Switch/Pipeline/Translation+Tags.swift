// VLAN tags, MPLS labels, backbone headers, packet types.

extension Translation {
    // MARK: VLAN

    func pushVLAN(_ tpid: UInt16) {
        wildcards.setExactTagStack()
        let tags = key.vlanTags
        guard tags.count == 2 else { return key.pushVLAN(tpid: tpid) }
        // A third tag: the key has no place for the innermost, which from now on is the packet's EtherType.
        commit()
        actions.append(.pushVLAN(tpid: tpid, tci: tags[0].tci))
        key.pushVLAN(tpid: tpid)
        key.set(.ethType, UInt64(tags[1].tpid))
        key.clearNetwork()
        base = key
        isIrreversible = true
    }

    func popVLAN() {
        wildcards.setExactTagStack()
        guard !key.vlanTags.isEmpty else { return }
        wildcards.setExact(.ethType)
        guard key.value(.ethType) == 0x8100 || key.value(.ethType) == 0x88a8 else { return key.popVLAN() }
        // A third tag becomes the second: it has to be read first.
        commit()
        actions.append(.popVLAN)
        key.popVLAN()
        base = key
        isIrreversible = true
        freeze([])
    }

    // MARK: MPLS

    /// A new label in front of the others, with the outer label's values, or with the IP packet's TTL (OpenFlow 1.5, 5.8).
    func pushMPLS(_ type: UInt16) {
        wildcards.setExact(.ethType)
        var entry: UInt64
        if key.isMPLS {
            wildcards.unite(word: 35, with: ~0)
            wildcards.unite(word: 36, with: 0xffff_ffff)
            entry = key[word: 35] >> 32 & ~0x100
        } else {
            entry = 0x100
            if key.isIP {
                wildcards.setExact(.ipTTL)
                entry |= key.value(.ipTTL)
            }
        }
        commit()
        actions.append(.pushMPLS(etherType: type, entry: UInt32(truncatingIfNeeded: entry)))
        let labels = key.isMPLS ? (key[word: 35] >> 32, key[word: 35] & 0xffff_ffff) : (0, 0)
        key.clearNetwork()
        key.set(.ethType, UInt64(type))
        key[word: 35] = entry << 32 | labels.0
        key[word: 36] = labels.1
        base = key
        isIrreversible = true
    }

    func popMPLS(_ type: UInt16) {
        wildcards.setExact(.ethType)
        guard key.isMPLS else { return }
        if type == 0x8847 || type == 0x8848 {
            // What is known of the labels behind moves to the front.
            wildcards.unite(word: 35, with: ~0)
            wildcards.unite(word: 36, with: 0xffff_ffff)
        }
        commit()
        actions.append(.popMPLS(etherType: type))
        let (outer, second, third) = (key[word: 35] >> 32, key[word: 35] & 0xffff_ffff, key[word: 36] & 0xffff_ffff)
        key.clearNetwork()
        key.set(.ethType, UInt64(type))
        if type == 0x8847 || type == 0x8848, outer & 0x100 == 0 {
            // A fourth label is read when it is needed.
            hidden = second & 0x100 == 0 && third & 0x100 == 0
            key[word: 35] = second << 32 | third
        } else {
            hidden = true
        }
        base = key
        isIrreversible = true
    }

    // MARK: PBB

    /// A backbone header with the frame's own addresses; the service instance of a frame that has one, and the priority of
    /// one with a VLAN tag (OpenFlow 1.5, 5.8).
    func pushPBB(_ type: UInt16) {
        wildcards.setExact(.ethType)
        wildcards.setExactTagStack()
        var tag: UInt64 = 0
        if key.value(.ethType) == 0x88e7 {
            wildcards.setExact(.pbbISID)
            tag = key.value(.pbbISID)
        }
        if let outer = key.vlanTags.first { tag |= UInt64(outer.tci >> 13) << 29 }
        commit()
        actions.append(.pushPBB(etherType: type, tag: UInt32(truncatingIfNeeded: tag)))
        key.clearTags()
        key.clearNetwork()
        key.set(.ethType, UInt64(type))
        key.set(.pbbISID, tag & 0xff_ffff)
        base = key
        isIrreversible = true
        hidden = false
    }

    /// The customer's frame is the packet from here on, and has to be read first.
    func popPBB() {
        wildcards.setExact(.ethType)
        guard key.value(.ethType) == 0x88e7 else { return }
        commit()
        actions.append(.popPBB)
        isIrreversible = true
        freeze([])
    }

    // MARK: Packet types

    /// An IP packet without Ethernet header gets one. Frames keep the place of the header while they have none: what tells
    /// them apart is `packet_type` in the key.
    func encapsulate(_ type: UInt32) -> Bool {
        guard type == 0 else {
            recorder?.warning("packet type 0x\(String(type, radix: 16)) is not supported")
            drop(.flow)
            return false
        }
        wildcards.setExact(.packetType)
        guard key.value(.packetType) != 0 else { return true }
        key.set(.packetType, 0)
        return true
    }

    func decapsulate(_ type: UInt32?) -> Bool {
        wildcards.setExact(.packetType)
        wildcards.setExactVLANs()
        wildcards.setExact(.ethType)
        // A frame with a VLAN tag is nothing that could lose its Ethernet header.
        guard key.value(.packetType) == 0, key.vlanTags.isEmpty else {
            recorder?.warning("the packet has no Ethernet header that could be taken off")
            drop(.flow)
            return false
        }
        let result = 0x1_0000 | UInt32(truncatingIfNeeded: key.value(.ethType))
        if let type, type != result, type != 0xffff_fffe {
            recorder?.warning("the packet inside is of another type")
            drop(.flow)
            return false
        }
        wildcards.setExact(.ethSource)
        wildcards.setExact(.ethDestination)
        key.set(.ethSource, 0)
        key.set(.ethDestination, 0)
        key.set(.packetType, UInt64(result))
        return true
    }
}

extension FlowKey {
    /// Forgets the VLAN tags.
    mutating func clearTags() {
        set(.vlanTCI, 0)
        if self[word: 34] != 0 { self[word: 34] = 0 }
    }
}
