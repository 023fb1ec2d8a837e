// The ways out of a bridge.

extension Translation {
    /// - Parameter maxLength: how much of the packet goes out; nil: all of it.
    func output(_ number: UInt32, truncated maxLength: UInt32? = nil) {
        if let maxLength {
            branch {
                commit()
                actions.append(.truncate(maxLength))
                isIrreversible = true
                output(number)
            }
            return
        }
        switch number {
        case PortNumber.inPort:
            let own = UInt32(truncatingIfNeeded: key.value(.inPort))
            guard here.bridge.ports[own] != nil else { return drop(.nowhere) }
            leave(by: own)
        case PortNumber.normal:
            normal()
        case PortNumber.flood, PortNumber.all:
            // The local port is one of all, and of those that are flooded to, as in Open vSwitch.
            let own = UInt32(truncatingIfNeeded: key.value(.inPort))
            for index in here.bridge.ordered {
                let port = datapath.ports[Int(index)]
                if port.number == own { continue }
                if number == PortNumber.flood && (!port.floods || port.state != .forwarding) { continue }
                leave(by: port.number)
            }
        case PortNumber.table:
            resubmit(port: nil, table: 0)
        case PortNumber.controller:
            _ = controller(ControllerOutput(reason: origin.reason))
        case PortNumber.any, PortNumber.unset:
            break
        default:
            guard here.bridge.ports[number] != nil else {
                recorder?.warning("Nonexistent output port")
                return drop(.nowhere)
            }
            // OpenFlow 1.0, 3.3 and 1.3, 5.12: not back to the input port unless IN_PORT says so.
            if number == UInt32(truncatingIfNeeded: key.value(.inPort)), here.egressPort != number {
                recorder?.warning("skipping output to input port")
                return drop(.hairpin)
            }
            leave(by: number)
        }
    }

    func outputField(_ source: Subfield, _ maxLength: UInt16) {
        guard let value = read(source) else { return }
        var number = UInt32(truncatingIfNeeded: value.low)
        recorder?.detail("output port is \(number)")
        // OpenFlow 1.0's 16-bit reserved numbers mean today's.
        if source.count <= 16 && number >= 0xff00 { number |= 0xffff_0000 }
        if number == PortNumber.controller {
            _ = controller(ControllerOutput(maxLength: maxLength, reason: origin.reason))
        } else {
            output(number)
        }
    }

    /// Out of a port, through the egress tables where the bridge has some (OpenFlow 1.5, 5.1.2).
    func leave(by number: UInt32) {
        guard let index = here.bridge.ports[number] else { return drop(.nowhere) }
        let port = datapath.ports[Int(index)]
        guard let table = here.bridge.firstEgressTable, here.egressPort == nil else { return emit(port) }
        pipelineBranch {
            here.endsWithActionSet = true
            here.egressPort = number
            here.actionSet = ActionSet()
            here.actionSet.add(.output(number))
            if hidden {
                freeze([.instructions(Instructions(goTo: table), origin), .actionSet])
                return
            }
            lookUp(table: table)
            endPipeline()
        }
    }

    /// Sends the packet out of a port, and along an unmodelled link into what is behind it.
    func emit(_ port: BridgePort) {
        if failed { return }
        guard port.direction >= 0 else { return drop(.unconnected) }
        guard port.configuration.isDisjoint(with: [.down, .noForward]) else {
            credits.append(.sendDrop(port: port.index))
            recorder?.detail(
                port.configuration.contains(.noForward)
                    ? "OFPPC_NO_FWD set, skipping output" : "OFPPC_PORT_DOWN set, skipping output")
            return drop(.port)
        }
        if port.forwarding.isProtected && here.port?.forwarding.isProtected == true {
            recorder?.warning("Flow is between protected ports, skipping output.")
            return drop(.port, isTold: true)
        }
        guard port.state == .forwarding else { return drop(.spanningTree) }
        let direction = datapath.directions[Int(port.direction)]
        guard direction.isUp else {
            credits.append(.sendDrop(port: port.index))
            return drop(.linkDown)
        }
        mirrorDeparture(port)
        if port.isCaptured {
            commit()
            actions.append(.capture(port: port.index, outgoing: true))
        }
        if here.queue != notedQueue {
            actions.append(.setQueue(here.queue))
            notedQueue = here.queue
        }
        if direction.model != nil {
            commit()
            recorder?.detail("onto the link of port \(port.name)")
            credits.append(.sent(port: port.index))
            actions.append(.link(port.direction))
            return
        }
        credits.append(.crossed(direction: port.direction))
        switch direction.far {
        case .device(let device):
            commit()
            actions.append(.device(device))
        case .port(let far):
            cross(to: far)
        case .none:
            drop(.unconnected)
        }
    }

    // MARK: What has changed

    /// Turns what differs between the packet so far and the pipeline's view into actions.
    func commit() {
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
