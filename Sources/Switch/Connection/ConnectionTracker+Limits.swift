// Limits of zones, as `dpctl/ct-set-limits` sets them.

/// The limit of a zone and how many connections there are in it.
public struct ConnectionZoneLimit: Equatable, Sendable {
    public var zone: UInt16
    /// 0: none.
    public var limit: UInt32
    public var count: UInt32

    public init(zone: UInt16, limit: UInt32, count: UInt32) {
        self.zone = zone
        self.limit = limit
        self.count = count
    }
}

extension ConnectionTracker {
    @inline(__always)
    func isWithinLimit(zone: UInt16) -> Bool {
        if defaultZoneLimit == 0 && zoneLimits.isEmpty { return true }
        let limit = zoneLimits[zone] ?? defaultZoneLimit
        return limit == 0 || zoneCounts[Int(zone)] < limit
    }

    /// Sets the limit of each zone that has none of its own; 0: none.
    public mutating func setDefaultLimit(_ limit: UInt32) { defaultZoneLimit = limit }

    /// Sets the limit of a zone; nil: the default again.
    public mutating func setLimit(zone: UInt16, _ limit: UInt32?) { zoneLimits[zone] = limit }

    /// The limits and counts of `zones`, or of all zones with a limit of their own.
    public func limits(zones: [UInt16] = []) -> [ConnectionZoneLimit] {
        (zones.isEmpty ? zoneLimits.keys.sorted() : zones).map {
            ConnectionZoneLimit(zone: $0, limit: zoneLimits[$0] ?? defaultZoneLimit, count: zoneCounts[Int($0)])
        }
    }

    /// The text of `dpctl/ct-get-limits`.
    public func limitsText(zones: [UInt16] = []) -> String {
        let lines = limits(zones: zones).map { "\nzone=\($0.zone),limit=\($0.limit),count=\($0.count)" }
        return "default limit=\(defaultZoneLimit)\(lines.joined())\n"
    }
}
