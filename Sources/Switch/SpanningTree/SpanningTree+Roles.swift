/// Port role selection (17.28) and port role transitions (17.29).
extension SpanningTree {
    // MARK: Port role selection machine

    /// updtRolesTree (17.21.25) for the whole bridge, if a port asks for it.
    func selectRoles() {
        guard ports.contains(where: { $0.reselect }) else { return }
        rootPriority = SpanningTreePriority(rootID: bridgeID, bridgeID: bridgeID)
        rootTimes = bridgeTimes
        rootPort = nil
        for index in ports.indices where ports[index].infoIs == .received {
            let port = ports[index]
            guard (port.portPriority.bridgeID ^ bridgeID) & 0xFFFF_FFFF_FFFF != 0 else { continue }
            var path = port.portPriority
            let (cost, overflow) = path.rootPathCost.addingReportingOverflow(port.pathCost)
            path.rootPathCost = overflow ? .max : cost
            // Equal paths: the lower port identifier of this bridge decides.
            let wins = rootPort.map { path == rootPriority && port.portID < ports[$0].portID } ?? false
            guard path < rootPriority || wins else { continue }
            rootPriority = path
            rootPort = index
            rootTimes = port.portTimes
            let (age, tooOld) = rootTimes.messageAge.addingReportingOverflow(hopAge(in: rootTimes))
            rootTimes.messageAge = tooOld ? .max : age
        }
        for index in ports.indices { selectRole(index) }
    }

    private func selectRole(_ index: Int) {
        let port = ports[index]
        let designated = SpanningTreePriority(
            rootID: rootPriority.rootID, rootPathCost: rootPriority.rootPathCost, bridgeID: bridgeID,
            portID: port.portID)
        var times = rootTimes
        times.helloTime = UInt16(parameters.helloTime) << 8
        let role: SpanningTreePortRole
        var update = false
        switch port.infoIs {
        case .disabled:
            role = .disabled
        case .aged:
            role = .designated
            update = true
        case .mine:
            role = .designated
            update = port.portPriority != designated || port.portTimes != times
        case .received:
            if index == rootPort {
                role = .root
            } else if designated < port.portPriority {
                role = .designated
                update = true
            } else if (port.portPriority.bridgeID ^ bridgeID) & 0xFFFF_FFFF_FFFF == 0 {
                role = .backup
            } else {
                role = .alternate
            }
        }
        if !port.selected || role != port.selectedRole || update || port.designatedPriority != designated
            || port.designatedTimes != times
        {
            dirty[index] = true
        }
        ports[index].designatedPriority = designated
        ports[index].designatedTimes = times
        ports[index].selectedRole = role
        ports[index].updtInfo = update
        ports[index].reselect = false
        ports[index].selected = true
    }

    /// What one hop adds to the age of a message. A foreign root's maximum age is divided in the same way as ours.
    func hopAge(in times: SpanningTreeTimes) -> UInt16 {
        max(1, times.maxAge / parameters.maxHops)
    }

    // MARK: Port role transitions machine

    func transitionRole(_ index: Int) -> Bool {
        let port = ports[index]
        guard port.selected, !port.updtInfo else { return false }
        if port.role != port.selectedRole {
            enterRole(index)
            return true
        }
        switch port.role {
        case .disabled: return runDisabled(index)
        case .root: return runRoot(index)
        case .designated: return runDesignated(index)
        case .alternate, .backup: return runAlternate(index)
        }
    }

    private func enterRole(_ index: Int) {
        let port = ports[index]
        ports[index].role = port.selectedRole
        // Timers that the old role held at their start begin to run.
        ports[index].rrWhile.release(rootForwardDelay(of: port), at: clock)
        ports[index].rbWhile.release(2 * helloTime(of: port), at: clock)
        ports[index].fdWhile.release(port.role == .disabled ? maxAge(of: port) : forwardDelay(of: port), at: clock)
        switch port.selectedRole {
        case .root:
            ports[index].rrWhile.hold()
        case .designated:
            break
        case .disabled, .alternate, .backup:
            ports[index].learn = false
            ports[index].forward = false
        }
    }

    private func runDisabled(_ index: Int) -> Bool {
        let port = ports[index]
        guard !port.learning, !port.forwarding else { return false }
        guard !port.fdWhile.isHeld || port.sync || port.reRoot || !port.synced else { return false }
        settleBlocked(index)
        return true
    }

