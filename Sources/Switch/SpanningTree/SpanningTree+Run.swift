import Wire

/// Running the machines to a fixed point, sending, and finding the next deadline.
extension SpanningTree {
    func run() {
        // A fixed point is reached in a few passes; the bound keeps a defect from becoming a hang.
        var passes = 0
        while passes < 64, dirty.contains(true) {
            passes += 1
            // Information first, so that roles are chosen once for all that is known.
            for index in ports.indices where dirty[index] {
                detectEdge(index)
                while migrate(index) {}
                while inform(index) {}
            }
            selectRoles()
            var changed = false
            for index in ports.indices where dirty[index] {
                dirty[index] = false
                var steps = 0
                while steps < 256, step(index) {
                    steps += 1
                    changed = true
                }
            }
            if changed {
                for index in ports.indices where ports[index].role != .designated && ports[index].role != .disabled {
                    dirty[index] = true
                }
            }
        }
        for index in ports.indices {
            announce(index)
            transmit(index)
        }
        nextDeadline = findDeadline()
    }

    private func step(_ index: Int) -> Bool {
        detectEdge(index)
        return inform(index) || transitionRole(index) || transitionState(index) || changeTopology(index)
    }

    /// Tells a role or state that has not been told yet.
    func announce(_ index: Int) {
        let port = ports[index]
        guard port.announced != (port.role, port.state) else { return }
        ports[index].announced = (port.role, port.state)
        events.append(.portState(port: port.number, role: port.role, state: port.state))
    }

    // MARK: Port state transition machine (17.30)

    private func transitionState(_ index: Int) -> Bool {
        let port = ports[index]
        guard port.learning != port.learn || port.forwarding != port.forward else { return false }
        ports[index].learning = port.learn
        ports[index].forwarding = port.forward
        announce(index)
        return true
    }

    // MARK: Port transmit machine (17.26)

    private func transmit(_ index: Int) {
        guard ports[index].portEnabled else {
            ports[index].newInfo = false
            ports[index].txCount = 0
            ports[index].helloWhen.stop()
            return
        }
        let port = ports[index]
        if port.helloWhen.hasEnded(at: clock) {
            if (port.role == .designated && !isQuiet(port)) || (port.role == .root && !port.tcWhile.hasEnded(at: clock))
            {
                ports[index].newInfo = true
            }
            ports[index].helloWhen.start(helloTime(of: port), at: clock)
        }
        while ports[index].txCount > 0, ports[index].txDecrement <= clock {
            ports[index].txCount -= 1
            ports[index].txDecrement &+= parameters.txInterval
        }
        guard isDueToTransmit(ports[index]), ports[index].txCount < parameters.txHoldCount else { return }
        if ports[index].txCount == 0 { ports[index].txDecrement = clock &+ parameters.txInterval }
        ports[index].txCount += 1
        ports[index].newInfo = false
        ports[index].sent &+= 1
        events.append(.transmit(port: port.number, frame: message(of: ports[index]).frame(source: port.address)))
        if port.sendRSTP || port.role == .designated { ports[index].tcAck = false }
    }

    private func isDueToTransmit(_ port: SpanningTreePort) -> Bool {
        port.newInfo && port.selected && !port.updtInfo && port.portEnabled
            && (port.sendRSTP || port.role == .root || port.role == .designated)
    }

    private func isQuiet(_ port: SpanningTreePort) -> Bool {
        parameters.quietEdges && port.adminEdge && port.operEdge
    }

    private func message(of port: SpanningTreePort) -> BPDU {
        if !port.sendRSTP && port.role == .root { return .topologyChangeNotification }
        var message = BPDU(kind: port.sendRSTP ? .rapid : .configuration)
        message.rootIdentifier = port.designatedPriority.rootID
        message.rootPathCost = port.designatedPriority.rootPathCost
        message.bridgeIdentifier = port.designatedPriority.bridgeID
        message.portIdentifier = port.designatedPriority.portID
        message.times = port.designatedTimes
        if !port.tcWhile.hasEnded(at: clock) { message.flags |= BPDU.Flag.topologyChange }
        if port.sendRSTP {
            message.portRole = BPDU.PortRole(port.role)
            if port.agree { message.flags |= BPDU.Flag.agreement }
            if port.proposing { message.flags |= BPDU.Flag.proposal }
            if port.learning { message.flags |= BPDU.Flag.learning }
            if port.forwarding { message.flags |= BPDU.Flag.forwarding }
        } else if port.tcAck {
            message.flags |= BPDU.Flag.topologyChangeAcknowledgment
        }
        return message
    }

    // MARK: Deadlines

    /// The earliest timer whose end changes something without another input.
    private func findDeadline() -> UInt64? {
        if dirty.contains(true) { return clock &+ 1_000_000_000 }
        var earliest = UInt64.max
        func consider(_ timer: SpanningTreeTimer, _ matters: Bool) {
            if matters, timer.deadline > clock { earliest = min(earliest, timer.deadline) }
        }
        for port in ports where port.portEnabled {
            let waits = (port.role == .root || port.role == .designated) && !port.forward
            consider(port.fdWhile, waits)
            consider(port.rbWhile, waits)
            consider(port.rrWhile, port.role != .root)
            consider(port.rcvdInfoWhile, port.infoIs == .received)
            consider(port.edgeDelayWhile, port.autoEdge && !port.operEdge && port.proposing && port.sendRSTP)
            let hasTopologyChange = port.role == .root && !port.tcWhile.hasEnded(at: clock)
            consider(port.helloWhen, hasTopologyChange || (port.role == .designated && !isQuiet(port)))
            if isDueToTransmit(port) { earliest = min(earliest, port.txDecrement) }
        }
        return earliest == .max ? nil : earliest
    }
}

/// Parameters of the tree that the machines use (17.20), in nanoseconds.
extension SpanningTree {
    private static func nanoseconds(_ units: UInt16) -> UInt64 { UInt64(units) * SpanningTreeTimes.nanosecondsPerUnit }

    func helloTime(of port: SpanningTreePort) -> UInt64 { Self.nanoseconds(port.designatedTimes.helloTime) }
    func maxAge(of port: SpanningTreePort) -> UInt64 { Self.nanoseconds(port.designatedTimes.maxAge) }
    /// "FwdDelay".
    func rootForwardDelay(of port: SpanningTreePort) -> UInt64 { Self.nanoseconds(port.designatedTimes.forwardDelay) }
    /// "forwardDelay": short where the neighbour speaks RSTP.
    func forwardDelay(of port: SpanningTreePort) -> UInt64 {
        port.sendRSTP ? helloTime(of: port) : rootForwardDelay(of: port)
    }
}
