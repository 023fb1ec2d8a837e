import OpenFlow
import Streams
import Switch

/// What a bridge's OpenFlow side is set to.
public struct BridgeControlSettings: Equatable, Sendable {
    /// The bridge's number in the data path.
    public var index: Int32
    public var name: String
    public var datapathID: UInt64
    /// The versions that its controllers may speak.
    public var versions: Set<OpenFlowVersion>
    public var controllers: [ControllerSettings]
    /// Whether it forwards nothing by itself when no controller can be reached.
    public var isSecure: Bool
    /// other_config's texts for OFPMP_DESC: dp-desc, dp-sn, mfr-desc, hw-desc, sw-desc.
    public var descriptions: [String: String]

    public init(
        index: Int32, name: String, datapathID: UInt64, versions: Set<OpenFlowVersion> = Set(OpenFlowVersion.allCases),
        controllers: [ControllerSettings] = [], isSecure: Bool = false, descriptions: [String: String] = [:]
    ) {
        self.index = index
        self.name = name
        self.datapathID = datapathID
        self.versions = versions
        self.controllers = controllers
        self.isSecure = isSecure
        self.descriptions = descriptions
    }
}

/// A controller that a bridge connects to, or listens for.
public struct ControllerSettings: Equatable, Sendable {
    public var endpoint: Endpoint
    /// In milliseconds. A probe of 0: never.
    public var maximumBackOff: Int64
    public var inactivityProbe: Int64
    /// Packet-ins a second, how many at once, how many may wait; nil: no limit.
    public var rateLimit: Int64?
    public var burstLimit: Int64?
    public var queueSize: Int64?
    /// A service controller is no master of the bridge: its absence is no failure.
    public var isService: Bool
    public var wantsAsynchronous: Bool
    /// Connections beside the main one (OpenFlow 1.3, 6.3.7), to active endpoints only.
    public var auxiliaryConnections: UInt8

    public init(
        endpoint: Endpoint, maximumBackOff: Int64 = 8000, inactivityProbe: Int64 = 5000, rateLimit: Int64? = nil,
        burstLimit: Int64? = nil, queueSize: Int64? = nil, isService: Bool = false, wantsAsynchronous: Bool = true,
        auxiliaryConnections: UInt8 = 0
    ) {
        self.endpoint = endpoint
        self.maximumBackOff = maximumBackOff
        self.inactivityProbe = inactivityProbe
        self.rateLimit = rateLimit
        self.burstLimit = burstLimit
        self.queueSize = queueSize
        self.isService = isService
        self.wantsAsynchronous = wantsAsynchronous
        self.auxiliaryConnections = auxiliaryConnections
    }
}

/// How a controller's connection is, for the Controller table.
public struct ControllerStatus: Sendable {
    public var endpoint: Endpoint
    public var isConnected: Bool
    /// "other", "master" or "slave"; nil: not connected.
    public var role: String?
    /// `state` (BACKOFF, CONNECTING, ACTIVE, IDLE, LISTENING), `sec_since_connect`, `sec_since_disconnect`, `last_error` …
    public var status: [String: String]

    public init(endpoint: Endpoint, isConnected: Bool, role: String?, status: [String: String]) {
        self.endpoint = endpoint
        self.isConnected = isConnected
        self.role = role
        self.status = status
    }
}

/// The OpenFlow side of bridges: agents, controllers, management and snoop sockets. All calls come from one thread that
/// is neither the poller's nor the hub's, and return when what they ask for is in effect.
public protocol BridgeControl: AnyObject {
    /// A bridge has come, or is set to something else.
    func setBridge(_ settings: BridgeControlSettings)
    /// A bridge goes: its connections are closed.
    func removeBridge(_ index: Int32)
    func setTLS(_ material: TLSMaterial?)
    /// Closes the connections to a bridge's controllers and opens them anew.
    func reconnect(_ index: Int32)
    /// How the controllers of a bridge are, in the order of its settings.
    func controllerStatus(_ index: Int32) -> [ControllerStatus]
    /// Says the same to all controllers as a new port description does.
    func portChanged(_ index: Int32, port: UInt32)
}
