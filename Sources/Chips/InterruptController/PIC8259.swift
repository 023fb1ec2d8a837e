/// One 8259A programmable interrupt controller (Intel 8259A data sheet, order number 231468). A PC has two; see
/// `PIC8259Pair` for their ports and the cascade.
struct PIC8259 {
    /// Requests, in service, masked: a bit an input.
    private(set) var requests: UInt8 = 0
    private(set) var inService: UInt8 = 0
    private(set) var mask: UInt8 = 0
    /// The levels on the inputs.
    private var levels: UInt8 = 0
    /// ELCR: the inputs that are level-triggered.
    var levelTriggered: UInt8 = 0

    /// ICW2: vector of input 0.
    private(set) var vectorBase: UInt8 = 0
    /// Which initialization command word the data port expects next.
    private var expected = CommandWord.operation
    private var isSingle = false
    private var wantsICW4 = false
    private var endsAutomatically = false
    private var rotatesAutomatically = false
    private var isSpecialFullyNested = false
    private var isSpecialMask = false
    private var readsInService = false
    private var isPolled = false
    /// The input of the highest priority.
    private var first: UInt8 = 0
    /// Input 2 of the master is the slave.
    let cascadeInput: UInt8?

    private enum CommandWord { case operation, icw2, icw3, icw4 }

    init(cascadeInput: UInt8?) { self.cascadeInput = cascadeInput }

    mutating func reset() {
        let (levels, levelTriggered) = (levels, UInt8(0))
        self = PIC8259(cascadeInput: cascadeInput)
        self.levels = levels
        self.levelTriggered = levelTriggered
    }

    mutating func setLevel(_ isHigh: Bool, input: UInt8) {
        let bit = UInt8(1) << input
        if isHigh {
            // An edge is latched: a pulse shorter than the processor's attention must not be lost.
            if levelTriggered & bit != 0 || levels & bit == 0 { requests |= bit }
            levels |= bit
        } else {
            levels &= ~bit
            if levelTriggered & bit != 0 { requests &= ~bit }
        }
    }

    /// The slave's output: the request stands as long as the slave has one.
    mutating func setCascade(_ isHigh: Bool) {
        guard let cascadeInput else { return }
        if isHigh { requests |= 1 << cascadeInput } else { requests &= ~(1 << cascadeInput) }
    }

    /// The input that the chip would interrupt for now.
    var pendingInput: UInt8? {
        guard let request = highest(requests & ~mask) else { return nil }
        var serving = inService
        if isSpecialMask { serving &= ~mask }
        // The slave may interrupt again while one of its inputs is in service.
        if isSpecialFullyNested, let cascadeInput { serving &= ~(1 << cascadeInput) }
        if let current = highest(serving), current <= request { return nil }
        return (request &+ first) & 7
    }

    /// The rank of the highest of the set bits; 0 is the highest priority.
    private func highest(_ bits: UInt8) -> UInt8? {
        guard bits != 0 else { return nil }
        let rotated = bits >> first | bits << ((8 &- first) & 7)
        return UInt8(rotated.trailingZeroBitCount)
    }

    /// The processor takes the interrupt of `input` (figure 4, INTA sequence).
    mutating func acknowledge(_ input: UInt8) {
        let bit = UInt8(1) << input
        if endsAutomatically {
            if rotatesAutomatically { first = (input &+ 1) & 7 }
        } else {
            inService |= bit
        }
        if levelTriggered & bit == 0 { requests &= ~bit }
    }

    mutating func readByte(at offset: Int) -> UInt8 {
        if isPolled {
            // The poll command answers like an interrupt acknowledge.
            isPolled = false
            guard let input = pendingInput else { return 7 }
            acknowledge(input)
            return 0x80 | input
        }
        if offset == 0 { return readsInService ? inService : requests }
        return mask
    }

    mutating func writeByte(_ value: UInt8, at offset: Int) {
        if offset == 0 {
            if value & 0x10 != 0 {
                initialize(value)
            } else if value & 0x08 != 0 {
                setModes(value)
            } else {
                endInterrupt(value)
            }
            return
        }
        switch expected {
        case .operation: mask = value  // OCW1
        case .icw2:
            vectorBase = value & 0xf8
            expected = isSingle ? (wantsICW4 ? .icw4 : .operation) : .icw3
        case .icw3: expected = wantsICW4 ? .icw4 : .operation
        case .icw4:
            isSpecialFullyNested = value & 0x10 != 0
            endsAutomatically = value & 2 != 0
            expected = .operation
        }
    }

    /// ICW1: what was programmed is forgotten, edges are to come anew.
    private mutating func initialize(_ value: UInt8) {
        requests &= levelTriggered
        inService = 0
        mask = 0
        first = 0
        isSpecialMask = false
        readsInService = false
        isPolled = false
        isSpecialFullyNested = false
        endsAutomatically = false
        rotatesAutomatically = false
        isSingle = value & 2 != 0
        wantsICW4 = value & 1 != 0
        expected = .icw2
    }

    /// OCW3: special mask mode, poll, which register is read.
    private mutating func setModes(_ value: UInt8) {
        if value & 0x04 != 0 { isPolled = true }
        if value & 0x02 != 0 { readsInService = value & 1 != 0 }
        if value & 0x40 != 0 { isSpecialMask = value & 0x20 != 0 }
    }

    /// OCW2: end of interrupt, and rotation of priorities.
    private mutating func endInterrupt(_ value: UInt8) {
        let input = value & 7
        switch value >> 5 {
        case 0, 4: rotatesAutomatically = value & 0x80 != 0
        case 1, 5:
            guard let rank = highest(inService) else { break }
            let ended = (rank &+ first) & 7
            inService &= ~(1 << ended)
            if value & 0x80 != 0 { first = (ended &+ 1) & 7 }
        case 3, 7:
            inService &= ~(1 << input)
            if value & 0x80 != 0 { first = (input &+ 1) & 7 }
        case 6: first = (input &+ 1) & 7
        default: break
        }
    }
}
