import Switch

/// `ofp_group_mod` and `ofp_meter_mod`, and the descriptions of groups and meters (OpenFlow 1.5, 7.3.4.3 and 7.3.4.5).
enum GroupModCodec {
    /// Whether buckets have numbers, and buckets and groups properties: Nicira's messages for OpenFlow 1.0 are like this.
    private static func hasProperties(_ version: OpenFlowVersion) -> Bool { version >= .v15 || version == .v10 }

    static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> GroupModification {
        guard let command = GroupModification.Command(rawValue: try reader.uint16()) else {
            throw .groupModFailed(.badCommand)
        }
        if !hasProperties(version), command == .insertBucket || command == .removeBucket {
            throw .groupModFailed(.badCommand)
        }
        guard let type = GroupType(rawValue: try reader.uint8()) else { throw .groupModFailed(.badType) }
        try reader.skip(1)
        var change = GroupModification(command, Group(id: try reader.uint32(), type: type))
        if hasProperties(version) {
            let bucketBytes = Int(try reader.uint16())
            try reader.skip(2)
            change.bucket = try reader.uint32()
            try checkBucket(change)
            var buckets = try reader.slice(bucketBytes, shortage: .groupModFailed(.badBucket))
            change.group.buckets = try GroupCodec.decodeBuckets(&buckets, version: version)
            change.group.selection = try GroupCodec.decodeProperties(&reader, type: type)
            // How to choose is said of the whole group only.
            let isWhole = command == .add || command == .modify || command == .addOrModify
            guard isWhole || change.group.selection == Group.Selection() else { throw .badProperty(.badValue) }
        } else {
            change.group.buckets = try GroupCodec.decodeBuckets(&reader, version: version)
        }
        return change
    }

    /// Which bucket numbers go with which command: none with those that are about the whole group.
    private static func checkBucket(_ change: GroupModification) throws(OpenFlowError) {
        switch change.command {
        case .insertBucket:
            if change.bucket == GroupModification.allBuckets { throw .groupModFailed(.unknownBucket) }
            fallthrough
        case .removeBucket:
            if change.bucket > Group.maximum, change.bucket < GroupModification.firstBucket {
                throw .groupModFailed(.unknownBucket)
            }
        default:
            if change.bucket != GroupModification.allBuckets { throw .groupModFailed(.unknownBucket) }
        }
    }

    static func encode(_ change: GroupModification, version: OpenFlowVersion, into writer: inout WireWriter) {
        let group = change.group
        writer.uint16(change.command.rawValue)
        writer.uint8(group.type.rawValue)
        writer.zeros(1)
        writer.uint32(group.id)
        guard hasProperties(version) else {
            return GroupCodec.encode(group.buckets, type: group.type, version: version, into: &writer)
        }
        let lengthAt = writer.count
        writer.zeros(4)
        writer.uint32(change.bucket)
        let start = writer.count
        GroupCodec.encode(group.buckets, type: group.type, version: version, into: &writer)
        writer.patchLength(from: start, at: lengthAt)
        GroupCodec.encodeProperties(group.selection, version: version, into: &writer)
    }

    // MARK: Descriptions

    static func decodeDescription(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Group {
        guard let length = reader.peek16() else { throw .badRequest(.badLength) }
        var body = try reader.slice(Int(length))
        try body.skip(2)
        guard let type = GroupType(rawValue: try body.uint8()) else { throw .groupModFailed(.badType) }
        try body.skip(1)
        var group = Group(id: try body.uint32(), type: type)
        if hasProperties(version) {
            let bucketBytes = Int(try body.uint16())
            try body.skip(6)
            var buckets = try body.slice(bucketBytes)
            group.buckets = try GroupCodec.decodeBuckets(&buckets, version: version)
            group.selection = try GroupCodec.decodeProperties(&body, type: type)
        } else {
            group.buckets = try GroupCodec.decodeBuckets(&body, version: version)
        }
        return group
    }

    static func encodeDescription(_ group: Group, version: OpenFlowVersion, into writer: inout WireWriter) {
        let start = writer.count
        writer.zeros(2)
        writer.uint8(group.type.rawValue)
        writer.zeros(1)
        writer.uint32(group.id)
        let lengthAt = writer.count
        if hasProperties(version) { writer.zeros(8) }
        let buckets = writer.count
        GroupCodec.encode(group.buckets, type: group.type, version: version, into: &writer)
        if hasProperties(version) {
            writer.patchLength(from: buckets, at: lengthAt)
            GroupCodec.encodeProperties(group.selection, version: version, into: &writer)
        }
        writer.patchLength(from: start, at: start)
    }
}

/// `ofp_meter_mod` and `ofp_meter_desc`.
enum MeterModCodec {
    private static let knownFlags: UInt16 = 0xf

    static func decode(_ reader: inout WireReader) throws(OpenFlowError) -> MeterModification {
        guard let command = MeterModification.Command(rawValue: try reader.uint16()) else {
            throw .meterModFailed(.badCommand)
        }
        let flags = Meter.Flags(rawValue: try reader.uint16())
        var change = MeterModification(command, Meter(id: try reader.uint32(), flags: flags))
        if command == .delete {
            // What else a delete says means nothing.
            change.meter.flags.formIntersection(Meter.Flags(rawValue: knownFlags))
            return change
        }
        guard flags.rawValue & ~knownFlags == 0, !flags.isSuperset(of: [.kilobits, .packets]) else {
            throw .meterModFailed(.badFlags)
        }
        change.meter.bands = try MeterBandCodec.decode(&reader)
        return change
    }

    static func encode(_ change: MeterModification, into writer: inout WireWriter) {
        writer.uint16(change.command.rawValue)
        writer.uint16(change.meter.flags.rawValue)
        writer.uint32(change.meter.id)
        MeterBandCodec.encode(change.meter.bands, into: &writer)
    }

    static func decodeDescription(_ reader: inout WireReader) throws(OpenFlowError) -> Meter {
        guard let length = reader.peek16() else { throw .badRequest(.badLength) }
        var body = try reader.slice(Int(length))
        try body.skip(2)
        let flags = Meter.Flags(rawValue: try body.uint16())
        var meter = Meter(id: try body.uint32(), flags: flags)
        meter.bands = try MeterBandCodec.decode(&body)
        return meter
    }

    static func encodeDescription(_ meter: Meter, into writer: inout WireWriter) {
        let start = writer.count
        writer.zeros(2)
        writer.uint16(meter.flags.rawValue)
        writer.uint32(meter.id)
        MeterBandCodec.encode(meter.bands, into: &writer)
        writer.patchLength(from: start, at: start)
    }
}
