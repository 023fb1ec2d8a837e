import Switch

/// Queues as they are set up: of messages of their own up to OpenFlow 1.3, of multipart messages from 1.4 on
/// (OpenFlow 1.3, 7.2.2; 1.4, 7.3.5.14).
enum QueueCodec {
    private enum Property {
        static let minimumRate: UInt16 = 1
        static let maximumRate: UInt16 = 2
        static let experimenter: UInt16 = 0xffff
    }

    static func decodeRequest(_ reader: inout WireReader, version: OpenFlowVersion) throws(OpenFlowError) -> UInt32 {
        let port = try reader.port(version)
        try reader.skip(version == .v10 ? 2 : 4)
        guard reader.isAtEnd else { throw .badRequest(.badLength) }
        return port
    }

    static func encodeRequest(_ port: UInt32, version: OpenFlowVersion, into writer: inout WireWriter) {
        writer.port(port, version)
        writer.zeros(version == .v10 ? 2 : 4)
    }

    static func decodeReply(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> (port: UInt32, queues: [Message.Queue]) {
        let port = try reader.port(version)
        try reader.skip(version == .v10 ? 6 : 4)
        var queues: [Message.Queue] = []
        while !reader.isAtEnd { queues.append(try decode(&reader, version: version, port: port)) }
        return (port, queues)
    }

    static func encodeReply(
        _ port: UInt32, _ queues: [Message.Queue], version: OpenFlowVersion, into writer: inout WireWriter
    ) {
        writer.port(port, version)
        writer.zeros(version == .v10 ? 6 : 4)
        for queue in queues { encode(queue, version: version, into: &writer) }
    }

    /// - Parameter port: the queue's, where the structure does not hold it.
    static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion, port: UInt32
    ) throws(OpenFlowError) -> Message.Queue {
        let lengthAt = version >= .v12 ? 8 : 4
        guard let length = reader.peek16(at: lengthAt) else { throw .badRequest(.badLength) }
        var body = try reader.slice(Int(length))
        var queue: Message.Queue
        if version >= .v14 {
            let port = try body.uint32()
            queue = Message.Queue(port: port, id: try body.uint32())
            try body.skip(8)
        } else {
            queue = Message.Queue(port: port, id: try body.uint32())
            if version >= .v12 { queue.port = try body.uint32() }
            try body.skip(version >= .v12 ? 8 : 4)
        }
        while !body.isAtEnd {
            let (type, bytes) = try body.property()
            var property = bytes
            // Before OpenFlow 1.4 the header of a property had padding, and its length counted all padding.
            if version < .v14 { try property.skip(4) }
            switch type {
            case Property.minimumRate: queue.minimumRate = try property.uint16()
            case Property.maximumRate: queue.maximumRate = try property.uint16()
            case Property.experimenter:
                if version >= .v14 {
                    queue.experimenters.append(try property.experimenter())
                } else {
                    let id = try property.uint32()
                    try property.skip(4)
                    queue.experimenters.append(Experimenter(id: id, type: 0, data: property.rest()))
                }
            default: break
            }
        }
        return queue
    }

    static func encode(_ queue: Message.Queue, version: OpenFlowVersion, into writer: inout WireWriter) {
        let start = writer.count
        if version >= .v14 { writer.uint32(queue.port) }
        writer.uint32(queue.id)
        if version == .v12 || version == .v13 { writer.uint32(queue.port) }
        let lengthAt = writer.count
        writer.zeros(version >= .v12 ? 8 : 4)
        for (type, rate) in [(Property.minimumRate, queue.minimumRate), (Property.maximumRate, queue.maximumRate)] {
            guard let rate else { continue }
            if version >= .v14 {
                writer.uint16(type)
                writer.uint16(8)
                writer.uint16(rate)
                writer.zeros(2)
            } else {
                writer.uint16(type)
                writer.uint16(16)
                writer.zeros(4)
                writer.uint16(rate)
                writer.zeros(6)
            }
        }
        if version >= .v14 {
            writer.experimenters(queue.experimenters)
        } else if version >= .v12 {
            for experimenter in queue.experimenters {
                writer.paddedFrame(Property.experimenter) {
                    $0.zeros(4)
                    $0.uint32(experimenter.id)
                    $0.zeros(4)
                    $0.bytes(experimenter.data)
                }
            }
        }
        writer.patchLength(from: start, at: lengthAt)
    }
}
