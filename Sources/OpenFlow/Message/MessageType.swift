/// `ofp_type`, with the numbers of OpenFlow 1.1 and later.
enum MessageType: UInt8 {
    case hello, error, echoRequest, echoReply, experimenter
    case featuresRequest, featuresReply, getConfigRequest, getConfigReply, setConfig
    case packetIn, flowRemoved, portStatus
    case packetOut, flowMod, groupMod, portMod, tableMod
    case multipartRequest, multipartReply, barrierRequest, barrierReply, queueGetConfigRequest, queueGetConfigReply
    case roleRequest, roleReply, getAsyncRequest, getAsyncReply, setAsync, meterMod
    case roleStatus, tableStatus, requestForward, bundleControl, bundleAdd, controllerStatus

    /// In which versions there is such a message.
    private var versions: ClosedRange<OpenFlowVersion> {
        switch self {
        case .groupMod, .tableMod: .v11 ... .v15
        case .queueGetConfigRequest, .queueGetConfigReply: .v10 ... .v13
        case .roleRequest, .roleReply: .v12 ... .v15
        case .getAsyncRequest, .getAsyncReply, .setAsync, .meterMod: .v13 ... .v15
        case .roleStatus, .tableStatus, .requestForward, .bundleControl, .bundleAdd: .v14 ... .v15
        case .controllerStatus: .v15 ... .v15
        default: .v10 ... .v15
        }
    }

    /// What OpenFlow 1.0 numbers from 15 on.
    private static let last10: [MessageType] = [
        .portMod, .multipartRequest, .multipartReply, .barrierRequest, .barrierReply, .queueGetConfigRequest,
        .queueGetConfigReply,
    ]

    init?(number: UInt8, version: OpenFlowVersion) {
        if version == .v10, number > Self.flowMod.rawValue {
            guard number < 15 + Self.last10.count else { return nil }
            self = Self.last10[Int(number) - 15]
        } else {
            guard let type = MessageType(rawValue: number), type.versions.contains(version) else { return nil }
            self = type
        }
    }

    /// nil: the version has no such message.
    func number(in version: OpenFlowVersion) -> UInt8? {
        guard versions.contains(version) else { return nil }
        guard version == .v10, rawValue > Self.flowMod.rawValue else { return rawValue }
        return Self.last10.firstIndex(of: self).map { UInt8(15 + $0) }
    }
}
