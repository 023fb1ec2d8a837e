/// `NXAST_SAMPLE`, `NXAST_SAMPLE2`, `NXAST_SAMPLE3`.
public struct PacketSample: Equatable, Sendable {
    public enum Direction: UInt8, Sendable { case both, ingress, egress }

    /// Of 65,535 packets, how many.
    public var probability: UInt16
    public var collectorSet: UInt32
    public var observationDomain: UInt32
    public var observationPoint: UInt32
    public var samplingPort: UInt32
    public var direction: Direction

    public init(
        probability: UInt16, collectorSet: UInt32 = 0, observationDomain: UInt32 = 0, observationPoint: UInt32 = 0,
        samplingPort: UInt32 = PortNumber.any, direction: Direction = .both
    ) {
        self.probability = probability
        self.collectorSet = collectorSet
        self.observationDomain = observationDomain
        self.observationPoint = observationPoint
        self.samplingPort = samplingPort
        self.direction = direction
    }
}
