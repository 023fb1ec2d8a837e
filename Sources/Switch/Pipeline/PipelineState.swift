/// What the data path keeps beside the megaflows and refers to by number from their actions, and the packet that goes
/// through recirculations.
final class PipelineState {
    var frozen = SharedTable<FrozenState>()
    var hashes = SharedTable<HashDescription>()
    var notices = SharedTable<ControllerNotice>()
    var samples = SharedTable<SampleDescription>()
    var learnings = SharedTable<LearnedRule>()
    var trackings = SharedTable<TrackingDescription>()

    /// What the tracker found out about the packet that is being performed; counts while `Performance.isTracked`.
    let connection: UnsafeMutablePointer<PacketConnection>
    /// Packets whose copies are being worked on (`beginClone`), innermost last.
    var saved: [(state: Performance, connection: PacketConnection)] = []
    /// The packet that goes on with a frozen state when the present megaflow is done.
    var tail: Performance?
    var tailState: Int32 = 0
    /// Performances within each other; while there are any, no megaflow's memory is freed.
    var pins = 0
    /// Which packets are samples.
    var random: RandomSource
    /// Packets that wait for a controller, and what they go on with.
    var continuations = ContinuationTable()

    init(seed: UInt64) {
        random = RandomSource(seed: seed ^ 0x2545_f491_4f6c_dd1d)
        connection = .allocate(capacity: 1)
        connection.initialize(to: PacketConnection())
        saved.reserveCapacity(16)
    }

    deinit { connection.deallocate() }

    /// One user less of everything that actions refer to.
    /// - Returns: frozen states that nobody uses any more.
    func release(_ actions: some Sequence<DatapathAction>) -> [Int32] {
        var gone: [Int32] = []
        func release(state: Int32) {
            if frozen.release(state) { gone.append(state) }
        }
        for action in actions {
            switch action {
            case .recirculate(let state): release(state: state)
            case .checkLength(_, let longer, let other):
                release(state: longer)
                release(state: other)
            case .hash(let number, _): _ = hashes.release(number)
            case .controller(let number): _ = notices.release(number)
            case .sample(let number): _ = samples.release(number)
            case .track(let number): _ = trackings.release(number)
            default: break
            }
        }
        return gone
    }
}

/// A packet on its way through a megaflow's actions.
struct Performance {
    var packet: PacketRef
    var layout: PacketLayout
    /// Whether `PipelineState.connection` is this packet's.
    var isTracked = false
    /// Whether it is, but the flow tables are not to see it.
    var wasTracked = false
    /// The hash that the next recirculation takes (`DatapathAction.hash`); 0: none.
    var hash: Int32 = 0
    var hashMask: UInt32 = 0
}

/// Frozen states by the number that a packet-in names (`PacketIn.continuation`). The oldest go when there are too many: a
/// controller that never answers holds no memory.
struct ContinuationTable {
    static let limit = 4096
    private var states: [UInt64: FrozenState] = [:]
    private var numbers: [FrozenState: UInt64] = [:]
    private var order: [UInt64] = []
    private var last: UInt64 = 0

    subscript(number: UInt64) -> FrozenState? { states[number] }

    mutating func number(for state: FrozenState) -> UInt64 {
        if let number = numbers[state] { return number }
        if order.count >= Self.limit {
            for old in order.prefix(Self.limit / 4) {
                if let state = states.removeValue(forKey: old) { numbers[state] = nil }
            }
            order.removeFirst(Self.limit / 4)
        }
        last += 1
        states[last] = state
        numbers[state] = last
        order.append(last)
        return last
    }

    /// Forgets the states of a bridge that goes.
    mutating func removeAll(where isGone: (FrozenState) -> Bool) {
        for (number, state) in states where isGone(state) {
            states[number] = nil
            numbers[state] = nil
        }
        order.removeAll { states[$0] == nil }
    }
}
