// The numbers of every error in every version (the specifications' `ofp_error_type` and the enumerations behind it; the
// ONF's extensions to 1.3; nicira-ext.h), with the names that ovs-ofctl prints.

struct ErrorAssignment: Sendable {
    let error: OpenFlowError
    let name: String
    let numbers: [Numbers]

    init(_ error: OpenFlowError, _ name: String, _ numbers: Numbers...) {
        self.error = error
        self.name = name
        self.numbers = numbers
    }

    /// One number, good from one version to another.
    struct Numbers: Sendable {
        let versions: ClosedRange<OpenFlowVersion>
        let number: ErrorNumber

        /// The specification's own.
        static func openFlow(
            _ first: OpenFlowVersion, to last: OpenFlowVersion = .v15, _ type: UInt16, _ code: UInt16
        ) -> Numbers {
            Numbers(versions: first...last, number: ErrorNumber(type: type, code: code))
        }

        /// Of the ONF's extensions.
        static func onf(_ first: OpenFlowVersion, to last: OpenFlowVersion = .v15, _ type: UInt16) -> Numbers {
            let number = ErrorNumber(experimenter: Experimenter.onf, type: type, code: 0)
            return Numbers(versions: first...last, number: number)
        }

        /// Nicira's; before OpenFlow 1.2 with a type and a code, from then on with an `exp_type` alone.
        static func nicira(
            _ first: OpenFlowVersion, to last: OpenFlowVersion = .v15, _ type: UInt16, _ code: UInt16 = 0
        ) -> Numbers {
            let number = ErrorNumber(experimenter: Experimenter.nicira, type: type, code: code)
            return Numbers(versions: first...last, number: number)
        }
    }

    static let all: [ErrorAssignment] = [
        helloFailed,
        badRequest,
        badAction,
        badInstruction,
        badMatch,
        flowModFailed,
        groupModFailed,
        portModFailed,
        tableModFailed,
        queueOperationFailed,
        switchConfigurationFailed,
        roleRequestFailed,
        meterModFailed,
        tableFeaturesFailed,
        badProperty,
        asyncConfigurationFailed,
        bundleFailed,
        flowMonitorFailed,
        tlvTableModFailed,
        resumeFailed,
        statisticsFailed,
    ].flatMap(\.self)

    private static let helloFailed: [ErrorAssignment] = [
        .init(.helloFailed(.incompatible), "OFPHFC_INCOMPATIBLE", .openFlow(.v10, 0, 0)),
        .init(.helloFailed(.permission), "OFPHFC_EPERM", .openFlow(.v10, 0, 1)),
    ]

    private static let badRequest: [ErrorAssignment] = [
        .init(.badRequest(.badVersion), "OFPBRC_BAD_VERSION", .openFlow(.v10, 1, 0)),
        .init(.badRequest(.badType), "OFPBRC_BAD_TYPE", .openFlow(.v10, 1, 1)),
        .init(.badRequest(.badMultipart), "OFPBRC_BAD_STAT", .openFlow(.v10, 1, 2)),
        .init(.badRequest(.badExperimenter), "OFPBRC_BAD_VENDOR", .openFlow(.v10, 1, 3)),
        .init(.badRequest(.badExperimenterType), "OFPBRC_BAD_SUBTYPE", .openFlow(.v10, 1, 4)),
        .init(.badRequest(.permission), "OFPBRC_EPERM", .openFlow(.v10, 1, 5)),
        .init(.badRequest(.badLength), "OFPBRC_BAD_LEN", .openFlow(.v10, 1, 6)),
        .init(.badRequest(.bufferEmpty), "OFPBRC_BUFFER_EMPTY", .openFlow(.v10, 1, 7)),
        .init(.badRequest(.bufferUnknown), "OFPBRC_BUFFER_UNKNOWN", .openFlow(.v10, 1, 8)),
        .init(.badRequest(.badTableID), "OFPBRC_BAD_TABLE_ID", .nicira(.v10, to: .v10, 1, 512), .openFlow(.v11, 1, 9)),
        .init(
            .badRequest(.isSecondary), "OFPBRC_IS_SECONDARY", .openFlow(.v10, to: .v11, 1, 5), .openFlow(.v12, 1, 10)),
        .init(.badRequest(.badPort), "OFPBRC_BAD_PORT", .nicira(.v10, to: .v11, 1, 514), .openFlow(.v12, 1, 11)),
        .init(.badRequest(.badPacket), "OFPBRC_BAD_PACKET", .openFlow(.v12, 1, 12)),
        .init(.badRequest(.multipartBufferOverflow), "OFPBRC_MULTIPART_BUFFER_OVERFLOW", .openFlow(.v13, 1, 13)),
        .init(
            .badRequest(.multipartRequestTimeout), "OFPBRC_MULTIPART_REQUEST_TIMEOUT", .onf(.v13, to: .v13, 2640),
            .openFlow(.v14, 1, 14)),
        .init(
            .badRequest(.multipartReplyTimeout), "OFPBRC_MULTIPART_REPLY_TIMEOUT", .onf(.v13, to: .v13, 2641),
            .openFlow(.v14, 1, 15)),
        .init(.badRequest(.multipartBadSchedule), "OFPBRC_MULTIPART_BAD_SCHED", .openFlow(.v15, 1, 16)),
        .init(.badRequest(.pipelineFieldsOnly), "OFPBRC_PIPELINE_FIELDS_ONLY", .openFlow(.v15, 1, 17)),
        .init(.badRequest(.unknown), "OFPBRC_UNKNOWN", .openFlow(.v15, 1, 18)),
        .init(.badRequest(.nxmInvalid), "NXBRC_NXM_INVALID", .nicira(.v10, to: .v11, 1, 256), .nicira(.v12, 2)),
        .init(.badRequest(.nxmBadType), "NXBRC_NXM_BAD_TYPE", .nicira(.v10, to: .v11, 1, 257), .nicira(.v12, 3)),
        .init(.badRequest(.mustBeZero), "NXBRC_MUST_BE_ZERO", .nicira(.v10, to: .v11, 1, 515), .nicira(.v12, 4)),
        .init(.badRequest(.badReason), "NXBRC_BAD_REASON", .nicira(.v10, to: .v11, 1, 516), .nicira(.v12, 5)),
        .init(
            .badRequest(.flowMonitorBadEvent), "NXBRC_FM_BAD_EVENT", .nicira(.v10, to: .v11, 1, 520), .nicira(.v12, 9)),
        .init(
            .badRequest(.unencodableError), "NXBRC_UNENCODABLE_ERROR", .nicira(.v10, to: .v11, 1, 521),
            .nicira(.v12, 10)),
    ]

