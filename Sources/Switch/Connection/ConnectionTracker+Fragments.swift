import Wire

// Fragments.
//
// What: the first fragment of a packet, which has the transport header, is tracked like a whole packet; the later ones get
// its verdict: its state, mark and label, and its addresses where the connection is translated.
// Design: nothing is held back and put together. A later fragment that comes before the first is invalid, and what only a
// whole packet tells is not checked: the transport checksum, and what helpers would read.
// Limits: so many packets in pieces at a time, each for so long (RFC 1122, 3.3.2: 60 to 120 s where memory is no matter;
// Linux and Open vSwitch take less).

/// What the fragments of one packet have in common (RFC 791, 3.2; RFC 8200, 4.5).
struct FragmentKey: Hashable {
    var source: FieldValue
    var destination: FieldValue
    var identification: UInt32
    var zone: UInt16
    var ipProtocol: UInt8

    /// - Returns: nil where the frame is no fragment or its headers are cut short.
    init?(frame: UnsafeRawBufferPointer, _ layout: PacketLayout, zone: UInt16) {
        guard let base = frame.baseAddress, layout.l3 >= 0, Int(layout.end) <= frame.count else { return nil }
        let ip = base + Int(layout.l3)
        let length = Int(layout.end) - Int(layout.l3)
        self.zone = zone
        ipProtocol = layout.ipProtocol
        switch layout.network {
        case .ipv4:
            source = FieldValue(ip.loadBigEndian32(at: IPv4Header.Offset.source))
            destination = FieldValue(ip.loadBigEndian32(at: IPv4Header.Offset.destination))
            identification = UInt32(ip.loadBigEndian16(at: 4))
        case .ipv6:
            source = FieldValue(
                high: ip.loadBigEndian64(at: IPv6Header.Offset.source),
                low: ip.loadBigEndian64(at: IPv6Header.Offset.source + 8))
            destination = FieldValue(
                high: ip.loadBigEndian64(at: IPv6Header.Offset.destination),
                low: ip.loadBigEndian64(at: IPv6Header.Offset.destination + 8))
            guard let found = Self.identification(UnsafeRawBufferPointer(start: ip, count: length)) else { return nil }
            identification = found
        default: return nil
        }
    }

    /// That of the fragment header behind an IPv6 header.
    private static func identification(_ packet: UnsafeRawBufferPointer) -> UInt32? {
        guard packet.count >= IPv6Header.byteCount, let base = packet.baseAddress else { return nil }
        var next = base.loadByte(at: IPv6Header.Offset.nextHeader)
        var at = IPv6Header.byteCount
        while packet.count - at >= 8 {
            switch next {
            case IPProtocol.fragment: return base.loadBigEndian32(at: at + 4)
            case IPProtocol.hopByHop, IPProtocol.routing, IPProtocol.destinationOptions:
                next = base.loadByte(at: at)
                at += (Int(base.loadByte(at: at + 1)) + 1) * 8
            default: return nil
            }
        }
        return nil
    }
}

/// What the first fragments have found out.
struct FragmentTable {
    struct Entry {
        var verdict: ConnectionVerdict
        var expires: UInt64
    }

    static let limit = 1000
    static let lifetime: UInt64 = 30_000_000_000
    private var entries: [FragmentKey: Entry] = [:]

    /// The verdict on a packet's first fragment.
    func find(_ key: FragmentKey, now: UInt64) -> ConnectionVerdict? {
        guard let entry = entries[key], entry.expires > now else { return nil }
        return entry.verdict
    }

    mutating func note(_ key: FragmentKey, _ verdict: ConnectionVerdict, now: UInt64) {
        if entries.count >= Self.limit && entries[key] == nil {
            entries = entries.filter { $0.value.expires > now }
            guard entries.count < Self.limit else { return }
        }
        // Later fragments have addresses alone: nothing else of them is changed.
        var verdict = verdict
        verdict.after.sourcePort = verdict.before.sourcePort
        verdict.after.destinationPort = verdict.before.destinationPort
        verdict.sequenceShift = 0
        verdict.acknowledgmentShift = 0
        verdict.replacement = ShortText()
        entries[key] = Entry(verdict: verdict, expires: now &+ Self.lifetime)
    }

    var count: Int { entries.count }
}

extension ConnectionTracker {
    /// The verdict on a frame, which may be a fragment.
    /// - Parameters:
    ///   - layout: as `extract` found it.
    ///   - isChecked: the transport checksum is unfinished or has been verified.
    mutating func track(
        frame: UnsafeRawBufferPointer, _ layout: PacketLayout, _ request: ConnectionRequest, isChecked: Bool,
        previous: ConnectionMetadata, now: UInt64
    ) -> ConnectionVerdict {
        guard layout.fragment != 0 else {
            let packet = TrackedPacket(frame: frame, layout, zone: request.zone, isChecked: isChecked)
            return track(packet, request, previous: previous, now: now)
        }
        guard let key = FragmentKey(frame: frame, layout, zone: request.zone) else {
            return track(nil, request, previous: previous, now: now)
        }
        if layout.fragment & FlowKey.fragmentLater != 0 {
            return fragments.find(key, now: now) ?? track(nil, request, previous: previous, now: now)
        }
        let packet = TrackedPacket(frame: frame, layout, zone: request.zone, isChecked: true)
        let verdict = track(packet, request, previous: previous, now: now)
        if packet != nil { fragments.note(key, verdict, now: now) }
        return verdict
    }
}
