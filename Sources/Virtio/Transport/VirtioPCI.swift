import Board

/// A virtio device as a modern PCI function (virtio 1.2, clause 4.1): registers in one 64-bit memory range that
/// capabilities point to, an MSI-X vector for each queue and one for the configuration, and a pin for drivers without.
public final class VirtioPCI: IODevice {
    /// Where the structures lie in base address register 4.
    enum Layout {
        static let common: UInt64 = 0
        static let interruptStatus: UInt64 = 0x1000
        static let device: UInt64 = 0x2000
        static let notify: UInt64 = 0x3000
        static let partByteCount: UInt64 = 0x1000
        static let byteCount: UInt64 = 0x4000
    }

    /// The notification register of a queue: this many bytes apart.
    public static let notifyStride = 4
    static let noVector: UInt16 = 0xffff

    public let function: PCIFunction
    public let registers: VirtioRegisters
    private var configurationVector = noVector
    private var queueVectors: [UInt16]
    private var interruptStatus: UInt8 = 0
    /// The window that the pci-cfg capability opens, for firmware that cannot reach memory ranges.
    private var windowOffset = 0

    /// Where the guest has put the notification registers; nil: nowhere. For a kernel that watches the address
    /// (KVM_IOEVENTFD): queue q's is at `address + 4 * q`.
    public var onNotifyAddressChange: ((_ address: UInt64?) -> Void)?
    /// The message that a queue's interrupt sends has changed; nil: none, ask `interrupt`. For a kernel or a process
    /// that interrupts by itself (irqfd, vhost-user's call).
    public var onQueueMessageChange: ((_ queue: Int, _ message: MessageSignalledInterrupt?) -> Void)?

    public init(device: any VirtioDevice, memory: GuestMemory, interruptPin: Int = 1) {
        registers = VirtioRegisters(device: device, memory: memory)
        queueVectors = [UInt16](repeating: Self.noVector, count: device.queueSizes.count)
        let identity = PCIIdentity(
            vendor: 0x1af4, device: 0x1040 + device.kind.rawValue, classCode: device.kind.pciClassCode, revision: 1,
            subsystemVendor: 0x1af4, subsystem: 0x1040 + device.kind.rawValue)
        function = PCIFunction(name: device.name, identity: identity, interruptPin: interruptPin)
        function.addMSIX(vectorCount: device.queueSizes.count + 1, base: 1)
        addCapabilities()
        function.addBaseAddress(4, .memory64, byteCount: Layout.byteCount, isPrefetchable: true, device: Range(self))
        function.onBaseAddressChange = { [unowned self] index, address in
            if index == 4 { onNotifyAddressChange?(address.map { $0 + Layout.notify }) }
        }
        function.onReset = { [unowned self] in registers.reset() }
        function.onConfigurationRead = { [unowned self] in readWindow($0, $1) }
        function.onConfigurationWrite = { [unowned self] in writeWindow($0, $1) }
        function.msix?.onMessageChange = { [unowned self] vector, message in
            for queue in queueVectors.indices where Int(queueVectors[queue]) == vector {
                onQueueMessageChange?(queue, message)
            }
        }
        registers.interruptQueue = { [unowned self] in interrupt(vector: queueVectors[$0], bit: 1) }
        registers.interruptConfiguration = { [unowned self] in interrupt(vector: configurationVector, bit: 2) }
        registers.onReset = { [unowned self] in resetRegisters() }
    }

    /// What the function holds in place of its owner.
    private final class Range: IODevice {
        private unowned let owner: VirtioPCI
        init(_ owner: VirtioPCI) { self.owner = owner }
        func read(offset: UInt64, size: Int) -> UInt64 { owner.read(offset: offset, size: size) }
        func write(offset: UInt64, size: Int, value: UInt64) { owner.write(offset: offset, size: size, value: value) }
    }

    private func addCapabilities() {
        addCapability(type: 1, at: Layout.common, byteCount: 0x38)
        addCapability(
            type: 2, at: Layout.notify, byteCount: Layout.partByteCount, extra: [UInt8(Self.notifyStride), 0, 0, 0])
        addCapability(type: 3, at: Layout.interruptStatus, byteCount: 1)
        addCapability(type: 4, at: Layout.device, byteCount: Layout.partByteCount)
        windowOffset = addCapability(type: 5, base: 0, at: 0, byteCount: 0, extra: [0, 0, 0, 0], isWindow: true)
    }

