// Ports: what they are told, what they are, what they have done (OpenFlow 1.5, 7.2.1, 7.3.4.4, 7.3.5.5).

extension Datapath {
    /// Tells a port what to do; nothing happens where the bridge has none of that number.
    public func setPort(bridge: Int32, number: UInt32, _ configuration: PortConfiguration, now: UInt64) {
        guard let index = port(bridge: bridge, number: number) else { return }
        let port = ports[Int(index)]
        let before = port.configuration
        guard before != configuration else { return }
        port.configuration = configuration
        changed(.ports(bridge: bridge))
        let owner = bridges[Int(bridge)]
        if before.contains(.down) != configuration.contains(.down) {
            let isUp = !configuration.contains(.down) && hasCarrier(port)
            bondChanged(port, now: now)
            if owner.spanningTree != nil {
                owner.spanningTree?.setPortEnabled(UInt16(truncatingIfNeeded: number), isUp, now: now)
                treesToSettle.insert(bridge)
                settleSpanningTrees(now: now)
            } else if !isUp && (port.bond?.active ?? -1) < 0 {
                owner.addresses.flush(port: index)
            }
        }
        if before.contains(.noSpanningTree) != configuration.contains(.noSpanningTree), owner.spanningTree != nil {
            if configuration.contains(.noSpanningTree) {
                owner.spanningTree?.removePort(UInt16(truncatingIfNeeded: number), now: now)
                port.state = .forwarding
            } else if port.direction >= 0 {
                addToSpanningTree(port, facing: directions[Int(port.direction)].far, now: now)
            }
            treesToSettle.insert(bridge)
            settleSpanningTrees(now: now)
        }
        tell(.portChanged(bridge: bridge, port: number))
    }

    /// Changes the VLANs of a port.
    public func setVLAN(port index: Int32, _ vlan: VLANMode) {
        let port = ports[Int(index)]
        guard port.vlan != vlan else { return }
        port.vlan = vlan
        bridges[Int(port.bridge)].addresses.flush(port: index)
        changed(.ports(bridge: port.bridge))
    }

    /// Gives a port another name or MAC address.
    public func rename(port index: Int32, name: String? = nil, address: UInt64? = nil) {
        if let name { ports[Int(index)].name = name }
        if let address { ports[Int(index)].address = address }
    }

    /// Whether the port has a link that is up.
    func hasCarrier(_ port: BridgePort) -> Bool { port.direction >= 0 && directions[Int(port.direction)].isUp }

    /// Whether packets may leave by a port (`OFPPS_LIVE`): for groups that watch it.
    func isAlive(port index: Int32) -> Bool {
        let port = ports[Int(index)]
        return hasCarrier(port) && !port.configuration.contains(.down) && port.state == .forwarding
    }

    // MARK: Descriptions and statistics

    public func portDescription(bridge: Int32, number: UInt32) -> PortDescription? {
        guard let index = port(bridge: bridge, number: number) else { return nil }
        return description(of: ports[Int(index)])
    }

    /// All ports of a bridge, by number.
    public func portDescriptions(bridge: Int32) -> [PortDescription] {
        bridges[Int(bridge)].ordered.map { description(of: ports[Int($0)]) }
    }

    private func description(of port: BridgePort) -> PortDescription {
        let tree = bridges[Int(port.bridge)].spanningTree
        let role = tree?.status(of: UInt16(truncatingIfNeeded: port.number))?.role
        return PortDescription(
            number: port.number, name: port.name, address: port.address, configuration: port.configuration,
            isLinkDown: !hasCarrier(port), spanningTree: port.state,
            runsSpanningTree: tree != nil,
            joinsSpanningTree: port.state != .forwarding && (role == .designated || role == .root),
            rate: port.direction >= 0 ? profiles[Int(port.direction)].rate : nil)
    }

    /// What a port has done, or all ports by number; empty where there is none of that number.
    public func portStatistics(bridge: Int32, number: UInt32? = nil, now: UInt64) -> [PortStatistics] {
        payCredits()
        let wanted = number == PortNumber.any ? nil : number
        return bridges[Int(bridge)].ordered.map { ports[Int($0)] }.filter { wanted == nil || $0.number == wanted }
            .map { port in
                var dropped: UInt64 = 0
                if port.direction >= 0, let model = directions[Int(port.direction)].model {
                    dropped = model.pointee.statistics.dropped
                }
                return PortStatistics(
                    number: port.number,
                    received: TrafficCount(packets: port.receivedPackets, bytes: port.receivedBytes),
                    sent: TrafficCount(packets: port.sentPackets, bytes: port.sentBytes),
                    receiveDrops: port.receiveDrops, sendDrops: port.sendDrops &+ dropped,
                    age: now &- min(now, port.created))
            }
    }

    /// What the queues of a port have done.
    /// - Parameters:
    ///   - port, queue: nil: all of the bridge, or of the port.
    public func queueStatistics(bridge: Int32, port: UInt32? = nil, queue: UInt32? = nil, now: UInt64)
        -> [QueueStatistics]
    {
        var list: [QueueStatistics] = []
        forEachModel(bridge: bridge, port: port) { port, model in
            for counter in model.pointee.queueCounters where queue == nil || counter.id == queue {
                list.append(
                    QueueStatistics(
                        port: port.number, queue: counter.id,
                        sent: TrafficCount(packets: counter.packets, bytes: counter.bytes), drops: counter.drops,
                        age: now &- min(now, port.queuesCreated)))
            }
        }
        return list
    }

    /// The queues of a port as they are set up (`OFPMP_QUEUE_DESC`, `ofp_queue_get_config_reply`).
    public func queueDescriptions(bridge: Int32, port: UInt32? = nil, queue: UInt32? = nil) -> [QueueDescription] {
        var list: [QueueDescription] = []
        forEachModel(bridge: bridge, port: port) { port, model in
            for settings in model.pointee.queues where queue == nil || settings.id == queue {
                list.append(QueueDescription(port: port.number, queue: settings))
            }
        }
        return list
    }

    /// Ports whose links have queues of their own.
    private func forEachModel(
        bridge: Int32, port wanted: UInt32?, _ body: (BridgePort, UnsafeMutablePointer<LinkDirection>) -> Void
    ) {
        for index in bridges[Int(bridge)].ordered {
            let port = ports[Int(index)]
            guard wanted == nil || wanted == PortNumber.any || port.number == wanted, port.hasQueues,
                port.direction >= 0, let model = directions[Int(port.direction)].model
            else { continue }
            body(port, model)
        }
    }
}
