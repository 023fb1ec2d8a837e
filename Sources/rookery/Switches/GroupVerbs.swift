import ArgumentParser
import OpenFlow
import Switch

struct ShowGroups: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups", abstract: "Show groups, and what they have done.",
        usage: "rookery switch groups [--names] [--no-stats] [--json] <switch>", aliases: ["dump-groups"])

    @OptionGroup var target: SwitchArgument
    @Flag(inversion: .prefixedNo, help: "Counters.") var stats = true
    @Flag(help: "Ports by their names.") var names = false
    @Flag(help: "Print JSON.") var json = false

    struct Report: Encodable {
        struct Bucket: Encodable {
            var packets: UInt64
            var bytes: UInt64
        }
        var group: UInt32
        /// As ovs-ofctl prints it.
        var text: String
        var flows: UInt32
        var packets: UInt64
        var bytes: UInt64
        var buckets: [Bucket]
    }

    func run() throws {
        let client = try target.openFlow()
        guard client.version > .v10 else {
            throw CommandError("\(client.name) speaks OpenFlow 1.0, which has no groups")
        }
        let printed = try client.names(printed: names)
        var groups: [Group] = []
        for case .groupDescriptions(let some) in try client.multipart(.groupDescriptions(Group.all)) { groups += some }
        var statistics: [UInt32: Message.GroupStatistics] = [:]
        for case .groups(let some) in try client.multipart(.groups(Group.all)) {
            for group in some { statistics[group.group] = group }
        }
        groups.sort { $0.id < $1.id }
        if json {
            return try Standard.output.writeJSON(
                groups.map { group in
                    let found = statistics[group.id]
                    return Report(
                        group: group.id, text: GroupText.text(group, version: client.version, names: printed),
                        flows: found?.referenceCount ?? 0, packets: found?.traffic.packets ?? 0,
                        bytes: found?.traffic.bytes ?? 0,
                        buckets: (found?.buckets ?? []).map { .init(packets: $0.packets, bytes: $0.bytes) })
                })
        }
        var text = ""
        for group in groups {
            text += " \(GroupText.text(group, version: client.version, names: printed))\n"
            guard stats, let found = statistics[group.id] else { continue }
            text +=
                "    used by \(Readable.number(of: "flow", UInt64(found.referenceCount))), \(Readable.count(found.traffic.packets)) packets"
            if !found.buckets.isEmpty {
                text += "; by bucket: " + found.buckets.map { Readable.count($0.packets) }.joined(separator: ", ")
            }
            text += "\n"
        }
        Standard.output.write(text)
    }
}

extension OpenFlowClient {
    func changeGroup(_ text: String, _ command: GroupModification.Command) throws {
        let change: GroupModification
        let names = try names()
        do throws(FlowSyntaxError) {
            change = try GroupText.parse(text, command: command, names: names)
        } catch {
            throw CommandError.usage(
                "“\(text)”: \(error)", remedy: "as in: group_id=1,type=select,bucket=output:1,bucket=output:2")
        }
        try applyOne(.groupMod(change), text)
    }

    func changeMeter(_ text: String, _ command: MeterModification.Command) throws {
        let change: MeterModification
        do throws(FlowSyntaxError) {
            change = try MeterText.parse(text, command: command)
        } catch {
            throw CommandError.usage(
                "“\(text)”: \(error)", remedy: "as in: meter=1,kbps,band=type=drop,rate=1000")
        }
        try applyOne(.meterMod(change), text)
    }
}

/// A group on the command line, and the switch that has it.
struct GroupArguments: ParsableArguments {
    @OptionGroup var target: SwitchArgument
    @Argument(help: "The group, as ovs-ofctl writes it.") var group: String

    func change(_ command: GroupModification.Command) throws { try target.openFlow().changeGroup(group, command) }
}

/// A meter on the command line, and the switch that has it.
struct MeterArguments: ParsableArguments {
    @OptionGroup var target: SwitchArgument
    @Argument(help: "The meter, as ovs-ofctl writes it.") var meter: String

    func change(_ command: MeterModification.Command) throws { try target.openFlow().changeMeter(meter, command) }
}

