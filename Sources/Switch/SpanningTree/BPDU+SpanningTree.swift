import Wire

// What the spanning tree makes of the BPDUs that `Wire` reads and writes.

/// The timer values that a BPDU carries, in its units of 1/256 s.
struct SpanningTreeTimes: Equatable {
    var messageAge: UInt16 = 0
    var maxAge: UInt16 = 0
    var helloTime: UInt16 = 0
    var forwardDelay: UInt16 = 0

    static let nanosecondsPerUnit: UInt64 = 1_000_000_000 / UInt64(BPDU.timeUnitsPerSecond)
}

extension BPDU {
    /// The four timer values as one.
    var times: SpanningTreeTimes {
        get {
            SpanningTreeTimes(
                messageAge: messageAge, maxAge: maxAge, helloTime: helloTime, forwardDelay: forwardDelay)
        }
        set {
            messageAge = newValue.messageAge
            maxAge = newValue.maxAge
            helloTime = newValue.helloTime
            forwardDelay = newValue.forwardDelay
        }
    }

    /// Whether all bits of `flag`, a constant of `BPDU.Flag`, are set.
    func has(_ flag: UInt8) -> Bool { flags & flag == flag }

    /// Reads a BPDU from a frame to the bridge group address, as a bridge acts on it: nil for what 9.3.4 does not
    /// accept. Only flags that the kind of BPDU has are left, and a port that tells no role is a designated one.
    init?(receiving frame: UnsafeRawBufferPointer) {
        guard let ethernet = EthernetHeader(parsing: frame), ethernet.destination == .bridgeGroup else { return nil }
        self.init(frame: frame)
        switch kind {
        case .topologyChangeNotification: return
        // An unknown role: to be treated as a configuration BPDU (9.3.3).
        case .rapid where portRole != .unknown: break
        case .configuration, .rapid:
            flags &= Flag.topologyChange | Flag.topologyChangeAcknowledgment
            portRole = .designated
        }
        // A root that announces absurd timers must not switch the delays off, nor freeze the network (ranges of table 17-1).
        helloTime = min(max(helloTime, 1 << 8), 10 << 8)
        forwardDelay = min(max(forwardDelay, 4 << 8), 30 << 8)
    }

    /// The BPDU as an Ethernet frame from `source`, padded to the least Ethernet length without a check sequence.
    func frame(source: UInt64) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: EthernetHeader.smallestFrame) { bytes, count in
            count = emitFrame(source: MACAddress(rawValue: source), into: UnsafeMutableRawBufferPointer(bytes))
        }
    }
}

extension BPDU.PortRole {
    /// How a rapid BPDU tells a role: alternate and backup share a code.
    init(_ role: SpanningTreePortRole) {
        switch role {
        case .disabled: self = .unknown
        case .alternate, .backup: self = .alternateOrBackup
        case .root: self = .root
        case .designated: self = .designated
        }
    }
}
