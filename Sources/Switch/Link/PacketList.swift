/// A first-in, first-out list of packets, threaded through `Packet.next`.
///
/// It owns nothing by itself: whoever holds the list holds the packets. A packet can be in one list at a time, which is
/// why a packet that is shared (`references` > 1) must be copied before it is put into one.
public struct PacketList {
    /// The packet that leaves next.
    public private(set) var first: PacketRef?
    /// The packet that leaves last.
    public private(set) var last: PacketRef?
    /// Packets in the list.
    public private(set) var count = 0

    @inlinable
    public init() {}

    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// Puts `packet` at the end.
    public mutating func append(_ packet: PacketRef) {
        packet.pointee.next = nil
        if let tail = last { tail.pointee.next = packet } else { first = packet }
        last = packet
        count &+= 1
    }

    /// Takes the first packet out.
    public mutating func popFirst() -> PacketRef? {
        guard let packet = first else { return nil }
        first = packet.pointee.next
        if first == nil { last = nil }
        packet.pointee.next = nil
        count &-= 1
        return packet
    }

    /// Puts all of `other` at the end, leaving `other` empty.
    public mutating func append(_ other: inout PacketList) {
        guard let head = other.first else { return }
        if let tail = last { tail.pointee.next = head } else { first = head }
        last = other.last
        count &+= other.count
        other = PacketList()
    }
}
