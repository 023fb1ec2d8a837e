/// What a PCI function says it is (PCI 3.0, 6.2.1): what a guest finds its driver by.
public struct PCIIdentity: Sendable {
    public var vendor: UInt16
    public var device: UInt16
    /// Base class, sub-class and programming interface: 0x02_00_00 is an Ethernet controller.
    public var classCode: UInt32
    public var revision: UInt8
    public var subsystemVendor: UInt16
    public var subsystem: UInt16

    public init(
        vendor: UInt16, device: UInt16, classCode: UInt32, revision: UInt8 = 0, subsystemVendor: UInt16 = 0,
        subsystem: UInt16 = 0
    ) {
        self.vendor = vendor
        self.device = device
        self.classCode = classCode
        self.revision = revision
        self.subsystemVendor = subsystemVendor
        self.subsystem = subsystem
    }
}
