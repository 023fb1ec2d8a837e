// The flow key as the pipeline changes it: the header stack grows and shrinks, and parts belong to one bridge only.

/// One VLAN tag of a key.
struct KeyTag: Equatable {
    var tpid: UInt16
    /// With `FlowKey.vlanPresent` set.
    var tci: UInt16
}

extension FlowKey {
    /// A field of at most 64 bits.
    func value(_ field: Field) -> UInt64 { self[field].low }

    mutating func set(_ field: Field, _ value: UInt64) { self[field] = FieldValue(value) }

    /// Forgets what belongs to one bridge: metadata, registers, tunnel and connection state, all but the input port.
    mutating func clearPipelineFields() {
        for word in 1..<32 where self[word: word] != 0 { self[word: word] = 0 }
    }

    /// Whether the headers of the packet are the same.
    func packetEquals(_ other: FlowKey) -> Bool {
        for word in 32..<Self.wordCount where self[word: word] != other[word: word] { return false }
        return true
    }

    var isIP: Bool {
        let type = value(.ethType)
        return type == 0x0800 || type == 0x86dd
    }

    /// The tags, outermost first.
    var vlanTags: [KeyTag] {
        var tags: [KeyTag] = []
        for (tci, tpid) in [(Field.vlanTCI, Field.vlanTPID), (.vlan2TCI, .vlan2TPID)] {
            let word = UInt16(truncatingIfNeeded: value(tci))
            guard word & Self.vlanPresent != 0 else { break }
            let type = UInt16(truncatingIfNeeded: value(tpid))
            tags.append(KeyTag(tpid: type == 0 ? 0x8100 : type, tci: word))
        }
        return tags
    }

    private mutating func setTags(_ tags: [KeyTag]) {
        for (place, (tci, tpid)) in [(Field.vlanTCI, Field.vlanTPID), (.vlan2TCI, .vlan2TPID)].enumerated() {
            set(tci, place < tags.count ? UInt64(tags[place].tci) : 0)
            set(tpid, place < tags.count ? UInt64(tags[place].tpid) : 0)
        }
    }

    /// A new outer tag: the present outer tag's VLAN and priority, or 0 (OpenFlow 1.5, table 7).
    mutating func pushVLAN(tpid: UInt16) {
        let tags = vlanTags
        let tci = tags.first?.tci ?? Self.vlanPresent
        setTags([KeyTag(tpid: tpid, tci: tci)] + tags)
    }

    mutating func popVLAN() { setTags(Array(vlanTags.dropFirst())) }

    /// The transport fields that the packet has, by protocol.
    var transportFields: [Field] {
        guard isIP, value(.ipFragment) & UInt64(Self.fragmentLater) == 0 else { return [] }
        switch value(.ipProtocol) {
        case 6: return [.tcpSource, .tcpDestination]
        case 17: return [.udpSource, .udpDestination]
        case 132: return [.sctpSource, .sctpDestination]
        case 1: return [.icmpType, .icmpCode]
        case 58: return [.icmpv6Type, .icmpv6Code]
        default: return []
        }
    }

    /// Network and link fields that actions may have changed, tags apart.
    var rewritableFields: [Field] {
        var fields: [Field] = [.ethDestination, .ethSource]
        switch value(.ethType) {
        case 0x0800: fields += [.ipv4Source, .ipv4Destination, .ipToS, .ipTTL]
        case 0x86dd:
            fields += [.ipv6Source, .ipv6Destination, .ipv6FlowLabel, .ipToS, .ipTTL]
            if value(.ipProtocol) == 58 {
                fields += [.ndReserved, .ndTarget, .ndSourceEth, .ndTargetEth, .ndOptionsType]
            }
        case 0x0806, 0x8035: fields += [.arpOperation, .arpSource, .arpTarget, .arpSourceEth, .arpTargetEth]
        case 0x8847, 0x8848: fields += [.mplsLabel, .mplsTC, .mplsBoS, .mplsTTL]
        case 0x88e7: fields += [.pbbISID, .pbbUCA]
        default: break
        }
        let transport = transportFields
        if transport.first == .tcpSource { fields.append(.tcpFlags) }
        return fields + transport
    }
}

extension Field.Prerequisite {
    /// The fields that decide whether it is met.
    var fields: [Field] {
        switch self {
        case .none: []
        case .vlan: [.vlanTCI]
        case .connection: [.ctState]
        case .mpls, .pbb, .arp, .nsh, .ipv4, .ipv6, .ip: [.ethType]
        case .tcp, .udp, .sctp, .icmp, .icmpv6: [.ethType, .ipProtocol, .ipFragment]
        case .neighbourDiscovery, .neighbourSolicitation, .neighbourAdvertisement:
            [.ethType, .ipProtocol, .ipFragment, .icmpv6Type]
        }
    }
}

extension FlowKey {
    /// Whether the packet has the fields that the prerequisite stands before.
    func meets(_ prerequisite: Field.Prerequisite) -> Bool {
        var mask = FlowMask()
        for field in prerequisite.fields { mask.setExact(field) }
        return prerequisite.isMet(by: Match(key: self, mask: mask))
    }
}

extension FlowMask {
    /// The answer depends on what kind of destination it is: a group's, and whether bridges keep it to themselves. All
    /// groups of IPv6, or of IPv4, are alike in that, so that one megaflow serves them.
    mutating func setKindOfDestination(_ destination: UInt64) {
        let bits: UInt64
        if !ReservedAddress.isMulticast(destination) {
            bits = 0x01 << 40
        } else if destination >> 40 != ReservedAddress.bridgeGroup >> 40 {
            bits = 0xff << 40
        } else if destination >> 24 != ReservedAddress.bridgeGroup >> 24 {
            bits = 0xff_ffff << 24
        } else {
            bits = 0xffff_ffff_ffff
        }
        let place = Field.ethDestination.place
        unite(word: place.word, with: bits << UInt64(place.shift))
    }

    /// The answer depends on the tags.
    mutating func setExactVLANs() {
        setExact(.vlanTCI)
        setExact(.vlanTPID)
    }

    /// The answer depends on both tags, as it does once one is pushed or popped.
    mutating func setExactTagStack() {
        setExactVLANs()
        setExact(.vlan2TCI)
        setExact(.vlan2TPID)
    }
}
