/// A keyboard on the wire of an i8042: commands in, scan codes and answers out (IBM PS/2 Hardware Interface Technical
/// Reference, "Keyboards (101- and 102-key)"). Scan code sets 1 and 2.
struct PS2Keyboard {
    /// Answers to commands; they come before keys.
    private var answers: [UInt8] = []
    /// Scan codes that wait to be taken.
    private var codes: [UInt8] = []
    private(set) var scanCodeSet: UInt8 = 2
    private(set) var isScanning = true
    private(set) var leds: UInt8 = 0
    private var lastSent: UInt8 = 0
    /// The command whose parameter comes next.
    private var pendingCommand: UInt8?

    /// As many codes as the keyboard's own buffer holds (16 bytes); a key that has no room is lost.
    static let bufferSize = 16

    private enum Answer {
        static let acknowledge: UInt8 = 0xfa
        static let resend: UInt8 = 0xfe
        static let selfTestPassed: UInt8 = 0xaa
        static let echo: UInt8 = 0xee
    }

    var hasOutput: Bool { !answers.isEmpty || !codes.isEmpty }
    /// Room for another key: the longest takes 8 bytes.
    var hasRoom: Bool { codes.count <= Self.bufferSize - 8 }

    mutating func take() -> UInt8? {
        if !answers.isEmpty {
            lastSent = answers.removeFirst()
        } else if !codes.isEmpty {
            lastSent = codes.removeFirst()
        } else {
            return nil
        }
        return lastSent
    }

    mutating func set(_ key: KeyCode, isDown: Bool) {
        guard isScanning else { return }
        let bytes = scanCodeSet == 1 ? key.set1(isDown: isDown) : key.set2(isDown: isDown)
        if codes.count + bytes.count <= Self.bufferSize { codes += bytes }
    }

    /// A byte from the controller: a command, or the parameter of the one before.
    mutating func receive(_ byte: UInt8) {
        // A new command ends what was being answered.
        answers.removeAll(keepingCapacity: true)
        if let command = pendingCommand, byte < 0xed {
            pendingCommand = nil
            answer(command, parameter: byte)
            return
        }
        pendingCommand = nil
        switch byte {
        case 0xed, 0xf0, 0xf3:
            pendingCommand = byte
            answers = [Answer.acknowledge]
        case 0xee: answers = [Answer.echo]
        case 0xf2: answers = [Answer.acknowledge, 0xab, 0x83]
        case 0xf4:
            codes.removeAll(keepingCapacity: true)
            isScanning = true
            answers = [Answer.acknowledge]
        case 0xf5, 0xf6:
            setDefaults()
            isScanning = byte == 0xf6
            answers = [Answer.acknowledge]
        case 0xfe: answers = [lastSent]
        case 0xff:
            self = PS2Keyboard()
            answers = [Answer.acknowledge, Answer.selfTestPassed]
        // Key types of set 3, which make no difference here.
        case 0xf7...0xfa: answers = [Answer.acknowledge]
        default: answers = [Answer.resend]
        }
    }

    private mutating func answer(_ command: UInt8, parameter: UInt8) {
        answers = [Answer.acknowledge]
        switch command {
        case 0xed: leds = parameter & 7
        case 0xf0 where parameter == 0: answers.append(scanCodeSet)
        case 0xf0 where parameter <= 2: scanCodeSet = parameter
        case 0xf0: answers = [Answer.resend]
        // The rate of repetition: keys from a terminal do not repeat.
        default: break
        }
    }

    private mutating func setDefaults() {
        codes.removeAll(keepingCapacity: true)
        scanCodeSet = 2
    }
}
