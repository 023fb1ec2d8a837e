import Board

/// A PC's keyboard controller, an 8042 at ports 0x60 and 0x64 with a keyboard and no mouse, and the ICH's port 0x92
/// (IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller"). Interrupt line 1.
///
/// The bytes of a terminal become keys: `terminal` is the other end.
public final class I8042 {
    private let line: InterruptLine
    /// The reset line is pulsed.
    private let onReset: () -> Void
    /// The gate of address line 20 has changed. Processors that ignore it run every known system as well.
    private let onA20: (_ isOpen: Bool) -> Void
    private let terminal: (any ByteChannel)?

    private var keyboard = PS2Keyboard()
    private var keys = TerminalKeys()
    private var control: Control = .initial
    private var outputPort: UInt8 = OutputPort.initial
    /// Internal RAM; byte 0 is the control byte.
    private var memory = [UInt8](repeating: 0, count: 32)
    /// What port 0x60 holds, while the status says that it is full.
    private var output: UInt8?
    private var isOutputForMouse = false
    private var lastOutput: UInt8 = 0
    /// Answers of the controller itself.
    private var answers: [(byte: UInt8, isForMouse: Bool)] = []
    private var wasCommand = false
    /// The command whose parameter port 0x60 takes next.
    private var pendingCommand: UInt8?

    /// The control byte.
    struct Control: OptionSet {
        let rawValue: UInt8
        static let keyboardInterrupt = Self(rawValue: 0x01)
        static let mouseInterrupt = Self(rawValue: 0x02)
        static let system = Self(rawValue: 0x04)
        static let keyboardDisabled = Self(rawValue: 0x10)
        static let mouseDisabled = Self(rawValue: 0x20)
        static let translate = Self(rawValue: 0x40)
        static let initial: Self = [.keyboardInterrupt, .system, .mouseDisabled, .translate]
    }

    enum OutputPort {
        /// Low resets the processor.
        static let reset: UInt8 = 0x01
        static let a20: UInt8 = 0x02
        static let initial: UInt8 = 0xc3
    }

    /// Status register bits.
    enum Status {
        static let outputFull: UInt8 = 0x01
        static let system: UInt8 = 0x04
        static let command: UInt8 = 0x08
        static let unlocked: UInt8 = 0x10
        static let mouseOutput: UInt8 = 0x20
    }

    public init(
        line: InterruptLine, terminal: (any ByteChannel)? = nil, onReset: @escaping () -> Void,
        onA20: @escaping (_ isOpen: Bool) -> Void = { _ in }
    ) {
        self.line = line
        self.terminal = terminal
        self.onReset = onReset
        self.onA20 = onA20
        terminal?.onReadable = { [weak self] in self?.fill() }
    }

    public func reset() {
        keyboard = PS2Keyboard()
        control = .initial
        setOutputPort(OutputPort.initial)
        output = nil
        isOutputForMouse = false
        answers = []
        wasCommand = false
        pendingCommand = nil
        updateLine()
    }

    /// A key goes down or up.
    public func set(_ key: KeyCode, isDown: Bool) {
        keyboard.set(key, isDown: isDown)
        fill()
    }

    // MARK: Output

    /// Moves the next byte to port 0x60 if that is free; takes keys from the terminal if there is room.
    private func fill() {
        readTerminal()
        if output == nil {
            if !answers.isEmpty {
                let answer = answers.removeFirst()
                output = answer.byte
                isOutputForMouse = answer.isForMouse
            } else if !control.contains(.keyboardDisabled), let byte = nextKeyboardByte() {
                output = byte
                isOutputForMouse = false
            }
        }
        updateLine()
    }

    /// A break prefix of set 2 is part of the code that follows when codes are translated.
    private func nextKeyboardByte() -> UInt8? {
        guard let byte = keyboard.take() else { return nil }
        guard control.contains(.translate) else { return byte }
        if byte == 0xf0, let next = keyboard.take() { return translate(next) | 0x80 }
        return translate(byte)
    }

    private func translate(_ byte: UInt8) -> UInt8 {
        Int(byte) < KeyCode.translation.count ? KeyCode.translation[Int(byte)] : byte
    }

    private func readTerminal() {
        guard let terminal, keyboard.isScanning, !control.contains(.keyboardDisabled) else { return }
        while keyboard.hasRoom {
            guard let byte = terminal.read(limit: 1).first else {
                if let stroke = keys.flush() { press(stroke) }
                return
            }
            if let stroke = keys.append(byte) { press(stroke) }
        }
    }

