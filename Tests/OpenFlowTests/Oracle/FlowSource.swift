import Switch
import Testbed

/// Arbitrary flows from a seed, of all that Open vSwitch knows: every field with every kind of mask, every
/// action. A run that fails can be repeated.
struct FlowSource: RandomNumberGenerator {
    private var generator: SeededGenerator
    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func next() -> UInt64 { generator.next() }
    mutating func number<N: FixedWidthInteger>(_ type: N.Type = N.self) -> N { N(truncatingIfNeeded: next()) }

    /// Small numbers, large ones, and all ones.
    mutating func value(_ width: Int) -> FieldValue {
        switch below(6) {
        case 0: FieldValue(below(10)) & .ones(width)
        case 1: .ones(width)
        case 2: FieldValue(1) << below(width)
        default: FieldValue(high: next(), low: next()) & .ones(width)
        }
    }

    // MARK: Matches

    /// What may stand in the beginning, so that other fields may follow.
    private static let beginnings = [
        "", "", "ip", "ipv6", "arp", "rarp", "tcp", "tcp6", "udp", "udp6", "sctp", "sctp6", "icmp", "icmp6",
        "icmp6,icmpv6_type=135", "icmp6,icmpv6_type=136", "mpls", "mplsm", "dl_type=0x88cc",
        "ip,ct_state=+trk-inv", "ipv6,ct_state=+trk-inv", "dl_type=0x894f,nsh_mdtype=1", "ip,nw_proto=50",
        "ipv6,nw_proto=0",
    ]

    /// Fields that stand on their own, and fields that Open vSwitch has none of or reads otherwise than as a number.
    private static let fields = Field.allCases.filter {
        if $0.tunnelOption != nil { return false }
        switch $0 {
        case .packetType, .inPhysicalPort, .actionSetOutput, .pbbISID, .pbbUCA, .ipv6ExtensionHeaders, .vlan2TCI,
            .vlanTPID, .vlan2TPID,
            .mpls1Label, .mpls1TC, .mpls1BoS, .mpls1TTL, .mpls2Label, .mpls2TC, .mpls2BoS, .mpls2TTL, .tunnelToS,
            .tunnelTTL, .recirculationID, .ethType, .ipProtocol, .vlanID, .vlanVID, .vlanPCP, .ctProtocol,
            .ctIPv4Source, .ctIPv4Destination, .ctIPv6Source, .ctIPv6Destination, .ctTransportSource,
            .ctTransportDestination, .ndReserved, .ndOptionsType, .nshMDType, .nshTTL, .erspanVersion, .erspanIndex,
            .erspanDirection,
            .erspanHardware, .gtpuFlags, .gtpuMessageType:
            return false
        default: return true
        }
    }

    mutating func match() -> Match {
        var match = (try? Match(parsing: Self.beginnings[below(Self.beginnings.count)])) ?? Match()
        if match.key[.ctState].low != 0, chance(70) {
            let is6 = match.key[.ethType].low == 0x86dd
            add(is6 ? .ctIPv6Source : .ctIPv4Source, to: &match)
            add(is6 ? .ctIPv6Destination : .ctIPv4Destination, to: &match)
            match.set(.ctProtocol, 17)
            add(.ctTransportSource, to: &match)
        }
        switch below(8) {
        case 0: match.set(.vlanTCI, FieldValue(0x1000 | below(4096)), mask: FieldValue(0x1fff))
        case 1: match.set(.vlanTCI, FieldValue(0x1000 | below(8) << 13), mask: FieldValue(0xf000))
        case 2: match.set(.vlanTCI, FieldValue(0), mask: FieldValue(0x1000))
        default: break
        }
        for _ in 0..<below(5) { add(Self.fields[below(Self.fields.count)], to: &match) }
        if chance(20) { match.set(option()) }
        if chance(10) { match.set(option()) }
        return match
    }

    /// An option of a tunnel, as ovs-ofctl sends it: in as few bytes as it takes.
    private mutating func option() -> TunnelOption {
        let index = below(64)
        var value = (0..<below(chance(20) ? 125 : 9)).map { _ in number(UInt8.self) }
        if !value.isEmpty { value[0] |= 1 }
        if chance(50) { return TunnelOption(index: index, value: value) }
        var mask = value.map { $0 | number(UInt8.self) }
        if !mask.isEmpty { mask[mask.count - 1] &= 0xfe }
        return TunnelOption(index: index, value: value, mask: mask)
    }

