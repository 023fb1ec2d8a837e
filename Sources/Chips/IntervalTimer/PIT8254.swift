import Board

/// A PC's 8254 programmable interval timer at ports 0x40 to 0x43, and the system control port 0x61 with the gate and output
/// of the speaker's counter. Counter 0 is interrupt line 0.
public final class PIT8254 {
    private let line: InterruptLine
    private let clock: any MachineClock
    private var timer: DeviceTimer!
    var counters = [PITCounter(), PITCounter(), PITCounter()]
    /// Port 0x61, bits 0 (gate of counter 2) and 1 (speaker).
    private var systemControl: UInt8 = 0

    /// No guest makes the machine fire timers more often than this, in nanoseconds.
    static let shortestInterval: UInt64 = 50_000

    public init(line: InterruptLine, clock: any MachineClock) {
        self.line = line
        self.clock = clock
        timer = DeviceTimer { [unowned self] in fire() }
        reset()
    }

    public func reset() {
        counters = [PITCounter(), PITCounter(), PITCounter()]
        systemControl = 0
        counters[2].setGate(false, at: clock.now)
        clock.cancel(timer)
        line.set(false)
    }

    /// OUT of counter 0 has risen. In the periodic modes it fell before; nobody looks at it in between.
    private func fire() {
        if counters[0].mode != 0 { line.set(false) }
        line.set(true)
        schedule()
    }

    private func schedule() {
        let now = clock.now
        if let rise = counters[0].nextRise(after: now) {
            clock.schedule(timer, at: counters[0].isPeriodic ? max(rise, now + Self.shortestInterval) : rise)
        } else {
            clock.cancel(timer)
        }
    }

    func readByte(at offset: Int) -> UInt8 {
        guard offset < 3 else { return 0xff }
        return counters[offset].read(at: clock.now)
    }

    func writeByte(_ value: UInt8, at offset: Int) {
        let now = clock.now
        if offset == 3 {
            setControl(value, at: now)
        } else if offset < 3 {
            let isLoaded = counters[offset].write(value, at: now)
            guard offset == 0 else { return }
            if isLoaded || counters[0].mode == 0 {
                line.set(counters[0].output(at: now))
                schedule()
            }
        }
    }

    private func setControl(_ word: UInt8, at now: UInt64) {
        let index = Int(word >> 6)
        if index == 3 {
            // Read-back: bits 1 to 3 choose the counters, bits 4 and 5 say what is not latched.
            for counter in 0..<3 where word & 2 << UInt8(counter) != 0 {
                if word & 0x20 == 0 { counters[counter].latchCount(at: now) }
                if word & 0x10 == 0 { counters[counter].latchStatus(at: now) }
            }
        } else if word >> 4 & 3 == 0 {
            counters[index].latchCount(at: now)
        } else {
            counters[index].setControl(word)
            if index == 0 {
                line.set(counters[0].output(at: now))
                schedule()
            }
        }
    }

    /// Ports 0x40 to 0x43.
    public private(set) lazy var ports = ByteWindow(
        read: { [unowned self] in readByte(at: $0) }, write: { [unowned self] in writeByte($0, at: $1) })

    /// Port 0x61 (ICH9 data sheet, NMI_SC).
    public private(set) lazy var systemControlPort = ByteWindow(
        read: { [unowned self] _ in
            let now = clock.now
            // The refresh of the memory toggles bit 4 every 15 µs.
            let refresh: UInt8 = now / 15_085 & 1 == 0 ? 0 : 0x10
            return systemControl | refresh | (counters[2].output(at: now) ? 0x20 : 0)
        },
        write: { [unowned self] value, _ in
            systemControl = value & 3
            counters[2].setGate(value & 1 != 0, at: clock.now)
        })

    /// Takes its ports in `ports`.
    public func map(in space: AddressSpace) {
        space.map(ports, at: 0x40, byteCount: 4, name: "8254")
        space.map(systemControlPort, at: 0x61, byteCount: 1, name: "system control port")
    }
}
