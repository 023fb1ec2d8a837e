import OpenFlow
import Switch
import Testbed

/// A message of every kind, with the versions that have it, and what ovs-ofctl prints of it.
struct SampleMessage: Sendable {
    var name: String
    var message: Message
    var versions: ClosedRange<OpenFlowVersion>
    /// Words of what ovs-ofctl prints; nil: it does not know the message.
    var prints: [String]?

    init(
        _ name: String, _ versions: ClosedRange<OpenFlowVersion>, _ body: Message.Body,
        spelling: Message.Spelling = .standard, prints: [String]?
    ) {
        self.name = name
        self.versions = versions
        self.prints = prints
        message = Message(xid: 7, body, spelling: spelling)
    }

    /// A message of all versions.
    init(_ name: String, _ body: Message.Body, spelling: Message.Spelling = .standard, prints: [String]?) {
        self.init(name, .v10 ... .v15, body, spelling: spelling, prints: prints)
    }

    static let all = symmetric + configuration + events + changes + roles + bundles + nicira + requests + replies

    // MARK: Parts

    static let match = (try? Match(parsing: "tcp,in_port=3,nw_dst=10.1.0.0/16,tp_dst=80")) ?? Match()
    /// A packet's pipeline fields.
    static let fields = (try? Match(parsing: "in_port=3,metadata=0x5,tun_id=0x9,reg2=0x7")) ?? Match()
    static let actions: [Action] = [.setEthernetDestination(0x0200_0000_0001), .output(2)]
    static let port = Message.Port(
        number: 3, hardwareAddress: 0x0200_0000_0003, name: "left", configuration: [.down],
        state: [.linkDown],
        ethernet: Message.Port.Ethernet(
            current: [.fullDuplex1G, .copper], advertised: [.fullDuplex100M],
            supported: [.fullDuplex10G, .autonegotiation],
            peer: [.fullDuplex10M], currentSpeed: 1_000_000, maximumSpeed: 10_000_000))
    static let portWords = [
        "3(left): addr:02:00:00:00:00:03", "PORT_DOWN", "LINK_DOWN", "1GB-FD COPPER", "100MB-FD", "10GB-FD AUTO_NEG",
        "10MB-FD",
    ]
    static let buckets = [
        Bucket(id: 0, weight: 10, actions: [.output(1)]), Bucket(id: 1, weight: 20, actions: actions),
    ]
    static let meter = Meter(
        id: 9, flags: [.kilobits, .burst, .statistics],
        bands: [
            Meter.Band(.drop, rate: 2000, burst: 300), Meter.Band(.remarkDSCP(precedence: 1), rate: 1000, burst: 100),
        ])
    static let frame: [UInt8] = octets(
        "ffffffffffff 020000000001 0806 0001080006040001 020000000001 0a000001 000000000000 0a000002")
    static let packetIn = Message.PacketIn(
        reason: .action, table: 4, cookie: 0x1234, fields: fields, data: frame, userData: [1, 2, 3])
    static let experimenter = Experimenter(id: 0x00ab_cdef, type: 5, data: [1, 2, 3, 4])
    static let role = Message.RoleChange(.primary, generation: 17)

    // MARK: Messages

    static let symmetric: [SampleMessage] = [
        SampleMessage(
            "hello", .hello(Message.Hello(version: 6, bitmap: 0x52)), prints: ["version bitmap: 0x01, 0x04, 0x06"]),
        SampleMessage(
            "error", .error(Message.ErrorReport(.badRequest(.badLength), data: octets("0103000800099999"))),
            prints: ["OFPT_ERROR", "OFPBRC_BAD_LEN", "OFPT_ECHO_REPLY"]),
        SampleMessage("echo request", .echoRequest([1, 2, 3]), prints: ["OFPT_ECHO_REQUEST", "3 bytes of payload"]),
        SampleMessage("echo reply", .echoReply([]), prints: ["OFPT_ECHO_REPLY", "0 bytes of payload"]),
        SampleMessage("experimenter", .experimenter(experimenter), prints: nil),
        SampleMessage("barrier request", .barrierRequest, prints: ["OFPT_BARRIER_REQUEST"]),
        SampleMessage("barrier reply", .barrierReply, prints: ["OFPT_BARRIER_REPLY"]),
    ]

