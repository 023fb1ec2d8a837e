import Switch

/// What the extensible statistics of OpenFlow 1.5 (`ofp_stats`, 7.2.2.10) say of a flow; nil: not given.
public struct FlowStatistics: Equatable, Sendable {
    /// Since the flow was added, and since a packet last met it, in nanoseconds.
    public var duration: UInt64?
    public var idleTime: UInt64?
    public var flows: UInt32?
    public var packets: UInt64?
    public var bytes: UInt64?

    public init(
        duration: UInt64? = nil, idleTime: UInt64? = nil, flows: UInt32? = nil, packets: UInt64? = nil,
        bytes: UInt64? = nil
    ) {
        self.duration = duration
        self.idleTime = idleTime
        self.flows = flows
        self.packets = packets
        self.bytes = bytes
    }
}

/// OpenFlow 1.5's extensible statistics (OXS, 7.2.2.10).
public enum StatisticsCodec {
    private static let basicClass: UInt16 = 0x8002
    private static let duration: UInt8 = 0
    private static let idleTime: UInt8 = 1
    private static let flowCount: UInt8 = 3
    private static let packetCount: UInt8 = 4
    private static let byteCount: UInt8 = 5

    /// Reads the structure, with its padding.
    public static func decode(_ reader: inout WireReader) throws(OpenFlowError) -> FlowStatistics {
        let start = reader.position
        try reader.skip(2)
        let length = Int(try reader.uint16())
        guard length >= 4 else { throw reader.shortage }
        var fields = try reader.slice(length - 4)
        try reader.align(to: 8, from: start)
        var result = FlowStatistics()
        while !fields.isAtEnd {
            let header = try fields.uint32()
            var value = try fields.slice(Int(header & 0xff))
            guard header >> 16 == UInt32(basicClass) else { continue }
            switch UInt8(header >> 9 & 0x7f) {
            case duration: result.duration = try value.duration()
            case idleTime: result.idleTime = try value.duration()
            case flowCount: result.flows = try value.uint32()
            case packetCount: result.packets = try value.uint64()
            case byteCount: result.bytes = try value.uint64()
            default: break
            }
        }
        return result
    }

    /// Writes the structure, with its padding.
    public static func encode(_ statistics: FlowStatistics, into writer: inout WireWriter) {
        let start = writer.count
        writer.zeros(4)
        func header(_ number: UInt8, _ length: UInt32, into writer: inout WireWriter) {
            writer.uint32(UInt32(basicClass) << 16 | UInt32(number) << 9 | length)
        }
        for (number, time) in [(duration, statistics.duration), (idleTime, statistics.idleTime)] {
            guard let time else { continue }
            header(number, 8, into: &writer)
            writer.duration(time)
        }
        for (number, count) in [(packetCount, statistics.packets), (byteCount, statistics.bytes)] {
            guard let count else { continue }
            header(number, 8, into: &writer)
            writer.uint64(count)
        }
        if let flows = statistics.flows {
            header(flowCount, 4, into: &writer)
            writer.uint32(flows)
        }
        writer.patchLength(from: start)
        writer.align(to: 8, from: start)
    }
}
