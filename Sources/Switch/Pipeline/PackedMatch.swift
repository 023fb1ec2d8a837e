/// A match in as many words as it looks at: for matches that are kept and seldom read.
struct PackedMatch: Sendable {
    private var words: [UInt64]
    private let options: [TunnelOption]

    init(_ match: borrowing Match) {
        let occupied = match.mask.exactlyOccupied
        words = []
        options = match.options
        words.reserveCapacity(1 + 2 * occupied.nonzeroBitCount)
        words.append(occupied)
        var bits = occupied
        while bits != 0 {
            let word = bits.trailingZeroBitCount
            words.append(match.key.words[unchecked: word])
            words.append(match.mask.words[unchecked: word])
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
        var match = Match(key: key, mask: mask)
        for option in options { match.set(option) }
        return match
    }
}
