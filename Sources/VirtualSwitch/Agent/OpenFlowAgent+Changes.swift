import OpenFlow
import Switch

// What changes the bridge: flows, groups, meters, ports, tables; and packets that controllers send.

extension OpenFlowAgent {
    // MARK: Flows

    func modify(_ change: FlowModification, from connection: AgentConnection, now: UInt64) throws(OpenFlowError) {
        var change = change
        try check(&change, version: connection.version)
        if missesGoToControllers, change.command == .add, let table = change.table {
            updateMissBehaviour(of: table, now: now)
        }
        guard let id = change.buffer else { return try modify(change, version: connection.version, now: now) }
        let packet = try takeBuffer(id)
        try modify(change, version: connection.version, now: now)
        datapath.inject(
            bridge: bridge, frame: packet.frame, inPort: packet.inPort, actions: [.output(PortNumber.table)],
            fields: packet.fields, now: now)
    }

    private func modify(
        _ change: FlowModification, version: OpenFlowVersion, now: UInt64
    ) throws(OpenFlowError) {
        do throws(ModificationError) {
            try datapath.modify(bridge: bridge, change, now: now)
        } catch {
            throw error.openFlowError(ofFlowIn: version)
        }
    }

    /// Gives a flow-mod what its version leaves to the switch, and refuses one that is wrong.
    func check(_ change: inout FlowModification, version: OpenFlowVersion) throws(OpenFlowError) {
        if change.flags.contains(.emergency) {
            // There is no emergency table (OpenFlow 1.0, 4.6; gone in 1.1).
            throw .flowModFailed(.tableFull)
        }
        if let table = change.table, Int(table) >= Datapath.tableCount { throw .flowModFailed(.badTableID) }
        // The data path's own, as in Open vSwitch: its numbers are not the controllers' to know.
        let asksForNone = change.match.key[.recirculationID].isZero && change.match.mask[.packetHash].isZero
        if change.command == .add, !asksForNone { throw .badRequest(.permission) }
        switch change.command {
        case .add, .modify, .modifyStrict: try change.instructions.checkActions(for: change.match, version: version)
        case .delete, .deleteStrict: break
        }
        guard change.table == nil, change.command == .add || version >= .v11 else { return }
        switch change.command {
        case .add where version == .v10: change.table = 0
        case .add, .modify, .modifyStrict: throw .flowModFailed(.badTableID)
        case .delete, .deleteStrict: break
        }
    }

    // MARK: Packets

    func send(_ packetOut: Message.PacketOut, now: UInt64) throws(OpenFlowError) {
        let packet = try packet(of: packetOut)
        datapath.inject(
            bridge: bridge, frame: packet.frame, inPort: packet.inPort, actions: packet.actions, fields: packet.fields,
            now: now)
    }

    /// What the data path is to send.
    func packet(of packetOut: Message.PacketOut) throws(OpenFlowError) -> Switch.PacketOut {
        switch packetOut.inPort {
        case 1...PortNumber.maximum, PortNumber.local, PortNumber.controller, PortNumber.any, PortNumber.inPort: break
        default: throw .badRequest(.badPort)
        }
        for action in packetOut.actions { try check(action) }
        let actions = try told { () throws(ModificationError) in
            try datapath.bound(bridge: bridge, packetOut.actions)
        }
        var fields: Match? = packetOut.fields.isCatchAll ? nil : packetOut.fields
        var frame = packetOut.data
        var inPort = packetOut.inPort
        if let id = packetOut.buffer {
            let kept = try takeBuffer(id)
            frame = kept.frame
            if fields == nil { fields = kept.fields }
            if inPort == PortNumber.any { inPort = kept.inPort }
        } else if frame.count < 14 {
            // Not even an Ethernet header.
            throw .badRequest(.badPacket)
        }
        return Switch.PacketOut(frame: frame, inPort: inPort, actions: actions, fields: fields)
    }

    /// What the data path refuses, as OpenFlow says it.
    func told<Value>(_ body: () throws(ModificationError) -> Value) throws(OpenFlowError) -> Value {
        do throws(ModificationError) {
            return try body()
        } catch {
            throw error.openFlowError
        }
    }

    /// Whether what an action names is there.
    private func check(_ action: Action) throws(OpenFlowError) {
        switch action {
        case .group(let id):
            guard datapath.group(bridge: bridge, id: id) != nil else { throw .badAction(.badOutGroup) }
        case .meter(let id):
            guard datapath.meter(bridge: bridge, id: id) != nil else { throw .badAction(.badMeter) }
        case .output(let port, _) where port > PortNumber.maximum && port < PortNumber.inPort,
            .output(let port, _) where port == 0:
            throw .badAction(.badOutPort)
        default: break
        }
    }

