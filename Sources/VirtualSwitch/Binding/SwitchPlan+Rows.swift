import OVSDB
import OpenFlow
import Switch
import Wire

extension SwitchPlan {
    /// Reads the rows of a database with the Open_vSwitch schema.
    init(_ database: Database) {
        guard let root = database.rows("Open_vSwitch").first else { return }
        statisticsInterval = root["other_config"]["stats-update-interval"].flatMap { Int64($0) } ?? 5000
        showsSystem = root["other_config"]["enable-statistics"] == "true"
        if let row = root["ssl"].uuid.flatMap({ database.row("SSL", $0) }) {
            tls = TLSPlan(
                privateKey: row["private_key"].string ?? "", certificate: row["certificate"].string ?? "",
                authority: row["ca_cert"].string ?? "")
        }
        for uuid in root["bridges"].uuids {
            guard let row = database.row("Bridge", uuid) else { continue }
            let plan = BridgePlan(row, database)
            // The name is part of paths, of management sockets for one; Open vSwitch ignores such bridges, too.
            if plan.name.contains("/") {
                ignoredNames.insert(plan.name)
            } else {
                bridges[plan.name] = plan
            }
        }
    }
}

extension BridgePlan {
    init(_ row: Row, _ database: Database) {
        name = row.name
        self.row = row.uuid
        let settings = row["other_config"]
        if let type = row["datapath_type"].string, !type.isEmpty { datapathType = type }
        for uuid in row["ports"].uuids {
            guard let port = database.row("Port", uuid) else { continue }
            let plan = PortPlan(port, database)
            ports[plan.name] = plan
        }
        // In the order of their targets: rows have none of their own.
        controllers = row["controller"].uuids.compactMap { database.row("Controller", $0).map { ControllerPlan($0) } }
            .sorted { ($0.target, $0.row.description) < ($1.target, $1.row.description) }
        isSecure = row["fail_mode"].string == "secure"
        let named = row["protocols"].strings.compactMap { OpenFlowVersion(named: $0) }
        if !named.isEmpty { versions = Set(named) }
        datapathID = settings["datapath-id"].flatMap { Self.datapathID($0) }
        address = settings["hwaddr"].flatMap { MACAddress($0)?.rawValue }
        runsSpanningTree =
            row["stp_enable"].boolean == true || row["rstp_enable"].boolean == true
        isRapid = row["rstp_enable"].boolean == true
        let priority = settings["rstp-priority"] ?? settings["stp-priority"]
        spanningTreePriority = priority.flatMap { UInt16($0) } ?? 32768
        if let seconds = settings["mac-aging-time"].flatMap({ UInt64($0) }) { ageing = Nanoseconds.seconds(seconds) }
        addressLimit = settings["mac-table-size"].flatMap { Int($0) }
        floodVLANs = row["flood_vlans"].integers.map { UInt16($0) }
        snoopsMulticast = row["mcast_snooping_enable"].boolean == true
        forwardsProtocols = settings["forward-bpdu"] == "true"
        if settings["disable-in-band"] == "true" {
            for index in controllers.indices { controllers[index].isInBand = false }
        }
        mirrors = row["mirrors"].uuids.compactMap { uuid in
            database.row("Mirror", uuid).map { MirrorPlan($0, database) }
        }
        for (number, uuid) in row["flow_tables"].rowMap {
            guard let table = database.row("Flow_Table", uuid), let number = UInt8(exactly: number) else { continue }
            flowTables[number] = FlowTablePlan(
                name: table["name"].string ?? "", limit: table["flow_limit"].integer.map { UInt32(clamping: $0) },
                evicts: table["overflow_policy"].string == "evict", groups: table["groups"].strings)
        }
        for key in ["dp-desc", "dp-sn", "mfr-desc", "hw-desc", "sw-desc"] { descriptions[key] = settings[key] }
    }

    /// Sixteen hexadecimal digits, or 0x and up to sixteen; never 0.
    private static func datapathID(_ text: String) -> UInt64? {
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        guard text.hasPrefix("0x") ? (1...16).contains(digits.count) : digits.count == 16 else { return nil }
        guard let value = UInt64(digits, radix: 16), value != 0 else { return nil }
        return value
    }
}

