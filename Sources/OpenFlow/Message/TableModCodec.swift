/// What tables are set to (OpenFlow 1.5, 7.3.4.1, 7.3.5.18 and 7.4.5).
enum TableModCodec {
    private enum Property {
        static let eviction: UInt16 = 2
        static let vacancy: UInt16 = 3
        static let experimenter: UInt16 = 0xffff
    }
    private static let descriptionBytes = 8

    static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.TableModification {
        let table = try reader.uint8()
        try reader.skip(3)
        var change = Message.TableModification(
            table: table, configuration: Message.TableConfiguration(rawValue: try reader.uint32()))
        guard change.configuration.rawValue & ~known(version) == 0 else { throw .tableModFailed(.badConfig) }
        if version >= .v14 {
            try decodeProperties(&reader, into: &change)
        } else {
            guard reader.isAtEnd else { throw .badRequest(.badLength) }
            guard !change.configuration.isSuperset(of: .missMask) else { throw .tableModFailed(.badConfig) }
        }
        return change
    }

    private static func known(_ version: OpenFlowVersion) -> UInt32 {
        switch version {
        // Deprecated, not forbidden, from OpenFlow 1.3 on.
        case .v10, .v11, .v12, .v13: 3
        default: 0xf
        }
    }

    private static func decodeProperties(
        _ reader: inout WireReader, into change: inout Message.TableModification
    ) throws(OpenFlowError) {
        while !reader.isAtEnd {
            let (type, bytes) = try reader.property()
            var property = bytes
            switch type {
            case Property.eviction:
                change.evictionFlags = Message.TableEvictionFlags(rawValue: try property.uint32())
                guard property.isAtEnd else { throw .badProperty(.badLength) }
            case Property.vacancy:
                let vacancy = Message.Vacancy(
                    down: try property.uint8(), up: try property.uint8(), current: try property.uint8())
                try property.skip(1)
                guard property.isAtEnd else { throw .badProperty(.badLength) }
                guard vacancy.down <= vacancy.up, vacancy.up <= 100 else { throw .badProperty(.badValue) }
                change.vacancy = vacancy
            case Property.experimenter: change.experimenters.append(try property.experimenter())
            default: throw .badProperty(.badType)
            }
        }
    }

    static func encode(
        _ change: Message.TableModification, version: OpenFlowVersion, into writer: inout WireWriter
    ) {
        writer.uint8(change.table)
        writer.zeros(3)
        writer.uint32(change.configuration.rawValue & known(version))
        if version >= .v14 { encodeProperties(change, into: &writer) }
    }

    private static func encodeProperties(_ change: Message.TableModification, into writer: inout WireWriter) {
        if let flags = change.evictionFlags { writer.property(Property.eviction) { $0.uint32(flags.rawValue) } }
        if let vacancy = change.vacancy {
            writer.property(Property.vacancy) {
                $0.uint8(vacancy.down)
                $0.uint8(vacancy.up)
                $0.uint8(vacancy.current)
                $0.zeros(1)
            }
        }
        writer.experimenters(change.experimenters)
    }

    // MARK: Descriptions

    static func decodeDescription(_ reader: inout WireReader) throws(OpenFlowError) -> Message.TableDescription {
        guard let length = reader.peek16(), Int(length) >= descriptionBytes else { throw .badRequest(.badLength) }
        var body = try reader.slice(Int(length))
        try body.skip(2)
        let table = try body.uint8()
        try body.skip(1)
        var description = Message.TableDescription(
            table: table, configuration: Message.TableConfiguration(rawValue: try body.uint32()))
        try decodeProperties(&body, into: &description)
        return description
    }

    static func encodeDescription(_ description: Message.TableDescription, into writer: inout WireWriter) {
        let start = writer.count
        writer.zeros(2)
        writer.uint8(description.table)
        writer.zeros(1)
        writer.uint32(description.configuration.rawValue)
        encodeProperties(description, into: &writer)
        writer.patchLength(from: start, at: start)
    }

    // MARK: Status

    static func decodeStatus(_ reader: inout WireReader) throws(OpenFlowError) -> Message.TableStatus {
        guard let reason = Message.TableStatus.Reason(rawValue: try reader.uint8()) else {
            throw .badRequest(.badReason)
        }
        try reader.skip(7)
        let table = try decodeDescription(&reader)
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return Message.TableStatus(reason, table)
    }

    static func encode(_ status: Message.TableStatus, into writer: inout WireWriter) {
        writer.uint8(status.reason.rawValue)
        writer.zeros(7)
        encodeDescription(status.table, into: &writer)
    }
}
