import OpenFlow
import Switch
import Synchronization

// What happens in the data path, as messages for those controllers that want them (OpenFlow 1.5, 7.4).

extension DatapathEvent {
    var bridge: Int32 {
        switch self {
        case .packetIn(let packet): packet.bridge
        case .flowRemoved(let removal): removal.bridge
        case .flowChanged(let bridge, _, _), .portChanged(let bridge, _), .vacancy(let bridge, _, _),
            .statisticsTriggered(let bridge, _):
            bridge
        }
    }
}

extension OpenFlowAgent {
    func tell(_ event: DatapathEvent, cause: Cause?, now: UInt64) {
        switch event {
        case .packetIn(let packet): tell(packet, now: now)
        case .flowRemoved(let removal):
            tell(removal)
            monitor(removal, cause: cause)
        case .flowChanged(_, let rule, let isNew): monitor(rule, isNew ? .added : .modified, cause: cause)
        case .portChanged(_, let port): portChanged(port, cause: cause)
        case .vacancy(_, let table, let isDown): tellVacancy(table: table, isDown: isDown)
        case .statisticsTriggered(_, let rule): tellStatistics(of: rule)
        }
    }

    // MARK: Packet-ins

    private func tell(_ packet: PacketIn, now: UInt64) {
        // A miss that no flow asked for: OpenFlow 1.3 and later drop such packets.
        let isImplicit = packet.reason == .noMatch && packet.cookie == .max
        var buffer: UInt32??
        for channel in channels {
            guard let main = channel.main, channel.controllerID == packet.controller,
                channel.receives(.packetIn, reason: UInt32(packet.reason.rawValue)),
                !isImplicit || channel.version < .v13
            else { continue }
            let limit = isImplicit ? channel.missLength : packet.maxLength
            if buffer == nil, limit != 0xffff, packet.frame.count > Int(limit), packet.continuation == 0 {
                buffer = .some(
                    buffers.keep(
                        PacketBuffers.Packet(
                            frame: packet.frame, inPort: UInt32(truncatingIfNeeded: packet.fields.key[.inPort].low),
                            fields: packet.fields), now: now))
            }
            let pending = ControllerChannel.PendingPacketIn(
                packet: packet, buffer: limit == 0xffff ? nil : buffer ?? nil)
            let port = UInt32(truncatingIfNeeded: packet.fields.key[.inPort].low)
            let isAdmitted =
                packet.reason == .noMatch
                ? channel.missSchedule?.admit(pending, port: port, now: now)
                : channel.actionSchedule?.admit(pending, port: port, now: now)
            if isAdmitted ?? true { send(pending, to: channel, main: main) }
        }
    }

    /// Sends the packet-ins whose turn has come under the rate limits.
    func runSchedules(now: UInt64) {
        for channel in channels {
            guard let main = channel.main else { continue }
            while let pending = channel.missSchedule?.next(now: now) { send(pending, to: channel, main: main) }
            while let pending = channel.actionSchedule?.next(now: now) { send(pending, to: channel, main: main) }
        }
    }

    private func send(
        _ pending: ControllerChannel.PendingPacketIn, to channel: ControllerChannel, main: AgentConnection
    ) {
        let packet = pending.packet
        // Packets of one port stay on one connection, and so in order.
        var connection = main
        if channel.connections.count > 1 {
            let port = Int(truncatingIfNeeded: packet.fields.key[.inPort].low)
            connection = channel.connections[1 + port % (channel.connections.count - 1)]
        }
        guard connection.gauge.hasRoom else {
            connection.gauge.droppedPacketIns.add(1, ordering: .relaxed)
            return
        }
        var data = packet.frame
        if pending.buffer != nil {
            let isImplicit = packet.reason == .noMatch && packet.cookie == .max
            data = Array(data.prefix(Int(isImplicit ? channel.missLength : packet.maxLength)))
        }
        let format: Message.Spelling =
            switch channel.packetInFormat {
            case 1: .nicira
            case 2: .nicira2
            default: .standard
            }
        connection.send(
            Message(
                xid: 0,
                .packetIn(
                    Message.PacketIn(
                        buffer: pending.buffer, totalLength: UInt32(packet.frame.count), reason: packet.reason,
                        table: packet.table, cookie: packet.cookie, fields: packet.fields, data: data,
                        userData: packet.userData, continuation: Self.bytes(ofContinuation: packet.continuation))),
                spelling: format))
    }

    /// A continuation is ours to read alone, but ovs-ofctl reads it too: as properties, of which one has our number,
    /// `NXCPT_COOKIE` with 4 bytes of padding.
    static let continuationHeader: [UInt8] = [0x80, 0x05, 0, 16, 0, 0, 0, 0]

