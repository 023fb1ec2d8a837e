/// When to try again to connect to a controller, and when a silent one counts as gone, as Open vSwitch does it: waits that
/// double from a second up to the limit, an echo request after a silence, the end after a second silence.
///
/// All times in nanoseconds of the caller's clock; it reads none itself.
struct BackOff {
    static let shortest: UInt64 = 1_000_000_000
    private static let second: UInt64 = 1_000_000_000

    /// `State` of Open vSwitch's Controller table.
    enum State: String, Sendable {
        case void = "VOID"
        case backOff = "BACKOFF"
        case connecting = "CONNECTING"
        case active = "ACTIVE"
        case idle = "IDLE"
    }

    /// What the owner is to do now.
    enum Step: Equatable { case nothing, connect, probe, disconnect }

    private(set) var state = State.void
    private(set) var stateSince: UInt64
    /// The longest wait; 0 counts as 1 s.
    var maximum: UInt64
    /// How long a silence lasts before a probe; 0: no probes.
    var probeInterval: UInt64
    private var wait: UInt64 = 0
    private var lastHeard: UInt64 = 0
    private(set) var lastConnected: UInt64?
    private(set) var lastDisconnected: UInt64?
    private(set) var lastError: String?
    /// Connections that came about.
    private(set) var connections: UInt64 = 0

    init(maximum: UInt64, probeInterval: UInt64, now: UInt64) {
        self.maximum = maximum
        self.probeInterval = probeInterval
        stateSince = now
    }

    private mutating func enter(_ state: State, now: UInt64) {
        self.state = state
        stateSince = now
    }

    /// Begins: the first try is due at once.
    mutating func start(now: UInt64) {
        wait = 0
        enter(.backOff, now: now)
    }

    mutating func connecting(now: UInt64) { enter(.connecting, now: now) }

    mutating func connected(now: UInt64) {
        enter(.active, now: now)
        lastHeard = now
        lastConnected = now
        connections += 1
    }

    /// Something came from the peer.
    mutating func heard(now: UInt64) {
        lastHeard = now
        if state == .idle { enter(.active, now: now) }
    }

    /// A try failed or the connection ended.
    mutating func failed(_ error: String?, now: UInt64) {
        if let error { lastError = error }
        if state == .active || state == .idle {
            lastDisconnected = now
            // A connection that lasted counts as success: the next try comes soon.
            if now &- (lastConnected ?? now) >= max(wait, Self.shortest) { wait = 0 }
        }
        wait = wait == 0 ? Self.shortest : wait &* 2
        wait = min(wait, max(Self.shortest, maximum))
        enter(.backOff, now: now)
    }

    /// What is due.
    mutating func step(now: UInt64) -> Step {
        guard let deadline, now >= deadline else { return .nothing }
        switch state {
        case .void: return .nothing
        case .backOff: return .connect
        case .connecting:
            lastError = "no answer in time"
            return .disconnect
        case .active:
            enter(.idle, now: now)
            return .probe
        case .idle:
            lastError = "no response to inactivity probe after \(probeInterval / Self.second) seconds, disconnecting"
            return .disconnect
        }
    }

    /// When something is due next.
    var deadline: UInt64? {
        switch state {
        case .void: nil
        case .backOff: stateSince &+ wait
        case .connecting: stateSince &+ max(wait, 10 * Self.second)
        case .active: probeInterval == 0 ? nil : max(lastHeard, stateSince) &+ probeInterval
        case .idle: probeInterval == 0 ? nil : stateSince &+ probeInterval
        }
    }
}
