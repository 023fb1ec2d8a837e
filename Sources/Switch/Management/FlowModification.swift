/// A change of a bridge's flow tables, as a flow-mod of any version asks for it (OpenFlow 1.5, 7.3.4.2).
public struct FlowModification: Equatable, Sendable {
    /// `ofp_flow_mod_command`, with its numbers.
    public enum Command: UInt8, Sendable { case add, modify, modifyStrict, delete, deleteStrict }

    /// `ofp_flow_mod_flags`, with the numbers of OpenFlow 1.3 and later; `emergency` is OpenFlow 1.0's.
    public struct Flags: OptionSet, Hashable, Sendable {
        public var rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let sendFlowRemoved = Flags(rawValue: 1)
        public static let checkOverlap = Flags(rawValue: 2)
        public static let resetCounts = Flags(rawValue: 4)
        public static let noPacketCounts = Flags(rawValue: 8)
        public static let noByteCounts = Flags(rawValue: 16)
        public static let emergency = Flags(rawValue: 1 << 16)
    }

    public var command: Command
    /// nil: all tables (`OFPTT_ALL`; deletes only), and of OpenFlow 1.0's adds the switch's choice, table 0.
    public var table: UInt8?
    public var priority: UInt16
    public var match: Match
    /// The cookie of an added flow; with `cookieMask`, which flows a modify or delete means.
    public var cookie: UInt64
    public var cookieMask: UInt64
    /// In a modify, the new cookie (OpenFlow 1.0 and Nicira's extension change it).
    public var newCookie: UInt64?
    /// In seconds; 0: never.
    public var idleTimeout: UInt16
    public var hardTimeout: UInt16
    public var importance: UInt16
    public var flags: Flags
    /// Of a delete: only flows that output there. `PortNumber.any`, `Group.any`: all.
    public var outPort: UInt32
    public var outGroup: UInt32
    public var instructions: Instructions
    /// The packet-in whose packet is to pass the changed tables; nil: none.
    public var buffer: UInt32?

    public init(
        _ command: Command, table: UInt8? = 0, priority: UInt16 = 32768, match: Match = Match(), cookie: UInt64 = 0,
        cookieMask: UInt64 = 0, newCookie: UInt64? = nil, idleTimeout: UInt16 = 0, hardTimeout: UInt16 = 0,
        importance: UInt16 = 0, flags: Flags = [], outPort: UInt32 = PortNumber.any, outGroup: UInt32 = Group.any,
        instructions: Instructions = Instructions(), buffer: UInt32? = nil
    ) {
        self.command = command
        self.table = table
        self.priority = priority
        self.match = match
        self.cookie = cookie
        self.cookieMask = cookieMask
        self.newCookie = newCookie
        self.idleTimeout = idleTimeout
        self.hardTimeout = hardTimeout
        self.importance = importance
        self.flags = flags
        self.outPort = outPort
        self.outGroup = outGroup
        self.instructions = instructions
        self.buffer = buffer
    }
}

/// Why a change of flows, groups or meters was refused. The agent knows the error type and code of each version.
public enum ModificationError: Error, Equatable, Sendable {
    // Flow mods
    case tableFull, badTable, overlap, permission, badTimeout, unsupportedFlags, badCommand
    case cannotSynchronize, isSynchronized
    // Groups
    case groupExists, unknownGroup, invalidGroup, weightUnsupported, outOfGroups, outOfBuckets, chainingUnsupported
    case watchUnsupported, groupLoop, chainedGroup, badGroupType, badBucket, unknownBucket, bucketExists
    // Meters
    case meterExists, unknownMeter, invalidMeter, badMeterFlags, badRate, badBurst, badBand, outOfMeters, outOfBands
    // Actions and instructions against the state of the switch
    case badOutPort, badOutGroup, badQueue, badSetField, badTableOfGoTo, unsupportedAction
    case matchInconsistentWithAction
    /// Options of tunnels that are not the bridge's; more bytes than an option has, and more bits.
    case unmappedOption, badOptionLength, badOptionBits
}
