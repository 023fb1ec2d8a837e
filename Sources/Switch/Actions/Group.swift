/// How a group treats its buckets (`ofp_group_type`, with its numbers).
public enum GroupType: UInt8, Sendable, CaseIterable { case all, select, indirect, fastFailover }

/// One of a group's action sets.
public struct Bucket: Equatable, Sendable {
    /// Unique in its group (OpenFlow 1.5; given out by the switch for earlier versions).
    public var id: UInt32
    /// The share of a select group's packets.
    public var weight: UInt16
    /// What keeps a fast-failover bucket alive; `PortNumber.any` and `Group.any`: nothing is watched.
    public var watchPort: UInt32
    public var watchGroup: UInt32
    public var actions: [Action]

    public init(
        id: UInt32 = 0, weight: UInt16 = 0, watchPort: UInt32 = PortNumber.any, watchGroup: UInt32 = Group.any,
        actions: [Action] = []
    ) {
        self.id = id
        self.weight = weight
        self.watchPort = watchPort
        self.watchGroup = watchGroup
        self.actions = actions
    }
}

/// A group as a group-mod describes it (OpenFlow 1.5, 5.10).
public struct Group: Equatable, Sendable {
    /// The largest number of a group (`OFPG_MAX`), all groups (`OFPG_ALL`) and none (`OFPG_ANY`).
    public static let maximum: UInt32 = 0xffff_ff00
    public static let all: UInt32 = 0xffff_fffc
    public static let any: UInt32 = 0xffff_ffff

    /// How a select group chooses (`NTR selection_method`, Netronome's extension): the method ("" as the switch likes,
    /// "hash", "dp_hash"), its parameter, and the fields to hash with their masks.
    public struct Selection: Equatable, Sendable {
        public var method: String
        public var parameter: UInt64
        public var fields: [(field: Field, mask: FieldValue)]

        public init(method: String = "", parameter: UInt64 = 0, fields: [(field: Field, mask: FieldValue)] = []) {
            self.method = method
            self.parameter = parameter
            self.fields = fields
        }

        public static func == (a: Self, b: Self) -> Bool {
            a.method == b.method && a.parameter == b.parameter
                && a.fields.elementsEqual(b.fields) { $0.field == $1.field && $0.mask == $1.mask }
        }
    }

    public var id: UInt32
    public var type: GroupType
    public var buckets: [Bucket]
    public var selection: Selection

    public init(id: UInt32, type: GroupType, buckets: [Bucket] = [], selection: Selection = Selection()) {
        self.id = id
        self.type = type
        self.buckets = buckets
        self.selection = selection
    }
}
