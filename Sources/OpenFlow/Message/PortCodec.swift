import Switch

/// Ports: their descriptions, changes and queues (OpenFlow 1.5, 7.2.1 and 7.3.5).
enum PortCodec {
    private static let nameBytes = 16
    private static let header14 = 40

    private enum Property {
        static let ethernet: UInt16 = 0
        static let optical: UInt16 = 1
        static let pipelineInput: UInt16 = 2
        static let pipelineOutput: UInt16 = 3
        static let recirculation: UInt16 = 4
        static let experimenter: UInt16 = 0xffff
    }

    // MARK: Descriptions

    static func decode(_ reader: inout WireReader, version: OpenFlowVersion) throws(OpenFlowError) -> Message.Port {
        if version >= .v14 { return try decode14(&reader, version: version) }
        var port = Message.Port(number: 0, hardwareAddress: 0, name: "")
        port.number = try reader.port(version)
        if version > .v10 { try reader.skip(4) }
        port.hardwareAddress = try reader.uint48()
        if version > .v10 { try reader.skip(2) }
        port.name = try reader.text(nameBytes)
        port.configuration = PortConfiguration(rawValue: try reader.uint32())
        port.state = Message.Port.State(rawValue: try reader.uint32())
        var ethernet = Message.Port.Ethernet()
        ethernet.current = features(try reader.uint32(), version)
        ethernet.advertised = features(try reader.uint32(), version)
        ethernet.supported = features(try reader.uint32(), version)
        ethernet.peer = features(try reader.uint32(), version)
        if version > .v10 {
            ethernet.currentSpeed = try reader.uint32()
            ethernet.maximumSpeed = try reader.uint32()
        }
        port.ethernet = ethernet
        return port
    }

