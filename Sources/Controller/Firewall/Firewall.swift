import OpenFlow
import Switch

/// A firewall in front of another application: what a rule denies is dropped in the switch; what passes is the other's
/// to forward.
///
/// Its rules are in table 0, the first that matches counts, and lead to table 1, where the application behind works
/// (`ConnectedSwitch.firstTable`). So it needs OpenFlow 1.1 or later.
public final class Firewall: ControllerApplication {
    /// The versions that have the tables it needs.
    public static let versions = Set(OpenFlowVersion.allCases.filter { $0 > .v10 })

    private let rules: [FirewallRule]
    private let inner: any ControllerApplication

    /// - Parameter rules: at most `FirewallRule.limit`; what none of them matches passes.
    public init(_ rules: [FirewallRule], before inner: any ControllerApplication = LearningSwitch()) {
        self.rules = rules
        self.inner = inner
    }

    public func connected(_ peer: ConnectedSwitch) {
        peer.removeFlows()
        let passing = Instructions(goTo: 1)
        for (position, rule) in rules.enumerated() {
            peer.send(
                .flowMod(
                    FlowModification(
                        .add, table: 0, priority: UInt16(clamping: 65_000 - position), match: rule.match,
                        instructions: rule.allows ? passing : Instructions())))
        }
        peer.send(.flowMod(FlowModification(.add, table: 0, priority: 0, instructions: passing)))
        // What controllers send each other to find links is no host's packet.
        var discovery = Match()
        discovery.set(.ethType, FrameSummary.lldp)
        peer.send(.flowMod(FlowModification(.add, table: 0, priority: 65_535, match: discovery, instructions: passing)))
        peer.firstTable = 1
        inner.connected(peer)
    }

    public func disconnected(_ peer: ConnectedSwitch) { inner.disconnected(peer) }
    public func received(_ packet: Message.PacketIn, from peer: ConnectedSwitch) { inner.received(packet, from: peer) }
    public func changed(_ status: Message.PortStatus, of peer: ConnectedSwitch) { inner.changed(status, of: peer) }
    public func received(_ message: Message, from peer: ConnectedSwitch) { inner.received(message, from: peer) }
    public func tick(now: UInt64) { inner.tick(now: now) }
}