    private static let badAction: [ErrorAssignment] = [
        .init(.badAction(.badType), "OFPBAC_BAD_TYPE", .openFlow(.v10, 2, 0)),
        .init(.badAction(.badLength), "OFPBAC_BAD_LEN", .openFlow(.v10, 2, 1)),
        .init(.badAction(.badExperimenter), "OFPBAC_BAD_VENDOR", .openFlow(.v10, 2, 2)),
        .init(.badAction(.badExperimenterType), "OFPBAC_BAD_VENDOR_TYPE", .openFlow(.v10, 2, 3)),
        .init(.badAction(.badOutPort), "OFPBAC_BAD_OUT_PORT", .openFlow(.v10, 2, 4)),
        .init(.badAction(.badArgument), "OFPBAC_BAD_ARGUMENT", .openFlow(.v10, 2, 5)),
        .init(.badAction(.permission), "OFPBAC_EPERM", .openFlow(.v10, 2, 6)),
        .init(.badAction(.tooMany), "OFPBAC_TOO_MANY", .openFlow(.v10, 2, 7)),
        .init(.badAction(.badQueue), "OFPBAC_BAD_QUEUE", .openFlow(.v10, 2, 8)),
        .init(.badAction(.badOutGroup), "OFPBAC_BAD_OUT_GROUP", .nicira(.v10, to: .v10, 2, 9), .openFlow(.v11, 2, 9)),
        .init(
            .badAction(.matchInconsistent), "OFPBAC_MATCH_INCONSISTENT", .nicira(.v10, to: .v10, 1, 522),
            .openFlow(.v11, 2, 10)),
        .init(.badAction(.unsupportedOrder), "OFPBAC_UNSUPPORTED_ORDER", .openFlow(.v11, 2, 11)),
        .init(.badAction(.badTag), "OFPBAC_BAD_TAG", .openFlow(.v11, 2, 12)),
        .init(.badAction(.badSetType), "OFPBAC_BAD_SET_TYPE", .nicira(.v10, to: .v11, 1, 523), .openFlow(.v12, 2, 13)),
        .init(.badAction(.badSetLength), "OFPBAC_BAD_SET_LEN", .nicira(.v10, to: .v11, 1, 524), .openFlow(.v12, 2, 14)),
        .init(
            .badAction(.badSetArgument), "OFPBAC_BAD_SET_ARGUMENT", .nicira(.v10, to: .v11, 1, 525),
            .openFlow(.v12, 2, 15)),
        .init(.badAction(.badSetMask), "OFPBAC_BAD_SET_MASK", .onf(.v13, to: .v14, 4250), .openFlow(.v15, 2, 16)),
        .init(.badAction(.badMeter), "OFPBAC_BAD_METER", .openFlow(.v15, 2, 17)),
        .init(.badAction(.mustBeZero), "NXBAC_MUST_BE_ZERO", .nicira(.v10, to: .v11, 2, 256), .nicira(.v12, 11)),
        .init(.badAction(.badConjunction), "NXBAC_BAD_CONJUNCTION", .nicira(.v10, to: .v11, 2, 526), .nicira(.v12, 15)),
        .init(.badAction(.badHeaderType), "NXBAC_BAD_HEADER_TYPE", .nicira(.v13, 39)),
        .init(.badAction(.unknownEncapsulationProperty), "NXBAC_UNKNOWN_ED_PROP", .nicira(.v13, 40)),
        .init(.badAction(.badEncapsulationProperty), "NXBAC_BAD_ED_PROP", .nicira(.v13, 41)),
        .init(
            .badAction(.ctDatapathSupport), "NXBAC_CT_DATAPATH_SUPPORT", .nicira(.v10, to: .v11, 1, 265),
            .nicira(.v12, 42)),
    ]

