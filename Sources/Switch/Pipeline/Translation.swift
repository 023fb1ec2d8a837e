// From a packet to a megaflow: the pipeline of OpenFlow, through as many bridges as the packet crosses.
//
// What: starting at the port of a bridge, it looks the packet up in the flow tables, follows the actions, and notes
// what the data path is to do, what the packet counts for, which bits of the packet it looked at, and what it asked
// that may change.
// Design: a link that sets no rate, delay or loss is followed to its other end at once, so that one megaflow reaches
// from a host's port to the last device or modelled link, whatever lies between. Changes of header fields and VLAN
// tags are made in `key` only; before each output the difference between `key` and `base` (the packet as the actions
// noted so far leave it) becomes actions. So each branch of a flood sees the packet as it was at the branching. What
// cannot be undone by another difference (labels, backbone headers, meters) is noted at once, and a branch with any of
// that is done to a copy (`branch`). Where the key does not say what comes next, the translation stops
// (Translation+Freezing.swift).
// A translation's side effects, learning addresses and flows, stay away when it traces.

final class Translation {
    /// The packet as the pipeline sees it now.
    var key = FlowKey()
    /// The packet as the noted actions leave it.
    var base = FlowKey()
    /// The bits that the answer depends on.
    var wildcards = FlowMask()
    var actions: [DatapathAction] = []
    var credits: [Credit] = []
    var subjects: [Subject] = []
    /// The tables that it asked, and what they saw.
    var tableLookups = NotedLookups()
    /// The packet as the megaflow cache saw it.
    var original = FlowKey()
    /// The frame, for what the flow key does not hold; nil when a trace has none.
    var frame: UnsafeRawBufferPointer?
    var layout = PacketLayout()
    var now: UInt64 = 0
    /// Whether addresses and flows are learned, and states frozen for later.
    var learns = true
    var recorder: TraceRecorder?

    /// The bridge that the packet is in.
    var here: TranslationContext
    /// Whose action is done.
    var origin = TranslationOrigin()
    /// Whether a controller has sent the packet to this bridge.
    var isPacketOut = false
    /// The part of the key behind the last label or tag is unknown, since it was hidden from the parser until now.
    var hidden = false
    /// An action that cannot be undone has been noted since the last branching.
    var isIrreversible = false
    /// The mirrors of this bridge, a bit each, that have had the packet.
    var mirrored: UInt32 = 0
    /// A mirror's copy is on its way.
    var isMirroring = false
    /// `exit` was met: nothing more is done in this bridge but the action set.
    var exited = false
    /// The translation has stopped, and collects what is left to do.
    var freezing: Freezing?
    /// Where the packet would be looked up again, of a trace.
    var stops: [TraceStop] = []
    /// Flows that the packet defines (`learn`), to be added when the translation is done.
    var learned: [(bridge: Bridge, change: FlowModification, limit: UInt32)] = []
    /// Those that were new.
    var learnedRules: [LearnedRule] = []

    /// What `options` has been (Translation+TunnelOptions.swift).
    var optionLists: [[TunnelOption]] = []
    private var noted: Set<Subject> = []
    var entries = 0
    private var depth = 0
    var lookups = 0
    var resubmits = 0
    var notedQueue: UInt32 = 0
    /// Set when a limit was met: the answer is a drop.
    private(set) var failure: Failure?
    var failed: Bool { failure != nil }

    /// A limit that was met, in Open vSwitch's words.
    enum Failure {
        case tooDeep, tooManyResubmits, stackTooDeep

        var reason: String {
            switch self {
            case .tooDeep: "Recursion too deep"
            case .tooManyResubmits: "Too many resubmits"
            case .stackTooDeep: "Stack too deep"
            }
        }
    }

    /// Bridges that one packet may enter.
    static let entryLimit = 4096
    /// Look-ups that one packet may cause.
    static let lookupLimit = 4096
    /// Resubmits within each other, as Open vSwitch limits them.
    static let resubmitDepthLimit = 64
    /// Bytes on the stack, as Open vSwitch limits it.
    static let stackLimit = 65536

    unowned let datapath: Datapath

    init(datapath: Datapath) {
        self.datapath = datapath
        here = TranslationContext(bridge: nowhere, port: nil)
    }

    /// Stands in `here` while nothing is translated.
    private let nowhere = Bridge(index: -1, name: "", address: 0, settings: BridgeSettings())