struct AddGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-group", abstract: "Add a group.",
        usage: "rookery switch add-group <switch> <group>",
        discussion: """
              rookery switch add-group br0 group_id=1,type=all,bucket=output:1,bucket=output:2
            """)

    @OptionGroup var arguments: GroupArguments
    func run() throws { try arguments.change(.add) }
}

struct ModifyGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mod-group", abstract: "Change a group.",
        usage: "rookery switch mod-group [--may-create] <switch> <group>")

    @OptionGroup var arguments: GroupArguments
    @Flag(help: "Add it where there is none.") var mayCreate = false
    func run() throws { try arguments.change(mayCreate ? .addOrModify : .modify) }
}

struct DeleteGroups: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "del-groups", abstract: "Remove groups, and the flows that use them.",
        usage: "rookery switch del-groups <switch> [group_id=<number>]")

    @OptionGroup var target: SwitchArgument
    @Argument(help: "group_id=NUMBER; all where left out.") var group = ""
    func run() throws { try target.openFlow().changeGroup(group, .delete) }
}

struct ShowMeters: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meters", abstract: "Show meters, and what they have done.",
        usage: "rookery switch meters [--no-stats] [--json] <switch>", aliases: ["dump-meters"])

    @OptionGroup var target: SwitchArgument
    @Flag(inversion: .prefixedNo, help: "Counters.") var stats = true
    @Flag(help: "Print JSON.") var json = false

    struct Report: Encodable {
        var meter: UInt32
        /// As ovs-ofctl prints it.
        var text: String
        var flows: UInt32
        var packets: UInt64
        var bytes: UInt64
        /// Packets that each band acted on.
        var bands: [UInt64]
    }

    func run() throws {
        let client = try target.openFlow()
        guard client.version >= .v13 else {
            throw CommandError("\(client.name) speaks \(client.version.name), which has no meters")
        }
        var meters: [Meter] = []
        for case .meterDescriptions(let some) in try client.multipart(.meterDescriptions(Meter.all)) { meters += some }
        var statistics: [UInt32: Message.MeterStatistics] = [:]
        for case .meters(let some) in try client.multipart(.meters(Meter.all)) {
            for meter in some { statistics[meter.meter] = meter }
        }
        meters.sort { $0.id < $1.id }
        if json {
            return try Standard.output.writeJSON(
                meters.map { meter in
                    let found = statistics[meter.id]
                    return Report(
                        meter: meter.id, text: MeterText.text(meter), flows: found?.referenceCount ?? 0,
                        packets: found?.traffic.packets ?? 0, bytes: found?.traffic.bytes ?? 0,
                        bands: (found?.bands ?? []).map(\.packets))
                })
        }
        var text = ""
        for meter in meters {
            text += MeterText.text(meter) + "\n"
            guard stats, let found = statistics[meter.id] else { continue }
            text +=
                "    used by \(Readable.number(of: "flow", UInt64(found.referenceCount))), \(Readable.count(found.traffic.packets)) packets; by band: "
            text += found.bands.map { Readable.count($0.packets) }.joined(separator: ", ") + "\n"
        }
        Standard.output.write(text)
    }
}

struct AddMeter: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-meter", abstract: "Add a meter.",
        usage: "rookery switch add-meter <switch> <meter>",
        discussion: """
              rookery switch add-meter br0 meter=1,kbps,band=type=drop,rate=1000
            """)

    @OptionGroup var arguments: MeterArguments
    func run() throws { try arguments.change(.add) }
}

struct ModifyMeter: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mod-meter", abstract: "Change a meter.",
        usage: "rookery switch mod-meter <switch> <meter>")

    @OptionGroup var arguments: MeterArguments
    func run() throws { try arguments.change(.modify) }
}

struct DeleteMeters: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "del-meters", abstract: "Remove meters, and the flows that use them.",
        usage: "rookery switch del-meters <switch> [meter=<number>]")

    @OptionGroup var target: SwitchArgument
    @Argument(help: "meter=NUMBER; all where left out.") var meter = "meter=all"
    func run() throws { try target.openFlow().changeMeter(meter, .delete) }
}
