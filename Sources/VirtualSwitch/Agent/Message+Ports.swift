import OpenFlow
import Switch

extension Message.Port {
    /// A port of the data path as controllers see it.
    init(_ port: PortDescription) {
        var state: State = []
        if port.isLinkDown { state.insert(.linkDown) }
        switch port.spanningTree {
        case .forwarding: if port.runsSpanningTree { state.insert(.spanningTreeForward) }
        case .learning: state.formUnion([.spanningTreeLearn, .blocked])
        // OpenFlow 1.0 has "listening" for a port that waits, written as no bits at all, which nobody can tell from a bridge
        // without a tree. Who waits for a tree (Mininet does) waits until no port is learning.
        case _ where port.joinsSpanningTree: state.formUnion([.spanningTreeLearn, .blocked])
        default: state.formUnion([.spanningTreeBlock, .blocked])
        }
        if port.isLive { state.insert(.live) }
        // A virtual wire has a rate only where one is set; else it says what a pair of virtual devices says.
        let kilobits = UInt32(clamping: (port.rate ?? 10_000_000_000) / 1000)
        let current: Features =
            switch port.rate {
            case nil, 10_000_000_000: [.fullDuplex10G, .copper]
            case 10_000_000: [.fullDuplex10M, .copper]
            case 100_000_000: [.fullDuplex100M, .copper]
            case 1_000_000_000: [.fullDuplex1G, .copper]
            case 40_000_000_000: [.fullDuplex40G, .copper]
            case 100_000_000_000: [.fullDuplex100G, .copper]
            default: [.otherRate, .copper]
            }
        self.init(
            number: port.number, hardwareAddress: port.address, name: port.name, configuration: port.configuration,
            state: state, ethernet: Ethernet(current: current, currentSpeed: kilobits))
    }
}

extension Message.PortStatistics {
    init(_ statistics: Switch.PortStatistics) {
        self.init(
            port: statistics.number, duration: statistics.age, received: statistics.received, sent: statistics.sent,
            receiveDrops: statistics.receiveDrops, sendDrops: statistics.sendDrops, ethernet: Ethernet())
    }
}