    static let configuration: [SampleMessage] = [
        SampleMessage("features request", .featuresRequest, prints: ["OFPT_FEATURES_REQUEST"]),
        SampleMessage(
            "features reply", .v10 ... .v12,
            .featuresReply(
                Message.Features(
                    datapathID: 0xab, bufferCount: 256, tableCount: 254,
                    capabilities: [.flowStatistics, .portStatistics],
                    actions: 0, ports: [port])),
            prints: ["dpid:00000000000000ab", "n_tables:254, n_buffers:256", "FLOW_STATS PORT_STATS"] + portWords),
        SampleMessage(
            "features reply without ports", .v13 ... .v15,
            .featuresReply(
                Message.Features(
                    datapathID: 0xab, bufferCount: 256, tableCount: 254, auxiliaryID: 2,
                    capabilities: [.tableStatistics, .groupStatistics, .portBlocking])),
            prints: [
                "dpid:00000000000000ab", "n_tables:254, n_buffers:256, auxiliary_id:2",
                "TABLE_STATS GROUP_STATS PORT_BLOCKED",
            ]),
        SampleMessage("get config request", .getConfigRequest, prints: ["OFPT_GET_CONFIG_REQUEST"]),
        SampleMessage(
            "get config reply", .getConfigReply(Message.SwitchConfiguration(fragments: .drop, missLength: 64)),
            prints: ["frags=drop miss_send_len=64"]),
        SampleMessage(
            "set config", .setConfig(Message.SwitchConfiguration(fragments: .match, missLength: 65535)),
            prints: ["frags=nx-match miss_send_len=65535"]),
        SampleMessage(
            "set config with TTLs", .v11 ... .v12,
            .setConfig(Message.SwitchConfiguration(invalidTTLToController: true, missLength: 65535)),
            prints: ["frags=normal invalid_ttl_to_controller miss_send_len=65535"]),
        SampleMessage(
            "queue config request", .v10 ... .v13, .queueGetConfigRequest(port: 3),
            prints: ["OFPT_QUEUE_GET_CONFIG_REQUEST", "port=3"]),
        SampleMessage(
            "queue config reply", .v10 ... .v13,
            .queueGetConfigReply(port: 3, [Message.Queue(port: 3, id: 5, minimumRate: 500, maximumRate: 1000)]),
            prints: ["port=3\nqueue 5: min_rate:50.0% max_rate:100.0%"]),
    ]

    static let events: [SampleMessage] = [
        SampleMessage(
            "packet-in", .packetIn(packetIn),
            prints: ["OFPT_PACKET_IN", "in_port=3", "(via action)", "arp_spa=10.0.0.1"]),
        SampleMessage(
            "packet-in of Nicira", .packetIn(packetIn), spelling: .nicira,
            prints: ["NXT_PACKET_IN", "table_id=4 cookie=0x1234", "reg2=0x7,tun_id=0x9,metadata=0x5,in_port=3"]),
        SampleMessage(
            "packet-in2", .packetIn(packetIn), spelling: .nicira2,
            prints: [
                "NXT_PACKET_IN2", "table_id=4 cookie=0x1234", "reg2=0x7,tun_id=0x9,metadata=0x5,in_port=3",
                "userdata=01.02.03",
            ]),
        SampleMessage(
            "flow removed",
            .flowRemoved(
                Message.FlowRemoved(
                    reason: .idleTimeout, table: 6, priority: 77, match: match, cookie: 0x1234, idleTimeout: 5,
                    hardTimeout: 0,
                    statistics: FlowStatistics(duration: 3_200_000_000, packets: 4, bytes: 512))),
            prints: [
                "priority=77,tcp,in_port=3,nw_dst=10.1.0.0/16,tp_dst=80 reason=idle", "cookie:0x1234",
                "duration3.200s idle5 pkts4 bytes512",
            ]),
        SampleMessage(
            "flow removed of Nicira",
            .flowRemoved(
                Message.FlowRemoved(
                    reason: .hardTimeout, table: 6, priority: 77, match: match, cookie: 0x1234, idleTimeout: 5,
                    hardTimeout: 0, statistics: FlowStatistics(duration: 3_200_000_000, packets: 4, bytes: 512))),
            spelling: .nicira,
            prints: [
                "priority=77,tcp,in_port=3,nw_dst=10.1.0.0/16,tp_dst=80 reason=hard table_id=6",
                "duration3.200s idle5 pkts4 bytes512",
            ]),
        SampleMessage("port status", .portStatus(Message.PortStatus(.modify, port)), prints: ["MOD:"] + portWords),
        SampleMessage(
            "table status", .v14 ... .v15,
            .tableStatus(
                Message.TableStatus(
                    .vacancyDown,
                    Message.TableDescription(
                        table: 2, configuration: [.vacancyEvents],
                        vacancy: Message.Vacancy(down: 20, up: 80, current: 10)))),
            prints: ["reason=VACANCY_DOWN", "table 2", "vacancy=on"]),
        SampleMessage(
            "request forward", .v13 ... .v15,
            .requestForward(Message(xid: 7, .meterMod(MeterModification(.add, meter)))),
            prints: ["REQUESTFORWARD", "reason=meter_mod ADD meter=9 kbps burst stats"]),
        SampleMessage(
            "controller status", .v15 ... .v15,
            .controllerStatus(
                Message.ControllerStatus(shortID: 3, role: .equal, reason: .role, isUp: true, uri: "tcp:10.0.0.9:6653")),
            prints: nil),
    ]

