import Board

/// The interrupt lines of a PC: who shares an input, and which inputs of the two kinds of interrupt controllers a line
/// goes to. Line 0 is input 2 of the IO-APIC, PIRQA to H are its inputs 16 to 23 and the line that the bridge leads them to,
/// and all others go to the same number.
public final class InterruptWiring {
    private let setPIC: (_ irq: Int, _ isHigh: Bool) -> Void
    private let setIOAPIC: (_ gsi: Int, _ isHigh: Bool) -> Void
    /// Where the bridge leads PIRQ 0 to 7 at the 8259A controllers.
    var route: (_ pirq: Int) -> Int? = { _ in nil }

    /// How many hold an input high: of the 8259A controllers' 16, of the IO-APIC's 24.
    private var picCounts = [Int](repeating: 0, count: 16)
    private var ioapicCounts = [Int](repeating: 0, count: IOAPIC.inputCount)
    private var pirqLevels = [Bool](repeating: false, count: 8)
    private var pirqRoutes = [Int?](repeating: nil, count: 8)
    /// Levels of the interval timer and the real-time clock, and of the HPET's comparators in their place.
    private var timerLevels: [Int: Bool] = [0: false, 8: false]
    private var replacementLevels: [Int: Bool] = [0: false, 8: false]
    private var isReplaced = false

    /// - Parameters:
    ///   - setPIC: sets the level of one of 16 lines of the 8259A controllers.
    ///   - setIOAPIC: sets the level of one of 24 inputs of the IO-APIC.
    public init(
        setPIC: @escaping (_ irq: Int, _ isHigh: Bool) -> Void,
        setIOAPIC: @escaping (_ gsi: Int, _ isHigh: Bool) -> Void
    ) {
        self.setPIC = setPIC
        self.setIOAPIC = setIOAPIC
    }

    /// The lines of PIRQA to H, for `PCIBus`.
    public private(set) lazy var pirqs: [InterruptLine] = (0..<8).map { index in
        InterruptLine(number: 16 + index) { [unowned self] _, isHigh in setPIRQ(index, isHigh) }
    }

    /// A new wire to input `input` (16 to 23) of the IO-APIC, and to nothing else. Several share the input, with each other
    /// and with the PIRQ of that number.
    public func ioapicLine(_ input: Int) -> InterruptLine {
        precondition((16..<IOAPIC.inputCount).contains(input))
        return InterruptLine(number: input) { [unowned self] input, isHigh in changeIOAPIC(input, isHigh) }
    }

    /// A new wire to ISA line `irq` (0 to 15). Several share the line.
    public func isaLine(_ irq: Int) -> InterruptLine {
        precondition((0..<16).contains(irq) && irq != 2)
        return InterruptLine(number: irq) { [unowned self] irq, isHigh in changeISA(irq, isHigh) }
    }

    /// The wire of the interval timer (0) or of the real-time clock (8), which the HPET can cut.
    public func timerLine(_ irq: Int) -> InterruptLine {
        precondition(irq == 0 || irq == 8)
        return InterruptLine(number: irq) { [unowned self] irq, isHigh in
            timerLevels[irq] = isHigh
            if !isReplaced { changeISA(irq, isHigh) }
        }
    }

    /// The HPET sets an input: 0 and 8 in place of the timers, otherwise one of the IO-APIC.
    public func setFromHPET(_ input: Int, isHigh: Bool) {
        if isReplaced, let level = replacementLevels[input] {
            guard level != isHigh else { return }
            replacementLevels[input] = isHigh
            changeISA(input, isHigh)
        } else if input >= 16 {
            changeIOAPIC(input, isHigh)
        }
    }

    /// The HPET takes lines 0 and 8, or gives them back. What is high now falls at its old source first.
    public func setLegacyReplacement(_ isOn: Bool) {
        guard isOn != isReplaced else { return }
        let (old, new) = isOn ? (timerLevels, replacementLevels) : (replacementLevels, timerLevels)
        for irq in [0, 8] {
            if old[irq] == true { changeISA(irq, false) }
            if new[irq] == true { changeISA(irq, true) }
        }
        isReplaced = isOn
    }

    /// The bridge leads pins to other lines now.
    func routesChanged() {
        for index in 0..<8 {
            let wanted = pirqLevels[index] ? route(index) : nil
            guard wanted != pirqRoutes[index] else { continue }
            // To both kinds of controllers, as on QEMU's boards: SeaBIOS's MP table and its own ACPI tables say so.
            if let old = pirqRoutes[index] { changeISA(old, false) }
            if let wanted { changeISA(wanted, true) }
            pirqRoutes[index] = wanted
        }
    }

    private func setPIRQ(_ index: Int, _ isHigh: Bool) {
        pirqLevels[index] = isHigh
        changeIOAPIC(16 + index, isHigh)
        routesChanged()
    }

    private func changeISA(_ irq: Int, _ isHigh: Bool) {
        changePIC(irq, isHigh)
        changeIOAPIC(irq == 0 ? 2 : irq, isHigh)
    }

    private func changePIC(_ irq: Int, _ isHigh: Bool) {
        picCounts[irq] += isHigh ? 1 : -1
        if picCounts[irq] == (isHigh ? 1 : 0) { setPIC(irq, isHigh) }
    }

    private func changeIOAPIC(_ input: Int, _ isHigh: Bool) {
        guard input < ioapicCounts.count else { return }
        ioapicCounts[input] += isHigh ? 1 : -1
        if ioapicCounts[input] == (isHigh ? 1 : 0) { setIOAPIC(input, isHigh) }
    }
}
