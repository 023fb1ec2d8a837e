// Groups (OpenFlow 1.5, 5.10, 6.7 and 7.3.4.3).

extension Datapath {
    /// The most groups of a bridge of each type, and buckets of a group.
    public static var groupLimit: Int { 65_536 }
    public static var bucketLimit: Int { 4096 }

    /// Changes the groups of a bridge.
    public func modifyGroup(bridge: Int32, _ change: GroupModification, now: UInt64) throws(ModificationError) {
        let owner = bridges[Int(bridge)]
        var change = change
        for place in change.group.buckets.indices {
            change.group.buckets[place].actions = try owner.tunnelOptions.bound(change.group.buckets[place].actions)
        }
        let id = change.group.id
        switch change.command {
        case .add:
            guard id <= Group.maximum else { throw .invalidGroup }
            guard owner.groups[id] == nil else { throw .groupExists }
            try addGroup(change.group, to: owner, now: now)
        case .modify:
            guard id <= Group.maximum else { throw .invalidGroup }
            guard let present = owner.groups[id] else { throw .unknownGroup }
            try replace(present, by: change.group, of: owner)
        case .addOrModify:
            guard id <= Group.maximum else { throw .invalidGroup }
            if let present = owner.groups[id] {
                try replace(present, by: change.group, of: owner)
            } else {
                try addGroup(change.group, to: owner, now: now)
            }
        case .delete:
            if id == Group.all {
                if owner.groups.values.contains(where: { $0.referenceCount > 0 }) {
                    for rule in select(owner, FlowQuery()) where !rule.stored.groups.isEmpty {
                        remove(rule, reason: .groupDelete, now: now)
                    }
                }
                for id in owner.groups.keys.sorted() { deleteGroup(id, of: owner, now: now) }
                return
            }
            guard id <= Group.maximum else { throw .invalidGroup }
            // Deleting what is not there is no error (OpenFlow 1.3, 6.5).
            guard owner.groups[id] != nil else { return }
            for other in owner.groups.values where other.group.id != id && other.successors.contains(id) {
                throw .chainedGroup
            }
            deleteGroup(id, of: owner, now: now)
        case .insertBucket, .removeBucket:
            guard id <= Group.maximum else { throw .invalidGroup }
            guard let present = owner.groups[id] else { throw .unknownGroup }
            var group = present.group
            if change.command == .insertBucket {
                try Self.insert(change.group.buckets, behind: change.bucket, into: &group)
            } else {
                try Self.remove(change.bucket, from: &group)
            }
            try replace(present, by: group, of: owner)
        }
    }

    public func groups(bridge: Int32) -> [Group] {
        bridges[Int(bridge)].groups.values.map(\.group).sorted { $0.id < $1.id }
    }

    public func group(bridge: Int32, id: UInt32) -> Group? { bridges[Int(bridge)].groups[id]?.group }

    /// What a group has done, or all groups; empty where there is none of that number.
    public func groupStatistics(bridge: Int32, id: UInt32? = nil, now: UInt64) -> [GroupStatistics] {
        payCredits()
        let owner = bridges[Int(bridge)]
        let wanted = owner.groups.values.filter { id == nil || id == Group.all || $0.group.id == id }
        var chained: [UInt32: UInt32] = [:]
        for state in owner.groups.values { for next in state.successors { chained[next, default: 0] += 1 } }
        return wanted.sorted { $0.group.id < $1.group.id }.map { state in
            GroupStatistics(
                id: state.group.id,
                referenceCount: UInt32(max(0, state.referenceCount)) + chained[state.group.id, default: 0],
                packets: state.packets, bytes: state.bytes, age: now &- min(now, state.created), buckets: state.buckets)
        }
    }

    // MARK: Changes

    private func addGroup(_ group: Group, to owner: Bridge, now: UInt64) throws(ModificationError) {
        if owner.groups.count >= Self.groupLimit,
            owner.groups.values.count(where: { $0.group.type == group.type }) >= Self.groupLimit
        {
            throw .outOfGroups
        }
        let group = Self.numbered(group)
        try check(group, of: owner)
        if journal != nil { journal!.append(.group(bridge: owner.index, id: group.id, before: nil)) }
        owner.groups[group.id] = GroupState(group, created: now)
        changed(.group(bridge: owner.index, id: group.id))
    }

