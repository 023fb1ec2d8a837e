import Board

// The register file of the 16550A (PC16550D data sheet, section 8 and table II).
extension UART16550 {
    enum Register: Int {
        /// RBR (read) and THR (write); DLL with DLAB.
        case data = 0
        /// IER; DLM with DLAB.
        case interruptEnable = 1
        /// IIR (read) and FCR (write).
        case interruptIdentification = 2
        case lineControl = 3
        case modemControl = 4
        case lineStatus = 5
        case modemStatus = 6
        case scratch = 7
    }

    /// IER (8.7).
    struct InterruptEnable: OptionSet {
        let rawValue: UInt8
        static let receivedData = Self(rawValue: 1)
        static let transmitterEmpty = Self(rawValue: 2)
        static let lineStatus = Self(rawValue: 4)
        static let modemStatus = Self(rawValue: 8)
    }

    /// IIR (8.6), the interrupt of the highest priority; bit 0 set says that there is none.
    enum Interrupt: UInt8 {
        case none = 1
        case lineStatus = 6
        case receivedData = 4
        case timeout = 0xc
        case transmitterEmpty = 2
        case modemStatus = 0
    }

    /// FCR (8.5).
    struct FIFOControl: OptionSet {
        let rawValue: UInt8
        static let enable = Self(rawValue: 1)
        static let clearReceiver = Self(rawValue: 2)
        static let clearTransmitter = Self(rawValue: 4)
        /// What stays: enable, DMA mode, trigger level.
        static let kept = Self(rawValue: 0xc9)
    }

    /// LCR (8.1).
    struct LineControl: OptionSet {
        let rawValue: UInt8
        static let twoStopBits = Self(rawValue: 4)
        static let parityEnable = Self(rawValue: 8)
        static let divisorLatch = Self(rawValue: 0x80)
    }

    /// MCR (8.8).
    struct ModemControl: OptionSet {
        let rawValue: UInt8
        static let dataTerminalReady = Self(rawValue: 1)
        static let requestToSend = Self(rawValue: 2)
        static let out1 = Self(rawValue: 4)
        /// On a PC this output lets the interrupt through to the interrupt controller.
        static let out2 = Self(rawValue: 8)
        static let loopback = Self(rawValue: 0x10)
        static let all = Self(rawValue: 0x1f)
    }

    /// LSR (8.4).
    struct LineStatus: OptionSet {
        let rawValue: UInt8
        static let dataReady = Self(rawValue: 1)
        static let overrun = Self(rawValue: 2)
        static let transmitterHoldingEmpty = Self(rawValue: 0x20)
        static let transmitterEmpty = Self(rawValue: 0x40)
        /// What reading the register clears: overrun, parity and framing error, break.
        static let errors = Self(rawValue: 0x1e)
    }

    /// MSR (8.9): the modem's lines in the upper half, which of them changed in the lower.
    struct ModemStatus: OptionSet {
        let rawValue: UInt8
        static let ringEnded = Self(rawValue: 4)
        static let changes = Self(rawValue: 0x0f)
        static let clearToSend = Self(rawValue: 0x10)
        static let dataSetReady = Self(rawValue: 0x20)
        static let ringIndicator = Self(rawValue: 0x40)
        static let dataCarrierDetect = Self(rawValue: 0x80)
    }

    public func readByte(at offset: Int) -> UInt8 {
        switch Register(rawValue: offset) {
        case .data:
            if lineControl.contains(.divisorLatch) { return UInt8(truncatingIfNeeded: divisor) }
            return takeReceived()
        case .interruptEnable:
            if lineControl.contains(.divisorLatch) { return UInt8(divisor >> 8) }
            return interruptEnable.rawValue
        case .interruptIdentification:
            let interrupt = pendingInterrupt
            if interrupt == .transmitterEmpty {
                isTransmitterInterruptPending = false
                updateLine()
            }
            return interrupt.rawValue | (isFIFOEnabled ? 0xc0 : 0)
        case .lineControl: return lineControl.rawValue
        case .modemControl: return modemControl.rawValue
        case .lineStatus:
            let status = lineStatus
            lineStatus.subtract(.errors)
            updateLine()
            return status.rawValue
        case .modemStatus:
            let status = modemStatus
            modemStatus.subtract(.changes)
            updateLine()
            return status.rawValue
        case .scratch: return scratch
        case nil: return 0xff
        }
    }

    public func writeByte(_ value: UInt8, at offset: Int) {
        switch Register(rawValue: offset) {
        case .data:
            if lineControl.contains(.divisorLatch) {
                divisor = divisor & 0xff00 | UInt16(value)
            } else {
                transmit(value)
            }
        case .interruptEnable:
            if lineControl.contains(.divisorLatch) {
                divisor = divisor & 0xff | UInt16(value) << 8
                return
            }
            let enabled = InterruptEnable(rawValue: value & 0x0f)
            // Enabled while the transmitter is empty: there is the interrupt at once.
            if enabled.contains(.transmitterEmpty), !interruptEnable.contains(.transmitterEmpty) {
                isTransmitterInterruptPending = true
            }
            interruptEnable = enabled
            updateLine()
        case .interruptIdentification: setFIFOControl(FIFOControl(rawValue: value))
        case .lineControl: lineControl = LineControl(rawValue: value)
        case .modemControl: setModemControl(ModemControl(rawValue: value).intersection(.all))
        case .lineStatus, .modemStatus, nil: break
        case .scratch: scratch = value
        }
    }

    private func setFIFOControl(_ value: FIFOControl) {
        let isToggled = value.contains(.enable) != isFIFOEnabled
        // The other bits count only together with "enable" (8.5).
        fifoControl = value.contains(.enable) ? value.intersection(.kept) : []
        if isToggled || value.isSuperset(of: [.enable, .clearReceiver]) {
            received.removeAll(keepingCapacity: true)
            lineStatus.remove(.dataReady)
            hasTimedOut = false
            timeoutDue = nil
        }
        receive()
    }

    private func setModemControl(_ value: ModemControl) {
        let wasLoopback = isLoopback
        modemControl = value
        var lines: ModemStatus = [.clearToSend, .dataSetReady, .dataCarrierDetect]
        if isLoopback {
            lines = []
            if value.contains(.requestToSend) { lines.insert(.clearToSend) }
            if value.contains(.dataTerminalReady) { lines.insert(.dataSetReady) }
            if value.contains(.out1) { lines.insert(.ringIndicator) }
            if value.contains(.out2) { lines.insert(.dataCarrierDetect) }
        }
        setModemLines(lines)
        if wasLoopback, !isLoopback { receive() } else { updateLine() }
    }

    /// Notes which lines changed. Of the ring indicator only its end counts.
    private func setModemLines(_ lines: ModemStatus) {
        let before = modemStatus
        var changes = ModemStatus(rawValue: (before.rawValue ^ lines.rawValue) >> 4)
        changes.remove(.ringEnded)
        if before.contains(.ringIndicator), !lines.contains(.ringIndicator) { changes.insert(.ringEnded) }
        modemStatus = lines.union(before.intersection(.changes)).union(changes)
    }
}