    private mutating func add(_ field: Field, to match: inout Match) {
        guard field.prerequisite.isMet(by: match), match.mask[field].isZero else { return }
        switch field {
        case .ipFragment:
            let (value, mask) = [(0, 3), (1, 1), (1, 3), (3, 3), (0, 2)][below(5)]
            // Later fragments have no ports to match.
            guard match.key[.ipProtocol].isZero else { return }
            match.set(field, FieldValue(value), mask: FieldValue(mask))
        case .inPort: match.set(field, port())
        case .ctState: match.set(field, FieldValue(0x20 | number(UInt8.self) & 0xf), mask: FieldValue(0x3f))
        case .tunnelFlags: match.set(field, FieldValue(below(2)), mask: FieldValue(1))
        case .vlanTCI: match.set(field, FieldValue(0x1000 | below(0x10000)), mask: FieldValue(0xffff))
        // ovs-ofctl wants code 0 beside the fields of neighbour discovery.
        case .icmpv6Type, .icmpv6Code, .ipToS: break
        // ovs-ofctl reads no operation above 255, and prints no mask of these flags.
        case .arpOperation, .tunnelGBPFlags: match.set(field, below(256))
        default:
            let ones = field.validBits
            let value = value(field.width) & ones
            let mask = field.isMaskable && chance(50) ? self.mask(field) : ones
            match.set(field, value & mask, mask: mask)
        }
    }

    private mutating func mask(_ field: Field) -> FieldValue {
        let width = field.width
        // ovs-ofctl takes an address's mask that begins with a decimal digit for the length of a prefix.
        let arbitrary = width == 128 ? value(128) | FieldValue(high: 0xf << 60, low: 0) : value(width)
        let mask = (chance(50) ? .prefix(below(width) + 1, of: width) : arbitrary) & field.validBits
        return mask.isZero ? field.validBits : mask
    }

    /// An ordinary port, or one of those that may stand anywhere.
    mutating func port() -> UInt32 { chance(10) ? PortNumber.local : UInt32(below(chance(20) ? 65279 : 100) + 1) }

    // MARK: Flows

    /// - Parameter isPlain: for OpenFlow 1.0, which has one list of actions.
    mutating func flow(isPlain: Bool) -> FlowModification {
        var flow = FlowModification(.add)
        flow.match = match()
        if chance(50) { flow.priority = number() }
        if chance(30) { flow.cookie = number() >> 1 }
        if chance(20) { flow.idleTimeout = number() }
        if chance(20) { flow.hardTimeout = number() }
        if chance(20) { flow.flags.insert(.sendFlowRemoved) }
        if chance(10) { flow.flags.insert(.checkOverlap) }
        if chance(30) { flow.table = UInt8(below(100)) }
        for _ in 0..<below(5) { flow.instructions.apply.append(action(flow.match, depth: 0)) }
        // There must be a tag to take off, and Open vSwitch has room for two.
        var isPushed = false
        flow.instructions.apply.removeAll { action in
            guard case .pushVLAN = action else { return false }
            defer { isPushed = true }
            return isPushed
        }
        var hasTag = flow.match.key[.vlanTCI].low & UInt64(FlowKey.vlanPresent) != 0
        flow.instructions.apply.removeAll { action in
            guard action == .popVLAN else { return false }
            defer { hasTag = false }
            return !hasTag
        }
        guard !isPlain else {
            // Which table, is up to the switch.
            if flow.table == 0 { flow.table = nil }
            flow.instructions.apply.removeAll {
                if case .pushVLAN = $0 { true } else { false }
            }
            return flow
        }
        if chance(20) { flow.instructions.clear = true }
        if chance(20) {
            flow.instructions.write = [.setField(.reg1, value: FieldValue(5), mask: .ones(32)), .output(port())]
        }
        if chance(20) {
            let mask: UInt64 = chance(50) ? .max : number()
            flow.instructions.metadata = (number() & mask, mask)
        }
        if chance(30) { flow.instructions.goTo = (flow.table ?? 0) + 1 + UInt8(below(100)) }
        return flow
    }