    static let changes: [SampleMessage] = [
        SampleMessage(
            "flow-mod add",
            .flowMod(
                FlowModification(
                    .add, priority: 77, match: match, cookie: 0x1234, idleTimeout: 5, hardTimeout: 6,
                    flags: [.sendFlowRemoved, .checkOverlap], instructions: Instructions(apply: actions))),
            prints: [
                "ADD priority=77,tcp,in_port=3,nw_dst=10.1.0.0/16,tp_dst=80 cookie:0x1234 idle:5 hard:6 send_flow_rem check_overlap",
                "output:2",
            ]),
        SampleMessage(
            "flow-mod delete strict", .v12 ... .v15,
            .flowMod(
                FlowModification(
                    .deleteStrict, table: 3, priority: 77, match: match, cookie: 0x1200, cookieMask: 0xff00, outPort: 4,
                    outGroup: 5)),
            prints: [
                "DEL_STRICT table:3 priority=77,tcp,in_port=3,nw_dst=10.1.0.0/16,tp_dst=80 cookie:0x1200/0xff00 out_port:4"
            ]),
        SampleMessage(
            "flow-mod modify, Nicira's", .v10 ... .v10,
            .flowMod(
                FlowModification(
                    .modify, match: match, cookie: 5, cookieMask: 7, newCookie: 9,
                    instructions: Instructions(apply: actions))), spelling: .nicira,
            prints: ["MOD tcp,in_port=3,nw_dst=10.1.0.0/16,tp_dst=80 cookie:0x9 cookie:0x5/0x7", "output:2"]),
        SampleMessage(
            "flow-mod with instructions", .v13 ... .v15,
            .flowMod(
                FlowModification(
                    .add, match: match,
                    instructions: Instructions(
                        apply: actions, clear: true, write: [.group(5)], metadata: (0x10, 0xf0), goTo: 9, meter: 9))),
            prints: ["meter:9", "clear_actions,write_actions(group:5),write_metadata:0x10/0xf0,goto_table:9"]),
        SampleMessage(
            "packet-out",
            .packetOut(
                Message.PacketOut(inPort: PortNumber.controller, actions: actions, data: frame)),
            prints: ["in_port=CONTROLLER", "output:2", "data_len=42", "arp_spa=10.0.0.1"]),
        SampleMessage(
            "packet-out of a buffer", .packetOut(Message.PacketOut(buffer: 0x99, inPort: 4, actions: actions)),
            prints: ["in_port=4", "output:2", "buffer=0x00000099"]),
        SampleMessage(
            "packet-out with fields", .v15 ... .v15,
            .packetOut(
                Message.PacketOut(
                    inPort: 3, fields: (try? Match(parsing: "metadata=0x5,tun_id=0x9")) ?? Match(), actions: actions,
                    data: frame)),
            prints: ["tun_id=0x9,metadata=0x5,in_port=3", "output:2", "data_len=42"]),
        SampleMessage(
            "group-mod add",
            .groupMod(GroupModification(.add, Group(id: 8, type: .select, buckets: buckets))),
            prints: ["ADD group_id=8,type=select", "weight:10,actions=output:1", "weight:20,actions=", "output:2"]),
        SampleMessage(
            "group-mod of fast failover",
            .groupMod(
                GroupModification(
                    .modify,
                    Group(
                        id: 8, type: .fastFailover,
                        buckets: [
                            Bucket(id: 0, watchPort: 1, actions: [.output(1)]),
                            Bucket(id: 1, watchGroup: 4, actions: [.output(2)]),
                        ]))),
            prints: ["MOD group_id=8,type=ff", "watch_port:1,actions=output:1", "watch_group:4,actions=output:2"]),
        SampleMessage(
            "group-mod delete", .groupMod(GroupModification(.delete, Group(id: Group.all, type: .all))),
            prints: ["DEL group_id=4294967292,type=all"]),
        SampleMessage(
            "group-mod insert bucket", .v15 ... .v15,
            .groupMod(
                GroupModification(
                    .insertBucket,
                    Group(
                        id: 8, type: .select, buckets: buckets),
                    bucket: GroupModification.lastBucket)),
            prints: ["INSERT_BUCKET command_bucket_id:last", "group_id=8", "bucket_id:1,weight:20"]),
        SampleMessage(
            "group-mod remove bucket", .v15 ... .v15,
            .groupMod(GroupModification(.removeBucket, Group(id: 8, type: .all), bucket: 5)),
            prints: ["REMOVE_BUCKET command_bucket_id:5", "group_id=8"]),
        SampleMessage(
            "group-mod with a method", .v15 ... .v15,
            .groupMod(
                GroupModification(
                    .add,
                    Group(
                        id: 8, type: .select, buckets: buckets,
                        selection: Group.Selection(
                            method: "hash", parameter: 5,
                            fields: [(.ipv4Source, .ones(32)), (.tcpDestination, .ones(16))])))),
            prints: ["selection_method=hash,selection_method_param=5,fields(ip_src,tcp_dst)"]),
        SampleMessage(
            "meter-mod add", .v13 ... .v15, .meterMod(MeterModification(.add, meter)),
            prints: [
                "ADD meter=9 kbps burst stats bands=", "type=drop rate=2000 burst_size=300",
                "type=dscp_remark rate=1000 burst_size=100 prec_level=1",
            ]),
        SampleMessage(
            "meter-mod delete", .v13 ... .v15, .meterMod(MeterModification(.delete, Meter(id: Meter.all, flags: []))),
            prints: ["DEL meter=all"]),
        SampleMessage(
            "port-mod",
            .portMod(
                Message.PortModification(
                    port: 3, hardwareAddress: 0x0200_0000_0003, configuration: [.noForward], mask: [.noForward, .down],
                    advertised: [.fullDuplex1G])),
            prints: ["port: 3: addr:02:00:00:00:00:03", "config: NO_FWD", "mask:   PORT_DOWN NO_FWD", "1GB-FD"]),
        SampleMessage(
            "table-mod", .v11 ... .v12, .tableMod(Message.TableModification(table: 4, configuration: [.missDrop])),
            prints: ["table_id=4, flow_miss_config=drop"]),
        SampleMessage(
            "table-mod with eviction", .v14 ... .v15,
            .tableMod(
                Message.TableModification(
                    table: 4, configuration: [.eviction, .vacancyEvents], evictionFlags: [.other],
                    vacancy: Message.Vacancy(down: 20, up: 80))),
            prints: ["table_id=4", "eviction=on", "vacancy=on vacancy:20,80"]),
    ]

