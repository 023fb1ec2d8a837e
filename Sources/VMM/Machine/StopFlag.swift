import Synchronization

/// A flag for several threads.
final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isOpen: Bool { flag.load(ordering: .acquiring) }
    func close() { flag.store(false, ordering: .releasing) }
    func open() { flag.store(true, ordering: .releasing) }
}
