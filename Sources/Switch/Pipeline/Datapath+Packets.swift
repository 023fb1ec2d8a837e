import Wire

// The way of a packet.

extension Datapath {
    /// A packet that a device has read. Takes the packet over.
    /// - Parameter now: the clock's time in nanoseconds; never less than in the call before.
    public func receive(_ packet: PacketRef, from device: Int32, now: UInt64) {
        let state = devices + Int(device)
        let length = packet.pointee.length
        state.pointee.receivedPackets &+= 1
        state.pointee.receivedBytes &+= UInt64(length)
        guard length >= 14 else { return discard(packet, .badLength) }
        if packet.pointee.offload.flags | packet.pointee.offload.gsoType != 0 {
            guard Segmentation.sanitize(packet) else { return discard(packet, .badOffload) }
        }
        let direction = state.pointee.direction
        guard direction >= 0 else { return discard(packet, .unconnected) }
        send(packet, direction: direction, now: now)
        if !delivered.isEmpty { runDelivered() }
        if !(arrivals.isEmpty && control.isEmpty) { runArrivals(now: now) }
    }

    /// Does what is due at `now`: packets that leave links, timers of spanning trees, the sweep of idle megaflows.
    public func run(now: UInt64) {
        while let (_, token) = wheel.popExpired(now: now) {
            switch LinkToken.kind(token) {
            case LinkToken.event: linkEvent(LinkToken.link(token), now: now)
            case Self.sweepToken >> 56: sweep(now: now)
            case Self.spanningTreeToken >> 56: spanningTreeTimer(bridge: Int32(truncatingIfNeeded: token), now: now)
            case Self.connectionToken >> 56: sweepConnections(now: now)
            case Self.bondToken >> 56: runBonds(now: now)
            case Self.flowToken >> 56: flowTimer(Int32(truncatingIfNeeded: token), now: now)
            default: break
            }
        }
        runDelivered()
        if !(arrivals.isEmpty && control.isEmpty) { runArrivals(now: now) }
    }

    /// Empties the outbox; its packets now belong to the caller, who has read them.
    public func emptyOutbox() { outbox.removeAll() }

    /// When `run` wants to be called next, or nil while nothing waits.
    public var nextDeadline: UInt64? { wheel.nextDeadline }

    static var sweepToken: UInt64 { 16 << 56 }
    static var spanningTreeToken: UInt64 { 17 << 56 }

    // MARK: Links

    /// Puts a packet onto a direction of a link.
    @inline(__always)
    func send(_ packet: PacketRef, direction index: Int32, now: UInt64) {
        let direction = directions + Int(index)
        if let model = direction.pointee.model {
            model.pointee.send(
                packet, now: now, wheel: &wheel, pool: &pool, delivered: &delivered)
            return
        }
        guard direction.pointee.isUp else { return discard(packet, .linkDown) }
        direction.pointee.packets &+= 1
        direction.pointee.bytes &+= UInt64(packet.pointee.length)
        arrive(packet, at: direction.pointee.far, now: now)
    }

    private func linkEvent(_ index: Int32, now: UInt64) {
        guard let model = directions[Int(index)].model else { return }
        model.pointee.expired(now: now, wheel: &wheel, pool: &pool, delivered: &delivered)
        runDelivered()
    }

    /// Packets that have come through a link go on, at the time at which they were due: however late the poller is,
    /// its lateness does not add up along a way of several links.
    func runDelivered() {
        while let packet = delivered.popFirst() {
            let far = directions[Int(packet.pointee.link)].far
            packet.pointee.link = -1
            arrive(packet, at: far, now: packet.pointee.due)
        }
    }

    @inline(__always)
    func arrive(_ packet: PacketRef, at end: LinkEnd, now: UInt64) {
        switch end {
        case .device(let device): emit(packet, device: device)
        case .port(let port): process(packet, port: port, now: now)
        case .none: discard(packet, .unconnected)
        }
    }

    @inline(__always)
    func emit(_ packet: PacketRef, device: Int32) {
        devices[Int(device)].sentPackets &+= 1
        devices[Int(device)].sentBytes &+= UInt64(packet.pointee.length)
        outbox.append(packet, device: device)
    }

    /// Packets for the bridges' own protocols, and those that the bridges send: each may cause others.
    func runArrivals(now: UInt64) {
        while true {
            if let packet = control.popFirst() {
                receiveBridgeProtocol(packet, port: packet.pointee.link, now: now)
            } else if let packet = arrivals.popFirst() {
                let direction = packet.pointee.link
                packet.pointee.link = -1
                send(packet, direction: direction, now: now)
                runDelivered()
            } else {
                return
            }
        }
    }

    // MARK: Look-up

    /// A packet that has come to a port of a bridge.
    func process(_ packet: PacketRef, port: Int32, now: UInt64) {
        let layout = extract(
            frame: UnsafeRawBufferPointer(packet.bytes), inPort: UInt32(bitPattern: port), into: scratch)
        let hash = scratch.exactHash(seed: hashSeed)
        var megaflow = exactMatches.lookup(scratch, hash: hash)
        if megaflow >= 0 && flows.flows[Int(megaflow)].isAlive {
            exactMatchHits &+= 1
            if perform(megaflow, packet, layout, now: now) { goOn(now: now) }
            return
        }
        megaflow = megaflows.lookup(scratch)
        if megaflow >= 0 {
            megaflowHits &+= 1
            exactMatches.insert(scratch, hash: hash, payload: megaflow)
            if perform(megaflow, packet, layout, now: now) { goOn(now: now) }
        } else {
            misses &+= 1
            megaflow = translate(packet, layout, now: now) { $0.run(port: port) }
            performAnswer(megaflow, packet, layout, isTracked: false, now: now)
            goOn(now: now)
        }
    }

