import Testing

@testable import Switch

/// The table against a dictionary.
@Suite struct ConnectionTableTests {
    @Test(arguments: [UInt64](1...4))
    func likeADictionary(_ seed: UInt64) {
        var random = RandomSource(seed: seed)
        var table = ConnectionTable(seed: seed)
        table.setListCount(3)
        var model: [ConnectionKey: (slot: Int32, isReply: Bool)] = [:]
        var slots: [Int32] = []
        func key() -> ConnectionKey {
            ConnectionKey(
                source: FieldValue(random.integer(below: 12)), destination: FieldValue(random.integer(below: 12)),
                sourcePort: UInt16(random.integer(below: 6)), destinationPort: UInt16(random.integer(below: 6)),
                zone: UInt16(random.integer(below: 2)), ipProtocol: 6)
        }
        for round in 0..<20_000 {
            let one = key()
            let found = table.find(one)
            #expect(found.slot == (model[one]?.slot ?? -1))
            if found.slot >= 0 { #expect(found.isReply == model[one]!.isReply) }
            let grows = round / 5_000 % 2 == 0
            if found.slot < 0, random.integer(below: 10) < (grows ? 9 : 3) {
                var connection = Connection(original: one, reply: one.reversed)
                if random.integer(below: 3) == 0 { connection.reply.destinationPort = UInt16(random.integer(below: 6)) }
                let slot = table.insert(connection)
                table.link(slot, list: Int32(random.integer(below: 3)))
                model[one] = (slot, false)
                if model[connection.reply] == nil {
                    model[connection.reply] = (slot, true)
                } else {
                    let hasEntry = table[slot].pointee.hasReplyEntry
                    #expect(!hasEntry)
                }
                slots.append(slot)
            } else if !slots.isEmpty, random.integer(below: 10) < (grows ? 3 : 9) {
                let slot = slots.remove(at: random.integer(below: slots.count))
                let connection = table[slot].pointee
                model[connection.original] = nil
                if connection.hasReplyEntry { model[connection.reply] = nil }
                table.remove(slot)
                let isUsed = table.isUsed(slot)
                #expect(!isUsed)
            }
            let count = table.count
            #expect(count == slots.count)
        }
        for (key, place) in model {
            let found = table.find(key)
            #expect(found == place)
        }
        // The lists hold each connection once.
        var listed = 0
        for list in 0..<3 {
            var slot = table.oldest(of: list)
            while slot >= 0 {
                listed += 1
                slot = table[slot].pointee.newer
            }
        }
        #expect(listed == slots.count)
    }
}
