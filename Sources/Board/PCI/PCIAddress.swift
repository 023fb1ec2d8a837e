/// Where a PCI function is: bus, device (0...31) and function (0...7).
public struct PCIAddress: Hashable, Sendable, CustomStringConvertible {
    public var bus: UInt8
    public var device: UInt8
    public var function: UInt8

    public init(bus: UInt8 = 0, device: UInt8, function: UInt8 = 0) {
        precondition(device < 32 && function < 8)
        self.bus = bus
        self.device = device
        self.function = function
    }

    /// From the 16 bits of a requester id: bus, then 5 bits of device, then 3 of function. ECAM's offset is this
    /// shifted left by 12 (PCI Express 3.0, 7.2.2); CF8's register has it in bits 8...23 (PCI 3.0, 3.2.2.3.2).
    public init(requesterID: UInt16) {
        bus = UInt8(requesterID >> 8)
        device = UInt8(requesterID >> 3 & 31)
        function = UInt8(requesterID & 7)
    }

    public var requesterID: UInt16 { UInt16(bus) << 8 | UInt16(device) << 3 | UInt16(function) }

    /// As `lspci` writes it: "00:02.0".
    public var description: String {
        let hex = { (value: UInt8) in (value < 16 ? "0" : "") + String(value, radix: 16) }
        return "\(hex(bus)):\(hex(device)).\(function)"
    }
}