    /// The bits of a field that may be read; all have at most 64 bits.
    mutating func bits(width: Int? = nil, writable: Bool = true) -> Subfield {
        let fields: [Field] =
            writable
            ? [.reg0, .reg7, .reg15, .metadata, .xreg2, .tunnelID, .xxreg1, .ethSource, .ethDestination]
            : [.reg0, .metadata, .xreg2, .ethSource, .ethType, .inPort, .vlanTCI, .xxreg3, .packetMark, .tunnelSource]
        while true {
            let field = fields[below(fields.count)]
            let whole = field == .inPort ? 16 : min(field.width, 64)
            let count = width ?? (chance(30) ? whole : below(whole) + 1)
            guard count <= whole else { continue }
            return Subfield(field, start: below(whole - count + 1), count: count)
        }
    }

    mutating func action(_ match: Match, depth: Int) -> Action {
        let isIP = Field.Prerequisite.ip.isMet(by: match)
        switch below(44) {
        case 0...3:
            return .output(
                chance(20)
                    ? [PortNumber.inPort, PortNumber.normal, PortNumber.flood, PortNumber.all][below(4)] : port())
        case 4: return .controller(ControllerOutput(maxLength: number()))
        case 5:
            return .controller(
                ControllerOutput(
                    maxLength: chance(50) ? 0xffff : number(), reason: PacketInReason.allCases[below(4)], id: number(),
                    userData: (0..<below(12)).map { _ in number() }, pause: chance(30), meter: chance(30) ? 7 : nil))
        case 6: return .enqueue(port: port(), queue: number())
        case 7: return .setQueue(number())
        case 8: return .popQueue
        case 9: return .group(UInt32(below(1000)))
        case 10: return .outputTruncated(port: port(), maxLength: UInt32(14 + below(2000)))
        case 11: return .outputField(bits(writable: false), maxLength: 0xffff)
        case 12...16: return setField(match)
        case 17:
            let target = bits()
            return .load((number() as UInt64) & FieldValue.ones(target.count).low, target)
        case 18:
            let target = bits()
            return .move(from: bits(width: target.count, writable: false), to: target)
        case 19: return .push(bits(writable: false))
        case 20: return .pop(bits())
        case 21: return .setTunnel(UInt64(number(UInt32.self)), wide: chance(50))
        case 22 where depth == 0: return .popVLAN
        case 23: return isIP ? .decrementTTL(controllers: (0..<below(4)).map { _ in number() }) : .exit
        case 24: return .resubmit(port: chance(40) ? port() : nil, table: UInt8(below(255)))
        case 25: return .resubmit(port: port(), table: nil)
        case 26 where depth < 2: return .clone((0..<below(3) + 1).map { _ in action(match, depth: depth + 1) })
        case 27: return .exit
        case 28: return isIP ? .connectionClear : .note([UInt8(below(256))])
        case 29: return .note((0..<below(12)).map { _ in number() })
        case 30:
            return .sample(
                PacketSample(
                    probability: UInt16(below(65535) + 1), collectorSet: number(), observationDomain: number(),
                    observationPoint: number(), samplingPort: chance(50) ? port() : PortNumber.any,
                    direction: [.both, .ingress, .egress][below(3)]))
        case 31:
            let target = bits()
            let links = 1 + below(min(target.count >= 16 ? 65536 : 1 << target.count, 65536))
            return .multipath(
                Multipath(
                    fields: HashFields.allCases[below(HashFields.allCases.count)], basis: number(),
                    algorithm: Multipath.Algorithm.allCases[below(4)], maxLink: UInt16(links - 1), argument: number(),
                    destination: target))
        case 32:
            return .bundle(
                BundleChoice(
                    algorithm: BundleChoice.Algorithm.allCases[below(2)],
                    fields: HashFields.allCases[below(HashFields.allCases.count)], basis: number(),
                    members: (0..<below(5)).map { _ in port() }, destination: chance(50) ? bits(width: 16) : nil))
        case 33: return .checkPacketLarger(length: number(), to: bits(width: 1))
        case 34 where depth == 0: return .pushVLAN(tpid: chance(50) ? 0x8100 : 0x88a8)
        case 35: return isIP ? tracking(match) : .resubmit(port: nil, table: 3)
        case 36: return isIP ? tracking(match) : .controller(ControllerOutput())
        case 37 where depth == 0: return .learn(learned())
        case 38 where match.key[.ipProtocol].low == 6:
            return .finTimeout(idle: number(), hard: number())
        case 39: return .setEthernetSource(number() & 0xffff_ffff_ffff)
        case 42:
            let option = option()
            return .setTunnelOption(option.isOpen ? TunnelOption(index: option.index, value: [1]) : option)
        case 43: return .deleteField(Field(tunnelOption: below(64)))
        case 40: return .setEthernetDestination(number() & 0xffff_ffff_ffff)
        default: return .output(port())
        }
    }