    static let roles: [SampleMessage] = [
        SampleMessage(
            "role request", .v12 ... .v15, .roleRequest(role),
            prints: ["OFPT_ROLE_REQUEST", "role=primary generation_id=17"]),
        SampleMessage(
            "role reply", .v12 ... .v15, .roleReply(Message.RoleChange(.secondary, generation: 18)),
            prints: ["OFPT_ROLE_REPLY", "role=secondary generation_id=18"]),
        SampleMessage(
            "role request of Nicira", .roleRequest(Message.RoleChange(.primary)), spelling: .nicira,
            prints: ["NXT_ROLE_REQUEST", "role=primary"]),
        SampleMessage(
            "role reply of Nicira", .roleReply(Message.RoleChange(.equal)), spelling: .nicira,
            prints: ["NXT_ROLE_REPLY", "role=equal"]),
        SampleMessage(
            "role status", .v13 ... .v15,
            .roleStatus(Message.RoleStatus(.secondary, reason: .primaryRequest, generation: 19)),
            prints: ["role=secondary generation_id=19 reason=primary_request"]),
        SampleMessage("get async request", .v13 ... .v15, .getAsyncRequest, prints: ["OFPT_GET_ASYNC_REQUEST"]),
        SampleMessage(
            "get async reply", .v13 ... .v15,
            .getAsyncReply(
                Message.AsyncConfiguration(
                    primary: [.packetIn: 3, .portStatus: 7, .flowRemoved: 15],
                    secondary: [.packetIn: 0, .portStatus: 5, .flowRemoved: 0])),
            prints: [
                "PACKET_IN: no_match", "PORT_STATUS: add delete modify", "FLOW_REMOVED: idle hard delete group_delete",
                "PORT_STATUS: add modify",
            ]),
        SampleMessage(
            "set async", .v13 ... .v15,
            .setAsync(
                Message.AsyncConfiguration(
                    primary: [.packetIn: 1, .portStatus: 0, .flowRemoved: 0],
                    secondary: [.packetIn: 0, .portStatus: 2, .flowRemoved: 0])),
            prints: ["PACKET_IN: no_match", "PORT_STATUS: delete"]),
        SampleMessage(
            "set async of Nicira", .v10 ... .v13,
            .setAsync(
                Message.AsyncConfiguration(
                    primary: [.packetIn: 1, .portStatus: 0, .flowRemoved: 0],
                    secondary: [.packetIn: 0, .portStatus: 2, .flowRemoved: 0])), spelling: .nicira,
            prints: ["NXT_SET_ASYNC_CONFIG", "PACKET_IN: no_match", "PORT_STATUS: delete"]),
    ]

