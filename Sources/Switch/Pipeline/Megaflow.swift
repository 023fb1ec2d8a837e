// Cached answers of the pipeline.
//
// What: a megaflow is a masked key (kept by the `MegaflowCache`) and what to do with the packets under it: the actions
// of the data path, and the *credits*, the rules, ports, links and addresses that each packet counts for.
// Design: the packet's way touches only the actions and three counters. The credits are paid later, when someone asks
// for a counter, when the megaflow goes, and at each sweep: a way through a hundred switches costs a packet no more
// than a way through one, and every counter is right whenever it is read.

/// What the data path does with a packet: no reference in it, so that it may lie in raw memory. Numbers without another
/// explanation are those of the data path's shared tables; the megaflow is one of their users.
enum DatapathAction {
    /// Hands the packet to a device.
    case device(Int32)
    /// Puts the packet onto a modelled direction of a link.
    case link(Int32)
    /// Overwrites a header field.
    case setField(Field, FieldValue)
    case pushVLAN(tpid: UInt16, tci: UInt16)
    case popVLAN
    case pushMPLS(etherType: UInt16, entry: UInt32)
    case popMPLS(etherType: UInt16)
    /// An I-TAG in front, with this first word.
    case pushPBB(etherType: UInt16, tag: UInt32)
    case popPBB
    /// Between the MPLS label at the bottom of the stack and the IP header behind it.
    case copyTTL(inward: Bool)
    /// The queue for the outputs that follow.
    case setQueue(UInt32)
    /// The next output gets no more than the first bytes.
    case truncate(UInt32)
    /// Shows the packet to whoever captures at the port.
    case capture(port: Int32, outgoing: Bool)
    /// To the spanning tree of the port's bridge.
    case bridgeProtocol(port: Int32)
    /// What is done up to the matching `endClone` is done to a copy.
    case beginClone
    case endClone
    /// Looks the packet up again, as it is now (`PipelineState.frozen`).
    case recirculate(Int32)
    /// The same, to one of two states: whether the packet is longer than `length` bytes.
    case checkLength(UInt16, longer: Int32, other: Int32)
    /// A hash of the packet's headers into its key's `dp_hash`, for the next recirculation: of the fields that the number
    /// (`PipelineState.hashes`) says, cut to the bits of the mask.
    case hash(Int32, mask: UInt32)
    /// To the controllers (`PipelineState.notices`).
    case controller(Int32)
    /// To whoever samples (`PipelineState.samples`).
    case sample(Int32)
    /// Through the meter of that number in the data path: what does not conform goes no further.
    case meter(Int32)
    /// Through the connection tracker (`PipelineState.trackings`).
    case track(Int32)
    /// The flow tables do not see what the tracker found; the tracker still knows.
    case hideConnection
    /// Forgets what the tracker found.
    case clearConnection
}

/// What a packet counts for.
enum Credit {
    case rule(Int32)
    case received(port: Int32)
    case sent(port: Int32)
    /// An unmodelled direction of a link, the port that sent the packet onto it and the port, if any, that it came to.
    case crossed(direction: Int32)
    /// Keeps a learned address young: `address` is the VLAN in the bits above the 48 of the address.
    case address(UInt64, port: Int32)
    case drop(DropReason)
    /// A look-up in a table, and whether a rule matched.
    case lookup(bridge: Int32, table: UInt8, matched: Bool)
    /// A bucket of a group (its place in the group's list; -1: the group itself).
    case bucket(bridge: Int32, group: UInt32, place: Int32)
    /// A hidden flow of a bridge, by its place.
    case hiddenFlow(bridge: Int32, number: Int32)
    /// Keeps the flow that a `learn` action added young (`PipelineState.learnings`).
    case learned(Int32)
    /// A packet that a port's settings or state kept out, or kept from leaving.
    case receiveDrop(port: Int32)
    case sendDrop(port: Int32)
    /// A copy by a mirror of the bridge, by its place.
    case mirrored(bridge: Int32, place: Int32)
    /// Counts for nothing: the next so many credits (-1: all) are of packets that a meter has let through.
    case metered(Int32)
    /// A TCP segment that ends its connection: shorter timeouts for the rule.
    case finTimeout(rule: Int32, idle: UInt16, hard: UInt16)
}

/// Why the data path dropped a packet.
public enum DropReason: UInt8, CaseIterable, Sendable, Codable {
    /// The host's virtio-net header contradicts its frame.
    case badOffload
    /// The frame is shorter than an Ethernet header or longer than any packet.
    case badLength
    /// The device or port has no link.
    case unconnected
    case linkDown
    /// No flow matched, in a table without a miss entry.
    case noFlow
    /// A flow says so, or sends the packet nowhere.
    case flow
    /// The port's spanning-tree state does not forward.
    case spanningTree
    /// The port does not carry the VLAN.
    case vlan
    /// The destination is behind the port that the packet came from.
    case hairpin
    /// An address that bridges do not forward (802.1D 7.12.6).
    case reserved
    /// No port of the bridge leads on.
    case nowhere
    /// The TTL reached 0.
    case ttl
    /// The flows or the switches form a loop.
    case tooDeep
    /// More than a meter lets through.
    case meter
    /// A port's settings say so.
    case port
    /// The connection tracker refuses it.
    case connection
    /// A fragment, in a bridge that is told to drop fragments.
    case fragment
    case noMemory
    /// The kernel did not take the packet.
    case device
}

