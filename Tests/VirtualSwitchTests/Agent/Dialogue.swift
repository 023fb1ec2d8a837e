import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

/// A bridge with three ports and an agent, in virtual time: requests go in as a controller encodes them, answers come out
/// as a controller decodes them.
final class Dialogue {
    let datapath: Datapath
    let bridge: Int32
    let agent: OpenFlowAgent
    var now: UInt64 = 1_000_000_000
    /// What the bridge has sent out of its devices.
    private(set) var devices: [Int32] = []
    private var nextID: UInt32 = 1

    static let second: UInt64 = 1_000_000_000

    init(ports: UInt32 = 3) {
        datapath = Datapath(seed: 1, now: now)
        bridge = datapath.addBridge(
            name: "br0", address: 0x0200_0000_0001, settings: BridgeSettings(standalone: false), now: now)
        for number in 1...ports {
            let device = datapath.addDevice(name: "h\(number)")
            let port = datapath.addPort(bridge: bridge, number: number, name: "p\(number)", now: now)
            _ = datapath.addLink(.device(device), .port(port), now: now)
            devices.append(device)
        }
        agent = OpenFlowAgent(
            bridge: bridge, datapath: datapath, identity: SwitchIdentity(name: "br0", datapathID: 0x0200_0000_0001))
        datapath.onEvent = { [unowned self] in self.agent.note($0) }
    }

    func connect(
        _ version: OpenFlowVersion, _ kind: ConnectionKind = .controller,
        _ change: (inout ConnectionTerms) -> Void = { _ in }
    ) -> Peer {
        let id = ConnectionID(nextID)
        nextID += 1
        var terms = ConnectionTerms(version: version, kind: kind, uri: "tcp:192.0.2.\(nextID):6653")
        change(&terms)
        agent.connect(id, terms, now: now)
        return Peer(dialogue: self, id: id, terms: terms)
    }

    /// Lets the agent and the data path do what is due, until time `now + nanoseconds`.
    func pass(_ nanoseconds: UInt64 = 0) {
        let end = now + nanoseconds
        while true {
            let next = [agent.nextDeadline, datapath.nextDeadline].compactMap(\.self).min() ?? .max
            let at = max(now, min(next, end))
            now = at
            datapath.run(now: now)
            agent.run(now: now)
            if at == end, (agent.nextDeadline ?? .max) > end { return }
        }
    }

    /// A frame comes in from a host.
    func receive(_ frame: [UInt8], port: Int) {
        let packet = frame.withUnsafeBytes { datapath.pool.allocate(copying: $0) }!
        datapath.receive(packet, from: devices[port - 1], now: now)
        datapath.run(now: now)
        agent.run(now: now)
    }

    /// The frames that have gone out, with the numbers of their ports.
    func takeFrames() -> [(port: Int, frame: [UInt8])] {
        datapath.run(now: now)
        var result: [(port: Int, frame: [UInt8])] = []
        for index in 0..<datapath.outbox.count {
            let item = datapath.outbox[index]
            let bytes = Array(
                UnsafeRawBufferPointer(start: item.packet.pointee.data, count: item.packet.pointee.length))
            result.append((devices.firstIndex(of: item.device)! + 1, bytes))
            datapath.pool.release(item.packet)
        }
        datapath.emptyOutbox()
        return result
    }

    /// Answers not yet taken, by connection.
    fileprivate var answers: [ConnectionID: [Message]] = [:]
    fileprivate var weights: [ConnectionID: Int] = [:]
    private(set) var ended: [ConnectionID: String] = [:]

    fileprivate func collect(_ peers: Peer) {
        for output in agent.takeOutput() {
            answers[output.connection, default: []] += output.messages
            weights[output.connection, default: 0] += output.weight
            if let reason = output.endReason { ended[output.connection] = reason }
        }
    }

    /// A frame from one MAC address to another, with an IPv4 packet of UDP.
    static func frame(from source: UInt8 = 1, to destination: UInt8 = 2, length: Int = 60) -> [UInt8] {
        var frame: [UInt8] = [2, 0, 0, 0, 0, destination, 2, 0, 0, 0, 0, source, 0x88, 0xb5]
        frame += (0..<length - 14).map { UInt8(truncatingIfNeeded: $0) }
        return frame
    }
}