    private func press(_ stroke: TerminalKeys.Stroke) {
        for modifier in stroke.modifiers { keyboard.set(modifier, isDown: true) }
        keyboard.set(stroke.key, isDown: true)
        keyboard.set(stroke.key, isDown: false)
        for modifier in stroke.modifiers.reversed() { keyboard.set(modifier, isDown: false) }
    }

    private func updateLine() {
        line.set(output != nil && !isOutputForMouse && control.contains(.keyboardInterrupt))
    }

    private func answer(_ byte: UInt8, isForMouse: Bool = false) {
        // A guest that never reads gets the newest answers only.
        if answers.count >= 8 { answers.removeFirst() }
        answers.append((byte, isForMouse))
    }

    // MARK: Registers

    private func readData() -> UInt8 {
        guard let byte = output else { return lastOutput }
        lastOutput = byte
        output = nil
        // The line falls before the next byte raises it: an edge for each.
        updateLine()
        fill()
        return byte
    }

    private var status: UInt8 {
        var value = Status.unlocked
        if output != nil { value |= Status.outputFull }
        if output != nil, isOutputForMouse { value |= Status.mouseOutput }
        if control.contains(.system) { value |= Status.system }
        if wasCommand { value |= Status.command }
        return value
    }

    private func writeData(_ value: UInt8) {
        wasCommand = false
        guard let command = pendingCommand else {
            // A byte for the keyboard switches it on again.
            control.remove(.keyboardDisabled)
            keyboard.receive(value)
            fill()
            return
        }
        pendingCommand = nil
        switch command {
        case 0x60: control = Control(rawValue: value)
        case 0x61...0x7f: memory[Int(command & 0x1f)] = value
        case 0xd1: setOutputPort(value)
        case 0xd2: answer(value)
        // There is no mouse: what is sent to it is not answered by one.
        case 0xd3: answer(value)
        case 0xd4: answer(0xfe)
        default: break
        }
        fill()
    }

    private func execute(_ command: UInt8) {
        wasCommand = true
        pendingCommand = nil
        switch command {
        case 0x20: answer(control.rawValue)
        case 0x21...0x3f: answer(memory[Int(command & 0x1f)])
        case 0x60...0x7f, 0xd1...0xd4: pendingCommand = command
        case 0xa7: control.insert(.mouseDisabled)
        case 0xa8: control.remove(.mouseDisabled)
        // Mouse interface test: its clock line is stuck low, for there is no connector.
        case 0xa9: answer(0x01)
        case 0xaa:
            control = .initial
            answer(0x55)
        case 0xab: answer(0x00)
        case 0xad: control.insert(.keyboardDisabled)
        case 0xae: control.remove(.keyboardDisabled)
        // Input port: no manufacturing jumper, keyboard not locked.
        case 0xc0: answer(0xb0)
        case 0xd0: answer(outputPort)
        case 0xdd: setOutputPort(outputPort & ~OutputPort.a20)
        case 0xdf: setOutputPort(outputPort | OutputPort.a20)
        case 0xf0...0xff where command & OutputPort.reset == 0: onReset()
        default: break
        }
        fill()
    }

    private func setOutputPort(_ value: UInt8) {
        let changed = value ^ outputPort
        outputPort = value
        if changed & OutputPort.a20 != 0 { onA20(value & OutputPort.a20 != 0) }
        if value & OutputPort.reset == 0 {
            outputPort |= OutputPort.reset
            onReset()
        }
    }

    /// Port 0x60.
    public private(set) lazy var dataPort = ByteWindow(
        read: { [unowned self] _ in readData() }, write: { [unowned self] value, _ in writeData(value) })

    /// Port 0x64.
    public private(set) lazy var commandPort = ByteWindow(
        read: { [unowned self] _ in status }, write: { [unowned self] value, _ in execute(value) })

    /// Port 0x92 (ICH9 data sheet, 13.7.3): bit 0 resets as it rises, bit 1 opens address line 20.
    public private(set) lazy var fastPort = ByteWindow(
        read: { [unowned self] _ in outputPort & OutputPort.a20 },
        write: { [unowned self] value, _ in
            setOutputPort(outputPort & ~OutputPort.a20 | value & OutputPort.a20)
            if value & 1 != 0 { onReset() }
        })

    /// Takes its ports in `space`.
    public func map(in space: AddressSpace) {
        space.map(dataPort, at: 0x60, byteCount: 1, name: "i8042 data")
        space.map(commandPort, at: 0x64, byteCount: 1, name: "i8042 command")
        space.map(fastPort, at: 0x92, byteCount: 1, name: "port 92")
    }
}
