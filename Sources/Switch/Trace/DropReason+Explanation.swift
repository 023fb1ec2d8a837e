extension DropReason {
    /// The reason in a sentence's words.
    public var explanation: String {
        switch self {
        case .badOffload: "offload header contradicts the frame"
        case .badLength: "bad frame length"
        case .unconnected: "nothing is connected there"
        case .linkDown: "link is down"
        case .noFlow: "no matching flow"
        case .flow: "by the flow's actions"
        case .spanningTree: "the spanning tree does not forward on the port"
        case .vlan: "the port does not carry the VLAN"
        case .hairpin: "destination is behind the input port"
        case .reserved: "address that bridges do not forward"
        case .nowhere: "no port to send to"
        case .ttl: "TTL expired"
        case .tooDeep: "loop"
        case .meter: "over the meter's rate"
        case .port: "the port's settings"
        case .fragment: "fragments are dropped"
        case .connection: "refused by the connection tracker"
        case .noMemory: "out of packet memory"
        case .device: "the kernel refused it"
        }
    }
}
