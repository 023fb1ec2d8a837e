/// What a flow table saw of a megaflow's packets, so that a new rule of the table can be held against the megaflow's key.
struct LookupView {
    /// The words of the flow key that may have been others than the megaflow's own when the table was asked.
    var changedWords: UInt64 = 0
    /// The input port then, as a number of the table's bridge.
    var inPort: UInt32 = 0
}

/// The look-ups of one translation, each table once.
struct NotedLookups {
    struct Lookup {
        var bridge: Int32
        var table: UInt8
        var view: LookupView
    }

    private(set) var list: [Lookup] = []
    private var places: [UInt64: Int] = [:]

    mutating func removeAll() {
        list.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }

    /// - Parameters:
    ///   - key: the packet as the table sees it.
    ///   - original: the packet as the megaflow cache saw it.
    ///   - isPlain: whether the packet came to this bridge first, and is looked up for the first time.
    mutating func note(bridge: Int32, table: UInt8, key: borrowing FlowKey, original: borrowing FlowKey, isPlain: Bool)
    {
        var changed: UInt64 = 0
        var bits = key.occupied | original.occupied
        while bits != 0 {
            let word = bits.trailingZeroBitCount
            var difference = key.words[unchecked: word] ^ original.words[unchecked: word]
            if word == Self.portWord { difference &= ~Self.portBits }
            if difference != 0 { changed |= 1 << UInt64(word) }
            bits &= bits &- 1
        }
        let place = Field.inPort.place
        let inPort = UInt32(truncatingIfNeeded: key.words[unchecked: place.word] >> UInt64(place.shift))
        if !isPlain { changed |= Self.elsewhere }
        let name = UInt64(UInt32(bitPattern: bridge)) << 8 | UInt64(table)
        if let known = places[name] {
            list[known].view.changedWords |= changed
            if list[known].view.inPort != inPort { list[known].view.changedWords |= Self.manyPorts | Self.elsewhere }
        } else {
            places[name] = list.count
            list.append(Lookup(bridge: bridge, table: table, view: LookupView(changedWords: changed, inPort: inPort)))
        }
    }

    /// The answer depends on the table as a whole.
    mutating func noteAll(bridge: Int32, table: UInt8) {
        list.append(Lookup(bridge: bridge, table: table, view: LookupView(changedWords: .max, inPort: 0)))
    }

    static let portWord = Field.inPort.place.word
    static let portBits = Field.inPort.place.mask << UInt64(Field.inPort.place.shift)
    /// Bits of `changedWords` for words that never hold anything: the look-up was not the packet's first, and it saw
    /// several input ports.
    static let elsewhere: UInt64 = 1 << 63
    static let manyPorts: UInt64 = 1 << 62
}
