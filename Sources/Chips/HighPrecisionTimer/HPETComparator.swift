import Board

/// A comparator of an HPET (IA-PC HPET Specification 1.0a, 2.3.8 and 2.3.9).
struct HPETComparator {
    let timer: DeviceTimer
    /// The level that it holds its interrupt input at.
    var isHigh = false
    /// Configuration; periodic-capable and 64 bits wide.
    private(set) var configuration: UInt64 = Self.capabilities
    private(set) var value: UInt64 = .max
    /// What is added at each match while periodic.
    private(set) var period: UInt64 = 0

    private static let capabilities: UInt64 = 0x30
    /// Trigger, enable, periodic, value set, 32 bits, route.
    private static let writable: UInt64 = 0x3f4e
    private static let valueSet: UInt64 = 0x40

    init(timer: DeviceTimer) { self.timer = timer }

    var isLevelTriggered: Bool { configuration & 0x02 != 0 }
    var isInterruptEnabled: Bool { configuration & 0x04 != 0 }
    var isPeriodic: Bool { configuration & 0x08 != 0 }
    var is32Bit: Bool { configuration & 0x100 != 0 }
    var route: Int { Int(configuration >> 9 & 0x1f) }
    private var widthMask: UInt64 { is32Bit ? 0xffff_ffff : .max }

    mutating func setConfiguration(_ new: UInt64, mask: UInt64, routes: UInt32) {
        let writable = Self.writable & mask
        configuration = configuration & ~writable | new & writable
        // A route that is not offered does not stick.
        if routes & 1 << UInt32(route) == 0 { configuration &= ~0x3e00 }
        if is32Bit {
            value &= 0xffff_ffff
            period &= 0xffff_ffff
        }
    }

    mutating func setValue(_ new: UInt64, mask: UInt64) {
        let mask = mask & widthMask
        if !isPeriodic || configuration & Self.valueSet != 0 { value = value & ~mask | new & mask }
        if isPeriodic { period = period & ~mask | new & mask }
        configuration &= ~Self.valueSet
    }

    /// Ticks until the counter and the value are the same.
    func ticksUntilMatch(from counter: UInt64) -> UInt64 {
        let distance = (value &- counter) & widthMask
        return distance == 0 ? widthMask : distance
    }

    /// Where periodic, the value moves on to the next match after `counter`.
    mutating func advance(past counter: UInt64) {
        guard isPeriodic, period > 0 else { return }
        let passed = (counter &- value) & widthMask
        // How often it matched while nobody looked; a distance of half the range is a match to come.
        let count = passed <= widthMask / 2 ? passed / period &+ 1 : 1
        value = (value &+ period &* count) & widthMask
    }
}
