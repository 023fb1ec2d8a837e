import Wire

// Connections that an application announces on another: FTP's data connections, TFTP's transfers.

/// A connection that is to come.
struct Announcement: Sendable {
    /// The original key of the connection that announced it.
    var parent: ConnectionKey
    var mark: UInt32
    var label: FieldValue
    /// The address and port that it is really meant for.
    var target: FieldValue
    var targetPort: UInt16
    /// What its target sees as its source.
    var source: FieldValue
    var translatesSource: Bool
    var translatesDestination: Bool

    /// Makes a connection that was announced look to each end as the announcing one does.
    func translate(_ connection: inout Connection) {
        connection.translatesSource = translatesSource
        connection.translatesDestination = translatesDestination
        connection.reply.source = target
        connection.reply.sourcePort = targetPort
        connection.reply.destination = source
    }
}

extension ConnectionRequest.Helper {
    func speaks(_ ipProtocol: UInt8) -> Bool { ipProtocol == (self == .ftp ? IPProtocol.tcp : IPProtocol.udp) }

    var name: String { self == .ftp ? "ftp" : "tftp" }
}

extension ConnectionTracker {
    /// Announcements in all, and of one connection; what is more replaces nothing and is not announced.
    static let announcementLimit = 65_536
    static let announcementsEach: UInt8 = 16

    /// Any source port may open an announced connection.
    private static func announced(_ key: ConnectionKey) -> ConnectionKey {
        var key = key
        key.sourcePort = 0
        return key
    }

    @inline(__always)
    func lookUpAnnouncement(_ key: ConnectionKey) -> Announcement? {
        if announcements.isEmpty { return nil }
        return announcements[Self.announced(key)]
    }

    /// The announced connection has come.
    mutating func consumeAnnouncement(_ key: ConnectionKey) {
        let key = Self.announced(key)
        guard let announcement = announcements.removeValue(forKey: key) else { return }
        if let place = announced[announcement.parent]?.firstIndex(of: key) {
            announced[announcement.parent]!.remove(at: place)
            if announced[announcement.parent]!.isEmpty { announced[announcement.parent] = nil }
        }
        let parent = table.find(announcement.parent).slot
        if parent >= 0, table[parent].pointee.announcements > 0 { table[parent].pointee.announcements -= 1 }
    }

    mutating func removeAnnouncements(of parent: ConnectionKey) {
        for key in announced.removeValue(forKey: parent) ?? [] { announcements[key] = nil }
    }

    /// Announces a connection; false: another has the key, or there are too many.
    mutating func announce(_ key: ConnectionKey, _ announcement: Announcement, by slot: Int32) -> Bool {
        let key = Self.announced(key)
        if let known = announcements[key] {
            // Said again, or by another connection of the same two hosts.
            guard known.parent == announcement.parent, known.target == announcement.target,
                known.targetPort == announcement.targetPort
            else { return false }
            return true
        }
        let connection = table[slot]
        guard announcements.count < Self.announcementLimit,
            connection.pointee.announcements < Self.announcementsEach
        else { return false }
        connection.pointee.announcements += 1
        announcements[key] = announcement
        announced[announcement.parent, default: []].append(key)
        return true
    }
}
