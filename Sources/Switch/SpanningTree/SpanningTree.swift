import Wire

// The Rapid Spanning Tree Protocol of one bridge (IEEE 802.1D-2004, clause 17), with the old STP as a neighbour's fallback.
//
// What: the port state machines of the standard, under its names, so that the text and the code can be laid side by side. They
//   see link state, BPDUs and the time, and answer with events: port states, MAC flushes, frames to send.
// Design: every input marks ports dirty and runs all machines to a fixed point (`SpanningTree+Run.swift`); only then are
//   BPDUs sent, so one input makes at most one BPDU a port. Conditions across ports (allSynced, reRooted) concern
//   only root, alternate and backup ports, which are looked at again after every change.
// Time: nanoseconds, handed in. Timers are deadlines, not a tick each second; a timer whose end changes nothing by itself
//   (protocol migration, topology change, hold count) is looked at when something else happens, so that `nextDeadline` is nil
//   on a bridge that has only quiet edge ports.

/// The spanning tree of one bridge. Control plane: not for the packet path.
public final class SpanningTree {
    public let parameters: SpanningTree.Parameters
    /// Priority (16 bits, of which the upper four count) and MAC address of the bridge.
    public internal(set) var bridgeID: UInt64
    /// When `advance(to:)` is to be called next; nil if nothing is due without a new input.
    public internal(set) var nextDeadline: UInt64?

    var clock: UInt64 = 0
    var ports: [SpanningTreePort] = []
    var dirty: [Bool] = []
    var events: [SpanningTreeEvent] = []
    var rootPriority = SpanningTreePriority()
    var rootTimes = SpanningTreeTimes()
    var rootPort: Int?
    var topologyChanges: UInt64 = 0

    static let migrateTime: UInt64 = 3_000_000_000

    /// - Parameters:
    ///   - bridgeAddress: MAC address in the low 48 bits.
    ///   - priority: multiples of 4096; lower wins the root.
    public init(bridgeAddress: UInt64, priority: UInt16 = 32768, parameters: SpanningTree.Parameters = .standard) {
        self.parameters = parameters
        bridgeID = UInt64(priority & 0xF000) << 48 | bridgeAddress & 0xFFFF_FFFF_FFFF
        rootPriority = SpanningTreePriority(rootID: bridgeID, bridgeID: bridgeID)
        rootTimes = bridgeTimes
    }

    /// Adds a port, disabled until `setPortEnabled`. An existing port of that number is replaced.
    /// - Parameters:
    ///   - number: 1...4095.
    ///   - pathCost: 1...200,000,000; see `SpanningTree.pathCost(bitsPerSecond:)`.
    ///   - priority: multiples of 16; lower wins.
    ///   - adminEdge: the port leads to a host: it forwards at once, and stops being an edge when a BPDU arrives.
    ///   - autoEdge: a port that hears no BPDU for three seconds becomes an edge.
    ///   - address: source MAC address of BPDUs; the bridge's own if nil.
    public func addPort(
        number: UInt16, pathCost: UInt32, priority: UInt8 = 128, adminEdge: Bool = false, autoEdge: Bool = true,
        pointToPoint: Bool = true, address: UInt64? = nil
    ) {
        var port = SpanningTreePort(
            number: number, address: address ?? bridgeID & 0xFFFF_FFFF_FFFF, portPriority8: priority,
            pathCost: max(1, min(pathCost, 200_000_000)), adminEdge: adminEdge, autoEdge: autoEdge,
            pointToPoint: pointToPoint)
        port.operEdge = adminEdge
        port.edgeDelayWhile.hold()
        port.mdelayWhile.hold()
        port.fdWhile.hold()
        if let index = index(of: number) { removePort(at: index) }
        ports.append(port)
        dirty.append(true)
        run()
    }

    /// Removes a port; a root port that goes away is replaced at once. Unknown numbers do nothing.
    public func removePort(_ number: UInt16, now: UInt64) {
        guard index(of: number) != nil else { return }
        setPortEnabled(number, false, now: now)
        if let index = index(of: number) { removePort(at: index) }
        run()
    }

    /// The link of a port came up or went down.
    public func setPortEnabled(_ number: UInt16, _ enabled: Bool, now: UInt64) {
        advance(to: now)
        guard let index = index(of: number), ports[index].portEnabled != enabled else { return }
        ports[index].portEnabled = enabled
        dirty[index] = true
        run()
    }

