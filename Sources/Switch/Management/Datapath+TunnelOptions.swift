// The options of tunnels that a bridge's flows can name.

extension Datapath {
    public func tunnelOptions(bridge: Int32) -> TunnelOptionTable { bridges[Int(bridge)].tunnelOptions }

    /// Gives fields to options, all or none.
    public func addTunnelOptions(
        bridge: Int32, _ mappings: [TunnelOptionTable.Mapping]
    ) throws(TunnelOptionTable.Refusal) {
        try bridges[Int(bridge)].tunnelOptions.add(mappings)
    }

    /// Takes fields from options, all or none.
    /// - Parameter indices: N of `tun_metadataN`; nil: all. Those that have no option are passed over.
    public func removeTunnelOptions(bridge: Int32, _ indices: [Int]?) throws(TunnelOptionTable.Refusal) {
        let owner = bridges[Int(bridge)]
        guard indices?.allSatisfy({ 0..<TunnelOption.count ~= $0 }) ?? true else { throw .badIndex }
        let removed = indices ?? owner.tunnelOptions.mappings.map { Int($0.index) }
        let bits: UInt64 = removed.reduce(0) { $0 | 1 << UInt64($1) }
        guard optionsInUse(by: owner) & bits == 0 else { throw .inUse }
        owner.tunnelOptions.remove(removed)
    }

    /// Actions for packets of a bridge, as its table of options has them.
    public func bound(bridge: Int32, _ actions: [Action]) throws(ModificationError) -> [Action] {
        try bridges[Int(bridge)].tunnelOptions.bound(actions)
    }

    /// A match of a bridge's flows, as its table of options has it.
    public func bound(bridge: Int32, _ match: Match) throws(ModificationError) -> Match {
        try bridges[Int(bridge)].tunnelOptions.bound(match)
    }

    /// The options that flows match or write, a bit each.
    private func optionsInUse(by owner: Bridge) -> UInt64 {
        var bits: UInt64 = 0
        for table in owner.tables {
            table.classifier.forEach { number in
                guard let rule = rules[Int(number)] else { return }
                bits |= rule.match.mask[word: FlowKey.optionWord]
                for list in [rule.instructions.apply, rule.instructions.write] {
                    for action in list where action.usesOptions { bits |= action.optionBits }
                }
            }
        }
        return bits
    }
}
