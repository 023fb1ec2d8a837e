import Board
import Linux

/// The thread that waits for disks: work in the order of its coming, completions on the I/O thread.
public final class BlockWorker: BlockExecutor, @unchecked Sendable {
    private struct Job {
        let work: () -> Void
        let completion: () -> Void
    }

    private let loop: EventLoop
    private let deviceLock: Condition
    private let condition = Condition()
    private var jobs: [Job] = []
    private var isStopped = false

    private let name: String

    public init(_ name: String, loop: EventLoop, deviceLock: Condition) {
        self.name = name
        self.loop = loop
        self.deviceLock = deviceLock
    }

    /// Starts the thread; work that came before waits for it.
    public func start() throws(SystemError) { try BackgroundThread.start(name) { self.run() } }

    public func execute(_ work: @escaping () -> Void, completion: @escaping () -> Void) {
        condition.hold {
            jobs.append(Job(work: work, completion: completion))
            condition.wakeAll()
        }
    }

    /// Ends the thread when the work before is done.
    public func stop() {
        condition.hold {
            isStopped = true
            condition.wakeAll()
        }
    }

    private func run() {
        while true {
            condition.lock()
            while jobs.isEmpty && !isStopped { condition.wait() }
            let batch = jobs
            jobs.removeAll()
            condition.unlock()
            if batch.isEmpty { return }
            for job in batch {
                job.work()
                deviceLock.hold { loop.perform(job.completion) }
            }
        }
    }
}
