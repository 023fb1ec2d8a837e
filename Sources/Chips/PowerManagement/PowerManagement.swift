import Board

/// The ACPI registers of an ICH9 (ICH9 data sheet, 13.8.3; ACPI 6.4, 4.8): power button and soft-off, the power management
/// timer, a general-purpose event block, and the ports of the system management interrupt that switches ACPI on. The
/// system control interrupt is line 9, level-triggered.
///
/// There is no system management mode: `SMI_EN` says that firmware has set it up already.
public final class PowerManagement {
    /// Where firmware expects the block: SeaBIOS where ACPI tables come from the machine.
    public static let defaultBase: UInt16 = 0x600
    public static let byteCount: UInt64 = 0x80
    /// Offsets from the base, for the FADT.
    public enum Register {
        public static let eventStatus = 0x00
        public static let eventEnable = 0x02
        public static let control = 0x04
        public static let timer = 0x08
        public static let generalEvents = 0x20
        public static let generalEventsByteCount = 16
        public static let managementInterruptEnable = 0x30
        public static let managementInterruptStatus = 0x34
    }
    /// The command port, and the values that switch ACPI on and off (FADT: SMI_CMD, ACPI_ENABLE, ACPI_DISABLE).
    public static let commandPort: UInt16 = 0xb2
    public static let enableCommand: UInt8 = 2
    public static let disableCommand: UInt8 = 3
    /// SLP_TYP of S5, for `\_S5`. SeaBIOS writes it too.
    public static let softOffType: UInt8 = 0

    private static let timerRate = TickRate(hertz: 3_579_545)

    private let line: InterruptLine
    private let clock: any MachineClock
    private var timer: DeviceTimer!
    private let onSoftOff: () -> Void

    // PM1_STS, PM1_EN, PM1_CNT.
    private var eventStatus: Event = []
    private var eventEnable: Event = []
    private var control: UInt16 = 0
    private var generalStatus: UInt64 = 0
    private var generalEnable: UInt64 = 0
    private var advancedStatus: UInt8 = 0
    /// The timer's top bit when it was last looked at.
    private var wasTopBitSet = false

    struct Event: OptionSet {
        let rawValue: UInt16
        static let timer = Self(rawValue: 1 << 0)
        static let global = Self(rawValue: 1 << 5)
        static let powerButton = Self(rawValue: 1 << 8)
        static let clock = Self(rawValue: 1 << 10)
        static let wake = Self(rawValue: 1 << 15)
        static let enables: Self = [.timer, .global, .powerButton, .clock]
    }

    enum Control {
        static let systemControlInterrupt: UInt16 = 1
        static let sleepEnable: UInt16 = 1 << 13
        static let stored: UInt16 = 0x1c03
    }

    /// - Parameters:
    ///   - line: the system control interrupt.
    ///   - onSoftOff: the guest has switched itself off.
    public init(line: InterruptLine, clock: any MachineClock, onSoftOff: @escaping () -> Void) {
        self.line = line
        self.clock = clock
        self.onSoftOff = onSoftOff
        timer = DeviceTimer { [unowned self] in update() }
    }

    public func reset() {
        eventStatus = []
        eventEnable = []
        control = 0
        generalStatus = 0
        generalEnable = 0
        advancedStatus = 0
        wasTopBitSet = timerValue & 0x80_0000 != 0
        clock.cancel(timer)
        line.set(false)
    }

    /// The power button is pressed. What the guest makes of it is its own affair.
    public func pressPowerButton() {
        eventStatus.insert(.powerButton)
        update()
    }

    /// A general-purpose event (0 to 63) happens.
    public func signal(event: Int) {
        guard (0..<64).contains(event) else { return }
        generalStatus |= 1 << UInt64(event)
        update()
    }

    /// PM_TMR, 24 bits.
    var timerValue: UInt32 { UInt32(truncatingIfNeeded: Self.timerRate.ticks(in: clock.now)) & 0xff_ffff }

