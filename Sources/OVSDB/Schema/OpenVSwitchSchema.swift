extension DatabaseSchema {
    /// The database of a virtual switch, "Open_vSwitch", as of version 8.3.1 (ovs-vswitchd.conf.db(5), Open vSwitch
    /// 3.1).
    public static let openVSwitch = DatabaseSchema(
        "Open_vSwitch", version: "8.3.1", checksum: "3012963480 26720",
        tables: [
            openVSwitchTable, bridgeTable, portTable, interfaceTable, flowTable, qosTable, queueTable, mirrorTable,
            netFlowTable, sFlowTable, ipfixTable, collectorSetTable, controllerTable, managerTable, datapathTable,
            zoneTable, timeoutPolicyTable, sslTable, autoAttachTable,
        ])

    private static let vlan = BaseType.integer(0...4095)
    private static let word = BaseType.integer(0...Int64(UInt32.max))

    private static let openVSwitchTable = TableSchema(
        "Open_vSwitch", isRoot: true, maximumRowCount: 1,
        columns("datapaths", type: .map(.string, .row("Datapath"))),
        columns("bridges", type: .set(of: .row("Bridge"))),
        columns("manager_options", type: .set(of: .row("Manager"))),
        columns("ssl", type: .optional(.row("SSL"))),
        columns("other_config", "external_ids", type: .stringMap),
        columns("next_cfg", "cur_cfg", type: .integer),
        status("statistics", type: .stringMap),
        columns("ovs_version", "db_version", "system_type", "system_version", type: .optional(.string)),
        columns("datapath_types", "iface_types", type: .set(of: .string)),
        columns("dpdk_initialized", type: .boolean),
        columns("dpdk_version", type: .optional(.string)))

    private static let bridgeTable = TableSchema(
        "Bridge", indexes: [["name"]],
        fixed("name", type: .string),
        columns("datapath_type", "datapath_version", type: .string),
        status("datapath_id", type: .optional(.string)),
        columns("stp_enable", "rstp_enable", "mcast_snooping_enable", type: .boolean),
        columns("ports", type: .set(of: .row("Port"))),
        columns("mirrors", type: .set(of: .row("Mirror"))),
        columns("netflow", type: .optional(.row("NetFlow"))),
        columns("sflow", type: .optional(.row("sFlow"))),
        columns("ipfix", type: .optional(.row("IPFIX"))),
        columns("controller", type: .set(of: .row("Controller"))),
        columns(
            "protocols",
            type: .set(
                of: .one(of: "OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"))),
        columns("fail_mode", type: .optional(.one(of: "standalone", "secure"))),
        status("status", "rstp_status", type: .stringMap),
        columns("other_config", "external_ids", type: .stringMap),
        columns("flood_vlans", type: .set(of: vlan, atMost: 4096)),
        columns("flow_tables", type: .map(.integer(0...254), .row("Flow_Table"))),
        columns("auto_attach", type: .optional(.row("AutoAttach"))))

    private static let portTable = TableSchema(
        "Port", indexes: [["name"]],
        fixed("name", type: .string),
        columns("interfaces", type: .set(of: .row("Interface"), atLeast: 1)),
        columns("trunks", "cvlans", type: .set(of: vlan, atMost: 4096)),
        columns("tag", type: .optional(vlan)),
        columns(
            "vlan_mode",
            type: .optional(.one(of: "trunk", "access", "native-tagged", "native-untagged", "dot1q-tunnel"))),
        columns("qos", type: .optional(.row("QoS"))),
        columns("mac", type: .optional(.string)),
        columns("bond_mode", type: .optional(.one(of: "balance-tcp", "balance-slb", "active-backup"))),
        columns("lacp", type: .optional(.one(of: "active", "passive", "off"))),
        columns("bond_updelay", "bond_downdelay", type: .integer),
        columns("bond_active_slave", type: .optional(.string)),
        columns("bond_fake_iface", "fake_bridge", type: .boolean),
        status("status", "rstp_status", type: .stringMap),
        status("rstp_statistics", "statistics", type: .counterMap),
        columns("protected", type: .boolean),
        columns("other_config", "external_ids", type: .stringMap))

    private static let interfaceTable = TableSchema(
        "Interface", indexes: [["name"]],
        fixed("name", type: .string),
        columns("type", type: .string),
        columns("options", type: .stringMap),
        columns(
            "ingress_policing_rate", "ingress_policing_burst", "ingress_policing_kpkts_rate",
            "ingress_policing_kpkts_burst", type: .one(.integer(atLeast: 0))),
        status("mac_in_use", type: .optional(.string)),
        columns("mac", type: .optional(.string)),
        status("ifindex", type: .optional(word)),
        columns("external_ids", type: .stringMap),
        columns("ofport", type: .optional(.integer)),
        columns("ofport_request", type: .optional(.integer(1...65279))),
        columns("bfd", type: .stringMap),
        status("bfd_status", type: .stringMap),
        columns("cfm_mpid", type: .optional(.integer)),
        status("cfm_remote_mpids", type: .set(of: .integer)),
        columns("cfm_flap_count", type: .optional(.integer)),
        status("cfm_fault", type: .optional(.boolean)),
        status("cfm_fault_status", type: .set(of: .string)),
        status("cfm_remote_opstate", type: .optional(.one(of: "up", "down"))),
        status("cfm_health", type: .optional(.integer(0...100))),
        status("lacp_current", type: .optional(.boolean)),
        columns("lldp", "other_config", type: .stringMap),
        status("statistics", type: .counterMap),
        status("status", type: .stringMap),
        status("admin_state", "link_state", type: .optional(.one(of: "up", "down"))),
        status("link_resets", "link_speed", type: .optional(.integer)),
        status("duplex", type: .optional(.one(of: "half", "full"))),
        status("mtu", type: .optional(.integer)),
        columns("mtu_request", type: .optional(.integer(atLeast: 1))),
        columns("error", type: .optional(.string)))

    private static let flowTable = TableSchema(
        "Flow_Table",
        columns("name", type: .optional(.string)),
        columns("flow_limit", type: .optional(.integer(atLeast: 0))),
        columns("overflow_policy", type: .optional(.one(of: "refuse", "evict"))),
        columns("groups", type: .set(of: .string)),
        columns("prefixes", type: .set(of: .string, atMost: 3)),
        columns("external_ids", type: .stringMap))

    private static let qosTable = TableSchema(
        "QoS", isRoot: true,
        columns("type", type: .string),
        columns("queues", type: .map(word, .row("Queue"))),
        columns("other_config", "external_ids", type: .stringMap))

    private static let queueTable = TableSchema(
        "Queue", isRoot: true,
        columns("dscp", type: .optional(.integer(0...63))),
        columns("other_config", "external_ids", type: .stringMap))

    private static let mirrorTable = TableSchema(
        "Mirror",
        columns("name", type: .string),
        columns("select_all", type: .boolean),
        columns("select_src_port", "select_dst_port", type: .set(of: .weakRow("Port"))),
        columns("select_vlan", type: .set(of: vlan, atMost: 4096)),
        columns("output_port", type: .optional(.weakRow("Port"))),
        columns("output_vlan", type: .optional(.integer(1...4095))),
        columns("snaplen", type: .optional(.integer(14...65535))),
        status("statistics", type: .counterMap),
        columns("external_ids", type: .stringMap))

    private static let netFlowTable = TableSchema(
        "NetFlow",
        columns("targets", type: .set(of: .string, atLeast: 1)),
        columns("engine_type", "engine_id", type: .optional(.integer(0...255))),
        columns("add_id_to_interface", type: .boolean),
        columns("active_timeout", type: .one(.integer(atLeast: -1))),
        columns("external_ids", type: .stringMap))

    private static let sFlowTable = TableSchema(
        "sFlow",
        columns("targets", type: .set(of: .string, atLeast: 1)),
        columns("sampling", "polling", "header", type: .optional(.integer)),
        columns("agent", type: .optional(.string)),
        columns("external_ids", type: .stringMap))

    private static let ipfixTable = TableSchema(
        "IPFIX",
        columns("targets", type: .set(of: .string)),
        columns("sampling", type: .optional(.integer(1...Int64(UInt32.max)))),
        columns("obs_domain_id", "obs_point_id", "cache_max_flows", type: .optional(word)),
        columns("cache_active_timeout", type: .optional(.integer(0...4200))),
        columns("other_config", "external_ids", type: .stringMap))

    private static let collectorSetTable = TableSchema(
        "Flow_Sample_Collector_Set", isRoot: true, indexes: [["id", "bridge"]],
        columns("id", type: .one(word)),
        columns("bridge", type: .one(.row("Bridge"))),
        columns("ipfix", type: .optional(.row("IPFIX"))),
        columns("external_ids", type: .stringMap))

    private static let controllerTable = TableSchema(
        "Controller",
        columns("type", type: .optional(.one(of: "primary", "service"))),
        columns("target", type: .string),
        columns("max_backoff", type: .optional(.integer(atLeast: 1000))),
        columns("inactivity_probe", type: .optional(.integer)),
        columns("connection_mode", type: .optional(.one(of: "in-band", "out-of-band"))),
        columns("local_ip", "local_netmask", "local_gateway", type: .optional(.string)),
        columns("enable_async_messages", type: .optional(.boolean)),
        columns("controller_queue_size", type: .optional(.integer(1...512))),
        columns("controller_rate_limit", type: .optional(.integer(atLeast: 100))),
        columns("controller_burst_limit", type: .optional(.integer(atLeast: 25))),
        columns("other_config", "external_ids", type: .stringMap),
        status("is_connected", type: .boolean),
        status("role", type: .optional(.one(of: "other", "master", "slave"))),
        status("status", type: .stringMap))

    private static let managerTable = TableSchema(
        "Manager", indexes: [["target"]],
        columns("target", type: .string),
        columns("max_backoff", type: .optional(.integer(atLeast: 1000))),
        columns("inactivity_probe", type: .optional(.integer)),
        columns("connection_mode", type: .optional(.one(of: "in-band", "out-of-band"))),
        columns("other_config", "external_ids", type: .stringMap),
        status("is_connected", type: .boolean),
        status("status", type: .stringMap))

    private static let datapathTable = TableSchema(
        "Datapath",
        columns("datapath_version", type: .string),
        columns("ct_zones", type: .map(.integer(0...65535), .row("CT_Zone"))),
        columns("capabilities", "external_ids", type: .stringMap))

    private static let zoneTable = TableSchema(
        "CT_Zone",
        columns("timeout_policy", type: .optional(.row("CT_Timeout_Policy"))),
        columns("external_ids", type: .stringMap))

    private static let timeoutPolicyTable = TableSchema(
        "CT_Timeout_Policy",
        columns(
            "timeouts",
            type: .map(
                .one(
                    of: "tcp_syn_sent", "tcp_syn_recv", "tcp_established", "tcp_fin_wait", "tcp_close_wait",
                    "tcp_last_ack", "tcp_time_wait", "tcp_close", "tcp_syn_sent2", "tcp_retransmit", "tcp_unack",
                    "udp_first", "udp_single", "udp_multiple", "icmp_first", "icmp_reply"),
                word)),
        columns("external_ids", type: .stringMap))

    private static let sslTable = TableSchema(
        "SSL", maximumRowCount: 1,
        columns("private_key", "certificate", "ca_cert", type: .string),
        columns("bootstrap_ca_cert", type: .boolean),
        columns("external_ids", type: .stringMap))

    private static let autoAttachTable = TableSchema(
        "AutoAttach",
        columns("system_name", "system_description", type: .string),
        columns("mappings", type: .map(.integer(0...16_777_215), .integer(0...4095))))
}
