// Megaflows that a rule touches.

extension MegaflowCache {
    /// How many keys `forEachOverlapping` will look at.
    func probeCost(_ match: borrowing Match, entries: Int) -> Int {
        var cost = 0
        for position in 0..<subtableCount {
            let table = order[position].pointee.table
            cost += Self.isCovered(table, by: match) ? entries : table.count
        }
        return cost
    }

    /// Calls `body` with each megaflow that holds some packet which comes in by one of `entries` and which `match`, its
    /// input port left aside, matches too. The cache must not be changed meanwhile.
    func forEachOverlapping(_ match: borrowing Match, entries: [Int32], _ body: (Int32) -> Void) {
        var key = match.key
        for position in 0..<subtableCount {
            let table = order[position].pointee.table
            if Self.isCovered(table, by: match) {
                for entry in entries {
                    key.set(.inPort, UInt64(UInt32(bitPattern: entry)))
                    let tag = MaskedTable.tag(table.hash(&key, from: 0, to: table.wordCount, state: seed))
                    let slot = table.find(&key, tag: tag)
                    if slot >= 0 { body(table.slots[slot].payload) }
                }
            } else {
                for slot in 0...table.capacityMask where table.slots[slot].payload >= 0 {
                    guard table.overlaps(match, at: slot, ignoring: 0) else { continue }
                    let port = Int32(truncatingIfNeeded: table.key(at: slot).value(.inPort))
                    if entries.contains(port) { body(table.slots[slot].payload) }
                }
            }
        }
    }

    /// Whether megaflow `id` holds some packet that `match` matches, the input port and the words in `ignored` left aside.
    func overlaps(_ id: Int32, _ match: borrowing Match, ignoring ignored: UInt64) -> Bool {
        guard let (subtable, slot) = find(id) else { return false }
        return subtable.pointee.table.overlaps(match, at: slot, ignoring: ignored)
    }

    /// Whether the match looks at every bit that the table's mask looks at, the input port apart: then all that overlaps
    /// has the match's own key.
    private static func isCovered(_ table: MaskedTable, by match: borrowing Match) -> Bool {
        for position in 0..<table.wordCount {
            let word = table.words[position]
            var bits = word.mask & ~match.mask.words[unchecked: word.index]
            if word.index == NotedLookups.portWord { bits &= ~NotedLookups.portBits }
            if bits != 0 { return false }
        }
        return true
    }
}

extension MaskedTable {
    /// Whether the key in slot `index` agrees with `match` in the bits that both look at, the input port and the words in
    /// `ignored` left aside.
    func overlaps(_ match: borrowing Match, at index: Int, ignoring ignored: UInt64) -> Bool {
        for position in 0..<wordCount {
            let word = words[position]
            var difference = keys[index * wordCount + position] ^ match.key.words[unchecked: word.index]
            difference &= word.mask & match.mask.words[unchecked: word.index]
            if word.index == NotedLookups.portWord { difference &= ~NotedLookups.portBits }
            if difference != 0 && ignored >> UInt64(word.index) & 1 == 0 { return false }
        }
        return true
    }
}
