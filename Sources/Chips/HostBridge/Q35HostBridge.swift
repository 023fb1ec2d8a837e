import Board

/// The host bridge of the Q35 chipset (Intel 82G33/82Q35 MCH data sheet, order number 316966), function 00:00.0: PCIEXBAR
/// places the memory window of PCI configuration space, and the PAM registers shadow the BIOS.
///
/// SeaBIOS knows it by its number, and by the subsystem that it runs on a virtual machine that has fw_cfg.
public final class Q35HostBridge {
    public static let address = PCIAddress(device: 0)
    public let function: PCIFunction
    private let bus: PCIBus
    private let window: ConfigurationWindow
    private var windowAddress: UInt64?
    private let onShadowChange: (_ segment: ShadowSegment) -> Void
    private var segments: [ShadowSegment]

    private static let memoryWindow = 0x60
    private static let attributes = 0x90
    private static let systemManagementRAM = 0x9d

    /// Puts the bridge on `bus`.
    /// - Parameter onShadowChange: called for each segment that PAM registers switch, and for all of them at reset if they were
    ///   switched. At first, nothing is RAM.
    public init(bus: PCIBus, onShadowChange: @escaping (_ segment: ShadowSegment) -> Void) {
        self.bus = bus
        self.onShadowChange = onShadowChange
        window = ConfigurationWindow(bus: bus)
        segments = ShadowSegment.all.map {
            ShadowSegment(address: $0.address, byteCount: $0.byteCount, readsRAM: false, writesRAM: false)
        }
        function = PCIFunction(
            name: "host bridge",
            identity: PCIIdentity(
                vendor: 0x8086, device: 0x29c0, classCode: 0x06_0000, subsystemVendor: 0x1af4, subsystem: 0x1100))
        function.configuration.define(UInt64(0xb000_0000), at: Self.memoryWindow, writable: 0xf_f000_0007)
        for register in 0..<7 {
            function.configuration.define(
                UInt8(0), at: Self.attributes + register, writable: register == 0 ? 0x30 : 0x33)
        }
        function.configuration.define(UInt8(0x02), at: Self.systemManagementRAM, writable: 0x78)
        function.configuration.define(UInt8(0x38), at: Self.systemManagementRAM + 1, writable: 0x87)
        function.onConfigurationWrite = { [unowned self] offset, size in
            update(offset..<offset + size)
        }
        function.onReset = { [unowned self] in update(0..<256) }
        bus.add(function, at: Self.address)
    }

    private func update(_ range: Range<Int>) {
        if range.overlaps(Self.memoryWindow..<Self.memoryWindow + 8) { placeWindow() }
        if range.overlaps(Self.attributes..<Self.attributes + 7) { updateSegments() }
    }

    /// PCIEXBAR (5.1.14): where the window is, and whether it covers 256, 128 or 64 buses.
    private func placeWindow() {
        let register = function.configuration.load(UInt64.self, at: Self.memoryWindow)
        let byteCount = UInt64(0x1000_0000) >> min(register >> 1 & 3, 2)
        let wanted: UInt64? = register & 1 == 0 ? nil : register & ~(byteCount - 1) & 0xf_ffff_ffff
        if let windowAddress {
            bus.memory.unmap(at: windowAddress)
            self.windowAddress = nil
        }
        guard let wanted, wanted != 0,
            bus.memory.map(window, at: wanted, byteCount: byteCount, name: "PCI configuration") == nil
        else { return }
        windowAddress = wanted
    }

    private func updateSegments() {
        for (index, place) in ShadowSegment.all.enumerated() {
            let register = function.configuration.load(UInt8.self, at: Self.attributes + place.register)
            let bits = register >> place.shift
            let (readsRAM, writesRAM) = (bits & 1 != 0, bits & 2 != 0)
            guard readsRAM != segments[index].readsRAM || writesRAM != segments[index].writesRAM else { continue }
            segments[index].readsRAM = readsRAM
            segments[index].writesRAM = writesRAM
            onShadowChange(segments[index])
        }
    }
}
