// From a packet to a megaflow: the pipeline of OpenFlow, through as many bridges as the packet crosses.
//
// What: starting at the port of a bridge, it looks the packet up in the flow tables, follows the actions, and notes
// what the data path is to do, what the packet counts for, which bits of the packet it looked at, and what it asked
// that may change.
// Design: a link that sets no rate, delay or loss is followed to its other end at once, so that one megaflow reaches
// from a host's port to the last device or modelled link, whatever lies between. Header changes are made in `key`
// only; before each output the difference between `key` and `base` (the packet as the actions noted so far leave it)
// becomes actions. So each branch of a flood sees the packet as it was at the branching.
// A translation has one side effect, learning source addresses, and none when it traces.

final class Translation {
    /// The packet as the pipeline sees it now.
    var key = FlowKey()
    /// The packet as the noted actions leave it.
    private var base = FlowKey()
    /// The bits that the answer depends on.
    var wildcards = FlowMask()
    var actions: [DatapathAction] = []
    var credits: [Credit] = []
    var subjects: [Subject] = []
    /// The frame, for what the flow key does not hold; nil when a trace has none.
    var frame: UnsafeRawBufferPointer?
    var layout = PacketLayout()
    var now: UInt64 = 0
    /// Whether source addresses are learned.
    var learns = true
    var recorder: TraceRecorder?

    /// Where the packet is.
    struct Place {
        var bridge: Bridge
        var port: BridgePort
        var queue: UInt32 = 0
        var actionSet = ActionSet()
        var table: UInt8 = 0
    }

    private var noted: Set<Subject> = []
    private var entries = 0
    private var depth = 0
    private var lookups = 0
    private var resubmits = 0
    private var notedQueue: UInt32 = 0
    /// Set when a limit was met: the answer is a drop.
    private(set) var failed = false

    /// Bridges that one packet may enter.
    static let entryLimit = 4096
    /// Look-ups that one packet may cause.
    static let lookupLimit = 4096
    /// Resubmits within each other, as Open vSwitch limits them.
    static let resubmitDepthLimit = 64

    unowned let datapath: Datapath

    init(datapath: Datapath) {
        self.datapath = datapath
    }

    func reset() {
        actions.removeAll(keepingCapacity: true)
        credits.removeAll(keepingCapacity: true)
        subjects.removeAll(keepingCapacity: true)
        noted.removeAll(keepingCapacity: true)
        wildcards = FlowMask()
        entries = 0
        depth = 0
        lookups = 0
        resubmits = 0
        notedQueue = 0
        failed = false
        frame = nil
        recorder = nil
        learns = true
    }

    /// Translates the packet in `key`, which came to `port`.
    func run(port: Int32) {
        base = key
        credits.append(.received(port: port))
        enter(port)
        if failed {
            // Part of a loop is no answer. The drop is kept like any other: the same packets would loop again.
            actions.removeAll(keepingCapacity: true)
            credits.removeAll(keepingCapacity: true)
            credits.append(.drop(.tooDeep))
        }
    }

    func note(_ subject: Subject) {
        if noted.insert(subject).inserted { subjects.append(subject) }
    }

    func drop(_ reason: DropReason) {
        recorder?.line("-> dropped: \(reason.explanation)")
        credits.append(.drop(reason))
    }

    private func fail(_ text: String) {
        recorder?.line(">> \(text) <<")
        failed = true
    }

    // MARK: Into a bridge

    private func enter(_ index: Int32) {
        let port = datapath.ports[Int(index)]
        let bridge = datapath.bridges[Int(port.bridge)]
        entries += 1
        let depthLimit = datapath.depthLimit
        guard entries <= Self.entryLimit, depth <= depthLimit else {
            fail("the packet entered more than \(depth > depthLimit ? depthLimit : Self.entryLimit) bridges: a loop")
            return
        }
        key.set(.inPort, UInt64(port.number))
        key.clearPipelineFields()
        recorder?.open("bridge(\"\(bridge.name)\")", underlined: true)
        defer { recorder?.close() }
        note(.ports(bridge: bridge.index))
        if port.isCaptured {
            commit()
            actions.append(.capture(port: index, outgoing: false))
        }
        var place = Place(bridge: bridge, port: port)
        if bridge.spanningTree != nil {
            wildcards.setKindOfDestination(key.value(.ethDestination))
            if key.value(.ethDestination) == ReservedAddress.bridgeGroup {
                recorder?.line("a bridge protocol data unit: to the spanning tree")
                commit()
                actions.append(.bridgeProtocol(port: index))
                return
            }
            if port.state != .forwarding {
                if port.state == .learning { learnSource(place) }
                drop(.spanningTree)
                return
            }
        }
        lookUp(table: 0, &place)
        finish(&place)
    }

