/// A copy of some of a bridge's traffic, for somebody who watches (OVSDB's Mirror table, whose columns these are).
public struct Mirror: Equatable, Sendable {
    public var name: String
    /// Every packet that comes in.
    public var selectsAll: Bool
    /// Packets that come in by these ports (numbers), and those that leave by these.
    public var sources: Set<UInt32>
    public var destinations: Set<UInt32>
    /// Of what the above select, packets in these VLANs alone; nil: in any.
    public var vlans: Set<UInt16>?
    /// Where the copies go: a port, which then carries nothing else …
    public var outputPort: UInt32?
    /// … or a VLAN, to all ports that carry it.
    public var outputVLAN: UInt16?
    /// The most bytes of a copy; nil: all.
    public var snapLength: UInt32?

    public init(
        name: String, selectsAll: Bool = false, sources: Set<UInt32> = [], destinations: Set<UInt32> = [],
        vlans: Set<UInt16>? = nil, outputPort: UInt32? = nil, outputVLAN: UInt16? = nil, snapLength: UInt32? = nil
    ) {
        self.name = name
        self.selectsAll = selectsAll
        self.sources = sources
        self.destinations = destinations
        self.vlans = vlans
        self.outputPort = outputPort
        self.outputVLAN = outputVLAN
        self.snapLength = snapLength
    }
}