    private static let badInstruction: [ErrorAssignment] = [
        .init(.badInstruction(.unknownInstruction), "OFPBIC_UNKNOWN_INST", .openFlow(.v11, 3, 0)),
        .init(
            .badInstruction(.unsupportedInstruction), "OFPBIC_UNSUP_INST", .nicira(.v10, to: .v10, 2, 257),
            .openFlow(.v11, 3, 1)),
        .init(.badInstruction(.badTableID), "OFPBIC_BAD_TABLE_ID", .openFlow(.v11, 3, 2)),
        .init(.badInstruction(.unsupportedMetadata), "OFPBIC_UNSUP_METADATA", .openFlow(.v11, 3, 3)),
        .init(.badInstruction(.unsupportedMetadataMask), "OFPBIC_UNSUP_METADATA_MASK", .openFlow(.v11, 3, 4)),
        .init(.badInstruction(.badExperimenter), "OFPBIC_BAD_EXPERIMENTER", .openFlow(.v11, 3, 5)),
        .init(
            .badInstruction(.badExperimenterType), "OFPBIC_BAD_EXP_TYPE", .openFlow(.v11, to: .v11, 3, 5),
            .openFlow(.v12, 3, 6)),
        .init(.badInstruction(.badLength), "OFPBIC_BAD_LEN", .openFlow(.v12, 3, 7)),
        .init(.badInstruction(.permission), "OFPBIC_EPERM", .openFlow(.v12, 3, 8)),
        .init(
            .badInstruction(.duplicateInstruction), "OFPBIC_DUP_INST", .nicira(.v11, to: .v11, 3, 256),
            .onf(.v12, to: .v13, 2600), .openFlow(.v14, 3, 9)),
    ]

    private static let badMatch: [ErrorAssignment] = [
        .init(.badMatch(.badType), "OFPBMC_BAD_TYPE", .openFlow(.v11, 4, 0)),
        .init(.badMatch(.badLength), "OFPBMC_BAD_LEN", .openFlow(.v11, 4, 1)),
        .init(.badMatch(.badTag), "OFPBMC_BAD_TAG", .openFlow(.v11, 4, 2)),
        .init(.badMatch(.badDatalinkAddressMask), "OFPBMC_BAD_DL_ADDR_MASK", .openFlow(.v11, 4, 3)),
        .init(.badMatch(.badNetworkAddressMask), "OFPBMC_BAD_NW_ADDR_MASK", .openFlow(.v11, 4, 4)),
        .init(.badMatch(.badWildcards), "OFPBMC_BAD_WILDCARDS", .nicira(.v10, to: .v10, 1, 262), .openFlow(.v11, 4, 5)),
        .init(.badMatch(.badField), "OFPBMC_BAD_FIELD", .nicira(.v10, to: .v10, 0, 263), .openFlow(.v11, 4, 6)),
        .init(.badMatch(.badValue), "OFPBMC_BAD_VALUE", .nicira(.v10, to: .v10, 1, 258), .openFlow(.v11, 4, 7)),
        .init(.badMatch(.badMask), "OFPBMC_BAD_MASK", .nicira(.v10, to: .v11, 1, 259), .openFlow(.v12, 4, 8)),
        .init(.badMatch(.badPrerequisite), "OFPBMC_BAD_PREREQ", .nicira(.v10, to: .v11, 1, 260), .openFlow(.v12, 4, 9)),
        .init(.badMatch(.duplicateField), "OFPBMC_DUP_FIELD", .nicira(.v10, to: .v11, 1, 261), .openFlow(.v12, 4, 10)),
        .init(.badMatch(.permission), "OFPBMC_EPERM", .openFlow(.v12, 4, 11)),
        .init(
            .badMatch(.ctDatapathSupport), "NXBMC_CT_DATAPATH_SUPPORT", .nicira(.v10, to: .v11, 1, 264),
            .nicira(.v12, 43)),
    ]

