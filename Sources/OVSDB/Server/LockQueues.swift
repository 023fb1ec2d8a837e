/// The locks of RFC 7047 sections 4.1.8 to 4.1.10: each has an owner and sessions that wait for it in turn.
struct LockQueues {
    /// The first session owns the lock.
    private var queues: [String: [OVSDBSession]] = [:]

    func owner(of name: String) -> OVSDBSession? { queues[name]?.first }

    /// Queues a session for a lock.
    mutating func wait(_ session: OVSDBSession, for name: String) { queues[name, default: []].append(session) }

    /// Makes a session a lock's owner.
    /// - Returns: the session that owned it. It waits no more.
    mutating func steal(_ name: String, for session: OVSDBSession) -> OVSDBSession? {
        var queue = queues[name] ?? []
        let victim = queue.isEmpty ? nil : queue.removeFirst()
        queue.insert(session, at: 0)
        queues[name] = queue
        return victim
    }

    /// Takes a session out of a lock's queue.
    /// - Returns: the new owner, where the session owned it and another waited.
    mutating func release(_ name: String, by session: OVSDBSession) -> OVSDBSession? {
        guard var queue = queues[name], let index = queue.firstIndex(where: { $0 === session }) else { return nil }
        queue.remove(at: index)
        queues[name] = queue.isEmpty ? nil : queue
        return index == 0 ? queue.first : nil
    }
}
