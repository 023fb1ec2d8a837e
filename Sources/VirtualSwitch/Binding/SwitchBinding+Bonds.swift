import Linux
import OVSDB
import OpenFlow
import Ports
import Switch
import Wire

/// A bond as it is asked for.
struct BondPlan: Equatable {
    var settings: BondSettings
    /// Numbers of its ports.
    var members: [UInt32]
}

extension SwitchBinding {
    /// Makes bonds of the Port rows that have several interfaces.
    func applyBonds(_ bridge: BoundBridge) {
        var wanted: [String: BondPlan] = [:]
        for (name, port) in bridge.plan.ports {
            guard let settings = port.bond else { continue }
            let members = port.interfaces.compactMap { bridge.interfaces[$0.name]?.number }
            wanted[name] = BondPlan(settings: settings, members: members)
            if let lacp = port.lacp {
                for plan in port.interfaces where bridge.interfaces[plan.name] != nil {
                    bridge.failures[plan.row] = "\(name): lacp=\(lacp) is not supported: the bond is a static one"
                }
            } else {
                for plan in port.interfaces where bridge.interfaces[plan.name] != nil {
                    bridge.failures[plan.row] = nil
                }
            }
        }
        guard wanted != bridge.bonds else { return }
        let index = bridge.index
        let gone = bridge.bonds.keys.filter { wanted[$0] == nil }
        let changed = wanted.filter { bridge.bonds[$0.key] != $0.value }
        bridge.bonds = wanted
        poller.run { datapath, now in
            for name in gone { datapath.setBond(bridge: index, name: name, members: [], nil, now: now) }
            for (name, bond) in changed {
                datapath.setBond(bridge: index, name: name, members: bond.members, bond.settings, now: now)
            }
        }
    }

    /// The address of each bond's active member, for `bond_active_slave`.
    func writeBonds(_ bridge: BoundBridge, _ transaction: Transaction) throws {
        for (name, port) in bridge.plan.ports where database.row("Port", port.row) != nil {
            guard bridge.bonds[name] != nil else { continue }
            let index = bridge.index
            let status = poller.run { datapath, now in datapath.bondStatus(bridge: index, name: name, now: now) }
            let active = status?.members.first(where: \.isActive).map { MACAddress(rawValue: $0.address).description }
            try transaction.update("Port", port.row, ["bond_active_slave": .optional(active)])
        }
    }
}
