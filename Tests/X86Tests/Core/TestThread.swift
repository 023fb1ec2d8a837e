import Glibc

/// A thread for a second processor.
final class TestThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Body(body))
        let result = pthread_create(
            &thread, nil,
            {
                Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run()
                return nil
            }, start.toOpaque())
        precondition(result == 0)
    }

    func join() { pthread_join(thread, nil) }
}
