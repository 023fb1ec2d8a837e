import Glibc
import Linux
import Synchronization

/// What the agents have answered, on its way from the poller's thread to the hub's.
///
/// Waking a sleeping thread costs more than most requests do. So after it has handed requests over, the hub's thread looks
/// out for answers for a moment before it goes to sleep: as long as that pays, which a controller that waits for each
/// answer makes it do.
final class AnswerQueue: Sendable {
    private struct State {
        var outputs: [(bridge: Int32, output: AgentOutput)] = []
        /// Whether the hub's thread has been called.
        var isCalled = false
    }
    private let state = Mutex(State())
    private let hasOutputs = Atomic<Bool>(false)
    private let isLooking = Atomic<Bool>(false)

    /// Longest time to look out, and the shortest worth it, in nanoseconds.
    private static let longest: UInt64 = 60_000
    private static let shortest: UInt64 = 4_000
    /// Hand-overs between two trials while it does not pay.
    private static let trialInterval = 16
    // On the hub's thread only.
    private nonisolated(unsafe) var span = AnswerQueue.longest
    private nonisolated(unsafe) var passed = 0

    /// Adds answers, on the poller's thread.
    /// - Returns: whether the hub's thread has to be called.
    func append(_ outputs: [(bridge: Int32, output: AgentOutput)]) -> Bool {
        state.withLock { $0.outputs += outputs }
        hasOutputs.store(true, ordering: .sequentiallyConsistent)
        // Whoever looks out sees it, at the latest when it stops to.
        if isLooking.load(ordering: .sequentiallyConsistent) { return false }
        return state.withLock { state in
            defer { state.isCalled = true }
            return !state.isCalled
        }
    }

    /// Takes what is there, on the hub's thread.
    func take() -> [(bridge: Int32, output: AgentOutput)] {
        hasOutputs.store(false, ordering: .sequentiallyConsistent)
        return state.withLock { state in
            state.isCalled = false
            defer { state.outputs = [] }
            return state.outputs
        }
    }

    /// Looks out for answers, on the hub's thread, where that has paid lately.
    /// - Returns: whether there are some.
    func lookOut() -> Bool {
        guard isWorthIt else { return false }
        isLooking.store(true, ordering: .sequentiallyConsistent)
        let end = MonotonicClock.now() &+ span
        while !hasOutputs.load(ordering: .acquiring), MonotonicClock.now() < end {
            // Whoever is to answer may want this processor.
            sched_yield()
        }
        isLooking.store(false, ordering: .sequentiallyConsistent)
        let found = hasOutputs.load(ordering: .sequentiallyConsistent)
        span = found ? min(Self.longest, max(span, Self.shortest) &* 2) : span / 2
        return found
    }

    private var isWorthIt: Bool {
        guard span < Self.shortest else { return true }
        passed += 1
        guard passed >= Self.trialInterval else { return false }
        passed = 0
        span = Self.longest
        return true
    }
}
