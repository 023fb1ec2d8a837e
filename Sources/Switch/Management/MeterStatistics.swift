/// What a meter has done (`ofp_meter_stats`).
public struct MeterStatistics: Equatable, Sendable {
    public var id: UInt32
    /// Flows that use it.
    public var flowCount: UInt32
    /// What came in.
    public var packetsIn: UInt64
    public var bytesIn: UInt64
    /// Nanoseconds since it was added.
    public var age: UInt64
    /// What each band acted on, in the meter's order.
    public var bands: [TrafficCount]

    public init(
        id: UInt32, flowCount: UInt32, packetsIn: UInt64, bytesIn: UInt64, age: UInt64, bands: [TrafficCount]
    ) {
        self.id = id
        self.flowCount = flowCount
        self.packetsIn = packetsIn
        self.bytesIn = bytesIn
        self.age = age
        self.bands = bands
    }
}
