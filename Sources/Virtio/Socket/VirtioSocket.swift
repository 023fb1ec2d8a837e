import Board

/// Stream sockets between host and guest (virtio 1.2, clause 5.10; vsock(7)).
///
/// Who connects from the host calls `connect`; what the guest connects to is decided by `onConnect`. The other end of
/// each connection is a `SocketStream`; `SocketRelay` makes them from Unix sockets.
public final class VirtioSocket: VirtioDevice {
    public let name: String
    public let kind = VirtioDeviceKind.socket
    public let features: UInt64 = 1  // VIRTIO_VSOCK_F_STREAM
    /// To the guest, from it, events.
    public let queueSizes: [UInt16] = [256, 256, 16]
    public let guestCID: UInt64

    /// The guest connects to a port of the host: the stream that answers; nil refuses.
    public var onConnect: ((_ hostPort: UInt32) -> (any SocketStream)?)?
    /// The driver is there: connections to the guest are possible. False: all are over.
    public var onReadyChange: ((_ isReady: Bool) -> Void)?

    private struct Ports: Hashable {
        var host, guest: UInt32
    }

    private static let toGuest = 0
    private static let fromGuest = 1
    private static let events = 2
    /// More than these at a time are refused.
    public static let connectionLimit = 1024
    /// Answers that wait for buffers; while there are so many nothing is taken from the guest.
    private static let replyLimit = 256