    private static let flowModFailed: [ErrorAssignment] = [
        .init(.flowModFailed(.unknown), "OFPFMFC_UNKNOWN", .openFlow(.v11, 5, 0)),
        .init(.flowModFailed(.tableFull), "OFPFMFC_TABLE_FULL", .openFlow(.v10, to: .v10, 3, 0), .openFlow(.v11, 5, 1)),
        .init(.flowModFailed(.badTableID), "OFPFMFC_BAD_TABLE_ID", .openFlow(.v11, 5, 2)),
        .init(.flowModFailed(.overlap), "OFPFMFC_OVERLAP", .openFlow(.v10, to: .v10, 3, 1), .openFlow(.v11, 5, 3)),
        .init(.flowModFailed(.permission), "OFPFMFC_EPERM", .openFlow(.v10, to: .v10, 3, 2), .openFlow(.v11, 5, 4)),
        .init(.flowModFailed(.badTimeout), "OFPFMFC_BAD_TIMEOUT", .openFlow(.v11, 5, 5)),
        .init(.flowModFailed(.badEmergencyTimeout), "OFPFMFC_BAD_EMERG_TIMEOUT", .openFlow(.v10, to: .v10, 3, 3)),
        .init(
            .flowModFailed(.badCommand), "OFPFMFC_BAD_COMMAND", .openFlow(.v10, to: .v10, 3, 4), .openFlow(.v11, 5, 6)),
        .init(
            .flowModFailed(.badFlags), "OFPFMFC_BAD_FLAGS", .nicira(.v10, to: .v10, 3, 258),
            .nicira(.v11, to: .v11, 5, 258),
            .openFlow(.v12, 5, 7)),
        .init(.flowModFailed(.cannotSynchronize), "OFPFMFC_CANT_SYNC", .openFlow(.v14, 5, 8)),
        .init(.flowModFailed(.badPriority), "OFPFMFC_BAD_PRIORITY", .onf(.v13, to: .v13, 2360), .openFlow(.v14, 5, 9)),
        .init(.flowModFailed(.isSynchronized), "OFPFMFC_IS_SYNC", .openFlow(.v14, 5, 10)),
        .init(.flowModFailed(.unsupportedActionList), "OFPFMFC_UNSUPPORTED", .openFlow(.v10, to: .v10, 3, 5)),
        .init(.flowModFailed(.hardware), "NXFMFC_HARDWARE", .nicira(.v10, to: .v11, 5, 256), .nicira(.v12, 12)),
        .init(
            .flowModFailed(.badTableOfCommand), "NXFMFC_BAD_TABLE_ID", .nicira(.v10, to: .v11, 5, 257),
            .nicira(.v12, 13)),
        .init(
            .flowModFailed(.invalidTLVField), "NXFMFC_INVALID_TLV_FIELD", .nicira(.v10, to: .v11, 1, 536),
            .nicira(.v12, 37)
        ),
    ]

    private static let groupModFailed: [ErrorAssignment] = [
        .init(
            .groupModFailed(.groupExists), "OFPGMFC_GROUP_EXISTS", .nicira(.v10, to: .v10, 6, 0), .openFlow(.v11, 6, 0)),
        .init(
            .groupModFailed(.invalidGroup), "OFPGMFC_INVALID_GROUP", .nicira(.v10, to: .v10, 6, 1),
            .openFlow(.v11, 6, 1)),
        .init(
            .groupModFailed(.weightUnsupported), "OFPGMFC_WEIGHT_UNSUPPORTED", .nicira(.v10, to: .v10, 6, 2),
            .openFlow(.v11, 6, 2)),
        .init(
            .groupModFailed(.outOfGroups), "OFPGMFC_OUT_OF_GROUPS", .nicira(.v10, to: .v10, 6, 3), .openFlow(.v11, 6, 3)
        ),
        .init(
            .groupModFailed(.outOfBuckets), "OFPGMFC_OUT_OF_BUCKETS", .nicira(.v10, to: .v10, 6, 4),
            .openFlow(.v11, 6, 4)),
        .init(
            .groupModFailed(.chainingUnsupported), "OFPGMFC_CHAINING_UNSUPPORTED", .nicira(.v10, to: .v10, 6, 5),
            .openFlow(.v11, 6, 5)),
        .init(
            .groupModFailed(.watchUnsupported), "OFPGMFC_WATCH_UNSUPPORTED", .nicira(.v10, to: .v10, 6, 6),
            .openFlow(.v11, 6, 6)),
        .init(.groupModFailed(.loop), "OFPGMFC_LOOP", .nicira(.v10, to: .v10, 6, 7), .openFlow(.v11, 6, 7)),
        .init(
            .groupModFailed(.unknownGroup), "OFPGMFC_UNKNOWN_GROUP", .nicira(.v10, to: .v10, 6, 8),
            .openFlow(.v11, 6, 8)),
        .init(
            .groupModFailed(.chainedGroup), "OFPGMFC_CHAINED_GROUP", .nicira(.v10, to: .v10, 6, 9),
            .openFlow(.v12, 6, 9)),
        .init(.groupModFailed(.badType), "OFPGMFC_BAD_TYPE", .nicira(.v10, to: .v10, 6, 10), .openFlow(.v12, 6, 10)),
        .init(
            .groupModFailed(.badCommand), "OFPGMFC_BAD_COMMAND", .nicira(.v10, to: .v10, 6, 11), .openFlow(.v12, 6, 11)),
        .init(
            .groupModFailed(.badBucket), "OFPGMFC_BAD_BUCKET", .nicira(.v10, to: .v10, 6, 12), .openFlow(.v12, 6, 12)),
        .init(.groupModFailed(.badWatch), "OFPGMFC_BAD_WATCH", .nicira(.v10, to: .v10, 6, 13), .openFlow(.v12, 6, 13)),
        .init(.groupModFailed(.permission), "OFPGMFC_EPERM", .nicira(.v10, to: .v10, 6, 14), .openFlow(.v12, 6, 14)),
        .init(
            .groupModFailed(.unknownBucket), "OFPGMFC_UNKNOWN_BUCKET", .nicira(.v10, to: .v10, 6, 15),
            .openFlow(.v15, 6, 15)),
        .init(
            .groupModFailed(.bucketExists), "OFPGMFC_BUCKET_EXISTS", .nicira(.v10, to: .v10, 6, 16),
            .openFlow(.v15, 6, 16)),
    ]

