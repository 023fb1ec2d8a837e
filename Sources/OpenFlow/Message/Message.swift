import Switch

/// An OpenFlow message of any version, in one neutral form: what a version cannot say, its encoder leaves out or refuses.
///
/// Port numbers are those of OpenFlow 1.1 and later (`PortNumber`), durations are in nanoseconds, and what several
/// versions number differently is numbered as the latest does.
public struct Message: Sendable {
    public var xid: UInt32
    public var body: Body
    /// Which of a version's spellings it came in or goes out in.
    public var spelling: Spelling

    public init(xid: UInt32 = 0, _ body: Body, spelling: Spelling = .standard) {
        self.xid = xid
        self.body = body
        self.spelling = spelling
    }

    /// Where a version has a message of its own and Nicira's extension has another for the same thing, which of them.
    /// Where there is only one, `standard` means that one.
    public enum Spelling: UInt8, Sendable {
        case standard
        /// `NXT_FLOW_MOD`, `NXT_PACKET_IN`, `NXT_FLOW_REMOVED`, `NXT_ROLE_*`, `NXT_SET_ASYNC_CONFIG`, `NXST_*`.
        case nicira
        /// `NXT_PACKET_IN2`, `NXT_SET_ASYNC_CONFIG2`.
        case nicira2
    }

    /// What a message says. `indirect` where one carries another, and where it holds a match: messages wait in arrays, and
    /// a match has a kilobyte.
    public enum Body: Sendable {
        // Symmetric
        case hello(Hello)
        case error(ErrorReport)
        case echoRequest([UInt8])
        case echoReply([UInt8])
        case experimenter(Experimenter)
        // The switch itself
        case featuresRequest
        case featuresReply(Features)
        case getConfigRequest
        case getConfigReply(SwitchConfiguration)
        case setConfig(SwitchConfiguration)
        // From the switch, unasked
        indirect case packetIn(PacketIn)
        indirect case flowRemoved(FlowRemoved)
        indirect case portStatus(PortStatus)
        case roleStatus(RoleStatus)
        case tableStatus(TableStatus)
        /// A group-mod or meter-mod that another controller sent.
        indirect case requestForward(Message)
        case controllerStatus(ControllerStatus)
        // To the switch
        indirect case packetOut(PacketOut)
        indirect case flowMod(FlowModification)
        case groupMod(GroupModification)
        case portMod(PortModification)
        case tableMod(TableModification)
        case meterMod(MeterModification)
        indirect case multipartRequest(MultipartRequest)
        case multipartReply(MultipartReply)
        case barrierRequest
        case barrierReply
        /// Before OpenFlow 1.4; then a multipart request. `PortNumber.any`: of all ports.
        case queueGetConfigRequest(port: UInt32)
        case queueGetConfigReply(port: UInt32, [Queue])
        case roleRequest(RoleChange)
        case roleReply(RoleChange)
        case getAsyncRequest
        case getAsyncReply(AsyncConfiguration)
        case setAsync(AsyncConfiguration)
        case bundleControl(BundleControl)
        indirect case bundleAdd(BundleAdd)
        // Nicira's extensions that are messages of their own
        indirect case nicira(NiciraMessage)
    }
}
