import OpenFlow
import Switch
import Testing

@Suite("Every field, matched and set")
struct EveryFieldTests {
    /// Fields that no entry of an extensible match names: parts of others, and what only tunnels and tags inside know.
    private static let unnamed: Set<Field> = [
        .tunnelToS, .tunnelTTL, .vlanID, .vlan2TCI, .vlanTPID, .vlan2TPID, .mpls1Label, .mpls1TC, .mpls1BoS, .mpls1TTL,
        .mpls2Label, .mpls2TC, .mpls2BoS, .mpls2TTL,
    ]
    /// OpenFlow's fields that Open vSwitch leaves out.
    private static let unknownThere: Set<Field> = [.pbbISID, .pbbUCA, .ipv6ExtensionHeaders, .inPhysicalPort]

    /// The fields with a place in the flow key; options of tunnels are matched otherwise (`TunnelOptionTests`).
    private static let fields = Field.allCases.filter { $0.tunnelOption == nil }

    /// What must be matched before a field may be.
    private static func base(_ field: Field) throws -> Match {
        let text =
            switch field.prerequisite {
            case .none: ""
            case .vlan: "vlan_tci=0x1000/0x1000"
            case .mpls: "mpls"
            case .pbb: "dl_type=0x88e7"
            case .arp: "arp"
            case .connection: "ct_state=+trk-inv"
            case .nsh: "dl_type=0x894f,nsh_mdtype=1"
            case .ipv4, .ip: "ip"
            case .ipv6: "ipv6"
            case .tcp: "tcp"
            case .udp: "udp"
            case .sctp: "sctp"
            case .icmp: "icmp"
            case .icmpv6: "icmp6"
            case .neighbourDiscovery, .neighbourSolicitation: "icmp6,icmpv6_type=135,icmpv6_code=0"
            case .neighbourAdvertisement: "icmp6,icmpv6_type=136,icmpv6_code=0"
            }
        switch field {
        case .ctIPv4Source, .ctIPv4Destination: return try Match(parsing: "ip,ct_state=+trk-inv")
        case .ctIPv6Source, .ctIPv6Destination: return try Match(parsing: "ipv6,ct_state=+trk-inv")
        case .ctProtocol, .ctTransportSource, .ctTransportDestination:
            return try Match(parsing: "ip,ct_state=+trk-inv,ct_nw_proto=6")
        // ovs-ofctl prints these of the version that has them.
        case .erspanIndex: return try Match(parsing: "tun_erspan_ver=1")
        case .erspanDirection, .erspanHardware: return try Match(parsing: "tun_erspan_ver=2")
        case .nshMDType: return try Match(parsing: "dl_type=0x894f")
        default: return try Match(parsing: text)
        }
    }

    /// A value and masks of every kind that the field takes.
    private static func questions(_ field: Field) throws -> [Match] {
        let base = try base(field)
        var value = FieldValue(high: 0x0123_4567_89ab_cdef, low: 0x8421_7bde_5a69_96a7) & field.validBits
        switch field {
        case .vlanVID, .vlanTCI: value = value | FieldValue(FlowKey.vlanPresent)
        case .inPort, .inPhysicalPort, .actionSetOutput: value = FieldValue(5)
        case .arpOperation: value = FieldValue(2)
        case .ethType: value = FieldValue(0x88b5)
        case .icmpv6Type: value = FieldValue(128)
        case .packetType: value = FieldValue(0x1_0800)
        case .ipFragment: value = FieldValue(1)
        case .ndOptionsType: value = FieldValue(2)
        case .nshTTL: value = FieldValue(0x3f)
        case .nshMDType: value = FieldValue(1)
        default: break
        }
        var masks = [field.validBits]
        if field == .ipToS { masks = [FieldValue(0xfc)] }
        if field.isMaskable {
            switch field {
            case .ipFragment: masks = [FieldValue(3), FieldValue(1)]
            case .vlanVID, .vlanTCI: masks += [FieldValue(FlowKey.vlanPresent), FieldValue(0x1003)]
            // ovs-ofctl prints no mask of them.
            case .tunnelGBPFlags, .erspanVersion, .erspanIndex, .erspanDirection, .erspanHardware, .gtpuFlags,
                .gtpuMessageType:
                break
            default:
                masks += [
                    FieldValue(1) & field.validBits,
                    .prefix(max(field.width / 2, 1), of: field.width) & field.validBits,
                ]
            }
        }
        return masks.filter { !$0.isZero }.map { mask in
            var match = base
            let before = match.mask[field]
            match.set(field, (value & mask) | (base.key[field] & before), mask: mask | before)
            return match
        }
    }

