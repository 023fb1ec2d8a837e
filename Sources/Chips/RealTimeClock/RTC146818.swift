import Board

/// The battery-backed clock and RAM of a PC, an MC146818A (Motorola MC146818A data sheet; ICH9 data sheet, section 13.6)
/// at ports 0x70 and 0x71, with a second bank of RAM at 0x72 and 0x73. Interrupt line 8.
///
/// Nothing ticks here: the time follows from the machine's clock, and a timer runs only while the guest wants interrupts.
public final class RTC146818 {
    private let line: InterruptLine
    let clock: any MachineClock
    private var timer: DeviceTimer!

    /// What the guest takes for the time, at machine time 0, in nanoseconds since 1970.
    private(set) var epochOffset: Int64 = 0
    /// The registers 0 to 9 and the century while the guest sets them (register B, SET).
    private var frozen: CivilTime?
    /// Days that the guest's day of the week is ahead of the calendar's.
    private var weekdayShift = 0

    /// Both banks of RAM; the clock's registers lie above the first bytes.
    private var memory = [UInt8](repeating: 0, count: 256)
    private var selected: [Int] = [0, 0]
    private var controlA: UInt8 = 0x26
    var controlB: ControlB = .hours24
    private var flags: Flags = []
    /// Up to when the flags tell what happened.
    private var lastLook: UInt64 = 0

    /// Register B.
    struct ControlB: OptionSet {
        let rawValue: UInt8
        static let set = Self(rawValue: 0x80)
        static let periodic = Self(rawValue: 0x40)
        static let alarm = Self(rawValue: 0x20)
        static let updateEnded = Self(rawValue: 0x10)
        static let squareWave = Self(rawValue: 0x08)
        static let binary = Self(rawValue: 0x04)
        static let hours24 = Self(rawValue: 0x02)
    }

    /// Register C; the bits have the places of register B's.
    struct Flags: OptionSet {
        let rawValue: UInt8
        static let periodic = Self(rawValue: 0x40)
        static let alarm = Self(rawValue: 0x20)
        static let updateEnded = Self(rawValue: 0x10)
    }

    static let centuryRegister = 0x32
    /// The update cycle: the registers may be wrong during the last 2228 µs of a second (244 µs of warning included).
    static let updateNanoseconds: Int64 = 2_228_000
    static let second: Int64 = 1_000_000_000
    /// The time base of the periodic interrupt.
    static let oscillator = TickRate(hertz: 32_768)

    /// - Parameter epochSeconds: what the time is now, in seconds since 1970. PCs keep UTC for Linux.
    public init(line: InterruptLine, clock: any MachineClock, epochSeconds: Int) {
        self.line = line
        self.clock = clock
        timer = DeviceTimer { [unowned self] in
            lookAtClock()
            schedule()
        }
        setTime(epochSeconds: epochSeconds)
        lastLook = clock.now
        memory[0x0d] = 0x80
    }

    /// Reset: interrupts off, flags cleared; time, alarm and RAM live on the battery.
    public func reset() {
        controlB.subtract([.periodic, .alarm, .updateEnded, .squareWave])
        flags = []
        selected = [0, 0]
        clock.cancel(timer)
        updateLine()
    }

    /// Sets the clock, as after a host's suspend.
    public func setTime(epochSeconds: Int) {
        let bounded = Int64(clamping: max(0, min(epochSeconds, 1 << 33)))
        epochOffset = bounded * Self.second - Int64(truncatingIfNeeded: clock.now)
    }

    /// A byte of the battery-backed RAM, 0x0E to 0xFF: what firmware looks up about the machine.
    public subscript(index: Int) -> UInt8 {
        get { memory[index] }
        set { memory[index] = newValue }
    }