    private func takeBuffer(_ id: UInt32) throws(OpenFlowError) -> PacketBuffers.Packet {
        do throws(PacketBuffers.Missing) {
            return try buffers.take(id)
        } catch {
            throw error == .empty ? .badRequest(.bufferEmpty) : .badRequest(.bufferUnknown)
        }
    }

    // MARK: Groups and meters

    func modify(
        _ change: GroupModification, _ message: Message, from connection: AgentConnection, now: UInt64
    ) throws(OpenFlowError) {
        try told { () throws(ModificationError) in try datapath.modifyGroup(bridge: bridge, change, now: now) }
        forward(message, reason: 0, from: connection)
    }

    func modify(
        _ change: MeterModification, _ message: Message, from connection: AgentConnection, now: UInt64
    ) throws(OpenFlowError) {
        try told { () throws(ModificationError) in try datapath.modifyMeter(bridge: bridge, change, now: now) }
        forward(message, reason: 1, from: connection)
    }

    /// Tells other controllers that want to know of a request that was met (OpenFlow 1.4, 7.4.6).
    func forward(_ message: Message, reason: UInt32, from connection: AgentConnection) {
        for channel in channels where channel !== connection.channel && channel.version >= .v14 {
            guard channel.receives(.requestForward, reason: reason) else { continue }
            channel.main?.send(Message(xid: 0, .requestForward(message)))
        }
    }

    // MARK: Ports

    func modify(_ change: Message.PortModification, now: UInt64) throws(OpenFlowError) {
        let configuration = try checked(change)
        datapath.setPort(bridge: bridge, number: change.port, configuration, now: now)
    }

    /// What a port-mod makes of the port's settings.
    func checked(_ change: Message.PortModification) throws(OpenFlowError) -> PortConfiguration {
        guard let port = datapath.portDescription(bridge: bridge, number: change.port) else {
            throw .portModFailed(.badPort)
        }
        guard port.address == change.hardwareAddress else { throw .portModFailed(.badHardwareAddress) }
        return port.configuration.subtracting(change.mask).union(change.configuration.intersection(change.mask))
    }

    // MARK: Tables

    func modify(
        _ change: Message.TableModification, version: OpenFlowVersion, now: UInt64
    ) throws(OpenFlowError) {
        let all = change.table == Message.TableModification.allTables
        guard all || Int(change.table) < Datapath.tableCount else { throw .tableModFailed(.badTable) }
        if let vacancy = change.vacancy {
            guard vacancy.down <= 100, vacancy.up <= 100, vacancy.down <= vacancy.up else {
                throw .badProperty(.badValue)
            }
        }
        if change.configuration.rawValue & Message.TableConfiguration.missMask.rawValue == 3 {
            throw .tableModFailed(.badConfig)
        }
        let tables = all ? 0..<UInt8(Datapath.tableCount) : change.table..<change.table + 1
        for table in tables {
            var settings = datapath.tableSettings(bridge: bridge, table: table)
            settings.evicts = change.configuration.contains(.eviction)
            if let flags = change.evictionFlags { settings.evictionFlags = .init(rawValue: flags.rawValue) }
            settings.vacancy = nil
            if change.configuration.contains(.vacancyEvents), let vacancy = change.vacancy {
                settings.vacancy = .init(down: vacancy.down, up: vacancy.up)
            }
            if version == .v11 || version == .v12 {
                // What becomes of a miss; from OpenFlow 1.3 on a flow says that.
                tablesWithMissSetting.insert(table)
                switch change.configuration.intersection(.missMask) {
                case .missContinue: settings.miss = .continueToNextTable
                case .missDrop: settings.miss = .drop
                default: settings.miss = .controller
                }
            }
            if settings != datapath.tableSettings(bridge: bridge, table: table) {
                datapath.setTable(bridge: bridge, table: table, settings, now: now)
            }
        }
    }

    func setFragments(_ handling: Message.SwitchConfiguration.Fragments) {
        let wanted: FragmentHandling
        switch handling {
        case .normal: wanted = .normal
        case .drop: wanted = .drop
        case .match: wanted = .match
        // Fragments are not put together again; Open vSwitch too goes on as before.
        case .reassemble: return
        }
        fragments = handling
        datapath.setFragmentHandling(bridge: bridge, wanted)
    }
}
