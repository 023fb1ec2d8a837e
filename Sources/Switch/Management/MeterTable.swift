/// The meters of all bridges, at stable numbers, in raw memory: packets pass them.
struct MeterTable: ~Copyable {
    private var states: UnsafeMutablePointer<MeterState?>
    private var capacity = 16
    private var used = 0
    private var free: [Int32] = []

    init() {
        states = .allocate(capacity: capacity)
    }

    deinit {
        states.deinitialize(count: used)
        states.deallocate()
    }

    mutating func add(_ state: MeterState) -> Int32 {
        if let number = free.popLast() {
            states[Int(number)] = state
            return number
        }
        if used == capacity {
            let larger = UnsafeMutablePointer<MeterState?>.allocate(capacity: capacity * 2)
            larger.moveInitialize(from: states, count: used)
            states.deallocate()
            states = larger
            capacity *= 2
        }
        (states + used).initialize(to: state)
        used += 1
        return Int32(used - 1)
    }

    mutating func remove(_ number: Int32) {
        states[Int(number)] = nil
        free.append(number)
    }

    /// The meter of a number that is in use.
    subscript(number: Int32) -> MeterState {
        get { states[Int(number)]! }
        nonmutating set { states[Int(number)] = newValue }
    }

    func contains(_ number: Int32) -> Bool { number >= 0 && Int(number) < used && states[Int(number)] != nil }

    func count(flows step: Int32, of number: Int32) { states[Int(number)]!.flowCount += step }

    /// Holds a packet against a meter: what the band that acts on it does, or nil where the packet conforms.
    func pass(_ number: Int32, packets: Int, bytes: Int, now: UInt64) -> Meter.Band.Effect? {
        guard contains(number) else { return nil }
        let band = states[Int(number)]!.pass(packets: packets, bytes: bytes, now: now)
        return band < 0 ? nil : states[Int(number)]!.bands[band].effect
    }
}
