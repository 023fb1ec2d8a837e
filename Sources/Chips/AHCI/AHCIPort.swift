import Board

/// A port of an AHCI controller with the disk on its cable (AHCI 1.3.1, 3.3): command list, received frames, interrupts.
final class AHCIPort {
    let drive: ATADrive?
    let memory: GuestMemory
    let mayUseMemory: () -> Bool
    var onInterruptChange: ((_ hasNew: Bool) -> Void)?

    // Registers.
    var listAddress: UInt64 = 0
    var frameAddress: UInt64 = 0
    private(set) var interruptStatus: UInt32 = 0
    private var interruptEnable: UInt32 = 0
    var command: Command = []
    var taskStatus: UInt8 = 0x7f
    var taskError: UInt8 = 0
    private var signature: UInt32 = 0xffff_ffff
    private var linkControl: UInt32 = 0
    private var linkError: UInt32 = 0
    /// SACT and CI.
    var active: UInt32 = 0
    var issued: UInt32 = 0

    /// Slots whose commands storage works on.
    var running: UInt32 = 0
    /// A failed command stops the port until software restarts it.
    var isHalted = false
    var currentSlot = 0
    /// What ends after a restart or a reset does not count.
    var generation = 0
    /// The queued command that failed, for READ LOG EXT: its tag, status and error.
    var failedQueued: (tag: UInt8, file: ATATaskFile, error: UInt8)?
    private var isInSoftReset = false

    /// PxCMD.
    struct Command: OptionSet {
        let rawValue: UInt32
        static let start = Self(rawValue: 1 << 0)
        static let spinUp = Self(rawValue: 1 << 1)
        static let powerOn = Self(rawValue: 1 << 2)
        static let overrideBusy = Self(rawValue: 1 << 3)
        static let receiveFrames = Self(rawValue: 1 << 4)
        static let framesRunning = Self(rawValue: 1 << 14)
        static let listRunning = Self(rawValue: 1 << 15)
        static let writable: Self = [.start, .receiveFrames]
    }

    /// PxIS.
    enum Interrupt {
        static let registerFrame: UInt32 = 1 << 0
        static let setupFrame: UInt32 = 1 << 1
        static let deviceBits: UInt32 = 1 << 3
        static let descriptor: UInt32 = 1 << 5
        static let connect: UInt32 = 1 << 6
        static let hostBusFatal: UInt32 = 1 << 29
        static let taskFile: UInt32 = 1 << 30
        static let all: UInt32 = 0xfdc0_00ff
    }

    init(drive: ATADrive?, memory: GuestMemory, mayUseMemory: @escaping () -> Bool) {
        self.drive = drive
        self.memory = memory
        self.mayUseMemory = mayUseMemory
        reset()
    }

    /// Power-on: the addresses are gone too.
    func powerOn() {
        listAddress = 0
        frameAddress = 0
        drive?.reset()
    }

    /// Reset of the controller; the link comes up again by itself.
    func reset() {
        stop()
        interruptStatus = 0
        interruptEnable = 0
        command = [.spinUp, .powerOn]
        linkControl = 0
        connect()
    }

    /// The command list stops: nothing is issued or active any more.
    private func stop() {
        generation += 1
        running = 0
        active = 0
        issued = 0
        isHalted = false
        isInSoftReset = false
        currentSlot = 0
        command.remove(.listRunning)
    }

    /// The link is up, and the disk has sent its signature.
    private func connect() {
        guard drive != nil else {
            taskStatus = 0x7f
            taskError = 0
            signature = 0xffff_ffff
            return
        }
        linkError |= 1 << 26
        sendSignature()
    }

    /// The frame after a reset (ATA8-APT; Serial ATA 2.6, 11.5).
    func sendSignature() {
        signature = 0x0000_0101
        taskStatus = ATAStatus.idle
        taskError = 1
        postRegisterFrame(ATATaskFile(count: 1, lba: 1), interrupts: false)
    }

    // MARK: Interrupts

