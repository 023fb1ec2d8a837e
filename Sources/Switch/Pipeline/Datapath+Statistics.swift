// What can be asked of the data path. Every answer here is right at the moment of asking.

/// Packets and bytes of frames.
public struct TrafficCount: Codable, Hashable, Sendable {
    public var packets: UInt64
    public var bytes: UInt64
    public init(packets: UInt64 = 0, bytes: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
    }
}

/// What a port of a bridge is and has done.
public struct PortStatus: Codable, Sendable {
    public let number: UInt32
    public let name: String
    public let isUp: Bool
    public let state: String
    public let role: String?
    public let received: TrafficCount
    public let sent: TrafficCount
}

/// An address that a bridge has learned.
public struct LearnedAddress: Codable, Sendable {
    public let port: UInt32
    public let vlan: UInt16
    public let mac: UInt64
    /// Since a packet last came from it, in nanoseconds.
    public let age: UInt64
    /// Whether somebody has said so (`fdb/add`): it neither ages nor moves.
    public let isStatic: Bool
}

/// What the data path's caches have done.
public struct DatapathStatus: Codable, Sendable {
    public let exactMatchHits: UInt64
    public let megaflowHits: UInt64
    public let misses: UInt64
    public let megaflows: Int
    public let drops: [String: UInt64]
    public let packetMemory: Int
    public let packetsWaiting: Int
}

extension Datapath {
    public var status: DatapathStatus {
        payCredits()
        var reasons: [String: UInt64] = [:]
        for reason in DropReason.allCases where drops[Int(reason.rawValue)] > 0 {
            reasons[String(describing: reason)] = drops[Int(reason.rawValue)]
        }
        return DatapathStatus(
            exactMatchHits: exactMatchHits, megaflowHits: megaflowHits, misses: misses, megaflows: flows.liveCount,
            drops: reasons, packetMemory: pool.allocatedByteCount, packetsWaiting: pool.inUse)
    }

    /// Packets dropped for a reason.
    public func dropCount(_ reason: DropReason) -> UInt64 {
        payCredits()
        return drops[Int(reason.rawValue)]
    }

    public func portStatus(bridge: Int32) -> [PortStatus] {
        payCredits()
        let owner = bridges[Int(bridge)]
        return owner.ordered.map { index in
            let port = ports[Int(index)]
            let isUp = port.direction >= 0 && directions[Int(port.direction)].isUp
            let role = owner.spanningTree?.status(of: UInt16(truncatingIfNeeded: port.number))?.role
            return PortStatus(
                number: port.number, name: port.name, isUp: isUp, state: String(describing: port.state),
                role: role.map { String(describing: $0) },
                received: TrafficCount(packets: port.receivedPackets, bytes: port.receivedBytes),
                sent: TrafficCount(packets: port.sentPackets, bytes: port.sentBytes))
        }
    }

    public func learnedAddresses(bridge: Int32, now: UInt64) -> [LearnedAddress] {
        payCredits()
        var list: [LearnedAddress] = []
        bridges[Int(bridge)].addresses.forEach(now: now) {
            list.append(
                LearnedAddress(
                    port: ports[Int($0.port)].number, vlan: $0.vlan, mac: $0.mac, age: $0.age, isStatic: $0.isStatic))
        }
        return list
    }

    /// The spanning tree of a bridge, or nil where it runs none.
    public func spanningTree(bridge: Int32) -> SpanningTree? { bridges[Int(bridge)].spanningTree }

    /// Traffic that a direction of a link has delivered.
    public func traffic(direction: Int32) -> TrafficCount {
        payCredits()
        let passed = directions[Int(direction)]
        let modelled = directions[Int(direction)].model?.pointee.statistics
        return TrafficCount(
            packets: passed.packets &+ (modelled?.packetsDelivered ?? 0),
            bytes: passed.bytes &+ (modelled?.bytesDelivered ?? 0))
    }

    /// What the model of a link's direction has counted, or nil while the link has needed none.
    public func linkStatistics(direction: Int32) -> LinkStatistics? {
        directions[Int(direction)].model?.pointee.statistics
    }

    /// What a link's direction was asked to do and did since it was last changed, or nil while it has needed no model.
    public func fidelity(direction: Int32) -> LinkFidelity? {
        directions[Int(direction)].model?.pointee.fidelity
    }

    /// Traffic that a device has handed in and been handed.
    public func traffic(device: Int32) -> (received: TrafficCount, sent: TrafficCount) {
        let state = devices[Int(device)]
        return (
            TrafficCount(packets: state.receivedPackets, bytes: state.receivedBytes),
            TrafficCount(packets: state.sentPackets, bytes: state.sentBytes)
        )
    }
}
