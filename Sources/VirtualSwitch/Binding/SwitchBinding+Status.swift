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
                    "dpdk_initialized": false, "dpdk_version": "none",
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
                        "datapath_id": .string(identity.hexadecimal(digits: 16)),
                        "datapath_version": "rookery",
                    ])
                try writeInterfaces(bridge, links, transaction)
                try writeBonds(bridge, transaction)
                if bridge.plan.runsSpanningTree || bridge.hasTreeStatus {
                    let index = bridge.index
                    let counted = poller.run { datapath, now in BridgeCounters(datapath, bridge: index, now: now) }
                    try writeSpanningTree(bridge, counted, transaction)
                }
                try writeControllers(bridge, transaction)
            }
            if plan.showsSystem != hasSystemStatistics { try writeSystemStatistics(transaction) }
            if let wanted = root["next_cfg"].integer {
                try transaction.update("Open_vSwitch", root.uuid, ["cur_cfg": .integer(wanted)])
            }
        }
    }

    /// Writes what has changed of a bridge's interfaces.
    private func writeInterfaces(
        _ bridge: BoundBridge, _ links: [String: LinkRecord], _ transaction: Transaction
    ) throws {
        for port in bridge.plan.ports.values {
            for plan in port.interfaces where database.row("Interface", plan.row) != nil {
                guard let interface = bridge.interfaces[plan.name] else {
                    let failure = bridge.failures[plan.row] ?? ""
                    if bridge.writtenFailures[plan.row] != failure {
                        bridge.writtenFailures[plan.row] = failure
                        try transaction.update("Interface", plan.row, status(of: plan, bridge, links))
                    }
                    continue
                }
                bridge.writtenFailures[plan.row] = nil
                let source = InterfaceStatusSource(
                    number: interface.number, failure: bridge.failures[plan.row], link: links[plan.name],
                    state: interface.state, hasPeer: interface.peer != nil, peer: plan.options["peer"],
                    address: bridge.address)
                guard source != interface.writtenSource else { continue }
                var columns = status(of: plan, bridge, links)
                if interface.writtenSource == nil {
                    let none = PortStatistics(
                        number: interface.number, received: TrafficCount(), sent: TrafficCount(), receiveDrops: 0,
                        sendDrops: 0, age: 0)
                    columns["statistics"] = Self.statistics(none, plan, nil)
                }
                interface.writtenSource = source
                try transaction.update("Interface", plan.row, columns)
            }
        }
    }

    private func status(
        of plan: InterfacePlan, _ bridge: BoundBridge, _ links: [String: LinkRecord]
    ) -> [String: Datum] {
        guard let interface = bridge.interfaces[plan.name] else {
            return Self.status(ofMissing: bridge.failures[plan.row])
        }
        let number: Int64 = interface.number == PortNumber.local ? 65534 : Int64(interface.number)
        var columns: [String: Datum] = [
            "ofport": .integer(number), "error": .optional(bridge.failures[plan.row]),
            "link_resets": .integer(interface.linkResets),
        ]
        if plan.type == "patch" {
            columns["admin_state"] = "up"
            columns["link_state"] = "up"
            columns["ifindex"] = 0
            columns["mac_in_use"] = .string(
                MACAddress(rawValue: bridge.address ^ UInt64(interface.number) << 8 | 0x0200_0000_0000).description)
            if interface.peer == nil {
                columns["link_state"] = "down"
                columns["error"] = .string(
                    "No usable peer '\(plan.options["peer"] ?? "")' exists in '\(bridge.plan.datapathType)' datapath.")
            }
        } else if let link = links[plan.name] {
            columns["ifindex"] = .integer(link.index)
            columns["mac_in_use"] = .string(link.address.description)
            columns["mtu"] = .integer(link.mtu)
            columns["admin_state"] = link.isUp ? "up" : "down"
            columns["link_state"] = link.isUp && link.hasCarrier ? "up" : "down"
            if interface.driverState != interface.state {
                if let before = interface.driverState, before.hasCarrier != interface.state?.hasCarrier {
                    interface.linkResets += 1
                    columns["link_resets"] = .integer(interface.linkResets)
                }
                interface.driverState = interface.state
                interface.driver = InterfaceDriver.read(plan.name)
            }
            if let driver = interface.driver {
                columns["duplex"] = .optional(driver.isFullDuplex.map { $0 ? "full" : "half" })
                columns["link_speed"] = driver.speed.map { .integer($0) } ?? .empty
                columns["status"] = .map([
                    "driver_name": driver.name, "driver_version": driver.version, "firmware_version": driver.firmware,
                ])
            }
        } else {
            return Self.status(ofMissing: "could not open network device \(plan.name) (No such device)")
                .merging(columns.filter { $0.key == "ofport" }, uniquingKeysWith: { $1 })
        }
        return columns
    }

    /// The columns of an interface that there is not.
    private static func status(ofMissing failure: String?) -> [String: Datum] {
        var columns: [String: Datum] = ["ofport": -1, "error": .optional(failure)]
        for column in [
            "ifindex", "mac_in_use", "admin_state", "link_state", "mtu", "duplex", "link_speed", "link_resets",
            "status",
            "statistics",
        ] { columns[column] = .empty }
        return columns
    }

    /// What an interface counts; what its kernel side counts beside packets and bytes, too.
    private static func statistics(_ count: PortStatistics, _ plan: InterfacePlan, _ link: LinkRecord?) -> Datum {
        var counters: [String: Int64] = [
            "rx_packets": Int64(clamping: count.received.packets), "rx_bytes": Int64(clamping: count.received.bytes),
            "tx_packets": Int64(clamping: count.sent.packets), "tx_bytes": Int64(clamping: count.sent.bytes),
        ]
        if plan.type != "patch" {
            let errors = link?.errors
            counters["rx_dropped"] = Int64(clamping: count.receiveDrops)
            counters["tx_dropped"] = Int64(clamping: count.sendDrops)
            let isOwn = plan.type == "internal" || plan.type == "tap"
            // What one side of a TAP sends, the other receives.
            counters["rx_errors"] = Int64(clamping: (isOwn ? errors?.sent : errors?.received) ?? 0)
            counters["tx_errors"] = Int64(clamping: (isOwn ? errors?.received : errors?.sent) ?? 0)
            counters["collisions"] = Int64(clamping: errors?.collisions ?? 0)
            counters["rx_crc_err"] = Int64(clamping: errors?.checksums ?? 0)
            counters["rx_frame_err"] = Int64(clamping: errors?.frames ?? 0)
            counters["rx_over_err"] = Int64(clamping: errors?.overruns ?? 0)
            counters["rx_missed_errors"] = Int64(clamping: errors?.missed ?? 0)
            counters["rx_multicast_packets"] = Int64(clamping: errors?.multicast ?? 0)
        }
        return .map(counters)
    }

    private func writeControllers(_ bridge: BoundBridge, _ transaction: Transaction) throws {
        let status = control.controllerStatus(bridge.index)
        let rows = bridge.plan.controllers.filter { $0.settings != nil }
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
        for plan in bridge.plan.controllers where plan.settings == nil && database.row("Controller", plan.row) != nil {
            let problem = plan.refusal ?? "the target is no endpoint"
            try transaction.update(
                "Controller", plan.row, ["status": ["last_error": .string(problem)], "is_connected": false])
        }
    }

    /// Brings the counters and the controllers' states up to date. To be called every `statisticsInterval`.
    public func refreshStatistics() {
        guard !isStopped else { return }
        for bridge in bridges.values where bridge.plan.controllers.contains(where: \.isInBand) {
            // The machine has got to know neighbours, perhaps.
            applySettings(of: bridge)
        }
        var counters: [String: BridgeCounters] = [:]
        for (name, bridge) in bridges {
            let index = bridge.index
            counters[name] = poller.run { datapath, now in BridgeCounters(datapath, bridge: index, now: now) }
        }
        let links = machineLinks()
        write { transaction in
            if plan.showsSystem { try writeSystemStatistics(transaction) }
            for (name, bridge) in bridges {
                guard let counted = counters[name], database.row("Bridge", bridge.plan.row) != nil else { continue }
                for interface in bridge.interfaces.values {
                    guard let count = counted.ports[interface.number],
                        database.row("Interface", interface.plan.row) != nil
                    else { continue }
                    let counters = Self.statistics(count, interface.plan, links[interface.plan.name])
                    try transaction.update("Interface", interface.plan.row, ["statistics": counters])
                }
                try writeInterfaces(bridge, links, transaction)
                for mirror in bridge.plan.mirrors {
                    guard let copied = counted.mirrors[mirror.name], database.row("Mirror", mirror.row) != nil else {
                        continue
                    }
                    try transaction.update(
                        "Mirror", mirror.row,
                        [
                            "statistics": .map([
                                "tx_packets": Int64(clamping: copied.packets),
                                "tx_bytes": Int64(clamping: copied.bytes),
                            ])
                        ])
                }
                try writeSpanningTree(bridge, counted, transaction)
                try writeBonds(bridge, transaction)
                try writeControllers(bridge, transaction)
            }
        }
    }

    private func writeSystemStatistics(_ transaction: Transaction) throws {
        guard let root = database.rows("Open_vSwitch").first else { return }
        hasSystemStatistics = plan.showsSystem
        let statistics = plan.showsSystem ? SystemStatistics(runDirectory: runDirectory ?? ".").read() : [:]
        try transaction.update("Open_vSwitch", root.uuid, ["statistics": .map(statistics)])
    }

    /// A transaction of the binding's own. What the rows refuse is a programming error, or the disk: it is logged.
    func write(_ body: (Transaction) throws -> Void) {
        ignoringOwnCommits {
            do {
                try database.transact(body)
            } catch {
                log("cannot write status into the database: \(error)")
            }
        }
    }
}

extension ControllerPlan {
    /// What the OpenFlow side is told; nil where the target is no endpoint, or not taken.
    var settings: ControllerSettings? {
        guard refusal == nil, let endpoint = Endpoint(place ?? target, defaultPort: 6653) else { return nil }
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