struct Megaflow {
    var packets: UInt64 = 0
    var bytes: UInt64 = 0
    var lastUsed: UInt64 = 0
    /// What has been paid to the credits.
    var paidPackets: UInt64 = 0
    var paidBytes: UInt64 = 0
    var actions: UnsafeMutablePointer<DatapathAction>?
    var credits: UnsafeMutablePointer<Credit>?
    var actionCount: Int32 = 0
    var creditCount: Int32 = 0
    /// The head of its list in the dependency index.
    var dependencies: Int32 = -1
    var isAlive = false
}

/// The megaflows by number, at stable numbers; a number that a megaflow leaves is not given out again before the
/// exact-match cache has forgotten it.
struct MegaflowTable: ~Copyable {
    private(set) var flows: UnsafeMutablePointer<Megaflow>
    private var capacity: Int
    private(set) var used = 0
    private(set) var liveCount = 0
    private var free: [Int32] = []
    /// Numbers that may still stand in the exact-match cache.
    private(set) var quarantine: [Int32] = []
    /// Removed, but perhaps being performed: their actions are still there.
    private(set) var dying: [Int32] = []

    init() {
        capacity = 1024
        flows = .allocate(capacity: capacity)
    }

    deinit {
        for index in 0..<used { Self.freeBlocks(flows + index) }
        flows.deallocate()
    }

    mutating func add(actions: [DatapathAction], credits: [Credit], now: UInt64) -> Int32 {
        var index: Int32
        if let last = free.popLast() {
            index = last
        } else {
            if used == capacity {
                let larger = UnsafeMutablePointer<Megaflow>.allocate(capacity: capacity * 2)
                larger.moveInitialize(from: flows, count: used)
                flows.deallocate()
                flows = larger
                capacity *= 2
            }
            index = Int32(used)
            used += 1
        }
        var flow = Megaflow()
        flow.lastUsed = now
        flow.isAlive = true
        flow.actionCount = Int32(actions.count)
        flow.creditCount = Int32(credits.count)
        if !actions.isEmpty {
            let copy = UnsafeMutablePointer<DatapathAction>.allocate(capacity: actions.count)
            actions.withUnsafeBufferPointer { copy.initialize(from: $0.baseAddress!, count: actions.count) }
            flow.actions = copy
        }
        if !credits.isEmpty {
            let copy = UnsafeMutablePointer<Credit>.allocate(capacity: credits.count)
            credits.withUnsafeBufferPointer { copy.initialize(from: $0.baseAddress!, count: credits.count) }
            flow.credits = copy
        }
        (flows + Int(index)).initialize(to: flow)
        liveCount += 1
        return index
    }

    /// Ends a megaflow. Its actions and credits stay until `bury`: it may be the one that is being performed.
    mutating func remove(_ index: Int32) {
        let flow = flows + Int(index)
        guard flow.pointee.isAlive else { return }
        flow.pointee.isAlive = false
        liveCount -= 1
        dying.append(index)
    }

    /// Frees the memory of the last megaflow that was removed and not yet buried; its number goes into quarantine.
    /// - Parameter release: is handed each of its actions and credits before.
    /// - Returns: false where there was none.
    mutating func bury(
        _ release: (UnsafeBufferPointer<DatapathAction>, UnsafeBufferPointer<Credit>) -> Void
    ) -> Bool {
        guard let index = dying.popLast() else { return false }
        let flow = flows + Int(index)
        let last = flow.pointee
        flow.pointee.actions = nil
        flow.pointee.credits = nil
        flow.pointee.actionCount = 0
        flow.pointee.creditCount = 0
        quarantine.append(index)
        release(
            UnsafeBufferPointer(start: last.actions, count: Int(last.actionCount)),
            UnsafeBufferPointer(start: last.credits, count: Int(last.creditCount)))
        last.actions?.deallocate()
        last.credits?.deallocate()
        return true
    }

    /// Gives the quarantined numbers free; the exact-match cache must have been emptied.
    mutating func endQuarantine() {
        free.append(contentsOf: quarantine)
        quarantine.removeAll(keepingCapacity: true)
    }

    private static func freeBlocks(_ flow: UnsafeMutablePointer<Megaflow>) {
        flow.pointee.actions?.deallocate()
        flow.pointee.credits?.deallocate()
    }
}
