import OpenFlow
import Switch

/// Makes each of its switches a learning switch: a packet from a known address to a known address gets a flow of its
/// own; everything else is flooded.
public final class LearningSwitch: ControllerApplication {
    /// Seconds after which a flow without packets goes, and with it what was learned.
    public var idleTimeout: UInt16 = 60
    private var addresses: [UInt64: [UInt64: UInt32]] = [:]

    public init() {}

    public func connected(_ peer: ConnectedSwitch) {
        addresses[peer.datapathID] = [:]
        peer.addTableMiss()
    }

    public func disconnected(_ peer: ConnectedSwitch) { addresses[peer.datapathID] = nil }

    public func received(_ packet: Message.PacketIn, from peer: ConnectedSwitch) {
        let frame = FrameSummary(packet)
        guard frame.etherType != FrameSummary.lldp else { return }
        let port = packet.inPort
        if frame.source & FrameSummary.multicast == 0 { addresses[peer.datapathID]?[frame.source] = port }
        guard frame.destination & FrameSummary.multicast == 0,
            let out = addresses[peer.datapathID]?[frame.destination], out != port
        else { return peer.sendPacket(packet, [.output(PortNumber.flood)]) }
        var match = Match()
        match.set(.inPort, port)
        match.set(.ethSource, frame.source)
        match.set(.ethDestination, frame.destination)
        peer.addFlow(priority: 10, match, [.output(out)], idleTimeout: idleTimeout)
        peer.sendPacket(packet, [.output(out)])
    }

    /// What was behind a port that is down is somewhere else soon, or nowhere.
    public func changed(_ status: Message.PortStatus, of peer: ConnectedSwitch) {
        guard status.reason == .delete || status.port.state.contains(.linkDown) else { return }
        let port = status.port.number
        let lost = addresses[peer.datapathID]?.filter { $0.value == port } ?? [:]
        for address in lost.keys {
            addresses[peer.datapathID]?[address] = nil
            var match = Match()
            match.set(.ethDestination, address)
            peer.removeFlows(match)
        }
    }
}
