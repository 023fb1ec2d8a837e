import OpenFlow
import Switch
import Testing

@testable import Controller

@Suite struct ShortestPathTests {
    typealias Network = ControlledNetwork

    /// Four switches in a ring: host 0 at switch 0, host 1 at the opposite switch 2. Port 1 of switch 0 leads over switch
    /// 1, its port 2 over switch 3.
    private func ring(_ version: OpenFlowVersion = .v13) -> (Network, ShortestPath) {
        let paths = ShortestPath()
        let network = Network(
            paths, version: version, switches: 4, links: [(0, 1), (0, 3), (1, 2), (2, 3)], hosts: [0, 2])
        return (network, paths)
    }

    /// Both hosts have said something, so that the controller knows them.
    private func introduce(_ network: Network) {
        network.send(Network.arpRequest(from: 0, for: 1), from: 0)
        network.send(Network.packet(from: 1, to: 0), from: 1)
        network.send(Network.packet(from: 0, to: 1), from: 0)
        #expect(network.take(1).count == 2 && network.take(0).count == 1)
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func findsLinksAndHosts(version: OpenFlowVersion) {
        let (network, paths) = ring(version)
        #expect(paths.linkCount == 4)
        #expect(paths.isSettled)
        introduce(network)
        #expect(paths.hostCount == 2)
        #expect(network.refusals.isEmpty, "\(version): \(network.refusals)")
    }

    /// What its old place's switch took along when it went must not leave its flows elsewhere pointing there.
    @Test(arguments: [OpenFlowVersion.v10, .v13])
    func aHostWhoseSwitchHasGoneIsFoundElsewhere(version: OpenFlowVersion) {
        let network = Network(
            ShortestPath(), version: version, switches: 3, links: [(0, 1), (0, 2)], hosts: [0, 1, 2])
        introduce(network)
        network.disconnect(1)
        network.send(Network.packet(from: 1, to: 0), from: 2)
        for host in 0..<3 { _ = network.take(host) }
        network.send(Network.packet(from: 0, to: 1), from: 0)
        #expect(network.take(2).count == 1 && network.take(1).isEmpty)
    }

    /// A host that pretends to be a switch's port that there is not.
    @Test func linksLeadToPortsThatThereAre() {
        let (network, paths) = ring()
        let frame = DiscoveryFrame.make(.init(datapathID: 2, port: 77), source: 0x0200_0000_0099)
        network.send(frame, from: 0)
        #expect(paths.linkCount == 4)
    }

    @Test func aBroadcastReachesEveryHostOnceInALoop() {
        let (network, _) = ring()
        network.send(Network.arpRequest(from: 0, for: 9), from: 0)
        network.pass(Network.millisecond)
        #expect(network.take(1).count == 1 && network.take(0).isEmpty)
    }

    @Test func theControllerAnswersQuestionsForKnownAddresses() {
        let (network, _) = ring()
        network.send(Network.arpRequest(from: 1, for: 0), from: 1)
        _ = (network.take(0), network.take(1))
        network.send(Network.arpRequest(from: 0, for: 1), from: 0)
        #expect(network.take(1).isEmpty)
        let replies = network.take(0)
        #expect(replies.count == 1)
        #expect(replies.first.map { Array($0[20..<22]) } == [0, 2])
        #expect(replies.first.map { Array($0[28..<32]) } == Network.ipv4(1))
    }

    @Test(arguments: [OpenFlowVersion.v11, .v13, .v15])
    func equallyShortWaysShareTheLoad(version: OpenFlowVersion) {
        let (network, _) = ring(version)
        introduce(network)
        let group = network.groups(0).first { $0.buckets.count == 2 }
        #expect(group?.type == .select)
        let before = (network.sent(0, port: 1), network.sent(0, port: 2))
        for port in UInt16(2000)..<2200 { network.send(Network.packet(from: 0, to: 1, sourcePort: port), from: 0) }
        #expect(network.take(1).count == 200)
        let after = (network.sent(0, port: 1), network.sent(0, port: 2))
        #expect(after.0 - before.0 >= 40 && after.1 - before.1 >= 40, "\(before) \(after)")
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func aCutLinkIsLeftAtOnce(version: OpenFlowVersion) {
        let (network, paths) = ring(version)
        introduce(network)
        for (link, port) in [(0, UInt32(1)), (1, 2)] {
            network.set(link: link, up: false)
            #expect(paths.linkCount == 3)
            let before = network.sent(0, port: port)
            for source in UInt16(2000)..<2020 {
                network.send(Network.packet(from: 0, to: 1, sourcePort: source), from: 0)
                network.send(Network.packet(from: 1, to: 0, sourcePort: source), from: 1)
            }
            #expect(network.take(1).count == 20 && network.take(0).count == 20)
            #expect(network.sent(0, port: port) == before)
            // Back it comes, and is found again.
            network.set(link: link, up: true)
            network.pass(1500 * Network.millisecond)
            #expect(paths.linkCount == 4)
        }
        #expect(network.refusals.isEmpty, "\(version): \(network.refusals)")
    }

    @Test func aFarCutIsRoutedAround() {
        let (network, _) = ring()
        introduce(network)
        // Not at switch 0: the controller has to tell it.
        network.set(link: 2, up: false)
        for source in UInt16(2000)..<2020 {
            network.send(Network.packet(from: 0, to: 1, sourcePort: source), from: 0)
        }
        #expect(network.take(1).count == 20)
    }

    @Test func aSwitchThatComesBackGetsItsFlowsAnew() {
        let (network, paths) = ring()
        introduce(network)
        network.disconnect(1)
        #expect(paths.linkCount == 2)
        for source in UInt16(2000)..<2010 {
            network.send(Network.packet(from: 0, to: 1, sourcePort: source), from: 0)
        }
        #expect(network.take(1).count == 10)
        network.reconnect(1)
        network.pass(1500 * Network.millisecond)
        #expect(paths.linkCount == 4)
        for source in UInt16(2000)..<2020 {
            network.send(Network.packet(from: 0, to: 1, sourcePort: source), from: 0)
        }
        #expect(network.take(1).count == 20)
        #expect(network.refusals.isEmpty, "\(network.refusals)")
    }

    @Test func aHostThatMovesIsFollowed() {
        let paths = ShortestPath()
        let network = Network(paths, switches: 3, links: [(0, 1), (1, 2)], hosts: [0, 1, 2])
        network.send(Network.packet(from: 1, to: 0), from: 1)
        network.send(Network.packet(from: 0, to: 1), from: 0)
        for host in 0..<3 { _ = network.take(host) }
        network.send(Network.packet(from: 1, to: 0), from: 2)
        #expect(network.take(0).count == 1)
        network.send(Network.packet(from: 0, to: 1), from: 0)
        #expect(network.take(2).count == 1 && network.take(1).isEmpty)
    }
}