    private mutating func setField(_ match: Match) -> Action {
        while true {
            let field = Self.fields[below(Self.fields.count)]
            guard field.isWritable, field.prerequisite.isMet(by: match) else { continue }
            switch field {
            case .ctMark, .ctLabel, .mplsBoS, .vlanTCI, .ipDSCP, .ethType: continue
            // An IPv6 packet's ToS, ECN and TTL are set in no version before 1.2.
            default: break
            }
            let mask = field.isMaskable && chance(40) ? self.mask(field) : field.validBits
            switch field {
            case .inPort: return .setField(field, value: FieldValue(port()), mask: mask)
            case .arpOperation: return .setField(field, value: FieldValue(below(256)), mask: mask)
            case .tunnelFlags: return .setField(field, value: FieldValue(below(2)), mask: .ones(16))
            case .ipToS: return .setField(field, value: FieldValue(below(64) << 2), mask: .ones(8))
            default: break
            }
            return .setField(field, value: value(field.width) & mask, mask: mask)
        }
    }

    private mutating func tracking(_ match: Match) -> Action {
        var tracking = ConnectionTracking(commit: chance(60))
        tracking.force = tracking.commit && chance(20)
        switch below(3) {
        case 0: tracking.zone = .number(number())
        case 1: tracking.zone = .field(Subfield(.reg0, start: below(17), count: 16))
        default: break
        }
        if chance(50) { tracking.table = UInt8(below(255)) }
        if tracking.commit {
            if match.key[.ipProtocol].low == 6, chance(30) { tracking.helper = 21 }
            if match.key[.ipProtocol].low == 17, chance(30) { tracking.helper = 69 }
        }
        if chance(60) { tracking.actions.append(.nat(translation(match, commits: tracking.commit))) }
        if tracking.commit, chance(40) {
            tracking.actions.append(.setField(.ctMark, value: FieldValue(5), mask: .ones(32)))
        }
        if tracking.commit, chance(40) {
            let mask = value(128) | FieldValue(1)
            tracking.actions.append(.setField(.ctLabel, value: value(128) & mask, mask: mask))
        }
        return .connectionTrack(tracking)
    }

    private mutating func translation(_ match: Match, commits: Bool) -> AddressTranslation {
        guard commits else { return AddressTranslation() }
        var result = AddressTranslation(direction: chance(50) ? .source : .destination)
        guard chance(80) else { return result }
        if match.key[.ethType].low == 0x86dd {
            let first = FieldValue(high: 0xfe80 << 48, low: number() >> 1)
            let last = FieldValue(high: first.high, low: first.low + UInt64(below(2)))
            result.addresses = .ipv6(first: first, last: last)
        } else {
            let first = number(UInt32.self) >> 1
            result.addresses = .ipv4(first: first, last: first + UInt32(below(2)))
        }
        if chance(50) {
            let first = number(UInt16.self) >> 1 | 1
            result.ports = first...(first + UInt16(below(2)))
        }
        result.persistent = chance(30)
        switch below(3) {
        case 0: result.hash = true
        case 1: result.random = true
        default: break
        }
        return result
    }

    private mutating func learned() -> LearnedFlow {
        var flow = LearnedFlow(table: UInt8(below(255)))
        if chance(30) { flow.priority = number() }
        if chance(30) { flow.idleTimeout = number() }
        if chance(30) { flow.hardTimeout = number() }
        if chance(30) { flow.finIdleTimeout = number() }
        if chance(30) { flow.finHardTimeout = number() }
        if chance(30) { flow.cookie = number() }
        flow.sendFlowRemoved = chance(20)
        flow.deleteLearned = chance(20)
        if chance(20) { flow.limit = UInt32(1 + below(1000)) }
        if flow.limit != 0, chance(50) { flow.resultBit = bits(width: 1) }
        for _ in 0..<below(5) {
            let target = bits()
            switch below(5) {
            case 0:
                flow.specifications.append(.match(.field(bits(width: target.count, writable: false)), to: target))
            case 1:
                flow.specifications.append(.match(.immediate(value(target.count), count: target.count), to: target))
            case 2: flow.specifications.append(.load(.immediate(value(target.count), count: target.count), to: target))
            case 3: flow.specifications.append(.load(.field(bits(width: target.count, writable: false)), to: target))
            default: flow.specifications.append(.output(bits(writable: false)))
            }
        }
        return flow
    }
}