    private static let portModFailed: [ErrorAssignment] = [
        .init(.portModFailed(.badPort), "OFPPMFC_BAD_PORT", .openFlow(.v10, to: .v10, 4, 0), .openFlow(.v11, 7, 0)),
        .init(
            .portModFailed(.badHardwareAddress), "OFPPMFC_BAD_HW_ADDR", .openFlow(.v10, to: .v10, 4, 1),
            .openFlow(.v11, 7, 1)),
        .init(.portModFailed(.badConfig), "OFPPMFC_BAD_CONFIG", .openFlow(.v11, 7, 2)),
        .init(.portModFailed(.badAdvertise), "OFPPMFC_BAD_ADVERTISE", .openFlow(.v11, 7, 3)),
        .init(.portModFailed(.permission), "OFPPMFC_EPERM", .openFlow(.v12, 7, 4)),
    ]

    private static let tableModFailed: [ErrorAssignment] = [
        .init(.tableModFailed(.badTable), "OFPTMFC_BAD_TABLE", .openFlow(.v11, 8, 0)),
        .init(.tableModFailed(.badConfig), "OFPTMFC_BAD_CONFIG", .openFlow(.v11, 8, 1)),
        .init(.tableModFailed(.permission), "OFPTMFC_EPERM", .openFlow(.v12, 8, 2)),
    ]

    private static let queueOperationFailed: [ErrorAssignment] = [
        .init(
            .queueOperationFailed(.badPort), "OFPQOFC_BAD_PORT", .openFlow(.v10, to: .v10, 5, 0), .openFlow(.v11, 9, 0)),
        .init(
            .queueOperationFailed(.badQueue), "OFPQOFC_BAD_QUEUE", .openFlow(.v10, to: .v10, 5, 1),
            .openFlow(.v11, 9, 1)),
        .init(
            .queueOperationFailed(.permission), "OFPQOFC_EPERM", .openFlow(.v10, to: .v10, 5, 2), .openFlow(.v11, 9, 2)),
        .init(.queueOperationFailed(.queueError), "NXQOFC_QUEUE_ERROR", .nicira(.v14, 23)),
    ]

    private static let switchConfigurationFailed: [ErrorAssignment] = [
        .init(.switchConfigurationFailed(.badFlags), "OFPSCFC_BAD_FLAGS", .openFlow(.v11, 10, 0)),
        .init(.switchConfigurationFailed(.badLength), "OFPSCFC_BAD_LEN", .openFlow(.v11, 10, 1)),
        .init(.switchConfigurationFailed(.permission), "OFPSCFC_EPERM", .openFlow(.v12, 10, 2)),
    ]

