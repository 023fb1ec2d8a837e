import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

/// Packets that go to controllers and come back.
@Suite struct PacketInTests {
    static func packets(_ messages: [Message]) -> [Message.PacketIn] {
        messages.compactMap { if case .packetIn(let packet) = $0.body { packet } else { nil } }
    }

    static func add(_ actions: [Action], priority: UInt16 = 5, cookie: UInt64 = 9, _ match: Match = Match()) -> Message
    {
        Message(
            .flowMod(
                .init(
                    .add, priority: priority, match: match, cookie: cookie, instructions: Instructions(apply: actions)))
        )
    }

    /// An IPv4 packet of UDP without a checksum.
    static func datagram(ttl: UInt8) -> [UInt8] {
        var frame = Array(Dialogue.frame().prefix(12)) + [8, 0]
        var header: [UInt8] = [0x45, 0, 0, 46, 0, 0, 0, 0, ttl, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
        var sum = stride(from: 0, to: 20, by: 2).reduce(0) { $0 + Int(header[$1]) << 8 + Int(header[$1 + 1]) }
        sum = (sum & 0xffff) + sum >> 16
        header[10] = UInt8(truncatingIfNeeded: ~sum >> 8)
        header[11] = UInt8(truncatingIfNeeded: ~sum)
        frame += header + [0, 7, 0, 8, 0, 26, 0, 0]
        return frame + Array(repeating: 0, count: 60 - frame.count)
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func theReasonIsTheVersions(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        func reason(_ messages: Message..., frame: [UInt8] = Dialogue.frame()) -> PacketInReason? {
            peer.send(messages)
            dialogue.receive(frame, port: 1)
            let packets = Self.packets(peer.take())
            #expect(packets.count == 1)
            return packets.first?.reason
        }
        let toController = Action.controller(ControllerOutput())
        #expect(reason(Self.add([toController])) == .action)
        // Not by a table-miss entry, though it matches all: its priority is not 0.
        if version >= .v13 { #expect(reason(Self.add([toController], priority: 0)) == .action) }
        peer.send(Message(.flowMod(.init(.delete, table: nil))))
        if version >= .v13 { #expect(reason(Self.add([toController], priority: 0)) == .noMatch) }
        guard version >= .v11 else { return }
        let inSet = Instructions(write: [toController])
        #expect(reason(Message(.flowMod(.init(.add, instructions: inSet)))) == (version >= .v14 ? .actionSet : .action))
        let group = Group(id: 1, type: .all, buckets: [Bucket(actions: [toController])])
        #expect(
            reason(
                Message(.groupMod(.init(.add, group))),
                Message(.flowMod(.init(.add, instructions: Instructions(apply: [.group(1)])))))
                == (version >= .v14 ? .group : .action))
    }

    /// Whatever sends a controller's own packet to controllers is part of its packet-out (OpenFlow 1.4, 7.4.1).
    @Test(arguments: [OpenFlowVersion.v13, .v14, .v15])
    func packetOutsComeBackAsSuch(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let toController = Action.controller(ControllerOutput())
        let group = Group(id: 1, type: .all, buckets: [Bucket(actions: [toController])])
        peer.send(Message(.groupMod(.init(.add, group))))
        func reasons(_ instructions: Instructions) -> [PacketInReason] {
            peer.send(Message(.flowMod(.init(.add, priority: 0, instructions: instructions))))
            let out = Message.PacketOut(
                inPort: 1, actions: [.output(PortNumber.table)], data: Dialogue.frame())
            let reasons = Self.packets(peer.send(Message(.packetOut(out)))).map(\.reason)
            // A packet from elsewhere is none.
            dialogue.receive(Dialogue.frame(), port: 1)
            #expect(!Self.packets(peer.take()).map(\.reason).contains(.packetOut))
            return reasons
        }
        let expected: PacketInReason = version >= .v14 ? .packetOut : .action
        #expect(reasons(Instructions(apply: [toController])) == [expected])
        #expect(reasons(Instructions(write: [toController])) == [expected])
        #expect(reasons(Instructions(apply: [.group(1)])) == [expected])
        let direct = Message.PacketOut(inPort: 1, actions: [toController], data: Dialogue.frame())
        #expect(Self.packets(peer.send(Message(.packetOut(direct)))).map(\.reason) == [expected])
    }

    @Test(arguments: [OpenFlowVersion.v13, .v14, .v15])
    func whatRunsOutOfTTLComesWhereItIsWanted(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        peer.send(
            Self.add([.decrementTTL(), .output(2)], Match().with(.ethType, 0x800)))
        dialogue.receive(Self.datagram(ttl: 1), port: 1)
        #expect(peer.take().isEmpty)
        #expect(dialogue.takeFrames().isEmpty)
        peer.send(Message(.setAsync(.init(primary: [.packetIn: 0b111]))))
        dialogue.receive(Self.datagram(ttl: 1), port: 1)
        #expect(Self.packets(peer.take()).map(\.reason) == [.invalidTTL])
        dialogue.receive(Self.datagram(ttl: 2), port: 1)
        #expect(dialogue.takeFrames().map(\.port) == [2])
    }

    @Test(arguments: [OpenFlowVersion.v10, .v11, .v12])
    func earlierVersionsAskForTTLsInTheirConfiguration(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        peer.send(Self.add([.decrementTTL(), .output(2)], Match().with(.ethType, 0x800)))
        dialogue.receive(Self.datagram(ttl: 1), port: 1)
        #expect(peer.take().isEmpty)
        peer.send(Message(.setConfig(.init(invalidTTLToController: true, missLength: 0xffff))))
        guard case .getConfigReply(let configuration)? = peer.ask(.getConfigRequest) else { return }
        #expect(configuration.invalidTTLToController)
        dialogue.receive(Self.datagram(ttl: 1), port: 1)
        #expect(Self.packets(peer.take()).map(\.reason) == [.invalidTTL])
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func aPacketIsCutToWhatIsAskedForAndBuffered(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let frame = Dialogue.frame(length: 700)
        func packet(_ maxLength: UInt16) -> Message.PacketIn? {
            peer.send(Self.add([.controller(ControllerOutput(maxLength: maxLength))]))
            dialogue.receive(frame, port: 3)
            return Self.packets(peer.take()).first
        }
        let whole = packet(0xffff)
        #expect(whole?.data == frame)
        #expect(whole?.buffer == nil)
        #expect(packet(1000)?.buffer == nil)
        let cut = packet(64)
        #expect(cut?.data == Array(frame.prefix(64)))
        #expect(cut?.totalLength == 700)
        if version >= .v13 { #expect(cut?.cookie == 9) }
        let none = packet(0)
        #expect(none?.data == [])
        guard let buffer = cut?.buffer, let other = none?.buffer else {
            Issue.record("not buffered")
            return
        }
        #expect(buffer != other)
        #expect(peer.send(Message(.packetOut(.init(buffer: buffer, actions: [.output(2)])))).isEmpty)
        let sent = dialogue.takeFrames()
        #expect(sent.map(\.port) == [2])
        #expect(sent.first?.frame == frame)
        #expect(
            peer.refusal(of: .packetOut(.init(buffer: buffer, actions: [.output(2)]))) == .badRequest(.bufferEmpty))
    }

    @Test func buffersAreLentForAWhileOnly() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v13)
        peer.send(Self.add([.controller(ControllerOutput(maxLength: 20))], priority: 0))
        func buffers(_ count: Int) -> [UInt32?] {
            for _ in 0..<count { dialogue.receive(Dialogue.frame(), port: 1) }
            return Self.packets(peer.take()).map(\.buffer)
        }
        let first = buffers(300)
        #expect(first.count == 300)
        #expect(first.prefix(256).allSatisfy { $0 != nil })
        // While all places are taken, packets come whole.
        #expect(first.dropFirst(256).allSatisfy { $0 == nil })
        dialogue.pass(6 * Dialogue.second)
        let second = buffers(1)
        #expect(second.first != .some(nil))
        #expect(
            peer.refusal(of: .packetOut(.init(buffer: first[0]!, actions: [.output(2)])))
                == .badRequest(.bufferUnknown))
    }

    @Test func theMissLengthIsThatOfThePacketsThatNoFlowAskedFor() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v10)
        peer.send(Message(.setConfig(.init(missLength: 40))))
        dialogue.receive(Dialogue.frame(length: 100), port: 1)
        let packet = Self.packets(peer.take()).first
        #expect(packet?.data.count == 40)
        #expect(packet?.totalLength == 100)
        #expect(packet?.buffer != nil)
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func nicirasFormatsSayMore(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let output = ControllerOutput(reason: .action, userData: [1, 2, 3])
        peer.send(
            Self.add([.load(0x1234, Subfield(.reg3)), .controller(output)], cookie: 0xabc))
        for format in [UInt32(1), 2] {
            #expect(peer.send(Message(.nicira(.setPacketInFormat(format)))).isEmpty)
            dialogue.receive(Dialogue.frame(), port: 2)
            let messages = peer.take()
            let packet = Self.packets(messages).first
            #expect(messages.first?.spelling == (format == 1 ? .nicira : .nicira2))
            #expect(packet?.fields.key[.inPort].low == 2)
            #expect(packet?.fields.key[.reg3].low == 0x1234)
            #expect(packet?.cookie == 0xabc)
            #expect(packet?.data == Dialogue.frame())
            if format == 2 { #expect(packet?.userData == [1, 2, 3]) }
        }
        #expect(peer.send(Message(.nicira(.setPacketInFormat(7)))).count == 1)
    }

    @Test func aControllerHasItsOwnPackets() {
        let dialogue = Dialogue()
        let one = dialogue.connect(.v13)
        let other = dialogue.connect(.v13)
        one.send(Message(.nicira(.setControllerID(7))))
        one.send(Self.add([.controller(ControllerOutput(id: 7))]))
        dialogue.receive(Dialogue.frame(), port: 1)
        #expect(Self.packets(one.take()).count == 1)
        #expect(other.take().isEmpty)
    }

    @Test func aPausedPacketGoesOnWhenTheControllerSaysSo() {
        let dialogue = Dialogue()
        let peer = dialogue.connect(.v13)
        peer.send(
            Message(.nicira(.setPacketInFormat(2))),
            Self.add([.controller(ControllerOutput(pause: true)), .output(3)]))
        let frame = Dialogue.frame()
        dialogue.receive(frame, port: 1)
        #expect(dialogue.takeFrames().isEmpty)
        guard let packet = Self.packets(peer.take()).first, !packet.continuation.isEmpty else {
            Issue.record("no continuation")
            return
        }
        #expect(peer.send(Message(.nicira(.resume(packet)))).isEmpty)
        let sent = dialogue.takeFrames()
        #expect(sent.map(\.port) == [3])
        #expect(sent.first?.frame == frame)
        var forged = packet
        forged.continuation[8] ^= 0x80
        #expect(peer.refusal(of: .nicira(.resume(forged))) == .resumeFailed(.stale))
        forged.continuation = []
        #expect(peer.refusal(of: .nicira(.resume(forged))) != nil)
        #expect(dialogue.takeFrames().isEmpty)
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func aPacketOutMayComeBack(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let answers = peer.send(
            Message(
                .packetOut(
                    .init(
                        inPort: 2, actions: [.controller(ControllerOutput()), .output(PortNumber.inPort)],
                        data: Dialogue.frame()))))
        #expect(Self.packets(answers).map(\.reason) == [version >= .v14 ? .packetOut : .action])
        #expect(Self.packets(answers).first?.fields.key[.inPort].low == 2)
        #expect(dialogue.takeFrames().map(\.port) == [2])
    }

    @Test func packetOutsNeedAPortAndAPacket() {
        let peer = Dialogue().connect(.v13)
        let frame = Dialogue.frame()
        func refusal(_ packet: Message.PacketOut) -> OpenFlowError? { peer.refusal(of: .packetOut(packet)) }
        #expect(refusal(.init(inPort: 0, actions: [.output(1)], data: frame)) == .badRequest(.badPort))
        #expect(
            refusal(.init(inPort: PortNumber.flood, actions: [.output(1)], data: frame)) == .badRequest(.badPort))
        #expect(refusal(.init(actions: [.output(1)], data: [1, 2, 3])) == .badRequest(.badPacket))
        #expect(refusal(.init(actions: [.output(0)], data: frame)) == .badAction(.badOutPort))
        #expect(refusal(.init(actions: [.group(4)], data: frame)) == .badAction(.badOutGroup))
        #expect(refusal(.init(actions: [], data: frame)) == nil)
    }
}
