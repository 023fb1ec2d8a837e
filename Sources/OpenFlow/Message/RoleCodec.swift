/// Roles, and what messages a controller gets unasked (OpenFlow 1.5, 7.3.8 to 7.3.10, 7.4.4 and 7.4.7).
enum RoleCodec {
    static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.RoleChange {
        guard let role = Message.Role(rawValue: try reader.uint32()) else { throw .roleRequestFailed(.badRole) }
        let shortID = try reader.uint16()
        try reader.skip(2)
        let generation = try reader.uint64()
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return Message.RoleChange(role, generation: generation, shortID: version >= .v15 ? shortID : 0xffff)
    }

    static func encode(_ change: Message.RoleChange, version: OpenFlowVersion, into writer: inout WireWriter) {
        writer.uint32(change.role.rawValue)
        writer.uint16(version >= .v15 ? change.shortID : 0)
        writer.zeros(2)
        writer.uint64(change.generation)
    }

    /// Nicira's roles: 0 other, 1 primary, 2 secondary.
    static func decodeNicira(_ reader: inout WireReader) throws(OpenFlowError) -> Message.RoleChange {
        let number = try reader.uint32()
        guard number <= 2, let role = Message.Role(rawValue: number + 1) else { throw .roleRequestFailed(.badRole) }
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return Message.RoleChange(role)
    }

    static func encodeNicira(_ change: Message.RoleChange, into writer: inout WireWriter) {
        writer.uint32(change.role == .noChange ? 0 : change.role.rawValue - 1)
    }

    // MARK: Status

    static func decodeStatus(_ reader: inout WireReader) throws(OpenFlowError) -> Message.RoleStatus {
        guard let role = Message.Role(rawValue: try reader.uint32()) else { throw .roleRequestFailed(.badRole) }
        guard let reason = Message.RoleStatus.Reason(rawValue: try reader.uint8()) else {
            throw .badRequest(.badReason)
        }
        try reader.skip(3)
        var status = Message.RoleStatus(role, reason: reason, generation: try reader.uint64())
        while !reader.isAtEnd {
            let (type, bytes) = try reader.property()
            var property = bytes
            guard type == WireWriter.experimenterProperty else { throw .badProperty(.badType) }
            status.experimenters.append(try property.experimenter())
        }
        return status
    }

    static func encode(_ status: Message.RoleStatus, into writer: inout WireWriter) {
        writer.uint32(status.role.rawValue)
        writer.uint8(status.reason.rawValue)
        writer.zeros(3)
        writer.uint64(status.generation)
        writer.experimenters(status.experimenters)
    }

    private static let uriProperty: UInt16 = 0
    private static let controllerStatusBytes = 16

    static func decodeControllerStatus(
        _ reader: inout WireReader
    ) throws(OpenFlowError) -> Message.ControllerStatus {
        guard let length = reader.peek16(), Int(length) >= controllerStatusBytes else {
            throw .badRequest(.badLength)
        }
        let start = reader.position
        var body = try reader.slice(Int(length))
        try reader.skip(min((8 - (reader.position - start) % 8) % 8, reader.remaining))
        try body.skip(2)
        let shortID = try body.uint16()
        guard let role = Message.Role(rawValue: try body.uint32()) else { throw .roleRequestFailed(.badRole) }
        guard let reason = Message.ControllerStatus.Reason(rawValue: try body.uint8()) else {
            throw .badRequest(.badReason)
        }
        let isUp = try body.uint8() == 0
        try body.skip(6)
        var status = Message.ControllerStatus(shortID: shortID, role: role, reason: reason, isUp: isUp, uri: "")
        while !body.isAtEnd {
            let (type, bytes) = try body.property()
            var property = bytes
            switch type {
            case uriProperty: status.uri = try property.text(property.remaining)
            case WireWriter.experimenterProperty: status.experimenters.append(try property.experimenter())
            default: throw .badProperty(.badType)
            }
        }
        return status
    }

