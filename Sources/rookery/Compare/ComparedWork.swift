/// A work that is measured.
enum ComparedWork: String, CaseIterable, Codable, Sendable {
    /// From the start of the monitor to the first program of ours in the guest; of a process: from its start to its main.
    case boot
    /// Steps of a loop that touches no memory.
    case compute
    /// System calls that do nothing.
    case calls
    /// Writes of 4 KiB to a disk, each flushed.
    case disk
    /// Round trips of 64-byte UDP datagrams over a switch.
    case trips
    /// 64-byte UDP datagrams over a switch, as fast as they go.
    case datagrams
    /// A TCP stream from the guest to a process over a switch.
    case send
    /// A TCP stream to the guest.
    case receive

    /// The row's title, 16 characters at most.
    var title: String {
        switch self {
        case .boot: "boot"
        case .compute: "step of a loop"
        case .calls: "system call"
        case .disk: "write and flush"
        case .trips: "round trip, 64 B"
        case .datagrams: "datagrams, 64 B"
        case .send: "TCP out"
        case .receive: "TCP in"
        }
    }

    /// What one operation is, in a sentence.
    var operation: String {
        switch self {
        case .boot: "boot"
        case .compute: "step"
        case .calls: "call"
        case .disk: "write"
        case .trips: "round trip"
        case .datagrams: "datagram"
        case .send, .receive: "MiB"
        }
    }

    var needsNetwork: Bool {
        switch self {
        case .boot, .compute, .calls, .disk: false
        case .trips, .datagrams, .send, .receive: true
        }
    }

    /// Whether the guest has to reach a device for it: where para-virtualization is to win.
    var usesDevice: Bool { self != .compute && self != .calls }

    /// What a first, short sample does.
    var firstCount: UInt64 {
        switch self {
        case .boot: 1
        case .compute: 1_000_000
        case .calls: 10_000
        case .disk: 16
        case .trips: 32
        case .datagrams: 512
        case .send, .receive: 4
        }
    }

    /// The most that one sample does: enough for its time to be exact, not more than queues and disks are good for.
    var lastCount: UInt64 {
        switch self {
        case .boot: 1
        case .compute: 4_000_000_000
        case .calls: 20_000_000
        case .disk: 20_000
        case .trips: 100_000
        case .datagrams: 1_000_000
        case .send, .receive: 16_384
        }
    }

    /// The line that asks `rookery-work` for it.
    /// - Parameters:
    ///   - disk: the file or device that it may write to.
    ///   - peer: address and port of the network's other end.
    func request(count: UInt64, disk: String, byteCount: Int, peer: String) -> String {
        switch self {
        case .boot: ""
        case .compute: "compute \(count)"
        case .calls: "calls \(count)"
        case .disk: "disk \(disk) \(byteCount) \(count)"
        case .trips: "trips \(peer) \(count)"
        case .datagrams: "datagrams \(peer) \(count)"
        case .send: "send \(peer) \(count)"
        case .receive: "receive \(peer) \(count)"
        }
    }
}
