import Board

// Frames from the disk, as the port leaves them in memory (AHCI 1.3.1, 4.2.1; Serial ATA 2.6, 10.3).
extension AHCIPort {
    private enum Place {
        static let setup: UInt64 = 0x20
        static let register: UInt64 = 0x40
        static let deviceBits: UInt64 = 0x58
    }

    private func post(_ frame: [UInt8], at place: UInt64) {
        guard command.contains(.receiveFrames), mayUseMemory() else { return }
        try? memory.write(frame, at: frameAddress &+ place)
    }

    private func registers(_ file: ATATaskFile, type: UInt8, flags: UInt8) -> [UInt8] {
        let lba = (0..<6).map { UInt8(truncatingIfNeeded: file.lba >> UInt64(8 * $0)) }
        return [type, flags, taskStatus, taskError] + lba[..<3] + [file.device] + lba[3...] + [0]
            + [UInt8(truncatingIfNeeded: file.count), UInt8(file.count >> 8), 0]
    }

    /// Register, device to host.
    func postRegisterFrame(_ file: ATATaskFile, interrupts: Bool) {
        post(
            registers(file, type: 0x34, flags: interrupts ? 0x40 : 0) + [0, 0, 0, 0], at: Place.register)
    }

    /// Programmed input set-up: also the end of such a command, with its status.
    func postSetupFrame(_ file: ATATaskFile, byteCount: Int) {
        var frame = registers(file, type: 0x5f, flags: 0x60) + [0, 0, 0, 0]
        frame[15] = taskStatus
        frame[16] = UInt8(truncatingIfNeeded: byteCount)
        frame[17] = UInt8(truncatingIfNeeded: byteCount >> 8)
        post(frame, at: Place.setup)
    }

    /// Set device bits: which queued commands are done.
    func postDeviceBits(_ done: UInt32) {
        let bits = (0..<4).map { UInt8(truncatingIfNeeded: done >> UInt32(8 * $0)) }
        post([0xa1, 0x40, taskStatus & 0x77, taskError] + bits, at: Place.deviceBits)
    }
}