    static let bundles: [SampleMessage] = [
        SampleMessage(
            "bundle control", .v13 ... .v15,
            .bundleControl(Message.BundleControl(bundle: 5, .openRequest, flags: [.atomic, .ordered])),
            prints: ["bundle_id=0x5 type=OPEN_REQUEST flags=atomic ordered"]),
        SampleMessage(
            "bundle add", .v13 ... .v15,
            .bundleAdd(
                Message.BundleAdd(
                    bundle: 5, flags: [.atomic],
                    Message(
                        xid: 7,
                        .flowMod(FlowModification(.add, match: match, instructions: Instructions(apply: actions)))))),
            prints: ["bundle_id=0x5 flags=atomic", "FLOW_MOD", "ADD tcp,in_port=3,nw_dst=10.1.0.0/16,tp_dst=80"]),
        SampleMessage(
            "scheduled bundle", .v15 ... .v15,
            .bundleControl(
                Message.BundleControl(
                    bundle: 5, .commitRequest, flags: [.time], time: Message.Time(seconds: 9, nanoseconds: 8))),
            prints: nil),
    ]

    static let nicira: [SampleMessage] = [
        SampleMessage("set flow format", .v10 ... .v10, .nicira(.setFlowFormat(2)), prints: ["format=nxm"]),
        SampleMessage("table ids in flow-mods", .v10 ... .v10, .nicira(.flowModTableID(true)), prints: ["enable"]),
        SampleMessage("packet-in format", .nicira(.setPacketInFormat(2)), prints: ["format=nxt_packet_in2"]),
        SampleMessage("controller id", .nicira(.setControllerID(77)), prints: ["id=77"]),
        SampleMessage("monitor cancel", .v10 ... .v13, .nicira(.flowMonitorCancel(id: 7)), prints: ["id=7"]),
        SampleMessage("monitor paused", .v10 ... .v13, .nicira(.flowMonitorPaused), prints: ["FLOW_MONITOR_PAUSED"]),
        SampleMessage("monitor resumed", .v10 ... .v13, .nicira(.flowMonitorResumed), prints: ["FLOW_MONITOR_RESUMED"]),
        SampleMessage(
            "TLV table mod",
            .nicira(
                .tlvTableModification(
                    NiciraMessage.TLVTableModification(
                        .add,
                        mappings: [
                            NiciraMessage.TLVMapping(optionClass: 0xffff, optionType: 2, optionLength: 8, index: 5)
                        ]))), prints: ["ADD mapping table", "0xffff", "0x2", "tun_metadata5"]),
        SampleMessage("TLV table request", .nicira(.tlvTableRequest), prints: ["NXT_TLV_TABLE_REQUEST"]),
        SampleMessage(
            "TLV table reply",
            .nicira(
                .tlvTableReply(
                    NiciraMessage.TLVTable(
                        maximumOptionSpace: 256, maximumFields: 64,
                        mappings: [
                            NiciraMessage.TLVMapping(optionClass: 0xffff, optionType: 2, optionLength: 8, index: 5)
                        ]))),
            prints: ["max option space=256 max fields=64", "tun_metadata5"]),
        SampleMessage("ct flush of a zone", .nicira(.ctFlushZone(13)), prints: ["zone_id=13"]),
        SampleMessage(
            "resume",
            .nicira(.resume(packetIn)), prints: ["NXT_RESUME", "table_id=4 cookie=0x1234", "userdata=01.02.03"]),
    ]

    static let request = Message.FlowRequest(table: 3, match: match, outPort: 4, cookie: 5, cookieMask: 7)

    static func request(
        _ name: String, _ body: Message.MultipartRequest.Body, spelling: Message.Spelling = .standard, prints: [String]?
    ) -> SampleMessage { request(name, .v10 ... .v15, body, spelling: spelling, prints: prints) }

