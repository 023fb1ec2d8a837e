import OpenFlow
import Switch

extension ModificationError {
    /// The same of a flow-mod. A meter is an action's from OpenFlow 1.5 on (7.5.4.3); before, `OFPMMFC_INVALID_METER` is the
    /// one that speaks of an "invalid meter in meter action" (1.3, 7.4.4.13; `OFPMMFC_UNKNOWN_METER` too, but Open vSwitch
    /// has the first).
    func openFlowError(ofFlowIn version: OpenFlowVersion) -> OpenFlowError {
        guard self == .unknownMeter else { return openFlowError }
        return version >= .v15 ? .badAction(.badMeter) : .meterModFailed(.invalidMeter)
    }

    /// The error that OpenFlow has for a refused change of flows; packet-outs and meters' users have the same for actions.
    public var openFlowError: OpenFlowError {
        switch self {
        // Flow mods: OpenFlow 1.5, 7.5.4.6
        case .tableFull: .flowModFailed(.tableFull)
        case .badTable: .flowModFailed(.badTableID)
        case .overlap: .flowModFailed(.overlap)
        case .permission: .flowModFailed(.permission)
        case .badTimeout: .flowModFailed(.badTimeout)
        case .unsupportedFlags: .flowModFailed(.badFlags)
        case .badCommand: .flowModFailed(.badCommand)
        case .cannotSynchronize: .flowModFailed(.cannotSynchronize)
        case .isSynchronized: .flowModFailed(.isSynchronized)
        // Group mods: 7.5.4.7
        case .groupExists: .groupModFailed(.groupExists)
        case .unknownGroup: .groupModFailed(.unknownGroup)
        case .invalidGroup: .groupModFailed(.invalidGroup)
        case .weightUnsupported: .groupModFailed(.weightUnsupported)
        case .outOfGroups: .groupModFailed(.outOfGroups)
        case .outOfBuckets: .groupModFailed(.outOfBuckets)
        case .chainingUnsupported: .groupModFailed(.chainingUnsupported)
        case .watchUnsupported: .groupModFailed(.watchUnsupported)
        case .groupLoop: .groupModFailed(.loop)
        case .chainedGroup: .groupModFailed(.chainedGroup)
        case .badGroupType: .groupModFailed(.badType)
        case .badBucket: .groupModFailed(.badBucket)
        case .unknownBucket: .groupModFailed(.unknownBucket)
        case .bucketExists: .groupModFailed(.bucketExists)
        // Meter mods: 7.5.4.13
        case .meterExists: .meterModFailed(.meterExists)
        case .unknownMeter: .meterModFailed(.unknownMeter)
        case .invalidMeter: .meterModFailed(.invalidMeter)
        case .badMeterFlags: .meterModFailed(.badFlags)
        case .badRate: .meterModFailed(.badRate)
        case .badBurst: .meterModFailed(.badBurst)
        case .badBand: .meterModFailed(.badBand)
        case .outOfMeters: .meterModFailed(.outOfMeters)
        case .outOfBands: .meterModFailed(.outOfBands)
        // Actions and instructions: 7.5.4.3, 7.5.4.4
        case .badOutPort: .badAction(.badOutPort)
        case .badOutGroup: .badAction(.badOutGroup)
        case .badQueue: .badAction(.badQueue)
        case .badSetField: .badAction(.badSetArgument)
        case .badTableOfGoTo: .badInstruction(.badTableID)
        case .unsupportedAction: .badAction(.badType)
        case .matchInconsistentWithAction: .badAction(.matchInconsistent)
        // nicira-ext.h
        case .unmappedOption, .badOptionLength: .flowModFailed(.invalidTLVField)
        case .badOptionBits: .badAction(.badSetLength)
        }
    }
}
