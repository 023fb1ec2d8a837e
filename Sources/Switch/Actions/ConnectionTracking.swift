/// `NXAST_CT` (nicira-ext.h, ovs-actions(7)).
public struct ConnectionTracking: Equatable, Sendable {
    public enum Zone: Equatable, Sendable {
        case number(UInt16)
        case field(Subfield)
    }

    public var commit: Bool
    public var force: Bool
    public var zone: Zone
    /// The table where the tracked packet goes on; nil: the packet goes on untracked behind the action.
    public var table: UInt8?
    /// The helper: 0 none, 21 FTP, 69 TFTP.
    public var helper: UInt16
    /// Done in the context of the connection: `nat`, and `setField`, `load` and `move` into `ct_mark` and `ct_label`.
    public var actions: [Action]

    public init(
        commit: Bool = false, force: Bool = false, zone: Zone = .number(0), table: UInt8? = nil, helper: UInt16 = 0,
        actions: [Action] = []
    ) {
        self.commit = commit
        self.force = force
        self.zone = zone
        self.table = table
        self.helper = helper
        self.actions = actions
    }
}

/// `NXAST_NAT`: source or destination translation for a connection that is committed; neither: what the connection has.
public struct AddressTranslation: Hashable, Sendable {
    public enum Direction: UInt8, Sendable { case source, destination }
    public enum Addresses: Hashable, Sendable {
        case ipv4(first: UInt32, last: UInt32)
        case ipv6(first: FieldValue, last: FieldValue)
    }

    public var direction: Direction?
    public var addresses: Addresses?
    public var ports: ClosedRange<UInt16>?
    public var persistent: Bool
    /// How ports are chosen: by hash or at random; neither: as the tracker likes.
    public var hash: Bool
    public var random: Bool

    public init(
        direction: Direction? = nil, addresses: Addresses? = nil, ports: ClosedRange<UInt16>? = nil,
        persistent: Bool = false, hash: Bool = false, random: Bool = false
    ) {
        self.direction = direction
        self.addresses = addresses
        self.ports = ports
        self.persistent = persistent
        self.hash = hash
        self.random = random
    }
}