    /// A vendor capability: length, type, which range, id and padding, offset, length (clause 4.1.4).
    @discardableResult
    private func addCapability(
        type: UInt8, base: UInt8 = 4, at offset: UInt64, byteCount: UInt64, extra: [UInt8] = [], isWindow: Bool = false
    ) -> Int {
        var content: [UInt8] = [UInt8(16 + extra.count), type, base, 0, 0, 0]
        for value in [offset, byteCount] {
            for shift in stride(from: 0, to: 32, by: 8) {
                content.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
            }
        }
        content += extra
        // Of the window the driver chooses range, offset and length, and it writes the data.
        let writable: [UInt8] = isWindow ? [0, 0, 0xff, 0, 0, 0] + [UInt8](repeating: 0xff, count: 12) : []
        return function.addCapability(0x09, content: content, writable: writable)
    }

    private func interrupt(vector: UInt16, bit: UInt8) {
        if function.usesMessages {
            if vector != Self.noVector { function.sendMessage(vector: Int(vector)) }
        } else {
            interruptStatus |= bit
            function.setPin(true)
        }
    }

    /// Interrupts for a queue, as its device would.
    public func interrupt(queue: Int) { registers.interrupt(queue: queue) }

    private func resetRegisters() {
        configurationVector = Self.noVector
        for queue in queueVectors.indices { setVector(Self.noVector, queue: queue) }
        interruptStatus = 0
        function.setPin(false)
    }

    /// A vector that does not exist reads back as none: so the driver learns that it did not get it.
    private func existing(_ vector: UInt64) -> UInt16 {
        let vector = UInt16(truncatingIfNeeded: vector)
        return Int(vector) < (function.msix?.vectorCount ?? 0) ? vector : Self.noVector
    }

    private func setVector(_ vector: UInt16, queue: Int) {
        guard queueVectors[queue] != vector else { return }
        queueVectors[queue] = vector
        onQueueMessageChange?(queue, function.msix?.message(Int(vector)))
    }

    // MARK: Registers

    public func read(offset: UInt64, size: Int) -> UInt64 {
        let part = offset & ~(Layout.partByteCount - 1)
        let inner = offset & (Layout.partByteCount - 1)
        switch part {
        case Layout.common: return readCommon(inner, size: size)
        case Layout.interruptStatus:
            guard inner == 0 else { return 0 }
            let value = interruptStatus
            interruptStatus = 0
            function.setPin(false)
            return UInt64(value)
        case Layout.device: return registers.readConfiguration(inner, size: size)
        default: return 0
        }
    }

    public func write(offset: UInt64, size: Int, value: UInt64) {
        let part = offset & ~(Layout.partByteCount - 1)
        let inner = offset & (Layout.partByteCount - 1)
        switch part {
        case Layout.common:
            // Some drivers write 64-bit registers whole.
            if size == 8 {
                writeCommon(inner, size: 4, value: value & 0xffff_ffff)
                writeCommon(inner + 4, size: 4, value: value >> 32)
            } else {
                writeCommon(inner, size: size, value: value)
            }
        case Layout.device: registers.writeConfiguration(inner, size: size, value: value)
        case Layout.notify: registers.kick(Int(inner) / Self.notifyStride)
        default: break
        }
    }

    /// The common configuration (clause 4.1.4.3). Fields are read with their own width; wider and narrower reads
    /// are answered from the same bytes.
    private func readCommon(_ offset: UInt64, size: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<UInt64(min(size, 8)) {
            let (field, start) = commonField(at: offset + index)
            value |= (field >> (8 * (offset + index - start)) & 0xff) << (8 * index)
        }
        return value
    }