    private static func bytes(ofContinuation number: UInt64) -> [UInt8] {
        number == 0 ? [] : continuationHeader + (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }

    /// Says to the data path whether packets that no flow matches are wanted: by OpenFlow 1.0 to 1.2 they are.
    func updateMissBehaviour(now: UInt64) {
        let isWanted = channels.contains { $0.version < .v13 && $0.receives(.packetIn, reason: 0) }
        guard isWanted != missesGoToControllers else { return }
        missesGoToControllers = isWanted
        for table in datapath.tableStatistics(bridge: bridge).map(\.table) + [0] {
            updateMissBehaviour(of: table, now: now)
        }
    }

    /// The same of one table, which has perhaps just come into use.
    func updateMissBehaviour(of table: UInt8, now: UInt64) {
        guard !tablesWithMissSetting.contains(table) else { return }
        var settings = datapath.tableSettings(bridge: bridge, table: table)
        let wanted: TableSettings.Miss = missesGoToControllers ? .controller : .drop
        guard settings.miss != wanted else { return }
        settings.miss = wanted
        datapath.setTable(bridge: bridge, table: table, settings, now: now)
    }

    // MARK: Flows

    private func tell(_ removal: FlowRemoval) {
        let rule = removal.rule
        guard rule.flags.contains(.sendFlowRemoved) else { return }
        for channel in channels {
            let reason = removal.reason.said(in: channel.version)
            guard channel.receives(.flowRemoved, reason: UInt32(reason.rawValue)) else { continue }
            channel.main?.send(
                Message(
                    xid: 0,
                    .flowRemoved(
                        Message.FlowRemoved(
                            reason: reason, table: rule.table, priority: rule.priority, match: rule.match,
                            cookie: rule.cookie, idleTimeout: rule.idleTimeout, hardTimeout: rule.hardTimeout,
                            statistics: FlowStatistics(rule))),
                    // OpenFlow 1.0's own message cannot say what an extended match says.
                    spelling: channel.usesExtendedMatch ? .nicira : .standard))
        }
    }

    private func tellStatistics(of rule: FlowSnapshot) {
        for channel in channels where channel.version >= .v15 && channel.receives(.flowStatistics, reason: 1) {
            let entry = Message.FlowStatisticsEntry(
                table: rule.table, reason: .trigger, priority: rule.priority, match: rule.match,
                statistics: FlowStatistics(rule))
            channel.main?.send(Message(xid: 0, .multipartReply(.init(.flowStatistics([entry])))))
        }
    }

    // MARK: Tables and ports

    private func tellVacancy(table: UInt8, isDown: Bool) {
        let reason: Message.TableStatus.Reason = isDown ? .vacancyDown : .vacancyUp
        guard let description = tableDescriptions().first(where: { $0.table == table }) else { return }
        for channel in channels where channel.version >= .v14 {
            guard channel.receives(.tableStatus, reason: UInt32(reason.rawValue)) else { continue }
            channel.main?.send(Message(xid: 0, .tableStatus(.init(reason, description))))
        }
    }

    /// A port has come, gone or changed: tells what is new, if anything is.
    public func portChanged(_ number: UInt32) { portChanged(number, cause: nil) }

    private func portChanged(_ number: UInt32, cause: Cause?) {
        let known = knownPorts[number]
        let present = datapath.portDescription(bridge: bridge, number: number).map { Message.Port($0) }
        guard known != present else { return }
        knownPorts[number] = present
        switch (known, present) {
        case (nil, let port?): tell(port, .add)
        case (let port?, nil): tell(port, .delete)
        case (let before?, let port?):
            if before.name != port.name || before.hardwareAddress != port.hardwareAddress {
                tell(before, .delete)
                tell(port, .add)
            } else {
                tell(port, .modify, before: before, cause: cause)
            }
        case (nil, nil): break
        }
    }

    /// Tells of a port. Up to OpenFlow 1.4 who changes a port is not told of it, as its controllers expect; and nobody is
    /// told of what his version has no word for.
    private func tell(
        _ port: Message.Port, _ reason: Message.PortStatus.Reason, before: Message.Port? = nil, cause: Cause? = nil
    ) {
        func status(_ port: Message.Port) -> Message { Message(xid: 0, .portStatus(.init(reason, port))) }
        for channel in channels where channel.receives(.portStatus, reason: UInt32(reason.rawValue)) {
            let version = channel.version
            if let before {
                if version < .v15, cause?.connection.channel === channel { continue }
                if status(before).encode(version: version) == status(port).encode(version: version) { continue }
            }
            channel.main?.send(status(port))
        }
    }
}

extension FlowRemovedReason {
    /// What a version says that has no such reason: a deletion.
    fileprivate func said(in version: OpenFlowVersion) -> FlowRemovedReason {
        switch self {
        case .groupDelete where version < .v11, .meterDelete where version < .v14, .eviction where version < .v14:
            .delete
        default: self
        }
    }
}

extension FlowStatistics {
    init(_ rule: FlowSnapshot) {
        self.init(
            duration: rule.age, idleTime: rule.idle, flows: nil,
            packets: rule.flags.contains(.noPacketCounts) ? nil : rule.packets,
            bytes: rule.flags.contains(.noByteCounts) ? nil : rule.bytes)
    }
}
