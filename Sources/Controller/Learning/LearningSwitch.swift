import OpenFlow
import Switch

/// Makes each of its switches a learning switch: a packet from a known address to a known address gets a flow of its
/// own; everything else is flooded.
public final class LearningSwitch: ControllerApplication {
    /// Seconds after which a flow without packets goes, and with it what was learned.
    public var idleTimeout: UInt16 = 60
    /// The ports of the addresses of each connection: a switch may have come back before the end of its old connection
    /// was seen.
    private var addresses: [ObjectIdentifier: [UInt64: UInt32]] = [:]
    /// As many as a switch's own table may have; packets to others are flooded.
    private static let addressLimit = 65_536

    public init() {}

    public func connected(_ peer: ConnectedSwitch) {
        addresses[ObjectIdentifier(peer)] = [:]
        peer.addTableMiss()
    }

    public func disconnected(_ peer: ConnectedSwitch) { addresses[ObjectIdentifier(peer)] = nil }

    public func received(_ packet: Message.PacketIn, from peer: ConnectedSwitch) {
        let frame = FrameSummary(packet)
        guard frame.etherType != FrameSummary.lldp else { return }
        let port = packet.inPort
        learn(frame.source, at: port, of: ObjectIdentifier(peer))
        guard frame.destination & FrameSummary.multicast == 0,
            let out = addresses[ObjectIdentifier(peer)]?[frame.destination], out != port
        else { return peer.sendPacket(packet, [.output(PortNumber.flood)]) }
        var match = Match()
        match.set(.inPort, port)
        match.set(.ethSource, frame.source)
        match.set(.ethDestination, frame.destination)
        peer.addFlow(priority: 10, match, [.output(out)], idleTimeout: idleTimeout)
        peer.sendPacket(packet, [.output(out)])
    }

    private func learn(_ address: UInt64, at port: UInt32, of peer: ObjectIdentifier) {
        guard address & FrameSummary.multicast == 0, let known = addresses[peer] else { return }
        if known[address] == nil && known.count >= Self.addressLimit { return }
        addresses[peer]![address] = port
    }

    /// What was behind a port that is down is somewhere else soon, or nowhere.
    public func changed(_ status: Message.PortStatus, of peer: ConnectedSwitch) {
        guard status.reason == .delete || status.port.state.contains(.linkDown) else { return }
        let port = status.port.number
        let lost = addresses[ObjectIdentifier(peer)]?.filter { $0.value == port } ?? [:]
        for address in lost.keys {
            addresses[ObjectIdentifier(peer)]?[address] = nil
            var match = Match()
            match.set(.ethDestination, address)
            peer.removeFlows(match)
        }
    }
}
