/// The 64 words of configuration on a Microwire bus that the driver moves bit by bit (5.3 to 5.6; EECD, 13.4.3).
struct E1000EEPROM {
    private(set) var words = [UInt16](repeating: 0, count: 64)
    private var lines: UInt32 = 0
    /// Bits that came in since the chip was selected, and how many.
    private var input: UInt32 = 0
    private var inputCount = 0
    /// Bits that go out, the next one at the top.
    private var output: UInt32 = 0
    private var isReading = false

    private enum Line {
        static let clock: UInt32 = 1
        static let select: UInt32 = 2
        static let dataIn: UInt32 = 4
        static let dataOut: UInt32 = 8
        static let request: UInt32 = 0x40
        static let grant: UInt32 = 0x80
        static let present: UInt32 = 0x100
    }

    init(address: [UInt8]) {
        for index in 0..<3 { words[index] = UInt16(address[2 * index]) | UInt16(address[2 * index + 1]) << 8 }
        // Table 5-2: compatibility, initialization control 1, subsystem, device and vendor.
        words[0x03] = 0x0d00
        words[0x08] = 0x3000
        words[0x09] = 0x1000
        words[0x0a] = 0x6403
        words[0x0b] = 0x001e
        words[0x0c] = 0x8086
        words[0x0d] = 0x100e
        words[0x0e] = 0x8086
        words[0x0f] = 0x3040
        // The sum of all words (5.6.35).
        words[0x3f] = words[..<0x3f].reduce(0xbaba) { $0 &- $1 }
    }

    /// What EECD reads as. Whoever asks for the bus has it.
    var control: UInt32 {
        var value = lines | Line.present
        if lines & Line.request != 0 { value |= Line.grant }
        if !isReading || output >> 31 != 0 { value |= Line.dataOut }
        return value
    }

    mutating func release() {
        lines = 0
        isReading = false
    }

    mutating func setControl(_ value: UInt32) {
        let before = lines
        lines = value & (Line.clock | Line.select | Line.dataIn | Line.request | 0x30)
        guard lines & Line.select != 0 else {
            isReading = false
            return
        }
        if before & Line.select == 0 {
            input = 0
            inputCount = 0
            isReading = false
        }
        // Both ends look at the rising edge of the clock.
        guard before & Line.clock == 0, lines & Line.clock != 0 else { return }
        if isReading {
            output <<= 1
            return
        }
        // A start bit, two bits of operation, six of address.
        input = input << 1 | (lines & Line.dataIn != 0 ? 1 : 0)
        inputCount = min(inputCount + 1, 9)
        if inputCount == 9, input >> 6 & 7 == 6 {
            isReading = true
            // A zero comes before the word.
            output = UInt32(words[Int(input & 0x3f)]) << 15
        }
    }
}