    /// DISABLED_PORT and ALTERNATE_PORT.
    private func settleBlocked(_ index: Int) {
        ports[index].fdWhile.hold()
        ports[index].rrWhile.stop()
        ports[index].synced = true
        ports[index].sync = false
        ports[index].reRoot = false
    }

    private func runAlternate(_ index: Int) -> Bool {
        let port = ports[index]
        if !port.learning, !port.forwarding, !port.fdWhile.isHeld || port.sync || port.reRoot || !port.synced {
            settleBlocked(index)
        } else if port.proposed && !port.agree {
            setSyncTree()
            ports[index].proposed = false
        } else if (!port.agree && isAllSynced) || (port.proposed && port.agree) {
            ports[index].proposed = false
            ports[index].agree = true
            ports[index].newInfo = true
        } else if port.role == .backup && !port.rbWhile.isHeld {
            ports[index].rbWhile.hold()
        } else {
            return false
        }
        return true
    }

    private func runRoot(_ index: Int) -> Bool {
        let port = ports[index]
        if port.proposed && !port.agree {
            setSyncTree()
            ports[index].proposed = false
        } else if (!port.agree && isAllSynced) || (port.proposed && port.agree) {
            ports[index].proposed = false
            ports[index].sync = false
            ports[index].agree = true
            ports[index].newInfo = true
        } else if !port.forward && !port.reRoot {
            for other in ports.indices {
                ports[other].reRoot = true
                dirty[other] = true
            }
        } else if port.reRoot && port.forward {
            ports[index].reRoot = false
        } else if !port.rrWhile.isHeld {
            ports[index].rrWhile.hold()
        } else if !port.forward,
            port.fdWhile.hasEnded(at: clock) || (port.rbWhile.hasEnded(at: clock) && isReRooted(index))
        {
            advanceState(index)
        } else {
            return false
        }
        return true
    }

    private func runDesignated(_ index: Int) -> Bool {
        let port = ports[index]
        let isRetired = port.rrWhile.hasEnded(at: clock)
        if !port.forward && !port.agreed && !port.proposing && !port.operEdge {
            ports[index].proposing = true
            ports[index].edgeDelayWhile.start(
                port.pointToPoint ? Self.migrateTime : maxAge(of: port), at: clock)
            ports[index].newInfo = true
        } else if (!port.learning && !port.forwarding && !port.synced) || (port.agreed && !port.synced)
            || (port.operEdge && !port.synced) || (port.sync && port.synced)
        {
            ports[index].rrWhile.stop()
            ports[index].synced = true
            ports[index].sync = false
        } else if isRetired && port.reRoot {
            ports[index].reRoot = false
        } else if (port.sync && !port.synced) || (port.reRoot && !isRetired) || port.disputed,
            !port.operEdge, port.learn || port.forward
        {
            ports[index].learn = false
            ports[index].forward = false
            ports[index].disputed = false
            ports[index].fdWhile.start(forwardDelay(of: port), at: clock)
        } else if !port.forward, port.fdWhile.hasEnded(at: clock) || port.agreed || port.operEdge,
            isRetired || !port.reRoot, !port.sync
        {
            advanceState(index)
            if ports[index].forward { ports[index].agreed = port.sendRSTP }
        } else {
            return false
        }
        return true
    }

    /// From discarding to learning, or from learning to forwarding.
    private func advanceState(_ index: Int) {
        if ports[index].learn {
            ports[index].forward = true
            ports[index].fdWhile.stop()
        } else {
            ports[index].learn = true
            ports[index].fdWhile.start(forwardDelay(of: ports[index]), at: clock)
        }
    }

    private func setSyncTree() {
        for index in ports.indices {
            ports[index].sync = true
            dirty[index] = true
        }
    }

    private var isAllSynced: Bool {
        ports.allSatisfy {
            $0.selected && !$0.updtInfo && $0.role == $0.selectedRole && ($0.role == .root || $0.synced)
        }
    }

    private func isReRooted(_ index: Int) -> Bool {
        ports.indices.allSatisfy { $0 == index || ports[$0].rrWhile.hasEnded(at: clock) }
    }
}
