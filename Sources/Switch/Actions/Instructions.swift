/// What a flow's entry tells the pipeline to do.
///
/// The order of the members is the order in which OpenFlow performs them (1.5, 5.9).
public struct Instructions: Equatable, Sendable {
    /// The meter that the packet passes first (`OFPIT_METER`; from OpenFlow 1.5 on an action, kept in `apply` then).
    public var meter: UInt32?
    /// Done at once, in order.
    public var apply: [Action]
    /// Empties the action set before `write`.
    public var clear: Bool
    /// Merged into the action set, which is done when the pipeline ends.
    public var write: [Action]
    /// Overwrites the metadata under the mask.
    public var metadata: (value: UInt64, mask: UInt64)?
    /// The next table; it must have a higher number.
    public var goTo: UInt8?
    /// When to send the flow's statistics to the controllers (`OFPIT_STAT_TRIGGER`, OpenFlow 1.5).
    public var statisticsTrigger: StatisticsTrigger?

    public init(
        apply: [Action] = [], clear: Bool = false, write: [Action] = [],
        metadata: (value: UInt64, mask: UInt64)? = nil, goTo: UInt8? = nil, meter: UInt32? = nil,
        statisticsTrigger: StatisticsTrigger? = nil
    ) {
        self.meter = meter
        self.statisticsTrigger = statisticsTrigger
        self.apply = apply
        self.clear = clear
        self.write = write
        self.metadata = metadata
        self.goTo = goTo
    }

    public static func == (a: Self, b: Self) -> Bool {
        a.apply == b.apply && a.clear == b.clear && a.write == b.write && a.goTo == b.goTo && a.meter == b.meter
            && a.statisticsTrigger == b.statisticsTrigger
            && a.metadata?.value == b.metadata?.value && a.metadata?.mask == b.metadata?.mask
    }
}

/// The thresholds of `OFPIT_STAT_TRIGGER` (OpenFlow 1.5, 7.2.4 and 7.2.5): statistics of a flow go to the controllers when
/// one is passed.
public struct StatisticsTrigger: Equatable, Sendable {
    /// `OFPSTF_PERIODIC`: at every multiple of the thresholds.
    public var periodic: Bool
    /// `OFPSTF_ONLY_FIRST`: at the first threshold that is passed only.
    public var onlyFirst: Bool
    /// Of the flow's life and idleness in nanoseconds, its packets and bytes.
    public var duration: UInt64?
    public var idleTime: UInt64?
    public var packets: UInt64?
    public var bytes: UInt64?

    public init(
        periodic: Bool = false, onlyFirst: Bool = false, duration: UInt64? = nil, idleTime: UInt64? = nil,
        packets: UInt64? = nil, bytes: UInt64? = nil
    ) {
        self.periodic = periodic
        self.onlyFirst = onlyFirst
        self.duration = duration
        self.idleTime = idleTime
        self.packets = packets
        self.bytes = bytes
    }
}
