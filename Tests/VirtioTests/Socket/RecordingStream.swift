import Virtio

/// A host's end whose program is the test.
final class RecordingStream: SocketStream {
    var received: [UInt8] = []
    /// How many more bytes it takes.
    var room = Int.max
    var outgoing: [UInt8] = []
    var ends = false
    private(set) var events: [String] = []
    private(set) var connection: SocketConnection?

    func established(_ connection: SocketConnection) {
        self.connection = connection
        events.append("established")
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        let count = min(room, bytes.count)
        received += bytes.prefix(count)
        room -= count
        return count
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        if outgoing.isEmpty { return ends ? nil : 0 }
        let count = min(buffer.count, outgoing.count)
        buffer.copyBytes(from: outgoing.prefix(count))
        outgoing.removeFirst(count)
        return count
    }

    func guestEnded() { events.append("ended") }
    func closed() { events.append("closed") }

    func send(_ bytes: [UInt8]) {
        outgoing += bytes
        connection?.readable()
    }
}
