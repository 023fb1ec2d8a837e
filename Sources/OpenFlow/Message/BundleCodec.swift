/// Bundles (OpenFlow 1.5, 7.3.9), also as the ONF's extension EXT-230 to 1.3.
enum BundleCodec {
    private static let timeProperty: UInt16 = 1

    static func decodeControl(_ reader: inout WireReader) throws(OpenFlowError) -> Message.BundleControl {
        let bundle = try reader.uint32()
        guard let kind = Message.BundleControl.Kind(rawValue: try reader.uint16()) else {
            throw .bundleFailed(.badType)
        }
        let flags = Message.BundleFlags(rawValue: try reader.uint16())
        var control = Message.BundleControl(bundle: bundle, kind, flags: flags)
        while !reader.isAtEnd {
            let (type, bytes) = try reader.property()
            var property = bytes
            switch type {
            case timeProperty:
                try property.skip(4)
                control.time = try time(&property)
            case WireWriter.experimenterProperty: control.experimenters.append(try property.experimenter())
            default: throw .badProperty(.badType)
            }
        }
        return control
    }

    static func encode(_ control: Message.BundleControl, version: OpenFlowVersion, into writer: inout WireWriter) {
        writer.uint32(control.bundle)
        writer.uint16(control.kind.rawValue)
        writer.uint16(control.flags.rawValue)
        if version >= .v15, let time = control.time {
            writer.property(timeProperty) {
                $0.zeros(4)
                encode(time, into: &$0)
            }
        }
        writer.experimenters(control.experimenters)
    }

    // MARK: Adding

    /// What the message inside is refused for is its own error, with its own xid, which is the outer one's too.
    static func decodeAdd(
        _ reader: inout WireReader, version: OpenFlowVersion, xid: UInt32
    ) throws(OpenFlowError) -> Message.BundleAdd {
        let bundle = try reader.uint32()
        try reader.skip(2)
        let flags = Message.BundleFlags(rawValue: try reader.uint16())
        guard let header = reader.peek32(), let innerXID = reader.peek32(at: 4) else {
            throw .bundleFailed(.messageBadLength)
        }
        guard header >> 24 == UInt32(version.rawValue) else { throw .bundleFailed(.badVersion) }
        let length = Int(header & 0xffff)
        guard length >= 8, length <= reader.remaining else { throw .bundleFailed(.messageBadLength) }
        guard innerXID == xid else { throw .bundleFailed(.messageBadXID) }
        let type = MessageType(number: UInt8(truncatingIfNeeded: header >> 16), version: version)
        guard let type, isBundlable(type) else { throw .bundleFailed(.messageUnsupported) }
        let start = reader.position
        var inner = try reader.slice(length)
        let message = try Message.decodeFrame(&inner, version: version, hasTableID: false, isNested: true)
        var add = Message.BundleAdd(bundle: bundle, flags: flags, message)
        if case .experimenter = message.body { throw .bundleFailed(.messageUnsupported) }
        if case .nicira = message.body { throw .bundleFailed(.messageUnsupported) }
        guard !reader.isAtEnd else { return add }
        try reader.align(to: 8, from: start)
        while !reader.isAtEnd {
            let (type, bytes) = try reader.property()
            var property = bytes
            guard type == WireWriter.experimenterProperty else { throw .badProperty(.badType) }
            add.experimenters.append(try property.experimenter())
        }
        return add
    }

    /// What changes the switch; an experimenter's message may be Nicira's group-mod.
    private static func isBundlable(_ type: MessageType) -> Bool {
        switch type {
        case .flowMod, .groupMod, .portMod, .tableMod, .meterMod, .packetOut, .experimenter: true
        default: false
        }
    }

    /// - Returns: false: the version has no such message inside.
    static func encode(
        _ add: Message.BundleAdd, version: OpenFlowVersion, xid: UInt32, into writer: inout WireWriter
    ) -> Bool {
        writer.uint32(add.bundle)
        writer.zeros(2)
        writer.uint16(add.flags.rawValue)
        let start = writer.count
        var inner = add.message
        inner.xid = xid
        guard inner.encode(version: version, into: &writer) else { return false }
        guard !add.experimenters.isEmpty else { return true }
        writer.align(to: 8, from: start)
        writer.experimenters(add.experimenters)
        return true
    }

    // MARK: Features

    private static let featuresTimeProperty: UInt16 = 1

    static func decodeFeatures(
        _ reader: inout WireReader, isRequest: Bool
    ) throws(OpenFlowError) -> Message.BundleFeatures {
        var features: Message.BundleFeatures
        if isRequest {
            features = Message.BundleFeatures(bits: try reader.uint32())
            try reader.skip(4)
        } else {
            features = Message.BundleFeatures(bits: UInt32(try reader.uint16()))
            try reader.skip(6)
        }
        while !reader.isAtEnd {
            let (type, bytes) = try reader.property()
            var property = bytes
            switch type {
            case featuresTimeProperty:
                try property.skip(4)
                features.schedule = Message.BundleFeatures.Schedule(
                    accuracy: try time(&property), maximumFuture: try time(&property),
                    maximumPast: try time(&property), timestamp: try time(&property))
            case WireWriter.experimenterProperty: features.experimenters.append(try property.experimenter())
            default: throw .badProperty(.badType)
            }
        }
        return features
    }

    static func encode(_ features: Message.BundleFeatures, isRequest: Bool, into writer: inout WireWriter) {
        if isRequest {
            writer.uint32(features.bits)
            writer.zeros(4)
        } else {
            writer.uint16(UInt16(truncatingIfNeeded: features.bits))
            writer.zeros(6)
        }
        if let schedule = features.schedule {
            writer.property(featuresTimeProperty) {
                $0.zeros(4)
                for time in [schedule.accuracy, schedule.maximumFuture, schedule.maximumPast, schedule.timestamp] {
                    encode(time, into: &$0)
                }
            }
        }
        writer.experimenters(features.experimenters)
    }

    private static func time(_ reader: inout WireReader) throws(OpenFlowError) -> Message.Time {
        let seconds = try reader.uint64()
        let nanoseconds = try reader.uint32()
        try reader.skip(4)
        return Message.Time(seconds: seconds, nanoseconds: nanoseconds)
    }

    private static func encode(_ time: Message.Time, into writer: inout WireWriter) {
        writer.uint64(time.seconds)
        writer.uint32(time.nanoseconds)
        writer.zeros(4)
    }
}
