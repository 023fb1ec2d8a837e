import Switch

extension Message {
    /// `ofp_table_config`.
    public struct TableConfiguration: OptionSet, Hashable, Sendable {
        public var rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// The two bits of OpenFlow 1.1 and 1.2 that say what becomes of packets that no flow matches.
        public static let missController: TableConfiguration = []
        public static let missContinue = TableConfiguration(rawValue: 1)
        public static let missDrop = TableConfiguration(rawValue: 2)
        public static let missMask = TableConfiguration(rawValue: 3)
        public static let eviction = TableConfiguration(rawValue: 4)
        public static let vacancyEvents = TableConfiguration(rawValue: 8)
    }

    /// `ofp_table_mod_prop_vacancy`, in percent.
    public struct Vacancy: Hashable, Sendable {
        public var down: UInt8
        public var up: UInt8
        /// What is free now; of descriptions alone.
        public var current: UInt8

        public init(down: UInt8, up: UInt8, current: UInt8 = 0) {
            self.down = down
            self.up = up
            self.current = current
        }
    }

    /// `ofp_table_mod`, and `ofp_table_desc`, which says the same of a table.
    public struct TableModification: Equatable, Sendable {
        /// All tables (`OFPTT_ALL`).
        public static let allTables: UInt8 = 0xff

        public var table: UInt8
        public var configuration: TableConfiguration
        public var evictionFlags: TableEvictionFlags?
        public var vacancy: Vacancy?
        public var experimenters: [Experimenter]

        public init(
            table: UInt8, configuration: TableConfiguration, evictionFlags: TableEvictionFlags? = nil,
            vacancy: Vacancy? = nil, experimenters: [Experimenter] = []
        ) {
            self.table = table
            self.configuration = configuration
            self.evictionFlags = evictionFlags
            self.vacancy = vacancy
            self.experimenters = experimenters
        }
    }
    public typealias TableDescription = TableModification

    /// `ofp_table_mod_prop_eviction_flag`.
    public struct TableEvictionFlags: OptionSet, Hashable, Sendable {
        public var rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let other = TableEvictionFlags(rawValue: 1)
        public static let importance = TableEvictionFlags(rawValue: 2)
        public static let lifetime = TableEvictionFlags(rawValue: 4)
    }

    /// `ofp_table_status`.
    public struct TableStatus: Equatable, Sendable {
        /// `ofp_table_reason`, with its numbers.
        public enum Reason: UInt8, Sendable, CaseIterable { case vacancyDown = 3, vacancyUp = 4 }

        public var reason: Reason
        public var table: TableDescription

        public init(_ reason: Reason, _ table: TableDescription) {
            self.reason = reason
            self.table = table
        }
    }

    /// `ofp_table_features` (OpenFlow 1.3 and later).
    public struct TableFeatures: Equatable, Sendable {
        /// `ofp_table_features_command`, with its numbers (OpenFlow 1.5).
        public enum Command: UInt8, Sendable, CaseIterable { case replace, modify, enable, disable }

        /// `ofp_table_feature_flag` (OpenFlow 1.5).
        public struct Flags: OptionSet, Hashable, Sendable {
            public var rawValue: UInt32
            public init(rawValue: UInt32) { self.rawValue = rawValue }
            public static let ingress = Flags(rawValue: 1)
            public static let egress = Flags(rawValue: 2)
            public static let firstEgress = Flags(rawValue: 16)
        }

        /// A property: what the table can do; most of them once more for its table-miss entry.
        public enum Property: Equatable, Sendable {
            case instructions([TypeID], miss: Bool)
            case nextTables([UInt8], miss: Bool)
            case writeActions([TypeID], miss: Bool)
            case applyActions([TypeID], miss: Bool)
            case match([OXMID])
            case wildcards([OXMID])
            case writeSetField([OXMID], miss: Bool)
            case applySetField([OXMID], miss: Bool)
            /// OpenFlow 1.4.
            case synchronizedFrom([UInt8])
            /// OpenFlow 1.5.
            case writeCopyField([OXMID], miss: Bool)
            case applyCopyField([OXMID], miss: Bool)
            /// Values of `OXM_OF_PACKET_TYPE`.
            case packetTypes([UInt32])
            case experimenter(Experimenter, miss: Bool)
        }

