/// A change of a bridge's groups (OpenFlow 1.5, 7.3.4.3).
public struct GroupModification: Equatable, Sendable {
    /// `ofp_group_mod_command`, with its numbers; `addOrModify` is Open vSwitch's own.
    public enum Command: UInt16, Sendable {
        case add = 0, modify = 1, delete = 2, insertBucket = 3, removeBucket = 5, addOrModify = 0x8000
    }
    /// Special bucket ids of `insertBucket` and `removeBucket`.
    public static let firstBucket: UInt32 = 0xffff_fffd
    public static let lastBucket: UInt32 = 0xffff_fffe
    public static let allBuckets: UInt32 = 0xffff_ffff

    public var command: Command
    /// Its id may be `Group.all` in a delete.
    public var group: Group
    /// Behind which bucket to insert, or which to remove.
    public var bucket: UInt32

    public init(_ command: Command, _ group: Group, bucket: UInt32 = GroupModification.allBuckets) {
        self.command = command
        self.group = group
        self.bucket = bucket
    }
}

/// A change of a bridge's meters (OpenFlow 1.5, 7.3.4.5).
public struct MeterModification: Equatable, Sendable {
    /// `ofp_meter_mod_command`, with its numbers.
    public enum Command: UInt16, Sendable { case add, modify, delete }

    public var command: Command
    /// Its id may be `Meter.all` in a delete.
    public var meter: Meter

    public init(_ command: Command, _ meter: Meter) {
        self.command = command
        self.meter = meter
    }
}
