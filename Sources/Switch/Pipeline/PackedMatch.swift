/// A match in as many words as it looks at: for matches that are kept and seldom read.
struct PackedMatch: Sendable {
    private var words: [UInt64]
    private let options: [TunnelOption]

    init(_ match: borrowing Match) {
        self = withUnsafePointer(to: match) { PackedMatch($0) }
    }

    init(_ match: UnsafePointer<Match>) {
        let occupied = match.pointee.mask.exactlyOccupied
        words = []
        options = match.pointee.options
        words.reserveCapacity(1 + 2 * occupied.nonzeroBitCount)
        words.append(occupied)
        var bits = occupied
        while bits != 0 {
            let word = bits.trailingZeroBitCount
            words.append(match.pointee.key.words[unchecked: word])
            words.append(match.pointee.mask.words[unchecked: word])
            bits &= bits &- 1
        }
    }

    var match: Match {
        var key = FlowKey()
        var mask = FlowMask()
        var bits = words[0]
        var position = 1
        while bits != 0 {
            let word = bits.trailingZeroBitCount
            key[word: word] = words[position]
            mask[word: word] = words[position + 1]
            position += 2
            bits &= bits &- 1
        }
        if options.isEmpty { return Match(key: key, mask: mask) }
        var match = Match(key: key, mask: mask)
        for option in options { match.set(option) }
        return match
    }
}