    // MARK: Flow tables

    private func lookUp(table: UInt8, _ place: inout Place) {
        lookups += 1
        guard lookups <= Self.lookupLimit else { return fail("more than \(Self.lookupLimit) table look-ups") }
        place.table = table
        note(.table(bridge: place.bridge.index, table: table))
        guard Int(table) < place.bridge.tables.count else { return miss(table) }
        let number = place.bridge.tables[Int(table)].classifier.lookup(&key, unite: &wildcards)
        guard number >= 0, let rule = datapath.rules[Int(number)] else { return miss(table) }
        credits.append(.rule(number))
        recorder?.rule(rule)
        recorder?.indent()
        defer { recorder?.outdent() }
        let instructions = rule.instructions
        perform(instructions.apply, &place)
        if failed { return }
        if instructions.clear { place.actionSet = ActionSet() }
        for action in instructions.write { place.actionSet.add(action) }
        if let metadata = instructions.metadata {
            let present = key.value(.metadata)
            key.set(.metadata, present & ~metadata.mask | metadata.value & metadata.mask)
        }
        if let next = instructions.goTo {
            recorder?.line("goto_table:\(next)")
            lookUp(table: next, &place)
        }
    }

    private func miss(_ table: UInt8) {
        recorder?.line("\(table). No match.")
        drop(.noFlow)
    }

    /// Performs the action set, when the pipeline has ended.
    private func finish(_ place: inout Place) {
        guard !failed, !place.actionSet.isEmpty else { return }
        let ordered = place.actionSet.ordered
        recorder?.line("action set: \(ordered.map(\.description).joined(separator: ","))")
        place.actionSet = ActionSet()
        perform(ordered, &place)
    }

    // MARK: Actions

    private func perform(_ list: [Action], _ place: inout Place) {
        for action in list {
            if failed { return }
            switch action {
            case .output(let port):
                output(port, place)
            case .enqueue(let port, let queue):
                let before = place.queue
                place.queue = queue
                output(port, place)
                place.queue = before
            case .setQueue(let queue):
                place.queue = queue
            case .setField(let field, let value, let mask):
                recorder?.line(action.description)
                set(field, value, mask)
            case .pushVLAN(let tpid):
                recorder?.line(action.description)
                wildcards.setExactTagStack()
                key.pushVLAN(tpid: tpid)
            case .popVLAN:
                recorder?.line(action.description)
                wildcards.setExactTagStack()
                key.popVLAN()
            case .decrementTTL:
                recorder?.line(action.description)
                wildcards.setExact(.ethType)
                guard key.isIP else { break }
                wildcards.setExact(.ipTTL)
                let ttl = key.value(.ipTTL)
                if ttl <= 1 {
                    drop(.ttl)
                    return
                }
                key.set(.ipTTL, ttl - 1)
            case .resubmit(let port, let table, _):
                resubmit(port: port, table: table, place)
            case .drop:
                drop(.flow)
                return
            default:
                break
            }
        }
    }

    private func set(_ field: Field, _ value: FieldValue, _ mask: FieldValue) {
        // The bits that stay come from the packet; whether the field is there at all, its prerequisites say.
        for condition in field.prerequisite.fields { wildcards.setExact(condition) }
        guard key.meets(field.prerequisite) else { return }
        wildcards.setExact(field)
        key[field] = (key[field] & ~mask) | (value & mask)
    }

    private func resubmit(port: UInt32?, table: UInt8?, _ place: Place) {
        var inner = place
        let before = key.value(.inPort)
        if let port, port != PortNumber.inPort { key.set(.inPort, UInt64(port)) }
        resubmits += 1
        if resubmits <= Self.resubmitDepthLimit {
            lookUp(table: table ?? place.table, &inner)
        } else {
            fail("more than \(Self.resubmitDepthLimit) resubmits within each other: a loop")
        }
        resubmits -= 1
        key.set(.inPort, before)
    }