    private static let formats: [(version: OpenFlowVersion, spelling: Message.Spelling)] = [
        (.v10, .nicira), (.v12, .standard), (.v13, .standard), (.v14, .standard), (.v15, .standard),
    ]

    @Test("Matched in every version, a field comes back as it was")
    func matches() throws {
        for field in Self.fields where !Self.unnamed.contains(field) {
            for match in try Self.questions(field) {
                for (version, spelling) in Self.formats {
                    let sent = Message(.flowMod(FlowModification(.add, match: match)), spelling: spelling)
                    let read = try Message.decode(sent.encode(version: version), version: version)
                    guard case .flowMod(let flow) = read.body else { continue }
                    #expect(flow.match == match, "\(field) in \(version): \(match)")
                }
            }
        }
    }

    @Test("Matched, ovs-ofctl prints it as we do", .enabled(if: ReferenceTool.isThere, ReferenceTool.absence))
    func printing() throws {
        for (version, spelling) in Self.formats {
            var matches: [Match] = []
            for field in Self.fields where !Self.unnamed.union(Self.unknownThere).contains(field) {
                // These two came with OpenFlow 1.3.
                if version == .v10, field == .actionSetOutput { continue }
                matches += try Self.questions(field)
            }
            let messages = matches.map {
                Message(.flowMod(FlowModification(.add, match: $0)), spelling: spelling).encode(version: version)
            }
            for (match, text) in zip(matches, try ReferenceTool.print(messages)) {
                #expect(text.hasSuffix(": ADD \(match) actions=drop"), "in \(version): \(match)\n\(text)")
            }
        }
    }

    @Test("Set in every version, a field comes back as it was, or as loads of its bits")
    func settings() throws {
        for field in Self.fields where field.isWritable && !Self.unnamed.contains(field) {
            for match in try Self.questions(field) {
                let value = match.key[field]
                let isWhole = match.mask[field] == field.validBits || field == .ipToS
                let mask = isWhole ? .ones(field.width) : match.mask[field]
                if field == .vlanVID, !isWhole { continue }
                var action = Action.setField(field, value: value, mask: mask)
                if field == .ctMark || field == .ctLabel {
                    action = .connectionTrack(ConnectionTracking(commit: true, actions: [action]))
                }
                for (version, spelling) in Self.formats {
                    let change = FlowModification(.add, match: match, instructions: Instructions(apply: [action]))
                    let bytes = Message(.flowMod(change), spelling: spelling).encode(version: version)
                    guard let read = try? Message.decode(bytes, version: version), case .flowMod(let flow) = read.body
                    else {
                        Issue.record("\(action) in \(version) is not read")
                        continue
                    }
                    let actions = flow.instructions.apply
                    #expect(!actions.isEmpty, "\(field) in \(version)")
                    if version >= .v12, isWhole || version == .v15 {
                        #expect(actions == [action], "\(field) in \(version)")
                    }
                    #expect(read.encode(version: version) == bytes, "\(field) in \(version)")
                }
            }
        }
    }

    @Test("What extensible matches name is known by that name, and by the number in table features")
    func names() {
        for field in Self.fields where !Self.unnamed.contains(field) {
            #expect(Field(named: field.setName) == field || field == .ctState, "\(field)")
        }
        #expect(Set(Field.allCases.map(\.subfieldName)).count == Field.allCases.count)
    }
}
