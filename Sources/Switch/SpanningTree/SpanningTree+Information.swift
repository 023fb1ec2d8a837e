import Wire

/// What comes in: receive (17.23), migration (17.24), bridge detection (17.25), port information (17.27).
extension SpanningTree {
    // MARK: Port receive machine

    func receive(_ bpdu: BPDU, on index: Int) {
        if bpdu.kind == .rapid { ports[index].rcvdRSTP = true } else { ports[index].rcvdSTP = true }
        ports[index].operEdge = false
        ports[index].message = bpdu
        ports[index].edgeDelayWhile.start(Self.migrateTime, at: clock)
    }

    /// Whether a message is this port's own, come back (9.3.4).
    func isReflection(_ bpdu: BPDU, on index: Int) -> Bool {
        bpdu.kind != .topologyChangeNotification && bpdu.bridgeIdentifier == bridgeID
            && bpdu.portIdentifier == ports[index].portID
    }

    // MARK: Port protocol migration machine

    func migrate(_ index: Int) -> Bool {
        if !ports[index].portEnabled {
            ports[index].migration = .checkingRSTP
            ports[index].mcheck = false
            ports[index].sendRSTP = true
            ports[index].mdelayWhile.hold()
            return false
        }
        ports[index].mdelayWhile.release(Self.migrateTime, at: clock)
        let port = ports[index]
        switch port.migration {
        case .checkingRSTP, .selectingSTP:
            guard port.mdelayWhile.hasEnded(at: clock) || (port.mcheck && port.migration == .selectingSTP) else {
                return false
            }
            ports[index].migration = .sensing
            ports[index].rcvdRSTP = false
            ports[index].rcvdSTP = false
            return true
        case .sensing:
            if port.mcheck || (!port.sendRSTP && port.rcvdRSTP) {
                ports[index].migration = .checkingRSTP
                ports[index].mcheck = false
                ports[index].sendRSTP = true
            } else if port.sendRSTP && port.rcvdSTP {
                ports[index].migration = .selectingSTP
                ports[index].sendRSTP = false
            } else {
                return false
            }
            ports[index].mdelayWhile.start(Self.migrateTime, at: clock)
            return true
        }
    }

    // MARK: Bridge detection machine

    func detectEdge(_ index: Int) {
        if !ports[index].portEnabled {
            ports[index].operEdge = ports[index].adminEdge
            ports[index].edgeDelayWhile.hold()
            return
        }
        ports[index].edgeDelayWhile.release(Self.migrateTime, at: clock)
        let port = ports[index]
        if port.edgeDelayWhile.hasEnded(at: clock), port.autoEdge, port.sendRSTP, port.proposing {
            ports[index].operEdge = true
        }
    }

    // MARK: Port information machine

    func inform(_ index: Int) -> Bool {
        let port = ports[index]
        if !port.portEnabled {
            ports[index].message = nil
            guard port.infoIs != .disabled else { return false }
            ports[index].proposing = false
            ports[index].proposed = false
            ports[index].agree = false
            ports[index].agreed = false
            ports[index].disputed = false
            ports[index].rcvdInfoWhile.stop()
            ports[index].infoIs = .disabled
            requestSelection(index)
            return true
        }
        if port.infoIs == .disabled
            || (port.infoIs == .received && port.rcvdInfoWhile.hasEnded(at: clock) && !port.updtInfo
                && port.message == nil)
        {
            ports[index].infoIs = .aged
            requestSelection(index)
            return true
        }
        if port.selected && port.updtInfo {
            update(index)
            return true
        }
        if let message = port.message, !port.updtInfo, port.infoIs != .aged {
            ports[index].message = nil
            handle(message, on: index)
            return true
        }
        return false
    }

    private func requestSelection(_ index: Int) {
        ports[index].reselect = true
        ports[index].selected = false
    }

