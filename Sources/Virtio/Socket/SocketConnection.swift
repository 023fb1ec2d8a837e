/// A stream between a port of the host and one of the guest.
public final class SocketConnection {
    public let hostPort: UInt32
    public let guestPort: UInt32

    enum State {
        /// The host has asked, the guest has not answered.
        case requested
        case established
        case over
    }

    let stream: any SocketStream
    var state: State
    weak var host: SocketHost?

    /// Bytes that the guest may have under way to us: what its credit is counted from.
    static let bufferByteCount = 256 << 10

    /// What the guest sent and the stream did not take yet, from `taken` on.
    private var buffer: [UInt8] = []
    private var taken = 0
    private(set) var forwardedCount: UInt32 = 0
    /// What the guest knows of `forwardedCount`.
    var toldForwardedCount: UInt32 = 0

    var guestBufferByteCount: UInt32 = 0
    var guestForwardedCount: UInt32 = 0
    var sentCount: UInt32 = 0
    var hasAskedForCredit = false

    /// The stream may have bytes for the guest.
    var mayRead = true
    /// The stream said that there will be no more.
    var hostEnded = false
    var guestSendsNoMore = false
    var guestReceivesNoMore = false

    init(hostPort: UInt32, guestPort: UInt32, stream: any SocketStream, state: State, host: SocketHost) {
        self.hostPort = hostPort
        self.guestPort = guestPort
        self.stream = stream
        self.state = state
        self.host = host
    }

    /// The stream has bytes for the guest, or its end.
    public func readable() {
        guard state != .over else { return }
        mayRead = true
        host?.serve()
    }

    /// The stream takes more bytes.
    public func writable() {
        guard state == .established else { return }
        pass()
        host?.serve()
    }

    /// The host wants to end the connection at once.
    public func close() {
        guard state != .over else { return }
        host?.end(self, tellGuest: true)
    }

    /// How many bytes the guest has room for.
    var credit: Int {
        let underWay = sentCount &- guestForwardedCount
        return underWay >= guestBufferByteCount ? 0 : Int(guestBufferByteCount - underWay)
    }

    var bufferedByteCount: Int { buffer.count - taken }

    /// Takes bytes of the guest: to the stream what it takes, the rest into the buffer.
    /// - Returns: false when the guest sent more than it had credit for.
    func receive(_ bytes: [UInt8]) -> Bool {
        guard bufferedByteCount + bytes.count <= Self.bufferByteCount else { return false }
        var done = 0
        // A stream that takes less is asked again: only one that takes nothing will call when it can.
        while bufferedByteCount == 0, done < bytes.count {
            let count = bytes.withUnsafeBytes { stream.write(UnsafeRawBufferPointer(rebasing: $0[done...])) }
            if count == 0 { break }
            done += count
            forwardedCount &+= UInt32(count)
        }
        if done < bytes.count { buffer += bytes[done...] }
        return true
    }

    /// Gives the stream what is buffered, as far as it takes it; then the guest's end.
    func pass() {
        while bufferedByteCount > 0 {
            let count = buffer.withUnsafeBytes { stream.write(UnsafeRawBufferPointer(rebasing: $0[taken...])) }
            if count == 0 { break }
            taken += count
            forwardedCount &+= UInt32(count)
        }
        if bufferedByteCount == 0 {
            buffer.removeAll(keepingCapacity: buffer.count <= 64 << 10)
            taken = 0
            if guestSendsNoMore, !hasToldGuestsEnd {
                hasToldGuestsEnd = true
                stream.guestEnded()
            }
        } else if taken > 64 << 10 {
            buffer.removeFirst(taken)
            taken = 0
        }
    }
    private var hasToldGuestsEnd = false

    /// A quarter of the buffer has become free since the guest last heard of it.
    var owesCredit: Bool { forwardedCount &- toldForwardedCount >= UInt32(Self.bufferByteCount / 4) }
}
