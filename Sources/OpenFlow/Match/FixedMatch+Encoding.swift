import Switch

extension FixedMatch {
    /// Writes what OpenFlow 1.0 can say of a match; masks that are no prefixes open the address from their lowest open bit up.
    static func encode10(_ match: Match, into writer: inout WireWriter) {
        let bits = Wildcards.v10
        let network = Network(match)
        var wildcards = network.wildcards(bits)
        if match.mask[.inPort].isZero { wildcards |= bits.inPort }
        if match.mask[.ethSource].isZero { wildcards |= Wildcards.ethSource10 }
        if match.mask[.ethDestination].isZero { wildcards |= Wildcards.ethDestination10 }
        func openBits(_ mask: UInt32) -> UInt32 { UInt32(mask.trailingZeroBitCount) }
        wildcards |= openBits(network.source.mask) << 8 | openBits(network.destination.mask) << 14
        let tag = Tag(match)
        switch tag {
        case .any: wildcards |= bits.vlan | bits.vlanPriority
        case .none: break
        case .present(let vlan, let priority):
            if vlan == nil { wildcards |= bits.vlan }
            if priority == nil { wildcards |= bits.vlanPriority }
        }
        writer.uint32(wildcards)
        writer.uint16(PortNumber.short(UInt32(truncatingIfNeeded: match.key[.inPort].low)))
        writer.uint48(match.key[.ethSource].low)
        writer.uint48(match.key[.ethDestination].low)
        tag.write(unknownVLAN: 0, into: &writer)
        writer.zeros(1)
        writer.uint16(UInt16(truncatingIfNeeded: match.key[.ethType].low))
        writer.uint8(network.toS ?? 0)
        writer.uint8(network.protocolNumber ?? 0)
        writer.zeros(2)
        writer.uint32(network.source.value)
        writer.uint32(network.destination.value)
        writer.uint16(network.transportSource ?? 0)
        writer.uint16(network.transportDestination ?? 0)
    }

    /// Whether OpenFlow 1.1's structure says all of a match: what is read is what was written.
    static func says11(_ match: Match) -> Bool {
        var writer = WireWriter(capacity: byteCount11)
        encode11(match, into: &writer)
        return writer.finish().withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            return (try? MatchCodec.decode(&reader, version: .v11)) == match
        }
    }

    /// Writes what OpenFlow 1.1 can say of a match.
    static func encode11(_ match: Match, into writer: inout WireWriter) {
        let bits = Wildcards.v11
        let network = Network(match)
        var wildcards = network.wildcards(bits)
        if match.mask[.inPort].isZero { wildcards |= bits.inPort }
        if match.mask[.mplsLabel].isZero { wildcards |= Wildcards.mplsLabel11 }
        if match.mask[.mplsTC].isZero { wildcards |= Wildcards.mplsTC11 }
        let tag = Tag(match)
        switch tag {
        case .any: wildcards |= bits.vlan | bits.vlanPriority
        case .none, .present(_, nil): wildcards |= bits.vlanPriority
        case .present: break
        }
        writer.uint16(MatchCodec.standardType)
        writer.uint16(UInt16(byteCount11))
        writer.uint32(UInt32(truncatingIfNeeded: match.key[.inPort].low))
        writer.uint32(wildcards)
        writer.uint48(match.key[.ethSource].low)
        writer.uint48(~match.mask[.ethSource].low)
        writer.uint48(match.key[.ethDestination].low)
        writer.uint48(~match.mask[.ethDestination].low)
        tag.write(unknownVLAN: 0xfffe, into: &writer)
        writer.zeros(1)
        writer.uint16(UInt16(truncatingIfNeeded: match.key[.ethType].low))
        writer.uint8(network.toS ?? 0)
        writer.uint8(network.protocolNumber ?? 0)
        writer.uint32(network.source.value)
        writer.uint32(~network.source.mask)
        writer.uint32(network.destination.value)
        writer.uint32(~network.destination.mask)
        writer.uint16(network.transportSource ?? 0)
        writer.uint16(network.transportDestination ?? 0)
        writer.uint32(UInt32(truncatingIfNeeded: match.key[.mplsLabel].low))
        writer.uint8(UInt8(truncatingIfNeeded: match.key[.mplsTC].low))
        writer.zeros(3)
        writer.uint64(match.key[.metadata].low)
        writer.uint64(~match.mask[.metadata].low)
    }

    /// What a match says of the tag, as both versions see it.
    private enum Tag {
        case any
        case none
        case present(vlan: UInt16?, priority: UInt8?)

        init(_ match: Match) {
            let tci = UInt16(truncatingIfNeeded: match.key[.vlanTCI].low)
            let mask = UInt16(truncatingIfNeeded: match.mask[.vlanTCI].low)
            if mask == 0 {
                self = .any
            } else if mask & FlowKey.vlanPresent != 0, tci & FlowKey.vlanPresent == 0 {
                self = .none
            } else {
                self = .present(
                    vlan: mask & 0xfff == 0 ? nil : tci & 0xfff,
                    priority: mask & 0xe000 == 0 ? nil : UInt8(truncatingIfNeeded: tci >> 13))
            }
        }

        func write(unknownVLAN: UInt16, into writer: inout WireWriter) {
            switch self {
            case .any:
                writer.uint16(0)
                writer.uint8(0)
            case .none:
                writer.uint16(0xffff)
                writer.uint8(0)
            case .present(let vlan, let priority):
                writer.uint16(vlan ?? unknownVLAN)
                writer.uint8(priority ?? 0)
            }
        }
    }

    /// What a match says of the network and transport headers; ARP shares the places of IPv4.
    private struct Network {
        var source: (value: UInt32, mask: UInt32) = (0, 0)
        var destination: (value: UInt32, mask: UInt32) = (0, 0)
        var toS: UInt8?
        var protocolNumber: UInt8?
        var transportSource: UInt16?
        var transportDestination: UInt16?
        private let hasEthType: Bool

        init(_ match: Match) {
            hasEthType = !match.mask[.ethType].isZero
            func number<N: FixedWidthInteger>(_ field: Field, _ type: N.Type = N.self) -> N? {
                match.mask[field].isZero ? nil : N(truncatingIfNeeded: match.key[field].low)
            }
            func address(_ field: Field) -> (UInt32, UInt32) {
                (UInt32(truncatingIfNeeded: match.key[field].low), UInt32(truncatingIfNeeded: match.mask[field].low))
            }
            switch match.key[.ethType].low {
            case 0x0806, 0x8035:
                source = address(.arpSource)
                destination = address(.arpTarget)
                protocolNumber = number(.arpOperation)
            default:
                source = address(.ipv4Source)
                destination = address(.ipv4Destination)
                protocolNumber = number(.ipProtocol)
                toS = number(.ipDSCP, UInt8.self).map { $0 << 2 }
                // The other protocols' fields have the same places.
                transportSource = number(.tcpSource)
                transportDestination = number(.tcpDestination)
            }
        }

        func wildcards(_ bits: Wildcards) -> UInt32 {
            (hasEthType ? 0 : bits.ethType) | (toS == nil ? bits.toS : 0)
                | (protocolNumber == nil ? bits.protocolNumber : 0)
                | (transportSource == nil ? bits.transportSource : 0)
                | (transportDestination == nil ? bits.transportDestination : 0)
        }
    }
}
