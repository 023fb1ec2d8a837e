/// An error of OpenFlow, the same value for all versions: what a version numbers it, `number(in:)` says.
///
/// The kinds are those of OpenFlow 1.0 to 1.5, of the ONF's extensions to 1.3 and of Nicira's extensions.
public enum OpenFlowError: Error, Hashable, Sendable {
    case helloFailed(HelloFailed)
    case badRequest(BadRequest)
    case badAction(BadAction)
    case badInstruction(BadInstruction)
    case badMatch(BadMatch)
    case flowModFailed(FlowModFailed)
    case groupModFailed(GroupModFailed)
    case portModFailed(PortModFailed)
    case tableModFailed(TableModFailed)
    case queueOperationFailed(QueueOperationFailed)
    case switchConfigurationFailed(SwitchConfigurationFailed)
    case roleRequestFailed(RoleRequestFailed)
    case meterModFailed(MeterModFailed)
    case tableFeaturesFailed(TableFeaturesFailed)
    case badProperty(BadProperty)
    case asyncConfigurationFailed(AsyncConfigurationFailed)
    case bundleFailed(BundleFailed)
    case flowMonitorFailed(FlowMonitorFailed)
    case tlvTableModFailed(TLVTableModFailed)
    case resumeFailed(ResumeFailed)
    case statisticsFailed(StatisticsFailed)
    /// One that this table does not know, as it was received.
    case other(ErrorNumber)

    /// `OFPET_HELLO_FAILED`.
    public enum HelloFailed: Hashable, Sendable, CaseIterable { case incompatible, permission }

    /// `OFPET_BAD_REQUEST`.
    public enum BadRequest: Hashable, Sendable, CaseIterable {
        case badVersion, badType, badMultipart, badExperimenter, badExperimenterType, permission, badLength,
            bufferEmpty, bufferUnknown, badTableID, isSecondary, badPort, badPacket, multipartBufferOverflow,
            multipartRequestTimeout, multipartReplyTimeout, multipartBadSchedule, pipelineFieldsOnly, unknown,
            nxmInvalid, nxmBadType, mustBeZero, badReason, flowMonitorBadEvent, unencodableError
    }

    /// `OFPET_BAD_ACTION`.
    public enum BadAction: Hashable, Sendable, CaseIterable {
        case badType, badLength, badExperimenter, badExperimenterType, badOutPort, badArgument, permission, tooMany,
            badQueue, badOutGroup, matchInconsistent, unsupportedOrder, badTag, badSetType, badSetLength,
            badSetArgument, badSetMask, badMeter, mustBeZero, badConjunction, badHeaderType,
            unknownEncapsulationProperty, badEncapsulationProperty, ctDatapathSupport
    }

    /// `OFPET_BAD_INSTRUCTION`.
    public enum BadInstruction: Hashable, Sendable, CaseIterable {
        case unknownInstruction, unsupportedInstruction, badTableID, unsupportedMetadata, unsupportedMetadataMask,
            badExperimenter, badExperimenterType, badLength, permission, duplicateInstruction
    }

    /// `OFPET_BAD_MATCH`.
    public enum BadMatch: Hashable, Sendable, CaseIterable {
        case badType, badLength, badTag, badDatalinkAddressMask, badNetworkAddressMask, badWildcards, badField,
            badValue, badMask, badPrerequisite, duplicateField, permission, ctDatapathSupport
    }

    /// `OFPET_FLOW_MOD_FAILED`.
    public enum FlowModFailed: Hashable, Sendable, CaseIterable {
        case unknown, tableFull, badTableID, overlap, permission, badTimeout, badEmergencyTimeout, badCommand,
            badFlags, cannotSynchronize, badPriority, isSynchronized, unsupportedActionList, hardware,
            badTableOfCommand, invalidTLVField
    }

    /// `OFPET_GROUP_MOD_FAILED`.
    public enum GroupModFailed: Hashable, Sendable, CaseIterable {
        case groupExists, invalidGroup, weightUnsupported, outOfGroups, outOfBuckets, chainingUnsupported,
            watchUnsupported, loop, unknownGroup, chainedGroup, badType, badCommand, badBucket, badWatch, permission,
            unknownBucket, bucketExists
    }

    /// `OFPET_PORT_MOD_FAILED`.
    public enum PortModFailed: Hashable, Sendable, CaseIterable {
        case badPort, badHardwareAddress, badConfig, badAdvertise, permission
    }

    /// `OFPET_TABLE_MOD_FAILED`.
    public enum TableModFailed: Hashable, Sendable, CaseIterable { case badTable, badConfig, permission }

    /// `OFPET_QUEUE_OP_FAILED`.
    public enum QueueOperationFailed: Hashable, Sendable, CaseIterable {
        case badPort, badQueue, permission, queueError
    }

    /// `OFPET_SWITCH_CONFIG_FAILED`.
    public enum SwitchConfigurationFailed: Hashable, Sendable, CaseIterable { case badFlags, badLength, permission }

    /// `OFPET_ROLE_REQUEST_FAILED`.
    public enum RoleRequestFailed: Hashable, Sendable, CaseIterable {
        case stale, unsupported, badRole, idUnsupported, idInUse
    }

    /// `OFPET_METER_MOD_FAILED`.
    public enum MeterModFailed: Hashable, Sendable, CaseIterable {
        case unknown, meterExists, invalidMeter, unknownMeter, badCommand, badFlags, badRate, badBurst, badBand,
            badBandValue, outOfMeters, outOfBands
    }

    /// `OFPET_TABLE_FEATURES_FAILED`.
    public enum TableFeaturesFailed: Hashable, Sendable, CaseIterable {
        case badTable, badMetadata, permission, badCapability, badMaximumEntries, badFeatures, badCommand, tooMany,
            duplicateTable
    }

    /// `OFPET_BAD_PROPERTY`.
    public enum BadProperty: Hashable, Sendable, CaseIterable {
        case badType, badLength, badValue, tooMany, duplicateType, badExperimenter, badExperimenterType,
            badExperimenterValue, permission
    }

    /// `OFPET_ASYNC_CONFIG_FAILED`.
    public enum AsyncConfigurationFailed: Hashable, Sendable, CaseIterable { case invalid, unsupported, permission }

    /// `OFPET_BUNDLE_FAILED`.
    public enum BundleFailed: Hashable, Sendable, CaseIterable {
        case unknown, permission, badID, bundleExists, bundleClosed, outOfBundles, badType, badFlags,
            messageBadLength, messageBadXID, messageUnsupported, messageConflict, messageTooMany, messageFailed,
            timeout, bundleInProgress, scheduleNotSupported, scheduleFuture, schedulePast, badVersion
    }

    /// `OFPET_FLOW_MONITOR_FAILED`.
    public enum FlowMonitorFailed: Hashable, Sendable, CaseIterable {
        case unknown, monitorExists, invalidMonitor, unknownMonitor, badCommand, badFlags, badTableID, badOut
    }

    /// Nicira's, for `NXT_TLV_TABLE_MOD`.
    public enum TLVTableModFailed: Hashable, Sendable, CaseIterable {
        case badCommand, badOptionLength, badFieldIndex, tableFull, alreadyMapped, duplicateEntry, invalidTLVDeletion
    }

    /// Nicira's, for `NXT_RESUME`.
    public enum ResumeFailed: Hashable, Sendable, CaseIterable { case notSupported, stale }

    /// Nicira's, for `NXST_IPFIX_*`.
    public enum StatisticsFailed: Hashable, Sendable, CaseIterable { case notConfigured }
}