    var isInterrupting: Bool { interruptCauses & interruptEnable != 0 }

    /// The link's cause shows as long as the error register has it (3.3.5, PCS).
    private var interruptCauses: UInt32 {
        interruptStatus | (linkError & 1 << 26 != 0 ? Interrupt.connect : 0)
    }

    func raise(_ causes: UInt32) {
        let new = causes & ~interruptStatus
        interruptStatus |= causes
        onInterruptChange?(new & interruptEnable != 0 || causes & interruptEnable != 0)
    }

    // MARK: Registers

    func read(_ offset: Int) -> UInt32 {
        switch offset {
        case 0x00: return UInt32(truncatingIfNeeded: listAddress)
        case 0x04: return UInt32(listAddress >> 32)
        case 0x08: return UInt32(truncatingIfNeeded: frameAddress)
        case 0x0c: return UInt32(frameAddress >> 32)
        case 0x10: return interruptCauses
        case 0x14: return interruptEnable
        case 0x18: return command.rawValue | UInt32(currentSlot) << 8
        case 0x20: return UInt32(taskError) << 8 | UInt32(taskStatus)
        case 0x24: return signature
        // Communication established, generation 3, interface active.
        case 0x28: return drive == nil || linkControl & 15 != 0 ? 0 : 0x133
        case 0x2c: return linkControl
        case 0x30: return linkError
        case 0x34: return active
        case 0x38: return issued
        default: return 0
        }
    }

    func write(_ offset: Int, _ value: UInt32) {
        switch offset {
        case 0x00: listAddress = listAddress & ~0xffff_ffff | UInt64(value & ~0x3ff)
        case 0x04: listAddress = listAddress & 0xffff_ffff | UInt64(value) << 32
        case 0x08: frameAddress = frameAddress & ~0xffff_ffff | UInt64(value & ~0xff)
        case 0x0c: frameAddress = frameAddress & 0xffff_ffff | UInt64(value) << 32
        case 0x10:
            interruptStatus &= ~value
            onInterruptChange?(false)
        case 0x14:
            interruptEnable = value & Interrupt.all
            onInterruptChange?(true)
        case 0x18: setCommand(Command(rawValue: value))
        case 0x2c: setLinkControl(value)
        case 0x30:
            linkError &= ~value
            onInterruptChange?(false)
        case 0x34:
            if command.contains(.start) { active |= value }
        case 0x38:
            guard command.contains(.start) else { return }
            issued |= value
            processCommands()
        default: break
        }
    }

    private func setCommand(_ value: Command) {
        let wasStarted = command.contains(.start)
        command = value.intersection(.writable).union([.spinUp, .powerOn]).union(command.intersection(.listRunning))
        if command.contains(.receiveFrames) { command.insert(.framesRunning) }
        // Command list override: busy and data request are forgotten, so that a reset can be sent.
        if value.contains(.overrideBusy), !wasStarted || !value.contains(.start) {
            taskStatus &= ~(ATAStatus.busy | ATAStatus.dataRequest)
        }
        if command.contains(.start), !wasStarted {
            command.insert(.listRunning)
            processCommands()
        } else if !command.contains(.start), wasStarted {
            stop()
        }
    }

    private func setLinkControl(_ value: UInt32) {
        let before = linkControl & 15
        linkControl = value & 0xfff
        if before != 1, value & 15 == 1 {
            // COMRESET is sent for as long as the guest leaves it so.
            generation += 1
            running = 0
            issued = 0
            active = 0
            taskStatus = 0x7f
            signature = 0xffff_ffff
            drive?.reset()
        } else if before != 0, value & 15 == 0 {
            connect()
            onInterruptChange?(true)
        }
    }

    /// A control frame: software reset goes up, and down again (Serial ATA 2.6, 10.3.4).
    func control(_ value: UInt8) {
        if value & 4 != 0 {
            isInSoftReset = true
            taskStatus = ATAStatus.busy
        } else if isInSoftReset {
            isInSoftReset = false
            sendSignature()
        }
    }
}
