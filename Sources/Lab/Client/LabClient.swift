import Glibc
import Linux

// A client's side of the control socket (ControlProtocol.swift). Blocking, for one thread at a time; a connection carries
// one request at a time.

/// A connection to the supervisor of a running lab.
public final class LabClient {
    /// For poll(2) beside other descriptors; whatever is readable is read by `next`.
    public let descriptor: Int32
    private let socket: FileDescriptor
    private var lines = LineBuffer()
    /// nil for a connection that is not a lab's control socket.
    private let paths: LabPaths?

    /// Connects to the lab of this name.
    /// - Throws: `.notRunning` where there is none.
    public convenience init(lab: String) throws(LabError) {
        try self.init(lab: lab, paths: LabPaths(lab: lab))
    }

    init(lab: String, paths: LabPaths) throws(LabError) {
        self.paths = paths
        do throws(SystemError) {
            socket = try UnixSocket.connect(paths.controlSocket)
            descriptor = socket.rawValue
        } catch {
            switch error.code {
            case .noSuchFile, .connectionRefused:
                throw LabError(
                    "no lab named “\(lab)” is running (rookery ps lists those that are; rookery up starts one)",
                    kind: .notRunning)
            default: throw LabError(error)
            }
        }
    }

    /// Takes over a connected socket.
    init(socket: consuming FileDescriptor) {
        descriptor = socket.rawValue
        self.socket = socket
        paths = nil
    }

    /// Sends a request, with the descriptors that belong to it (they stay the caller's).
    public func send(_ request: ControlRequest, descriptors: [Int32] = []) throws(LabError) {
        try ControlLine.send(request, descriptors: descriptors, on: socket)
    }

    /// Waits for the next reply; nil when the supervisor has closed the connection.
    public func next() throws(LabError) -> ControlReply? {
        while true {
            if let line = lines.next() { return try ControlLine.decode(ControlReply.self, line) }
            guard try lines.fill(from: socket) else { return nil }
        }
    }

    /// The replies that have come already, without waiting; to be called when `descriptor` is readable.
    /// - Returns: the replies, and whether the supervisor has closed the connection.
    public func available() throws(LabError) -> (replies: [ControlReply], isClosed: Bool) {
        let isOpen = try lines.fill(from: socket)
        var replies: [ControlReply] = []
        while let line = lines.next() { replies.append(try ControlLine.decode(ControlReply.self, line)) }
        return (replies, !isOpen)
    }

    /// Sends a request and returns its one reply; progress and partial replies go to `partial`.
    /// - Throws: what the supervisor says where it refuses (`.failed`), or `.disconnected`.
    @discardableResult
    public func request(
        _ request: ControlRequest, descriptors: [Int32] = [], partial: (ControlReply) -> Void = { _ in }
    ) throws(LabError) -> ControlReply {
        try send(request, descriptors: descriptors)
        while let reply = try next() {
            switch reply {
            case .failed(let reason): throw LabError(reason)
            case .progress, .pinged, .started: partial(reply)
            default: return reply
            }
        }
        throw LabError(
            "the lab's supervisor ended before it answered" + (paths?.crashNote ?? ""), kind: .disconnected)
    }
}