    // MARK: Outputs

    private func output(_ number: UInt32, _ place: Place) {
        switch number {
        case PortNumber.inPort:
            recorder?.line("IN_PORT")
            emit(place.port, place)
        case PortNumber.normal:
            recorder?.line("NORMAL")
            recorder?.indent()
            normal(place)
            recorder?.outdent()
        case PortNumber.flood, PortNumber.all:
            recorder?.line(number == PortNumber.all ? "ALL" : "FLOOD")
            recorder?.indent()
            for index in place.bridge.ordered {
                let port = datapath.ports[Int(index)]
                if port === place.port || port.number == PortNumber.local && number == PortNumber.all { continue }
                if number == PortNumber.flood && (!port.floods || port.state != .forwarding) { continue }
                emit(port, place)
            }
            recorder?.outdent()
        case PortNumber.table:
            var inner = place
            lookUp(table: 0, &inner)
        case PortNumber.controller, PortNumber.any:
            recorder?.line(Action.output(number).description)
            drop(.flow)
        default:
            recorder?.line(number == PortNumber.local ? "LOCAL" : "output:\(number)")
            guard let index = place.bridge.ports[number] else {
                recorder?.line("no port \(number)")
                return drop(.nowhere)
            }
            let port = datapath.ports[Int(index)]
            // OpenFlow 1.0, 3.3 and 1.3, 5.12: not back to the input port unless IN_PORT says so.
            if port === place.port {
                recorder?.line("skipping output to input port")
                return drop(.hairpin)
            }
            emit(port, place)
        }
    }

    /// Sends the packet out of a port, and along an unmodelled link into what is behind it.
    func emit(_ port: BridgePort, _ place: Place) {
        if failed { return }
        guard port.direction >= 0 else { return drop(.unconnected) }
        guard port.state == .forwarding else { return drop(.spanningTree) }
        let direction = datapath.directions[Int(port.direction)]
        guard direction.isUp else { return drop(.linkDown) }
        if port.isCaptured {
            commit()
            actions.append(.capture(port: port.index, outgoing: true))
        }
        if place.queue != notedQueue {
            actions.append(.setQueue(place.queue))
            notedQueue = place.queue
        }
        if direction.model != nil {
            commit()
            recorder?.line("-> port \(port.name), onto its link")
            credits.append(.sent(port: port.index))
            actions.append(.link(port.direction))
            return
        }
        credits.append(.crossed(direction: port.direction))
        switch direction.far {
        case .device(let device):
            commit()
            recorder?.line("-> \(datapath.deviceName(device))")
            actions.append(.device(device))
        case .port(let far):
            let saved = key
            depth += 1
            enter(far)
            depth -= 1
            key = saved
        case .none:
            drop(.unconnected)
        }
    }

    /// Turns what differs between the packet so far and the pipeline's view into actions.
    private func commit() {
        guard !key.packetEquals(base) else { return }
        commitVLANs()
        for field in key.rewritableFields where key[field] != base[field] {
            actions.append(.setField(field, key[field]))
        }
        base = key
    }

    private func commitVLANs() {
        let wanted = key.vlanTags
        let present = base.vlanTags
        guard wanted != present else { return }
        // Tags are equal from the inside out as far as they need not change.
        var same = 0
        while same < min(wanted.count, present.count),
            wanted[wanted.count - 1 - same] == present[present.count - 1 - same]
        { same += 1 }
        for _ in same..<max(same, present.count) { actions.append(.popVLAN) }
        for tag in wanted.dropLast(same).reversed() { actions.append(.pushVLAN(tpid: tag.tpid, tci: tag.tci)) }
    }
}

/// Addresses that bridges treat apart (IEEE 802.1D-2004 tables 7-9 and 7-10).
enum ReservedAddress {
    static let bridgeGroup: UInt64 = 0x0180_c200_0000
    /// 01:80:c2:00:00:00 to :0f are not forwarded by a bridge.
    static func isLinkLocal(_ address: UInt64) -> Bool { address & ~0xf == bridgeGroup }
    static func isMulticast(_ address: UInt64) -> Bool { address & 0x0100_0000_0000 != 0 }
}
