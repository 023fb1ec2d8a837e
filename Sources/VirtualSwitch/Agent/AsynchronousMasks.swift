import OpenFlow

/// Which messages a controller gets unasked: bits of reasons by kind and role (OpenFlow 1.5, 6.3.4 and 7.3.10).
struct AsynchronousMasks {
    private(set) var primary: [Message.AsyncConfiguration.Event: UInt32] = [:]
    private(set) var secondary: [Message.AsyncConfiguration.Event: UInt32] = [:]

    /// Nothing at all.
    init() {}

    private enum PacketInBits {
        static let invalidTTL: UInt32 = 1 << 2
        static let all: UInt32 = 0b11_1111
        /// The reasons that OpenFlow 1.4 split from `OFPR_ACTION`.
        static let ofAction: UInt32 = 0b11_1010
        static let action: UInt32 = 1 << 1
    }

    /// What a controller gets that has not said anything: as a primary or equal one packet-ins but those for TTLs, and all
    /// of the others; as a secondary one port status alone, and what became of its role.
    init(defaultsOf version: OpenFlowVersion) {
        primary[.packetIn] = PacketInBits.all & ~PacketInBits.invalidTTL
        primary[.portStatus] = 0b111
        secondary[.portStatus] = 0b111
        primary[.flowRemoved] =
            switch version {
            case .v10: 0b111
            case .v11, .v12, .v13: 0b1111
            case .v14, .v15: 0b11_1111
            }
        guard version >= .v14 else { return }
        primary[.roleStatus] = 0b111
        secondary[.roleStatus] = 0b111
        primary[.tableStatus] = 0b1_1000
        primary[.flowStatistics] = 0b10
    }

    func mask(of event: Message.AsyncConfiguration.Event, role: Message.Role) -> UInt32 {
        (role == .secondary ? secondary[event] : primary[event]) ?? 0
    }

    /// Takes what the controller says; what it does not mention stays.
    mutating func merge(_ configuration: Message.AsyncConfiguration, version: OpenFlowVersion) {
        primary.merge(configuration.primary) { _, new in new }
        secondary.merge(configuration.secondary) { _, new in new }
        guard version < .v14 else { return }
        // The one reason of earlier versions stands for all that later ones made of it.
        for path in [\AsynchronousMasks.primary, \.secondary]
            as [WritableKeyPath<Self, [Message.AsyncConfiguration.Event: UInt32]>]
        {
            guard let mask = self[keyPath: path][.packetIn] else { continue }
            self[keyPath: path][.packetIn] =
                mask & PacketInBits.action != 0 ? mask | PacketInBits.ofAction : mask & ~PacketInBits.ofAction
        }
    }

    /// Packets whose TTL ran out come or do not come (`OFPC_INVALID_TTL_TO_CONTROLLER` of OpenFlow 1.1 and 1.2).
    var invalidTTLToController: Bool {
        get { (primary[.packetIn] ?? 0) & PacketInBits.invalidTTL != 0 }
        set {
            let mask = (primary[.packetIn] ?? 0) & ~PacketInBits.invalidTTL
            primary[.packetIn] = newValue ? mask | PacketInBits.invalidTTL : mask
        }
    }

    /// What is in effect, with a number for each kind that the version knows.
    func configuration(version: OpenFlowVersion) -> Message.AsyncConfiguration {
        var result = Message.AsyncConfiguration()
        for event in Message.AsyncConfiguration.Event.allCases {
            switch event {
            case .packetIn, .portStatus, .flowRemoved: break
            case .roleStatus, .tableStatus, .requestForward: if version < .v14 { continue }
            case .flowStatistics, .controllerStatus: if version < .v15 { continue }
            }
            var mine = primary[event] ?? 0
            var others = secondary[event] ?? 0
            if event == .packetIn, version < .v14 {
                mine &= 0b111
                others &= 0b111
            }
            result.primary[event] = mine
            result.secondary[event] = others
        }
        return result
    }
}
