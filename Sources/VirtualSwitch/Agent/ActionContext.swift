import OpenFlow
import Switch

/// What is known of the packets that reach an action: the flow's match, and what the actions before have made of it.
///
/// An action on a header that the packets need not have is refused (`OFPBAC_MATCH_INCONSISTENT`; OpenFlow 1.3, 6.4 and
/// 7.4.4.3). OpenFlow 1.0 has no such error: there only Nicira's actions on fields are held to it, as Open vSwitch does.
struct ActionContext {
    private var match: Match
    private let version: OpenFlowVersion
    /// Whether the packets' headers are not known any more.
    private var isUnknown = false

    init(_ match: Match, version: OpenFlowVersion) {
        self.match = match
        self.version = version
    }

    /// Looks at actions in their order.
    mutating func check(_ actions: [Action]) throws(OpenFlowError) {
        for action in actions { try check(action) }
    }

    private mutating func check(_ action: Action) throws(OpenFlowError) {
        switch action {
        case .output, .controller, .group, .setQueue, .resubmit, .drop: break
        // Nicira's, and what is set by fields.
        case .setField(let field, let value, _):
            try require(field.prerequisite)
            if field == .ethType { retype(UInt16(truncatingIfNeeded: value.low)) }
        case .load(_, let target), .pop(let target), .checkPacketLarger(_, let target): try require(target)
        case .push(let source): try require(source)
        case .move(let source, let target):
            try require(source)
            try require(target)
        // The actions that OpenFlow has for single headers.
        case .setVLANPriority(_, let pushes), .setVLANID(_, let pushes):
            if !pushes { try requireByVersion(.vlan) }
            match.set(.vlanTCI, UInt64(FlowKey.vlanPresent))
        case .setIPv4Source, .setIPv4Destination: try requireByVersion(.ipv4)
        case .setToS, .setECN, .setTTL, .decrementTTL: try requireByVersion(.ip)
        case .setTransportSource, .setTransportDestination: try requireTransport()
        case .setMPLSLabel, .setMPLSTC, .setMPLSTTL, .decrementMPLSTTL: try requireByVersion(.mpls)
        case .copyTTLIn, .copyTTLOut: break
        case .pushVLAN: match.set(.vlanTCI, UInt64(FlowKey.vlanPresent))
        case .popVLAN: match.set(.vlanTCI, 0)
        case .pushMPLS(let type), .popMPLS(let type), .pushPBB(let type): retype(type)
        case .popPBB, .encapsulate, .decapsulate: isUnknown = true
        case .clone(let actions):
            var inner = self
            try inner.check(actions)
        default: break
        }
    }

    /// The packets are of another type now, and what is behind it is not known.
    private mutating func retype(_ type: UInt16) {
        match.set(.ethType, type)
        match.wildcard(.ipProtocol)
    }

    private func require(_ bits: Subfield) throws(OpenFlowError) { try require(bits.field.prerequisite) }

    private func require(_ prerequisite: Field.Prerequisite) throws(OpenFlowError) {
        guard !isUnknown, !prerequisite.isMet(by: match) else { return }
        throw .badAction(.matchInconsistent)
    }

    private func requireByVersion(_ prerequisite: Field.Prerequisite) throws(OpenFlowError) {
        if version >= .v11 { try require(prerequisite) }
    }

    private func requireTransport() throws(OpenFlowError) {
        guard version >= .v11, !isUnknown else { return }
        let protocols: [Field.Prerequisite] = [.tcp, .udp, .sctp]
        guard protocols.contains(where: { $0.isMet(by: match) }) else { throw .badAction(.matchInconsistent) }
    }
}

extension Instructions {
    /// Refuses actions on headers that packets of the match need not have.
    func checkActions(for match: Match, version: OpenFlowVersion) throws(OpenFlowError) {
        if apply.isEmpty && write.isEmpty { return }
        guard !apply.allSatisfy(\.isPlainOutput) || !write.isEmpty else { return }
        var context = ActionContext(match, version: version)
        try context.check(apply)
        try context.check(write)
    }
}

extension Action {
    /// Whether it is what most actions are, and needs nothing of the packet.
    fileprivate var isPlainOutput: Bool {
        switch self {
        case .output, .controller, .group: true
        default: false
        }
    }
}