    private func commonField(at offset: UInt64) -> (value: UInt64, start: UInt64) {
        let queue = registers.selected
        return switch offset {
        case 0x00..<0x04: (UInt64(registers.deviceFeatureSelect), 0x00)
        case 0x04..<0x08: (UInt64(registers.deviceFeatureWord), 0x04)
        case 0x08..<0x0c: (UInt64(registers.driverFeatureSelect), 0x08)
        case 0x0c..<0x10: (UInt64(registers.driverFeatureWord), 0x0c)
        case 0x10..<0x12: (UInt64(configurationVector), 0x10)
        case 0x12..<0x14: (UInt64(registers.queues.count), 0x12)
        case 0x14: (UInt64(registers.statusForDriver), 0x14)
        case 0x15: (UInt64(registers.configurationGeneration & 0xff), 0x15)
        case 0x16..<0x18: (UInt64(registers.queueSelect), 0x16)
        case 0x18..<0x1a: (UInt64(queue?.size ?? 0), 0x18)
        case 0x1a..<0x1c:
            (UInt64(queue == nil ? Self.noVector : queueVectors[Int(registers.queueSelect)]), 0x1a)
        case 0x1c..<0x1e: (queue?.isEnabled == true ? 1 : 0, 0x1c)
        case 0x1e..<0x20: (UInt64(registers.queueSelect), 0x1e)
        case 0x20..<0x28: (queue?.descriptorTable ?? 0, 0x20)
        case 0x28..<0x30: (queue?.availableRing ?? 0, 0x28)
        case 0x30..<0x38: (queue?.usedRing ?? 0, 0x30)
        default: (0, offset)
        }
    }

    private func writeCommon(_ offset: UInt64, size: Int, value: UInt64) {
        let low = UInt32(truncatingIfNeeded: value)
        switch (offset, size) {
        case (0x00, 4): registers.deviceFeatureSelect = low
        case (0x08, 4): registers.driverFeatureSelect = low
        case (0x0c, 4): registers.setDriverFeatureWord(low)
        case (0x10, 2): configurationVector = existing(value)
        case (0x14, 1): registers.writeStatus(UInt8(truncatingIfNeeded: value))
        case (0x16, 2): registers.queueSelect = UInt16(truncatingIfNeeded: value)
        case (0x18, 2):
            registers.changeSelected { if value & 0xffff <= $0.maximumSize { $0.size = UInt16(value & 0xffff) } }
        case (0x1a, 2):
            if registers.selected != nil { setVector(existing(value), queue: Int(registers.queueSelect)) }
        case (0x1c, 2):
            if value & 0xffff == 1 { registers.changeSelected { $0.isEnabled = true } }
        case (0x20, 4): registers.changeSelected { $0.descriptorTable.setLow(low) }
        case (0x24, 4): registers.changeSelected { $0.descriptorTable.setHigh(low) }
        case (0x28, 4): registers.changeSelected { $0.availableRing.setLow(low) }
        case (0x2c, 4): registers.changeSelected { $0.availableRing.setHigh(low) }
        case (0x30, 4): registers.changeSelected { $0.usedRing.setLow(low) }
        case (0x34, 4): registers.changeSelected { $0.usedRing.setHigh(low) }
        default: break
        }
    }

    // MARK: The window in the configuration space (clause 4.1.4.9)

    /// What the window shows, if the driver's choice is one: offset in the range, and size.
    private var window: (offset: UInt64, size: Int)? {
        let base = function.configuration.load(UInt8.self, at: windowOffset + 4)
        let offset = UInt64(function.configuration.load(UInt32.self, at: windowOffset + 8))
        let size = function.configuration.load(UInt32.self, at: windowOffset + 12)
        guard base == 4, size == 1 || size == 2 || size == 4, offset % UInt64(size) == 0,
            offset <= Layout.byteCount - UInt64(size)
        else { return nil }
        return (offset, Int(size))
    }

    private func touchesWindow(_ offset: Int, _ size: Int) -> Bool {
        offset < windowOffset + 20 && offset + size > windowOffset + 16
    }

    private func readWindow(_ offset: Int, _ size: Int) {
        guard touchesWindow(offset, size), let window else { return }
        let value = read(offset: window.offset, size: window.size)
        function.configuration.store(UInt32(truncatingIfNeeded: value), at: windowOffset + 16)
    }

    private func writeWindow(_ offset: Int, _ size: Int) {
        guard touchesWindow(offset, size), let window else { return }
        write(
            offset: window.offset, size: window.size,
            value: UInt64(function.configuration.load(UInt32.self, at: windowOffset + 16)))
    }
}