    /// A modified group starts counting anew (OpenFlow 1.3, 6.5); buckets that stay by their number keep their counts
    /// where buckets come or go alone.
    private func replace(_ present: GroupState, by group: Group, of owner: Bridge) throws(ModificationError) {
        let group = Self.numbered(group)
        try check(group, of: owner)
        changed(.group(bridge: owner.index, id: group.id))
        if journal != nil { journal!.append(.group(bridge: owner.index, id: group.id, before: present)) }
        let next = GroupState(group, created: present.created)
        next.referenceCount = present.referenceCount
        next.packets = present.packets
        next.bytes = present.bytes
        let places = Dictionary(
            uniqueKeysWithValues: present.group.buckets.enumerated().map { ($0.element.id, $0.offset) })
        for (place, bucket) in group.buckets.enumerated() {
            guard let old = places[bucket.id], present.group.buckets[old] == bucket else { continue }
            next.buckets[place] = present.buckets[old]
        }
        owner.groups[group.id] = next
    }

    private func deleteGroup(_ id: UInt32, of owner: Bridge, now: UInt64) {
        guard let state = owner.groups[id] else { return }
        if state.referenceCount > 0 {
            for rule in select(owner, FlowQuery(outGroup: id)) { remove(rule, reason: .groupDelete, now: now) }
        }
        changed(.group(bridge: owner.index, id: id))
        if journal != nil { journal!.append(.group(bridge: owner.index, id: id, before: state)) }
        owner.groups[id] = nil
    }

    // MARK: Checks

    /// Gives the buckets of earlier versions, which all have number 0, numbers by their places.
    private static func numbered(_ group: Group) -> Group {
        guard group.buckets.count > 1, group.buckets.allSatisfy({ $0.id == 0 }) else { return group }
        var group = group
        for place in group.buckets.indices { group.buckets[place].id = UInt32(place) }
        return group
    }

    private func check(_ group: Group, of owner: Bridge) throws(ModificationError) {
        guard group.buckets.count <= Self.bucketLimit else { throw .outOfBuckets }
        if group.type == .indirect && group.buckets.count != 1 { throw .invalidGroup }
        var ids: Set<UInt32> = []
        for bucket in group.buckets {
            guard bucket.id <= Group.maximum else { throw .badBucket }
            guard ids.insert(bucket.id).inserted else { throw .bucketExists }
            if group.type != .select && bucket.weight > 1 { throw .weightUnsupported }
            if bucket.watchPort != PortNumber.any && bucket.watchPort > PortNumber.maximum
                && bucket.watchPort != PortNumber.local
            {
                throw .watchUnsupported
            }
        }
        let successors = GroupState(group, created: 0).successors
        for next in successors where next != group.id && owner.groups[next] == nil { throw .badOutGroup }
        // No way may lead back to the group.
        var waiting = Array(successors)
        var seen: Set<UInt32> = []
        while let next = waiting.popLast() {
            if next == group.id { throw .groupLoop }
            if seen.insert(next).inserted { waiting += owner.groups[next]?.successors ?? [] }
        }
    }

    // MARK: Buckets (OpenFlow 1.5, 6.7)

    private static func insert(_ buckets: [Bucket], behind place: UInt32, into group: inout Group)
        throws(ModificationError)
    {
        for bucket in buckets where group.buckets.contains(where: { $0.id == bucket.id }) { throw .bucketExists }
        switch place {
        case GroupModification.firstBucket: group.buckets.insert(contentsOf: buckets, at: 0)
        case GroupModification.lastBucket: group.buckets += buckets
        case GroupModification.allBuckets: throw .badBucket
        default:
            guard let at = group.buckets.firstIndex(where: { $0.id == place }) else { throw .unknownBucket }
            group.buckets.insert(contentsOf: buckets, at: at + 1)
        }
    }

    private static func remove(_ place: UInt32, from group: inout Group) throws(ModificationError) {
        switch place {
        case GroupModification.allBuckets: group.buckets = []
        case GroupModification.firstBucket: if !group.buckets.isEmpty { group.buckets.removeFirst() }
        case GroupModification.lastBucket: if !group.buckets.isEmpty { group.buckets.removeLast() }
        default:
            guard let at = group.buckets.firstIndex(where: { $0.id == place }) else { throw .unknownBucket }
            group.buckets.remove(at: at)
        }
    }
}