    static func request(
        _ name: String, _ versions: ClosedRange<OpenFlowVersion>, _ body: Message.MultipartRequest.Body,
        spelling: Message.Spelling = .standard, prints: [String]?
    ) -> SampleMessage {
        SampleMessage(
            "\(name) request", versions, .multipartRequest(Message.MultipartRequest(body)), spelling: spelling,
            prints: prints.map { ["request"] + $0 })
    }

    static let requests: [SampleMessage] = [
        request("description", .description, prints: ["DESC"]),
        request(
            "flows", .v12 ... .v15, .flows(request),
            prints: ["table=3", "out_port=4", "tcp,in_port=3,nw_dst=10.1.0.0/16,tp_dst=80"]),
        request(
            "flows, Nicira's", .v10 ... .v10, .flows(request), spelling: .nicira,
            prints: ["NXST_FLOW", "table=3", "out_port=4", "tcp,in_port=3,nw_dst=10.1.0.0/16,tp_dst=80"]),
        request("aggregate", .v12 ... .v15, .aggregate(request), prints: ["AGGREGATE", "table=3", "out_port=4"]),
        request("tables", .tables, prints: ["TABLE"]),
        request("ports", .ports(3), prints: ["port_no=3"]),
        request("all ports", .ports(PortNumber.any), prints: ["port_no=ANY"]),
        request("queues", .queues(port: 3, queue: Message.Queue.all), prints: ["port=3 queue=ALL"]),
        request("groups", .groups(5), prints: ["group_id=5"]),
        request("group descriptions", .v15 ... .v15, .groupDescriptions(5), prints: ["group_id=5"]),
        request("all group descriptions", .groupDescriptions(Group.all), prints: ["GROUP_DESC"]),
        request("group features", .groupFeatures, prints: ["GROUP_FEATURES"]),
        request("meters", .v13 ... .v15, .meters(Meter.all), prints: ["meter=all"]),
        request("meter descriptions", .v13 ... .v15, .meterDescriptions(5), prints: ["meter=5"]),
        request("meter features", .v13 ... .v15, .meterFeatures, prints: ["METER_FEATURES"]),
        request("table features", .v13 ... .v15, .tableFeatures([]), prints: ["TABLE_FEATURES"]),
        request("port descriptions", .v15 ... .v15, .portDescriptions(3), prints: ["port=3"]),
        request("all port descriptions", .portDescriptions(PortNumber.any), prints: ["PORT_DESC"]),
        request("table descriptions", .v14 ... .v15, .tableDescriptions, prints: ["TABLE_DESC"]),
        request(
            "queue descriptions", .v14 ... .v15, .queueDescriptions(port: 3, queue: Message.Queue.all),
            prints: ["port=3"]),
        request(
            "flow monitors", .v10 ... .v15,
            .flowMonitors([
                Message.FlowMonitor(
                    id: 5, flags: [.initial, .add, .removed, .modify, .instructions], table: 2, match: match)
            ]),
            prints: [
                "id=5 flags=initial,add,delete,modify,actions", "table=2 tcp,in_port=3,nw_dst=10.1.0.0/16,tp_dst=80",
            ]),
        request("flow statistics", .v15 ... .v15, .flowStatistics(request), prints: nil),
        request("controller status", .v15 ... .v15, .controllerStatus, prints: nil),
        request("bundle features", .v15 ... .v15, .bundleFeatures(Message.BundleFeatures(bits: 1)), prints: nil),
        request("IPFIX of the bridge", .ipfixBridge, prints: ["IPFIX_BRIDGE"]),
        request("IPFIX of flows", .ipfixFlows, prints: ["IPFIX_FLOW"]),
        request("experimenter's", .experimenter(experimenter), prints: nil),
    ]

    static func reply(
        _ name: String, _ body: Message.MultipartReply.Body, spelling: Message.Spelling = .standard, prints: [String]?
    ) -> SampleMessage { reply(name, .v10 ... .v15, body, spelling: spelling, prints: prints) }

    static func reply(
        _ name: String, _ versions: ClosedRange<OpenFlowVersion>, _ body: Message.MultipartReply.Body,
        spelling: Message.Spelling = .standard, prints: [String]?
    ) -> SampleMessage {
        SampleMessage(
            "\(name) reply", versions, .multipartReply(Message.MultipartReply(body)), spelling: spelling,
            prints: prints.map { ["reply"] + $0 })
    }

