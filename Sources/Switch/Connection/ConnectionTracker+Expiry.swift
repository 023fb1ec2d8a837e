// Forgetting connections.

extension ConnectionTracker {
    static let nanoseconds: UInt64 = 1_000_000_000

    /// Starts a timeout anew.
    @inline(__always)
    mutating func prolong(_ slot: Int32, _ kind: ConnectionTimeouts.Kind, now: UInt64) {
        let connection = table[slot]
        let policy = connection.pointee.policy
        connection.pointee.expires = now &+ UInt64(policies[Int(policy)][kind]) &* Self.nanoseconds
        let list = policy &* Int32(Self.kinds) &+ Int32(kind.rawValue)
        // In the same list it stays where it is; the sweep moves it when its time there comes.
        if list != connection.pointee.list { table.link(slot, list: list) }
    }

    /// Forgets a connection and what it announced.
    mutating func remove(_ slot: Int32) {
        let connection = table[slot]
        zoneCounts[Int(connection.pointee.original.zone)] &-= 1
        if connection.pointee.announcements > 0 { removeAnnouncements(of: connection.pointee.original) }
        table.remove(slot)
    }

    /// Forgets connections that have expired.
    /// - Parameter limit: how many connections to look at, at most.
    /// - Returns: whether there may be more.
    public mutating func expire(now: UInt64, limit: Int = 4096) -> Bool {
        var left = limit
        for list in 0..<table.listCount {
            while true {
                let slot = table.oldest(of: list)
                guard slot >= 0, table[slot].pointee.deadline <= now else { break }
                guard left > 0 else { return true }
                left -= 1
                if table[slot].pointee.expires <= now {
                    remove(slot)
                } else {
                    table.link(slot, list: Int32(list))
                }
            }
        }
        return false
    }

    /// When `expire` has something to do next, or nil while there is no connection.
    public var nextExpiry: UInt64? {
        var earliest: UInt64?
        for list in 0..<table.listCount {
            let slot = table.oldest(of: list)
            guard slot >= 0 else { continue }
            earliest = min(earliest ?? .max, table[slot].pointee.deadline)
        }
        return earliest
    }

    // MARK: Policies

    /// Sets the timeouts of connections that will be committed in a zone; nil: the defaults. Others keep theirs.
    public mutating func setTimeouts(zone: UInt16, _ timeouts: ConnectionTimeouts?) {
        guard let timeouts else {
            policyOfZone[zone] = nil
            return
        }
        if let known = policies.firstIndex(of: timeouts) {
            policyOfZone[zone] = known == 0 ? nil : Int32(known)
            return
        }
        policyOfZone[zone] = Int32(policies.count)
        policies.append(timeouts)
        table.setListCount(policies.count * Self.kinds)
    }
}
