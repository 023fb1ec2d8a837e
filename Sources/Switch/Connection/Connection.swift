/// A connection in the tracker's memory: no reference in it, so that it may lie there raw.
struct Connection {
    /// The key of packets as the first one was, before translation.
    var original: ConnectionKey
    /// The key of packets of the other end, before they are translated back.
    var reply: ConnectionKey
    /// Of a connection that a helper expected: the original key of the connection that announced it.
    var parent = ConnectionKey()
    var originalHash: UInt32 = 0
    var replyHash: UInt32 = 0
    var label = FieldValue.zero
    var mark: UInt32 = 0
    var tcp = TCPTracking()
    /// When it is forgotten, in nanoseconds.
    var expires: UInt64 = 0
    /// When its list looks at it again.
    var deadline: UInt64 = 0
    var older: Int32 = -1
    /// In a free slot: the next free one.
    var newer: Int32 = -1
    /// The list that it is in, or `ConnectionTable.free`.
    var list: Int32 = -1
    /// Which timeouts it has.
    var policy: Int32 = 0
    /// The corrections of sequence numbers, of the first packet's direction and of the other.
    var forwardShift = SequenceShift()
    var reverseShift = SequenceShift()
    /// Changes when the slot gets another connection.
    var generation: UInt32 = 0
    /// Other protocols than TCP: whether more than one packet came, and whether the other end answered.
    var hasSeveral = false
    var hasAnswer = false
    var isRelated = false
    /// Its reply key finds it too. (Another connection may stand in the way of one that is not translated.)
    var hasReplyEntry = false
    /// What is done to packets in the first packet's direction, whether it changes anything or not.
    var translatesSource = false
    var translatesDestination = false
    var helper: ConnectionRequest.Helper?
    /// What it announced and has not come yet, at most.
    var announcements: UInt8 = 0
}

/// How far sequence numbers of one direction are off since a helper changed the length of what was said.
struct SequenceShift {
    /// The sequence number from which on `after` holds.
    var position: UInt32 = 0
    var before: Int32 = 0
    var after: Int32 = 0

    var isIdle: Bool { before == 0 && after == 0 }

    /// What to add to a sequence number of this direction.
    func shift(of sequence: UInt32) -> Int32 {
        Int32(bitPattern: sequence &- position) > 0 ? after : before
    }

    /// What to take from an acknowledgment of this direction that counts in shifted numbers.
    func shift(ofAcknowledgment number: UInt32) -> Int32 {
        Int32(bitPattern: number &- UInt32(bitPattern: before) &- position) > 0 ? after : before
    }

    /// Text at `sequence` changed its length by `change`. Said again, it changes nothing more.
    mutating func add(_ change: Int32, at sequence: UInt32) {
        guard change != 0, isIdle || Int32(bitPattern: sequence &- position) > 0 else { return }
        before = after
        after &+= change
        position = sequence
    }
}
