import Switch

/// Messages of Nicira's extension that have no counterpart in OpenFlow (nicira-ext.h).
public enum NiciraMessage: Sendable {
    /// `NXT_SET_FLOW_FORMAT`: 0 OpenFlow 1.0's flow format, 2 Nicira's extended match.
    case setFlowFormat(UInt32)
    /// `NXT_FLOW_MOD_TABLE_ID`: whether the upper byte of a flow-mod's command is a table's number.
    case flowModTableID(Bool)
    /// `NXT_SET_PACKET_IN_FORMAT`: 0 the version's own, 1 `NXT_PACKET_IN`, 2 `NXT_PACKET_IN2`.
    case setPacketInFormat(UInt32)
    /// `NXT_FLOW_AGE`, obsolete.
    case flowAge
    case setControllerID(UInt16)
    case flowMonitorCancel(id: UInt32)
    case flowMonitorPaused
    case flowMonitorResumed
    case tlvTableModification(TLVTableModification)
    case tlvTableRequest
    case tlvTableReply(TLVTable)
    /// A packet-in2 with its continuation, back from the controller.
    case resume(Message.PacketIn)
    case ctFlushZone(UInt16)
    case ctFlush(ConnectionFlush)

    /// `nx_tlv_map`.
    public typealias TLVMapping = TunnelOptionTable.Mapping

    /// `nx_tlv_table_mod`.
    public struct TLVTableModification: Equatable, Sendable {
        /// `nx_tlv_table_mod_command`, with its numbers.
        public enum Command: UInt16, Sendable, CaseIterable { case add, delete, clear }

        public var command: Command
        public var mappings: [TLVMapping]

        public init(_ command: Command, mappings: [TLVMapping] = []) {
            self.command = command
            self.mappings = mappings
        }
    }

    /// `nx_tlv_table_reply`.
    public struct TLVTable: Equatable, Sendable {
        public var maximumOptionSpace: UInt32
        public var maximumFields: UInt16
        public var mappings: [TLVMapping]

        public init(maximumOptionSpace: UInt32, maximumFields: UInt16, mappings: [TLVMapping]) {
            self.maximumOptionSpace = maximumOptionSpace
            self.maximumFields = maximumFields
            self.mappings = mappings
        }
    }

    /// `nx_ct_flush`: which tracked connections to forget.
    public struct ConnectionFlush: Equatable, Sendable {
        /// One direction of a connection; nil: anything.
        public struct Tuple: Equatable, Sendable {
            /// IPv6 addresses, or IPv4 ones mapped into them.
            public var source: FieldValue?
            public var destination: FieldValue?
            public var sourcePort: UInt16?
            public var destinationPort: UInt16?
            public var icmpID: UInt16?
            public var icmpType: UInt8?
            public var icmpCode: UInt8?

            public init() {}
        }

        /// 0: any.
        public var ipProtocol: UInt8
        public var original: Tuple?
        public var reply: Tuple?
        public var zone: UInt16?
        public var mark: UInt32?
        public var markMask: UInt32?
        public var labels: FieldValue?
        public var labelsMask: FieldValue?

        public init(ipProtocol: UInt8 = 0, original: Tuple? = nil, reply: Tuple? = nil, zone: UInt16? = nil) {
            self.ipProtocol = ipProtocol
            self.original = original
            self.reply = reply
            self.zone = zone
        }
    }
}