    private static func decode14(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.Port {
        guard let length = reader.peek16(at: 4), Int(length) >= header14 else { throw .badRequest(.badLength) }
        var body = try reader.slice(Int(length))
        var port = Message.Port(number: try body.uint32(), hardwareAddress: 0, name: "")
        try body.skip(4)
        port.hardwareAddress = try body.uint48()
        try body.skip(2)
        port.name = try body.text(nameBytes)
        port.configuration = PortConfiguration(rawValue: try body.uint32())
        port.state = Message.Port.State(rawValue: try body.uint32())
        while !body.isAtEnd {
            let (type, bytes) = try body.property()
            var property = bytes
            switch type {
            case Property.ethernet:
                try property.skip(4)
                port.ethernet = Message.Port.Ethernet(
                    current: features(try property.uint32(), version),
                    advertised: features(try property.uint32(), version),
                    supported: features(try property.uint32(), version),
                    peer: features(try property.uint32(), version),
                    currentSpeed: try property.uint32(), maximumSpeed: try property.uint32())
            case Property.optical:
                try property.skip(4)
                port.optical = Message.Port.Optical(
                    supported: try property.uint32(),
                    transmitMinimum: try property.uint32(), transmitMaximum: try property.uint32(),
                    transmitGrid: try property.uint32(),
                    receiveMinimum: try property.uint32(), receiveMaximum: try property.uint32(),
                    receiveGrid: try property.uint32(),
                    powerMinimum: try property.uint16(), powerMaximum: try property.uint16())
            case Property.pipelineInput where version >= .v15:
                port.pipelineInput = try TableFeaturesCodec.decodeFields(&property)
            case Property.pipelineOutput where version >= .v15:
                port.pipelineOutput = try TableFeaturesCodec.decodeFields(&property)
            case Property.recirculation where version >= .v15:
                var ports: [UInt32] = []
                while !property.isAtEnd { ports.append(try property.uint32()) }
                port.recirculation = ports
            case Property.experimenter: port.experimenters.append(try property.experimenter())
            default: break  // Descriptions are read, not obeyed: what is new in them is no error.
            }
        }
        return port
    }

    static func encode(_ port: Message.Port, version: OpenFlowVersion, into writer: inout WireWriter) {
        let start = writer.count
        writer.port(port.number, version)
        if version > .v10 { writer.zeros(4) }
        writer.uint48(port.hardwareAddress)
        if version > .v10 { writer.zeros(2) }
        writer.text(port.name, width: nameBytes)
        writer.uint32(configuration(port.configuration, version))
        writer.uint32(state(port.state, version))
        if version >= .v14 {
            encodeProperties(port, version: version, into: &writer)
            return writer.patchLength(from: start, at: start + 4)
        }
        let ethernet = port.ethernet ?? Message.Port.Ethernet()
        writer.uint32(bits(ethernet.current, version))
        writer.uint32(bits(ethernet.advertised, version))
        writer.uint32(bits(ethernet.supported, version))
        writer.uint32(bits(ethernet.peer, version))
        if version > .v10 {
            writer.uint32(ethernet.currentSpeed)
            writer.uint32(ethernet.maximumSpeed)
        }
    }

    private static func encodeProperties(
        _ port: Message.Port, version: OpenFlowVersion, into writer: inout WireWriter
    ) {
        if let ethernet = port.ethernet {
            writer.property(Property.ethernet) {
                $0.zeros(4)
                $0.uint32(bits(ethernet.current, version))
                $0.uint32(bits(ethernet.advertised, version))
                $0.uint32(bits(ethernet.supported, version))
                $0.uint32(bits(ethernet.peer, version))
                $0.uint32(ethernet.currentSpeed)
                $0.uint32(ethernet.maximumSpeed)
            }
        }
        if let optical = port.optical {
            writer.property(Property.optical) {
                $0.zeros(4)
                for value in [
                    optical.supported, optical.transmitMinimum, optical.transmitMaximum, optical.transmitGrid,
                    optical.receiveMinimum, optical.receiveMaximum, optical.receiveGrid,
                ] { $0.uint32(value) }
                $0.uint16(optical.powerMinimum)
                $0.uint16(optical.powerMaximum)
            }
        }
        if version >= .v15 {
            if let fields = port.pipelineInput {
                writer.property(Property.pipelineInput) { TableFeaturesCodec.encode(fields, into: &$0) }
            }
            if let fields = port.pipelineOutput {
                writer.property(Property.pipelineOutput) { TableFeaturesCodec.encode(fields, into: &$0) }
            }
            if let ports = port.recirculation {
                writer.property(Property.recirculation) { for port in ports { $0.uint32(port) } }
            }
        }
        writer.experimenters(port.experimenters)
    }

    // MARK: Bits

    /// The settings that a version knows.
    private static func configuration(_ configuration: PortConfiguration, _ version: OpenFlowVersion) -> UInt32 {
        configuration.rawValue & (version == .v10 ? 0x7f : 0x65)
    }

    private static func state(_ state: Message.Port.State, _ version: OpenFlowVersion) -> UInt32 {
        state.rawValue & (version == .v10 ? 0x301 : 7)
    }

    /// OpenFlow 1.0 has no rates above 10 Gbit/s; what follows them stands four places lower there.
    private static func features(_ bits: UInt32, _ version: OpenFlowVersion) -> Message.Port.Features {
        .init(rawValue: version == .v10 ? bits & 0x7f | (bits & 0xf80) << 4 : bits)
    }

    private static func bits(_ features: Message.Port.Features, _ version: OpenFlowVersion) -> UInt32 {
        let bits = features.rawValue
        return version == .v10 ? bits & 0x7f | bits >> 4 & 0xf80 : bits
    }

    // MARK: Status

    static func decodeStatus(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.PortStatus {
        guard let reason = Message.PortStatus.Reason(rawValue: try reader.uint8()) else {
            throw .badRequest(.badReason)
        }
        try reader.skip(7)
        let port = try decode(&reader, version: version)
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return Message.PortStatus(reason, port)
    }

    static func encode(_ status: Message.PortStatus, version: OpenFlowVersion, into writer: inout WireWriter) {
        writer.uint8(status.reason.rawValue)
        writer.zeros(7)
        encode(status.port, version: version, into: &writer)
    }

    // MARK: Modification

    static func decodeModification(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.PortModification {
        let port = try reader.port(version)
        if version > .v10 { try reader.skip(4) }
        let address = try reader.uint48()
        if version > .v10 { try reader.skip(2) }
        let configuration = PortConfiguration(rawValue: try reader.uint32())
        let mask = PortConfiguration(rawValue: try reader.uint32())
        var result = Message.PortModification(
            port: port, hardwareAddress: address, configuration: configuration, mask: mask)
        if version < .v14 {
            result.advertised = features(try reader.uint32(), version)
            try reader.skip(4)
            guard reader.isAtEnd else { throw .badRequest(.badLength) }
            return result
        }
        while !reader.isAtEnd {
            let (type, bytes) = try reader.property()
            var property = bytes
            switch type {
            case Property.ethernet:
                result.advertised = features(try property.uint32(), version)
                guard property.isAtEnd else { throw .badProperty(.badLength) }
            case Property.optical:
                result.optical = Message.PortModification.Optical(
                    configuration: try property.uint32(), frequency: try property.uint32(),
                    frequencyOffset: try property.uint32(), gridSpan: try property.uint32(),
                    power: try property.uint32())
                guard property.isAtEnd else { throw .badProperty(.badLength) }
            case Property.experimenter: result.experimenters.append(try property.experimenter())
            default: throw .badProperty(.badType)
            }
        }
        return result
    }

    static func encode(
        _ modification: Message.PortModification, version: OpenFlowVersion, into writer: inout WireWriter
    ) {
        writer.port(modification.port, version)
        if version > .v10 { writer.zeros(4) }
        writer.uint48(modification.hardwareAddress)
        if version > .v10 { writer.zeros(2) }
        writer.uint32(configuration(modification.configuration, version))
        writer.uint32(configuration(modification.mask, version))
        if version < .v14 {
            writer.uint32(bits(modification.advertised ?? [], version))
            return writer.zeros(4)
        }
        if let advertised = modification.advertised {
            writer.property(Property.ethernet) { $0.uint32(bits(advertised, version)) }
        }
        if let optical = modification.optical {
            writer.property(Property.optical) {
                $0.uint32(optical.configuration)
                $0.uint32(optical.frequency)
                $0.uint32(optical.frequencyOffset)
                $0.uint32(optical.gridSpan)
                $0.uint32(optical.power)
            }
        }
        writer.experimenters(modification.experimenters)
    }
}
