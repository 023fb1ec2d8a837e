import Testbed
import Testing
import Wire

@testable import Switch

@Suite("Spanning tree: one bridge")
struct SpanningTreeTests {
    static let second: UInt64 = 1_000_000_000

    /// Destination, source, length, LLC; then the BPDU.
    static func frame(_ bpdu: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x01, 0x80, 0xC2, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, UInt8(bpdu.count + 3), 0x42, 0x42, 3]
        bytes += bpdu
        while bytes.count < 60 { bytes.append(0) }
        return bytes
    }

    /// A rapid BPDU of bridge 4096/02:00:00:00:00:01, which is the root, from its port 8001: designated, proposal.
    static let rapidProposal: [UInt8] = [
        0x00, 0x00, 0x02, 0x02, 0x0E,  // protocol, version 2, type 2, flags
        0x10, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01,  // root
        0x00, 0x00, 0x00, 0x00,  // cost
        0x10, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01,  // bridge
        0x80, 0x01, 0x00, 0x00, 0x14, 0x00, 0x02, 0x00, 0x0F, 0x00,  // port, age, 20 s, 2 s, 15 s
        0x00,
    ]

    static let configuration: [UInt8] = [0, 0, 0, 0, 0] + Array(rapidProposal[5..<35])

    func receive(_ tree: SpanningTree, _ bpdu: [UInt8], on port: UInt16 = 1, now: UInt64) -> Bool {
        Self.frame(bpdu).withUnsafeBytes { tree.receive(frame: $0, on: port, now: now) }
    }

    func sent(_ tree: SpanningTree) -> [BPDU] {
        tree.drainEvents().compactMap { event in
            guard case .transmit(_, let frame) = event else { return nil }
            return frame.withUnsafeBytes { BPDU(receiving: $0) }
        }
    }

    func bridge(edge: Bool = false, parameters: SpanningTree.Parameters = .emulated) -> SpanningTree {
        let tree = SpanningTree(bridgeAddress: 0x0200_0000_0099, parameters: parameters)
        tree.addPort(number: 1, pathCost: 20_000, adminEdge: edge)
        return tree
    }

    @Test func codecRoundTrip() throws {
        let frame = Self.frame(Self.rapidProposal)
        let bpdu = try #require(frame.withUnsafeBytes { BPDU(receiving: $0) })
        #expect(bpdu.kind == .rapid)
        #expect(bpdu.portRole == .designated)
        #expect(bpdu.flags == BPDU.Flag.proposal | BPDU.PortRole.designated.rawValue << 2)
        #expect(bpdu.rootIdentifier == 0x1000_0200_0000_0001)
        #expect(bpdu.portIdentifier == 0x8001)
        #expect(bpdu.times == SpanningTreeTimes(messageAge: 0, maxAge: 5120, helloTime: 512, forwardDelay: 3840))
        #expect(bpdu.frame(source: 0x0200_0000_0001) == frame)
    }

    @Test func edgePortForwardsAtOnceAndNeedsNoTimer() {
        let tree = bridge(edge: true)
        tree.setPortEnabled(1, true, now: Self.second)
        #expect(tree.status(of: 1)?.state == .forwarding)
        #expect(tree.status(of: 1)?.role == .designated)
        #expect(tree.nextDeadline == nil)
        #expect(sent(tree).count == 1)
    }

    @Test func edgePortStopsBeingOneWhenABPDUArrives() {
        let tree = bridge(edge: true)
        tree.setPortEnabled(1, true, now: Self.second)
        _ = sent(tree)
        #expect(receive(tree, Self.rapidProposal, now: 2 * Self.second))
        #expect(tree.status(of: 1)?.isEdge == false)
        #expect(tree.status(of: 1)?.role == .root)
        #expect(tree.status.rootID == 0x1000_0200_0000_0001)
        #expect(tree.status.rootPathCost == 20_000)
        #expect(tree.nextDeadline != nil)
    }

    @Test func proposalIsAnsweredWithAgreement() {
        let tree = bridge()
        tree.setPortEnabled(1, true, now: Self.second)
        _ = sent(tree)
        #expect(receive(tree, Self.rapidProposal, now: Self.second + 1000))
        let answers = sent(tree)
        #expect(answers.count == 1)
        #expect(answers.first?.portRole == .root)
        #expect(answers.first?.has(BPDU.Flag.agreement) == true)
        #expect(tree.status(of: 1)?.state == .forwarding)
    }

    @Test func silentPortBecomesAnEdgeAfterThreeSeconds() {
        let tree = bridge()
        tree.setPortEnabled(1, true, now: Self.second)
        tree.advance(to: 4 * Self.second - 1)
        #expect(tree.status(of: 1)?.state == .discarding)
        tree.advance(to: 4 * Self.second)
        #expect(tree.status(of: 1)?.state == .forwarding)
        #expect(tree.status(of: 1)?.isEdge == true)
    }

    @Test func oldNeighbourMakesThePortFallBack() {
        let tree = bridge()
        tree.setPortEnabled(1, true, now: Self.second)
        // During the migration delay the port insists on RSTP.
        #expect(receive(tree, Self.configuration, now: 2 * Self.second))
        #expect(tree.status(of: 1)?.sendsRSTP == true)
        #expect(receive(tree, Self.configuration, now: 5 * Self.second))
        #expect(tree.status(of: 1)?.sendsRSTP == false)
        _ = sent(tree)
        // A rapid BPDU after the next delay brings it back.
        #expect(receive(tree, Self.rapidProposal, now: 9 * Self.second))
        #expect(tree.status(of: 1)?.sendsRSTP == true)
    }

    @Test func silentRootIsForgottenAfterThreeHellos() {
        let tree = bridge()
        tree.setPortEnabled(1, true, now: Self.second)
        #expect(receive(tree, Self.rapidProposal, now: 2 * Self.second))
        tree.advance(to: 8 * Self.second - 1)
        #expect(!tree.status.isRoot)
        tree.advance(to: 8 * Self.second)
        #expect(tree.status.isRoot)
    }

    @Test func holdCountLimitsABurst() {
        let tree = bridge(parameters: .standard)
        tree.setPortEnabled(1, true, now: Self.second)
        var count = sent(tree).count
        for index in 0..<50 {
            var proposal = Self.rapidProposal
            proposal[16] = UInt8(index + 1)
            #expect(receive(tree, proposal, now: Self.second + 1000 + UInt64(index)))
            count += sent(tree).count
        }
        #expect(count == 6)
        tree.advance(to: 2 * Self.second)
        #expect(sent(tree).count == 1)
    }

    @Test func pathCostAndPrioritiesDecide() {
        let tree = SpanningTree(bridgeAddress: 0x0200_0000_0099)
        tree.addPort(number: 1, pathCost: 20_000)
        tree.addPort(number: 2, pathCost: 2_000)
        tree.setPortEnabled(1, true, now: Self.second)
        tree.setPortEnabled(2, true, now: Self.second)
        var second = Self.rapidProposal
        second[26] = 2
        #expect(receive(tree, Self.rapidProposal, on: 1, now: 2 * Self.second))
        #expect(receive(tree, second, on: 2, now: 2 * Self.second))
        #expect(tree.status.rootPort == 2)
        #expect(tree.status(of: 1)?.role == .alternate)
        tree.setPathCost(30_000, of: 2, now: 3 * Self.second)
        #expect(tree.status.rootPort == 1)
        tree.setPathCost(20_000, of: 2, now: 3 * Self.second)
        // Equal: the neighbour's lower port identifier.
        #expect(tree.status.rootPort == 1)
        tree.setPriority(0, now: 4 * Self.second)
        #expect(tree.status.isRoot)
        #expect(tree.status(of: 2)?.role == .designated)
    }

    @Test func lossOfTheRootPortPromotesTheAlternateAtOnce() {
        let tree = SpanningTree(bridgeAddress: 0x0200_0000_0099)
        for number in UInt16(1)...2 {
            tree.addPort(number: number, pathCost: 2_000)
            tree.setPortEnabled(number, true, now: Self.second)
            var bpdu = Self.rapidProposal
            bpdu[26] = UInt8(number)
            #expect(receive(tree, bpdu, on: number, now: 2 * Self.second))
        }
        _ = tree.drainEvents()
        tree.setPortEnabled(1, false, now: 3 * Self.second)
        #expect(tree.status.rootPort == 2)
        #expect(tree.status(of: 2)?.state == .forwarding)
        #expect(tree.drainEvents().contains(.flush(port: 1)))
        tree.removePort(2, now: 3 * Self.second)
        #expect(tree.status.isRoot)
        #expect(tree.portStatus.count == 1)
    }

    @Test func everyTruncationAndRandomBytesAreHarmless() {
        let tree = bridge()
        tree.setPortEnabled(1, true, now: Self.second)
        let whole = Self.frame(Self.rapidProposal)
        for count in 0..<53 {
            let accepted = Array(whole[..<count]).withUnsafeBytes {
                tree.receive(frame: $0, on: 1, now: 2 * Self.second)
            }
            #expect(!accepted)
        }
        #expect(tree.status.isRoot)
        #expect(tree.status(of: 1)?.bpdusInvalid == 53)
        var random = SeededGenerator(seed: 5)
        var now = 2 * Self.second
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<(1 + random.below(6)) { bytes[17 + random.below(36)] = UInt8(random.below(256)) }
            now += UInt64(random.below(300_000_000))
            bytes.withUnsafeBytes { _ = tree.receive(frame: $0, on: 1, now: now) }
            let status = tree.status(of: 1)
            #expect(status?.role != .disabled)
            if status?.role == .alternate || status?.role == .backup { #expect(status?.state == .discarding) }
        }
        // Silence heals: what was claimed ages out.
        tree.advance(to: now + 31 * Self.second)
        #expect(tree.status.isRoot)
    }

    @Test func unknownPortsDoNothing() {
        let tree = bridge()
        #expect(!receive(tree, Self.rapidProposal, on: 77, now: Self.second))
        tree.setPortEnabled(77, true, now: Self.second)
        tree.removePort(77, now: Self.second)
        #expect(tree.portStatus.count == 1)
    }
}
