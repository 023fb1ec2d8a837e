// Taking ports, links, devices and bridges away while packets flow. Numbers that come free are given out again: first
// everything that knows them lets go (megaflows, learned addresses, spanning tree, mirrors, packets under way).

extension Datapath {
    /// Takes a link away, and the packets on it.
    public func removeLink(_ link: Int32, now: UInt64) {
        let pair = [Int(link) * 2, Int(link) * 2 + 1]
        guard !freeLinks.contains(link) else { return }
        setUp(link: link, false, now: now)
        let ends = pair.map { directions[$0].far }
        for (index, end) in zip(pair, ends) {
            switch end {
            case .device(let device): devices[Int(device)].direction = -1
            case .port(let number):
                let port = ports[Int(number)]
                let owner = bridges[Int(port.bridge)]
                owner.spanningTree?.removePort(UInt16(truncatingIfNeeded: port.number), now: now)
                if owner.spanningTree != nil { treesToSettle.insert(owner.index) }
                port.direction = -1
                // The state of a port without a link says nothing.
                port.state = .forwarding
                changed(.ports(bridge: port.bridge))
            case .none: break
            }
            directions[index].far = .none
            if let model = directions[index].model {
                model.pointee.removeAll(wheel: &wheel, pool: &pool)
                model.deinitialize(count: 1)
                model.deallocate()
                directions[index].model = nil
            }
            profiles[index] = LinkProfile()
        }
        // Packets that the links have let through, or that bridges want to send, may still name it.
        settleSpanningTrees(now: now)
        run(now: now)
        freeLinks.append(link)
    }

    /// Takes a port away, with its link.
    public func removePort(_ index: Int32, now: UInt64) {
        let port = ports[Int(index)]
        guard !freePorts.contains(index) else { return }
        leaveBond(port)
        if port.direction >= 0 { removeLink(port.direction >> 1, now: now) }
        changed(.ports(bridge: port.bridge))
        let owner = bridges[Int(port.bridge)]
        owner.addresses.removePort(index)
        owner.routers.remove(port: index)
        changed(.routers(bridge: port.bridge))
        owner.remove(port)
        freePorts.append(index)
        resolveMirrors(owner)
    }

    /// Takes a device away, with its link. The outbox must hold no packet for it.
    public func removeDevice(_ device: Int32, now: UInt64) {
        guard !freeDevices.contains(device) else { return }
        let direction = devices[Int(device)].direction
        if direction >= 0 { removeLink(direction >> 1, now: now) }
        deviceNames[Int(device)] = ""
        freeDevices.append(device)
    }

    /// Takes a bridge away with its flows, groups, meters, ports and their links. Nothing is told of its flows.
    public func removeBridge(_ index: Int32, now: UInt64) {
        guard !freeBridges.contains(index) else { return }
        let owner = bridges[Int(index)]
        for port in owner.ordered { removePort(port, now: now) }
        bonds[index] = nil
        owner.isMonitored = false
        for table in owner.tables {
            changed(table, match: Match())
            var numbers: [Int32] = []
            table.classifier.forEach { numbers.append($0) }
            for number in numbers { if let rule = rules[Int(number)] { unlink(rule) } }
        }
        for id in Array(owner.meters.keys) { uninstallMeter(id, of: owner) }
        for id in owner.groups.keys { changed(.group(bridge: index, id: id)) }
        owner.groups = [:]
        pipeline.continuations.removeAll { $0.context.bridge === owner }
        owner.addresses.flush()
        owner.spanningTree = nil
        treesToSettle.remove(index)
        if let (_, timer) = treeTimers.removeValue(forKey: index) { wheel.cancel(timer) }
        owner.name = ""
        freeBridges.append(index)
    }
}
