import HostNetwork
import OVSDB
import OpenFlow
import Ports
import Switch
import Wire

// Addresses and sizes: of bridges, and of the interfaces that carry their packets.

extension SwitchBinding {
    /// Gives a bridge the address that its row asks for, or else the lowest of its interfaces' own, or one from its row. Its
    /// datapath id follows.
    func chooseAddress(of bridge: BoundBridge, _ links: [String: LinkRecord]) {
        let outputs = bridge.plan.mirrors.compactMap(\.outputPort)
        var lowest: UInt64?
        for (name, port) in bridge.plan.ports where bridge.plan.address == nil && !outputs.contains(name) {
            guard let first = port.interfaces.first, case .socket? = bridge.interfaces[first.name]?.device,
                let link = links[first.name]
            else { continue }
            let address = link.address.rawValue
            // Neither groups' addresses nor those that somebody has made up.
            if address != 0 && address & 0x0300_0000_0000 == 0 { lowest = min(lowest ?? address, address) }
        }
        let address = bridge.plan.address ?? lowest ?? Self.address(of: bridge.plan.row)
        guard address != bridge.address else { return }
        bridge.address = address
        let index = bridge.index
        poller.run { datapath, now in datapath.setAddress(bridge: index, address, now: now) }
    }

    /// An address that stays the same as long as the row does: locally administered, from the row's UUID.
    static func address(of row: UUID) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in row.description.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return 0x02 << 40 | hash & 0xff_ffff_ffff
    }

    /// Gives interfaces the addresses and sizes that their rows ask for. One of our own that is not told a size takes no
    /// larger packets than all others of its bridge do.
    func setDevices(of bridge: BoundBridge, _ links: inout [String: LinkRecord]) {
        let others = bridge.interfaces.values.filter {
            if case .socket? = $0.device { true } else { false }
        }
        let smallest = others.compactMap { $0.plan.mtu ?? links[$0.plan.name]?.mtu }.min()
        var batch = RouteBatch()
        for (name, interface) in bridge.interfaces {
            guard let link = links[name], let device = interface.device else { continue }
            var mtu = interface.plan.mtu
            var address: UInt64?
            if case .tap = device {
                mtu = mtu ?? smallest
                address = interface.number == PortNumber.local ? bridge.address : interface.plan.address
            }
            var change = RouteBatch.LinkChange()
            if let mtu, mtu != link.mtu { change.mtu = mtu }
            if let address, address != link.address.rawValue { change.address = MACAddress(rawValue: address) }
            guard change.mtu != nil || change.address != nil else { continue }
            batch.changeLink(.index(link.index), change)
            links[name]?.mtu = change.mtu ?? link.mtu
            links[name]?.address = change.address ?? link.address
        }
        guard !batch.isEmpty else { return }
        do {
            for refusal in try RouteSocket().runAll(batch) { log("bridge \(bridge.plan.name): \(refusal)") }
        } catch {
            log("bridge \(bridge.plan.name): \(error)")
        }
    }
}
