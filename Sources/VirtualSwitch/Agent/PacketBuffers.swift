import Switch

/// Packets of which a controller has seen only the beginning, until a packet-out or a flow-mod names them
/// (`buffer_id`). The oldest gives way to the newest; one that has not been there long enough to be answered stays.
struct PacketBuffers {
    struct Packet {
        var frame: [UInt8]
        var inPort: UInt32
        /// The fields that the pipeline had given it.
        var fields: Match
    }

    /// How many packets are kept; a power of two.
    static let capacity: UInt32 = 256
    /// How long a packet is safe from newer ones, in nanoseconds.
    private static let grace: UInt64 = 5_000_000_000
    /// `OFP_NO_BUFFER`.
    static let none: UInt32 = 0xffff_ffff

    private struct Slot {
        var packet: Packet?
        var id: UInt32
        var since: UInt64
    }
    private var slots: [Slot] = []
    private var next: UInt32 = 0

    /// Keeps a packet and returns its id; nil while all places hold packets that are still waited for.
    mutating func keep(_ packet: Packet, now: UInt64) -> UInt32? {
        if slots.isEmpty {
            slots = (0..<Self.capacity).map { Slot(packet: nil, id: $0, since: 0) }
        }
        let place = Int(next)
        if slots[place].packet != nil, now < slots[place].since &+ Self.grace { return nil }
        next = (next + 1) % Self.capacity
        // The upper bits count how often the place was used, so that an old id finds nothing; never `none`.
        var id = slots[place].id &+ Self.capacity
        if id == Self.none { id = UInt32(place) }
        slots[place] = Slot(packet: packet, id: id, since: now)
        return id
    }

    enum Missing: Error {
        /// It has been taken already (`OFPBRC_BUFFER_EMPTY`).
        case empty
        /// There never was such an id, or another packet has its place (`OFPBRC_BUFFER_UNKNOWN`).
        case unknown
    }

    /// Takes the packet out.
    mutating func take(_ id: UInt32) throws(Missing) -> Packet {
        let place = Int(id % Self.capacity)
        guard place < slots.count, slots[place].id == id, id >= Self.capacity else { throw .unknown }
        guard let packet = slots[place].packet else { throw .empty }
        slots[place].packet = nil
        return packet
    }
}
