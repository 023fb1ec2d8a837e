import OpenFlow
import Switch
import Synchronization

/// What a controller has set for itself: shared by its main connection and the auxiliary ones.
final class ControllerChannel {
    let version: OpenFlowVersion
    let isService: Bool
    let gauge: ConnectionGauge
    let uri: String
    /// The main connection first.
    var connections: [AgentConnection] = []
    var role = Message.Role.equal {
        didSet { gauge.roleNumber.store(role.rawValue, ordering: .relaxed) }
    }
    var shortID: UInt16 = 0xffff
    /// `miss_send_len`; a service's 0 means that it wants nothing unasked.
    var missLength: UInt16
    var packetInFormat: UInt32 = 0
    var controllerID: UInt16 = 0
    /// Whether it has said that it reads Nicira's extended match (`NXT_SET_FLOW_FORMAT`; OpenFlow 1.0 and 1.1).
    var usesExtendedMatch = false
    var asynchronous: AsynchronousMasks
    var bundles: [UInt32: Bundle] = [:]
    var bundleByteLimit = Bundle.byteLimit
    var monitors: [UInt32: FlowMonitor] = [:]
    /// The last request of its own that its flow monitors have been told of in short (`Cause.number`).
    var lastAbbreviation: UInt64?
    /// Whether updates of its flow monitors have been suspended because it reads too slowly.
    var monitorsArePaused = false
    /// Since a pause, the flows that have changed, in order of their first change.
    var missedChanges: [MissedChange] = []
    var missedIndex: [MissedChange.Flow: Int] = [:]
    /// The limits of packet-ins: of those that no flow matched, and of those that flows ask for.
    var missSchedule: PacketInSchedule<PendingPacketIn>?
    var actionSchedule: PacketInSchedule<PendingPacketIn>?

    struct PendingPacketIn {
        var packet: PacketIn
        var buffer: UInt32?
    }

    init(_ terms: ConnectionTerms, now: UInt64) {
        version = terms.version
        isService = terms.kind == .service
        gauge = terms.gauge
        uri = terms.uri
        missLength = isService ? 0 : 128
        asynchronous =
            terms.sendsAsynchronousMessages ? AsynchronousMasks(defaultsOf: terms.version) : AsynchronousMasks()
        setRateLimit(terms.rateLimit, burst: terms.burstLimit, now: now)
    }

    /// Limits packet-ins to so many a second; nil: not at all, and those that wait are dropped.
    func setRateLimit(_ rate: UInt32?, burst: UInt32, now: UInt64) {
        guard let rate else {
            missSchedule = nil
            actionSchedule = nil
            return
        }
        if missSchedule == nil {
            missSchedule = PacketInSchedule(rate: rate, burst: burst, now: now)
            actionSchedule = PacketInSchedule(rate: rate, burst: burst, now: now)
        } else {
            missSchedule?.setLimits(rate: rate, burst: burst)
            actionSchedule?.setLimits(rate: rate, burst: burst)
        }
    }

    var main: AgentConnection? { connections.first }

    /// Whether a message of this kind and reason is sent unasked.
    func receives(_ event: Message.AsyncConfiguration.Event, reason: UInt32) -> Bool {
        if isService && missLength == 0 { return false }
        return asynchronous.mask(of: event, role: role) & 1 << reason != 0
    }
}

/// A connection of a controller.
final class AgentConnection {
    let id: ConnectionID
    let version: OpenFlowVersion
    let gauge: ConnectionGauge
    let channel: ControllerChannel
    /// 0: the main connection.
    let auxiliary: UInt8

    /// What has come and is not dealt with.
    var waiting: [RequestBatch] = []
    /// The next request of the first batch.
    var position = 0
    /// A long answer in parts; what came after its request waits.
    var job: ReplyJob?
    /// The parts of requests that have not come whole, by xid.
    var partialRequests: [UInt32: PartialRequest] = [:]
    /// What is to be sent, and the bytes of requests that were dealt with.
    var output: [Message] = []
    var outputWeight = 0
    var answered = 0
    /// Why it is to be closed.
    var endReason: String?

    init(
        id: ConnectionID, version: OpenFlowVersion, gauge: ConnectionGauge, channel: ControllerChannel, auxiliary: UInt8
    ) {
        self.id = id
        self.version = version
        self.gauge = gauge
        self.channel = channel
        self.auxiliary = auxiliary
    }

    func send(_ message: Message) {
        output.append(message)
        let weight = message.weight
        outputWeight += weight
        _ = gauge.unwritten.add(weight, ordering: .relaxed)
    }

    /// Whether requests can be dealt with now.
    var isRunnable: Bool {
        if job != nil { return gauge.hasRoom }
        return !waiting.isEmpty && gauge.hasRoom
    }
}
