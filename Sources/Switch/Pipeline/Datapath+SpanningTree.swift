// The spanning trees of the bridges: what joins the state machines (SpanningTree) to ports, links and time.

extension Datapath {
    /// A port takes part once it has a link; a port that faces a host is an edge port.
    func addToSpanningTree(_ port: BridgePort, facing other: LinkEnd, now: UInt64) {
        let bridge = bridges[Int(port.bridge)]
        guard bridge.spanningTree != nil else { return }
        let isEdge: Bool
        if case .port = other { isEdge = false } else { isEdge = bridge.settings.facesHosts }
        port.state = .discarding
        bridge.spanningTree?.addPort(
            number: UInt16(truncatingIfNeeded: port.number),
            pathCost: profiles[Int(port.direction)].rate.map(SpanningTree.pathCost(bitsPerSecond:)) ?? 2_000,
            adminEdge: isEdge, autoEdge: true, pointToPoint: true)
        if directions[Int(port.direction)].isUp {
            bridge.spanningTree?.setPortEnabled(UInt16(truncatingIfNeeded: port.number), true, now: now)
        }
        treesToSettle.insert(bridge.index)
    }

    func linkChanged(port: BridgePort, up: Bool, now: UInt64) {
        let bridge = bridges[Int(port.bridge)]
        bondChanged(port, now: now)
        if bridge.spanningTree != nil {
            bridge.spanningTree?.setPortEnabled(UInt16(truncatingIfNeeded: port.number), up, now: now)
            treesToSettle.insert(bridge.index)
        } else if !up && (port.bond?.active ?? -1) < 0 {
            // What was learned over the link is out of date (802.1D 17.11 flushes likewise).
            bridge.addresses.flush(port: port.index)
        }
        changed(.ports(bridge: bridge.index))
        tell(.portChanged(bridge: bridge.index, port: port.number))
    }

    func receiveBridgeProtocol(_ packet: PacketRef, port index: Int32, now: UInt64) {
        let port = ports[Int(index)]
        let bridge = bridges[Int(port.bridge)]
        if bridge.spanningTree != nil {
            _ = bridge.spanningTree?.receive(
                frame: UnsafeRawBufferPointer(packet.bytes), on: UInt16(truncatingIfNeeded: port.number), now: now)
            settle(bridge, now: now)
        }
        pool.release(packet)
    }

    @inline(never)
    func spanningTreeTimer(bridge index: Int32, now: UInt64) {
        let bridge = bridges[Int(index)]
        treeTimers[index] = nil
        bridge.spanningTree?.advance(to: now)
        settle(bridge, now: now)
    }

    func settleSpanningTrees(now: UInt64) {
        while let index = treesToSettle.popFirst() { settle(bridges[Int(index)], now: now) }
        if !(arrivals.isEmpty && control.isEmpty) { runArrivals(now: now) }
    }

    /// Carries out what the tree has decided.
    private func settle(_ bridge: Bridge, now: UInt64) {
        guard let events = bridge.spanningTree?.drainEvents() else { return }
        var stateChanged = false
        for event in events {
            switch event {
            case .transmit(let number, let frame):
                guard let index = bridge.ports[UInt32(number)] else { continue }
                transmit(frame, from: ports[Int(index)])
            case .portState(let number, _, let state):
                guard let index = bridge.ports[UInt32(number)] else { continue }
                if ports[Int(index)].state != state {
                    ports[Int(index)].state = state
                    stateChanged = true
                    tell(.portChanged(bridge: bridge.index, port: UInt32(number)))
                }
            case .flush(let number):
                guard let index = bridge.ports[UInt32(number)] else { continue }
                bridge.addresses.flush(port: index)
                stateChanged = true
            case .topologyChange: break
            }
        }
        if stateChanged { changed(.ports(bridge: bridge.index)) }
        if let next = bridge.spanningTree?.nextDeadline {
            if let (at, id) = treeTimers[bridge.index] {
                if at <= next { return }
                wheel.cancel(id)
            }
            let token = Self.spanningTreeToken | UInt64(UInt32(bitPattern: bridge.index))
            treeTimers[bridge.index] = (next, wheel.schedule(at: max(next, now), token: token))
        }
    }

    /// Sends a frame of the bridge's own out of a port, whatever the port's state.
    private func transmit(_ frame: [UInt8], from port: BridgePort) {
        guard port.direction >= 0 else { return }
        guard let packet = frame.withUnsafeBytes({ pool.allocate(copying: $0) }) else { return }
        packet.pointee.link = port.direction
        port.sentPackets &+= 1
        port.sentBytes &+= UInt64(frame.count)
        arrivals.append(packet)
    }
}
