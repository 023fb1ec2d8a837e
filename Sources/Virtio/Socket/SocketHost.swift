/// The host's end of the stream sockets between host and guest (virtio 1.2, clause 5.10.6; vsock(7)), whatever carries its
/// packets: a socket device's queues (`VirtioSocket`), or a serial line (`SerialSockets`).
///
/// Who connects from the host calls `connect`; what the guest connects to is decided by `onConnect`. The other end of
/// each connection is a `SocketStream`; `SocketRelay` makes them from Unix sockets. Called with the device lock held.
public final class SocketHost {
    public let guestCID: UInt64

    /// The guest connects to a port of the host: the stream that answers; nil refuses.
    public var onConnect: ((_ hostPort: UInt32) -> (any SocketStream)?)?
    /// The guest's end is there: connections to the guest are possible. False: all are over.
    public var onReadyChange: ((_ isReady: Bool) -> Void)?
    /// There may be packets for the guest, for `next`.
    var onPending: (() -> Void)?

    private struct Ports: Hashable {
        var host, guest: UInt32
    }

    /// More than these at a time are refused.
    public static let connectionLimit = 1024
    /// Answers that wait to be carried; while there are so many nothing should be taken from the guest.
    private static let replyLimit = 256

    private var connections: [Ports: SocketConnection] = [:]
    /// Connections in the order in which they are served, so that each gets its turn.
    private var turns: [SocketConnection] = []
    private var replies: [SocketPacket] = []
    private var nextHostPort: UInt32 = 1 << 30
    private var isServing = false
    public private(set) var isReady = false
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: SocketPacket.longestData, alignment: 16)

    init(guestCID: UInt64) {
        precondition(guestCID > 2 && guestCID < 0xffff_ffff)
        self.guestCID = guestCID
    }

    deinit { scratch.deallocate() }

    public var connectionCount: Int { connections.count }

    /// The guest's end is there.
    func start() {
        isReady = true
        onReadyChange?(true)
    }

    /// The guest's end is gone, and all connections with it.
    func stop() {
        let wasReady = isReady
        isReady = false
        dropAll()
        if wasReady { onReadyChange?(false) }
    }

    /// The host's ends are gone.
    func dropAll() {
        replies = []
        for connection in turns { forget(connection) }
    }

    /// Asks the guest for a connection to one of its ports; the stream hears of it.
    /// - Returns: nil when the guest has no driver, or there are too many connections.
    @discardableResult
    public func connect(to guestPort: UInt32, _ stream: any SocketStream) -> SocketConnection? {
        guard isReady, connections.count < Self.connectionLimit else { return nil }
        while connections[Ports(host: nextHostPort, guest: guestPort)] != nil { advanceHostPort() }
        let connection = SocketConnection(
            hostPort: nextHostPort, guestPort: guestPort, stream: stream, state: .requested, host: self)
        advanceHostPort()
        remember(connection)
        reply(SocketPacket.Operation.request, connection)
        serve()
        return connection
    }

    private func advanceHostPort() { nextHostPort = nextHostPort == .max ? 1 << 30 : nextHostPort + 1 }

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

    /// Answers have been fetched: there is room for those to the guest's next packets.
    var acceptsPackets: Bool { replies.count < Self.replyLimit }

    /// A packet of the guest's, its data as long as it says. `serve` afterwards, when there is no other.
    func take(_ packet: SocketPacket, _ data: [UInt8]) {
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
            host: self)
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

    /// Lets the guest have what there is for it.
    func serve() {
        // Streams may call back while they are asked.
        guard !isServing, isReady else { return }
        isServing = true
        defer { isServing = false }
        for connection in turns where connection.state == .established {
            if connection.owesCredit { reply(SocketPacket.Operation.creditUpdate, connection) }
            endIfDone(connection)
        }
        onPending?()
    }

    /// The next packet for the guest and its data, good until the next call: answers first, then each connection's in turn.
    /// - Parameter room: bytes of data that can be carried at most.
    /// - Returns: nil when nobody has any.
    func next(room: Int) -> (packet: SocketPacket, data: UnsafeRawBufferPointer)? {
        if replies.isEmpty, let data = nextData(room: room) { return data }
        // There were answers before, or the streams have caused some.
        return replies.isEmpty ? nil : (replies.removeFirst(), UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// What a connection has for the guest, its bytes in `scratch`; nil when nobody has.
    private func nextData(room: Int) -> (packet: SocketPacket, data: UnsafeRawBufferPointer)? {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        for _ in turns.indices {
            guard let connection = turns.first else { return nil }
            turns.removeFirst()
            turns.append(connection)
            guard connection.state == .established, connection.mayRead, !connection.hostEnded else { continue }
            let credit = connection.credit
            if credit == 0, !connection.guestReceivesNoMore {
                if connection.hasAskedForCredit { continue }
                connection.hasAskedForCredit = true
                return (header(SocketPacket.Operation.creditRequest, connection), nothing)
            }
            let limit = min(connection.guestReceivesNoMore ? scratch.count : credit, room, scratch.count)
            if limit == 0 { continue }
            guard let count = connection.stream.read(into: UnsafeMutableRawBufferPointer(rebasing: scratch[..<limit]))
            else {
                connection.hostEnded = true
                connection.mayRead = false
                return (
                    header(SocketPacket.Operation.shutdown, connection, flags: SocketPacket.Shutdown.send), nothing
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
            return (packet, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<count]))
        }
        return nil
    }
}
