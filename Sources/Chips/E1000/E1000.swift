import Board

/// An Intel 82540EM gigabit Ethernet controller (PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's
/// Manual, order number 317453): what Linux's e1000 drives. Registers in 128 KiB of memory (base address register 0) and
/// behind an index and data pair of ports (register 1), interrupt by pin.
///
/// Segments leave whole where the virtio-net header can say what they are; the other end cuts them.
/// The machine keeps the card as long as the bus that its function is on.
public final class E1000 {
    public let function: PCIFunction
    let memory: GuestMemory
    let clock: any MachineClock
    let port: any NetworkPort

    /// All registers by offset / 4; those that do more than hold a value are in `read` and `write`.
    var registers = [UInt32](repeating: 0, count: 0x6000 / 4)
    var eeprom: E1000EEPROM
    var phy = E1000PHY()
    public private(set) var isLinkUp = true
    /// Index of the register that the data port is.
    private var selectedRegister: UInt32 = 0

    // Interrupts.
    private var throttle: DeviceTimer!
    private var lastInterrupt: UInt64?

    // Transmission.
    var transmit = E1000Transmission()
    /// One frame with its virtio-net header before it.
    let receiveBuffer: UnsafeMutableRawBufferPointer
    let transmitBuffer: UnsafeMutableRawBufferPointer

    /// The largest frame that can be received, and a segment with its headers that can be sent.
    static let longestReceived = 16384
    static let longestSent = 65536 + 256

    /// - Parameter address: the MAC address, 6 bytes in the order of the wire.
    public init(address: [UInt8], port: any NetworkPort, memory: GuestMemory, clock: any MachineClock) {
        precondition(address.count == 6)
        self.memory = memory
        self.clock = clock
        self.port = port
        eeprom = E1000EEPROM(address: address)
        receiveBuffer = .allocate(byteCount: VirtioNetHeader.byteCount + Self.longestReceived, alignment: 16)
        transmitBuffer = .allocate(byteCount: VirtioNetHeader.byteCount + Self.longestSent + 4, alignment: 16)
        function = PCIFunction(
            name: "e1000",
            identity: PCIIdentity(
                vendor: 0x8086, device: 0x100e, classCode: 0x02_0000, revision: 3, subsystemVendor: 0x8086,
                subsystem: 0x001e), interruptPin: 1)
        function.addBaseAddress(
            0, .memory32, byteCount: 0x20000,
            device: RegisterWindow(
                read: { [unowned self] in read(offset: $0, size: $1) },
                write: { [unowned self] in write(offset: $0, size: $1, value: $2) }))
        function.addBaseAddress(1, .ports, byteCount: 64, device: registerPorts)
        function.onReset = { [unowned self] in reset() }
        throttle = DeviceTimer { [unowned self] in updateInterrupt() }
        port.onReadable = { [weak self] in self?.receiveFrames() }
        port.onWritable = { [weak self] in self?.sendFrames() }
        // Unfinished checksums are finished here; segments larger than a frame are not taken.
        port.setOffloads(VirtioNetHeader.Offload.checksum)
        reset()
    }

    deinit {
        receiveBuffer.deallocate()
        transmitBuffer.deallocate()
    }

    subscript(_ register: Int) -> UInt32 {
        get { registers[register / 4] }
        set { registers[register / 4] = newValue }
    }

    /// Reset by the bus or by CTRL.RST (section 14.5): registers have their first values, the address comes from the EEPROM.
    func reset() {
        for index in registers.indices { registers[index] = 0 }
        self[Register.control] = 0x0014_0240
        self[Register.packetBuffer] = 0x0010_0030
        self[Register.ledControl] = 0x0706_0302
        self[Register.management] = 0x0000_2003
        self[Register.vlanType] = 0x8100
        for index in 0..<2 {
            let words = (UInt32(eeprom.words[2 * index]), UInt32(eeprom.words[2 * index + 1]))
            self[Register.addresses + 4 * index] = index == 0 ? words.0 | words.1 << 16 : words.0 | 1 << 31
        }
        eeprom.release()
        phy.reset()
        transmit = E1000Transmission()
        selectedRegister = 0
        clock.cancel(throttle)
        lastInterrupt = nil
        updateInterrupt()
    }

    /// Plugs the cable in, or pulls it.
    public func setLink(isUp: Bool) {
        guard isUp != isLinkUp else { return }
        isLinkUp = isUp
        raise(.linkChange)
        if isUp { receiveFrames() }
    }

    // MARK: Interrupts (13.4.17 to 13.4.21)

    /// ICR and its masks.
    struct Interrupt: OptionSet {
        let rawValue: UInt32
        static let transmitWrittenBack = Self(rawValue: 1 << 0)
        static let transmitQueueEmpty = Self(rawValue: 1 << 1)
        static let linkChange = Self(rawValue: 1 << 2)
        static let receiveLow = Self(rawValue: 1 << 4)
        static let receiveOverrun = Self(rawValue: 1 << 6)
        static let receiveTimer = Self(rawValue: 1 << 7)
        static let managementAccess = Self(rawValue: 1 << 9)
    }

    func raise(_ causes: Interrupt) {
        self[Register.interruptCause] |= causes.rawValue
        updateInterrupt()
    }

    /// The pin follows cause and mask, but rises no more often than the throttle says (ITR, units of 256 ns).
    func updateInterrupt() {
        guard self[Register.interruptCause] & self[Register.interruptMask] != 0 else {
            function.setPin(false)
            return
        }
        guard !function.isPinRaised else { return }
        let now = clock.now
        let interval = UInt64(self[Register.interruptThrottle] & 0xffff) * 256
        if let lastInterrupt, interval > 0, now < lastInterrupt + interval {
            clock.schedule(throttle, at: lastInterrupt + interval)
            return
        }
        lastInterrupt = now
        function.setPin(true)
    }

    /// Reading the causes clears them.
    func takeCauses() -> UInt32 {
        let causes = self[Register.interruptCause]
        self[Register.interruptCause] = 0
        updateInterrupt()
        return causes
    }

    /// IOADDR and IODATA (13.4.1): the way to registers that works while memory accesses do not.
    private lazy var registerPorts = RegisterWindow(
        read: { [unowned self] offset, size in
            switch offset {
            case 0: return UInt64(selectedRegister)
            case 4: return read(offset: UInt64(selectedRegister), size: 4)
            default: return 0
            }
        },
        write: { [unowned self] offset, size, value in
            switch offset {
            case 0: selectedRegister = UInt32(truncatingIfNeeded: value) & 0x1ffff
            case 4: write(offset: UInt64(selectedRegister), size: 4, value: value)
            default: break
            }
        })

    // MARK: Registers

    private func read(offset: UInt64, size: Int) -> UInt64 {
        let low = UInt64(readRegister(Int(offset & 0x1fffc))) >> (8 * (offset & 3))
        return size == 8 ? low | UInt64(readRegister(Int(offset & 0x1fffc) + 4)) << 32 : low
    }

    private func write(offset: UInt64, size: Int, value: UInt64) {
        guard size >= 4, offset & 3 == 0 else { return }
        writeRegister(Int(offset & 0x1fffc), UInt32(truncatingIfNeeded: value))
        if size == 8 { writeRegister(Int(offset & 0x1fffc) + 4, UInt32(truncatingIfNeeded: value >> 32)) }
    }
}
