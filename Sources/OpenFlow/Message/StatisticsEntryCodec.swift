import Switch

/// The entries of multipart replies that count something (OpenFlow 1.5, 7.3.5).
enum StatisticsEntryCodec {
    // MARK: Ports

    private static let ethernetProperty: UInt16 = 0
    private static let opticalProperty: UInt16 = 1
    private static let portBytes14 = 80

    static func decodePort(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.PortStatistics {
        var entry = Message.PortStatistics(port: 0, received: TrafficCount(), sent: TrafficCount())
        if version >= .v14 {
            guard let length = reader.peek16(), Int(length) >= portBytes14 else { throw .badRequest(.badLength) }
            var body = try reader.slice(Int(length))
            try body.skip(4)
            entry.port = try body.uint32()
            entry.duration = try body.knownDuration()
            try decodeCounters(&body, into: &entry)
            while !body.isAtEnd { try decodePortProperty(&body, into: &entry) }
            return entry
        }
        entry.port = try reader.port(version)
        try reader.skip(version == .v10 ? 6 : 4)
        try decodeCounters(&reader, into: &entry)
        entry.ethernet = Message.PortStatistics.Ethernet(
            frameErrors: try reader.uint64(), overruns: try reader.uint64(), checksumErrors: try reader.uint64(),
            collisions: try reader.uint64())
        if version == .v13 { entry.duration = try reader.knownDuration() }
        return entry
    }

    private static func decodeCounters(
        _ reader: inout WireReader, into entry: inout Message.PortStatistics
    ) throws(OpenFlowError) {
        entry.received.packets = try reader.uint64()
        entry.sent.packets = try reader.uint64()
        entry.received.bytes = try reader.uint64()
        entry.sent.bytes = try reader.uint64()
        entry.receiveDrops = try reader.uint64()
        entry.sendDrops = try reader.uint64()
        entry.receiveErrors = try reader.uint64()
        entry.sendErrors = try reader.uint64()
    }

    private static func decodePortProperty(
        _ reader: inout WireReader, into entry: inout Message.PortStatistics
    ) throws(OpenFlowError) {
        let (type, bytes) = try reader.property()
        var property = bytes
        switch type {
        case ethernetProperty:
            try property.skip(4)
            entry.ethernet = Message.PortStatistics.Ethernet(
                frameErrors: try property.uint64(), overruns: try property.uint64(),
                checksumErrors: try property.uint64(), collisions: try property.uint64())
        case opticalProperty:
            try property.skip(4)
            var optical = Message.PortStatistics.Optical()
            optical.flags = try property.uint32()
            optical.transmitFrequency = try property.uint32()
            optical.transmitOffset = try property.uint32()
            optical.transmitGridSpan = try property.uint32()
            optical.receiveFrequency = try property.uint32()
            optical.receiveOffset = try property.uint32()
            optical.receiveGridSpan = try property.uint32()
            optical.transmitPower = try property.uint16()
            optical.receivePower = try property.uint16()
            optical.biasCurrent = try property.uint16()
            optical.temperature = try property.uint16()
            entry.optical = optical
        case WireWriter.experimenterProperty: entry.experimenters.append(try property.experimenter())
        default: break
        }
    }

    static func encode(_ entry: Message.PortStatistics, version: OpenFlowVersion, into writer: inout WireWriter) {
        let start = writer.count
        if version >= .v14 { writer.zeros(4) }
        writer.port(entry.port, version)
        if version >= .v14 {
            writer.duration(entry.duration)
        } else {
            writer.zeros(version == .v10 ? 6 : 4)
        }
        writer.uint64(entry.received.packets)
        writer.uint64(entry.sent.packets)
        writer.uint64(entry.received.bytes)
        writer.uint64(entry.sent.bytes)
        writer.uint64(entry.receiveDrops)
        writer.uint64(entry.sendDrops)
        writer.uint64(entry.receiveErrors)
        writer.uint64(entry.sendErrors)
        if version >= .v14 {
            if let ethernet = entry.ethernet {
                writer.property(ethernetProperty) {
                    $0.zeros(4)
                    encode(ethernet, into: &$0)
                }
            }
            if let optical = entry.optical { encode(optical, into: &writer) }
            writer.experimenters(entry.experimenters)
            return writer.patchLength(from: start, at: start)
        }
        // What no one counts is all ones.
        let unknown = Message.PortStatistics.Ethernet(
            frameErrors: .max, overruns: .max, checksumErrors: .max, collisions: .max)
        encode(entry.ethernet ?? unknown, into: &writer)
        if version == .v13 { writer.duration(entry.duration) }
    }

    private static func encode(_ ethernet: Message.PortStatistics.Ethernet, into writer: inout WireWriter) {
        writer.uint64(ethernet.frameErrors)
        writer.uint64(ethernet.overruns)
        writer.uint64(ethernet.checksumErrors)
        writer.uint64(ethernet.collisions)
    }

    private static func encode(_ optical: Message.PortStatistics.Optical, into writer: inout WireWriter) {
        writer.property(opticalProperty) {
            $0.zeros(4)
            $0.uint32(optical.flags)
            $0.uint32(optical.transmitFrequency)
            $0.uint32(optical.transmitOffset)
            $0.uint32(optical.transmitGridSpan)
            $0.uint32(optical.receiveFrequency)
            $0.uint32(optical.receiveOffset)
            $0.uint32(optical.receiveGridSpan)
            $0.uint16(optical.transmitPower)
            $0.uint16(optical.receivePower)
            $0.uint16(optical.biasCurrent)
            $0.uint16(optical.temperature)
        }
    }

    // MARK: Queues

    private static let queueBytes14 = 48

    static func decodeQueue(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.QueueStatistics {
        if version >= .v14 {
            guard let length = reader.peek16(), Int(length) >= queueBytes14 else { throw .badRequest(.badLength) }
            var body = try reader.slice(Int(length))
            try body.skip(8)
            return try decodeQueueFields(&body, version: version)
        }
        return try decodeQueueFields(&reader, version: version)
    }

    private static func decodeQueueFields(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.QueueStatistics {
        let port = try reader.port(version)
        if version == .v10 { try reader.skip(2) }
        var entry = Message.QueueStatistics(port: port, queue: try reader.uint32(), sent: TrafficCount())
        entry.sent.bytes = try reader.uint64()
        entry.sent.packets = try reader.uint64()
        entry.errors = try reader.uint64()
        if version >= .v13 { entry.duration = try reader.knownDuration() }
        return entry
    }

    static func encode(_ entry: Message.QueueStatistics, version: OpenFlowVersion, into writer: inout WireWriter) {
        if version >= .v14 {
            writer.uint16(UInt16(queueBytes14))
            writer.zeros(6)
        }
        writer.port(entry.port, version)
        if version == .v10 { writer.zeros(2) }
        writer.uint32(entry.queue)
        writer.uint64(entry.sent.bytes)
        writer.uint64(entry.sent.packets)
        writer.uint64(entry.errors)
        if version >= .v13 { writer.duration(entry.duration) }
    }

    // MARK: Groups and meters

    /// OpenFlow 1.3 says how old groups are, and so does Nicira's message for OpenFlow 1.0.
    private static func hasGroupDuration(_ version: OpenFlowVersion) -> Bool { version >= .v13 || version == .v10 }

    static func decodeGroup(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.GroupStatistics {
        guard let length = reader.peek16() else { throw .badRequest(.badLength) }
        var body = try reader.slice(Int(length))
        try body.skip(4)
        let group = try body.uint32()
        let references = try body.uint32()
        try body.skip(4)
        var entry = Message.GroupStatistics(group: group, referenceCount: references, traffic: try body.traffic())
        if hasGroupDuration(version) { entry.duration = try body.knownDuration() }
        while !body.isAtEnd { entry.buckets.append(try body.traffic()) }
        return entry
    }

    static func encode(_ entry: Message.GroupStatistics, version: OpenFlowVersion, into writer: inout WireWriter) {
        let start = writer.count
        writer.zeros(4)
        writer.uint32(entry.group)
        writer.uint32(entry.referenceCount)
        writer.zeros(4)
        writer.traffic(entry.traffic)
        if hasGroupDuration(version) { writer.duration(entry.duration) }
        for bucket in entry.buckets { writer.traffic(bucket) }
        writer.patchLength(from: start, at: start)
    }

    static func decodeMeter(_ reader: inout WireReader) throws(OpenFlowError) -> Message.MeterStatistics {
        guard let length = reader.peek16(at: 4) else { throw .badRequest(.badLength) }
        var body = try reader.slice(Int(length))
        let meter = try body.uint32()
        try body.skip(8)
        let references = try body.uint32()
        let traffic = try body.traffic()
        var entry = Message.MeterStatistics(
            meter: meter, referenceCount: references, traffic: traffic, duration: try body.duration())
        while !body.isAtEnd { entry.bands.append(try body.traffic()) }
        return entry
    }

    static func encode(_ entry: Message.MeterStatistics, into writer: inout WireWriter) {
        let start = writer.count
        writer.uint32(entry.meter)
        writer.zeros(8)
        writer.uint32(entry.referenceCount)
        writer.traffic(entry.traffic)
        writer.duration(entry.duration)
        for band in entry.bands { writer.traffic(band) }
        writer.patchLength(from: start, at: start + 4)
    }

    // MARK: Tables

    private static let tableNameBytes = 32

    static func decodeTable(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.TableStatistics {
        var entry = Message.TableStatistics(table: try reader.uint8(), active: 0, lookups: 0, matches: 0)
        if version >= .v13 {
            try reader.skip(3)
        } else {
            try reader.skip(version == .v10 ? 3 : 7)
            entry.description = try decodeTableDescription(&reader, version: version)
        }
        entry.active = try reader.uint32()
        entry.lookups = try reader.uint64()
        entry.matches = try reader.uint64()
        return entry
    }

    private static func decodeTableDescription(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Message.TableStatistics.Description {
        var description = Message.TableStatistics.Description(name: try reader.text(tableNameBytes))
        switch version {
        case .v10: description.wildcards = UInt64(try reader.uint32())
        case .v11:
            description.wildcards = UInt64(try reader.uint32())
            description.match = UInt64(try reader.uint32())
            description.instructions = try reader.uint32()
            description.writeActions = try reader.uint32()
            description.applyActions = try reader.uint32()
            description.configuration = Message.TableConfiguration(rawValue: try reader.uint32())
        default:
            description.match = try reader.uint64()
            description.wildcards = try reader.uint64()
            description.writeActions = try reader.uint32()
            description.applyActions = try reader.uint32()
            description.writeSetField = try reader.uint64()
            description.applySetField = try reader.uint64()
            description.metadataMatch = try reader.uint64()
            description.metadataWrite = try reader.uint64()
            description.instructions = try reader.uint32()
            description.configuration = Message.TableConfiguration(rawValue: try reader.uint32())
        }
        description.maximumEntries = try reader.uint32()
        return description
    }

    static func encode(_ entry: Message.TableStatistics, version: OpenFlowVersion, into writer: inout WireWriter) {
        writer.uint8(entry.table)
        if version >= .v13 {
            writer.zeros(3)
        } else {
            writer.zeros(version == .v10 ? 3 : 7)
            encode(entry.description ?? .init(), version: version, into: &writer)
        }
        writer.uint32(entry.active)
        writer.uint64(entry.lookups)
        writer.uint64(entry.matches)
    }

    private static func encode(
        _ description: Message.TableStatistics.Description, version: OpenFlowVersion, into writer: inout WireWriter
    ) {
        writer.text(description.name, width: tableNameBytes)
        switch version {
        case .v10: writer.uint32(UInt32(truncatingIfNeeded: description.wildcards))
        case .v11:
            writer.uint32(UInt32(truncatingIfNeeded: description.wildcards))
            writer.uint32(UInt32(truncatingIfNeeded: description.match))
            writer.uint32(description.instructions)
            writer.uint32(description.writeActions)
            writer.uint32(description.applyActions)
            writer.uint32(description.configuration.rawValue)
        default:
            writer.uint64(description.match)
            writer.uint64(description.wildcards)
            writer.uint32(description.writeActions)
            writer.uint32(description.applyActions)
            writer.uint64(description.writeSetField)
            writer.uint64(description.applySetField)
            writer.uint64(description.metadataMatch)
            writer.uint64(description.metadataWrite)
            writer.uint32(description.instructions)
            writer.uint32(description.configuration.rawValue)
        }
        writer.uint32(description.maximumEntries)
    }

    // MARK: IPFIX

    static func decodeIPFIX(_ reader: inout WireReader) throws(OpenFlowError) -> Message.IPFIXStatistics {
        var entry = Message.IPFIXStatistics()
        entry.totalFlows = try reader.uint64()
        entry.currentFlows = try reader.uint64()
        entry.packets = try reader.uint64()
        entry.ipv4Packets = try reader.uint64()
        entry.ipv6Packets = try reader.uint64()
        entry.errorPackets = try reader.uint64()
        entry.ipv4ErrorPackets = try reader.uint64()
        entry.ipv6ErrorPackets = try reader.uint64()
        entry.sentPackets = try reader.uint64()
        entry.sendErrors = try reader.uint64()
        entry.collectorSet = try reader.uint32()
        try reader.skip(4)
        return entry
    }

    static func encode(_ entry: Message.IPFIXStatistics, into writer: inout WireWriter) {
        writer.uint64(entry.totalFlows)
        writer.uint64(entry.currentFlows)
        writer.uint64(entry.packets)
        writer.uint64(entry.ipv4Packets)
        writer.uint64(entry.ipv6Packets)
        writer.uint64(entry.errorPackets)
        writer.uint64(entry.ipv4ErrorPackets)
        writer.uint64(entry.ipv6ErrorPackets)
        writer.uint64(entry.sentPackets)
        writer.uint64(entry.sendErrors)
        writer.uint32(entry.collectorSet)
        writer.zeros(4)
    }
}

extension WireReader {
    /// Packets and bytes.
    mutating func traffic() throws(OpenFlowError) -> TrafficCount {
        TrafficCount(packets: try uint64(), bytes: try uint64())
    }
}

extension WireWriter {
    mutating func traffic(_ count: TrafficCount) {
        uint64(count.packets)
        uint64(count.bytes)
    }
}