extension PortPlan {
    init(_ row: Row, _ database: Database) {
        name = row.name
        self.row = row.uuid
        interfaces = row["interfaces"].uuids.compactMap { database.row("Interface", $0).map { InterfacePlan($0) } }
            .sorted { $0.name < $1.name }
        let tag = row["tag"].integer.map { UInt16($0) }
        let trunks = row["trunks"].integers.map { UInt16($0) }
        let carried = trunks.isEmpty ? nil : trunks
        // Without a mode, a port with a tag is an access port, and others are trunks (ovs-vswitchd.conf.db(5)).
        switch row["vlan_mode"].string ?? (tag != nil ? "access" : "trunk") {
        case "access": vlan = .access(tag ?? 0)
        case "native-tagged": vlan = .nativeTagged(tag ?? 0, trunks: carried)
        case "native-untagged": vlan = .nativeUntagged(tag ?? 0, trunks: carried)
        case "dot1q-tunnel":
            let customers = row["cvlans"].integers.map { UInt16($0) }
            vlan = .tunnel(
                tag ?? 0, customers: customers.isEmpty ? nil : customers,
                type: row["other_config"]["qinq-ethtype"] == "802.1q" ? 0x8100 : 0x88a8)
        default: vlan = .trunk(carried)
        }
        if let qos = row["qos"].uuid.flatMap({ database.row("QoS", $0) }) { self.qos = QoSPlan(qos, database) }
        forwarding.isProtected = row["protected"].boolean == true
        // Before there were three, the two were called false and true.
        switch row["other_config"]["priority-tags"] {
        case "true"?: forwarding.priorityTags = .ifNonzero
        case let name?: forwarding.priorityTags = PortForwarding.PriorityTags(rawValue: name) ?? .never
        case nil: break
        }
        if interfaces.count > 1 {
            let settings = row["other_config"]
            func delay(_ column: String) -> UInt64 { Nanoseconds.milliseconds(row[column].integer ?? 0) }
            bond = BondSettings(
                mode: row["bond_mode"].string.flatMap { BondSettings.Mode(rawValue: $0) } ?? .activeBackup,
                upDelay: delay("bond_updelay"), downDelay: delay("bond_downdelay"), primary: settings["bond-primary"],
                basis: settings["bond-hash-basis"].flatMap { UInt32($0) } ?? 0,
                allMembersActive: settings["all-members-active"] == "true")
            lacp = row["lacp"].string.flatMap { $0 == "off" ? nil : $0 }
        }
    }
}

extension InterfacePlan {
    init(_ row: Row) {
        name = row.name
        self.row = row.uuid
        type = row["type"].string ?? ""
        options = row["options"].stringMap
        requestedNumber = row["ofport_request"].integer.map { UInt32($0) }
        address = row["mac"].string.flatMap { MACAddress($0)?.rawValue }
        mtu = row["mtu_request"].integer.map { UInt32(clamping: $0) }
        policingRate = UInt32(clamping: row["ingress_policing_rate"].integer ?? 0)
        policingBurst = UInt32(clamping: row["ingress_policing_burst"].integer ?? 0)
    }
}

extension ControllerPlan {
    init(_ row: Row) {
        self.row = row.uuid
        target = row["target"].string ?? ""
        maximumBackOff = row["max_backoff"].integer ?? 8000
        inactivityProbe = row["inactivity_probe"].integer ?? 5000
        rateLimit = row["controller_rate_limit"].integer
        burstLimit = row["controller_burst_limit"].integer
        queueSize = row["controller_queue_size"].integer
        isService = row["type"].string == "service"
        wantsAsynchronous = row["enable_async_messages"].boolean ?? true
        isInBand = row["connection_mode"].string == "in-band"
    }
}

extension MirrorPlan {
    init(_ row: Row, _ database: Database) {
        func names(_ column: String) -> [String] {
            row[column].uuids.compactMap { database.row("Port", $0)?.name }.sorted()
        }
        self.row = row.uuid
        name = row.name
        selectsAll = row["select_all"].boolean == true
        sources = names("select_src_port")
        destinations = names("select_dst_port")
        vlans = row["select_vlan"].integers.map { UInt16($0) }
        outputPort = names("output_port").first
        outputVLAN = row["output_vlan"].integer.map { UInt16($0) }
        snapLength = row["snaplen"].integer.map { UInt32($0) }
    }
}

extension QoSPlan {
    init(_ row: Row, _ database: Database) {
        func rate(_ row: Row, _ key: String) -> UInt64? { row["other_config"][key].flatMap { UInt64($0) } }
        self.row = row.uuid
        type = row["type"].string ?? ""
        maximumRate = rate(row, "max-rate")
        queues = row["queues"].rowMap.sorted { $0.key < $1.key }.compactMap { number, uuid in
            guard let queue = database.row("Queue", uuid) else { return nil }
            return LinkQueue(
                id: UInt32(number), minRate: rate(queue, "min-rate"), maxRate: rate(queue, "max-rate"),
                priority: Int(clamping: rate(queue, "priority") ?? 0))
        }
    }
}