    /// A frame for the bridge group address 01-80-C2-00-00-00 arrived. Answers whether it was a valid BPDU.
    @discardableResult
    public func receive(frame: UnsafeRawBufferPointer, on number: UInt16, now: UInt64) -> Bool {
        advance(to: now)
        guard let index = index(of: number) else { return false }
        guard let bpdu = BPDU(receiving: frame), !isReflection(bpdu, on: index) else {
            ports[index].invalid &+= 1
            return false
        }
        // A migration delay may have ended unnoticed; what it clears must not be what this BPDU sets.
        while migrate(index) {}
        ports[index].received &+= 1
        guard ports[index].portEnabled else { return true }
        receive(bpdu, on: index)
        dirty[index] = true
        run()
        return true
    }

    /// Lets time pass. Time that goes back is ignored.
    public func advance(to now: UInt64) {
        clock = max(clock, now)
        guard let deadline = nextDeadline, deadline <= clock else { return }
        for index in dirty.indices { dirty[index] = true }
        run()
    }

    /// The events since the last call, in the order in which they are to be carried out.
    public func drainEvents() -> [SpanningTreeEvent] {
        defer { events.removeAll() }
        return events
    }

    /// Makes another bridge priority count, as if the bridge had been born with it.
    public func setPriority(_ priority: UInt16, now: UInt64) {
        advance(to: now)
        bridgeID = UInt64(priority & 0xF000) << 48 | bridgeID & 0xFFFF_FFFF_FFFF
        reselectAll()
        run()
    }

    public func setPathCost(_ cost: UInt32, of number: UInt16, now: UInt64) {
        advance(to: now)
        guard let index = index(of: number) else { return }
        ports[index].pathCost = max(1, min(cost, 200_000_000))
        reselectAll()
        run()
    }

    public func setPortPriority(_ priority: UInt8, of number: UInt16, now: UInt64) {
        advance(to: now)
        guard let index = index(of: number) else { return }
        ports[index].portPriority8 = priority
        reselectAll()
        run()
    }

    /// Tries RSTP again on a port that fell back to STP (mcheck, 17.19.13).
    public func checkMigration(of number: UInt16, now: UInt64) {
        advance(to: now)
        guard let index = index(of: number) else { return }
        ports[index].mcheck = true
        dirty[index] = true
        run()
    }

    public var status: SpanningTreeStatus {
        SpanningTreeStatus(
            bridgeID: bridgeID, rootID: rootPriority.rootID, rootPathCost: rootPriority.rootPathCost,
            rootPort: rootPort.map { ports[$0].number }, topologyChanges: topologyChanges)
    }

    /// Every port, in the order of their addition.
    public var portStatus: [SpanningTreePortStatus] {
        ports.map { Self.status(of: $0) }
    }

    public func status(of number: UInt16) -> SpanningTreePortStatus? {
        index(of: number).map { Self.status(of: ports[$0]) }
    }

    /// The recommended path cost of a link (table 17-3): 20,000 for 1 Gbit/s, 2,000 for 10 Gbit/s.
    public static func pathCost(bitsPerSecond: UInt64) -> UInt32 {
        bitsPerSecond == 0 ? 200_000_000 : UInt32(max(1, min(20_000_000_000_000 / bitsPerSecond, 200_000_000)))
    }
}

extension SpanningTree {
    func index(of number: UInt16) -> Int? {
        // Ports are usually numbered from one in the order of their addition.
        let guess = Int(number) - 1
        if ports.indices.contains(guess), ports[guess].number == number { return guess }
        return ports.firstIndex { $0.number == number }
    }

    var bridgeTimes: SpanningTreeTimes {
        SpanningTreeTimes(
            messageAge: 0, maxAge: UInt16(parameters.maxAge) << 8, helloTime: UInt16(parameters.helloTime) << 8,
            forwardDelay: UInt16(parameters.forwardDelay) << 8)
    }

    func reselectAll() {
        for index in ports.indices {
            ports[index].reselect = true
            ports[index].selected = false
            dirty[index] = true
        }
    }

    private func removePort(at index: Int) {
        ports.remove(at: index)
        dirty.remove(at: index)
        rootPort = nil
        reselectAll()
    }

    private static func status(of port: SpanningTreePort) -> SpanningTreePortStatus {
        SpanningTreePortStatus(
            number: port.number, role: port.role, state: port.state, pathCost: port.pathCost,
            priority: port.portPriority8, isEdge: port.operEdge, isPointToPoint: port.pointToPoint,
            sendsRSTP: port.sendRSTP, designatedBridge: port.portPriority.bridgeID, bpdusSent: port.sent,
            bpdusReceived: port.received, bpdusInvalid: port.invalid)
    }
}
