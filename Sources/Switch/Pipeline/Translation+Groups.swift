// Groups (OpenFlow 1.5, 5.10).

extension Translation {
    /// - Returns: whether the actions behind are done too.
    func group(_ id: UInt32) -> Bool {
        note(.group(bridge: here.bridge.index, id: id))
        guard let group = here.bridge.groups[id]?.group else {
            recorder?.warning("output to nonexistent group \(id)")
            drop(.nowhere)
            return true
        }
        guard !here.groups.contains(id) else {
            fail(.tooDeep, "group \(id) sends packets to itself: a loop")
            return false
        }
        var chosen: [Int] = []
        switch group.type {
        case .all: chosen = Array(group.buckets.indices)
        case .indirect: chosen = group.buckets.isEmpty ? [] : [0]
        case .fastFailover:
            chosen = group.buckets.indices.first { isUsable(group.buckets[$0], of: id) }.map { [$0] } ?? []
        case .select:
            let shares = group.buckets.indices.filter { group.buckets[$0].weight > 0 }
            let alive = shares.filter { isUsable(group.buckets[$0], of: id) }
            if alive.count == 1 {
                chosen = alive
            } else if alive.count > 1 {
                let slots = Self.slots(shares.count)
                guard key[word: FlowKey.hashWord] != 0 else {
                    recorder?.detail("selection method in use: dp_hash, recirculating")
                    let description = HashDescription(group.selection)
                    freeze([.actions([.group(id)], origin)], for: .hash(description, mask: slots - 1))
                    return true
                }
                chosen = [choose(shares, alive, group, slots: UInt64(slots))]
            }
        }
        credits.append(.bucket(bridge: here.bridge.index, group: id, place: -1))
        guard !chosen.isEmpty else {
            recorder?.detail("no live bucket")
            drop(.nowhere)
            return true
        }
        let isChoice = group.type == .select || group.type == .fastFailover
        for place in chosen {
            let bucket = group.buckets[place]
            if isChoice { recorder?.detail("using bucket \(bucket.id)") }
            credits.append(.bucket(bridge: here.bridge.index, group: id, place: Int32(place)))
            recorder?.open(.bucket, "bucket \(bucket.id)")
            pipelineBranch {
                here.groups.append(id)
                here.stack = []
                origin.reason = isPacketOut ? .packetOut : .group
                var set = ActionSet()
                for action in bucket.actions { set.add(action) }
                perform(set.ordered)
            }
            recorder?.close()
            if failed { return false }
        }
        return true
    }

    /// The same as `isAlive`, told to the trace.
    private func isUsable(_ bucket: Bucket, of group: UInt32) -> Bool {
        if isAlive(bucket, of: group) { return true }
        var watched: [String] = []
        if bucket.watchPort != PortNumber.any { watched.append("port \(bucket.watchPort)") }
        if bucket.watchGroup != Group.any { watched.append("group \(bucket.watchGroup)") }
        recorder?.detail("bucket \(bucket.id): not live due to \(watched.joined(separator: " and "))")
        return false
    }

    /// Whether what the bucket watches is alive; a bucket that watches nothing is.
    private func isAlive(_ bucket: Bucket, of group: UInt32, depth: Int = 0) -> Bool {
        if bucket.watchPort != PortNumber.any {
            // The bridge's ports have been asked about on entering.
            guard let index = here.bridge.ports[bucket.watchPort], datapath.isAlive(port: index) else { return false }
        }
        guard bucket.watchGroup != Group.any else { return true }
        note(.group(bridge: here.bridge.index, id: bucket.watchGroup))
        guard depth < 32, let watched = here.bridge.groups[bucket.watchGroup]?.group else { return false }
        return watched.buckets.contains { isAlive($0, of: bucket.watchGroup, depth: depth + 1) }
    }

    // MARK: Select

    /// The values that the hash of a packet may have: enough that weights come out within a few percent.
    private static func slots(_ buckets: Int) -> UInt32 {
        var slots: UInt32 = 256
        while slots < 16 * UInt32(buckets) && slots < 65536 { slots *= 2 }
        return slots
    }

    /// The bucket whose share of the slots the packet's hash falls in. Where that one is dead, another is found by the
    /// shares of those alive: so the packets of living buckets stay where they are when a bucket dies or comes back.
    private func choose(_ shares: [Int], _ alive: [Int], _ group: Group, slots: UInt64) -> Int {
        wildcards.unite(word: FlowKey.hashWord, with: slots - 1 | 1 << 32)
        // Groups behind each other must not all choose alike: each has the slots in an order of its own.
        let slot = (key[word: FlowKey.hashWord] &+ UInt64(group.id)) &* (2 &* UInt64(group.id) &+ 1) & (slots - 1)
        let first = Self.place(of: slot, in: shares, group, slots: slots)
        if alive.contains(first) { return first }
        let next = foldedProduct(slot ^ hashMultiplier, oddMultiplier &+ UInt64(group.id)) & (slots - 1)
        return Self.place(of: next, in: alive, group, slots: slots)
    }

    /// Buckets have their shares of the slots in their order.
    private static func place(of slot: UInt64, in places: [Int], _ group: Group, slots: UInt64) -> Int {
        let total = places.reduce(UInt64(0)) { $0 + UInt64(group.buckets[$1].weight) }
        var passed: UInt64 = 0
        for place in places {
            passed += UInt64(group.buckets[place].weight)
            if slot * total < passed * slots { return place }
        }
        return places[places.count - 1]
    }
}