    func reset() {
        actions.removeAll(keepingCapacity: true)
        credits.removeAll(keepingCapacity: true)
        subjects.removeAll(keepingCapacity: true)
        noted.removeAll(keepingCapacity: true)
        optionLists.removeAll()
        learned.removeAll(keepingCapacity: true)
        learnedRules.removeAll(keepingCapacity: true)
        tableLookups.removeAll()
        wildcards = FlowMask()
        here = TranslationContext(bridge: nowhere, port: nil)
        origin = TranslationOrigin()
        isPacketOut = false
        hidden = false
        isIrreversible = false
        exited = false
        mirrored = 0
        isMirroring = false
        freezing = nil
        entries = 0
        depth = 0
        lookups = 0
        resubmits = 0
        notedQueue = 0
        failure = nil
        stops.removeAll()
        frame = nil
        recorder = nil
        learns = true
    }

    /// Translates the packet in `key`, which came to `port`.
    func run(port: Int32) {
        base = key
        original = key
        credits.append(.received(port: port))
        enter(port)
        end()
    }

    /// Goes on with a packet whose translation stopped; `key` holds its headers as they are now, and what it carries.
    func run(_ state: FrozenState) {
        original = key
        key.thaw(state.metadata)
        takeOptions(state.options)
        base = key
        here = state.context
        mirrored = here.mirrored
        notedQueue = state.notedQueue
        note(.ports(bridge: here.bridge.index))
        recorder?.open(.bridge, "bridge(\"\(here.bridge.name)\")")
        recorder?.thaw(state.steps)
        perform(state.steps)
        endPipeline()
        recorder?.close()
        end()
    }

    /// Does a controller's actions to the packet in `key`; `in_port` and the other pipeline fields are in the key.
    func run(_ list: [Action], bridge: Bridge, port: BridgePort?) {
        base = key
        original = key
        here = TranslationContext(bridge: bridge, port: port)
        origin.reason = .packetOut
        isPacketOut = true
        note(.ports(bridge: bridge.index))
        recorder?.open(.bridge, "bridge(\"\(bridge.name)\")")
        perform(list)
        endPipeline()
        recorder?.close()
        end()
    }

    private func end() {
        if failed {
            // Part of a loop is no answer. The drop is kept like any other: the same packets would loop again.
            datapath.release(actions)
            stops.removeAll()
            actions.removeAll(keepingCapacity: true)
            credits.removeAll(keepingCapacity: true)
            credits.append(.drop(.tooDeep))
        } else {
            addLearnedFlows()
        }
        // Nothing is left to hide it from.
        while case .hideConnection? = actions.last { actions.removeLast() }
        // Registers and the like start out the same for all packets: what was read of them does not tell packets apart.
        for word in [1, 2, 3, 4, 5, 6, 7, 8, 9] { wildcards[word: word] = 0 }
        wildcards[.actionSetOutput] = .zero
        wildcards[.conjunctionID] = .zero
    }

    func note(_ subject: Subject) {
        if noted.insert(subject).inserted { subjects.append(subject) }
    }

    /// - Parameter isTold: whether a trace has been told why.
    func drop(_ reason: DropReason, isTold: Bool = false) {
        switch reason {
        case _ where isTold: break
        // What went before says so.
        case .noFlow, .flow, .nowhere, .hairpin, .ttl, .fragment: break
        default: recorder?.detail("dropped: \(reason.explanation)")
        }
        credits.append(.drop(reason))
    }

    func fail(_ failure: Failure, _ text: String) {
        recorder?.error(text)
        self.failure = failure
    }

    // MARK: Into a bridge

    /// The packet comes to a port of a bridge, on a way of its own.
    func enter(_ index: Int32) {
        let port = datapath.ports[Int(index)]
        let bridge = datapath.bridges[Int(port.bridge)]
        entries += 1
        let depthLimit = datapath.depthLimit
        guard entries <= Self.entryLimit, depth <= depthLimit else {
            fail(
                .tooDeep,
                "the packet entered more than \(depth > depthLimit ? depthLimit : Self.entryLimit) bridges: a loop")
            return
        }
        let outer = (here, origin, exited, resubmits, mirrored, isPacketOut)
        defer { (here, origin, exited, resubmits, mirrored, isPacketOut) = outer }
        mirrored = 0
        isPacketOut = false
        here = TranslationContext(bridge: bridge, port: port)
        origin = TranslationOrigin()
        exited = false
        resubmits = 0
        key.set(.inPort, UInt64(port.number))
        // What a trace says of metadata and connection is for the first bridge.
        if entries > 1 {
            leaveConnection()
            key.clearPipelineFields()
        }
        recorder?.open(.bridge, "bridge(\"\(bridge.name)\")")
        defer { recorder?.close() }
        note(.ports(bridge: bridge.index))
        if port.isCaptured {
            commit()
            actions.append(.capture(port: index, outgoing: false))
        }
        guard admits(port) else {
            credits.append(.receiveDrop(port: index))
            return drop(.port)
        }
        mirrorArrival(port)
        if bridge.spanningTree != nil && !port.configuration.contains(.noSpanningTree) {
            wildcards.setKindOfDestination(key.value(.ethDestination))
            if key.value(.ethDestination) == ReservedAddress.bridgeGroup {
                recorder?.detail("a bridge protocol data unit: to the spanning tree")
                commit()
                actions.append(.bridgeProtocol(port: index))
                return
            }
            if port.state != .forwarding {
                if port.state == .learning { learnSource() }
                credits.append(.receiveDrop(port: index))
                drop(.spanningTree)
                return
            }
        }
        if hidden {
            freeze([.instructions(Instructions(goTo: 0), origin)])
        } else {
            lookUp(table: 0)
        }
        // The first bridge's action set stands behind its last table.
        if entries == 1 { recorder?.reopen() }
        endPipeline()
        if entries == 1 { recorder?.close() }
    }

