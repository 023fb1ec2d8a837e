import Board
import Linux

/// The thread that waits for disks: work in the order of its coming, completions on the I/O thread.
public final class BlockWorker: BlockExecutor, @unchecked Sendable {
    private struct Job {
        let work: () -> Void
        let completion: () -> Void
    }

    private enum State { case fresh, running, stopping, ended }

    private let name: String
    private let loop: EventLoop
    private let deviceLock: Condition
    private let condition = Condition()
    /// Guarded by `condition`, as the next one.
    private var jobs: [Job] = []
    private var state = State.fresh

    public init(_ name: String, loop: EventLoop, deviceLock: Condition) {
        self.name = name
        self.loop = loop
        self.deviceLock = deviceLock
    }

    /// Starts the thread; work that came before waits for it.
    public func start() throws(SystemError) {
        condition.hold { state = .running }
        do throws(SystemError) { try BackgroundThread.start(name) { self.run() } } catch {
            condition.hold { state = .ended }
            throw error
        }
    }

    public func execute(_ work: @escaping () -> Void, completion: @escaping () -> Void) {
        condition.hold {
            jobs.append(Job(work: work, completion: completion))
            condition.wakeAll()
        }
    }

    /// Returns when the work before is done; its completions may still be to come. Call without the device lock.
    func waitUntilIdle() {
        let done = Condition()
        // Guarded by `done`.
        nonisolated(unsafe) var isDone = false
        guard condition.hold({ state == .running }) else { return }
        execute {
            done.hold {
                isDone = true
                done.wakeAll()
            }
        } completion: {
        }
        done.hold { while !isDone { done.wait() } }
    }

    /// Ends the thread, and returns when the work before is done. Call without the device lock.
    public func stop() {
        condition.hold {
            guard state == .running else { return }
            state = .stopping
            condition.wakeAll()
            while state != .ended { condition.wait() }
        }
    }

    private func run() {
        while true {
            condition.lock()
            while jobs.isEmpty && state == .running { condition.wait() }
            let batch = jobs
            jobs.removeAll()
            if batch.isEmpty {
                state = .ended
                condition.wakeAll()
            }
            condition.unlock()
            if batch.isEmpty { return }
            for job in batch {
                job.work()
                deviceLock.hold { loop.perform(job.completion) }
            }
        }
    }
}
