// Connections: the `ct` actions.

extension Translation {
    /// - Returns: whether the actions behind are done too.
    func connectionTrack(_ tracking: ConnectionTracking) -> Bool {
        drop(.connection)
        return false
    }

    /// `ct_clear`: the packet counts as untracked from here on.
    func connectionClear() {
        wildcards.setExact(.ctState)
        guard key.value(.ctState) != 0 else { return }
        actions.append(.clearConnection)
        isIrreversible = true
        for field in Self.connectionFields { key[field] = .zero }
    }
}

extension Datapath {
    /// - Returns: whether the packet goes on; false: it has been given back.
    func track(_ number: Int32, _ state: inout Performance, now: UInt64) -> Bool {
        discard(state.packet, .connection)
        return false
    }
}
