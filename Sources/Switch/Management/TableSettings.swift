/// What a flow table is set to (OpenFlow 1.5, 7.3.3; Open vSwitch's Flow_Table).
public struct TableSettings: Equatable, Sendable {
    /// What becomes of a packet that no flow of the table matches (`OFPTC_TABLE_MISS_*`). From OpenFlow 1.3 on there is
    /// `drop` alone, and a flow of priority 0 says otherwise.
    public enum Miss: Sendable { case drop, controller, continueToNextTable }

    /// What makes a flow the first to go (`ofp_table_mod_prop_eviction_flag`).
    public struct EvictionFlags: OptionSet, Hashable, Sendable {
        public var rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let other = EvictionFlags(rawValue: 1)
        /// The lowest importance first.
        public static let importance = EvictionFlags(rawValue: 2)
        /// The shortest life that is left first.
        public static let lifetime = EvictionFlags(rawValue: 4)
    }

    /// The thresholds of vacancy events, in percent of the table's size (`ofp_table_mod_prop_vacancy`).
    public struct Vacancy: Equatable, Sendable {
        /// An event comes when less than this is free …
        public var down: UInt8
        /// … and when more than this is free again.
        public var up: UInt8
        public init(down: UInt8, up: UInt8) {
            self.down = down
            self.up = up
        }
    }

    public var name: String
    /// The most flows; nil: no limit.
    public var maximumFlows: UInt32?
    /// Whether a flow goes when the table is full and another comes (`OFPTC_EVICTION`, `overflow_policy=evict`); else the
    /// other is refused.
    public var evicts: Bool
    public var evictionFlags: EvictionFlags
    /// Whether only flows with a timeout may be evicted, as `overflow_policy` has it.
    public var evictsMortalFlowsOnly: Bool
    /// Flows that agree in these fields form a group; the largest group loses a flow (`Flow_Table.groups`).
    public var evictionGroups: [Subfield]
    public var vacancy: Vacancy?
    public var miss: Miss

    public init(
        name: String = "", maximumFlows: UInt32? = nil, evicts: Bool = false,
        evictionFlags: EvictionFlags = [.other, .importance, .lifetime],
        evictsMortalFlowsOnly: Bool = false, evictionGroups: [Subfield] = [], vacancy: Vacancy? = nil,
        miss: Miss = .drop
    ) {
        self.name = name
        self.maximumFlows = maximumFlows
        self.evicts = evicts
        self.evictionFlags = evictionFlags
        self.evictsMortalFlowsOnly = evictsMortalFlowsOnly
        self.evictionGroups = evictionGroups
        self.vacancy = vacancy
        self.miss = miss
    }
}

/// What a flow table holds and has done.
public struct TableStatistics: Equatable, Sendable {
    public var table: UInt8
    public var settings: TableSettings
    /// Flows in it.
    public var active: UInt32
    /// Packets looked up in it, and those that a flow matched.
    public var lookups: UInt64
    public var matches: UInt64
    /// The most flows that it takes.
    public var maximum: UInt32
    /// How much of it is free, in percent (`OFPTMPT_VACANCY`).
    public var vacancy: UInt8

    public init(
        table: UInt8, settings: TableSettings, active: UInt32, lookups: UInt64, matches: UInt64, maximum: UInt32,
        vacancy: UInt8
    ) {
        self.table = table
        self.settings = settings
        self.active = active
        self.lookups = lookups
        self.matches = matches
        self.maximum = maximum
        self.vacancy = vacancy
    }
}
