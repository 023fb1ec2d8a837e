import HostNetwork
import Linux
import Streams
import OVSDB
import OpenFlow
import Ports
import Switch
import Wire

// What the binding writes into the rows: the columns that the switch owns.

extension SwitchBinding {
    /// The version that clients are told: of the interfaces that are offered here.
    static let version = "3.1.0"

    /// The root row says who serves it.
    func prepareRoot() {
        write { transaction in
            let root: UUID
            if let row = database.rows("Open_vSwitch").first {
                root = row.uuid
            } else {
                root = try transaction.insert("Open_vSwitch", [:])
            }
            let release = OperatingSystemRelease.read()
            try transaction.update(
                "Open_vSwitch", root,
                [
                    "ovs_version": .string(Self.version), "db_version": .string(database.schema.version),
                    "system_type": .string(release.id), "system_version": .string(release.version),
                    "datapath_types": ["netdev", "system"], "iface_types": .strings(InterfaceDevice.types),
                    "dpdk_initialized": false,
                ])
        }
    }

    /// Says what came of the database's wishes, and that they have been met.
    func writeBack(_ links: [String: LinkRecord]) {
        write { transaction in
            guard let root = database.rows("Open_vSwitch").first else { return }
            for bridge in bridges.values {
                let identity = bridge.plan.datapathID ?? bridge.address
                try transaction.update(
                    "Bridge", bridge.plan.row,
                    [
                        "datapath_id": .string(Self.hexadecimal(identity, digits: 16)),
                        "datapath_version": "rookery",
                    ])
                for port in bridge.plan.ports.values {
                    for plan in port.interfaces {
                        try transaction.update("Interface", plan.row, status(of: plan, bridge, links))
                    }
                }
                try writeControllers(bridge, transaction)
            }
            if let wanted = root["next_cfg"].integer {
                try transaction.update("Open_vSwitch", root.uuid, ["cur_cfg": .integer(wanted)])
            }
        }
    }

    private func status(
        of plan: InterfacePlan, _ bridge: BoundBridge, _ links: [String: LinkRecord]
    ) -> [String: Datum] {
        guard let interface = bridge.interfaces[plan.name] else {
            return [
                "ofport": -1, "error": .optional(bridge.failures[plan.row]), "ifindex": .empty, "mac_in_use": .empty,
                "admin_state": .empty, "link_state": .empty, "mtu": .empty,
            ]
        }
        let number: Int64 = interface.number == PortNumber.local ? 65534 : Int64(interface.number)
        var columns: [String: Datum] = ["ofport": .integer(number), "error": .optional(bridge.failures[plan.row])]
        if plan.type == "patch" {
            columns["admin_state"] = "up"
            columns["link_state"] = interface.peer == nil ? "down" : "up"
            columns["ifindex"] = 0
            columns["mac_in_use"] = .string(MACAddress(rawValue: bridge.address ^ UInt64(interface.number)).description)
        } else if let link = links[plan.name] {
            columns["ifindex"] = .integer(link.index)
            columns["mac_in_use"] = .string(link.address.description)
            columns["mtu"] = .integer(link.mtu)
            columns["admin_state"] = link.isUp ? "up" : "down"
            columns["link_state"] = link.hasCarrier ? "up" : "down"
        } else {
            columns["error"] = .string("could not open network device \(plan.name) (No such device)")
            for column in ["ifindex", "mac_in_use", "mtu", "admin_state", "link_state"] { columns[column] = .empty }
        }
        return columns
    }

    private func writeControllers(_ bridge: BoundBridge, _ transaction: Transaction) throws {
        let status = control.controllerStatus(bridge.index)
        let rows = bridge.plan.controllers.filter { $0.endpoint != nil }
        guard status.count == rows.count else { return }
        for (plan, status) in zip(rows, status) {
            guard database.row("Controller", plan.row) != nil else { continue }
            try transaction.update(
                "Controller", plan.row,
                [
                    "is_connected": .boolean(status.isConnected), "role": .optional(status.role),
                    "status": .map(status.status),
                ])
        }
        for plan in bridge.plan.controllers where plan.endpoint == nil {
            try transaction.update(
                "Controller", plan.row, ["status": ["last_error": "the target is no endpoint"], "is_connected": false])
        }
    }

    /// Brings the counters and the controllers' states up to date. To be called every `statisticsInterval`.
    public func refreshStatistics() {
        var counters: [String: [UInt32: PortStatistics]] = [:]
        for (name, bridge) in bridges {
            let index = bridge.index
            let list = poller.run { datapath, now in datapath.portStatistics(bridge: index, number: nil, now: now) }
            counters[name] = Dictionary(uniqueKeysWithValues: list.map { ($0.number, $0) })
        }
        let links = Self.machineLinks()
        write { transaction in
            for (name, bridge) in bridges {
                for interface in bridge.interfaces.values {
                    guard let count = counters[name]?[interface.number],
                        database.row("Interface", interface.plan.row) != nil
                    else { continue }
                    var columns = status(of: interface.plan, bridge, links)
                    columns["statistics"] = .map([
                        "rx_packets": Int64(count.received.packets), "rx_bytes": Int64(count.received.bytes),
                        "tx_packets": Int64(count.sent.packets), "tx_bytes": Int64(count.sent.bytes),
                        "rx_dropped": Int64(count.receiveDrops), "tx_dropped": Int64(count.sendDrops),
                        "rx_errors": 0, "tx_errors": 0, "collisions": 0, "rx_crc_err": 0, "rx_frame_err": 0,
                        "rx_over_err": 0, "rx_missed_errors": 0,
                    ])
                    try transaction.update("Interface", interface.plan.row, columns)
                }
                try writeControllers(bridge, transaction)
            }
        }
    }

    /// A transaction of the binding's own. What the rows refuse is a programming error, or the disk: it is logged.
    private func write(_ body: (Transaction) throws -> Void) {
        ignoringOwnCommits {
            do {
                try database.transact(body)
            } catch {
                log("cannot write status into the database: \(error)")
            }
        }
    }

    static func machineLinks() -> [String: LinkRecord] {
        guard let socket = try? RouteSocket(), let links = try? socket.links() else { return [:] }
        return Dictionary(links.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    static func hexadecimal(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

extension ControllerPlan {
    var endpoint: Endpoint? { Endpoint(target, defaultPort: 6653) }

    /// What the OpenFlow side is told; nil where the target is no endpoint.
    var settings: ControllerSettings? {
        guard let endpoint else { return nil }
        return ControllerSettings(
            endpoint: endpoint, maximumBackOff: maximumBackOff, inactivityProbe: inactivityProbe, rateLimit: rateLimit,
            burstLimit: burstLimit, queueSize: queueSize, isService: isService, wantsAsynchronous: wantsAsynchronous)
    }
}

/// Who made the machine's system, from os-release(5).
struct OperatingSystemRelease {
    var id = "unknown"
    var version = "unknown"

    static func read() -> OperatingSystemRelease {
        var release = OperatingSystemRelease()
        for line in ((try? File.readText("/etc/os-release")) ?? "").split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = parts[1].filter { $0 != "\"" }
            if parts[0] == "ID" { release.id = value }
            if parts[0] == "VERSION_ID" { release.version = value }
        }
        return release
    }
}
