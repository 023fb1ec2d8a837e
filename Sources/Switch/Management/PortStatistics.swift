/// What a port has done (`ofp_port_stats`).
public struct PortStatistics: Equatable, Sendable {
    public var number: UInt32
    public var received: TrafficCount
    public var sent: TrafficCount
    /// Packets that the port's settings or its spanning-tree state kept out.
    public var receiveDrops: UInt64
    /// Packets that its link's queue, or its settings, kept from leaving.
    public var sendDrops: UInt64
    /// Nanoseconds since it was added.
    public var age: UInt64

    public init(
        number: UInt32, received: TrafficCount, sent: TrafficCount, receiveDrops: UInt64, sendDrops: UInt64, age: UInt64
    ) {
        self.number = number
        self.received = received
        self.sent = sent
        self.receiveDrops = receiveDrops
        self.sendDrops = sendDrops
        self.age = age
    }
}

/// What a queue of a port has done (`ofp_queue_stats`).
public struct QueueStatistics: Equatable, Sendable {
    public var port: UInt32
    public var queue: UInt32
    public var sent: TrafficCount
    /// Packets that did not fit in.
    public var drops: UInt64
    /// Nanoseconds since it was set up.
    public var age: UInt64

    public init(port: UInt32, queue: UInt32, sent: TrafficCount, drops: UInt64, age: UInt64) {
        self.port = port
        self.queue = queue
        self.sent = sent
        self.drops = drops
        self.age = age
    }
}

/// A queue of a port as it is set up (`ofp_queue_desc`).
public struct QueueDescription: Equatable, Sendable {
    public var port: UInt32
    public var queue: LinkQueue

    public init(port: UInt32, queue: LinkQueue) {
        self.port = port
        self.queue = queue
    }
}