    static let snapshot = FlowSnapshot(
        table: 3, priority: 77, match: match, cookie: 0x1234, instructions: Instructions(apply: [.output(2)]),
        idleTimeout: 5, hardTimeout: 6, importance: 0, flags: [.sendFlowRemoved], age: 3_200_000_000,
        idle: 2_000_000_000, packets: 4, bytes: 512)
    static let snapshotWords = [
        "cookie=0x1234, duration=3.200s, table=3, n_packets=4, n_bytes=512, idle_timeout=5, hard_timeout=6,",
        "priority=77,tcp,in_port=3,nw_dst=10.1.0.0/16,tp_dst=80 actions=output:2",
    ]
    static let traffic = TrafficCount(packets: 4, bytes: 512)
    static let features = Message.TableFeatures(
        table: 3, name: "third", configuration: [], maximumEntries: 1000,
        properties: [
            .instructions([Message.TypeID(1), Message.TypeID(4)], miss: false), .nextTables([4, 5], miss: false),
            .writeActions([Message.TypeID(0)], miss: false),
            .applyActions([Message.TypeID(0), Message.TypeID(25)], miss: false),
            .match([Message.OXMID(0x8000_0004)]), .wildcards([Message.OXMID(0x8000_0004)]),
            .writeSetField([Message.OXMID(0x8000_0606)], miss: false),
            .applySetField([Message.OXMID(0x8000_0606)], miss: false),
        ])

