import Switch

/// Lists of actions as each version writes them (OpenFlow 1.5, 7.2.6; nicira-ext.h). What a version has no action for is
/// written as Nicira's experimenter action, or in several steps, as Open vSwitch does; what cannot be said at all
/// (copying TTLs in OpenFlow 1.0, say) is left out.
public enum ActionCodec {
    static let experimenterType: UInt16 = 0xffff
    static let nicira: UInt32 = 0x0000_2320

    /// Reads actions to the end of the reader.
    public static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> [Action] {
        var decoder = ActionDecoder(version: version)
        try decoder.decodeList(&reader)
        guard decoder.metadata == nil else { throw .badAction(.badExperimenterType) }
        try verify(decoder.actions, in: .list)
        return decoder.actions
    }

    /// Reads the actions of OpenFlow 1.0's flow entries, which may write the metadata too.
    static func decodeInstructions10(_ reader: inout WireReader) throws(OpenFlowError) -> Instructions {
        var decoder = ActionDecoder(version: .v10)
        try decoder.decodeList(&reader)
        try verify(decoder.actions, in: .list)
        return Instructions(apply: decoder.actions, metadata: decoder.metadata)
    }

    /// Writes actions.
    /// - Parameter match: what is known of the packets, on which the spelling of some actions of OpenFlow 1.0 depends in
    ///   later versions (does a tag have to be pushed first? which protocol's port is set?).
    public static func encode(
        _ actions: [Action], version: OpenFlowVersion, match: Match? = nil, into writer: inout WireWriter
    ) {
        var encoder = ActionEncoder(version: version, match: match)
        for action in actions { encoder.encode(action, into: &writer) }
    }

    // MARK: What may stand where

    enum Place { case list, connectionTracking, clone, actionSet }

    /// Refuses actions that may not stand where they stand.
    static func verify(_ actions: [Action], in place: Place) throws(OpenFlowError) {
        var hasConjunction = false
        for index in actions.indices {
            switch actions[index] {
            case .conjunction:
                if hasConjunction { break }
                hasConjunction = true
                for other in actions {
                    switch other {
                    case .conjunction, .note: break
                    default: throw .badAction(.badConjunction)
                    }
                }
            case .nat: if place != .connectionTracking { throw .badAction(.badSetArgument) }
            case .setField(let field, _, _): try verify(field, in: place)
            case .setTunnelOption(let option): try verify(option.field, in: place)
            case .deleteField(let field):
                guard field.tunnelOption != nil, place != .connectionTracking else { throw .badAction(.badArgument) }
            case .load(_, let destination): try verify(destination.field, in: place)
            case .move(_, let destination): try verify(destination.field, in: place)
            case .meter where place != .list: throw .badAction(.badType)
            case .connectionTrack(let tracking):
                if place == .connectionTracking { throw .badAction(.badArgument) }
                try verify(tracking.actions, in: .connectionTracking)
            case .clone(let inner):
                if place == .connectionTracking { throw .badAction(.badArgument) }
                try verify(inner, in: .clone)
            default: if place == .connectionTracking { throw .badAction(.badArgument) }
            }
        }
    }

    private static func verify(_ field: Field, in place: Place) throws(OpenFlowError) {
        let needsConnection = field == .ctMark || field == .ctLabel
        if needsConnection, place != .connectionTracking { throw .badAction(.badSetArgument) }
        if !needsConnection, place == .connectionTracking { throw .badAction(.badArgument) }
    }
}