    /// What SeaBIOS reads of memory and processors where fw_cfg does not say (its src/hw/rtc.h).
    /// - Parameters:
    ///   - below4G: bytes of RAM from address 0.
    ///   - above4G: bytes of RAM from 4 GiB on.
    public func describeMachine(below4G: UInt64, above4G: UInt64, processors: Int) {
        func put(_ value: UInt64, at index: Int, bytes: Int) {
            for byte in 0..<bytes { memory[index + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
        }
        put(640, at: 0x15, bytes: 2)
        let extended = min(below4G >= 1 << 20 ? (below4G - 1 << 20) >> 10 : 0, 65535)
        put(extended, at: 0x17, bytes: 2)
        put(extended, at: 0x30, bytes: 2)
        put(min(below4G > 16 << 20 ? (below4G - 16 << 20) >> 16 : 0, 65535), at: 0x34, bytes: 2)
        put(above4G >> 16, at: 0x5b, bytes: 3)
        memory[0x5f] = UInt8(clamping: processors - 1)
        // Equipment: coprocessor, mouse port as PCs say it.
        memory[0x14] = 0x06
        // Boot from the hard disk first, then from CD, then from the network.
        memory[0x3d] = 0x32
        memory[0x38] = 0x40
    }

    // MARK: Time

    /// Nanoseconds since 1970, as the guest sees them.
    var wallTime: Int64 { epochOffset &+ Int64(truncatingIfNeeded: clock.now) }

    var time: CivilTime { frozen ?? CivilTime(epochSeconds: Int(wallTime / Self.second)) }

    private func setTime(_ time: CivilTime) {
        if frozen != nil {
            frozen = time
        } else {
            let fraction = wallTime % Self.second
            epochOffset =
                Int64(clamping: time.epochSeconds) * Self.second + fraction - Int64(truncatingIfNeeded: clock.now)
            if wallTime < 0 { epochOffset = 0 }
            lastLook = clock.now
            schedule()
        }
    }

    // MARK: Registers

    func read(bank: Int) -> UInt8 {
        let index = selected[bank]
        guard bank == 0 else { return memory[128 + index] }
        switch index {
        case 0, 2, 4, 6, 7, 8, 9, Self.centuryRegister: return timeRegister(index)
        case 0x0a:
            let isUpdating = frozen == nil && wallTime % Self.second >= Self.second - Self.updateNanoseconds
            return controlA & 0x7f | (isUpdating ? 0x80 : 0)
        case 0x0b: return controlB.rawValue
        case 0x0c:
            lookAtClock()
            let value = flags.rawValue | (isInterrupting ? 0x80 : 0)
            flags = []
            updateLine()
            return value
        default: return memory[index]
        }
    }

    func write(_ value: UInt8, bank: Int) {
        let index = selected[bank]
        guard bank == 0 else {
            memory[128 + index] = value
            return
        }
        switch index {
        case 0, 2, 4, 6, 7, 8, 9, Self.centuryRegister: setTimeRegister(index, value)
        case 0x0a:
            lookAtClock()
            controlA = value & 0x7f
            schedule()
        case 0x0b: setControlB(ControlB(rawValue: value))
        case 0x0c, 0x0d: break
        default: memory[index] = value
        }
    }

    func select(_ index: UInt8, bank: Int) { selected[bank] = Int(index & 0x7f) }
    func selection(bank: Int) -> UInt8 { UInt8(selected[bank]) }

    private func setControlB(_ value: ControlB) {
        lookAtClock()
        if value.contains(.set), frozen == nil {
            frozen = time
        } else if !value.contains(.set), let set = frozen {
            frozen = nil
            setTime(set)
        }
        // SET stops the update interrupt as well.
        controlB = value.contains(.set) ? value.subtracting(.updateEnded) : value
        updateLine()
        schedule()
    }

    private func timeRegister(_ index: Int) -> UInt8 {
        let time = time
        switch index {
        case 0: return encode(time.second)
        case 2: return encode(time.minute)
        case 4: return encodeHour(time.hour)
        case 6:
            return encode((CivilTime.weekday(epochSeconds: time.epochSeconds) - 1 + weekdayShift) % 7 + 1)
        case 7: return encode(time.day)
        case 8: return encode(time.month)
        case 9: return encode(time.year % 100)
        default: return encode(time.year / 100 % 100)
        }
    }

    private func setTimeRegister(_ index: Int, _ value: UInt8) {
        var time = time
        let number = decode(value)
        switch index {
        case 0: time.second = number
        case 2: time.minute = number
        case 4: time.hour = decodeHour(value)
        case 6:
            let calendar = CivilTime.weekday(epochSeconds: time.epochSeconds)
            weekdayShift = (number - calendar + 700) % 7
        case 7: time.day = number
        case 8: time.month = max(1, min(number, 12))
        case 9: time.year = time.year / 100 * 100 + number % 100
        default: time.year = number % 100 * 100 + time.year % 100
        }
        if index != 6 { setTime(time) }
    }

    private func encode(_ value: Int) -> UInt8 {
        let byte = UInt8(truncatingIfNeeded: value)
        return controlB.contains(.binary) ? byte : (byte / 10) << 4 | byte % 10
    }

    private func decode(_ value: UInt8) -> Int {
        controlB.contains(.binary) ? Int(value) : Int(value >> 4) * 10 + Int(value & 15)
    }

    private func encodeHour(_ hour: Int) -> UInt8 {
        if controlB.contains(.hours24) { return encode(hour) }
        return encode(hour % 12 == 0 ? 12 : hour % 12) | (hour >= 12 ? 0x80 : 0)
    }

    private func decodeHour(_ value: UInt8) -> Int {
        if controlB.contains(.hours24) { return decode(value) }
        return decode(value & 0x7f) % 12 + (value & 0x80 != 0 ? 12 : 0)
    }

    // MARK: Interrupts

    /// Nanoseconds between periodic interrupts (register A, table 5); nil when they are off.
    private var periodTicks: UInt64? {
        let rate = controlA & 15
        guard rate != 0 else { return nil }
        // The two fastest of the table are those of 8 and 9 at this time base.
        return 1 << UInt64((rate < 3 ? rate + 7 : rate) - 1)
    }

    private var isInterrupting: Bool { flags.rawValue & controlB.rawValue & 0x70 != 0 }

    private func updateLine() { line.set(isInterrupting) }

    /// Sets the flags of what has happened since the last look.
    private func lookAtClock() {
        let now = clock.now
        guard now > lastLook else { return }
        if let period = periodTicks,
            Self.oscillator.ticks(in: now) / period != Self.oscillator.ticks(in: lastLook) / period
        {
            flags.insert(.periodic)
        }
        if frozen == nil {
            let current = wallTime / Self.second
            let earlier = (epochOffset &+ Int64(truncatingIfNeeded: lastLook)) / Self.second
            if current > earlier {
                flags.insert(.updateEnded)
                if wasAlarm(after: earlier, until: current) { flags.insert(.alarm) }
            }
        }
        lastLook = now
        updateLine()
    }

    /// Whether one of these seconds is that of the alarm.
    private func wasAlarm(after earlier: Int64, until current: Int64) -> Bool {
        for second in max(earlier + 1, current - 86_399)...current {
            let ofDay = Int(second % 86_400)
            if matches(memory[5], encodeHour(ofDay / 3600)), matches(memory[3], encode(ofDay / 60 % 60)),
                matches(memory[1], encode(ofDay % 60))
            {
                return true
            }
        }
        return false
    }

    /// An alarm byte of 0xC0 and more matches everything ("don't care").
    private func matches(_ alarm: UInt8, _ value: UInt8) -> Bool { alarm >= 0xc0 || alarm == value }

    private func schedule() {
        let now = clock.now
        var deadline = UInt64.max
        if controlB.contains(.periodic), let period = periodTicks {
            deadline = Self.oscillator.nanoseconds(for: (Self.oscillator.ticks(in: now) / period + 1) * period)
        }
        if !controlB.isDisjoint(with: [.alarm, .updateEnded]), frozen == nil {
            deadline = min(deadline, now + UInt64(Self.second - wallTime % Self.second))
        }
        if deadline == .max { clock.cancel(timer) } else { clock.schedule(timer, at: max(deadline, now + 1)) }
    }

    /// Ports 0x70 to 0x73. Bit 7 of port 0x70 masks NMIs, of which there are none.
    public private(set) lazy var ports = ByteWindow(
        read: { [unowned self] offset in
            let bank = offset >> 1 & 1
            return offset & 1 == 0 ? selection(bank: bank) : read(bank: bank)
        },
        write: { [unowned self] value, offset in
            let bank = offset >> 1 & 1
            if offset & 1 == 0 { select(value, bank: bank) } else { write(value, bank: bank) }
        })

    /// Takes its ports in `space`.
    public func map(in space: AddressSpace) {
        space.map(ports, at: 0x70, byteCount: 4, name: "CMOS clock")
    }
}
