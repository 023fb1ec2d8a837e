import Switch

/// The instructions of flow entries (OpenFlow 1.5, 7.2.4); in OpenFlow 1.0 a plain list of actions.
public enum InstructionCodec {
    private enum Number {
        static let goToTable: UInt16 = 1
        static let writeMetadata: UInt16 = 2
        static let writeActions: UInt16 = 3
        static let applyActions: UInt16 = 4
        static let clearActions: UInt16 = 5
        static let meter: UInt16 = 6
        static let statisticsTrigger: UInt16 = 7
        static let experimenter: UInt16 = 0xffff
    }

    /// Reads instructions to the end of the reader.
    public static func decode(
        _ reader: inout WireReader, version: OpenFlowVersion
    ) throws(OpenFlowError) -> Instructions {
        if version == .v10 { return try ActionCodec.decodeInstructions10(&reader) }
        var result = Instructions()
        var seen: UInt32 = 0
        reader.shortage = .badInstruction(.badLength)
        while !reader.isAtEnd {
            guard let length = reader.peek16(at: 2), length >= 8, length % 8 == 0 else {
                throw .badInstruction(.badLength)
            }
            var instruction = try reader.slice(Int(length))
            let type = try instruction.uint16()
            try instruction.skip(2)
            if type < 32 {
                guard seen >> type & 1 == 0 else { throw .badInstruction(.duplicateInstruction) }
                seen |= 1 << type
            }
            switch type {
            case Number.goToTable:
                let table = try instruction.uint8()
                try instruction.skip(3)
                guard table != 255 else { throw .badInstruction(.badTableID) }
                result.goTo = table
            case Number.writeMetadata:
                try instruction.skip(4)
                result.metadata = (try instruction.uint64(), try instruction.uint64())
            case Number.writeActions:
                try instruction.skip(4)
                result.write = try ActionCodec.decode(&instruction, version: version)
                try verifyActionSet(result.write)
            case Number.applyActions:
                try instruction.skip(4)
                result.apply = try ActionCodec.decode(&instruction, version: version)
            case Number.clearActions:
                try instruction.skip(4)
                result.clear = true
            case Number.meter where version == .v13 || version == .v14: result.meter = try instruction.uint32()
            case Number.statisticsTrigger where version >= .v15:
                result.statisticsTrigger = try decodeTrigger(&instruction)
            case Number.experimenter: throw .badInstruction(.badExperimenter)
            default: throw .badInstruction(.unknownInstruction)
            }
            guard instruction.isAtEnd else { throw .badInstruction(.badLength) }
        }
        return result
    }

    /// Writes instructions.
    /// - Parameter match: what is known of the packets; see `ActionCodec.encode`.
    public static func encode(
        _ instructions: Instructions, version: OpenFlowVersion, match: Match? = nil, into writer: inout WireWriter
    ) {
        if version == .v10 { return encode10(instructions, match, into: &writer) }
        var apply = instructions.apply[...]
        var meter = instructions.meter
        var meterAction: Action?
        if version >= .v15 {
            meterAction = meter.map { .meter($0) }
            meter = nil
        } else if meter == nil, case .meter(let id) = apply.first {
            meter = id
            apply = apply.dropFirst()
        }
        if let meter, version >= .v13 {
            writer.paddedFrame(Number.meter) { $0.uint32(meter) }
        }
        if !apply.isEmpty || meterAction != nil {
            writer.paddedFrame(Number.applyActions) {
                $0.zeros(4)
                var encoder = ActionEncoder(version: version, match: match)
                if let meterAction { encoder.encode(meterAction, into: &$0) }
                for action in apply { encoder.encode(action, into: &$0) }
            }
        }
        if instructions.clear { writer.paddedFrame(Number.clearActions) { $0.zeros(4) } }
        if !instructions.write.isEmpty {
            writer.paddedFrame(Number.writeActions) {
                $0.zeros(4)
                ActionCodec.encode(instructions.write, version: version, match: match, into: &$0)
            }
        }
        if let metadata = instructions.metadata {
            writer.paddedFrame(Number.writeMetadata) {
                $0.zeros(4)
                $0.uint64(metadata.value)
                $0.uint64(metadata.mask)
            }
        }
        if let trigger = instructions.statisticsTrigger, version >= .v15 { encode(trigger, into: &writer) }
        if let table = instructions.goTo { writer.paddedFrame(Number.goToTable) { $0.uint8(table) } }
    }

    /// In OpenFlow 1.0: the metadata is written, and the next table entered, with Nicira's actions; an action set is
    /// nothing that it could say.
    private static func encode10(_ instructions: Instructions, _ match: Match?, into writer: inout WireWriter) {
        var encoder = ActionEncoder(version: .v10, match: match)
        for action in instructions.apply { encoder.encode(action, into: &writer) }
        if let metadata = instructions.metadata {
            encoder.nicira(22, into: &writer) {
                $0.zeros(6)
                $0.uint64(metadata.value)
                $0.uint64(metadata.mask)
            }
        }
        if let table = instructions.goTo { encoder.encode(.resubmit(port: nil, table: table), into: &writer) }
    }

    /// What an action set cannot hold.
    static func verifyActionSet(_ actions: [Action]) throws(OpenFlowError) {
        for action in actions {
            switch action {
            case .clone, .conjunction, .enqueue, .exit, .finTimeout, .learn, .meter, .multipath, .note, .outputField,
                .outputTruncated, .popQueue, .push, .pop, .sample, .checkPacketLarger, .bundle:
                throw .badAction(.badType)
            default: break
            }
        }
    }

    // MARK: Statistics triggers (7.2.4, 7.2.2.10)

    private static let periodic: UInt32 = 1
    private static let onlyFirst: UInt32 = 2

    private static func decodeTrigger(_ reader: inout WireReader) throws(OpenFlowError) -> StatisticsTrigger {
        let flags = try reader.uint32()
        var result = StatisticsTrigger(periodic: flags & periodic != 0, onlyFirst: flags & onlyFirst != 0)
        guard flags & ~(periodic | onlyFirst) == 0 else { throw .badInstruction(.unsupportedInstruction) }
        let statistics = try StatisticsCodec.decode(&reader)
        result.duration = statistics.duration
        result.idleTime = statistics.idleTime
        result.packets = statistics.packets
        result.bytes = statistics.bytes
        return result
    }

    private static func encode(_ trigger: StatisticsTrigger, into writer: inout WireWriter) {
        writer.paddedFrame(Number.statisticsTrigger) {
            $0.uint32((trigger.periodic ? periodic : 0) | (trigger.onlyFirst ? onlyFirst : 0))
            let statistics = FlowStatistics(
                duration: trigger.duration, idleTime: trigger.idleTime, packets: trigger.packets, bytes: trigger.bytes)
            StatisticsCodec.encode(statistics, into: &$0)
        }
    }
}
