import Switch

/// What a bridge has counted and decided, taken on the data path's thread in one go.
struct BridgeCounters: Sendable {
    /// By OpenFlow number.
    var ports: [UInt32: PortStatistics] = [:]
    /// By name.
    var mirrors: [String: TrafficCount] = [:]
    /// nil: it runs no spanning tree.
    var spanningTree: SpanningTreeStatus?
    var spanningTreePorts: [SpanningTreePortStatus] = []

    init(_ datapath: Datapath, bridge: Int32, now: UInt64) {
        for count in datapath.portStatistics(bridge: bridge, number: nil, now: now) { ports[count.number] = count }
        for mirror in datapath.mirrorStatistics(bridge: bridge) { mirrors[mirror.name] = mirror.copied }
        if let tree = datapath.spanningTree(bridge: bridge) {
            spanningTree = tree.status
            spanningTreePorts = tree.portStatus
        }
    }
}
