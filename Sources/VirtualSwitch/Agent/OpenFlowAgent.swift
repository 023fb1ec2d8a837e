import OpenFlow
import Switch
import Synchronization

// The OpenFlow side of one bridge: what controllers ask for becomes calls of the data path, and what happens there
// becomes messages.
//
// What: connections come and go, requests come in batches and are answered in their order, events of the data path
// become packet-ins, flow-removed, port-status and other messages for those controllers that want them.
// Design: no input or output, no clock: messages and the time are handed in, messages wait in `takeOutput`, and
// `nextDeadline` says when the agent wants to run again. Tests hold whole conversations so, in no time.
// Limits: of each connection only so many requests are dealt with in one run, and long answers (100,000 flows) are made in
// parts as fast as the peer reads, so that packets never wait for a controller, and memory does not either.
// Thread-safety: none; it lives on the data path's thread.

/// Speaks OpenFlow for one bridge.
public final class OpenFlowAgent {
    public let bridge: Int32
    let datapath: Datapath
    /// Who it says it is.
    public var identity: SwitchIdentity
    /// Nanoseconds since the start of 1970, of bundles that are to be committed at a time; handed in for tests.
    public var wallClock: () -> UInt64 = { 0 }

    var connections: [ConnectionID: AgentConnection] = [:]
    /// In the order of their coming.
    var channels: [ControllerChannel] = []
    /// `generation_id` of the last role request that had one.
    var generation: UInt64?
    var buffers = PacketBuffers()
    var fragments = Message.SwitchConfiguration.Fragments.normal
    /// Whether packets that no flow matches go to controllers (of OpenFlow 1.0 to 1.2).
    var missesGoToControllers = false
    /// Tables whose behaviour a table-mod of OpenFlow 1.1 or 1.2 has set.
    var tablesWithMissSetting: Set<UInt8> = []
    /// What ports were said to be last, to tell what has become of them.
    var knownPorts: [UInt32: Message.Port] = [:]
    /// The first table that packets pass on their way out (OpenFlow 1.5); nil: none.
    var firstEgressTable: UInt8?
    var failMode = FailMode()
    var failModeIsSet = false

    /// Events of the data path that are still to be told, each with the request that caused it.
    private var events: [(event: DatapathEvent, cause: Cause?)] = []
    /// The request that is being dealt with.
    var cause: Cause?
    private var causeCount: UInt64 = 0

    struct Cause {
        unowned let connection: AgentConnection
        var xid: UInt32
        /// Tells it from all other requests.
        var number: UInt64
    }

    func makeCause(_ connection: AgentConnection, xid: UInt32) -> Cause {
        causeCount += 1
        return Cause(connection: connection, xid: xid, number: causeCount)
    }

    /// Requests of one connection that are dealt with in one run.
    static let requestsInARun = 256

    public init(bridge: Int32, datapath: Datapath, identity: SwitchIdentity) {
        self.bridge = bridge
        self.datapath = datapath
        self.identity = identity
        for port in datapath.portDescriptions(bridge: bridge) { knownPorts[port.number] = Message.Port(port) }
    }

    // MARK: Connections

    /// A connection has come about: hellos have been exchanged.
    public func connect(_ id: ConnectionID, _ terms: ConnectionTerms, now: UInt64) {
        var auxiliary: UInt8 = 0
        var channel: ControllerChannel?
        if case .auxiliary(let number, let main) = terms.kind {
            // One whose main connection has gone meanwhile is of no use.
            guard let owner = connections[main]?.channel else { return }
            auxiliary = number
            channel = owner
        }
        let owner = channel ?? ControllerChannel(terms, now: now)
        let connection = AgentConnection(
            id: id, version: terms.version, gauge: terms.gauge, channel: owner, auxiliary: auxiliary)
        owner.connections.append(connection)
        connections[id] = connection
        guard channel == nil else { return }
        channels.append(owner)
        if !owner.isService { controllerCame(now: now) }
        tellControllerStatus(of: owner, reason: .channelStatus, isUp: true)
        updateMissBehaviour(now: now)
    }

