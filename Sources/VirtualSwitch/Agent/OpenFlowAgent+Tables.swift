import OpenFlow
import Switch

// Flow tables as controllers see them: statistics, descriptions, features (OpenFlow 1.5, 7.3.5.4, 7.3.5.17, 7.3.5.18).
// All tables can do the same; a controller may give them names and sizes.

extension OpenFlowAgent {
    /// What is said of each table, of those in use and of the rest.
    private func forEachTable(_ body: (UInt8, TableStatistics?) -> Void) {
        let used = datapath.tableStatistics(bridge: bridge)
        for table in 0..<UInt8(Datapath.tableCount) { body(table, Int(table) < used.count ? used[Int(table)] : nil) }
    }

    func tableStatistics(version: OpenFlowVersion) -> [Message.TableStatistics] {
        var result: [Message.TableStatistics] = []
        forEachTable { table, statistics in
            var entry = Message.TableStatistics(
                table: table, active: statistics?.active ?? 0, lookups: statistics?.lookups ?? 0,
                matches: statistics?.matches ?? 0)
            if version < .v13 {
                entry.description = Self.description(
                    of: statistics?.settings.name ?? "", table: table,
                    maximum: statistics?.maximum ?? Datapath.tableCapacity, version: version)
            }
            result.append(entry)
        }
        return result
    }

    private static func description(
        of name: String, table: UInt8, maximum: UInt32, version: OpenFlowVersion
    ) -> Message.TableStatistics.Description {
        var description = Message.TableStatistics.Description(
            name: name, maximumEntries: maximum)
        switch version {
        case .v10:
            // OFPFW10_ALL, the two masks of addresses at their full width.
            description.wildcards = 0x3f_ffff
        case .v11:
            // OFPFMF of all fields, but for the match's own type.
            description.wildcards = 0xfbff
            description.match = 0xfbff
        default:
            var bits: UInt64 = 0
            var settable: UInt64 = 0
            for field in Field.allCases {
                guard let id = Message.OXMID(field, version: .v12), id.header >> 16 == 0x8000 else { continue }
                let bit: UInt64 = 1 << UInt64(id.header >> 9 & 0x7f)
                bits |= bit
                if Self.isSettable(field) { settable |= bit }
            }
            description.wildcards = bits
            description.match = bits
            description.writeSetField = settable
            description.applySetField = settable
        }
        // goto, metadata, write, apply, clear.
        description.instructions = 0b11_1110
        let actions = Self.actionTypes(version: version).reduce(UInt32(0)) {
            $0 | ($1.type < 32 ? 1 << UInt32($1.type) : 0)
        }
        description.writeActions = actions
        description.applyActions = actions
        return description
    }

    func tableDescriptions() -> [Message.TableDescription] {
        var result: [Message.TableDescription] = []
        forEachTable { table, statistics in
            let settings = statistics?.settings ?? TableSettings()
            var configuration: Message.TableConfiguration = []
            if settings.evicts { configuration.insert(.eviction) }
            if settings.vacancy != nil { configuration.insert(.vacancyEvents) }
            result.append(
                Message.TableDescription(
                    table: table, configuration: configuration,
                    evictionFlags: .init(rawValue: settings.evictionFlags.rawValue),
                    vacancy: settings.vacancy.map {
                        .init(down: $0.down, up: $0.up, current: statistics?.vacancy ?? 100)
                    }))
        }
        return result
    }

    // MARK: Features

    private static func actionTypes(version: OpenFlowVersion) -> [Message.TypeID] {
        // OpenFlow 1.1 sets fields with an action for each.
        if version == .v11 { return (0...24).map { Message.TypeID($0) } }
        var types: [UInt16] = [0, 11, 12, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]
        if version >= .v12 { types.append(25) }
        if version >= .v13 { types += [26, 27] }
        if version >= .v15 { types += [28, 29] }
        return types.map { Message.TypeID($0) }
    }

    private static func instructionTypes(version: OpenFlowVersion) -> [Message.TypeID] {
        let types: [UInt16] = version >= .v15 ? [1, 2, 3, 4, 5, 7] : [1, 2, 3, 4, 5, 6]
        return types.map { Message.TypeID($0) }
    }

    /// Fields that packets are given by where they come from, not by actions.
    private static func isSettable(_ field: Field) -> Bool {
        switch field {
        case .inPort, .inPhysicalPort, .actionSetOutput, .packetType, .ctState, .ctZone, .ctProtocol, .ctIPv4Source,
            .ctIPv4Destination, .ctIPv6Source, .ctIPv6Destination, .ctTransportSource, .ctTransportDestination,
            .recirculationID, .conjunctionID, .tcpFlags, .ipFragment, .ipv6ExtensionHeaders:
            false
        default: true
        }
    }

    private struct FieldLists {
        var matchable: [Message.OXMID] = []
        var wildcards: [Message.OXMID] = []
        var settable: [Message.OXMID] = []
        var copyable: [Message.OXMID] = []

        /// - Parameter options: the tunnels' options that are mapped; the others are no fields of the bridge.
        init(version: OpenFlowVersion, options: TunnelOptionTable) {
            var seen: Set<Message.OXMID> = []
            for field in Field.allCases {
                if let index = field.tunnelOption, !options.mappings.contains(where: { $0.index == index }) { continue }
                guard let id = Message.OXMID(field, version: version), seen.insert(id).inserted else { continue }
                matchable.append(Message.OXMID(field, hasMask: field.isMaskable, version: version) ?? id)
                wildcards.append(id)
                if OpenFlowAgent.isSettable(field) { settable.append(id) }
                copyable.append(id)
            }
        }
    }

