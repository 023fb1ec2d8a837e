import OpenFlow
import Streams
import Switch

/// A client of a switch's management socket, as ovs-ofctl is: one request at a time, and what the switch tells unasked.
final class OpenFlowClient {
    private let stream: BlockingStream
    private var framer = MessageFramer()
    private(set) var version = OpenFlowVersion.v15
    private var lastID: UInt32 = 1
    /// The switch's name for messages.
    let name: String
    private var ports: [Message.Port]?

    /// - Parameters:
    ///   - tls: for an endpoint that is spoken to by TLS.
    ///   - versions: those that may be spoken.
    init(
        _ endpoint: Endpoint, name: String, tls: TLSMaterial? = nil,
        versions: Set<OpenFlowVersion> = Set(OpenFlowVersion.allCases)
    ) throws {
        self.name = name
        do {
            stream = try BlockingStream(endpoint, tls: tls)
        } catch let error as StreamError {
            throw CommandError(error.description, remedy: "rookery switch list-br lists the bridges")
        }
        let hello = Message(xid: 1, .hello(Message.Hello(speaking: versions)))
        stream.write(hello.encode(version: versions.max() ?? .v15))
        let frame = try nextFrame(patience: BlockingStream.patience)
        switch (try? Message.decode(frame, version: nil))?.body {
        case .hello(let theirs):
            guard let agreed = theirs.negotiate(with: versions) else {
                throw CommandError("\(name) speaks no version of OpenFlow that is allowed here")
            }
            version = agreed
        case .error(let report):
            throw CommandError("\(name) refuses: " + String(decoding: report.data, as: UTF8.self))
        default: throw CommandError("\(stream.peer) does not speak OpenFlow")
        }
    }

    // MARK: Messages

    private func nextFrame(patience: UInt64?) throws -> [UInt8] {
        while true {
            if let frame = try framer.next() { return frame }
            try stream.read(patience: patience) { framer.append($0) }
        }
    }

    /// The next message; answers echo requests itself.
    func next(patience: UInt64? = BlockingStream.patience) throws -> Message {
        while true {
            let frame = try nextFrame(patience: patience)
            do throws(OpenFlowError) {
                let message = try Message.decode(frame, version: version)
                guard case .echoRequest(let data) = message.body else { return message }
                stream.write(Message(xid: message.xid, .echoReply(data)).encode(version: version))
            } catch {
                throw CommandError("\(name) sent a message of type \(frame[1]) that is not understood: \(error)")
            }
        }
    }

    /// Sends a message.
    /// - Returns: its transaction id.
    @discardableResult
    func send(_ body: Message.Body) -> UInt32 {
        lastID &+= 1
        stream.write(Message(xid: lastID, body).encode(version: version))
        return lastID
    }

    /// Sends a request and waits for its answer.
    func request(_ body: Message.Body) throws -> Message.Body {
        let id = send(body)
        while true {
            let message = try next()
            guard message.xid == id else { continue }
            if case .error(let report) = message.body { throw Self.refusal(name, "the request", report.error) }
            return message.body
        }
    }

    /// Sends a multipart request and waits for all parts of the answer.
    func multipart(_ body: Message.MultipartRequest.Body) throws -> [Message.MultipartReply.Body] {
        let id = send(.multipartRequest(.init(body)))
        var parts: [Message.MultipartReply.Body] = []
        while true {
            let message = try next()
            guard message.xid == id else { continue }
            switch message.body {
            case .error(let report): throw Self.refusal(name, "the request", report.error)
            case .multipartReply(let reply):
                parts.append(reply.body)
                if !reply.hasMore { return parts }
            default: continue
            }
        }
    }

    /// Sends changes and waits until the switch has dealt with all of them.
    /// - Returns: what it refused: the places in `bodies`, and why.
    func apply(_ bodies: [Message.Body]) throws -> [(place: Int, error: OpenFlowError)] {
        let first = lastID &+ 1
        var bytes: [UInt8] = []
        for body in bodies {
            lastID &+= 1
            bytes += Message(xid: lastID, body).encode(version: version)
            if bytes.count >= 1 << 16 {
                stream.write(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        stream.write(bytes)
        let barrier = send(.barrierRequest)
        var refused: [(place: Int, error: OpenFlowError)] = []
        while true {
            let message = try next()
            if case .error(let report) = message.body, message.xid &- first < UInt32(bodies.count) {
                refused.append((Int(message.xid &- first), report.error))
            } else if message.xid == barrier {
                return refused
            }
        }
    }

    /// Sends changes as one bundle: all of them are done at once, or none is.
    /// - Returns: what was refused; nothing has been changed then.
    func applyAtomically(_ bodies: [Message.Body]) throws -> [(place: Int, error: OpenFlowError)] {
        guard version >= .v14 else {
            throw CommandError(
                "\(name) speaks \(version.name): changes that are done together need OpenFlow 1.4",
                remedy: "allow it (ovs-vsctl set bridge \(name) protocols=OpenFlow14), or leave --bundle out")
        }
        let flags: Message.BundleFlags = [.atomic, .ordered]
        let bundle: UInt32 = 1
        guard case .bundleControl = try request(.bundleControl(.init(bundle: bundle, .openRequest, flags: flags)))
        else { throw CommandError("\(name) opens no bundle") }
        let first = lastID &+ 1
        var bytes: [UInt8] = []
        for body in bodies {
            lastID &+= 1
            let inner = Message(xid: lastID, body)
            let add = Message.BundleAdd(bundle: bundle, flags: flags, inner)
            bytes += Message(xid: lastID, .bundleAdd(add)).encode(version: version)
            if bytes.count >= 1 << 16 {
                stream.write(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        stream.write(bytes)
        let commit = send(.bundleControl(.init(bundle: bundle, .commitRequest, flags: flags)))
        var refused: [(place: Int, error: OpenFlowError)] = []
        while true {
            let message = try next()
            if case .error(let report) = message.body {
                if message.xid &- first < UInt32(bodies.count) {
                    refused.append((Int(message.xid &- first), report.error))
                } else if message.xid == commit {
                    if refused.isEmpty { throw Self.refusal(name, "the bundle", report.error) }
                    return refused
                }
            } else if message.xid == commit {
                return refused
            }
        }
    }

    static func refusal(_ name: String, _ what: String, _ error: OpenFlowError) -> CommandError {
        CommandError("\(name) refuses \(what): \(error.name)")
    }

    // MARK: Ports

    /// The bridge's ports, asked for once.
    func portDescriptions() throws -> [Message.Port] {
        if let ports { return ports }
        var found: [Message.Port] = []
        if version >= .v13 {
            for case .portDescriptions(let some) in try multipart(.portDescriptions(PortNumber.any)) { found += some }
        } else if case .featuresReply(let features) = try request(.featuresRequest) {
            found = features.ports
        }
        ports = found
        return found
    }

    /// Names of ports for reading flows, and where `printed`, for printing them.
    func names(printed: Bool = false) throws -> FlowNames {
        let ports = try portDescriptions()
        let byName = Dictionary(ports.map { ($0.name, $0.number) }, uniquingKeysWith: { first, _ in first })
        let byNumber = Dictionary(ports.map { ($0.number, $0.name) }, uniquingKeysWith: { first, _ in first })
        return FlowNames(
            portNumber: { byName[$0] }, portName: { printed ? byNumber[$0] : nil }, printsStripVLAN: version == .v10)
    }
}