extension Message {
    /// The frames that it is encoded as: several, where it is too long for one.
    func encodeInParts(version: OpenFlowVersion) -> [[UInt8]] {
        var framer = MessageFramer()
        framer.append(encode(version: version))
        var frames: [[UInt8]] = []
        try? framer.forEach { frames.append(Array($0)) }
        return frames
    }
}

/// A controller in a dialogue.
struct Peer {
    let dialogue: Dialogue
    let id: ConnectionID
    let terms: ConnectionTerms
    var version: OpenFlowVersion { terms.version }

    /// Sends messages and returns what comes back at once.
    @discardableResult
    func send(_ messages: Message...) -> [Message] { send(messages) }

    @discardableResult
    func send(_ messages: [Message]) -> [Message] { send(bytes: messages.map { $0.encode(version: version) }) }

    /// Sends frames as they are.
    @discardableResult
    func send(bytes frames: [[UInt8]], hasTableID: Bool = false) -> [Message] {
        var batch = RequestBatch()
        for frame in frames {
            frame.withUnsafeBytes { batch.append($0, version: version, hasTableID: hasTableID) }
        }
        dialogue.agent.receive(id, batch, now: dialogue.now)
        return take()
    }

    /// What has come since the last look, read as a controller reads it.
    func take() -> [Message] {
        dialogue.pass()
        var result: [Message] = []
        // A long answer is made as far as the peer takes it.
        while true {
            dialogue.collect(self)
            let messages = dialogue.answers.removeValue(forKey: id) ?? []
            if messages.isEmpty { return result }
            for message in messages { result += read(message.encode(version: version)) }
            _ = terms.gauge.wrote(dialogue.weights.removeValue(forKey: id) ?? 0)
            dialogue.pass()
        }
    }

    /// The frames that answer one request.
    func frames(for request: Message) -> [[UInt8]] {
        var batch = RequestBatch()
        request.encode(version: version).withUnsafeBytes { batch.append($0, version: version) }
        dialogue.agent.receive(id, batch, now: dialogue.now)
        dialogue.pass()
        dialogue.collect(self)
        let messages = dialogue.answers.removeValue(forKey: id) ?? []
        _ = terms.gauge.wrote(dialogue.weights.removeValue(forKey: id) ?? 0)
        return messages.flatMap { $0.encodeInParts(version: version) }
    }

    /// The parts of the answer to a multipart request, of which all but the last say that more follow.
    func multipart(_ request: Message.MultipartRequest.Body) -> [Message.MultipartReply.Body] {
        let answers = send(Message(xid: 41, .multipartRequest(.init(request))))
        #expect(answers.allSatisfy { $0.xid == 41 }, "\(answers)")
        let parts = answers.compactMap { answer -> Message.MultipartReply? in
            if case .multipartReply(let reply) = answer.body { reply } else { nil }
        }
        #expect(parts.count == answers.count, "\(answers)")
        #expect(parts.map(\.hasMore) == parts.indices.map { $0 < parts.count - 1 })
        return parts.map(\.body)
    }

    private func read(_ bytes: [UInt8]) -> [Message] {
        var framer = MessageFramer()
        framer.append(bytes)
        var result: [Message] = []
        do {
            while let frame = try framer.next() { result.append(try Message.decode(frame, version: version)) }
        } catch {
            Issue.record("\(version): the switch's answer cannot be read: \(error)")
        }
        return result
    }

    /// Sends one message and returns the only answer.
    func ask(_ body: Message.Body, xid: UInt32 = 77, spelling: Message.Spelling = .standard) -> Message.Body? {
        let answers = send(Message(xid: xid, body, spelling: spelling))
        #expect(answers.count == 1, "\(body) has \(answers.count) answers")
        guard let answer = answers.first else { return nil }
        #expect(answer.xid == xid)
        return answer.body
    }

    /// Sends one message and returns the error that it gets; nil: none.
    func refusal(of body: Message.Body, spelling: Message.Spelling = .standard) -> OpenFlowError? {
        let frame = Message(xid: 5, body, spelling: spelling).encode(version: version)
        for answer in send(bytes: [frame]) {
            guard case .error(let report) = answer.body else { continue }
            #expect(answer.xid == 5)
            #expect(report.data == frame)
            return report.error
        }
        return nil
    }
}
