import Glibc
import Linux
import Synchronization
import Topology

/// The lab's changes to itself: a thread that sleeps from one to the next, and none where there are no changes.
final class Schedule: Sendable {
    private let isOver = Atomic<Bool>(false)

    func end() { isOver.store(true, ordering: .relaxed) }

    /// Calls `body` for each change at its time after `zero` (nanoseconds of the monotonic clock).
    func start(
        _ changes: [LabTopology.ScheduledChange], zero: UInt64,
        _ body: @escaping @Sendable (LabTopology.ScheduledChange) -> Void
    ) throws(SystemError) {
        if changes.isEmpty { return }
        try BackgroundThread.start("rookery-sched") { [self] in
            CurrentThread.setTimerSlack(nanoseconds: 1)
            for change in changes {
                MonotonicClock.sleep(until: zero &+ change.at)
                if isOver.load(ordering: .relaxed) { return }
                body(change)
            }
        }
    }
}

extension Supervisor {
    func startSchedule(_ lab: LabTopology) throws(LabError) {
        let zero = zero.withLock { $0 }
        try labelled { () throws(SystemError) in
            try self.schedule.start(lab.schedule, zero: zero) { change in
                do throws(LabError) {
                    try self.carryOut(change.action)
                } catch {
                    logLine("schedule, at \(change.at / 1_000_000) ms: \(error)")
                }
            }
        }
    }

    private func carryOut(_ action: LabTopology.ScheduledChange.Action) throws(LabError) {
        switch action {
        case .link(let index, let change): try self.change(links: [(index, change)])
        case .exec(let node, let command):
            let log = try openLog(of: node)
            _ = try launch(
                on: try host(node), ["/bin/sh", "-c", command], descriptors: [0, log.rawValue, log.rawValue]
            ) { end in
                if end != .exited(0) { logLine("schedule: “\(command)” on \(node) \(end)") }
            }
        }
    }
}
