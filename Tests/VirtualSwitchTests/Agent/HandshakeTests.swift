import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

/// What every controller asks first, in every version.
@Suite struct HandshakeTests {
    @Test(arguments: OpenFlowVersion.allCases)
    func featuresNameTheSwitch(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        guard case .featuresReply(let features) = peer.ask(.featuresRequest) else {
            Issue.record("no features reply")
            return
        }
        #expect(features.datapathID == 0x0200_0000_0001)
        #expect(features.tableCount == 254)
        #expect(features.auxiliaryID == 0)
        #expect(features.ports.map(\.number) == (version < .v13 ? [1, 2, 3] : []))
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func anEchoComesBackAndABarrierIsAnswered(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        guard case .echoReply(let data) = peer.ask(.echoRequest([1, 2, 3])) else {
            Issue.record("no echo reply")
            return
        }
        #expect(data == [1, 2, 3])
        guard case .barrierReply = peer.ask(.barrierRequest) else {
            Issue.record("no barrier reply")
            return
        }
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func theConfigurationIsKeptAController(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let one = dialogue.connect(version)
        let other = dialogue.connect(version)
        #expect(one.send(Message(.setConfig(.init(missLength: 333)))).isEmpty)
        guard case .getConfigReply(let mine) = one.ask(.getConfigRequest),
            case .getConfigReply(let others) = other.ask(.getConfigRequest)
        else {
            Issue.record("no configuration")
            return
        }
        #expect(mine.missLength == 333)
        #expect(others.missLength == 128)
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func anUnknownTypeIsRefusedWithTheRequest(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        let frame: [UInt8] = [version.rawValue, 99, 0, 8, 0, 0, 0, 9]
        let answers = peer.send(bytes: [frame])
        guard answers.count == 1, case .error(let report) = answers[0].body else {
            Issue.record("no error")
            return
        }
        #expect(report.error == .badRequest(.badType))
        #expect(report.data == frame)
        #expect(answers[0].xid == 9)
    }

    @Test func wrongVersionsExperimentersAndRepliesAreRefused() {
        let peer = Dialogue().connect(.v13)
        #expect(
            peer.send(bytes: [[1, 2, 0, 8, 0, 0, 0, 1]]).first?.error == .badRequest(.badVersion))
        #expect(
            peer.refusal(of: .experimenter(.init(id: 0x1234_5678, type: 1))) == .badRequest(.badExperimenter))
        #expect(peer.refusal(of: .barrierReply) == .badRequest(.badType))
        // Too short for a packet-out.
        #expect(peer.send(bytes: [[4, 13, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0]]).first?.error == .badRequest(.badLength))
        // An error is never answered with one.
        #expect(peer.send(bytes: [[4, 1, 0, 9, 0, 0, 0, 1, 0]]).isEmpty)
        // And the connection lives.
        guard case .echoReply = peer.ask(.echoRequest([])) else {
            Issue.record("no echo reply")
            return
        }
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func theSwitchDescribesItself(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        dialogue.agent.identity.description = "edge"
        let peer = dialogue.connect(version)
        guard case .multipartReply(let reply) = peer.ask(.multipartRequest(.init(.description))),
            case .description(let description) = reply.body
        else {
            Issue.record("no description")
            return
        }
        #expect(description.manufacturer == "Rookery")
        #expect(description.datapath == "edge")
    }

    @Test func requestsInOneBatchAreAnsweredInOrder() {
        let peer = Dialogue().connect(.v13)
        let answers = peer.send((0..<1000).map { Message(xid: $0, .echoRequest([])) })
        #expect(answers.map(\.xid) == Array(0..<1000))
    }
}

extension Message {
    /// The error that it tells of.
    var error: OpenFlowError? {
        if case .error(let report) = body { report.error } else { nil }
    }
}
