// Transactions (OpenFlow 1.5, 6.9): all changes or none, and no packet between two of them.
//
// What: the data path is one thread, so changes that are made in one call are atomic for packets. Where a change is
// refused, the journal of what was done so far is undone from its end.

extension Datapath {
    /// Makes all changes, in order, or none. Packets to be sent are sent once all changes stand.
    public func transaction(bridge: Int32, _ changes: [BridgeChange], now: UInt64) throws(TransactionError) {
        try transaction(bridge: bridge, count: changes.count, now: now) { changes[$0] }
    }

    /// The same, of changes that are made up one at a time: 100,000 flow modifications as values are 100 MB.
    /// - Parameter change: is called once with each number from 0 up, in order; may refuse by throwing.
    public func transaction(
        bridge: Int32, count: Int, now: UInt64, _ change: (Int) throws(ModificationError) -> BridgeChange
    ) throws(TransactionError) {
        precondition(journal == nil, "a transaction within a transaction")
        var packets: [PacketOut] = []
        journal = []
        for index in 0..<count {
            do throws(ModificationError) {
                switch try change(index) {
                case .flow(let packed): try modify(bridge: bridge, packed.change, now: now)
                case .group(let change): try modifyGroup(bridge: bridge, change, now: now)
                case .meter(let change): try modifyMeter(bridge: bridge, change, now: now)
                case .port(let number, let configuration):
                    guard let port = port(bridge: bridge, number: number) else { throw .badOutPort }
                    journal!.append(
                        .port(bridge: bridge, number: number, before: ports[Int(port)].configuration))
                    setPort(bridge: bridge, number: number, configuration, now: now)
                case .packetOut(let packet): packets.append(packet)
                }
            } catch {
                undo(now: now)
                throw TransactionError(index: index, reason: error)
            }
        }
        journal = nil
        let events = heldEvents
        heldEvents = []
        for event in events { tell(event) }
        for packet in packets {
            inject(
                bridge: bridge, frame: packet.frame, inPort: packet.inPort, actions: packet.actions,
                fields: packet.fields, now: now)
        }
    }

    private func undo(now: UInt64) {
        let entries = journal ?? []
        journal = nil
        for entry in entries.reversed() {
            switch entry {
            case .added(let rule):
                if let match = rule.home.classifier.match(of: rule.number) { changed(rule.home, match: match) }
                unlink(rule)
            case .removed(let rule, let match):
                link(rule, match: match.match, keepsCounts: false)
            case .altered(let rule, let before):
                restore(rule, before)
            case .group(let bridge, let id, let before):
                changed(.group(bridge: bridge, id: id))
                bridges[Int(bridge)].groups[id] = before
            case .meter(let bridge, let id, let before):
                let owner = bridges[Int(bridge)]
                uninstallMeter(id, of: owner)
                if let before { install(before, of: owner) }
            case .port(let bridge, let number, let before):
                setPort(bridge: bridge, number: number, before, now: now)
            }
        }
        for bridge in bridges { bridge.orphans = [] }
        heldEvents = []
    }
}
