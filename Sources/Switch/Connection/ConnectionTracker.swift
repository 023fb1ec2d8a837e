import Wire

// The connection tracker.
//
// What: it knows the connections that `ct(commit)` has told it of, says of each packet which one it belongs to and how
// (the `ct_*` fields), and what to change in the packet of a translated connection. What is new, established, related or
// invalid follows Open vSwitch's user-space tracker, against which the tests compare it.
// Design: pure. Packets come parsed (`TrackedPacket`), the time is handed in, randomness follows from a seed, and
// verdicts are carried out by `ConnectionRewriting`. A connection is found by either of its keys; the packets of its
// first direction are to look like its reply key reversed, and the other way round, which is all that translation is,
// for source, destination, ports and ICMP errors alike.
// Limits: connections in all and in each zone, announcements in all and of each connection; a flood of new connections
// fills its limit and no more, and what is not committed leaves no trace.
// Thread-safety: none; it belongs to one data path.

public struct ConnectionTracker: ~Copyable {
    var table: ConnectionTable
    /// Starts ports and addresses where no hash does.
    var random: RandomSource
    let seed: UInt64

    /// The most connections, as `dpctl/ct-set-maxconns` sets it.
    public var limit = 3_000_000
    /// Whether TCP's sequence numbers are checked (`dpctl/ct-disable-tcp-seq-chk`).
    public var checksSequences = true

    /// Timeouts; the first are the defaults. Those that no zone has any more stay for the connections that were made under them.
    var policies: [ConnectionTimeouts] = [ConnectionTimeouts()]
    var policyOfZone: [UInt16: Int32] = [:]

    /// Limits of zones; those of the others are `defaultZoneLimit`, 0: none.
    var zoneLimits: [UInt16: UInt32] = [:]
    public internal(set) var defaultZoneLimit: UInt32 = 0
    var zoneCounts: UnsafeMutablePointer<UInt32>

    var announcements: [ConnectionKey: Announcement] = [:]
    /// The keys in `announcements`, by the connection that announced them.
    var announced: [ConnectionKey: [ConnectionKey]] = [:]
    var fragments = FragmentTable()

    /// Events, for `coverage/show`.
    public internal(set) var statistics = ConnectionStatistics()

    static let kinds = ConnectionTimeouts.Kind.allCases.count

    /// - Parameter seed: what hashes and random ports follow from; to be kept from who may send packets.
    public init(seed: UInt64) {
        self.seed = seed
        table = ConnectionTable(seed: seed)
        random = RandomSource(seed: seed ^ 0x5bd1_e995)
        zoneCounts = .allocate(capacity: 1 << 16)
        zoneCounts.initialize(repeating: 0, count: 1 << 16)
        table.setListCount(Self.kinds)
    }

    deinit {
        zoneCounts.deallocate()
    }

    /// Connections in use, those included that have expired and not been swept yet.
    public var count: Int { table.count }

    // MARK: Packets

    /// The verdict on a packet.
    /// - Parameters:
    ///   - packet: nil: what could not be parsed.
    ///   - request: the action's wishes.
    ///   - previous: what an earlier action said of the packet; only that of the same zone counts.
    ///   - now: nanoseconds.
    mutating func track(
        _ packet: TrackedPacket?, _ request: ConnectionRequest, previous: ConnectionMetadata, now: UInt64
    ) -> ConnectionVerdict {
        var verdict = ConnectionVerdict()
        verdict.metadata.zone = request.zone
        verdict.metadata.state = previous.zone == request.zone ? previous.state : []
        guard let packet else {
            statistics.invalidPackets &+= 1
            verdict.metadata.state = [.invalid, .tracked]
            return verdict
        }
        verdict.isError = packet.isError
        verdict.before = packet.key
        verdict.after = packet.key
        let wasTranslated = !verdict.metadata.state.isDisjoint(with: .translated)
        var (slot, isReply) = lookUp(packet.key, wasTranslated: wasTranslated, previous, now: now)
        if slot >= 0, isReply, request.force {
            remove(slot)
            slot = -1
        }
        var isNew = slot < 0
        if slot >= 0 {
            isNew = update(slot, isReply: isReply, packet, &verdict, now: now)
            if isNew {
                remove(slot)
                slot = -1
            } else if request.translation != nil, !wasTranslated {
                translate(slot, isReply: isReply, &verdict)
            }
        }
        var announcement: Announcement?
        if isNew {
            if packet.isError {
                verdict.metadata.state = [.invalid]
            } else {
                announcement = lookUpAnnouncement(packet.key)
                slot = open(packet, request, announcement, &verdict, now: now)
                isReply = false
            }
        }
        verdict.metadata.state.insert(.tracked)
        describe(slot, announcement, packet.key, &verdict)
        if slot >= 0 {
            setMarkAndLabel(slot, request, &verdict)
            if table[slot].pointee.helper != nil {
                listen(
                    slot, isReply: isReply, packet, translates: request.translation != nil && !wasTranslated, &verdict)
            }
        }
        if verdict.metadata.state.contains(.invalid) { statistics.invalidPackets &+= 1 }
        return verdict
    }

