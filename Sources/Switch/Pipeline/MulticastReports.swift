// Group membership messages as a switch sees them, and the ports behind which multicast routers are (RFC 4541, 2.1.1): a report goes
// to routers only, since a host that hears another's report may keep its own to itself.

/// What a frame has to do with multicast group membership.
public enum MulticastMessage: UInt8, Sendable, Equatable {
    case none
    /// IGMP report or leave, MLD report or done: for routers.
    case report
    /// IGMP or MLD query: a router is where it came from.
    case query

    /// Reads IGMP (RFC 2236, RFC 9776) and MLD (RFC 2710, RFC 9777) from a frame whose headers have been found.
    public static func classify(frame: UnsafeRawBufferPointer, layout: PacketLayout) -> MulticastMessage {
        // Both formats have at least eight bytes; later fragments have no transport header.
        let offset = Int(layout.l4)
        guard offset >= 0, offset + 8 <= min(Int(layout.end), frame.count) else { return .none }
        switch (layout.network, layout.ipProtocol) {
        case (.ipv4, 2):
            switch frame[offset] {
            case 0x11: return .query
            case 0x12, 0x16, 0x17, 0x22: return .report
            default: return .none
            }
        case (.ipv6, 58):
            switch frame[offset] {
            case 130: return isFromRouter(frame, layout) ? .query : .none
            case 131, 132, 143: return .report
            default: return .none
            }
        default:
            return .none
        }
    }

    /// An MLD query counts only from a link-local address (RFC 9777, 5.1.14).
    private static func isFromRouter(_ frame: UnsafeRawBufferPointer, _ layout: PacketLayout) -> Bool {
        let source = Int(layout.l3) + 8
        guard layout.l3 >= 0, source + 2 <= frame.count else { return false }
        return frame[source] == 0xFE && frame[source + 1] & 0xC0 == 0x80
    }
}

/// The ports behind which a multicast router was heard, with ageing. Few, so a list.
public struct MulticastRouterPorts: Sendable {
    /// Nanoseconds after which a silent router is forgotten.
    public let ageing: UInt64
    private var heard: [(port: Int32, time: UInt64)] = []

    /// - Parameter ageing: nanoseconds; the default is the other querier present interval (RFC 9776, 8.5).
    public init(ageing: UInt64 = 255_000_000_000) {
        self.ageing = ageing
    }

    /// A router was heard on `port`. Answers whether that is news.
    public mutating func heard(port: Int32, now: UInt64) -> Bool {
        for index in heard.indices where heard[index].port == port {
            let wasThere = !isExpired(heard[index].time, now: now)
            heard[index].time = max(heard[index].time, now)
            return !wasThere
        }
        heard.append((port, now))
        return true
    }

    /// The ports whose router has been heard lately, in order.
    public func ports(now: UInt64) -> [Int32] {
        heard.filter { !isExpired($0.time, now: now) }.map(\.port).sorted()
    }

    public func contains(port: Int32, now: UInt64) -> Bool {
        heard.contains { $0.port == port && !isExpired($0.time, now: now) }
    }

    /// Forgets what has aged out. Answers whether anything has.
    public mutating func expire(now: UInt64) -> Bool {
        let count = heard.count
        heard = heard.filter { !isExpired($0.time, now: now) }
        return heard.count != count
    }

    /// Forgets a port that left the bridge.
    public mutating func remove(port: Int32) {
        heard.removeAll { $0.port == port }
    }

    /// When the next router ages out; nil if there is none.
    public var nextExpiry: UInt64? {
        heard.map(\.time).min().map { $0.addingReportingOverflow(ageing).partialValue }
    }

    private func isExpired(_ time: UInt64, now: UInt64) -> Bool { now > time && now - time >= ageing }
}