    private var session: VirtioSession?
    private var connections: [Ports: SocketConnection] = [:]
    /// Connections in the order in which they are served, so that each gets its turn.
    private var turns: [SocketConnection] = []
    private var replies: [SocketPacket] = []
    private var nextHostPort: UInt32 = 1 << 30
    private var isServing = false
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: SocketPacket.longestData, alignment: 16)

    public init(name: String = "virtio-vsock", guestCID: UInt64) {
        precondition(guestCID > 2 && guestCID < 0xffff_ffff)
        self.name = name
        self.guestCID = guestCID
    }

    deinit { scratch.deallocate() }

    public var configuration: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: guestCID >> UInt64(8 * $0)) } }

    public func activate(_ session: VirtioSession) {
        self.session = session
        onReadyChange?(true)
    }

    public func reset(finished: @escaping () -> Void) -> Bool {
        let hadSession = session != nil
        session = nil
        replies = []
        for connection in turns { forget(connection) }
        if hadSession { onReadyChange?(false) }
        return true
    }

    public var isReady: Bool { session?.isOver == false }
    public var connectionCount: Int { connections.count }

    /// Asks the guest for a connection to one of its ports; the stream hears of it.
    /// - Returns: nil when the guest has no driver, or there are too many connections.
    @discardableResult
    public func connect(to guestPort: UInt32, _ stream: any SocketStream) -> SocketConnection? {
        guard isReady, connections.count < Self.connectionLimit else { return nil }
        while connections[Ports(host: nextHostPort, guest: guestPort)] != nil { advanceHostPort() }
        let connection = SocketConnection(
            hostPort: nextHostPort, guestPort: guestPort, stream: stream, state: .requested, device: self)
        advanceHostPort()
        remember(connection)
        reply(SocketPacket.Operation.request, connection)
        serve()
        return connection
    }

    private func advanceHostPort() { nextHostPort = nextHostPort == .max ? 1 << 30 : nextHostPort + 1 }

    /// The machine was restored or moved: the host's ends are gone, and the guest hears of it (clause 5.10.6.7).
    public func transportReset() {
        for connection in turns { forget(connection) }
        replies = []
        guard let session, let queue = session.queue(Self.events) else { return }
        do throws(VirtqueueError) {
            guard let chain = try queue.next() else { return }
            queue.giveBack(chain.head, written: chain.write([0, 0, 0, 0]))
            session.publish(Self.events)
        } catch {
            session.fail(error)
        }
    }

    public func queueNotified(_ index: Int) {
        switch index {
        case Self.fromGuest: takePackets()
        case Self.toGuest:
            serve()
            // The guest's packets may have waited for room for our answers.
            takePackets()
        default: break
        }
    }

    private func remember(_ connection: SocketConnection) {
        connections[Ports(host: connection.hostPort, guest: connection.guestPort)] = connection
        turns.append(connection)
    }

    private func forget(_ connection: SocketConnection) {
        guard connection.state != .over else { return }
        connection.state = .over
        connections[Ports(host: connection.hostPort, guest: connection.guestPort)] = nil
        turns.removeAll { $0 === connection }
        connection.stream.closed()
    }

    func end(_ connection: SocketConnection, tellGuest: Bool) {
        if tellGuest { reply(SocketPacket.Operation.reset, connection) }
        forget(connection)
        serve()
    }

    // MARK: From the guest

    private func takePackets() {
        session?.drain(Self.fromGuest) { (queue, chain) throws(VirtqueueError) in
            guard replies.count < Self.replyLimit else { return false }
            let header = chain.bytes(count: SocketPacket.byteCount)
            guard header.count == SocketPacket.byteCount else { throw .badRequest("a socket packet without a header") }
            let packet = SocketPacket(header)
            guard packet.dataByteCount <= SocketPacket.longestData else {
                throw .badRequest("a socket packet of \(packet.dataByteCount) bytes")
            }
            let data = chain.bytes(from: SocketPacket.byteCount, count: Int(packet.dataByteCount))
            guard data.count == Int(packet.dataByteCount) else { throw .badRequest("a socket packet that is cut off") }
            queue.giveBack(chain.head, written: 0)
            take(packet, data)
            return true
        }
        serve()
    }

    private func take(_ packet: SocketPacket, _ data: [UInt8]) {
        guard packet.sourceCID == guestCID else { return }
        guard packet.destinationCID == SocketPacket.hostCID, packet.type == SocketPacket.stream else {
            return refuse(packet)
        }
        let ports = Ports(host: packet.destinationPort, guest: packet.sourcePort)
        guard let connection = connections[ports] else {
            if packet.operation == SocketPacket.Operation.request { return accept(packet) }
            return refuse(packet)
        }
        connection.guestBufferByteCount = packet.bufferByteCount
        connection.guestForwardedCount = packet.forwardedCount
        connection.hasAskedForCredit = false
        switch (packet.operation, connection.state) {
        case (SocketPacket.Operation.response, .requested):
            connection.state = .established
            connection.stream.established(connection)
        case (SocketPacket.Operation.data, .established) where !connection.guestSendsNoMore:
            if connection.receive(data) {
                if connection.owesCredit, connection.state == .established {
                    reply(SocketPacket.Operation.creditUpdate, connection)
                }
            } else {
                end(connection, tellGuest: true)
            }
        case (SocketPacket.Operation.creditRequest, .established):
            reply(SocketPacket.Operation.creditUpdate, connection)
        case (SocketPacket.Operation.creditUpdate, .established): break
        case (SocketPacket.Operation.shutdown, .established):
            if packet.flags & SocketPacket.Shutdown.send != 0 { connection.guestSendsNoMore = true }
            if packet.flags & SocketPacket.Shutdown.receive != 0 { connection.guestReceivesNoMore = true }
            connection.pass()
            endIfDone(connection)
        case (SocketPacket.Operation.reset, _): forget(connection)
        default: end(connection, tellGuest: true)
        }
    }

    /// Both directions are over, and nothing is left to pass on.
    private func endIfDone(_ connection: SocketConnection) {
        guard connection.guestSendsNoMore, connection.bufferedByteCount == 0,
            connection.guestReceivesNoMore || connection.hostEnded
        else { return }
        end(connection, tellGuest: true)
    }

    private func accept(_ packet: SocketPacket) {
        guard connections.count < Self.connectionLimit, let stream = onConnect?(packet.destinationPort) else {
            return refuse(packet)
        }
        let connection = SocketConnection(
            hostPort: packet.destinationPort, guestPort: packet.sourcePort, stream: stream, state: .established,
            device: self)
        connection.guestBufferByteCount = packet.bufferByteCount
        connection.guestForwardedCount = packet.forwardedCount
        remember(connection)
        reply(SocketPacket.Operation.response, connection)
        stream.established(connection)
    }

    /// A reset for what belongs to no connection; resets themselves are not answered.
    private func refuse(_ packet: SocketPacket) {
        guard packet.operation != SocketPacket.Operation.reset else { return }
        var answer = SocketPacket()
        answer.sourceCID = packet.destinationCID
        answer.destinationCID = packet.sourceCID
        answer.sourcePort = packet.destinationPort
        answer.destinationPort = packet.sourcePort
        answer.type = packet.type
        answer.operation = SocketPacket.Operation.reset
        replies.append(answer)
    }

    private func reply(_ operation: UInt16, _ connection: SocketConnection, flags: UInt32 = 0) {
        replies.append(header(operation, connection, flags: flags))
    }

    private func header(_ operation: UInt16, _ connection: SocketConnection, flags: UInt32 = 0) -> SocketPacket {
        var packet = SocketPacket()
        packet.sourceCID = SocketPacket.hostCID
        packet.destinationCID = guestCID
        packet.sourcePort = connection.hostPort
        packet.destinationPort = connection.guestPort
        packet.operation = operation
        packet.flags = flags
        packet.bufferByteCount = UInt32(SocketConnection.bufferByteCount)
        packet.forwardedCount = connection.forwardedCount
        connection.toldForwardedCount = connection.forwardedCount
        return packet
    }

    // MARK: To the guest

    /// Fills the guest's buffers: answers first, then each connection's data in turn.
    func serve() {
        // Streams may call back while they are asked.
        guard !isServing, let session, !session.isOver else { return }
        isServing = true
        defer { isServing = false }
        for connection in turns where connection.state == .established {
            if connection.owesCredit { reply(SocketPacket.Operation.creditUpdate, connection) }
            endIfDone(connection)
        }
        session.drain(Self.toGuest) { (queue, chain) throws(VirtqueueError) in
            let room = chain.writableByteCount
            guard room >= SocketPacket.byteCount else { throw .badRequest("a socket buffer of \(room) bytes") }
            let data = replies.isEmpty ? nextData(room: room - SocketPacket.byteCount) : nil
            guard let (packet, count) = data else {
                // There were answers before, or the streams have caused some.
                guard !replies.isEmpty else { return false }
                queue.giveBack(chain.head, written: chain.write(replies.removeFirst().bytes))
                return true
            }
            var written = chain.write(packet.bytes)
            written += chain.write(
                UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<count]), at: SocketPacket.byteCount)
            queue.giveBack(chain.head, written: written)
            return true
        }
    }

    /// What a connection has for the guest, its bytes in `scratch`; nil when nobody has.
    private func nextData(room: Int) -> (SocketPacket, Int)? {
        for _ in turns.indices {
            guard let connection = turns.first else { return nil }
            turns.removeFirst()
            turns.append(connection)
            guard connection.state == .established, connection.mayRead, !connection.hostEnded else { continue }
            let credit = connection.credit
            if credit == 0, !connection.guestReceivesNoMore {
                if connection.hasAskedForCredit { continue }
                connection.hasAskedForCredit = true
                return (header(SocketPacket.Operation.creditRequest, connection), 0)
            }
            let limit = min(connection.guestReceivesNoMore ? scratch.count : credit, room, scratch.count)
            if limit == 0 { continue }
            guard let count = connection.stream.read(into: UnsafeMutableRawBufferPointer(rebasing: scratch[..<limit]))
            else {
                connection.hostEnded = true
                connection.mayRead = false
                return (
                    header(SocketPacket.Operation.shutdown, connection, flags: SocketPacket.Shutdown.send), 0
                )
            }
            if count == 0 {
                connection.mayRead = false
                continue
            }
            // Nobody there to receive it.
            if connection.guestReceivesNoMore || connection.state == .over { continue }
            connection.sentCount &+= UInt32(count)
            var packet = header(SocketPacket.Operation.data, connection)
            packet.dataByteCount = UInt32(count)
            return (packet, count)
        }
        return nil
    }
}