        public var table: UInt8
        public var command: Command
        public var flags: Flags
        public var name: String
        public var metadataMatch: UInt64
        public var metadataWrite: UInt64
        /// `ofp_table_config` of OpenFlow 1.3, from 1.4 on capabilities of the same numbers.
        public var configuration: TableConfiguration
        public var maximumEntries: UInt32
        public var properties: [Property]

        public init(
            table: UInt8, command: Command = .replace, flags: Flags = [], name: String = "",
            metadataMatch: UInt64 = .max, metadataWrite: UInt64 = .max, configuration: TableConfiguration = [],
            maximumEntries: UInt32, properties: [Property] = []
        ) {
            self.table = table
            self.command = command
            self.flags = flags
            self.name = name
            self.metadataMatch = metadataMatch
            self.metadataWrite = metadataWrite
            self.configuration = configuration
            self.maximumEntries = maximumEntries
            self.properties = properties
        }
    }

    /// The type of an action or an instruction; with an experimenter's id where it is one's.
    public struct TypeID: Hashable, Sendable {
        public var type: UInt16
        /// Of type 0xffff alone; the bytes behind the id.
        public var experimenter: UInt32?
        public var data: [UInt8]

        public init(_ type: UInt16, experimenter: UInt32? = nil, data: [UInt8] = []) {
            self.type = type
            self.experimenter = experimenter
            self.data = data
        }
    }

    /// The header of an extensible match entry, which names a field; with an experimenter's id where the class is 0xffff.
    public struct OXMID: Hashable, Sendable {
        public var header: UInt32
        public var experimenter: UInt32?

        public init(_ header: UInt32, experimenter: UInt32? = nil) {
            self.header = header
            self.experimenter = experimenter
        }

        /// Whether masks are taken.
        public var hasMask: Bool { header >> 8 & 1 == 1 }
    }

    /// `ofp_table_stats`.
    public struct TableStatistics: Equatable, Sendable {
        public var table: UInt8
        public var active: UInt32
        public var lookups: UInt64
        public var matches: UInt64
        /// Before OpenFlow 1.3; then in `TableFeatures`.
        public var description: Description?

        /// What the statistics of OpenFlow 1.0 to 1.2 say of a table besides. OpenFlow 1.0 has the name, the fields of
        /// `wildcards` as its own bits (`OFPFW_*`) and the size; 1.1 has bits of `OFPFMF_*`, 1.2 those of `OFPXMT_OFB_*`.
        public struct Description: Equatable, Sendable {
            public var name: String
            public var wildcards: UInt64
            public var match: UInt64
            public var instructions: UInt32
            public var writeActions: UInt32
            public var applyActions: UInt32
            public var writeSetField: UInt64
            public var applySetField: UInt64
            public var metadataMatch: UInt64
            public var metadataWrite: UInt64
            public var configuration: TableConfiguration
            public var maximumEntries: UInt32

            public init(
                name: String = "", wildcards: UInt64 = 0, match: UInt64 = 0, instructions: UInt32 = 0,
                writeActions: UInt32 = 0, applyActions: UInt32 = 0, writeSetField: UInt64 = 0,
                applySetField: UInt64 = 0, metadataMatch: UInt64 = .max, metadataWrite: UInt64 = .max,
                configuration: TableConfiguration = [], maximumEntries: UInt32 = 0
            ) {
                self.name = name
                self.wildcards = wildcards
                self.match = match
                self.instructions = instructions
                self.writeActions = writeActions
                self.applyActions = applyActions
                self.writeSetField = writeSetField
                self.applySetField = applySetField
                self.metadataMatch = metadataMatch
                self.metadataWrite = metadataWrite
                self.configuration = configuration
                self.maximumEntries = maximumEntries
            }
        }

        public init(
            table: UInt8, active: UInt32, lookups: UInt64, matches: UInt64, description: Description? = nil
        ) {
            self.table = table
            self.active = active
            self.lookups = lookups
            self.matches = matches
            self.description = description
        }
    }
}