    /// The connection of a packet, which an earlier action may have translated already.
    private mutating func lookUp(
        _ key: ConnectionKey, wasTranslated: Bool, _ previous: ConnectionMetadata, now: UInt64
    ) -> (slot: Int32, isReply: Bool) {
        guard wasTranslated else { return findLive(key, now: now) }
        let (slot, isReply) = findLive(key.reversed, now: now)
        if slot >= 0 { return (slot, !isReply) }
        guard previous.original.ipProtocol != 0 else { return (-1, false) }
        let wasReply = previous.state.contains(.reply)
        var original = previous.original
        if original.isICMP { original.takeQuery(original.icmpType, key.icmpIdentifier) }
        let known = findLive(original, now: now).slot
        return (known, known >= 0 && wasReply)
    }

    /// As `find`, but a connection that has expired is removed.
    @inline(__always)
    mutating func findLive(_ key: ConnectionKey, now: UInt64) -> (slot: Int32, isReply: Bool) {
        let found = table.find(key)
        guard found.slot >= 0, now >= table[found.slot].pointee.expires else { return found }
        remove(found.slot)
        // What it hid, if its reply key was another's too, is found now.
        return findLive(key, now: now)
    }

    /// Moves a known connection on; answers whether the packet opens it anew.
    private mutating func update(
        _ slot: Int32, isReply: Bool, _ packet: TrackedPacket, _ verdict: inout ConnectionVerdict, now: UInt64
    ) -> Bool {
        let connection = table[slot]
        if packet.isError {
            verdict.metadata.state.insert(.related)
            if isReply { verdict.metadata.state.insert(.reply) }
            return false
        }
        if connection.pointee.isRelated { verdict.metadata.state.insert(.related) }
        let progress: ConnectionProgress
        let kind: ConnectionTimeouts.Kind?
        switch packet.key.ipProtocol {
        case IPProtocol.tcp:
            var segment = packet.segment
            let shifts = (connection.pointee.forwardShift, connection.pointee.reverseShift)
            if segment.has(TCPHeader.Flag.ack), !(isReply ? shifts.0 : shifts.1).isIdle {
                // Each end's numbers are followed as it counts them itself.
                let change = (isReply ? shifts.0 : shifts.1).shift(ofAcknowledgment: segment.acknowledgment)
                segment.acknowledgment &-= UInt32(bitPattern: change)
            }
            (progress, kind) = connection.pointee.tcp.update(segment, isReply: isReply, isStrict: checksSequences)
        case IPProtocol.icmp where !packet.key.isIPv6, IPProtocol.icmpv6 where packet.key.isIPv6:
            connection.pointee.hasAnswer = connection.pointee.hasAnswer || isReply
            progress = connection.pointee.hasAnswer ? .established : .opening
            kind = connection.pointee.hasAnswer ? .icmpReply : .icmpFirst
        default:
            connection.pointee.hasAnswer = connection.pointee.hasAnswer || isReply
            connection.pointee.hasSeveral = true
            progress = connection.pointee.hasAnswer ? .established : .opening
            kind = connection.pointee.hasAnswer ? .udpMultiple : .udpSingle
        }
        if let kind { prolong(slot, kind, now: now) }
        switch progress {
        case .established:
            verdict.metadata.state.insert(.established)
            verdict.metadata.state.remove(.new)
            if isReply { verdict.metadata.state.insert(.reply) }
        case .opening: verdict.metadata.state.insert(.new)
        case .invalid: verdict.metadata.state = [.invalid]
        case .reopened: return true
        }
        return false
    }

