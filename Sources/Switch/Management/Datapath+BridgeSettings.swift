// What a bridge is set to, changed while packets flow.

extension Datapath {
    public func settings(bridge: Int32) -> BridgeSettings { bridges[Int(bridge)].settings }

    /// The bridge's own MAC address.
    public func address(bridge: Int32) -> UInt64 { bridges[Int(bridge)].address }

    /// Gives a bridge another address; its spanning tree starts anew.
    public func setAddress(bridge index: Int32, _ address: UInt64, now: UInt64) {
        let bridge = bridges[Int(index)]
        guard bridge.address != address else { return }
        bridge.address = address
        if bridge.settings.inBand != nil { renewHiddenFlows(of: bridge, now: now) }
        if bridge.spanningTree != nil { startSpanningTree(bridge, now: now) }
    }

    /// Changes what a bridge is set to.
    ///
    /// `standalone` adds or removes the flow of priority 0 that forwards as a learning switch does (fail mode); other flows
    /// stay. A spanning tree that starts or ends begins with all ports anew.
    public func setSettings(bridge index: Int32, _ settings: BridgeSettings, now: UInt64) {
        let bridge = bridges[Int(index)]
        let before = bridge.settings
        guard before != settings else { return }
        bridge.settings = settings
        changed(.ports(bridge: index))
        if before.ageing != settings.ageing {
            bridge.addresses.ageingTime = settings.ageing
            if let sweepAt, bridge.addresses.nextExpiry.map({ $0 < sweepAt }) ?? false {
                sweep(now: now)
            }
        }
        if before.inBand != settings.inBand { renewHiddenFlows(of: bridge, now: now) }
        if before.floodVLANs != settings.floodVLANs {
            for vlan in settings.floodVLANs { bridge.addresses.flush(vlan: vlan) }
        }
        if before.standalone != settings.standalone {
            if settings.standalone {
                addStandaloneFlow(bridge, now: now)
            } else {
                removeFlow(bridge: index, table: 0, priority: 0, match: Match(), now: now)
            }
        }
        if before.spanningTree != settings.spanningTree || before.hops != settings.hops {
            startSpanningTree(bridge, now: now)
        } else if settings.spanningTree && before.priority != settings.priority {
            bridge.spanningTree?.setPriority(settings.priority, now: now)
            treesToSettle.insert(index)
            settleSpanningTrees(now: now)
        }
    }

    /// Forgets what a bridge has learned, of one port or VLAN or of all (`fdb/flush`).
    public func flushAddresses(bridge: Int32, port: Int32? = nil, vlan: UInt16? = nil) {
        bridges[Int(bridge)].addresses.flush(port: port, vlan: vlan)
        changed(.ports(bridge: bridge))
    }

    func makeSpanningTree(_ bridge: Bridge) -> SpanningTree {
        var parameters = SpanningTree.Parameters.emulated
        parameters.maxHops = max(8, bridge.settings.hops)
        return SpanningTree(
            bridgeAddress: bridge.address, priority: bridge.settings.priority, parameters: parameters)
    }

    /// Starts the bridge's spanning tree anew, or ends it, as its settings say.
    private func startSpanningTree(_ bridge: Bridge, now: UInt64) {
        if let (_, timer) = treeTimers.removeValue(forKey: bridge.index) { wheel.cancel(timer) }
        bridge.spanningTree = bridge.settings.spanningTree ? makeSpanningTree(bridge) : nil
        bridge.addresses.flush()
        for index in bridge.ordered {
            let port = ports[Int(index)]
            port.state = .forwarding
            guard bridge.settings.spanningTree, port.direction >= 0 else { continue }
            addToSpanningTree(port, facing: directions[Int(port.direction)].far, now: now)
        }
        changed(.ports(bridge: bridge.index))
        settleSpanningTrees(now: now)
    }
}