    /// Whether the port's settings let the packet in (`ofp_port_config`).
    private func admits(_ port: BridgePort) -> Bool {
        let barriers: PortConfiguration = [.down, .noReceive, .noReceiveSpanningTree]
        guard !port.configuration.isDisjoint(with: barriers) else { return true }
        // Of a port that is down no packets come; a trace tells what would become of them, as in Open vSwitch.
        if port.configuration.contains(.down) && recorder == nil { return false }
        wildcards.setKindOfDestination(key.value(.ethDestination))
        let isOfSpanningTree = key.value(.ethDestination) == ReservedAddress.bridgeGroup
        return !port.configuration.contains(isOfSpanningTree ? .noReceiveSpanningTree : .noReceive)
    }

    /// The packet leaves what a bridge found out about its connection behind.
    private func leaveConnection() {
        guard key.value(.ctState) != 0 else { return }
        // The answer behind is the same whatever the state was, but it is there to be forgotten.
        actions.append(.clearConnection)
        isIrreversible = true
    }

    /// What is left when tables and actions are through: the action set, or the frozen state that will do it.
    func endPipeline() {
        if freezing == nil {
            performActionSet()
        } else if freezing!.steps.last != .actionSet {
            freezing!.steps.append(.actionSet)
        }
        finishFreezing()
    }

    /// Performs the action set, when the pipeline has ended.
    func performActionSet() {
        guard !failed, here.endsWithActionSet, !here.actionSet.isEmpty else { return }
        let ordered = here.actionSet.ordered
        here.actionSet = ActionSet()
        exited = false
        let before = origin
        origin.reason = isPacketOut ? .packetOut : .actionSet
        defer { origin = before }
        guard !ordered.isEmpty else { return drop(.flow) }
        recorder?.open(.table, "--. Executing action set:")
        perform(ordered)
        recorder?.close()
    }

    // MARK: Branches

    /// Does something to the packet as it is now, and then goes on as if it had not been done: to the packet in the
    /// pipeline by putting the key back, and in the data path, where that is not enough, by working on a copy.
    func branch(_ body: () -> Void) {
        let start = actions.count
        let creditStart = credits.count
        let before = (key, base, hidden, isIrreversible, notedQueue)
        isIrreversible = false
        body()
        if isIrreversible {
            actions.insert(.beginClone, at: start)
            actions.append(.endClone)
            for place in creditStart..<credits.count {
                // What a meter lets through ends with the copy.
                if case .metered(-1) = credits[place] { credits[place] = .metered(Int32(credits.count - place - 1)) }
            }
            (key, base, hidden, isIrreversible, notedQueue) = before
        } else {
            key = before.0
            isIrreversible = before.3
        }
    }

    /// As `branch`, in a bridge's pipeline: action set, stack and queue come back too, and what stops inside, stops there.
    func pipelineBranch(_ body: () -> Void) {
        let outer = (here, origin, exited)
        here.endsWithActionSet = false
        branch {
            body()
            finishFreezing()
        }
        (here, origin, exited) = outer
    }

    /// Follows a link to the port at its far end.
    func cross(to far: Int32) {
        depth += 1
        branch { enter(far) }
        depth -= 1
    }
}

/// Addresses that bridges treat apart (IEEE 802.1D-2004 tables 7-9 and 7-10).
enum ReservedAddress {
    static let bridgeGroup: UInt64 = 0x0180_c200_0000
    /// 01:80:c2:00:00:00 to :0f are not forwarded by a bridge.
    static func isLinkLocal(_ address: UInt64) -> Bool { address & ~0xf == bridgeGroup }
    static func isMulticast(_ address: UInt64) -> Bool { address & 0x0100_0000_0000 != 0 }
}
