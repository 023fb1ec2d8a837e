import Switch

/// The buckets and properties of groups (OpenFlow 1.5, 7.3.4.3), with Netronome's property that says how a select group
/// chooses.
public enum GroupCodec {
    private enum Property {
        static let weight: UInt16 = 0
        static let watchPort: UInt16 = 1
        static let watchGroup: UInt16 = 2
        static let experimenter: UInt16 = 0xffff
    }
    /// Netronome's experimenter id, and its `NTRT_SELECTION_METHOD`.
    private static let netronome: UInt32 = 0x0000_154d
    /// What Open vSwitch 2.3 took for Netronome's id, and still reads.
    private static let netronomeMistaken: UInt32 = 0x0000_1540
    private static let selectionMethod: UInt32 = 1
    private static let methodBytes = 16

    // MARK: Buckets

    /// Reads buckets to the end of the reader. The buckets of OpenFlow 1.1 to 1.4 have no ids; they get 0, 1, … . Groups of
    /// OpenFlow 1.0 are Nicira's extension, in the shape of 1.5.
    public static func decodeBuckets(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> [Bucket] {
        var buckets: [Bucket] = []
        reader.shortage = .groupModFailed(.badBucket)
        while !reader.isAtEnd {
            guard let length = reader.peek16(), length >= 8, length % 8 == 0 else { throw .groupModFailed(.badBucket) }
            var bytes = try reader.slice(Int(length))
            try bytes.skip(2)
            var bucket: Bucket
            if version >= .v15 || version == .v10 {
                bucket = try decode15(&bytes, version)
            } else {
                bucket = Bucket(id: UInt32(buckets.count))
                bucket.weight = try bytes.uint16()
                bucket.watchPort = try bytes.uint32()
                bucket.watchGroup = try bytes.uint32()
                try bytes.skip(4)
                bucket.actions = try ActionCodec.decode(&bytes, version: version)
            }
            buckets.append(bucket)
        }
        return buckets
    }

    private static func decode15(
        _ reader: inout WireReader, _ version: OpenFlowVersion
    ) throws(OpenFlowError) -> Bucket {
        let actionBytes = Int(try reader.uint16())
        var bucket = Bucket(id: try reader.uint32())
        guard actionBytes % 8 == 0 else { throw .groupModFailed(.badBucket) }
        var actions = try reader.slice(actionBytes)
        bucket.actions = try ActionCodec.decode(&actions, version: version)
        while !reader.isAtEnd {
            var property = try slice(&reader)
            switch try property.uint16() {
            case Property.weight:
                try property.skip(2)
                bucket.weight = try property.uint16()
            case Property.watchPort:
                try property.skip(2)
                bucket.watchPort = try property.uint32()
            case Property.watchGroup:
                try property.skip(2)
                bucket.watchGroup = try property.uint32()
            case Property.experimenter: throw .badProperty(.badExperimenter)
            default: throw .badProperty(.badType)
            }
        }
        return bucket
    }

    /// The next property, with type and length; the padding is passed.
    private static func slice(_ reader: inout WireReader) throws(OpenFlowError) -> WireReader {
        guard let length = reader.peek16(at: 2), length >= 4 else { throw .badProperty(.badLength) }
        let start = reader.position
        let property = try reader.slice(Int(length), shortage: .badProperty(.badLength))
        try reader.align(to: 8, from: start)
        return property
    }

    /// Writes buckets.
    /// - Parameter type: the group's; a weight is written for select groups, what is watched for fast failover.
    public static func encode(
        _ buckets: [Bucket], type: GroupType, version: OpenFlowVersion, into writer: inout WireWriter
    ) {
        for bucket in buckets {
            let start = writer.count
            writer.zeros(2)
            if version >= .v15 || version == .v10 {
                encode15(bucket, type, version, into: &writer)
            } else {
                writer.uint16(bucket.weight)
                writer.uint32(bucket.watchPort)
                writer.uint32(bucket.watchGroup)
                writer.zeros(4)
                ActionCodec.encode(bucket.actions, version: version, into: &writer)
            }
            writer.patchLength(from: start, at: start)
        }
    }

    private static func encode15(
        _ bucket: Bucket, _ type: GroupType, _ version: OpenFlowVersion, into writer: inout WireWriter
    ) {
        let start = writer.count
        writer.zeros(2)
        writer.uint32(bucket.id)
        let actions = writer.count
        ActionCodec.encode(bucket.actions, version: version, into: &writer)
        writer.patch16(UInt16(truncatingIfNeeded: writer.count - actions), at: start)
        if type == .select || bucket.weight != 0 {
            writer.uint16(Property.weight)
            writer.uint16(8)
            writer.uint16(bucket.weight)
            writer.zeros(2)
        }
        if bucket.watchPort != PortNumber.any {
            writer.uint16(Property.watchPort)
            writer.uint16(8)
            writer.uint32(bucket.watchPort)
        }
        if bucket.watchGroup != Group.any {
            writer.uint16(Property.watchGroup)
            writer.uint16(8)
            writer.uint32(bucket.watchGroup)
        }
    }

    // MARK: Properties

    /// Reads the properties of a group (OpenFlow 1.5) to the end of the reader.
    public static func decodeProperties(
        _ reader: inout WireReader, type: GroupType
    ) throws(OpenFlowError) -> Group.Selection {
        var result = Group.Selection()
        reader.shortage = .badProperty(.badLength)
        while !reader.isAtEnd {
            var property = try slice(&reader)
            let kind = try property.uint16()
            try property.skip(2)
            guard kind == Property.experimenter else { throw .badProperty(.badType) }
            let experimenter = try property.uint32()
            guard experimenter == netronome || experimenter == netronomeMistaken else {
                throw .badProperty(.badExperimenter)
            }
            guard try property.uint32() == selectionMethod else { throw .badProperty(.badExperimenterType) }
            guard type == .select else { throw .badProperty(.badValue) }
            try property.skip(4)
            result.method = try property.text(methodBytes)
            guard ["hash", "dp_hash"].contains(result.method) else { throw .badProperty(.badValue) }
            result.parameter = try property.uint64()
            while !property.isAtEnd {
                let entry = try OXMHeader(reading: &property)
                guard let field = entry.type.field, field.tunnelOption == nil else { throw .badMatch(.badField) }
                let count = entry.type.valueBytes(of: field)
                guard !entry.hasMask else { throw .badMatch(.badMask) }
                guard entry.payloadBytes == count else { throw .badMatch(.badLength) }
                let mask = try property.value(bytes: count) & .ones(field.width)
                guard field.isMaskable || mask == .ones(field.width) else { throw .badMatch(.badMask) }
                guard !result.fields.contains(where: { $0.field == field }) else { throw .badMatch(.duplicateField) }
                result.fields.append((field, mask))
            }
            guard result.method == "hash" || result.fields.isEmpty else { throw .badProperty(.badValue) }
        }
        return result
    }

    /// Writes the properties of a group (OpenFlow 1.5, and Open vSwitch's group messages for earlier versions).
    /// - Parameter version: whose entries name the fields.
    public static func encodeProperties(
        _ selection: Group.Selection, version: OpenFlowVersion, into writer: inout WireWriter
    ) {
        guard !selection.method.isEmpty else { return }
        writer.property(Property.experimenter) { writer in
            writer.uint32(netronome)
            writer.uint32(selectionMethod)
            writer.zeros(4)
            writer.text(selection.method, width: methodBytes)
            writer.uint64(selection.parameter)
            for (field, mask) in selection.fields {
                guard let type = OXMType(field, version: version == .v10 ? nil : version) else { continue }
                let count = type.valueBytes(of: field)
                // An exact mask has all bits of the bytes.
                let bits = mask == .ones(field.width) ? .ones(8 * count) : mask
                type.writeEntry(field, bits, mask: nil, into: &writer)
            }
        }
    }
}