    static func encode(_ status: Message.ControllerStatus, into writer: inout WireWriter) {
        let start = writer.count
        writer.zeros(2)
        writer.uint16(status.shortID)
        writer.uint32(status.role.rawValue)
        writer.uint8(status.reason.rawValue)
        writer.uint8(status.isUp ? 0 : 1)
        writer.zeros(6)
        writer.property(uriProperty) { $0.bytes(Array(status.uri.utf8)) }
        writer.experimenters(status.experimenters)
        writer.patchLength(from: start, at: start)
    }
}

/// `ofp_async_config` and Nicira's two messages for the same.
enum AsyncCodec {
    typealias Configuration = Message.AsyncConfiguration

    private static let fixedEvents: [Configuration.Event] = [.packetIn, .portStatus, .flowRemoved]
    private static let secondaryExperimenter: UInt16 = 0xfffe

    /// The fixed form: OpenFlow 1.3 and `NXT_SET_ASYNC_CONFIG`.
    static func decodeFixed(_ reader: inout WireReader) throws(OpenFlowError) -> Configuration {
        var result = Configuration()
        for event in fixedEvents {
            result.primary[event] = try reader.uint32()
            result.secondary[event] = try reader.uint32()
        }
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return result
    }

    static func encodeFixed(_ configuration: Configuration, into writer: inout WireWriter) {
        for event in fixedEvents {
            writer.uint32(configuration.primary[event] ?? 0)
            writer.uint32(configuration.secondary[event] ?? 0)
        }
    }

    /// Properties: OpenFlow 1.4 and later, and `NXT_SET_ASYNC_CONFIG2`. Even numbers are those of secondary controllers.
    static func decode(_ reader: inout WireReader, version: OpenFlowVersion) throws(OpenFlowError) -> Configuration {
        var result = Configuration()
        let last: UInt16 = version >= .v15 ? 15 : 11
        while !reader.isAtEnd {
            let (type, bytes) = try reader.property()
            var property = bytes
            switch type {
            case 0...last:
                guard let event = Configuration.Event(rawValue: type >> 1) else { throw .badProperty(.badType) }
                let mask = try property.uint32()
                guard property.isAtEnd else { throw .badProperty(.badLength) }
                if type & 1 == 0 { result.secondary[event] = mask } else { result.primary[event] = mask }
            case secondaryExperimenter: result.secondaryExperimenters.append(try property.experimenter())
            case WireWriter.experimenterProperty: result.experimenters.append(try property.experimenter())
            default: throw .badProperty(.badType)
            }
        }
        return result
    }

    /// Reads what a controller asks for. Properties that are not known and reasons that there are none of are refused
    /// (OpenFlow 1.5, 7.5.4.16).
    static func decodeRequest(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Configuration {
        let result: Configuration
        do throws(OpenFlowError) {
            result = try decode(&reader, version: version)
        } catch .badProperty(.badType) {
            throw .asyncConfigurationFailed(.unsupported)
        }
        for masks in [result.primary, result.secondary] {
            for (event, mask) in masks where mask & ~reasons(event) != 0 {
                throw .asyncConfigurationFailed(.invalid)
            }
        }
        return result
    }

    /// Bit n: messages of the kind may have reason n.
    private static func reasons(_ event: Configuration.Event) -> UInt32 {
        switch event {
        case .packetIn, .flowRemoved: 0x3f
        case .portStatus, .roleStatus: 0x07
        case .tableStatus: 0x18
        case .requestForward, .flowStatistics: 0x03
        case .controllerStatus: 0x7f
        }
    }

    static func encode(_ configuration: Configuration, version: OpenFlowVersion, into writer: inout WireWriter) {
        for event in Configuration.Event.allCases where version >= .v15 || event.rawValue < 6 {
            if let mask = configuration.secondary[event] {
                writer.property(event.rawValue << 1) { $0.uint32(mask) }
            }
            if let mask = configuration.primary[event] {
                writer.property(event.rawValue << 1 | 1) { $0.uint32(mask) }
            }
        }
        writer.experimenters(configuration.secondaryExperimenters, type: secondaryExperimenter)
        writer.experimenters(configuration.experimenters)
    }
}