    private static let roleRequestFailed: [ErrorAssignment] = [
        .init(.roleRequestFailed(.stale), "OFPRRFC_STALE", .openFlow(.v12, 11, 0)),
        .init(.roleRequestFailed(.unsupported), "OFPRRFC_UNSUP", .openFlow(.v12, 11, 1)),
        .init(
            .roleRequestFailed(.badRole), "OFPRRFC_BAD_ROLE", .nicira(.v10, to: .v11, 1, 513), .openFlow(.v12, 11, 2)),
        .init(.roleRequestFailed(.idUnsupported), "OFPRRFC_ID_UNSUP", .openFlow(.v15, 11, 3)),
        .init(.roleRequestFailed(.idInUse), "OFPRRFC_ID_IN_USE", .openFlow(.v15, 11, 4)),
    ]

    private static let meterModFailed: [ErrorAssignment] = [
        .init(.meterModFailed(.unknown), "OFPMMFC_UNKNOWN", .openFlow(.v13, 12, 0)),
        .init(.meterModFailed(.meterExists), "OFPMMFC_METER_EXISTS", .openFlow(.v13, 12, 1)),
        .init(.meterModFailed(.invalidMeter), "OFPMMFC_INVALID_METER", .openFlow(.v13, 12, 2)),
        .init(.meterModFailed(.unknownMeter), "OFPMMFC_UNKNOWN_METER", .openFlow(.v13, 12, 3)),
        .init(.meterModFailed(.badCommand), "OFPMMFC_BAD_COMMAND", .openFlow(.v13, 12, 4)),
        .init(.meterModFailed(.badFlags), "OFPMMFC_BAD_FLAGS", .openFlow(.v13, 12, 5)),
        .init(.meterModFailed(.badRate), "OFPMMFC_BAD_RATE", .openFlow(.v13, 12, 6)),
        .init(.meterModFailed(.badBurst), "OFPMMFC_BAD_BURST", .openFlow(.v13, 12, 7)),
        .init(.meterModFailed(.badBand), "OFPMMFC_BAD_BAND", .openFlow(.v13, 12, 8)),
        .init(.meterModFailed(.badBandValue), "OFPMMFC_BAD_BAND_VALUE", .openFlow(.v13, 12, 9)),
        .init(.meterModFailed(.outOfMeters), "OFPMMFC_OUT_OF_METERS", .openFlow(.v13, 12, 10)),
        .init(.meterModFailed(.outOfBands), "OFPMMFC_OUT_OF_BANDS", .openFlow(.v13, 12, 11)),
    ]

    private static let tableFeaturesFailed: [ErrorAssignment] = [
        .init(.tableFeaturesFailed(.badTable), "OFPTFFC_BAD_TABLE", .openFlow(.v13, 13, 0)),
        .init(.tableFeaturesFailed(.badMetadata), "OFPTFFC_BAD_METADATA", .openFlow(.v13, 13, 1)),
        .init(.tableFeaturesFailed(.permission), "OFPTFFC_EPERM", .openFlow(.v13, 13, 5)),
        .init(.tableFeaturesFailed(.badCapability), "OFPTFFC_BAD_CAPA", .openFlow(.v15, 13, 6)),
        .init(.tableFeaturesFailed(.badMaximumEntries), "OFPTFFC_BAD_MAX_ENT", .openFlow(.v15, 13, 7)),
        .init(.tableFeaturesFailed(.badFeatures), "OFPTFFC_BAD_FEATURES", .openFlow(.v15, 13, 8)),
        .init(.tableFeaturesFailed(.badCommand), "OFPTFFC_BAD_COMMAND", .openFlow(.v15, 13, 9)),
        .init(.tableFeaturesFailed(.tooMany), "OFPTFFC_TOO_MANY", .openFlow(.v15, 13, 10)),
        .init(.tableFeaturesFailed(.duplicateTable), "NXTFFC_DUP_TABLE", .nicira(.v13, 44)),
    ]