    static let replies: [SampleMessage] = [
        reply(
            "description",
            .description(
                Message.SwitchDescription(
                    manufacturer: "Maker", hardware: "Hard", software: "Soft", serialNumber: "12",
                    datapath: "The bridge")),
            prints: [
                "Manufacturer: Maker", "Hardware: Hard", "Software: Soft", "Serial Num: 12",
                "DP Description: The bridge",
            ]),
        reply("flows", .flows([snapshot]), prints: snapshotWords),
        reply(
            "flows, Nicira's", .v10 ... .v10, .flows([snapshot]), spelling: .nicira,
            prints: ["NXST_FLOW"] + snapshotWords),
        reply(
            "aggregate", .aggregate(FlowStatistics(flows: 7, packets: 4, bytes: 512)),
            prints: ["packet_count=4 byte_count=512 flow_count=7"]),
        reply(
            "tables",
            .tables([
                Message.TableStatistics(
                    table: 3, active: 7, lookups: 9, matches: 8,
                    description: Message.TableStatistics.Description(name: "third", maximumEntries: 1000))
            ]), prints: ["table 3", "active=7, lookup=9, matched=8"]),
        reply(
            "ports",
            .ports([
                Message.PortStatistics(
                    port: 3, duration: 3_200_000_000, received: traffic, sent: TrafficCount(packets: 5, bytes: 600),
                    receiveDrops: 1, sendDrops: 2, receiveErrors: 6, sendErrors: 7,
                    ethernet: Message.PortStatistics.Ethernet(
                        frameErrors: 8, overruns: 9, checksumErrors: 10, collisions: 11))
            ]),
            prints: [
                "port  3: rx pkts=4, bytes=512, drop=1, errs=6, frame=8, over=9, crc=10",
                "tx pkts=5, bytes=600, drop=2, errs=7, coll=11",
            ]),
        reply(
            "queues",
            .queues([Message.QueueStatistics(port: 3, queue: 5, sent: traffic, errors: 9, duration: 3_200_000_000)]),
            prints: ["port 3 queue 5: bytes=512, pkts=4, errors=9"]),
        reply(
            "groups",
            .groups([
                Message.GroupStatistics(
                    group: 8, referenceCount: 2, traffic: traffic, duration: 3_200_000_000,
                    buckets: [TrafficCount(packets: 1, bytes: 2)])
            ]), prints: ["group_id=8", "ref_count=2,packet_count=4,byte_count=512,bucket0:packet_count=1,byte_count=2"]),
        reply(
            "group descriptions", .groupDescriptions([Group(id: 8, type: .select, buckets: buckets)]),
            prints: ["group_id=8,type=select", "weight:10,actions=output:1", "weight:20,actions="]),
        reply(
            "group features",
            .groupFeatures(
                Message.GroupFeatures(
                    types: 15, capabilities: [.selectWeight, .chaining], maximumGroups: [11, 12, 13, 14],
                    actions: [1, 1, 1, 1])),
            prints: ["Group table:", "Types:  0xf", "max_groups=0xb", "max_groups=0xe", "actions: output"]),
        reply(
            "meters", .v13 ... .v15,
            .meters([
                Message.MeterStatistics(
                    meter: 9, referenceCount: 2, traffic: traffic, duration: 3_200_000_000,
                    bands: [TrafficCount(packets: 1, bytes: 2)])
            ]),
            prints: [
                "meter:9 flow_count:2 packet_in_count:4 byte_in_count:512 duration:3.200s bands:",
                "0: packet_count:1 byte_count:2",
            ]),
        reply(
            "meter descriptions", .v13 ... .v15, .meterDescriptions([meter]),
            prints: ["meter=9 kbps burst stats bands=", "type=dscp_remark rate=1000 burst_size=100 prec_level=1"]),
        reply(
            "meter features", .v13 ... .v15,
            .meterFeatures(
                Message.MeterFeatures(
                    maximumMeters: 100, bandTypes: 6, capabilities: 15, maximumBands: 8, maximumColor: 3)),
            prints: ["max_meter:100 max_bands:8 max_color:3", "drop dscp_remark", "kbps pktps burst stats"]),
        reply(
            "table features", .v13 ... .v15, .tableFeatures([features]),
            prints: ["table 3 (\"third\")", "max_entries=1000", "next tables: 4-5", "output", "in_port"]),
        reply("port descriptions", .portDescriptions([port]), prints: portWords),
        reply(
            "table descriptions", .v14 ... .v15,
            .tableDescriptions([
                Message.TableDescription(
                    table: 3, configuration: [.eviction], evictionFlags: [.lifetime],
                    vacancy: Message.Vacancy(down: 20, up: 80, current: 50))
            ]), prints: ["table 3", "eviction=on", "LIFETIME", "vacancy=off"]),
        reply(
            "queue descriptions", .v14 ... .v15,
            .queueDescriptions([Message.Queue(port: 3, id: 5, minimumRate: 500, maximumRate: 1000)]),
            prints: ["port=3\nqueue 5: min_rate:50.0% max_rate:100.0%"]),
        reply(
            "flow monitors",
            .flowMonitors([
                .full(
                    Message.FlowUpdate.FlowChange(
                        .added, table: 3, priority: 77, idleTimeout: 5, hardTimeout: 6, cookie: 0x1234, match: match,
                        instructions: Instructions(apply: [.output(2)]))),
                .full(
                    Message.FlowUpdate.FlowChange(
                        .removed, reason: .delete, table: 3, priority: 77, idleTimeout: 5, hardTimeout: 6,
                        cookie: 0x1234, match: match)),
                .abbreviated(xid: 0x99),
            ]),
            prints: [
                "event=ADDED table=3 idle_timeout=5 hard_timeout=6 cookie=0x1234 tcp,in_port=3,nw_dst=10.1.0.0/16,tp_dst=80",
                "actions=output:2",
                "event=DELETED reason=delete", "event=ABBREV xid=0x99",
            ]),
        reply(
            "flow statistics", .v15 ... .v15,
            .flowStatistics([
                Message.FlowStatisticsEntry(
                    table: 3, priority: 77, match: match,
                    statistics: FlowStatistics(duration: 3_200_000_000, idleTime: 1, flows: 1, packets: 4, bytes: 512))
            ]), prints: nil),
        reply(
            "controller status", .v15 ... .v15,
            .controllerStatus([
                Message.ControllerStatus(
                    shortID: 3, role: .equal, reason: .request, isUp: true, uri: "tcp:10.0.0.9:6653")
            ]), prints: nil),
        reply(
            "bundle features", .v15 ... .v15,
            .bundleFeatures(
                Message.BundleFeatures(
                    bits: 7,
                    schedule: Message.BundleFeatures.Schedule(
                        accuracy: Message.Time(seconds: 0, nanoseconds: 1), maximumFuture: Message.Time(seconds: 5),
                        maximumPast: Message.Time(seconds: 6), timestamp: Message.Time(seconds: 7, nanoseconds: 8)))),
            prints: nil),
        reply(
            "IPFIX of the bridge", .ipfixBridge(ipfix),
            prints: ["bridge ipfix: flows=1, current flows=2", "tx errs=10"]),
        reply("IPFIX of flows", .ipfixFlows([ipfix]), prints: ["flows=1, current flows=2", "tx errs=10"]),
        reply("experimenter's", .experimenter(experimenter), prints: nil),
    ]

    static let ipfix: Message.IPFIXStatistics = {
        var statistics = Message.IPFIXStatistics()
        statistics.totalFlows = 1
        statistics.currentFlows = 2
        statistics.sendErrors = 10
        statistics.collectorSet = 3
        return statistics
    }()
}
