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
            perform(megaflow, packet, layout, now: now)
            return
        }
        megaflow = megaflows.lookup(scratch)
        if megaflow >= 0 {
            megaflowHits &+= 1
            exactMatches.insert(scratch, hash: hash, payload: megaflow)
        } else {
            misses &+= 1
            megaflow = translate(packet, port: port, layout, now: now)
        }
        perform(megaflow, packet, layout, now: now)
    }

    /// Asks the pipeline and keeps its answer.
    private func translate(_ packet: PacketRef, port: Int32, _ layout: PacketLayout, now: UInt64) -> Int32 {
        if flows.liveCount >= megaflowLimit { removeAllMegaflows() }
        if flows.quarantine.count >= 4096 {
            exactMatches.invalidateAll()
            flows.endQuarantine()
        }
        let translation = translation
        translation.reset()
        translation.key = scratch.pointee
        translation.frame = UnsafeRawBufferPointer(packet.bytes)
        translation.layout = layout
        translation.now = now
        translation.run(port: port)
        translation.wildcards.setExact(.inPort)
        let megaflow = flows.add(actions: translation.actions, credits: translation.credits, now: now)
        _ = megaflows.insert(id: megaflow, key: scratch, mask: &translation.wildcards)
        var head: Int32 = -1
        for subject in translation.subjects { dependencies.add(megaflow, subject: subject, head: &head) }
        flows.flows[Int(megaflow)].dependencies = head
        scheduleSweep(now: now)
        return megaflow
    }

    func removeAllMegaflows() {
        for index in 0..<flows.used where flows.flows[index].isAlive { remove(megaflow: Int32(index)) }
    }

    // MARK: Actions

    /// Does what a megaflow says. Takes the packet over.
    private func perform(_ megaflow: Int32, _ packet: PacketRef, _ layout: PacketLayout, now: UInt64) {
        let flow = flows.flows + Int(megaflow)
        flow.pointee.packets &+= 1
        flow.pointee.bytes &+= UInt64(packet.pointee.length)
        flow.pointee.lastUsed = now
        let count = Int(flow.pointee.actionCount)
        guard count > 0, let actions = flow.pointee.actions else { return pool.release(packet) }
        if count == 1 {
            // The common cases, without bookkeeping.
            switch actions[0] {
            case .device(let device): return emit(packet, device: device)
            case .link(let direction): return send(packet, direction: direction, now: now)
            default: break
            }
        }
        var packet = packet
        var layout = layout
        for index in 0..<count {
            switch actions[index] {
            case .device(let device):
                if index == count - 1 { return emit(packet, device: device) }
                packet.pointee.references &+= 1
                emit(packet, device: device)
            case .link(let direction):
                if index == count - 1 && packet.pointee.references == 1 {
                    return send(packet, direction: direction, now: now)
                }
                // A link threads its packets into lists: it needs one of its own.
                guard let copy = pool.copy(packet) else {
                    drops[Int(DropReason.noMemory.rawValue)] &+= 1
                    continue
                }
                send(copy, direction: direction, now: now)
            case .setQueue(let queue):
                guard own(&packet) else { return }
                packet.pointee.queue = queue
            case .setField(let field, let value):
                guard own(&packet) else { return }
                PacketEditing.set(field, value, in: packet, &layout)
            case .pushVLAN(let tpid, let tci):
                guard own(&packet) else { return }
                guard PacketEditing.pushVLAN(tpid: tpid, tci: tci & 0xefff, in: packet, &layout) else {
                    return discard(packet, .noMemory)
                }
            case .popVLAN:
                guard own(&packet) else { return }
                PacketEditing.popVLAN(packet, &layout)
            case .capture(let port, let outgoing):
                capture(packet, port: port, outgoing: outgoing, now: now)
            case .bridgeProtocol(let port):
                // Not here: it may change ports, and with them the megaflow that is being performed.
                guard let copy = pool.copy(packet) else {
                    drops[Int(DropReason.noMemory.rawValue)] &+= 1
                    continue
                }
                copy.pointee.link = port
                control.append(copy)
            }
        }
        pool.release(packet)
    }

    @inline(never)
    private func capture(_ packet: PacketRef, port: Int32, outgoing: Bool, now: UInt64) {
        onCapture?(port, outgoing, UnsafeRawBufferPointer(packet.bytes), now)
    }

    /// Makes sure that nobody else holds the packet; false where there is no memory for a copy.
    private func own(_ packet: inout PacketRef) -> Bool {
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
