/// `ofp_table_features` and its properties (OpenFlow 1.5, 7.3.5.18).
enum TableFeaturesCodec {
    typealias Property = Message.TableFeatures.Property

    private static let fixedBytes = 64
    private static let nameBytes = 32
    private static let experimenterClass: UInt32 = 0xffff
    private static let experimenterType: UInt16 = 0xffff

    // MARK: Decoding

    static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.TableFeatures {
        guard let length = reader.peek16(), Int(length) >= fixedBytes, length % 8 == 0 else {
            throw .badRequest(.badLength)
        }
        var body = try reader.slice(Int(length))
        try body.skip(2)
        var features = Message.TableFeatures(table: try body.uint8(), maximumEntries: 0)
        let command = try body.uint8()
        let flags = try body.uint32()
        if version >= .v15 {
            guard let command = Message.TableFeatures.Command(rawValue: command) else {
                throw .tableFeaturesFailed(.badCommand)
            }
            features.command = command
            features.flags = Message.TableFeatures.Flags(rawValue: flags)
        }
        features.name = try body.text(nameBytes)
        features.metadataMatch = try body.uint64()
        features.metadataWrite = try body.uint64()
        features.configuration = Message.TableConfiguration(rawValue: try body.uint32())
        features.maximumEntries = try body.uint32()
        while !body.isAtEnd { features.properties.append(try decodeProperty(&body, version: version)) }
        return features
    }

    private static func decodeProperty(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Property {
        let (type, bytes) = try reader.property()
        var property = bytes
        let isMiss = type & 1 == 1
        switch type {
        case 0, 1: return .instructions(try decodeTypes(&property), miss: isMiss)
        case 2, 3: return .nextTables(property.rest(), miss: isMiss)
        case 4, 5: return .writeActions(try decodeTypes(&property), miss: isMiss)
        case 6, 7: return .applyActions(try decodeTypes(&property), miss: isMiss)
        case 8: return .match(try decodeFields(&property))
        case 10: return .wildcards(try decodeFields(&property))
        case 12, 13: return .writeSetField(try decodeFields(&property), miss: isMiss)
        case 14, 15: return .applySetField(try decodeFields(&property), miss: isMiss)
        case 16 where version >= .v14: return .synchronizedFrom(property.rest())
        case 18 where version >= .v15, 19 where version >= .v15:
            return .writeCopyField(try decodeFields(&property), miss: isMiss)
        case 20 where version >= .v15, 21 where version >= .v15:
            return .applyCopyField(try decodeFields(&property), miss: isMiss)
        case 22 where version >= .v15: return .packetTypes(try decodePacketTypes(&property))
        case 0xfffe, 0xffff: return .experimenter(try property.experimenter(), miss: isMiss)
        default: throw .badProperty(.badType)
        }
    }

    private static func decodeTypes(_ reader: inout WireReader) throws(OpenFlowError) -> [Message.TypeID] {
        var types: [Message.TypeID] = []
        while !reader.isAtEnd {
            guard let length = reader.peek16(at: 2), length >= 4 else { throw .badProperty(.badLength) }
            var entry = try reader.slice(Int(length))
            var type = Message.TypeID(try entry.uint16())
            try entry.skip(2)
            if type.type == experimenterType { type.experimenter = try entry.uint32() }
            type.data = entry.rest()
            types.append(type)
        }
        return types
    }

    static func decodeFields(_ reader: inout WireReader) throws(OpenFlowError) -> [Message.OXMID] {
        var fields: [Message.OXMID] = []
        while !reader.isAtEnd {
            let header = try reader.uint32()
            let isExperimenter = header >> 16 == experimenterClass
            fields.append(Message.OXMID(header, experimenter: isExperimenter ? try reader.uint32() : nil))
        }
        return fields
    }

    /// The values of `OXM_OF_PACKET_TYPE`, with their headers.
    private static func decodePacketTypes(_ reader: inout WireReader) throws(OpenFlowError) -> [UInt32] {
        var types: [UInt32] = []
        while !reader.isAtEnd {
            guard try reader.uint32() == packetTypeHeader else { throw .badProperty(.badValue) }
            types.append(try reader.uint32())
        }
        return types
    }

    /// `OXM_OF_PACKET_TYPE`: class 0x8000, field 44, 4 bytes.
    private static let packetTypeHeader: UInt32 = 0x8000 << 16 | 44 << 9 | 4

    // MARK: Encoding

    static func encode(_ features: Message.TableFeatures, version: OpenFlowVersion, into writer: inout WireWriter) {
        let start = writer.count
        writer.zeros(2)
        writer.uint8(features.table)
        writer.uint8(version >= .v15 ? features.command.rawValue : 0)
        writer.uint32(version >= .v15 ? features.flags.rawValue : 0)
        writer.text(features.name, width: nameBytes)
        writer.uint64(features.metadataMatch)
        writer.uint64(features.metadataWrite)
        writer.uint32(features.configuration.rawValue)
        writer.uint32(features.maximumEntries)
        for property in features.properties { encode(property, version: version, into: &writer) }
        writer.patchLength(from: start, at: start)
    }

    private static func encode(_ property: Property, version: OpenFlowVersion, into writer: inout WireWriter) {
        func types(_ number: UInt16, _ miss: Bool, _ types: [Message.TypeID], into writer: inout WireWriter) {
            writer.property(number | (miss ? 1 : 0)) { encode(types, into: &$0) }
        }
        func fields(_ number: UInt16, _ miss: Bool, _ fields: [Message.OXMID], into writer: inout WireWriter) {
            writer.property(number | (miss ? 1 : 0)) { encode(fields, into: &$0) }
        }
        switch property {
        case .instructions(let list, let miss): types(0, miss, list, into: &writer)
        case .nextTables(let tables, let miss): writer.property(miss ? 3 : 2) { $0.bytes(tables) }
        case .writeActions(let list, let miss): types(4, miss, list, into: &writer)
        case .applyActions(let list, let miss): types(6, miss, list, into: &writer)
        case .match(let list): fields(8, false, list, into: &writer)
        case .wildcards(let list): fields(10, false, list, into: &writer)
        case .writeSetField(let list, let miss): fields(12, miss, list, into: &writer)
        case .applySetField(let list, let miss): fields(14, miss, list, into: &writer)
        case .synchronizedFrom(let tables): if version >= .v14 { writer.property(16) { $0.bytes(tables) } }
        case .writeCopyField(let list, let miss): if version >= .v15 { fields(18, miss, list, into: &writer) }
        case .applyCopyField(let list, let miss): if version >= .v15 { fields(20, miss, list, into: &writer) }
        case .packetTypes(let types):
            guard version >= .v15 else { return }
            writer.property(22) {
                for type in types {
                    $0.uint32(packetTypeHeader)
                    $0.uint32(type)
                }
            }
        case .experimenter(let experimenter, let miss):
            writer.property(miss ? 0xffff : 0xfffe) { $0.experimenter(experimenter) }
        }
    }

    private static func encode(_ types: [Message.TypeID], into writer: inout WireWriter) {
        for type in types {
            let start = writer.count
            writer.uint16(type.type)
            writer.zeros(2)
            if let experimenter = type.experimenter { writer.uint32(experimenter) }
            writer.bytes(type.data)
            writer.patchLength(from: start)
        }
    }

    static func encode(_ fields: [Message.OXMID], into writer: inout WireWriter) {
        for field in fields {
            writer.uint32(field.header)
            if let experimenter = field.experimenter { writer.uint32(experimenter) }
        }
    }
}
