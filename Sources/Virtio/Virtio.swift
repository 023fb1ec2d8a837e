/// Numbers that all virtio devices share (virtio 1.2, OASIS).
public enum Virtio {
    /// The device status field (clause 2.1).
    public enum Status {
        public static let acknowledge: UInt8 = 1
        public static let driver: UInt8 = 2
        public static let driverOK: UInt8 = 4
        public static let featuresOK: UInt8 = 8
        public static let needsReset: UInt8 = 64
        public static let failed: UInt8 = 128
    }

    /// Feature bits that are no single device's (clause 6), as masks.
    public enum Feature {
        public static let indirectDescriptors: UInt64 = 1 << 28
        public static let eventIndex: UInt64 = 1 << 29
        public static let version1: UInt64 = 1 << 32
        /// What every queue here can do.
        public static let ofQueues = indirectDescriptors | eventIndex | version1
    }
}
