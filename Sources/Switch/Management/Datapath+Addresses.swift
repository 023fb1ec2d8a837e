// What is asked and said of the addresses that bridges have learned (`fdb/…` of ovs-appctl).

/// What a bridge's table of addresses holds and has done.
public struct AddressTableStatistics: Equatable, Sendable {
    public var count: Int
    public var limit: Int
    public var staticCount: Int
    /// Since the table was made, or since they were cleared.
    public var learned: UInt64
    public var expired: UInt64
    public var evicted: UInt64
    public var moved: UInt64
}

extension Datapath {
    public func addressStatistics(bridge: Int32) -> AddressTableStatistics {
        payCredits()
        let owner = bridges[Int(bridge)]
        return AddressTableStatistics(
            count: owner.addresses.count, limit: owner.addresses.limit, staticCount: owner.addresses.staticCount,
            learned: owner.addresses.learned, expired: owner.addresses.expired, evicted: owner.addresses.evictions,
            moved: owner.addresses.moves)
    }

    public func clearAddressStatistics(bridge: Int32) { bridges[Int(bridge)].addresses.clearStatistics() }

    /// Says where an address is, for good.
    /// - Parameter port: the port's number in the bridge.
    /// - Returns: false where there is no such port, or no room.
    public func addStaticAddress(bridge: Int32, port: UInt32, vlan: UInt16, mac: UInt64) -> Bool {
        let owner = bridges[Int(bridge)]
        guard let index = owner.ports[port], owner.addresses.addStatic(vlan: vlan, mac: mac, port: index) else {
            return false
        }
        changed(.address(bridge: bridge, vlan: vlan, mac: mac))
        return true
    }

    /// Takes back what `addStaticAddress` said; false where nothing was said.
    public func removeStaticAddress(bridge: Int32, vlan: UInt16, mac: UInt64) -> Bool {
        let owner = bridges[Int(bridge)]
        var isThere = false
        owner.addresses.forEach(now: 0) { if $0.isStatic, $0.vlan == vlan, $0.mac == mac { isThere = true } }
        guard isThere else { return false }
        owner.addresses.remove(vlan: vlan, mac: mac)
        changed(.address(bridge: bridge, vlan: vlan, mac: mac))
        return true
    }
}