    // MARK: Actions

    /// Does what a megaflow says. Takes the packet over.
    /// - Parameter isTracked: whether the tracker has seen the packet in this bridge.
    /// - Returns: whether the packet goes on with a frozen state (`PipelineState.tail`).
    func perform(
        _ megaflow: Int32, _ packet: PacketRef, _ layout: PacketLayout, isTracked: Bool = false, now: UInt64
    ) -> Bool {
        let flow = flows.flows + Int(megaflow)
        let length = packet.pointee.length
        flow.pointee.packets &+= 1
        flow.pointee.bytes &+= UInt64(length)
        flow.pointee.lastUsed = now
        let count = Int(flow.pointee.actionCount)
        guard count > 0, let actions = flow.pointee.actions else {
            pool.release(packet)
            return false
        }
        if count == 1 {
            // The common cases, without bookkeeping.
            switch actions[0] {
            case .device(let device):
                emit(packet, device: device)
                return false
            case .link(let direction):
                send(packet, direction: direction, now: now)
                return false
            default: break
            }
        }
        var state = Performance(packet: packet, layout: layout, isTracked: isTracked)
        var index = 0
        var clones = 0
        while index < count {
            let isLast = index == count - 1
            var isGone = false
            switch actions[index] {
            case .device(let device):
                if isLast {
                    emit(state.packet, device: device)
                    return false
                }
                state.packet.pointee.references &+= 1
                emit(state.packet, device: device)
            case .link(let direction):
                if isLast && state.packet.pointee.references == 1 {
                    send(state.packet, direction: direction, now: now)
                    return false
                }
                // A link threads its packets into lists: it needs one of its own.
                if let copy = pool.copy(state.packet) {
                    send(copy, direction: direction, now: now)
                } else {
                    drops[Int(DropReason.noMemory.rawValue)] &+= 1
                }
            case .setField(let field, let value):
                isGone = !own(&state.packet)
                if !isGone { PacketEditing.set(field, value, in: state.packet, &state.layout) }
            case .pushVLAN(let tpid, let tci):
                isGone = !own(&state.packet)
                if !isGone && !PacketEditing.pushVLAN(tpid: tpid, tci: tci & 0xefff, in: state.packet, &state.layout) {
                    discard(state.packet, .noMemory)
                    isGone = true
                }
            case .popVLAN:
                isGone = !own(&state.packet)
                if !isGone {
                    let before = state.packet.pointee.length
                    PacketEditing.popVLAN(state.packet, &state.layout)
                    PacketEditing.pad(state.packet, from: before)
                }
            case .beginClone:
                beginClone(state)
                clones &+= 1
            case .endClone:
                endClone(&state)
                clones &-= 1
            case .recirculate(let number):
                if isLast {
                    setTail(state, number)
                    return true
                }
                recirculateCopy(&state, number, now: now)
            default:
                isGone = !performRare(actions[index], &state, now: now)
                if isGone, case .meter = actions[index] {
                    var ordinal = 0
                    for before in 0..<index { if case .meter = actions[before] { ordinal &+= 1 } }
                    takeBack(megaflow, behindMeter: ordinal, bytes: length)
                }
            }
            index &+= 1
            if isGone {
                guard clones > 0 else { return false }
                // The copy is gone; its original goes on behind the end of the copy's actions.
                var depth = 0
                while index < count {
                    if case .beginClone = actions[index] { depth &+= 1 }
                    if case .endClone = actions[index] {
                        if depth == 0 { break }
                        depth &-= 1
                    }
                    index &+= 1
                }
                abandonClone(&state)
                clones &-= 1
                index &+= 1
            }
        }
        pool.release(state.packet)
        return false
    }

    @inline(never)
    func capture(_ packet: PacketRef, port: Int32, outgoing: Bool, now: UInt64) {
        onCapture?(port, outgoing, UnsafeRawBufferPointer(packet.bytes), now)
    }

    /// Makes sure that nobody else holds the packet; false where there is no memory for a copy.
    func own(_ packet: inout PacketRef) -> Bool {
        guard packet.pointee.references > 1 else { return true }
        let copy = pool.copy(packet)
        pool.release(packet)
        guard let copy else {
            drops[Int(DropReason.noMemory.rawValue)] &+= 1
            return false
        }
        packet = copy
        return true
    }

    func discard(_ packet: PacketRef, _ reason: DropReason) {
        drops[Int(reason.rawValue)] &+= 1
        pool.release(packet)
    }

    /// Notes a packet that a device could not send.
    public func noteDeviceDrop() { drops[Int(DropReason.device.rawValue)] &+= 1 }

    /// Notes a packet that came while there was no memory for another.
    public func noteMemoryDrop() { drops[Int(DropReason.noMemory.rawValue)] &+= 1 }
}
