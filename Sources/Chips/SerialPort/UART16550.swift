import Board

/// A 16550A universal asynchronous receiver/transmitter (National PC16550D data sheet), 8 ports wide; COM1 is at 0x3F8,
/// line 4. It answers as a 16550A to Linux's 8250 driver.
///
/// What is sent leaves at once, so the transmitter is always empty. What arrives waits in the channel until the receive
/// FIFO has room, so nothing is ever lost to an overrun, however slow the guest is.
public final class UART16550: ByteRegisters {
    /// The crystal of a PC's serial port: 16 × 115200 Hz.
    static let clockHertz: UInt64 = 1_843_200
    static let fifoDepth = 16

    let line: InterruptLine
    let channel: any ByteChannel
    let clock: any MachineClock
    private(set) var timeout: DeviceTimer!

    // Section 8: the registers as they are written.
    var interruptEnable: InterruptEnable = []
    var fifoControl: FIFOControl = []
    var lineControl: LineControl = []
    var modemControl: ModemControl = []
    var lineStatus: LineStatus = []
    var modemStatus: ModemStatus = []
    var scratch: UInt8 = 0
    var divisor: UInt16 = 12

    /// Bytes received and not read yet, at most `fifoDepth`.
    var received: [UInt8] = []
    /// The FIFO has held fewer bytes than its trigger for four character times (8.4, character timeout).
    var hasTimedOut = false
    /// When that will be so if nothing comes or goes; nil: nothing waits. The timer is left to run when this moves: setting
    /// it for every byte would cost more than the byte.
    var timeoutDue: UInt64?
    var timerDue: UInt64?
    /// The transmitter ran empty since `IIR` was read.
    var isTransmitterInterruptPending = false

    public init(line: InterruptLine, channel: any ByteChannel, clock: any MachineClock) {
        self.line = line
        self.channel = channel
        self.clock = clock
        received.reserveCapacity(Self.fifoDepth)
        timeout = DeviceTimer { [unowned self] in timeoutRang() }
        channel.onReadable = { [weak self] in self?.receive() }
        reset()
    }

    /// Master reset (table II of the data sheet).
    public func reset() {
        interruptEnable = []
        fifoControl = []
        lineControl = []
        modemControl = []
        lineStatus = [.transmitterHoldingEmpty, .transmitterEmpty]
        // The other end is there: a terminal is always ready.
        modemStatus = [.clearToSend, .dataSetReady, .dataCarrierDetect]
        scratch = 0
        divisor = 12
        received.removeAll(keepingCapacity: true)
        hasTimedOut = false
        isTransmitterInterruptPending = false
        timeoutDue = nil
        timerDue = nil
        clock.cancel(timeout)
        receive()
    }

    var isFIFOEnabled: Bool { fifoControl.contains(.enable) }
    var isLoopback: Bool { modemControl.contains(.loopback) }

    /// How many received bytes raise the interrupt (8.5).
    var triggerLevel: Int {
        guard isFIFOEnabled else { return 1 }
        return switch fifoControl.rawValue >> 6 {
        case 0: 1
        case 1: 4
        case 2: 8
        default: 14
        }
    }

    /// Nanoseconds that a character takes on the wire, from the divisor and the line's format.
    var characterTime: UInt64 {
        let dataBits = 5 + UInt64(lineControl.rawValue & 3)
        let parityBits: UInt64 = lineControl.contains(.parityEnable) ? 1 : 0
        let stopBits: UInt64 = lineControl.contains(.twoStopBits) ? 2 : 1
        let bits = 1 + dataBits + parityBits + stopBits
        return bits * 16 * UInt64(max(divisor, 1)) * 1_000_000_000 / Self.clockHertz
    }
}
