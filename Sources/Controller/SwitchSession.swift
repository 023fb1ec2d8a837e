import OpenFlow
import Switch

/// The controller's side of one connection, without the connection: bytes in, bytes out.
///
/// It agrees on a version, asks the switch who it is and for its ports, answers its echoes, and then hands what comes
/// to the application.
public final class SwitchSession {
    public let peer: ConnectedSwitch
    private let application: any ControllerApplication
    private let versions: Set<OpenFlowVersion>
    private var framer = MessageFramer()
    private enum Stage { case hello, features, ports, ready, closed }
    private var stage = Stage.hello
    /// Why the connection is to be closed; nil: it is not.
    public private(set) var closeReason: String?
    /// When the peer was last heard of, in nanoseconds of the caller's clock.
    public private(set) var lastHeard: UInt64
    private var isProbed = false
    /// Is told of messages that were not understood.
    public var onProblem: ((String) -> Void)?

    /// - Parameters:
    ///   - versions: those that the application can work with.
    ///   - write: takes bytes for the switch.
    public init(
        _ application: any ControllerApplication, versions: Set<OpenFlowVersion> = Set(OpenFlowVersion.allCases),
        now: UInt64, write: @escaping ([UInt8]) -> Void
    ) {
        self.application = application
        self.versions = versions
        lastHeard = now
        peer = ConnectedSwitch(write: write)
        let highest = versions.max() ?? .v15
        write(Message(xid: 0, .hello(.init(speaking: versions))).encode(version: highest))
    }

    /// Takes bytes that came from the switch.
    public func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) {
        lastHeard = now
        isProbed = false
        framer.append(bytes)
        do throws(MessageFramer.BadLength) {
            while closeReason == nil, let frame = try framer.next() { take(frame) }
        } catch {
            close("a message's header says \(error.length) bytes")
        }
    }

    private func take(_ frame: [UInt8]) {
        do throws(OpenFlowError) {
            handle(try Message.decode(frame, version: stage == .hello ? nil : peer.version))
        } catch {
            // Something that this library does not know, or that the switch says wrongly: the rest still counts.
            onProblem?("\(peer.version.name): a message of type \(frame[1]) was not understood: \(error)")
        }
    }

    /// The connection has ended.
    public func end() {
        if stage == .ready { application.disconnected(peer) }
        stage = .closed
    }

    /// Asks a switch that has long been silent for a sign of life; gives up one that has not answered.
    public func tick(now: UInt64) {
        guard now > lastHeard &+ 15_000_000_000, stage != .closed else { return }
        if now > lastHeard &+ 30_000_000_000 { return close("it has been silent for 30 s") }
        if !isProbed && stage != .hello {
            isProbed = true
            peer.send(.echoRequest([]))
        }
    }

    private func close(_ reason: String) {
        if closeReason == nil { closeReason = reason }
    }

    private func handle(_ message: Message) {
        switch message.body {
        case .echoRequest(let data):
            peer.send(.echoReply(data), xid: message.xid)
        case .echoReply:
            break
        case .hello(let hello) where stage == .hello:
            guard let version = hello.negotiate(with: versions) else {
                let error = Message.ErrorReport(.helloFailed(.incompatible), data: Array("no common version".utf8))
                peer.version = versions.max() ?? .v13
                peer.send(.error(error), xid: message.xid)
                return close("no version in common")
            }
            peer.version = version
            stage = .features
            peer.send(.featuresRequest)
        case .featuresReply(let features) where stage == .features:
            peer.datapathID = features.datapathID
            peer.send(.setConfig(Message.SwitchConfiguration(missLength: 0xffff)))
            if peer.version >= .v13 {
                stage = .ports
                peer.send(.multipartRequest(.init(.portDescriptions(PortNumber.any))))
            } else {
                take(features.ports)
                ready()
            }
        case .multipartReply(let reply) where stage == .ports:
            guard case .portDescriptions(let ports) = reply.body else { break }
            take(ports)
            if !reply.hasMore { ready() }
        case .portStatus(let status) where stage == .ready:
            if status.reason == .delete { peer.ports[status.port.number] = nil } else { take([status.port]) }
            application.changed(status, of: peer)
        case .packetIn(let packet) where stage == .ready:
            application.received(packet, from: peer)
        default:
            if stage == .ready { application.received(message, from: peer) }
        }
    }

    /// The most ports that a switch is believed to have: it may say anything.
    private static let portLimit = 65_536

    private func take(_ ports: [Message.Port]) {
        for port in ports where port.number <= PortNumber.maximum {
            if peer.ports.count < Self.portLimit || peer.ports[port.number] != nil { peer.ports[port.number] = port }
        }
    }

    private func ready() {
        stage = .ready
        application.connected(peer)
    }
}
