// What is asked of the tracker from outside the packets' way.

extension ConnectionTracker {
    /// The connections that have not expired, of one zone or of all, in no particular order.
    public func snapshots(zone: UInt16? = nil, now: UInt64) -> [ConnectionSnapshot] {
        var snapshots: [ConnectionSnapshot] = []
        for slot in 0..<table.slotCount where table.isUsed(slot) {
            let connection = table[slot].pointee
            guard connection.expires > now, zone == nil || zone == connection.original.zone else { continue }
            let isTCP = connection.original.ipProtocol == 6
            snapshots.append(
                ConnectionSnapshot(
                    original: connection.original, reply: connection.reply,
                    parent: connection.isRelated ? connection.parent : nil, mark: connection.mark,
                    label: connection.label,
                    tcp: isTCP
                        ? (
                            ConnectionSnapshot.TCPEnd(connection.tcp.first),
                            ConnectionSnapshot.TCPEnd(connection.tcp.second)
                        ) : nil,
                    helper: connection.helper, timeout: (connection.expires - now) / Self.nanoseconds))
        }
        return snapshots
    }

    /// Forgets the connections that `filter` matches. Answers how many.
    @discardableResult
    public mutating func flush(_ filter: ConnectionFilter = ConnectionFilter()) -> Int {
        var removed = 0
        for slot in 0..<table.slotCount where table.isUsed(slot) && filter.matches(table[slot].pointee) {
            remove(slot)
            removed += 1
        }
        return removed
    }

    /// The text of `dpctl/ct-stats-show`.
    public func statisticsText(zone: UInt16? = nil, verbose: Bool = false, now: UInt64) -> String {
        let all = snapshots(zone: zone, now: now)
        var text = "Connections Stats:\n    Total: \(all.count)\n"
        let names: [(UInt8, String)] = [
            (6, "TCP"), (17, "UDP"), (136, "UDPLITE"), (132, "SCTP"), (1, "ICMP"), (33, "DCCP"), (2, "IGMP"),
        ]
        for (number, name) in names {
            let some = all.filter { $0.original.ipProtocol == number }
            guard !some.isEmpty else { continue }
            text += "  \(name): \(some.count)\n"
            guard number == 6, verbose else { continue }
            text += "    Conn per TCP states:\n"
            for state in TCPState.allCases {
                let count = some.count { $0.shownState == state }
                if count > 0 { text += "\t  [\(state.name)]=\(count)\n" }
            }
        }
        // ICMPv6 has no line of its own, as in Open vSwitch.
        let known = names.map(\.0) + [58]
        let others = all.count { !known.contains($0.original.ipProtocol) }
        if others > 0 { text += "  Other: \(others)\n" }
        return text
    }
}