    /// A packet of no known connection: it is new, or cannot be; with `commit`, the connection is remembered.
    /// - Returns: the new connection's slot, or -1.
    private mutating func open(
        _ packet: TrackedPacket, _ request: ConnectionRequest, _ announcement: Announcement?,
        _ verdict: inout ConnectionVerdict, now: UInt64
    ) -> Int32 {
        let key = packet.key
        let mayOpen =
            switch key.ipProtocol {
            case IPProtocol.tcp: packet.segment.mayOpen
            case _ where key.isICMP: ConnectionKey.isICMPRequest(key.icmpType, isIPv6: key.isIPv6)
            default: true
            }
        guard mayOpen else {
            verdict.metadata.state = [.invalid]
            return -1
        }
        verdict.metadata.state = announcement == nil ? [.new] : [.new, .related]
        // A translated packet of a connection that has gone may have the key of one that has not.
        guard request.commit, findLive(key, now: now).slot < 0 else { return -1 }
        guard table.count < limit, isWithinLimit(zone: key.zone) else {
            statistics.refusedConnections &+= 1
            return -1
        }
        var connection = Connection(original: key, reply: key.reversed)
        if let announcement {
            connection.isRelated = true
            connection.parent = announcement.parent
            connection.mark = announcement.mark
            connection.label = announcement.label
        } else if let helper = request.helper, helper.speaks(key.ipProtocol) {
            connection.helper = helper
        }
        if let translation = request.translation {
            if let announcement {
                announcement.translate(&connection)
            } else {
                connection.translatesSource = translation.direction == .source
                connection.translatesDestination = translation.direction == .destination
                if !chooseReply(&connection, translation, now: now) {
                    // A packet that cannot be translated must not go on as it is.
                    statistics.exhaustedTranslations &+= 1
                    verdict.metadata.state = [.invalid]
                    return -1
                }
            }
        }
        let kind: ConnectionTimeouts.Kind
        if key.ipProtocol == IPProtocol.tcp {
            connection.tcp = TCPTracking(opening: packet.segment)
            kind = .tcpFirst
        } else {
            kind = key.isICMP ? .icmpFirst : .udpFirst
        }
        connection.policy = policyOfZone[key.zone] ?? 0
        let slot = table.insert(connection)
        zoneCounts[Int(key.zone)] &+= 1
        prolong(slot, kind, now: now)
        if announcement != nil { consumeAnnouncement(key) }
        if request.translation != nil { translate(slot, isReply: false, &verdict) }
        return slot
    }

    /// Fills in what a packet of a translated connection is to become.
    private func translate(_ slot: Int32, isReply: Bool, _ verdict: inout ConnectionVerdict) {
        let connection = table[slot]
        let changesSource = connection.pointee.translatesSource
        let changesDestination = connection.pointee.translatesDestination
        guard changesSource || changesDestination else { return }
        if isReply ? changesDestination : changesSource { verdict.metadata.state.insert(.sourceTranslated) }
        if isReply ? changesSource : changesDestination { verdict.metadata.state.insert(.destinationTranslated) }
        verdict.after = (isReply ? connection.pointee.original : connection.pointee.reply).reversed
    }

    private func describe(
        _ slot: Int32, _ announcement: Announcement?, _ key: ConnectionKey, _ verdict: inout ConnectionVerdict
    ) {
        if slot >= 0 {
            let connection = table[slot]
            verdict.metadata.mark = connection.pointee.mark
            verdict.metadata.label = connection.pointee.label
            verdict.metadata.original =
                connection.pointee.isRelated ? connection.pointee.parent : connection.pointee.original
        } else if let announcement {
            verdict.metadata.mark = announcement.mark
            verdict.metadata.label = announcement.label
            verdict.metadata.original = announcement.parent
        } else {
            verdict.metadata.original = key
        }
    }

    /// A connection that a helper expected keeps the mark and label of the one that announced it.
    private func setMarkAndLabel(_ slot: Int32, _ request: ConnectionRequest, _ verdict: inout ConnectionVerdict) {
        let connection = table[slot]
        guard !connection.pointee.isRelated else { return }
        if request.markMask != 0 {
            connection.pointee.mark = connection.pointee.mark & ~request.markMask | request.mark & request.markMask
            verdict.metadata.mark = connection.pointee.mark
        }
        if !request.labelMask.isZero {
            connection.pointee.label =
                connection.pointee.label & ~request.labelMask | request.label & request.labelMask
            verdict.metadata.label = connection.pointee.label
        }
    }
}

/// Counters of the tracker.
public struct ConnectionStatistics: Equatable, Sendable {
    public var invalidPackets: UInt64 = 0
    /// Connections not committed because a limit was reached.
    public var refusedConnections: UInt64 = 0
    /// Connections not committed because no address and port was left to translate them to.
    public var exhaustedTranslations: UInt64 = 0
    /// Control messages of a helper's protocol that could not be right.
    public var invalidMessages: UInt64 = 0

    public init() {}
}