    func tableFeatures(version: OpenFlowVersion) -> [Message.TableFeatures] {
        let lists = FieldLists(version: version, options: datapath.tunnelOptions(bridge: bridge))
        let actions = Self.actionTypes(version: version)
        let instructions = Self.instructionTypes(version: version)
        let synchronized = datapath.synchronizedTables(bridge: bridge)
        var result: [Message.TableFeatures] = []
        forEachTable { table, statistics in
            let next = Array(table + 1..<UInt8(Datapath.tableCount))
            var properties: [Message.TableFeatures.Property] = [
                .instructions(instructions, miss: false), .nextTables(next, miss: false),
                .writeActions(actions, miss: false), .applyActions(actions, miss: false), .match(lists.matchable),
                .wildcards(lists.wildcards), .writeSetField(lists.settable, miss: false),
                .applySetField(lists.settable, miss: false),
            ]
            if version >= .v14, let sources = synchronized[table] { properties.append(.synchronizedFrom(sources)) }
            if version >= .v15 {
                properties += [
                    .writeCopyField(lists.copyable, miss: false), .applyCopyField(lists.copyable, miss: false),
                ]
            }
            var features = Message.TableFeatures(
                table: table, name: statistics?.settings.name ?? "",
                maximumEntries: statistics?.maximum ?? Datapath.tableCapacity, properties: properties)
            if version >= .v14 { features.configuration = [.eviction, .vacancyEvents] }
            if version >= .v15 {
                features.flags = [.ingress, .egress]
                if table == firstEgressTable { features.flags.insert(.firstEgress) }
            }
            result.append(features)
        }
        return result
    }

    /// Takes what a controller wants tables to be: names, sizes and, in OpenFlow 1.5, the first table for egress. What it
    /// asks for beyond what tables can do is refused, and then nothing is changed.
    func setTableFeatures(
        _ requests: [Message.TableFeatures], version: OpenFlowVersion, now: UInt64
    ) throws(OpenFlowError) {
        let own = FieldLists(version: version, options: datapath.tunnelOptions(bridge: bridge))
        let actions = Set(Self.actionTypes(version: version))
        let instructions = Set(Self.instructionTypes(version: version))
        var seen: Set<UInt8> = []
        for request in requests {
            guard Int(request.table) < Datapath.tableCount else { throw .tableFeaturesFailed(.badTable) }
            guard seen.insert(request.table).inserted else { throw .tableFeaturesFailed(.duplicateTable) }
            for property in request.properties {
                let isKnown: Bool =
                    switch property {
                    case .instructions(let types, _): instructions.isSuperset(of: types)
                    case .writeActions(let types, _), .applyActions(let types, _): actions.isSuperset(of: types)
                    case .nextTables(let tables, _):
                        tables.allSatisfy { $0 > request.table && Int($0) < Datapath.tableCount }
                    case .packetTypes(let types): types.allSatisfy { $0 == 0 }
                    case .match(let fields), .wildcards(let fields):
                        Self.knows(own.wildcards, fields)
                    case .writeSetField(let fields, _), .applySetField(let fields, _): Self.knows(own.settable, fields)
                    case .writeCopyField(let fields, _), .applyCopyField(let fields, _):
                        Self.knows(own.copyable, fields)
                    case .synchronizedFrom(let tables):
                        Set(tables).count == tables.count
                            && tables.allSatisfy { $0 != request.table && Int($0) < Datapath.tableCount }
                    case .experimenter: false
                    }
                guard isKnown else {
                    throw version >= .v15 ? .tableFeaturesFailed(.badFeatures) : .badProperty(.badValue)
                }
            }
        }
        if version >= .v14 { try synchronize(requests, version: version, now: now) }
        // Without a command, which OpenFlow 1.5 brought, the request replaces what tables there are.
        var first = firstEgressTable
        for request in requests where version >= .v15 {
            if request.flags.contains(.firstEgress) {
                first = request.table
            } else if first == request.table, request.command != .enable {
                first = nil
            }
        }
        if first != firstEgressTable {
            firstEgressTable = first
            datapath.setFirstEgressTable(bridge: bridge, first, now: now)
        }
        for request in requests where request.command == .replace || request.command == .modify {
            var settings = datapath.tableSettings(bridge: bridge, table: request.table)
            settings.name = request.name == "table\(request.table)" ? "" : request.name
            settings.maximumFlows = request.maximumEntries >= Datapath.tableCapacity ? nil : request.maximumEntries
            if settings != datapath.tableSettings(bridge: bridge, table: request.table) {
                datapath.setTable(bridge: bridge, table: request.table, settings, now: now)
            }
        }
    }

    /// Lets tables have the flows of those that the requests name, or changes nothing.
    private func synchronize(
        _ requests: [Message.TableFeatures], version: OpenFlowVersion, now: UInt64
    ) throws(OpenFlowError) {
        let before = datapath.synchronizedTables(bridge: bridge)
        do throws(ModificationError) {
            for request in requests where request.command == .replace || request.command == .modify {
                let sources = request.properties.flatMap { property -> [UInt8] in
                    if case .synchronizedFrom(let tables) = property { tables } else { [] }
                }
                try datapath.synchronize(bridge: bridge, table: request.table, from: sources, now: now)
            }
        } catch {
            for request in requests {
                // As it was, which it could be.
                try? datapath.synchronize(
                    bridge: bridge, table: request.table, from: before[request.table] ?? [], now: now)
            }
            throw version >= .v15 ? .tableFeaturesFailed(.badFeatures) : error.openFlowError
        }
    }

    /// Whether all fields are among those known, with or without a mask.
    private static func knows(_ known: [Message.OXMID], _ fields: [Message.OXMID]) -> Bool {
        let names = Set(known.map { $0.header >> 9 })
        return fields.allSatisfy { names.contains($0.header >> 9) }
    }
}
