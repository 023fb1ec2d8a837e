/// Offsets in the header of a function's configuration space, type 0 (PCI 3.0, 6.1), and bits in its registers.
public enum PCIRegister {
    public static let vendor = 0x00
    public static let device = 0x02
    public static let command = 0x04
    public static let status = 0x06
    public static let revision = 0x08
    public static let classCode = 0x09
    public static let cacheLineSize = 0x0c
    public static let latencyTimer = 0x0d
    public static let headerType = 0x0e
    public static let baseAddresses = 0x10
    public static let subsystemVendor = 0x2c
    public static let subsystem = 0x2e
    public static let capabilities = 0x34
    public static let interruptLine = 0x3c
    public static let interruptPin = 0x3d
    /// Where capabilities may begin.
    public static let endOfHeader = 0x40

    /// Bits of the command register.
    public enum Command {
        public static let ports: UInt16 = 1 << 0
        public static let memory: UInt16 = 1 << 1
        public static let busMaster: UInt16 = 1 << 2
        public static let parityError: UInt16 = 1 << 6
        public static let systemError: UInt16 = 1 << 8
        public static let interruptDisable: UInt16 = 1 << 10
    }

    /// Bits of the status register.
    public enum Status {
        public static let interrupt: UInt16 = 1 << 3
        public static let capabilities: UInt16 = 1 << 4
        /// Bits that a guest clears by writing ones: parity errors and aborts.
        public static let errors: UInt16 = 0xf900
    }
}
