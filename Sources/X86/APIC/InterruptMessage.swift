/// An interrupt on its way to local APICs: what an inter-processor interrupt, an I/O APIC or a device's message says
/// (Intel SDM volume 3, 11.6.1 and 11.11).
public struct InterruptMessage: Hashable, Sendable {
    public enum DeliveryMode: UInt8, Sendable {
        case fixed, lowestPriority, systemManagement, reserved, nonMaskable, initialize, startup, external
    }

    /// A physical identifier or a logical set; all ones: everybody.
    public var destination: UInt32
    public var isLogical: Bool
    public var mode: DeliveryMode
    public var vector: UInt8
    public var isLevel: Bool

    public static let broadcast: UInt32 = 0xffff_ffff

    public init(
        destination: UInt32, isLogical: Bool, mode: DeliveryMode = .fixed, vector: UInt8, isLevel: Bool = false
    ) {
        self.destination = destination
        self.isLogical = isLogical
        self.mode = mode
        self.vector = vector
        self.isLevel = isLevel
    }

    /// A write of `data` to `address`, as devices and I/O APICs send it. Bits 5 to 11 of the address are bits 8 to 14 of the
    /// destination, as KVM and Hyper-V have it.
    /// - Returns: nil: the address is not 0xFEExxxxx, or the message withdraws a level.
    public init?(address: UInt64, data: UInt32) {
        guard address >> 20 == 0xfee else { return nil }
        let isLevel = data & 0x8000 != 0
        if isLevel, data & 0x4000 == 0 { return nil }
        var destination = UInt32(truncatingIfNeeded: address >> 12) & 0xff
        destination |= (UInt32(truncatingIfNeeded: address >> 5) & 0x7f) << 8
        if destination == 0xff { destination = InterruptMessage.broadcast }
        let isLogical = address & 4 != 0
        var mode = DeliveryMode(rawValue: UInt8(data >> 8 & 7)) ?? .fixed
        // The redirection hint asks for one of the set.
        if address & 8 != 0, isLogical, mode == .fixed { mode = .lowestPriority }
        self.init(
            destination: destination, isLogical: isLogical, mode: mode, vector: UInt8(truncatingIfNeeded: data),
            isLevel: isLevel)
    }
}
