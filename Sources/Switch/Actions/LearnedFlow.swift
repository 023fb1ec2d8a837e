/// `NXAST_LEARN` and `NXAST_LEARN2` (nicira-ext.h): the flow to add for a packet.
public struct LearnedFlow: Equatable, Sendable {
    /// Where bits come from: the packet, or a constant (its `count` low bits).
    public enum Source: Equatable, Sendable {
        case field(Subfield)
        case immediate(FieldValue, count: Int)
    }
    public enum Specification: Equatable, Sendable {
        /// The new flow matches the bits.
        case match(Source, to: Subfield)
        /// The new flow loads the bits.
        case load(Source, to: Subfield)
        /// The new flow outputs to the port in the field.
        case output(Subfield)
    }

    public var table: UInt8
    public var priority: UInt16
    public var idleTimeout: UInt16
    public var hardTimeout: UInt16
    public var cookie: UInt64
    public var finIdleTimeout: UInt16
    public var finHardTimeout: UInt16
    public var sendFlowRemoved: Bool
    public var deleteLearned: Bool
    /// The most flows to learn with this cookie in the table (0: no limit), and where a bit says whether one was
    /// (`NXAST_LEARN2`).
    public var limit: UInt32
    public var resultBit: Subfield?
    public var specifications: [Specification]

    public init(
        table: UInt8, priority: UInt16 = 32768, idleTimeout: UInt16 = 0, hardTimeout: UInt16 = 0, cookie: UInt64 = 0,
        finIdleTimeout: UInt16 = 0, finHardTimeout: UInt16 = 0, sendFlowRemoved: Bool = false,
        deleteLearned: Bool = false, limit: UInt32 = 0, resultBit: Subfield? = nil,
        specifications: [Specification] = []
    ) {
        self.table = table
        self.priority = priority
        self.idleTimeout = idleTimeout
        self.hardTimeout = hardTimeout
        self.cookie = cookie
        self.finIdleTimeout = finIdleTimeout
        self.finHardTimeout = finHardTimeout
        self.sendFlowRemoved = sendFlowRemoved
        self.deleteLearned = deleteLearned
        self.limit = limit
        self.resultBit = resultBit
        self.specifications = specifications
    }
}
