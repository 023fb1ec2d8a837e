/// What a port is (`ofp_port`).
public struct PortDescription: Equatable, Sendable {
    public var number: UInt32
    public var name: String
    /// Its own MAC address.
    public var address: UInt64
    public var configuration: PortConfiguration
    /// No carrier, or no link at all.
    public var isLinkDown: Bool
    /// What the spanning tree lets it do; `forwarding` where none runs.
    public var spanningTree: SpanningTreePortState
    /// Whether its bridge runs a spanning tree.
    public var runsSpanningTree: Bool
    /// Whether the tree will let it forward, and has it wait until no loop can come of that.
    public var joinsSpanningTree: Bool
    /// The rate of its link in bits per second; nil: no limit.
    public var rate: UInt64?

    public init(
        number: UInt32, name: String, address: UInt64, configuration: PortConfiguration, isLinkDown: Bool,
        spanningTree: SpanningTreePortState, runsSpanningTree: Bool = false, joinsSpanningTree: Bool = false,
        rate: UInt64?
    ) {
        self.number = number
        self.name = name
        self.address = address
        self.configuration = configuration
        self.isLinkDown = isLinkDown
        self.spanningTree = spanningTree
        self.runsSpanningTree = runsSpanningTree
        self.joinsSpanningTree = joinsSpanningTree
        self.rate = rate
    }

    /// Whether packets may leave by it now (`OFPPS_LIVE`).
    public var isLive: Bool {
        !isLinkDown && !configuration.contains(.down) && spanningTree == .forwarding
    }
}
