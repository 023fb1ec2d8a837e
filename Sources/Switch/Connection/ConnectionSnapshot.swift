import Wire

/// A connection as `dpctl/dump-conntrack` shows it.
public struct ConnectionSnapshot: Equatable, Sendable {
    public var original: ConnectionKey
    public var reply: ConnectionKey
    /// The original key of the connection that announced this one.
    public var parent: ConnectionKey?
    public var mark: UInt32
    public var label: FieldValue
    /// The ends of a TCP connection.
    public var tcp: (first: TCPEnd, second: TCPEnd)?
    public var helper: ConnectionRequest.Helper?
    /// Seconds until it is forgotten.
    public var timeout: UInt64

    /// One end of a TCP connection.
    public struct TCPEnd: Equatable, Sendable {
        public var state: TCPState
        public var windowShift: UInt8
        public var hasWindowScale: Bool
        /// The connection was picked up midway: windows are judged widely.
        public var isLiberal: Bool

        init(_ peer: TCPPeer) {
            state = peer.state
            windowShift = UInt8(peer.shift)
            hasWindowScale = peer.has(TCPPeer.scaled)
            isLiberal = peer.has(TCPPeer.unknownScale)
        }
    }

    public var zone: UInt16 { original.zone }

    public static func == (a: Self, b: Self) -> Bool {
        a.original == b.original && a.reply == b.reply && a.parent == b.parent && a.mark == b.mark
            && a.label == b.label && a.tcp?.first == b.tcp?.first && a.tcp?.second == b.tcp?.second
            && a.helper == b.helper && a.timeout == b.timeout
    }

    /// The state of TCP that a dump shows: that of the end which is further.
    var shownState: TCPState? {
        guard let tcp else { return nil }
        switch max(tcp.first.state, tcp.second.state) {
        case .finWait2: return .timeWait
        case .synReceived: return .established
        case let state: return state
        }
    }

    /// The line of `dpctl/dump-conntrack`, without its end.
    /// - Parameters:
    ///   - verbose: `-m`: both ends of TCP and the parent.
    ///   - statistics: `-s`: the timeout.
    public func text(verbose: Bool = false, statistics: Bool = false) -> String {
        var text = "\(original.protocolName),orig=(\(original.tupleText)),reply=(\(reply.tupleText))"
        if verbose { text += ",id=0" }
        if zone != 0 { text += ",zone=\(zone)" }
        if verbose { text += ",status=0" }
        if statistics { text += ",timeout=\(timeout)" }
        if mark != 0 { text += ",mark=\(mark)" }
        if !label.isZero { text += ",labels=0x\(label.hexadecimal)" }
        if let tcp {
            if verbose {
                text += ",protoinfo=(state_orig=\(tcp.first.state.name),state_reply=\(tcp.second.state.name)"
                if tcp.first.windowShift | tcp.second.windowShift != 0 {
                    text += ",wscale_orig=\(tcp.first.windowShift),wscale_reply=\(tcp.second.windowShift)"
                }
                text += ",flags_orig=\(tcp.first.flagsText),flags_reply=\(tcp.second.flagsText))"
            } else if let shownState {
                text += ",protoinfo=(state=\(shownState.name))"
            }
        }
        if let helper { text += ",helper=\(helper.name)" }
        if verbose, let parent { text += ",parent=(\(parent.tupleText))" }
        return text
    }
}

extension ConnectionSnapshot.TCPEnd {
    var flagsText: String {
        var names: [String] = []
        if hasWindowScale { names.append("WINDOW_SCALE") }
        if isLiberal { names.append("BE_LIBERAL") }
        return names.isEmpty ? "0" : names.joined(separator: "|")
    }
}

extension TCPState {
    /// The name in dumps.
    public var name: String {
        switch self {
        case .closed: "CLOSED"
        case .listen: "LISTEN"
        case .synSent: "SYN_SENT"
        case .synReceived: "SYN_RECV"
        case .established: "ESTABLISHED"
        case .closeWait: "CLOSE_WAIT"
        case .finWait1: "FIN_WAIT_1"
        case .closing: "CLOSING"
        case .lastAck: "LAST_ACK"
        case .finWait2: "FIN_WAIT_2"
        case .timeWait: "TIME_WAIT"
        }
    }
}

extension FieldValue {
    /// Without leading zeros.
    fileprivate var hexadecimal: String {
        guard high != 0 else { return String(low, radix: 16) }
        let digits = String(low, radix: 16)
        return String(high, radix: 16) + String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension ConnectionKey {
    /// The protocol's name, or its number.
    public var protocolName: String {
        switch ipProtocol {
        case IPProtocol.icmp: "icmp"
        case IPProtocol.icmpv6: "icmpv6"
        case IPProtocol.tcp: "tcp"
        case IPProtocol.udp: "udp"
        case IPProtocol.sctp: "sctp"
        case IPProtocol.udpLite: "udplite"
        case 33: "dccp"
        case IPProtocol.igmp: "igmp"
        default: String(ipProtocol)
        }
    }

    /// `src=…,dst=…,sport=…,dport=…`, of ICMP `id=…,type=…,code=…`.
    public var tupleText: String {
        let addresses = "src=\(Self.text(source, isIPv6)),dst=\(Self.text(destination, isIPv6))"
        if ipProtocol == IPProtocol.icmp || ipProtocol == IPProtocol.icmpv6 {
            return addresses + ",id=\(icmpIdentifier),type=\(icmpType),code=0"
        }
        return addresses + ",sport=\(sourcePort),dport=\(destinationPort)"
    }

    private static func text(_ address: FieldValue, _ isIPv6: Bool) -> String {
        isIPv6
            ? IPv6Address(high: address.high, low: address.low).description
            : IPv4Address(rawValue: UInt32(truncatingIfNeeded: address.low)).description
    }
}
