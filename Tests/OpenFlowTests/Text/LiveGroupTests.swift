import OpenFlow
import Switch
import Testbed
import Testing

/// Arbitrary groups and meters, as ovs-ofctl and we print them.
@Suite(.enabled(if: ReferenceTool.isThere, ReferenceTool.absence))
struct LiveGroupTests {
    private static func group(_ source: inout FlowSource, _ version: OpenFlowVersion) -> Group {
        let type = GroupType.allCases[source.below(4)]
        var group = Group(id: UInt32(source.below(0xffff)), type: type)
        if type == .select, version == .v15, source.chance(50) {
            group.selection.method = source.chance(50) ? "hash" : "dp_hash"
            group.selection.parameter = source.chance(50) ? source.number() : 0
            if group.selection.method == "hash" {
                for field in [Field.ipv4Source, .ipv6Destination, .tcpDestination, .ethSource, .vlanVID, .metadata]
                where source.chance(40) {
                    let isExact = source.chance(50) || field == .vlanVID
                    group.selection.fields.append((field, isExact ? .ones(field.width) : .prefix(9, of: field.width)))
                }
            }
        }
        let count = type == .indirect ? 1 : source.below(4)
        for index in 0..<count {
            var bucket = Bucket(id: UInt32(index))
            if type == .select { bucket.weight = UInt16(source.below(100)) }
            if type == .fastFailover { bucket.watchPort = source.port() }
            if type == .fastFailover || type == .select, source.chance(30) {
                bucket.watchGroup = UInt32(source.below(99))
            }
            for _ in 0..<source.below(3) { bucket.actions.append(source.action(Match(), depth: 1)) }
            // What needs a protocol in front cannot stand in a group that any flow may use.
            bucket.actions.removeAll { $0 == .popVLAN }
            group.buckets.append(bucket)
        }
        return group
    }

    @Test("ovs-ofctl prints our groups as we print what we read of them", arguments: [OpenFlowVersion.v11, .v13, .v15])
    func groups(version: OpenFlowVersion) throws {
        var source = FlowSource(seed: UInt64(version.rawValue))
        let messages = (0..<300).map { _ in
            Message(.groupMod(GroupModification(.add, Self.group(&source, version)))).encode(version: version)
        }
        for (bytes, text) in zip(messages, try ReferenceTool.print(messages)) {
            guard case .groupMod(let change) = try Message.decode(bytes, version: version).body else { continue }
            let ours = GroupText.text(change.group, version: version)
            #expect("OFPT_GROUP_MOD (OF1.\(version.rawValue - 1)):\n ADD \(ours)" == text)
        }
    }

    @Test("ovs-ofctl prints our meters as we print them")
    func meters() throws {
        var source = FlowSource(seed: 5)
        var meters: [Meter] = []
        for _ in 0..<100 {
            var meter = Meter(id: UInt32(1 + source.below(0xffff)), flags: source.chance(50) ? .kilobits : .packets)
            if source.chance(50) { meter.flags.insert(.burst) }
            if source.chance(50) { meter.flags.insert(.statistics) }
            for _ in 0...source.below(3) {
                let effect: Meter.Band.Effect = source.chance(50) ? .drop : .remarkDSCP(precedence: source.number())
                meter.bands.append(
                    Meter.Band(effect, rate: source.number(), burst: meter.flags.contains(.burst) ? source.number() : 0)
                )
            }
            meters.append(meter)
        }
        let messages = meters.map { Message(.meterMod(MeterModification(.add, $0))).encode(version: .v13) }
        for (meter, text) in zip(meters, try ReferenceTool.print(messages)) {
            #expect("OFPT_METER_MOD (OF1.3): ADD \(MeterText.text(meter))" == text)
        }
    }
}
