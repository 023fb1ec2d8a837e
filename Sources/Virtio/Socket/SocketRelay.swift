import Board
import Glibc
import Linux

/// Joins a guest's sockets to Unix sockets of the host, in Firecracker's way.
///
/// From the host: a program connects to the listener and writes "CONNECT 1234\n"; when the guest has accepted it reads
/// "OK 1073741824\n" (the host's port), and from then on the stream is the guest's. A refusal closes the connection.
/// From the guest: what it connects to at CID 2, port N, is the socket that `connect(N)` gives; usually PATH_N.
///
/// Called with the device lock held, on the thread of the watcher.
public final class SocketRelay {
    private let host: SocketHost
    private let watcher: any DescriptorWatcher
    private let listener: OwnedDescriptor?
    private let connectOut: (UInt32) -> OwnedDescriptor?
    /// Who has connected and not said yet where to.
    private var callers: [Int32: Caller] = [:]
    private var streams: [ObjectIdentifier: RelayStream] = [:]

    /// Longer first lines are nobody's.
    private static let longestRequest = 32
    /// Callers that may be undecided at a time.
    private static let callerLimit = 64

    private final class Caller {
        let socket: OwnedDescriptor
        var line: [UInt8] = []
        init(_ socket: OwnedDescriptor) { self.socket = socket }
    }

    /// - Parameters:
    ///   - listener: non-blocking; where programs of the host connect.
    ///   - connect: opens a stream for a port that the guest connects to; nil refuses.
    public init(
        host: SocketHost, watcher: any DescriptorWatcher, listener: OwnedDescriptor?,
        connect: @escaping (_ port: UInt32) -> OwnedDescriptor? = { _ in nil }
    ) {
        self.host = host
        self.watcher = watcher
        self.listener = listener
        connectOut = connect
        host.onConnect = { [weak self] in self?.guestConnects(to: $0) }
        if let number = listener?.rawValue {
            watcher.watch(number, for: .readable) { [weak self] _ in self?.acceptCallers() }
        }
    }

    /// Stops listening, and ends every connection.
    public func close() {
        if let number = listener?.rawValue { watcher.unwatch(number) }
        for number in callers.keys { watcher.unwatch(number) }
        callers = [:]
        for stream in streams.values { stream.connection?.close() }
    }

    /// Opens a connection of a socket that is there already to a port of the guest.
    /// - Returns: false when the guest has no driver.
    @discardableResult
    public func connect(_ socket: OwnedDescriptor, to guestPort: UInt32) -> Bool {
        open(socket, to: guestPort, greets: false)
    }

    private func guestConnects(to port: UInt32) -> (any SocketStream)? {
        guard let socket = connectOut(port) else { return nil }
        return stream(socket, greets: false)
    }

    private func stream(_ socket: OwnedDescriptor, greets: Bool) -> RelayStream {
        try? socket.descriptor.setNonBlocking(true)
        let stream = RelayStream(socket, watcher, greets: greets) { [weak self] in
            self?.streams[ObjectIdentifier($0)] = nil
        }
        streams[ObjectIdentifier(stream)] = stream
        return stream
    }

    private func open(_ socket: OwnedDescriptor, to port: UInt32, greets: Bool) -> Bool {
        let stream = stream(socket, greets: greets)
        if host.connect(to: port, stream) != nil { return true }
        stream.closed()
        return false
    }

    private func acceptCallers() {
        while true {
            let accepted: OwnedDescriptor
            do throws(SystemError) {
                guard let listener, let socket = try UnixSocket.accept(listener.descriptor, nonBlocking: true) else {
                    return
                }
                accepted = OwnedDescriptor(socket)
            } catch {
                return
            }
            guard callers.count < Self.callerLimit else { continue }
            let number = accepted.rawValue
            callers[number] = Caller(accepted)
            watcher.watch(number, for: .readable) { [weak self] _ in self?.readRequest(number) }
        }
    }

    /// Reads up to the end of the first line, byte by byte: what follows is the guest's.
    private func readRequest(_ number: Int32) {
        guard let caller = callers[number] else { return }
        while true {
            var byte: UInt8 = 0
            let count = Glibc.read(number, &byte, 1)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count == 1, caller.line.count < Self.longestRequest else { return drop(number) }
            if byte == UInt8(ascii: "\n") { break }
            caller.line.append(byte)
        }
        let words = String(decoding: caller.line, as: UTF8.self).split(separator: " ")
        watcher.unwatch(number)
        callers[number] = nil
        guard words.count == 2, words[0] == "CONNECT", let port = UInt32(words[1]) else { return }
        _ = open(caller.socket, to: port, greets: true)
    }

    private func drop(_ number: Int32) {
        watcher.unwatch(number)
        callers[number] = nil
    }
}

/// A Unix socket as the host's end of a connection.
final class RelayStream: SocketStream {
    private let socket: OwnedDescriptor
    private let watcher: any DescriptorWatcher
    private let greets: Bool
    private let onClosed: (RelayStream) -> Void
    private(set) weak var connection: SocketConnection?
    private var events: DescriptorEvents = []
    private var isWatched = false
    private var isClosed = false

    init(
        _ socket: OwnedDescriptor, _ watcher: any DescriptorWatcher, greets: Bool,
        onClosed: @escaping (RelayStream) -> Void
    ) {
        self.socket = socket
        self.watcher = watcher
        self.greets = greets
        self.onClosed = onClosed
    }

    func established(_ connection: SocketConnection) {
        self.connection = connection
        if greets {
            let line = Array("OK \(connection.hostPort)\n".utf8)
            // A fresh socket's buffer has room for a line.
            _ = line.withUnsafeBytes { send(socket.rawValue, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL)) }
        }
        isWatched = true
        events = .readable
        watcher.watch(socket.rawValue, for: events) { [weak self] in self?.ready($0) }
    }

    private func want(_ new: DescriptorEvents) {
        guard isWatched, new != events else { return }
        events = new
        watcher.change(socket.rawValue, to: new)
    }

    private func ready(_ ready: DescriptorEvents) {
        guard let connection else { return }
        if !ready.isDisjoint(with: [.readable, .ended]) {
            // The device asks when the guest has room; until then this is not to be told again and again.
            want(events.subtracting(.readable))
            if ready.contains(.ended), !ready.contains(.readable), events.isEmpty {
                // Nothing more comes, and nothing can be sent: the end is not told again.
                watcher.unwatch(socket.rawValue)
                isWatched = false
            }
            connection.readable()
        }
        if ready.contains(.writable) {
            want(events.subtracting(.writable))
            connection.writable()
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard !bytes.isEmpty else { return 0 }
        while true {
            let count = send(socket.rawValue, bytes.baseAddress!, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return count }
            if errno == EINTR { continue }
            if errno == EAGAIN {
                want(events.union(.writable))
                return 0
            }
            // Nobody reads any more: the guest hears of it.
            connection?.close()
            return bytes.count
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        while true {
            let count = recv(socket.rawValue, buffer.baseAddress!, buffer.count, 0)
            if count > 0 { return count }
            if count == 0 { return nil }
            if errno == EINTR { continue }
            if errno == EAGAIN {
                want(events.union(.readable))
                return 0
            }
            return nil
        }
    }

    func guestEnded() { shutdown(socket.rawValue, Int32(SHUT_WR)) }

    func closed() {
        guard !isClosed else { return }
        isClosed = true
        if isWatched { watcher.unwatch(socket.rawValue) }
        isWatched = false
        shutdown(socket.rawValue, Int32(SHUT_RDWR))
        onClosed(self)
    }
}
