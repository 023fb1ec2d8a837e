import Controller
import OpenFlow
import Switch

/// Lets each port of a switch have one Ethernet address: the first that speaks there. Everybody else is cut off.
final class PortGuard: ControllerApplication {
    private var owners: [UInt64: [UInt32: UInt64]] = [:]

    func connected(_ peer: ConnectedSwitch) {
        owners[peer.datapathID] = [:]
        peer.removeFlows()
        peer.addTableMiss()
    }

    func disconnected(_ peer: ConnectedSwitch) { owners[peer.datapathID] = nil }

    func received(_ packet: Message.PacketIn, from peer: ConnectedSwitch) {
        let port = packet.inPort
        let address = FrameSummary(packet).source
        guard owners[peer.datapathID]?[port] == nil else { return }
        owners[peer.datapathID]?[port] = address
        // What the owner sends goes where the switch's own learning leads it …
        let own = Match().with(.inPort, port).with(.ethSource, address)
        peer.addFlow(priority: 20, own, [.output(PortNumber.normal)])
        // … and nobody else's packets go anywhere.
        peer.addFlow(priority: 10, Match().with(.inPort, port), [])
        peer.sendPacket(packet, [.output(PortNumber.normal)])
    }

    func changed(_ status: Message.PortStatus, of peer: ConnectedSwitch) {
        guard status.reason == .delete || status.port.state.contains(.linkDown) else { return }
        // The cable was pulled: the next one who plugs in may speak.
        owners[peer.datapathID]?[status.port.number] = nil
        peer.removeFlows(Match().with(.inPort, status.port.number))
    }
}
