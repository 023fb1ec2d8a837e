import Board

/// The ISA side of an ICH9, function 00:1F.0 (ICH9 data sheet, chapter 13.1): routes the PCI interrupt pins to the 8259A
/// controllers and places the ACPI registers.
public final class LPCBridge {
    public static let address = PCIAddress(device: 31)
    public let function: PCIFunction
    private let power: PowerManagement
    private let ports: AddressSpace
    private var powerAddress: UInt64?
    private let onRouteChange: () -> Void

    private static let powerBase = 0x40
    private static let powerControl = 0x44
    /// PIRQA to D, and E to H.
    private static let routes = [0x60, 0x61, 0x62, 0x63, 0x68, 0x69, 0x6a, 0x6b]

    /// Puts the bridge on `bus`; the ACPI registers of `power` appear in the bus's ports when firmware places them.
    /// - Parameter onRouteChange: a line of the 8259A controllers that a pin leads to has changed; see `route(of:)`.
    public init(bus: PCIBus, power: PowerManagement, onRouteChange: @escaping () -> Void) {
        self.power = power
        self.onRouteChange = onRouteChange
        ports = bus.ports
        function = PCIFunction(
            name: "ISA bridge",
            identity: PCIIdentity(
                vendor: 0x8086, device: 0x2918, classCode: 0x06_0100, revision: 2, subsystemVendor: 0x1af4,
                subsystem: 0x1100))
        function.configuration.define(UInt32(1), at: Self.powerBase, writable: 0xff80)
        function.configuration.define(UInt8(0), at: Self.powerControl, writable: 0x87)
        for register in Self.routes { function.configuration.define(UInt8(0x80), at: register, writable: 0x8f) }
        // GEN_PMCON_1, decode ranges of the LPC bus, and RCBA: kept for who reads them back.
        function.configuration.define(UInt16(0), at: 0xa0, writable: 0x3fff)
        function.configuration.define(UInt32(0), at: 0x80, writable: 0x3f1f_1377)
        function.configuration.define(UInt32(0), at: 0xf0, writable: 0xffff_c001)
        function.onConfigurationWrite = { [unowned self] offset, size in update(offset..<offset + size) }
        function.onReset = { [unowned self] in update(0..<256) }
        bus.add(function, at: Self.address)
    }

    /// The line of the 8259A controllers that PIRQ `index` (0 is A) leads to; nil for none.
    public func route(of index: Int) -> Int? {
        let register = function.configuration.load(UInt8.self, at: Self.routes[index])
        let line = Int(register & 15)
        // Timer, keyboard, cascade, clock and coprocessor cannot be chosen.
        return register & 0x80 != 0 || [0, 1, 2, 8, 13].contains(line) ? nil : line
    }

    private func update(_ range: Range<Int>) {
        if range.overlaps(0x60..<0x6c) { onRouteChange() }
        guard range.overlaps(Self.powerBase..<Self.powerControl + 1) else { return }
        let base = UInt64(function.configuration.load(UInt32.self, at: Self.powerBase) & 0xff80)
        let isEnabled = function.configuration.load(UInt8.self, at: Self.powerControl) & 0x80 != 0
        let wanted = isEnabled && base != 0 ? base : nil
        guard wanted != powerAddress else { return }
        if let powerAddress { ports.unmap(at: powerAddress) }
        powerAddress = nil
        guard let wanted,
            ports.map(power.block, at: wanted, byteCount: PowerManagement.byteCount, name: "ACPI registers") == nil
        else { return }
        powerAddress = wanted
    }
}
