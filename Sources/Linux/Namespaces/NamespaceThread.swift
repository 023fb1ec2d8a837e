import CLinux
import Glibc

// Namespaces belong to threads. A pool's thread that moves into another namespace would take along whatever runs there
// next, so everything that must happen inside a namespace runs on a thread made for it: it may unshare and enter as it
// likes, its namespaces end with it (unless a descriptor holds them), and no other thread is ever moved.

/// A thread that runs closures, one at a time, in order.
public final class NamespaceThread: @unchecked Sendable {
    private let state: UnsafeMutablePointer<State>
    private let thread: pthread_t

    private struct State {
        var mutex = pthread_mutex_t()
        var changed = pthread_cond_t()
        var jobs: [@Sendable () -> Void] = []
        var ending = false
    }

    /// - Parameter name: what tools show for the thread, 15 bytes.
    public init(name: String = "namespace") throws(SystemError) {
        let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
        state.initialize(to: State())
        pthread_mutex_init(&state.pointee.mutex, nil)
        pthread_cond_init(&state.pointee.changed, nil)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                NamespaceThread.serve(argument!.assumingMemoryBound(to: State.self))
                return nil
            }, state)
        guard code == 0 else {
            state.deinitialize(count: 1)
            state.deallocate()
            throw SystemError("make a thread", name, code: Errno(code))
        }
        self.state = state
        self.thread = thread
        submit { CurrentThread.setName(name) }
    }

    deinit {
        pthread_mutex_lock(&state.pointee.mutex)
        state.pointee.ending = true
        pthread_cond_signal(&state.pointee.changed)
        pthread_mutex_unlock(&state.pointee.mutex)
        pthread_join(thread, nil)
        pthread_mutex_destroy(&state.pointee.mutex)
        pthread_cond_destroy(&state.pointee.changed)
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// Runs `body` on the thread some time, after what was submitted before it.
    public func submit(_ body: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(&state.pointee.mutex)
        state.pointee.jobs.append(body)
        pthread_cond_signal(&state.pointee.changed)
        pthread_mutex_unlock(&state.pointee.mutex)
    }

    /// Runs `body` on the thread and waits for its result. Not to be called on the thread itself.
    public func run<Success: ~Copyable & Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Success
    ) throws(Failure) -> Success {
        let box = ResultBox<Success, Failure>()
        submit {
            do throws(Failure) {
                box.finish(.success(try body()))
            } catch {
                box.finish(.failure(error))
            }
        }
        return try box.take()
    }

    private static func serve(_ state: UnsafeMutablePointer<State>) {
        pthread_mutex_lock(&state.pointee.mutex)
        while true {
            if state.pointee.jobs.isEmpty {
                if state.pointee.ending { break }
                pthread_cond_wait(&state.pointee.changed, &state.pointee.mutex)
                continue
            }
            let jobs = state.pointee.jobs
            state.pointee.jobs = []
            pthread_mutex_unlock(&state.pointee.mutex)
            for job in jobs { job() }
            pthread_mutex_lock(&state.pointee.mutex)
        }
        pthread_mutex_unlock(&state.pointee.mutex)
    }
}

/// Carries one result from the thread that runs to the thread that waits.
private final class ResultBox<Success: ~Copyable, Failure: Error>: @unchecked Sendable {
    private var result: Result<Success, Failure>?
    private let done = Gate()

    func finish(_ result: consuming Result<Success, Failure>) {
        self.result = consume result
        done.open()
    }

    func take() throws(Failure) -> Success {
        done.wait()
        let taken = result.take()!
        return try taken.get()
    }
}