    private static let badProperty: [ErrorAssignment] = [
        .init(
            .badProperty(.badType), "OFPBPC_BAD_TYPE", .nicira(.v10, to: .v11, 13, 2), .nicira(.v12, to: .v12, 25),
            .openFlow(.v13, to: .v13, 13, 2), .openFlow(.v14, 14, 0)),
        .init(
            .badProperty(.badLength), "OFPBPC_BAD_LEN", .nicira(.v10, to: .v11, 13, 3), .nicira(.v12, to: .v12, 26),
            .openFlow(.v13, to: .v13, 13, 3), .openFlow(.v14, 14, 1)),
        .init(
            .badProperty(.badValue), "OFPBPC_BAD_VALUE", .nicira(.v10, to: .v11, 13, 4), .nicira(.v12, to: .v12, 27),
            .openFlow(.v13, to: .v13, 13, 4), .openFlow(.v14, 14, 2)),
        .init(
            .badProperty(.tooMany), "OFPBPC_TOO_MANY", .nicira(.v10, to: .v11, 14, 3), .nicira(.v12, to: .v12, 28),
            .onf(.v13, to: .v13, 4443), .openFlow(.v14, 14, 3)),
        .init(
            .badProperty(.duplicateType), "OFPBPC_DUP_TYPE", .nicira(.v10, to: .v11, 14, 4),
            .nicira(.v12, to: .v12, 29),
            .onf(.v13, to: .v13, 4444), .openFlow(.v14, 14, 4)),
        .init(
            .badProperty(.badExperimenter), "OFPBPC_BAD_EXPERIMENTER", .nicira(.v10, to: .v11, 14, 5),
            .nicira(.v12, to: .v12, 30), .onf(.v13, to: .v13, 4445), .openFlow(.v14, 14, 5)),
        .init(
            .badProperty(.badExperimenterType), "OFPBPC_BAD_EXP_TYPE", .nicira(.v10, to: .v11, 14, 6),
            .nicira(.v12, to: .v12, 31), .onf(.v13, to: .v13, 4446), .openFlow(.v14, 14, 6)),
        .init(
            .badProperty(.badExperimenterValue), "OFPBPC_BAD_EXP_VALUE", .nicira(.v10, to: .v11, 14, 7),
            .nicira(.v12, to: .v12, 32), .onf(.v13, to: .v13, 4447), .openFlow(.v14, 14, 7)),
        .init(
            .badProperty(.permission), "OFPBPC_EPERM", .nicira(.v10, to: .v11, 14, 8), .nicira(.v12, to: .v12, 33),
            .onf(.v13, to: .v13, 4448), .openFlow(.v14, 14, 8)),
    ]

    private static let asyncConfigurationFailed: [ErrorAssignment] = [
        .init(
            .asyncConfigurationFailed(.invalid), "OFPACFC_INVALID", .onf(.v13, to: .v13, 2370), .openFlow(.v14, 15, 0)),
        .init(
            .asyncConfigurationFailed(.unsupported), "OFPACFC_UNSUPPORTED", .onf(.v13, to: .v13, 2371),
            .openFlow(.v14, 15, 1)),
        .init(
            .asyncConfigurationFailed(.permission), "OFPACFC_EPERM", .onf(.v13, to: .v13, 2372), .openFlow(.v14, 15, 2)),
    ]

    private static let bundleFailed: [ErrorAssignment] = [
        .init(.bundleFailed(.unknown), "OFPBFC_UNKNOWN", .onf(.v13, to: .v13, 2300), .openFlow(.v14, 17, 0)),
        .init(.bundleFailed(.permission), "OFPBFC_EPERM", .onf(.v13, to: .v13, 2301), .openFlow(.v14, 17, 1)),
        .init(.bundleFailed(.badID), "OFPBFC_BAD_ID", .onf(.v13, to: .v13, 2302), .openFlow(.v14, 17, 2)),
        .init(.bundleFailed(.bundleExists), "OFPBFC_BUNDLE_EXIST", .onf(.v13, to: .v13, 2303), .openFlow(.v14, 17, 3)),
        .init(.bundleFailed(.bundleClosed), "OFPBFC_BUNDLE_CLOSED", .onf(.v13, to: .v13, 2304), .openFlow(.v14, 17, 4)),
        .init(
            .bundleFailed(.outOfBundles), "OFPBFC_OUT_OF_BUNDLES", .onf(.v13, to: .v13, 2305), .openFlow(.v14, 17, 5)),
        .init(.bundleFailed(.badType), "OFPBFC_BAD_TYPE", .onf(.v13, to: .v13, 2306), .openFlow(.v14, 17, 6)),
        .init(.bundleFailed(.badFlags), "OFPBFC_BAD_FLAGS", .onf(.v13, to: .v13, 2307), .openFlow(.v14, 17, 7)),
        .init(
            .bundleFailed(.messageBadLength), "OFPBFC_MSG_BAD_LEN", .onf(.v13, to: .v13, 2308), .openFlow(.v14, 17, 8)),
        .init(.bundleFailed(.messageBadXID), "OFPBFC_MSG_BAD_XID", .onf(.v13, to: .v13, 2309), .openFlow(.v14, 17, 9)),
        .init(
            .bundleFailed(.messageUnsupported), "OFPBFC_MSG_UNSUP", .onf(.v13, to: .v13, 2310), .openFlow(.v14, 17, 10)),
        .init(
            .bundleFailed(.messageConflict), "OFPBFC_MSG_CONFLICT", .onf(.v13, to: .v13, 2311), .openFlow(.v14, 17, 11)),
        .init(
            .bundleFailed(.messageTooMany), "OFPBFC_MSG_TOO_MANY", .onf(.v13, to: .v13, 2312), .openFlow(.v14, 17, 12)),
        .init(.bundleFailed(.messageFailed), "OFPBFC_MSG_FAILED", .onf(.v13, to: .v13, 2313), .openFlow(.v14, 17, 13)),
        .init(.bundleFailed(.timeout), "OFPBFC_TIMEOUT", .onf(.v13, to: .v13, 2314), .openFlow(.v14, 17, 14)),
        .init(
            .bundleFailed(.bundleInProgress), "OFPBFC_BUNDLE_IN_PROGRESS", .onf(.v13, to: .v13, 2315),
            .openFlow(.v14, 17, 15)),
        .init(.bundleFailed(.scheduleNotSupported), "OFPBFC_SCHED_NOT_SUPPORTED", .openFlow(.v15, 17, 16)),
        .init(.bundleFailed(.scheduleFuture), "OFPBFC_SCHED_FUTURE", .openFlow(.v15, 17, 17)),
        .init(.bundleFailed(.schedulePast), "OFPBFC_SCHED_PAST", .openFlow(.v15, 17, 18)),
        .init(.bundleFailed(.badVersion), "OFPBFC_BAD_VERSION", .nicira(.v14, 22)),
    ]

