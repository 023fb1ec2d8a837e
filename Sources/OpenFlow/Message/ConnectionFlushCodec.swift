import Switch

/// `NXT_CT_FLUSH` (nicira-ext.h).
enum ConnectionFlushCodec {
    typealias Flush = NiciraMessage.ConnectionFlush

    private enum Property {
        static let original: UInt16 = 0
        static let reply: UInt16 = 1
        static let zone: UInt16 = 2
        static let mark: UInt16 = 3
        static let markMask: UInt16 = 4
        static let labels: UInt16 = 5
        static let labelsMask: UInt16 = 6
    }

    private enum TupleProperty {
        static let source: UInt16 = 0
        static let destination: UInt16 = 1
        static let sourcePort: UInt16 = 2
        static let destinationPort: UInt16 = 3
        static let icmpID: UInt16 = 4
        static let icmpType: UInt16 = 5
        static let icmpCode: UInt16 = 6
    }

    static func decode(_ reader: inout WireReader) throws(OpenFlowError) -> Flush {
        var flush = Flush(ipProtocol: try reader.uint8())
        try reader.skipZeros(7, or: .badRequest(.mustBeZero))
        while !reader.isAtEnd {
            let (type, bytes) = try reader.property()
            var property = bytes
            switch type {
            case Property.original: flush.original = try decodeTuple(&property)
            case Property.reply: flush.reply = try decodeTuple(&property)
            case Property.zone: flush.zone = try property.uint16()
            case Property.mark: flush.mark = try property.uint32()
            case Property.markMask: flush.markMask = try property.uint32()
            case Property.labels: flush.labels = try property.value(bytes: 16)
            case Property.labelsMask: flush.labelsMask = try property.value(bytes: 16)
            default: throw .badProperty(.badType)
            }
        }
        return flush
    }

    private static func decodeTuple(_ reader: inout WireReader) throws(OpenFlowError) -> Flush.Tuple {
        try reader.skip(4)
        var tuple = Flush.Tuple()
        while !reader.isAtEnd {
            let (type, bytes) = try reader.property()
            var property = bytes
            switch type {
            case TupleProperty.source: tuple.source = try property.value(bytes: 16)
            case TupleProperty.destination: tuple.destination = try property.value(bytes: 16)
            case TupleProperty.sourcePort: tuple.sourcePort = try property.uint16()
            case TupleProperty.destinationPort: tuple.destinationPort = try property.uint16()
            case TupleProperty.icmpID: tuple.icmpID = try property.uint16()
            case TupleProperty.icmpType: tuple.icmpType = try property.uint8()
            case TupleProperty.icmpCode: tuple.icmpCode = try property.uint8()
            default: throw .badProperty(.badType)
            }
        }
        return tuple
    }

    static func encode(_ flush: Flush, into writer: inout WireWriter) {
        writer.uint8(flush.ipProtocol)
        writer.zeros(7)
        for (type, tuple) in [(Property.original, flush.original), (Property.reply, flush.reply)] {
            guard let tuple else { continue }
            writer.property(type) {
                $0.zeros(4)
                encode(tuple, into: &$0)
            }
        }
        if let zone = flush.zone { short(Property.zone, zone, into: &writer) }
        if let mark = flush.mark { writer.property(Property.mark) { $0.uint32(mark) } }
        if let mask = flush.markMask { writer.property(Property.markMask) { $0.uint32(mask) } }
        if let labels = flush.labels { writer.property(Property.labels) { $0.value(labels, bytes: 16) } }
        if let mask = flush.labelsMask { writer.property(Property.labelsMask) { $0.value(mask, bytes: 16) } }
    }

    private static func encode(_ tuple: Flush.Tuple, into writer: inout WireWriter) {
        if let source = tuple.source { writer.property(TupleProperty.source) { $0.value(source, bytes: 16) } }
        if let target = tuple.destination {
            writer.property(TupleProperty.destination) { $0.value(target, bytes: 16) }
        }
        if let port = tuple.sourcePort { short(TupleProperty.sourcePort, port, into: &writer) }
        if let port = tuple.destinationPort { short(TupleProperty.destinationPort, port, into: &writer) }
        if let id = tuple.icmpID { short(TupleProperty.icmpID, id, into: &writer) }
        if let type = tuple.icmpType { writer.property(TupleProperty.icmpType) { $0.uint8(type) } }
        if let code = tuple.icmpCode { writer.property(TupleProperty.icmpCode) { $0.uint8(code) } }
    }

    /// A 16-bit property has a length of 8.
    private static func short(_ type: UInt16, _ value: UInt16, into writer: inout WireWriter) {
        writer.property(type) {
            $0.uint16(value)
            $0.zeros(2)
        }
    }
}
