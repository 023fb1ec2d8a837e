/// What a bond is set to (`bond_mode` and its like of Open vSwitch's Port table).
public struct BondSettings: Equatable, Sendable {
    /// Which member a packet leaves by.
    public enum Mode: String, Sendable {
        /// The active one, for all packets.
        case activeBackup = "active-backup"
        /// One for each source address and VLAN.
        case sourceBalanced = "balance-slb"
        /// One for each connection.
        case connectionBalanced = "balance-tcp"
    }

    public var mode: Mode
    /// How long a link has to be up, and down, before its member is used, and is used no more, in nanoseconds.
    public var upDelay: UInt64
    public var downDelay: UInt64
    /// The name of the port that is the active one whenever it can be.
    public var primary: String?
    /// What hashes start from.
    public var basis: UInt32
    /// Whether packets to groups count that come in by members that are not the active one.
    public var allMembersActive: Bool

    public init(
        mode: Mode = .activeBackup, upDelay: UInt64 = 0, downDelay: UInt64 = 0, primary: String? = nil,
        basis: UInt32 = 0,
        allMembersActive: Bool = false
    ) {
        self.mode = mode
        self.upDelay = upDelay
        self.downDelay = downDelay
        self.primary = primary
        self.basis = basis
        self.allMembersActive = allMembersActive
    }
}

/// How a bond is, for display.
public struct BondStatus: Equatable, Sendable {
    public struct Member: Equatable, Sendable {
        public var name: String
        public var number: UInt32
        public var address: UInt64
        public var isEnabled: Bool
        public var mayEnable: Bool
        public var isActive: Bool
        /// Nanoseconds until it is used, or used no more; nil: it stays as it is.
        public var changesIn: UInt64?
    }

    public var name: String
    public var settings: BondSettings
    /// By name.
    public var members: [Member]
}
