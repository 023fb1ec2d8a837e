import Board

// The wire: bytes that come and go, and the interrupts they cause.
extension UART16550 {
    func transmit(_ byte: UInt8) {
        if isLoopback {
            if received.count >= (isFIFOEnabled ? Self.fifoDepth : 1) {
                lineStatus.insert(.overrun)
                // Without FIFOs the new byte replaces the old one; with them it is lost (8.4, bit 1).
                if !isFIFOEnabled { received[0] = byte }
            } else {
                accept([byte])
            }
        } else {
            channel.write([byte])
        }
        isTransmitterInterruptPending = true
        updateLine()
    }

    /// Takes waiting input as far as there is room.
    func receive() {
        if !isLoopback {
            let room = (isFIFOEnabled ? Self.fifoDepth : 1) - received.count
            if room > 0 {
                let bytes = channel.read(limit: room)
                if !bytes.isEmpty { accept(bytes.prefix(room)) }
            }
        }
        updateLine()
    }

    private func accept(_ bytes: some Sequence<UInt8>) {
        received.append(contentsOf: bytes)
        lineStatus.insert(.dataReady)
        startTimeout()
    }

    func takeReceived() -> UInt8 {
        guard !received.isEmpty else { return 0 }
        let byte = received.removeFirst()
        hasTimedOut = false
        if received.isEmpty { lineStatus.remove(.dataReady) }
        startTimeout()
        receive()
        return byte
    }

    /// Four character times after the last byte came or went, what is left asks to be read (8.6).
    private func startTimeout() {
        guard isFIFOEnabled, !received.isEmpty else {
            timeoutDue = nil
            return
        }
        let due = clock.now + 4 * characterTime
        timeoutDue = due
        if let timerDue, timerDue <= due { return }
        timerDue = due
        clock.schedule(timeout, at: due)
    }

    func timeoutRang() {
        timerDue = nil
        guard let due = timeoutDue else { return }
        if clock.now < due {
            timerDue = due
            return clock.schedule(timeout, at: due)
        }
        timeoutDue = nil
        hasTimedOut = !received.isEmpty
        updateLine()
    }

    var pendingInterrupt: Interrupt {
        if interruptEnable.contains(.lineStatus), !lineStatus.isDisjoint(with: .errors) { return .lineStatus }
        if interruptEnable.contains(.receivedData) {
            if received.count >= triggerLevel { return .receivedData }
            if hasTimedOut, !received.isEmpty { return .timeout }
        }
        if interruptEnable.contains(.transmitterEmpty), isTransmitterInterruptPending { return .transmitterEmpty }
        if interruptEnable.contains(.modemStatus), !modemStatus.isDisjoint(with: .changes) { return .modemStatus }
        return .none
    }

    func updateLine() {
        // In loopback the outputs of the modem control register are off, OUT2's gate with them (8.8).
        line.set(pendingInterrupt != .none && modemControl.contains(.out2) && !isLoopback)
    }
}
