import Linux
import OVSDB
import Switch
import Wire

// What the spanning tree has decided, in the columns of Bridge and Port (ovs-vswitchd.conf.db(5)). The tree is a rapid one in
// both cases: it falls back to the old protocol where a neighbour speaks that.

extension SwitchBinding {
    func writeSpanningTree(_ bridge: BoundBridge, _ counted: BridgeCounters, _ transaction: Transaction) throws {
        let plan = bridge.plan
        guard let tree = counted.spanningTree else {
            if bridge.hasTreeStatus {
                bridge.hasTreeStatus = false
                try transaction.update("Bridge", plan.row, ["status": .empty, "rstp_status": .empty])
                for port in plan.ports.values where database.row("Port", port.row) != nil {
                    try transaction.update("Port", port.row, Self.noTree)
                }
            }
            return
        }
        bridge.hasTreeStatus = true
        if plan.isRapid {
            let port = tree.rootPort.map { $0 | 0x8000 } ?? 0
            try transaction.update(
                "Bridge", plan.row,
                [
                    "rstp_status": .map([
                        "rstp_bridge_id": Self.rapidID(tree.bridgeID), "rstp_root_id": Self.rapidID(tree.rootID),
                        "rstp_root_path_cost": String(tree.rootPathCost),
                        "rstp_designated_id": Self.rapidID(tree.bridgeID),
                        "rstp_designated_port_id": UInt64(port).hexadecimal(digits: 4),
                        "rstp_bridge_port_id": UInt64(port).hexadecimal(digits: 4),
                    ])
                ])
        } else {
            try transaction.update(
                "Bridge", plan.row,
                [
                    "status": .map([
                        "stp_bridge_id": Self.identifier(tree.bridgeID),
                        "stp_designated_root": Self.identifier(tree.rootID),
                        "stp_root_path_cost": String(tree.rootPathCost),
                    ])
                ])
        }
        for status in counted.spanningTreePorts {
            guard let interface = bridge.interface(number: UInt32(status.number)),
                let port = plan.ports[interface.portName], database.row("Port", port.row) != nil
            else { continue }
            try transaction.update("Port", port.row, columns(of: status, interface, isRapid: plan.isRapid))
        }
    }

    private static let noTree: [String: Datum] = [
        "status": .empty, "statistics": .empty, "rstp_status": .empty, "rstp_statistics": .empty,
    ]

    private func columns(
        of status: SpanningTreePortStatus, _ interface: BoundInterface, isRapid: Bool
    ) -> [String: Datum] {
        let now = MonotonicClock.now()
        if interface.treeState?.state != status.state { interface.treeState = (status.state, now) }
        let seconds = (now - (interface.treeState?.since ?? now)) / 1_000_000_000
        let id = UInt64(status.priority) << 8 | UInt64(status.number)
        if isRapid {
            return [
                "rstp_status": .map([
                    "rstp_port_id": id.hexadecimal(digits: 4), "rstp_port_role": Self.rapidName(status.role),
                    "rstp_port_state": Self.rapidName(status.state),
                    "rstp_designated_bridge_id": Self.rapidID(status.designatedBridge),
                    "rstp_designated_path_cost": String(status.pathCost),
                ]),
                "rstp_statistics": .map([
                    "rstp_tx_count": Int64(clamping: status.bpdusSent),
                    "rstp_rx_count": Int64(clamping: status.bpdusReceived),
                    "rstp_error_count": Int64(clamping: status.bpdusInvalid), "rstp_uptime": Int64(clamping: seconds),
                ]),
            ]
        }
        return [
            "status": .map([
                "stp_port_id": String(id), "stp_role": Self.name(status.role), "stp_state": Self.name(status.state),
                "stp_sec_in_state": String(seconds),
            ]),
            "statistics": .map([
                "stp_tx_count": Int64(clamping: status.bpdusSent),
                "stp_rx_count": Int64(clamping: status.bpdusReceived),
                "stp_error_count": Int64(clamping: status.bpdusInvalid),
            ]),
        ]
    }

    // MARK: Words

    /// Priority and address: `8000.020000000001`.
    static func identifier(_ id: UInt64) -> String {
        (id >> 48).hexadecimal(digits: 4) + "." + (id & 0xffff_ffff_ffff).hexadecimal(digits: 12)
    }

    /// The same as the rapid protocol writes it: `8.000.020000000001`.
    static func rapidID(_ id: UInt64) -> String {
        let text = (id >> 48).hexadecimal(digits: 4)
        return "\(text.prefix(1)).\(text.dropFirst()).\((id & 0xffff_ffff_ffff).hexadecimal(digits: 12))"
    }

    static func name(_ role: SpanningTreePortRole) -> String { String(describing: role) }

    static func rapidName(_ role: SpanningTreePortRole) -> String {
        let name = name(role)
        return name.prefix(1).uppercased() + name.dropFirst()
    }

    static func name(_ state: SpanningTreePortState) -> String {
        switch state {
        // The old protocol tells listening and blocking apart; this one has one state for both.
        case .discarding: "listening"
        case .learning: "learning"
        case .forwarding: "forwarding"
        }
    }

    static func rapidName(_ state: SpanningTreePortState) -> String {
        switch state {
        case .discarding: "Discarding"
        case .learning: "Learning"
        case .forwarding: "Forwarding"
        }
    }
}