    /// UPDATE: this bridge's own information is now the port's.
    private func update(_ index: Int) {
        let port = ports[index]
        ports[index].proposing = false
        ports[index].proposed = false
        // betterorsameInfo(Mine)
        let holds = port.infoIs == .mine && !(port.portPriority < port.designatedPriority)
        ports[index].agreed = port.agreed && holds
        ports[index].synced = port.synced && ports[index].agreed
        ports[index].portPriority = port.designatedPriority
        ports[index].portTimes = port.designatedTimes
        ports[index].updtInfo = false
        ports[index].infoIs = .mine
        ports[index].newInfo = true
    }

    /// RECEIVE and the states behind it (rcvInfo, 17.21.8).
    private func handle(_ message: BPDU, on index: Int) {
        if message.kind == .topologyChangeNotification {
            ports[index].rcvdTcn = true
            return
        }
        let port = ports[index]
        let priority = SpanningTreePriority(
            rootID: message.rootIdentifier, rootPathCost: message.rootPathCost, bridgeID: message.bridgeIdentifier,
            portID: message.portIdentifier)
        guard message.portRole == .designated else {
            if port.infoIs == .received && priority.isSameSource(as: port.portPriority) {
                // Beyond the standard: the bridge that was designated here says that it no longer is. Two bridges whose
                // messages crossed would otherwise each believe the other's stale claim until it times out.
                ports[index].agreed = false
                ports[index].rcvdInfoWhile.stop()
                setTopologyFlags(message, on: index)
                return
            }
            if !(priority < port.portPriority) {
                // InferiorRootAlternateInfo: NOT_DESIGNATED
                recordAgreement(message, on: index)
                setTopologyFlags(message, on: index)
            }
            return
        }
        if priority.isSuperior(to: port.portPriority)
            || (priority == port.portPriority && (message.times != port.portTimes || port.infoIs != .received))
        {
            // SUPERIOR_DESIGNATED
            ports[index].agreed = false
            ports[index].proposing = false
            recordProposal(message, on: index)
            setTopologyFlags(message, on: index)
            // betterorsameInfo(Received)
            let holds = port.infoIs == .received && !(port.portPriority < priority)
            ports[index].agree = port.agree && holds
            ports[index].portPriority = priority
            ports[index].portTimes = message.times
            ports[index].infoIs = .received
            updateReceivedInformationTimer(index)
            requestSelection(index)
        } else if priority == port.portPriority {
            // REPEATED_DESIGNATED
            recordProposal(message, on: index)
            setTopologyFlags(message, on: index)
            updateReceivedInformationTimer(index)
        } else {
            // INFERIOR_DESIGNATED: recordDispute
            if message.kind == .rapid && message.has(BPDU.Flag.learning) {
                ports[index].disputed = true
                ports[index].agreed = false
            }
            // Beyond the standard of 2004, as in that of 1998: a sender that does not know better is told at once, not with the
            // next hello. It may have thrown our message away while what it believed was better.
            ports[index].newInfo = true
        }
    }

    private func recordProposal(_ message: BPDU, on index: Int) {
        if message.has(BPDU.Flag.proposal) { ports[index].proposed = true }
    }

    private func recordAgreement(_ message: BPDU, on index: Int) {
        guard ports[index].pointToPoint, message.has(BPDU.Flag.agreement) else {
            ports[index].agreed = false
            return
        }
        ports[index].agreed = true
        ports[index].proposing = false
        ports[index].disputed = false
    }

    private func setTopologyFlags(_ message: BPDU, on index: Int) {
        if message.has(BPDU.Flag.topologyChange) { ports[index].rcvdTc = true }
        if message.has(BPDU.Flag.topologyChangeAcknowledgment) { ports[index].rcvdTcAck = true }
    }

    /// updtRcvdInfoWhile (17.21.23): three hello times, or nothing if the information is too old to be passed on.
    private func updateReceivedInformationTimer(_ index: Int) {
        let times = ports[index].portTimes
        if Int(times.messageAge) + Int(hopAge(in: times)) <= Int(times.maxAge) {
            ports[index].rcvdInfoWhile.start(
                3 * UInt64(times.helloTime) * SpanningTreeTimes.nanosecondsPerUnit, at: clock)
        } else {
            ports[index].rcvdInfoWhile.stop()
        }
    }
}
