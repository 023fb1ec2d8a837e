import Wire

// Packets through the connection tracker.

extension Datapath {
    static var connectionToken: UInt64 { 19 << 56 }

    /// Asks the tracker about a packet, changes it as it says, and notes the answer.
    /// - Returns: whether the packet goes on; false: it has been given back.
    @inline(never)
    func track(_ number: Int32, _ state: inout Performance, now: UInt64) -> Bool {
        let description = pipeline.trackings[number]
        let request = description.request
        let offload = state.packet.pointee.offload
        let isChecked = offload.flags & (VirtioNetHeader.needsChecksum | VirtioNetHeader.dataValid) != 0
        let verdict = connections.tracker.track(
            frame: UnsafeRawBufferPointer(state.packet.bytes), state.layout, request, isChecked: isChecked,
            previous: previousMetadata(of: state), now: now)
        if verdict.rewrites {
            guard own(&state.packet) else { return false }
            ConnectionRewriting.apply(verdict, to: state.packet, &state.layout)
        }
        pipeline.connection.pointee = PacketConnection(verdict.metadata)
        state.isTracked = description.isShown
        state.wasTracked = true
        if request.commit { scheduleConnectionSweep(now: now) }
        return true
    }

    /// What an earlier action said of a packet.
    func previousMetadata(of state: Performance) -> ConnectionMetadata {
        state.isTracked || state.wasTracked
            ? ConnectionMetadata(pipeline.connection.pointee) : ConnectionMetadata()
    }

    // MARK: Expiry

    /// Makes sure that connections that expire are forgotten, not later than 20 s afterwards.
    func scheduleConnectionSweep(now: UInt64) {
        guard !connections.isSweepScheduled, let next = connections.tracker.nextExpiry else { return }
        let latest = now &+ 20 * ConnectionTracker.nanoseconds
        connections.isSweepScheduled = true
        _ = wheel.schedule(
            at: min(max(next, now &+ ConnectionTracker.nanoseconds), latest), token: Self.connectionToken)
    }

    func sweepConnections(now: UInt64) {
        connections.isSweepScheduled = false
        if connections.tracker.expire(now: now) {
            // The rest soon, but packets first.
            connections.isSweepScheduled = true
            _ = wheel.schedule(at: now &+ 10_000_000, token: Self.connectionToken)
        } else {
            scheduleConnectionSweep(now: now)
        }
    }
}

/// The connections of a data path.
public final class DatapathConnections {
    public var tracker: ConnectionTracker
    var isSweepScheduled = false

    init(seed: UInt64) {
        tracker = ConnectionTracker(seed: seed)
    }
}

extension PacketConnection {
    init(_ metadata: ConnectionMetadata) {
        state = metadata.state.rawValue
        zone = metadata.zone
        mark = metadata.mark
        label = metadata.label
        let key = metadata.original
        ipProtocol = key.ipProtocol
        isIPv6 = key.isIPv6
        source = key.source
        destination = key.destination
        // Of ICMP, the type and the code of the first message (ovs-fields(7)).
        sourcePort = key.isICMP ? UInt16(key.icmpType) : key.sourcePort
        destinationPort = key.isICMP ? 0 : key.destinationPort
    }
}

extension ConnectionMetadata {
    init(_ connection: PacketConnection) {
        self.init()
        state = ConnectionState(rawValue: connection.state)
        zone = connection.zone
        mark = connection.mark
        label = connection.label
        original = ConnectionKey(
            source: connection.source, destination: connection.destination, sourcePort: connection.sourcePort,
            destinationPort: connection.destinationPort, zone: connection.zone, ipProtocol: connection.ipProtocol,
            isIPv6: connection.isIPv6)
        if original.isICMP {
            original.icmpType = UInt8(truncatingIfNeeded: connection.sourcePort)
            original.sourcePort = 0
        }
    }
}
