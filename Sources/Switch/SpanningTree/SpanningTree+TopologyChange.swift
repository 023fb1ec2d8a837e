/// The topology change machine (17.31): who must forget what it learned, and who must be told.
///
/// The standard flushes at once on an RSTP port and ages rapidly on an STP port; here both flush at once.
extension SpanningTree {
    func changeTopology(_ index: Int) -> Bool {
        let port = ports[index]
        let isActiveRole = port.role == .root || port.role == .designated
        let hasFlags = port.rcvdTc || port.rcvdTcn || port.rcvdTcAck || port.tcProp
        switch port.topologyChange {
        case .inactive:
            guard port.learn else { return false }
            ports[index].topologyChange = .learning
            clearFlags(index)
        case .learning:
            if hasFlags {
                clearFlags(index)
            } else if isActiveRole && port.forward && !port.operEdge {
                startTimer(index)
                propagate(from: index)
                ports[index].newInfo = true
                ports[index].topologyChange = .active
                topologyChanges &+= 1
                events.append(.topologyChange(port: port.number))
            } else if !isActiveRole && !port.learn && !port.learning {
                ports[index].topologyChange = .inactive
                ports[index].tcWhile.stop()
                ports[index].tcAck = false
                events.append(.flush(port: port.number))
            } else {
                return false
            }
        case .active:
            if !isActiveRole || port.operEdge {
                ports[index].topologyChange = .learning
                clearFlags(index)
            } else if port.rcvdTcn || port.rcvdTc {
                if port.rcvdTcn { startTimer(index) }
                ports[index].rcvdTcn = false
                ports[index].rcvdTc = false
                if port.role == .designated { ports[index].tcAck = true }
                propagate(from: index)
            } else if port.tcProp {
                startTimer(index)
                ports[index].tcProp = false
                events.append(.flush(port: port.number))
            } else if port.rcvdTcAck {
                ports[index].tcWhile.stop()
                ports[index].rcvdTcAck = false
            } else {
                return false
            }
        }
        return true
    }

    private func clearFlags(_ index: Int) {
        ports[index].rcvdTc = false
        ports[index].rcvdTcn = false
        ports[index].rcvdTcAck = false
        ports[index].tcProp = false
    }

    /// newTcWhile (17.21.7)
    private func startTimer(_ index: Int) {
        let port = ports[index]
        guard port.tcWhile.hasEnded(at: clock) else { return }
        if port.sendRSTP {
            ports[index].tcWhile.start(helloTime(of: port) + 1_000_000_000, at: clock)
            ports[index].newInfo = true
        } else {
            ports[index].tcWhile.start(maxAge(of: port) + rootForwardDelay(of: port), at: clock)
        }
    }

    /// setTcPropTree (17.21.18)
    private func propagate(from index: Int) {
        for other in ports.indices where other != index {
            ports[other].tcProp = true
            dirty[other] = true
        }
    }
}