    /// The timer's status is set whenever its top bit changes (4.8.3.3).
    private func update() {
        let isTopBitSet = timerValue & 0x80_0000 != 0
        if isTopBitSet != wasTopBitSet { eventStatus.insert(.timer) }
        wasTopBitSet = isTopBitSet
        let isPending = !eventStatus.isDisjoint(with: eventEnable) || generalStatus & generalEnable != 0
        line.set(isPending && control & Control.systemControlInterrupt != 0)
        if eventEnable.contains(.timer), !eventStatus.contains(.timer) {
            let ticks = Self.timerRate.ticks(in: clock.now)
            let next = Self.timerRate.nanoseconds(for: (ticks >> 23 + 1) << 23)
            clock.schedule(timer, at: max(next, clock.now + 1))
        } else {
            clock.cancel(timer)
        }
    }

    // MARK: Registers

    private func readByte(at offset: Int) -> UInt8 {
        func part<T: FixedWidthInteger>(_ value: T, _ base: Int) -> UInt8 {
            UInt8(truncatingIfNeeded: value >> T(8 * (offset - base)))
        }
        switch offset {
        case 0x00...0x01:
            update()
            return part(eventStatus.rawValue, 0)
        case 0x02...0x03: return part(eventEnable.rawValue, 2)
        case 0x04...0x05: return part(control, 4)
        case 0x08...0x0b: return part(timerValue, 8)
        case 0x20...0x27: return part(generalStatus, 0x20)
        case 0x28...0x2f: return part(generalEnable, 0x28)
        // SMI_EN: globally enabled, by the command port.
        case 0x30: return 0x21
        default: return 0
        }
    }

    private func writeByte(_ value: UInt8, at offset: Int) {
        func placed<T: FixedWidthInteger>(_ base: Int) -> T { T(value) << T(8 * (offset - base)) }
        func merged<T: FixedWidthInteger>(_ old: T, _ base: Int) -> T {
            old & ~(0xff << T(8 * (offset - base))) | placed(base)
        }
        switch offset {
        case 0x00...0x01: eventStatus.subtract(Event(rawValue: placed(0)))
        case 0x02...0x03: eventEnable = Event(rawValue: merged(eventEnable.rawValue, 2)).intersection(.enables)
        case 0x04...0x05:
            // The control interrupt's bit is the command port's, as firmware owns it there.
            let written = merged(control, 4)
            let keeps = Control.systemControlInterrupt
            control = (written & ~keeps | control & keeps) & Control.stored
            if written & Control.sleepEnable != 0, UInt8(written >> 10 & 7) == Self.softOffType { onSoftOff() }
        case 0x20...0x27: generalStatus &= ~placed(0x20)
        case 0x28...0x2f: generalEnable = merged(generalEnable, 0x28)
        default: return
        }
        update()
    }

    /// The block at PMBASE. The timer is read as a whole, so that its bytes belong together.
    public private(set) lazy var block = RegisterWindow(
        read: { [unowned self] offset, size in
            if offset == 8, size == 4 { return UInt64(timerValue) }
            var value: UInt64 = 0
            for index in 0..<min(size, 8) {
                value |= UInt64(readByte(at: Int(offset & 0xff) + index)) << UInt64(8 * index)
            }
            return value
        },
        write: { [unowned self] offset, size, value in
            for index in 0..<min(size, 8) {
                writeByte(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)), at: Int(offset & 0xff) + index)
            }
        })

    /// Ports 0xB2 and 0xB3: what would interrupt for system management is done here.
    public private(set) lazy var commandPorts = ByteWindow(
        read: { [unowned self] offset in offset == 0 ? 0 : advancedStatus },
        write: { [unowned self] value, offset in
            guard offset == 0 else {
                advancedStatus = value
                return
            }
            switch value {
            case Self.enableCommand: control |= Control.systemControlInterrupt
            case Self.disableCommand: control &= ~Control.systemControlInterrupt
            default: break
            }
            update()
        })

    /// Takes the command ports in `space`, and the block at `base`; nil where a bridge's register places it.
    public func map(in space: AddressSpace, base: UInt16? = defaultBase) {
        space.map(commandPorts, at: UInt64(Self.commandPort), byteCount: 2, name: "APM")
        if let base { space.map(block, at: UInt64(base), byteCount: Self.byteCount, name: "ACPI registers") }
    }
}
