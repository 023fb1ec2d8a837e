import Board

extension E1000 {
    /// Offsets (table 13-2).
    enum Register {
        static let control = 0x0000
        static let status = 0x0008
        static let eepromControl = 0x0010
        static let eepromRead = 0x0014
        static let managementData = 0x0020
        static let vlanType = 0x0038
        static let interruptCause = 0x00c0
        static let interruptThrottle = 0x00c4
        static let interruptSet = 0x00c8
        static let interruptMask = 0x00d0
        static let interruptMaskClear = 0x00d8
        static let receiveControl = 0x0100
        static let transmitControl = 0x0400
        static let ledControl = 0x0e00
        static let packetBuffer = 0x1000
        static let receiveBase = 0x2800
        static let receiveBaseHigh = 0x2804
        static let receiveLength = 0x2808
        static let receiveHead = 0x2810
        static let receiveTail = 0x2818
        static let transmitBase = 0x3800
        static let transmitBaseHigh = 0x3804
        static let transmitLength = 0x3808
        static let transmitHead = 0x3810
        static let transmitTail = 0x3818
        static let statistics = 0x4000..<0x4100
        static let receiveChecksum = 0x5000
        static let multicastTable = 0x5200..<0x5400
        static let addresses = 0x5400
        static let vlanTable = 0x5600..<0x5800
        static let management = 0x5820
    }

    enum Control {
        static let reset: UInt32 = 1 << 26
        static let vlanMode: UInt32 = 1 << 30
        static let phyReset: UInt32 = 1 << 31
    }

    /// STATUS: full duplex, link up, 1000 Mb/s, clock is well.
    private var status: UInt32 { 0x0000_0781 | (isLinkUp ? 2 : 0) }

    func readRegister(_ offset: Int) -> UInt32 {
        guard offset < registers.count * 4 else { return 0 }
        switch offset {
        case Register.status: return status
        case Register.eepromControl: return eeprom.control
        case Register.interruptCause: return takeCauses()
        // Write only.
        case Register.interruptSet, Register.interruptMaskClear: return 0
        case Register.statistics:
            // Counters start again when they are read (13.7). Those of 64 bits with their upper half.
            defer { self[offset] = 0 }
            return self[offset]
        default: return self[offset]
        }
    }

    func writeRegister(_ offset: Int, _ value: UInt32) {
        guard offset < registers.count * 4 else { return }
        switch offset {
        case Register.control:
            if value & Control.reset != 0 {
                reset()
                return
            }
            if value & Control.phyReset != 0 { phy.reset() }
            self[offset] = value & ~(Control.reset | Control.phyReset)
        case Register.status, Register.statistics: break
        case Register.eepromControl: eeprom.setControl(value)
        case Register.eepromRead:
            // Start with an address; done at once, with the word above.
            let word = UInt32(eeprom.words[Int(value >> 8 & 0x3f)])
            self[offset] = value & 1 == 0 ? value : word << 16 | value & 0xff00 | 0x10
        case Register.managementData: accessPHY(value)
        case Register.interruptCause:
            self[offset] &= ~value
            updateInterrupt()
        case Register.interruptSet: raise(Interrupt(rawValue: value & 0x1ffff))
        case Register.interruptMask:
            self[offset] |= value & 0x1ffff
            updateInterrupt()
        case Register.interruptMaskClear:
            self[Register.interruptMask] &= ~value
            updateInterrupt()
        case Register.interruptThrottle:
            self[offset] = value & 0xffff
            updateInterrupt()
        case Register.receiveControl:
            self[offset] = value
            receiveFrames()
        case Register.receiveLength, Register.transmitLength: self[offset] = value & 0xfff80
        case Register.receiveBase, Register.transmitBase: self[offset] = value & ~15
        case Register.receiveHead, Register.transmitHead: self[offset] = value & 0xffff
        case Register.receiveTail:
            self[offset] = value & 0xffff
            receiveFrames()
        case Register.transmitTail:
            self[offset] = value & 0xffff
            sendFrames()
        case Register.transmitControl:
            self[offset] = value
            sendFrames()
        default: self[offset] = value
        }
    }

    /// MDIC (13.4.8): an access to a register of the transceiver, at address 1.
    private func accessPHY(_ value: UInt32) {
        let register = Int(value >> 16 & 31)
        var result = value & 0x23ff_ffff | value & 0x0c00_0000 | 1 << 28
        if value >> 21 & 31 != 1 {
            result |= 1 << 30
        } else if value >> 26 & 3 == 2 {
            result = result & ~0xffff | UInt32(phy.read(register, isLinkUp: isLinkUp))
        } else if value >> 26 & 3 == 1 {
            // A negotiation that is started is over at once, and the link's state is new.
            if phy.write(register, UInt16(truncatingIfNeeded: value)) { raise(.linkChange) }
        }
        self[Register.managementData] = result
        if value & 1 << 29 != 0 { raise(.managementAccess) }
    }

    /// Adds to a counter that stays at its end; those of 64 bits are two registers.
    func count(_ offset: Int, _ amount: Int = 1) {
        let (sum, isFull) = self[offset].addingReportingOverflow(UInt32(truncatingIfNeeded: amount))
        self[offset] = isFull ? .max : sum
    }

    func count64(_ offset: Int, _ amount: Int) {
        let sum = (UInt64(self[offset + 4]) << 32 | UInt64(self[offset])) &+ UInt64(amount)
        self[offset] = UInt32(truncatingIfNeeded: sum)
        self[offset + 4] = UInt32(truncatingIfNeeded: sum >> 32)
    }

    /// Which of six counters by size a frame is in.
    func sizeClass(_ byteCount: Int) -> Int {
        switch byteCount {
        case ...64: 0
        case ...127: 1
        case ...255: 2
        case ...511: 3
        case ...1023: 4
        default: 5
        }
    }
}
