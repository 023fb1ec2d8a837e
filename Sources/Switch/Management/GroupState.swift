/// A group of a bridge, with what it has done.
final class GroupState {
    let group: Group
    /// The groups that its buckets send packets to.
    let successors: Set<UInt32>
    let created: UInt64
    /// Flows that send packets to it; other groups are counted when somebody asks.
    var referenceCount: Int32 = 0
    var packets: UInt64 = 0
    var bytes: UInt64 = 0
    /// Of each bucket, in the group's order.
    var buckets: [TrafficCount]

    init(_ group: Group, created: UInt64) {
        self.group = group
        self.created = created
        buckets = Array(repeating: TrafficCount(), count: group.buckets.count)
        var successors: Set<UInt32> = []
        for bucket in group.buckets {
            bucket.actions.forEachNested { if case .group(let id) = $0 { successors.insert(id) } }
        }
        self.successors = successors
    }

    /// Counts traffic of a bucket; -1: of the group.
    func count(_ traffic: TrafficCount, bucket place: Int32) {
        if place < 0 {
            packets &+= traffic.packets
            bytes &+= traffic.bytes
        } else if Int(place) < buckets.count {
            buckets[Int(place)].packets &+= traffic.packets
            buckets[Int(place)].bytes &+= traffic.bytes
        }
    }
}
