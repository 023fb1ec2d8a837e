import Glibc
import Linux
import Synchronization
import Topology
import Wire

extension ControlConnection {
    /// Writes what passes a host's interface or a switch's port to the descriptor that came along, as pcapng.
    func capture(_ node: String, _ interface: String, snapLength: Int, count: Int?) throws(LabError) {
        guard let output = takeDescriptors().first else {
            throw LabError("capture: no descriptor to write to came with the request")
        }
        let length = snapLength > 0 ? min(snapLength, 262_144) : 262_144
        let writer = CaptureWriter(format: .pcapng, snapshotByteCount: length)
        var header: [UInt8] = []
        writer.appendHeader(interfaces: ["\(node):\(interface)"], to: &header)
        if let port = supervisor.fabric.ports[.init(node, interface)] {
            try capture(port: port.index, writer, header, to: output, count: count)
            return
        }
        let host = try supervisor.host(node)
        guard let index = host.indices[interface] else {
            throw LabError(
                "\(node) has no interface “\(interface)”; it has \(host.indices.keys.sorted().joined(separator: ", "))")
        }
        let socket = try host.inNetwork { () throws(SystemError) in try CaptureSocket(interface: index) }
        try send(.started(pid: 0))
        guard write(header, to: output) else { return try send(.done) }
        var buffer = [UInt8](repeating: 0, count: length)
        var left = count ?? .max
        while left > 0 {
            guard try waitForPackets(socket.descriptor.rawValue, output) else { break }
            var block: [UInt8] = []
            while left > 0, block.count < 1 << 20 {
                let isMore = buffer.withUnsafeMutableBytes { bytes in
                    guard let (kept, whole, time) = socket.receive(into: bytes) else { return false }
                    writer.appendPacket(
                        UnsafeRawBufferPointer(rebasing: bytes[..<kept]), timestamp: time, originalByteCount: whole,
                        to: &block)
                    return true
                }
                if !isMore { break }
                left -= 1
            }
            if !write(block, to: output) { break }
        }
        try send(.done)
    }

    private func capture(
        port: Int32, _ writer: CaptureWriter, _ header: [UInt8], to output: OwnedDescriptor, count: Int?
    ) throws(LabError) {
        let event = try labelled { () throws(SystemError) in OwnedEvent(try EventDescriptor()) }
        let waiting = CapturedBytes()
        let number = supervisor.captures.add(port: port, of: supervisor.fabric) { frame in
            // Here the poller waits for us: the frame is copied, and written elsewhere.
            if waiting.add(frame, writer, limit: count) { event.descriptor.signal() }
        }
        defer { supervisor.captures.remove(number, port: port, of: supervisor.fabric) }
        try send(.started(pid: 0))
        guard write(header, to: output) else { return try send(.done) }
        while try waitForPackets(event.descriptor.rawValue, output) {
            event.descriptor.drain()
            let (block, isFull) = waiting.take()
            if !write(block, to: output) || isFull { break }
        }
        try send(.done)
    }

    /// False when the client or the reader of the output has gone.
    private func waitForPackets(_ source: Int32, _ output: OwnedDescriptor) throws(LabError) -> Bool {
        while true {
            var watched = [
                pollfd(fd: source, events: Int16(POLLIN), revents: 0),
                pollfd(fd: socket.rawValue, events: Int16(POLLIN), revents: 0),
                // No events asked for: errors come all the same, such as the reader's end of a pipe closing.
                pollfd(fd: output.rawValue, events: 0, revents: 0),
            ]
            if poll(&watched, 3, -1) < 0 { continue }
            if watched[2].revents & Int16(POLLERR) != 0 { return false }
            if watched[1].revents != 0, try !lines.fill(from: socket.descriptor) { return false }
            if watched[0].revents != 0 { return true }
        }
    }

    private func write(_ bytes: [UInt8], to output: OwnedDescriptor) -> Bool {
        (try? output.descriptor.writeBytes(bytes)) != nil
    }
}

/// An event that several threads share.
private final class OwnedEvent: Sendable {
    let descriptor: EventDescriptor
    init(_ descriptor: consuming EventDescriptor) { self.descriptor = descriptor }
}

/// Packets between the poller, which must not wait, and the thread that writes them.
private final class CapturedBytes: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var packets = 0
    }
    /// A reader that is slower than the traffic loses packets, not the machine its memory.
    private static let limit = 64 << 20
    private let state = Mutex(State())
    private let isFull = Atomic<Bool>(false)

    /// Returns whether the writer is to be woken.
    func add(_ frame: UnsafeRawBufferPointer, _ writer: CaptureWriter, limit: Int?) -> Bool {
        state.withLock { state in
            guard state.bytes.count < Self.limit, state.packets < limit ?? .max else { return false }
            writer.appendPacket(frame, timestamp: WallClock.now(), to: &state.bytes)
            state.packets += 1
            if state.packets == limit { isFull.store(true, ordering: .relaxed) }
            return true
        }
    }

    func take() -> (bytes: [UInt8], isFull: Bool) {
        state.withLock { state in
            defer { state.bytes = [] }
            return (state.bytes, isFull.load(ordering: .relaxed))
        }
    }
}
