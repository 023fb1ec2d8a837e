import Board

/// Everything on the board of a PC of 2008 that is not a card: host bridge, ISA bridge, interrupt controllers, timers, clock,
/// keyboard controller, power management, and firmware's configuration.
///
/// Interrupt controllers are the ones here, or those of a kernel (`Interrupts.external`).
public final class Q35Chipset {
    /// Who takes interrupts.
    public enum Interrupts {
        /// The chips here; messages go to `messages`, and `onINTR` has the 8259A pair's output.
        case chips(onINTR: (_ isHigh: Bool) -> Void)
        /// Somebody else's, by level: 16 lines of 8259A controllers and 24 inputs of an IO-APIC.
        case external(
            setPIC: (_ irq: Int, _ isHigh: Bool) -> Void, setIOAPIC: (_ gsi: Int, _ isHigh: Bool) -> Void)
    }

    /// What the guest does to the machine. Called with the device lock held, in the middle of the guest's access.
    public struct Events {
        public var onReset: () -> Void
        public var onSoftOff: () -> Void
        public var onShadowChange: (_ segment: ShadowSegment) -> Void
        public var onA20: (_ isOpen: Bool) -> Void

        public init(
            onReset: @escaping () -> Void, onSoftOff: @escaping () -> Void,
            onShadowChange: @escaping (_ segment: ShadowSegment) -> Void,
            onA20: @escaping (_ isOpen: Bool) -> Void = { _ in }
        ) {
            self.onReset = onReset
            self.onSoftOff = onSoftOff
            self.onShadowChange = onShadowChange
            self.onA20 = onA20
        }
    }

    public let bus: PCIBus
    /// nil where interrupt controllers are external.
    public let pics: PIC8259Pair?
    public let ioapic: IOAPIC?
    public let wiring: InterruptWiring
    public let pit: PIT8254
    public let clock: RTC146818
    public let keyboard: I8042
    public let hpet: HPET
    public let power: PowerManagement
    public let firmware: FirmwareConfiguration
    public let configurationPorts: ConfigurationPorts
    public let hostBridge: Q35HostBridge
    public let isaBridge: LPCBridge

    /// Builds the board and maps its chips into `devices` (physical addresses) and `ports`.
    /// - Parameters:
    ///   - terminal: where keys come from.
    ///   - epochSeconds: what the time is, in seconds since 1970.
    public init(
        ram: GuestMemory, devices: AddressSpace, ports: AddressSpace, machineClock: any MachineClock,
        messages: any InterruptMessageSink, interrupts: Interrupts, terminal: (any ByteChannel)?, epochSeconds: Int,
        events: Events
    ) {
        switch interrupts {
        case .chips(let onINTR):
            let pair = PIC8259Pair(onOutput: onINTR)
            let apic = IOAPIC(sink: messages)
            wiring = InterruptWiring(
                setPIC: { pair.setLine($0, isHigh: $1) }, setIOAPIC: { apic.setLine($0, isHigh: $1) })
            pair.map(in: ports)
            devices.map(apic, at: IOAPIC.address, byteCount: IOAPIC.byteCount, name: "IO-APIC")
            pics = pair
            ioapic = apic
        case .external(let setPIC, let setIOAPIC):
            wiring = InterruptWiring(setPIC: setPIC, setIOAPIC: setIOAPIC)
            pics = nil
            ioapic = nil
        }
        let wiring = wiring
        bus = PCIBus(memory: devices, ports: ports, interruptMessages: messages, interruptLines: wiring.pirqs)
        configurationPorts = ConfigurationPorts(bus: bus, onReset: events.onReset)
        ports.map(
            configurationPorts, at: ConfigurationPorts.port, byteCount: ConfigurationPorts.byteCount,
            name: "PCI configuration")
        pit = PIT8254(line: wiring.timerLine(0), clock: machineClock)
        pit.map(in: ports)
        clock = RTC146818(line: wiring.timerLine(8), clock: machineClock, epochSeconds: epochSeconds)
        clock.map(in: ports)
        keyboard = I8042(
            line: wiring.isaLine(1), terminal: terminal, onReset: events.onReset, onA20: events.onA20)
        keyboard.map(in: ports)
        hpet = HPET(
            clock: machineClock, setInput: { wiring.setFromHPET($0, isHigh: $1) },
            onLegacyReplacement: { wiring.setLegacyReplacement($0) })
        devices.map(hpet, at: HPET.address, byteCount: HPET.byteCount, name: "HPET")
        power = PowerManagement(line: wiring.isaLine(9), clock: machineClock, onSoftOff: events.onSoftOff)
        power.map(in: ports, base: nil)
        firmware = FirmwareConfiguration(memory: ram)
        firmware.map(in: ports)
        hostBridge = Q35HostBridge(bus: bus, onShadowChange: events.onShadowChange)
        isaBridge = LPCBridge(bus: bus, power: power, onRouteChange: { wiring.routesChanged() })
        wiring.route = { [unowned isaBridge] in isaBridge.route(of: $0) }
    }

    /// The reset signal. RAM, the time and the CMOS memory stay.
    public func reset() {
        bus.reset()
        configurationPorts.reset()
        pit.reset()
        clock.reset()
        keyboard.reset()
        hpet.reset()
        power.reset()
        firmware.reset()
        pics?.reset()
        ioapic?.reset()
    }
}
