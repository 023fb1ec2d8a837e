/// The action set of a packet (OpenFlow 1.5, 5.6): at most one action of each kind, done in the order that the
/// specification gives, whatever order they were written in.
struct ActionSet: Equatable {
    /// The kinds whose order the specification gives; each holds the last action written.
    private enum Slot: Int, CaseIterable {
        case copyTTLIn, popVLAN, popMPLS, popPBB, decapsulate, pushMPLS, pushPBB, encapsulate, pushVLAN, copyTTLOut,
            decrementTTL, decrementMPLSTTL
    }

    private var slots: [Action?] = []
    private var sets: [Action] = []
    private var meter: Action?
    private var queue: Action?
    // Where a packet goes, by falling rank: just one of them is done.
    private var group: Action?
    private var output: Action?
    private var resubmit: Action?
    private var track: Action?

    var isEmpty: Bool { self == ActionSet() }

    mutating func add(_ action: Action) {
        if let slot = Self.slot(action) {
            if slots.isEmpty { slots = Array(repeating: nil, count: Slot.allCases.count) }
            slots[slot.rawValue] = action
            return
        }
        switch action {
        case .meter: meter = action
        case .setQueue: queue = action
        case .group: group = action
        case .output, .outputTruncated, .outputField, .controller, .enqueue, .bundle: output = action
        case .resubmit: resubmit = action
        case .connectionTrack: track = action
        case .setField, .setTunnelOption, .load, .move, .setVLANID, .setVLANPriority, .setEthernetSource,
            .setEthernetDestination,
            .setIPv4Source, .setIPv4Destination, .setToS, .setECN, .setTTL, .setTransportSource,
            .setTransportDestination, .setTunnel, .setMPLSLabel, .setMPLSTC, .setMPLSTTL:
            // Sets under masks with gaps are kept apart.
            let target = Self.target(action)
            let place = target == nil ? nil : sets.firstIndex { Self.target($0) == target }
            if let place { sets[place] = action } else { sets.append(action) }
        default: break
        }
    }

    /// The actions in the order in which they are done; without an output there is nothing to do. A group goes before
    /// an output (OpenFlow 1.5, 5.6), and, as in Open vSwitch, an output before `resubmit` and that before `ct`.
    var ordered: [Action] {
        guard let last = group ?? output ?? resubmit ?? track else { return [] }
        var list = slots.compactMap { $0 }
        list += sets
        if let meter { list.append(meter) }
        if let queue { list.append(queue) }
        return list + [last]
    }

    /// What `actset_output` says: the port, or that there is none (`OFPP_UNSET`; OpenFlow 1.5, 7.2.3.7).
    var outputPort: UInt32 {
        guard group == nil, case .output(let port, _)? = output else { return PortNumber.unset }
        return port
    }

    private static func slot(_ action: Action) -> Slot? {
        switch action {
        case .copyTTLIn: .copyTTLIn
        case .popVLAN: .popVLAN
        case .popMPLS: .popMPLS
        case .popPBB: .popPBB
        case .decapsulate: .decapsulate
        case .pushMPLS: .pushMPLS
        case .pushPBB: .pushPBB
        case .encapsulate: .encapsulate
        case .pushVLAN: .pushVLAN
        case .copyTTLOut: .copyTTLOut
        case .decrementTTL: .decrementTTL
        case .decrementMPLSTTL: .decrementMPLSTTL
        default: nil
        }
    }

    /// What a setting action writes to: two that write to the same are one.
    private static func target(_ action: Action) -> Subfield? {
        switch action {
        case .setField(let field, _, let mask): exactBits(field, mask)
        case .setTunnelOption(let option): option.mask == nil ? Subfield(option.field) : nil
        case .load(_, let target), .move(_, let target): target
        case .setVLANID: Subfield(.vlanVID)
        case .setVLANPriority: Subfield(.vlanPCP)
        case .setEthernetSource: Subfield(.ethSource)
        case .setEthernetDestination: Subfield(.ethDestination)
        case .setIPv4Source: Subfield(.ipv4Source)
        case .setIPv4Destination: Subfield(.ipv4Destination)
        case .setToS: Subfield(.ipDSCP)
        case .setECN: Subfield(.ipECN)
        case .setTTL: Subfield(.ipTTL)
        case .setTransportSource: Subfield(.tcpSource)
        case .setTransportDestination: Subfield(.tcpDestination)
        case .setTunnel: Subfield(.tunnelID)
        case .setMPLSLabel: Subfield(.mplsLabel)
        case .setMPLSTC: Subfield(.mplsTC)
        case .setMPLSTTL: Subfield(.mplsTTL)
        default: nil
        }
    }

    /// The bits under a mask, where they are next to each other.
    private static func exactBits(_ field: Field, _ mask: FieldValue) -> Subfield? {
        let start = mask.low != 0 ? mask.low.trailingZeroBitCount : 64 + mask.high.trailingZeroBitCount
        let count = mask.low.nonzeroBitCount + mask.high.nonzeroBitCount
        guard count > 0, FieldValue.ones(count) << start == mask else { return nil }
        return Subfield(field, start: start, count: count)
    }
}

extension PortNumber {
    /// No output in the action set (`OFPP_UNSET`).
    static let unset: UInt32 = 0xffff_fff7
}