    private static let flowMonitorFailed: [ErrorAssignment] = [
        .init(.flowMonitorFailed(.unknown), "OFPMOFC_UNKNOWN", .openFlow(.v14, 16, 0)),
        .init(
            .flowMonitorFailed(.monitorExists), "OFPMOFC_MONITOR_EXISTS", .nicira(.v10, to: .v11, 1, 517),
            .nicira(.v12, to: .v13, 6), .openFlow(.v14, 16, 1)),
        .init(.flowMonitorFailed(.invalidMonitor), "OFPMOFC_INVALID_MONITOR", .openFlow(.v14, 16, 2)),
        .init(
            .flowMonitorFailed(.unknownMonitor), "OFPMOFC_UNKNOWN_MONITOR", .nicira(.v10, to: .v11, 1, 519),
            .nicira(.v12, to: .v13, 8), .openFlow(.v14, 16, 3)),
        .init(.flowMonitorFailed(.badCommand), "OFPMOFC_BAD_COMMAND", .openFlow(.v14, 16, 4)),
        .init(
            .flowMonitorFailed(.badFlags), "OFPMOFC_BAD_FLAGS", .nicira(.v10, to: .v11, 1, 518),
            .nicira(.v12, to: .v13, 7),
            .openFlow(.v14, 16, 5)),
        .init(.flowMonitorFailed(.badTableID), "OFPMOFC_BAD_TABLE_ID", .openFlow(.v14, 16, 6)),
        .init(.flowMonitorFailed(.badOut), "OFPMOFC_BAD_OUT", .openFlow(.v14, 16, 7)),
    ]

    private static let tlvTableModFailed: [ErrorAssignment] = [
        .init(
            .tlvTableModFailed(.badCommand), "NXTTMFC_BAD_COMMAND", .nicira(.v10, to: .v11, 1, 527), .nicira(.v12, 16)),
        .init(
            .tlvTableModFailed(.badOptionLength), "NXTTMFC_BAD_OPT_LEN", .nicira(.v10, to: .v11, 1, 528),
            .nicira(.v12, 17)),
        .init(
            .tlvTableModFailed(.badFieldIndex), "NXTTMFC_BAD_FIELD_IDX", .nicira(.v10, to: .v11, 1, 529),
            .nicira(.v12, 18)),
        .init(.tlvTableModFailed(.tableFull), "NXTTMFC_TABLE_FULL", .nicira(.v10, to: .v11, 1, 530), .nicira(.v12, 19)),
        .init(
            .tlvTableModFailed(.alreadyMapped), "NXTTMFC_ALREADY_MAPPED", .nicira(.v10, to: .v11, 1, 531),
            .nicira(.v12, 20)
        ),
        .init(
            .tlvTableModFailed(.duplicateEntry), "NXTTMFC_DUP_ENTRY", .nicira(.v10, to: .v11, 1, 532), .nicira(.v12, 21)
        ),
        .init(
            .tlvTableModFailed(.invalidTLVDeletion), "NXTTMFC_INVALID_TLV_DEL", .nicira(.v10, to: .v11, 1, 537),
            .nicira(.v12, 38)),
    ]

    private static let resumeFailed: [ErrorAssignment] = [
        .init(.resumeFailed(.notSupported), "NXR_NOT_SUPPORTED", .nicira(.v10, to: .v11, 1, 533), .nicira(.v12, 34)),
        .init(.resumeFailed(.stale), "NXR_STALE", .nicira(.v10, to: .v11, 1, 534), .nicira(.v12, 35)),
    ]

    private static let statisticsFailed: [ErrorAssignment] = [
        .init(
            .statisticsFailed(.notConfigured), "NXST_NOT_CONFIGURED", .nicira(.v10, to: .v11, 1, 535), .nicira(.v12, 36)
        )
    ]
}
