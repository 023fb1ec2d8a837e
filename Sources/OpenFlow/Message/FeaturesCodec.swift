/// What a switch is and how it is set (OpenFlow 1.5, 7.3.1 and 7.3.2).
enum FeaturesCodec {
    /// OpenFlow 1.0's bit of the spanning tree, where later versions have that of group statistics.
    private static let spanningTree10: UInt32 = 1 << 3

    static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.Features {
        var features = Message.Features(datapathID: try reader.uint64(), tableCount: 0)
        features.bufferCount = try reader.uint32()
        features.tableCount = try reader.uint8()
        features.auxiliaryID = version >= .v13 ? try reader.uint8() : 0
        try reader.skip(version >= .v13 ? 2 : 3)
        var capabilities = try reader.uint32()
        if version == .v10, capabilities & spanningTree10 != 0 {
            capabilities &= ~spanningTree10
            capabilities |= Message.Features.Capabilities.spanningTree.rawValue
        }
        features.capabilities = Message.Features.Capabilities(rawValue: capabilities)
        features.actions = try reader.uint32()
        if version >= .v13 {
            guard reader.isAtEnd else { throw .badRequest(.badLength) }
        } else {
            while !reader.isAtEnd { features.ports.append(try PortCodec.decode(&reader, version: version)) }
        }
        return features
    }

    static func encode(_ features: Message.Features, version: OpenFlowVersion, into writer: inout WireWriter) {
        writer.uint64(features.datapathID)
        writer.uint32(features.bufferCount)
        writer.uint8(features.tableCount)
        writer.uint8(version >= .v13 ? features.auxiliaryID : 0)
        writer.zeros(2)
        var capabilities = features.capabilities
        if version == .v10 {
            let hasSpanningTree = capabilities.contains(.spanningTree)
            capabilities.remove(.groupStatistics)
            if hasSpanningTree { capabilities.insert(.init(rawValue: spanningTree10)) }
        }
        let known: UInt32 =
            switch version {
            case .v10: 0xff
            case .v11: 0xef
            case .v12, .v13: 0x16f
            default: 0x76f
            }
        writer.uint32(capabilities.rawValue & known)
        writer.uint32(features.actions)
        guard version < .v13 else { return }
        for port in features.ports { PortCodec.encode(port, version: version, into: &writer) }
    }

    // MARK: Configuration

    /// OpenFlow 1.1's and 1.2's; Open vSwitch takes it in 1.0 too, and ovs-ofctl sends it there.
    private static let invalidTTLToController: UInt16 = 4

    static func decodeConfiguration(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.SwitchConfiguration {
        let flags = try reader.uint16()
        let missLength = try reader.uint16()
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        var known: UInt16 = 3
        if version < .v13 { known |= invalidTTLToController }
        guard flags & ~known == 0, let fragments = Message.SwitchConfiguration.Fragments(rawValue: flags & 3) else {
            throw .switchConfigurationFailed(.badFlags)
        }
        return Message.SwitchConfiguration(
            fragments: fragments, invalidTTLToController: flags & invalidTTLToController != 0, missLength: missLength)
    }

    static func encode(
        _ configuration: Message.SwitchConfiguration, version: OpenFlowVersion, into writer: inout WireWriter
    ) {
        let hasInvalidTTL = configuration.invalidTTLToController && version < .v13
        writer.uint16(configuration.fragments.rawValue | (hasInvalidTTL ? invalidTTLToController : 0))
        writer.uint16(configuration.missLength)
    }
}
