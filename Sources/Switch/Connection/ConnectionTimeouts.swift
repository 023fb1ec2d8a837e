/// How long connections are remembered without a packet: a policy of `CT_Timeout_Policy`, in seconds.
public struct ConnectionTimeouts: Hashable, Sendable {
    /// The state that a timeout is for.
    public enum Kind: UInt8, CaseIterable, Sendable {
        case tcpFirst, tcpOpening, tcpEstablished, tcpClosing, tcpFinWait, tcpClosed
        case udpFirst, udpSingle, udpMultiple
        case icmpFirst, icmpReply

        /// The key in the database's `CT_Timeout_Policy` (ovs-vswitchd.conf.db(5)).
        public var name: String {
            switch self {
            case .tcpFirst: "tcp_syn_sent"
            case .tcpOpening: "tcp_syn_recv"
            case .tcpEstablished: "tcp_established"
            case .tcpClosing: "tcp_fin_wait"
            case .tcpFinWait: "tcp_time_wait"
            case .tcpClosed: "tcp_close"
            case .udpFirst: "udp_first"
            case .udpSingle: "udp_single"
            case .udpMultiple: "udp_multiple"
            case .icmpFirst: "icmp_first"
            case .icmpReply: "icmp_reply"
            }
        }
    }

    private var seconds: [11 of UInt32]

    /// The defaults of Open vSwitch's user-space data path.
    public init() {
        seconds = [30, 30, 86400, 900, 45, 30, 60, 60, 30, 60, 30]
    }

    /// The defaults, with those that a policy names in their place. Names that mean nothing to this tracker (the kernel's
    /// finer states) are passed over, as Open vSwitch's user-space data path does.
    public init(policy: [String: UInt32]) {
        self.init()
        for kind in Kind.allCases {
            if let value = policy[kind.name] { self[kind] = value }
        }
    }

    /// The timeout in seconds.
    public subscript(kind: Kind) -> UInt32 {
        get { seconds[Int(kind.rawValue)] }
        set { seconds[Int(kind.rawValue)] = newValue }
    }

    public static func == (a: ConnectionTimeouts, b: ConnectionTimeouts) -> Bool {
        Kind.allCases.allSatisfy { a[$0] == b[$0] }
    }

    public func hash(into hasher: inout Hasher) {
        for kind in Kind.allCases { hasher.combine(self[kind]) }
    }
}
