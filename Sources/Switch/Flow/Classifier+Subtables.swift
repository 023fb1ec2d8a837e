// The upkeep of subtables, their order, stage indices and tries.

extension Classifier {
    func subtable(of rule: Int32) -> SubtableRef? {
        rule >= 0 && Int(rule) < ruleCapacity ? rules[Int(rule)].subtable : nil
    }

    func slot(of rule: Int32, in subtable: SubtableRef) -> Int? {
        let table = subtable.pointee.table
        var slot = table.nextSlot(tag: rules[Int(rule)].tag, after: nil)
        while slot >= 0 {
            var at = table.slots[slot].payload
            while at >= 0 && at != rule { at = rules[Int(at)].next }
            if at == rule { return slot }
            slot = table.nextSlot(tag: rules[Int(rule)].tag, after: slot)
        }
        return nil
    }

    func hash(_ key: UnsafePointer<FlowKey>, _ subtable: SubtableRef) -> UInt32 {
        let table = subtable.pointee.table
        return MaskedTable.tag(table.hash(key, from: 0, to: table.wordCount, state: seed))
    }

    func findSubtable(_ mask: FlowMask) -> SubtableRef? {
        let occupied = mask.exactlyOccupied
        for position in 0..<subtableCount
        where order[position].subtable.pointee.table.hasMask(mask, occupied: occupied) {
            return order[position].subtable
        }
        return nil
    }

    /// Adds or removes a bucket's key to or from the stage indices and the tries.
    mutating func index(_ key: UnsafePointer<FlowKey>, _ subtable: SubtableRef, adding: Bool) {
        let table = subtable.pointee.table
        for stage in 0..<3 where subtable.pointee.indices[stage] != nil {
            let state = table.hash(key, from: 0, to: subtable.pointee.ends[stage], state: seed)
            if adding {
                subtable.pointee.indices[stage]!.add(MaskedTable.tag(state))
            } else {
                subtable.pointee.indices[stage]!.remove(MaskedTable.tag(state))
            }
        }
        for field in 0..<6 where subtable.pointee.prefixes[field] > 0 {
            let width = Self.trieFields[field].width
            let address = key.pointee[Self.trieFields[field]] << (128 - width)
            let length = subtable.pointee.prefixes[field]
            switch (field, adding) {
            case (0, true): ipv4Destinations.insert(address, length: length)
            case (0, false): ipv4Destinations.remove(address, length: length)
            case (1, true): ipv4Sources.insert(address, length: length)
            case (1, false): ipv4Sources.remove(address, length: length)
            case (2, true): ipv6Destinations.insert(address, length: length)
            case (2, false): ipv6Destinations.remove(address, length: length)
            case (3, true): ipv6Sources.insert(address, length: length)
            case (3, false): ipv6Sources.remove(address, length: length)
            case (4, true): destinationPorts.insert(address, length: length)
            case (4, false): destinationPorts.remove(address, length: length)
            case (_, true): sourcePorts.insert(address, length: length)
            case (_, false): sourcePorts.remove(address, length: length)
            }
        }
    }

    mutating func addSubtable(_ mask: FlowMask, priority: Int32) -> SubtableRef {
        var subtable = Subtable(table: MaskedTable(mask: mask), maxPriority: priority)
        if !mask[.actionSetOutput].isZero { actionSetMasks += 1 }
        let total = subtable.table.wordCount
        for stage in 0..<3 {
            var end = 0
            while end < total && subtable.table.words[end].index < FlowKey.stageWords[stage + 1] { end += 1 }
            subtable.ends[stage] = end
            let before = stage > 0 ? subtable.ends[stage - 1] : 0
            if end > before && end < total { subtable.indices[stage] = TagCounter() }
        }
        for field in 0..<6 {
            let width = Self.trieFields[field].width
            let bits = mask[Self.trieFields[field]]
            let length = bits.high.nonzeroBitCount + bits.low.nonzeroBitCount
            if length > 0 && bits == .prefix(length, of: width) {
                subtable.prefixes[field] = length
                if field < 4 { subtable.hasAddressPrefixes = true } else { subtable.hasPortPrefixes = true }
            }
        }
        if subtableCount == orderCapacity {
            let grown = UnsafeMutablePointer<Ranked>.allocate(capacity: orderCapacity * 2)
            grown.moveInitialize(from: order, count: subtableCount)
            order.deallocate()
            order = grown
            orderCapacity *= 2
        }
        let reference = SubtableRef.allocate(capacity: 1)
        reference.initialize(to: subtable)
        (order + subtableCount).initialize(to: Ranked(maxPriority: priority, subtable: reference))
        subtableCount += 1
        reorder(reference)
        return reference
    }

    /// Moves `subtable` to its place after its highest priority changed.
    mutating func reorder(_ subtable: SubtableRef) {
        var position = 0
        while order[position].subtable != subtable { position += 1 }
        let moving = Ranked(maxPriority: subtable.pointee.maxPriority, subtable: subtable)
        while position > 0 && order[position - 1].maxPriority < moving.maxPriority {
            order[position] = order[position - 1]
            position -= 1
        }
        while position + 1 < subtableCount && order[position + 1].maxPriority > moving.maxPriority {
            order[position] = order[position + 1]
            position += 1
        }
        order[position] = moving
    }

    /// Makes `maxPriority` exact. Done after as many removals as there are rules left to scan, so that a removal
    /// costs the same on average however many rules share a mask.
    mutating func rescan(_ subtable: SubtableRef) {
        let table = subtable.pointee.table
        var highest = Int32.min
        for slot in 0...table.capacityMask where table.slots[slot].payload >= 0 {
            highest = max(highest, rules[Int(table.slots[slot].payload)].priority)
        }
        subtable.pointee.removedSinceScan = 0
        if highest != subtable.pointee.maxPriority {
            subtable.pointee.maxPriority = highest
            reorder(subtable)
        }
    }

    mutating func drop(_ subtable: SubtableRef) {
        var kept = 0
        for position in 0..<subtableCount where order[position].subtable != subtable {
            order[kept] = order[position]
            kept += 1
        }
        subtableCount = kept
        if !subtable.pointee.table.mask[.actionSetOutput].isZero { actionSetMasks -= 1 }
        Self.free(subtable)
    }

    static func free(_ subtable: SubtableRef) {
        for stage in 0..<3 { subtable.pointee.indices[stage]?.deallocate() }
        subtable.pointee.table.deallocate()
        subtable.deinitialize(count: 1)
        subtable.deallocate()
    }

    mutating func reserve(_ rule: Int32) {
        precondition(rule >= 0, "a negative rule index")
        guard Int(rule) >= ruleCapacity else { return }
        let capacity = max(ruleCapacity * 2, Int(rule) + 1)
        let grown = UnsafeMutablePointer<Rule>.allocate(capacity: capacity)
        grown.initialize(repeating: Rule(subtable: nil, priority: 0, next: -1, tag: 0), count: capacity)
        grown.update(from: rules, count: ruleCapacity)
        rules.deallocate()
        rules = grown
        ruleCapacity = capacity
    }
}
