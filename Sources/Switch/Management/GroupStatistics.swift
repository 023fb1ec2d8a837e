/// What a group has done (`ofp_group_stats`).
public struct GroupStatistics: Equatable, Sendable {
    public var id: UInt32
    /// Flows and groups that send packets to it.
    public var referenceCount: UInt32
    public var packets: UInt64
    public var bytes: UInt64
    /// Nanoseconds since it was added.
    public var age: UInt64
    /// Of each bucket, in the group's order.
    public var buckets: [TrafficCount]

    public init(
        id: UInt32, referenceCount: UInt32, packets: UInt64, bytes: UInt64, age: UInt64, buckets: [TrafficCount]
    ) {
        self.id = id
        self.referenceCount = referenceCount
        self.packets = packets
        self.bytes = bytes
        self.age = age
        self.buckets = buckets
    }
}
