// Packets for the controllers.

/// A packet-in but for the packet: what megaflows share (`PipelineState.notices`).
struct ControllerNotice: Hashable {
    var bridge: Int32
    var reason: PacketInReason
    var table: UInt8
    var cookie: UInt64
    var maxLength: UInt16
    var controller: UInt16
    var userData: [UInt8]
    /// The pipeline fields.
    var fields: Match
    /// What a resumed packet goes on with.
    var continuation: FrozenState?
}

/// A sample's owner and settings (`PipelineState.samples`).
struct SampleDescription: Hashable {
    var bridge: Int32
    var sample: PacketSample

    func hash(into hasher: inout Hasher) {
        hasher.combine(bridge)
        hasher.combine(sample.collectorSet)
        hasher.combine(sample.observationPoint)
    }
}

extension Translation {
    /// - Returns: whether the actions behind are done: not where the packet waits for the controller.
    func controller(_ output: ControllerOutput) -> Bool {
        var output = output
        // An output that names no reason has that of its place; by the table-miss flow, it is a miss in any case.
        if output.reason == .action && (output.isPlain || origin.reason == .noMatch) { output.reason = origin.reason }
        if let meter = output.meter {
            // The meter is for the packet-ins alone.
            branch {
                if pass(meter: meter) { tell(output) }
            }
        } else if output.pause {
            freeze([], for: .controller(notice(output)))
            return false
        } else {
            tell(output)
        }
        return true
    }

    func tell(_ output: ControllerOutput) { tell(notice(output)) }

    func tell(_ notice: ControllerNotice) {
        if here.port?.isSilent == true && (notice.reason == .noMatch) { return }
        commit()
        actions.append(.controller(datapath.pipeline.notices.intern(notice)))
    }

    private func notice(_ output: ControllerOutput) -> ControllerNotice {
        ControllerNotice(
            bridge: here.bridge.index, reason: output.reason, table: origin.table, cookie: origin.cookie,
            maxLength: output.maxLength, controller: output.id, userData: output.userData, fields: pipelineFields(),
            continuation: nil)
    }

    /// The fields that are not of the packet's headers: the port, and whatever else is not zero.
    private func pipelineFields() -> Match {
        var fields = Match()
        fields.set(.inPort, key[.inPort])
        let others: [Field] =
            [
                .packetType, .metadata, .tunnelID, .tunnelSource, .tunnelDestination, .tunnelIPv6Source,
                .tunnelIPv6Destination, .tunnelGBPID, .tunnelGBPFlags, .tunnelFlags, .tunnelToS, .tunnelTTL,
                .erspanVersion, .erspanIndex, .erspanDirection, .erspanHardware, .gtpuFlags, .gtpuMessageType,
                .packetMark,
            ] + Self.registers
        for field in others where !key[field].isZero { fields.set(field, key[field]) }
        for option in options { fields.set(option) }
        if key.value(.ctState) != 0 {
            for field in Self.connectionFields {
                wildcards.setExact(field)
                if !key[field].isZero { fields.set(field, key[field]) }
            }
        }
        return fields
    }

    static let registers: [Field] = [
        .reg0, .reg1, .reg2, .reg3, .reg4, .reg5, .reg6, .reg7, .reg8, .reg9, .reg10, .reg11, .reg12, .reg13, .reg14,
        .reg15,
    ]
    static let connectionFields: [Field] = [
        .ctState, .ctZone, .ctProtocol, .ctMark, .ctLabel, .ctIPv4Source, .ctIPv4Destination, .ctIPv6Source,
        .ctIPv6Destination, .ctTransportSource, .ctTransportDestination,
    ]
}

extension ControllerOutput {
    /// Whether it says no more than an output to `OFPP_CONTROLLER` does.
    fileprivate var isPlain: Bool { id == 0 && userData.isEmpty && !pause && meter == nil }
}

extension BridgePort {
    /// Whether packets that came in here and that no flow matched stay away from the controllers.
    var isSilent: Bool { configuration.contains(.noPacketIn) }
}