    /// A connection has ended.
    public func disconnect(_ id: ConnectionID, now: UInt64) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        let channel = connection.channel
        channel.connections.removeAll { $0 === connection }
        guard connection.auxiliary == 0 else { return }
        for other in channel.connections { connections[other.id] = nil }
        channel.connections = []
        channels.removeAll { $0 === channel }
        channel.bundles = [:]
        channel.monitors = [:]
        updateMonitoring()
        if !channel.isService { controllerLeft(now: now) }
        tellControllerStatus(of: channel, reason: .channelStatus, isUp: false)
        updateMissBehaviour(now: now)
    }

    /// Takes new limits of packet-ins for a connection's controller.
    /// - Parameter rate: packets a second; nil: no limit.
    public func setRateLimit(_ id: ConnectionID, _ rate: UInt32?, burst: UInt32, now: UInt64) {
        connections[id]?.channel.setRateLimit(rate, burst: burst, now: now)
    }

    /// Requests have come.
    public func receive(_ id: ConnectionID, _ batch: RequestBatch, now: UInt64) {
        guard let connection = connections[id], !batch.isEmpty else { return }
        connection.waiting.append(batch)
        run(connection, now: now)
    }

    // MARK: Time

    /// Goes on with what waits and does what is due.
    public func run(now: UInt64) {
        tellEvents(now: now)
        for connection in connections.values where connection.isRunnable { run(connection, now: now) }
        runSchedules(now: now)
        runBundles(now: now)
        runPartialRequests(now: now)
        runFailMode(now: now)
        resumeMonitors(now: now)
        for connection in connections.values where isStalled(connection) {
            connection.gauge.isAwaited.store(true, ordering: .releasing)
        }
    }

    private func isStalled(_ connection: AgentConnection) -> Bool {
        !connection.gauge.hasRoom
            && (connection.job != nil || !connection.waiting.isEmpty || connection.channel.monitorsArePaused)
    }

    /// When it has to run again, if nothing comes before. It is asked after every turn, and makes no arrays.
    public var nextDeadline: UInt64? {
        if !events.isEmpty { return 0 }
        var earliest = failMode.deadline
        func add(_ deadline: UInt64?) {
            if let deadline { earliest = min(earliest ?? deadline, deadline) }
        }
        for connection in connections.values {
            if connection.isRunnable { return 0 }
            for partial in connection.partialRequests.values { add(partial.deadline) }
        }
        for channel in channels {
            if channel.monitorsArePaused && channel.gauge.hasRoom { return 0 }
            for bundle in channel.bundles.values { add(bundle.commitAt ?? bundle.deadline) }
            add(channel.missSchedule?.nextDeadline)
            add(channel.actionSchedule?.nextDeadline)
        }
        return earliest
    }

    private func run(_ connection: AgentConnection, now: UInt64) {
        var left = Self.requestsInARun
        while left > 0 {
            left -= 1
            if connection.job != nil {
                advance(connection, now: now)
                if connection.job != nil { return }
            }
            guard let batch = connection.waiting.first, connection.gauge.hasRoom else { return }
            let request = batch.requests[connection.position]
            handle(request, of: batch, from: connection, now: now)
            connection.position += 1
            connection.answered += request.byteCount
            if connection.position == batch.requests.count {
                connection.waiting.removeFirst()
                connection.position = 0
            }
        }
    }

    // MARK: Events

    /// Something happened in the data path: noted here, told when the data path is done.
    public func note(_ event: DatapathEvent) { events.append((event, cause)) }

    /// Tells all that was noted.
    func tellEvents(now: UInt64) {
        var index = 0
        while index < events.count {
            let (event, cause) = events[index]
            tell(event, cause: cause, now: now)
            index += 1
        }
        events.removeAll(keepingCapacity: true)
    }

    // MARK: Output

    /// Bytes of requests dealt with that are worth a message of their own to whoever reads the socket.
    private static let answeredStep = 128 << 10

    /// What is to be sent, by connection; empties it.
    public func takeOutput() -> [AgentOutput] {
        var result: [AgentOutput] = []
        for connection in connections.values
        where !connection.output.isEmpty || connection.answered >= Self.answeredStep || connection.endReason != nil {
            result.append(
                AgentOutput(
                    connection: connection.id, messages: connection.output, weight: connection.outputWeight,
                    answered: connection.answered, endReason: connection.endReason))
            connection.endReason = nil
            connection.output = []
            connection.outputWeight = 0
            connection.answered = 0
        }
        return result
    }

    /// Sends an error about a request.
    func refuse(_ error: OpenFlowError, xid: UInt32, quote: [UInt8], to connection: AgentConnection) {
        connection.send(Message(xid: xid, .error(Message.ErrorReport(error, data: quote))))
    }
}
