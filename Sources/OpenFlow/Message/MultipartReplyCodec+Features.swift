import Switch

// Replies that are one structure.

extension MultipartReplyCodec {
    private static let textBytes = 256
    private static let serialNumberBytes = 32

    static func decodeDescription(_ reader: inout WireReader) throws(OpenFlowError) -> Message.SwitchDescription {
        let manufacturer = try reader.text(textBytes)
        let hardware = try reader.text(textBytes)
        let software = try reader.text(textBytes)
        let serialNumber = try reader.text(serialNumberBytes)
        return Message.SwitchDescription(
            manufacturer: manufacturer, hardware: hardware, software: software, serialNumber: serialNumber,
            datapath: try reader.text(textBytes))
    }

    static func encode(_ description: Message.SwitchDescription, into writer: inout WireWriter) {
        writer.text(description.manufacturer, width: textBytes)
        writer.text(description.hardware, width: textBytes)
        writer.text(description.software, width: textBytes)
        writer.text(description.serialNumber, width: serialNumberBytes)
        writer.text(description.datapath, width: textBytes)
    }

    static func decodeAggregate(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> FlowStatistics {
        if version >= .v15 { return try StatisticsCodec.decode(&reader) }
        let packets = try reader.uint64()
        let bytes = try reader.uint64()
        let flows = try reader.uint32()
        try reader.skip(4)
        return FlowStatistics(flows: flows, packets: packets, bytes: bytes)
    }

    static func encode(_ statistics: FlowStatistics, version: OpenFlowVersion, into writer: inout WireWriter) {
        if version >= .v15 { return StatisticsCodec.encode(statistics, into: &writer) }
        writer.uint64(statistics.packets ?? .max)
        writer.uint64(statistics.bytes ?? .max)
        writer.uint32(statistics.flows ?? 0)
        writer.zeros(4)
    }

    static func decodeGroupFeatures(_ reader: inout WireReader) throws(OpenFlowError) -> Message.GroupFeatures {
        let types = try reader.uint32()
        let capabilities = Message.GroupFeatures.Capabilities(rawValue: try reader.uint32())
        var numbers: [UInt32] = []
        for _ in 0..<8 { numbers.append(try reader.uint32()) }
        return Message.GroupFeatures(
            types: types, capabilities: capabilities, maximumGroups: Array(numbers[..<4]), actions: Array(numbers[4...])
        )
    }

    static func encode(_ features: Message.GroupFeatures, into writer: inout WireWriter) {
        writer.uint32(features.types)
        writer.uint32(features.capabilities.rawValue)
        for numbers in [features.maximumGroups, features.actions] {
            for index in 0..<4 { writer.uint32(index < numbers.count ? numbers[index] : 0) }
        }
    }

    static func decodeMeterFeatures(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.MeterFeatures {
        var features = Message.MeterFeatures(
            maximumMeters: try reader.uint32(), bandTypes: try reader.uint32(), capabilities: try reader.uint32(),
            maximumBands: try reader.uint8(), maximumColor: try reader.uint8())
        try reader.skip(2)
        // Open vSwitch leaves out what OpenFlow 1.5 added.
        if version >= .v15, !reader.isAtEnd {
            features.features = try reader.uint32()
            try reader.skip(4)
        }
        return features
    }

    static func encode(_ features: Message.MeterFeatures, version: OpenFlowVersion, into writer: inout WireWriter) {
        writer.uint32(features.maximumMeters)
        writer.uint32(features.bandTypes)
        writer.uint32(features.capabilities)
        writer.uint8(features.maximumBands)
        writer.uint8(features.maximumColor)
        writer.zeros(2)
        guard version >= .v15, features.features != 0 else { return }
        writer.uint32(features.features)
        writer.zeros(4)
    }
}
