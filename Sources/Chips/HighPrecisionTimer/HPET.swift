import Board

/// A high precision event timer block with three comparators and the legacy replacement route (IA-PC HPET Specification
/// 1.0a). Memory at 0xFED00000, 1 KiB.
public final class HPET: IODevice {
    public static let address: UInt64 = 0xfed0_0000
    public static let byteCount: UInt64 = 0x400
    /// 100 MHz.
    static let periodFemtoseconds: UInt64 = 10_000_000
    static let nanosecondsPerTick: UInt64 = 10
    /// The inputs that a comparator may choose at the IO-APIC: 16 to 23, and 2 for the first ones' legacy place.
    static let routes: UInt32 = 0x00ff_0000

    private let clock: any MachineClock
    private let setInput: (_ gsi: Int, _ isHigh: Bool) -> Void
    /// The legacy replacement route is switched on or off: interval timer and real-time clock are cut off from lines 0 and 8.
    private let onLegacyReplacement: (_ isOn: Bool) -> Void

    var comparators: [HPETComparator] = []
    private var isEnabled = false
    private(set) var isLegacyReplacement = false
    /// Interrupt status, a bit for each level-triggered comparator.
    private var status: UInt8 = 0
    /// The counter while it is halted; what to add to the time's ticks while it runs.
    private var heldCount: UInt64 = 0
    private var offset: UInt64 = 0

    /// - Parameters:
    ///   - setInput: sets the level of an input of the interrupt controllers: 0 and 8 for the lines of the interval timer and the
    ///     real-time clock (legacy replacement), otherwise an input of the IO-APIC.
    public init(
        clock: any MachineClock, setInput: @escaping (_ gsi: Int, _ isHigh: Bool) -> Void,
        onLegacyReplacement: @escaping (_ isOn: Bool) -> Void = { _ in }
    ) {
        self.clock = clock
        self.setInput = setInput
        self.onLegacyReplacement = onLegacyReplacement
        comparators = (0..<3).map { index in
            HPETComparator(timer: DeviceTimer { [unowned self] in fire(index) })
        }
    }

    public func reset() {
        for index in comparators.indices {
            clock.cancel(comparators[index].timer)
            setLevel(index, false)
            comparators[index] = HPETComparator(timer: comparators[index].timer)
        }
        isEnabled = false
        status = 0
        heldCount = 0
        setLegacyReplacement(false)
    }

    /// The main counter.
    var counter: UInt64 { isEnabled ? clock.now / Self.nanosecondsPerTick &+ offset : heldCount }

    private func setEnabled(_ wanted: Bool) {
        guard wanted != isEnabled else { return }
        if wanted {
            offset = heldCount &- clock.now / Self.nanosecondsPerTick
        } else {
            heldCount = counter
        }
        isEnabled = wanted
        for index in comparators.indices { schedule(index) }
    }

    private func setLegacyReplacement(_ wanted: Bool) {
        guard wanted != isLegacyReplacement else { return }
        for index in 0..<2 { setLevel(index, false) }
        isLegacyReplacement = wanted
        onLegacyReplacement(wanted)
    }

    // MARK: Comparators

    private func schedule(_ index: Int) {
        let comparator = comparators[index]
        guard isEnabled else {
            clock.cancel(comparator.timer)
            return
        }
        // No guest makes the machine fire timers more often than every 20 µs.
        let ticks = max(comparator.ticksUntilMatch(from: counter), 1)
        let shortest: UInt64 = comparator.isPeriodic ? 20_000 : 1
        let delay = ticks > 1 << 50 ? 1 << 53 : ticks * Self.nanosecondsPerTick
        clock.schedule(comparator.timer, at: clock.now + max(delay, shortest))
    }

    private func fire(_ index: Int) {
        comparators[index].advance(past: counter)
        if comparators[index].isLevelTriggered {
            status |= 1 << UInt8(index)
            updateLevel(index)
        } else if comparators[index].isInterruptEnabled {
            setLevel(index, true)
            setLevel(index, false)
        }
        schedule(index)
    }

    private func updateLevel(_ index: Int) {
        guard comparators[index].isLevelTriggered else { return }
        setLevel(index, comparators[index].isInterruptEnabled && status & 1 << UInt8(index) != 0)
    }

    private func setLevel(_ index: Int, _ isHigh: Bool) {
        guard isHigh != comparators[index].isHigh else { return }
        comparators[index].isHigh = isHigh
        setInput(input(of: index), isHigh)
    }

    /// Where a comparator's interrupt goes (2.4.6).
    private func input(of index: Int) -> Int {
        if isLegacyReplacement, index < 2 { return index == 0 ? 0 : 8 }
        return comparators[index].route
    }

    // MARK: Registers (2.3)

    public func read(offset: UInt64, size: Int) -> UInt64 {
        guard size == 4 || size == 8, offset % 4 == 0 else { return 0 }
        let value = register(offset & ~7) >> (offset & 4 == 0 ? 0 : 32)
        return size == 8 && offset & 4 == 0 ? value : value & 0xffff_ffff
    }

    public func write(offset: UInt64, size: Int, value: UInt64) {
        guard size == 4 || size == 8, offset % 4 == 0 else { return }
        if size == 8 {
            guard offset % 8 == 0 else { return }
            setRegister(offset, value, mask: .max)
        } else if offset & 4 == 0 {
            setRegister(offset, value & 0xffff_ffff, mask: 0xffff_ffff)
        } else {
            setRegister(offset & ~7, value << 32, mask: 0xffff_ffff << 32)
        }
    }

    private func register(_ offset: UInt64) -> UInt64 {
        switch offset {
        // Capabilities: revision 1, three timers, 64 bits, legacy route, vendor, period.
        case 0x00: return 0x8086_a201 | Self.periodFemtoseconds << 32
        case 0x10: return (isEnabled ? 1 : 0) | (isLegacyReplacement ? 2 : 0)
        case 0x20: return UInt64(status)
        case 0xf0: return counter
        default:
            guard offset >= 0x100, offset < 0x160 else { return 0 }
            let comparator = comparators[Int(offset - 0x100) / 0x20]
            switch offset & 0x1f {
            case 0x00: return comparator.configuration | UInt64(Self.routes) << 32
            case 0x08: return comparator.value
            default: return 0
            }
        }
    }

    /// Writes the bits of `mask`.
    private func setRegister(_ offset: UInt64, _ value: UInt64, mask: UInt64) {
        switch offset {
        case 0x10:
            guard mask & 1 != 0 else { return }
            setLegacyReplacement(value & 2 != 0)
            setEnabled(value & 1 != 0)
        case 0x20:
            status &= ~UInt8(truncatingIfNeeded: value & mask)
            for index in comparators.indices { updateLevel(index) }
        case 0xf0:
            // Only while it is halted (2.3.7).
            if !isEnabled { heldCount = heldCount & ~mask | value }
        default:
            guard offset >= 0x100, offset < 0x160 else { return }
            let index = Int(offset - 0x100) / 0x20
            if offset & 0x1f == 0 {
                setLevel(index, false)
                comparators[index].setConfiguration(value, mask: mask, routes: Self.routes)
                if !comparators[index].isLevelTriggered { status &= ~(1 << UInt8(index)) }
                updateLevel(index)
            } else if offset & 0x1f == 8 {
                comparators[index].setValue(value, mask: mask)
            }
            schedule(index)
        }
    }
}
