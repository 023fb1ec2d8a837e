/// A meter as a meter-mod describes it (OpenFlow 1.5, 5.11).
public struct Meter: Equatable, Sendable {
    /// The largest number of a meter (`OFPM_MAX`), and the virtual ones of OpenFlow (slow path, controller, all).
    public static let maximum: UInt32 = 0xffff_0000
    public static let slowPath: UInt32 = 0xffff_fffd
    public static let controller: UInt32 = 0xffff_fffe
    public static let all: UInt32 = 0xffff_ffff

    /// `ofp_meter_flags`.
    public struct Flags: OptionSet, Sendable {
        public var rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }
        public static let kilobits = Flags(rawValue: 1)
        public static let packets = Flags(rawValue: 2)
        public static let burst = Flags(rawValue: 4)
        public static let statistics = Flags(rawValue: 8)
    }
    public struct Band: Equatable, Sendable {
        public enum Effect: Equatable, Sendable {
            case drop
            /// Raises the drop precedence of the DSCP by so much (RFC 2597).
            case remarkDSCP(precedence: UInt8)
        }
        public var effect: Effect
        /// In kbit/s or packets a second.
        public var rate: UInt32
        /// In kbit or packets.
        public var burst: UInt32

        public init(_ effect: Effect, rate: UInt32, burst: UInt32 = 0) {
            self.effect = effect
            self.rate = rate
            self.burst = burst
        }
    }

    public var id: UInt32
    public var flags: Flags
    public var bands: [Band]

    public init(id: UInt32, flags: Flags, bands: [Band] = []) {
        self.id = id
        self.flags = flags
        self.bands = bands
    }
}
