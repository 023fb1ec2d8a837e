import Board

/// A VGA in text mode (IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem"; FreeVGA): its registers at ports
/// 0x3B0 to 0x3DF, 256 KiB of memory in four planes behind the window 0xA0000 to 0xBFFFF, and the screen painted on a
/// terminal. Graphics modes keep their memory right; what they show is not painted.
public final class VGA {
    public static let windowAddress: UInt64 = 0xa0000
    public static let windowByteCount: UInt64 = 0x20000
    /// How soon the terminal shows what the guest has written, in nanoseconds.
    static let paintDelay: UInt64 = 25_000_000

    let clock: any MachineClock
    private let terminal: any ByteChannel
    private var timer: DeviceTimer!
    private var painter = ScreenPainter()

    /// The planes: byte p of a word is plane p.
    var memory = [UInt32](repeating: 0, count: 65536)
    /// The four bytes that were read last (graphics controller's latches).
    var latches: UInt32 = 0

    // Registers, by index.
    var sequencer = [UInt8](repeating: 0, count: 8)
    var graphics = [UInt8](repeating: 0, count: 16)
    var crtc = [UInt8](repeating: 0, count: 32)
    var attributes = [UInt8](repeating: 0, count: 32)
    var sequencerIndex: UInt8 = 0
    var graphicsIndex: UInt8 = 0
    var crtcIndex: UInt8 = 0
    /// Index of the attribute controller; bit 5 lets it show anything.
    var attributeIndex: UInt8 = 0
    /// The attribute controller's port takes data next, not an index.
    var isAttributeData = false
    var miscellaneous: UInt8 = 0
    var featureControl: UInt8 = 0
    var palette = Palette()

    /// The digital-to-analogue converter: 256 colours of 3 × 6 bits.
    struct Palette {
        var mask: UInt8 = 0xff
        var bytes = [UInt8](repeating: 0, count: 768)
        var readPosition = 0
        var writePosition = 0
        var isReading = false
    }

    public init(terminal: any ByteChannel, clock: any MachineClock) {
        self.terminal = terminal
        self.clock = clock
        timer = DeviceTimer { [unowned self] in paint() }
        reset()
    }

    public func reset() {
        sequencer = Array(repeating: 0, count: 8)
        graphics = Array(repeating: 0, count: 16)
        crtc = Array(repeating: 0, count: 32)
        attributes = Array(repeating: 0, count: 32)
        (sequencerIndex, graphicsIndex, crtcIndex, attributeIndex) = (0, 0, 0, 0)
        isAttributeData = false
        miscellaneous = 0
        featureControl = 0
        palette = Palette()
        latches = 0
        markDirty()
    }

    /// Somebody looks at the terminal for the first time, or again: everything is painted.
    public func repaint() {
        painter.forget()
        markDirty()
    }

    /// Something that is seen has changed.
    func markDirty() {
        if timer.deadline == nil { clock.schedule(timer, at: clock.now + Self.paintDelay) }
    }

    /// Paints what has changed at once: the machine ends, or somebody cannot wait.
    public func flush() {
        guard timer.deadline != nil else { return }
        clock.cancel(timer)
        paint()
    }

    private func paint() {
        let bytes = painter.update(to: screen)
        if !bytes.isEmpty { terminal.write(bytes) }
    }

    /// Takes its ports in `ports` and its window in `devices`.
    public func map(in ports: AddressSpace, devices: AddressSpace) {
        ports.map(registers, at: 0x3b0, byteCount: 0x30, name: "VGA")
        devices.map(window, at: Self.windowAddress, byteCount: Self.windowByteCount, name: "VGA memory")
    }

    /// Ports 0x3B0 to 0x3DF.
    public private(set) lazy var registers = ByteWindow(
        read: { [unowned self] in readRegister(at: 0x3b0 + $0) },
        write: { [unowned self] in writeRegister($0, at: 0x3b0 + $1) })

    /// Memory from 0xA0000 on.
    public private(set) lazy var window = ByteWindow(
        read: { [unowned self] in readMemory(at: $0) }, write: { [unowned self] in writeMemory($0, at: $1) })
}
