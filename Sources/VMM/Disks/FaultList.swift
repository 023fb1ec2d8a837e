import Synchronization

/// What has gone wrong on the host's side, for whoever asks later; bounded.
final class FaultList: Sendable {
    private static let limit = 16
    private let texts = Mutex<[String]>([])

    var all: [String] { texts.withLock { $0 } }

    /// Any thread.
    func add(_ text: String) { texts.withLock { if $0.count < Self.limit { $0.append(text) } } }
}
