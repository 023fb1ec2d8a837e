/// A PCI function: its configuration space, the ranges where it answers, and its interrupts.
///
/// A device owns one, defines its registers and gives it an `IODevice` for each base address register:
///
///     let function = PCIFunction(name: "e1000", identity: identity, interruptPin: 1)
///     function.addBaseAddress(0, .memory32, byteCount: 0x20000, device: registers)
///     function.addMSI()
///     function.onReset = { [unowned self] in reset() }
///     bus.add(function, at: PCIAddress(device: 3))
///
/// Called with the device lock held.
public final class PCIFunction {
    /// For messages.
    public let name: String
    public let identity: PCIIdentity
    public var configuration: PCIConfigurationSpace
    public internal(set) var baseAddresses: [PCIBaseAddress] = []
    /// Where it sits; set by the bus.
    public internal(set) var address: PCIAddress?
    public internal(set) weak var bus: PCIBus?

    public internal(set) var msi: MSICapability?
    public internal(set) var msix: MSIXTable?
    /// The level of the device's INTx pin, whether or not it gets through.
    public internal(set) var isPinRaised = false
    /// What the bus sees of the pin.
    var isPinAsserted = false

    /// The bus was reset; registers have their first values again.
    public var onReset: (() -> Void)?
    /// The guest is about to read these bytes: a device whose register changes by itself stores it now.
    public var onConfigurationRead: ((_ offset: Int, _ size: Int) -> Void)?
    /// The guest has written to these bytes; the configuration space holds what it may change of them.
    public var onConfigurationWrite: ((_ offset: Int, _ size: Int) -> Void)?
    /// A range has moved (nil: is gone), for those who let a kernel or another thread watch addresses in it.
    public var onBaseAddressChange: ((_ index: Int, _ address: UInt64?) -> Void)?

    /// Where the newest capability has its pointer to the next.
    private var capabilityLink = PCIRegister.capabilities
    private var capabilityEnd = PCIRegister.endOfHeader

    /// - Parameters:
    ///   - interruptPin: 1...4 for INTA...INTD; 0 for none.
    ///   - byteCount: 256, or 4096 for a function with PCI Express's extended configuration space.
    public init(name: String, identity: PCIIdentity, interruptPin: Int = 0, byteCount: Int = 256) {
        precondition((0...4).contains(interruptPin))
        self.name = name
        self.identity = identity
        var space = PCIConfigurationSpace(byteCount: byteCount)
        space.define(identity.vendor, at: PCIRegister.vendor)
        space.define(identity.device, at: PCIRegister.device)
        space.define(
            UInt16(0), at: PCIRegister.command,
            writable: PCIRegister.Command.busMaster | PCIRegister.Command.parityError
                | PCIRegister.Command.systemError | PCIRegister.Command.interruptDisable)
        space.define(UInt16(0), at: PCIRegister.status, clearable: PCIRegister.Status.errors)
        space.define(UInt32(identity.revision) | identity.classCode << 8, at: PCIRegister.revision)
        space.define(UInt8(0), at: PCIRegister.cacheLineSize, writable: 0xff)
        space.define(UInt8(0), at: PCIRegister.latencyTimer, writable: 0xff)
        space.define(identity.subsystemVendor, at: PCIRegister.subsystemVendor)
        space.define(identity.subsystem, at: PCIRegister.subsystem)
        space.define(UInt8(0), at: PCIRegister.interruptLine, writable: 0xff)
        space.define(UInt8(interruptPin), at: PCIRegister.interruptPin)
        configuration = space
    }

    public var command: UInt16 { configuration.load(UInt16.self, at: PCIRegister.command) }

    /// The guest allows the function to reach memory, and to send interrupts as messages.
    public var isBusMaster: Bool { command & PCIRegister.Command.busMaster != 0 }

    /// Appends a capability to the list (PCI 3.0, 6.7). `content` starts after its id and the pointer to the next, and
    /// `writable` says, bit by bit, what of it a guest may change (missing: nothing).
    /// - Returns: the capability's offset in the configuration space.
    @discardableResult
    public func addCapability(_ id: UInt8, content: [UInt8], writable: [UInt8] = []) -> Int {
        let offset = capabilityEnd
        precondition(offset + 2 + content.count <= 256, "\(name): no room for another capability")
        configuration.define(UInt8(offset), at: capabilityLink)
        configuration.define(id, at: offset)
        configuration.define(UInt8(0), at: offset + 1)
        for (index, byte) in content.enumerated() {
            configuration.define(byte, at: offset + 2 + index, writable: index < writable.count ? writable[index] : 0)
        }
        capabilityLink = offset + 1
        capabilityEnd = (offset + 2 + content.count + 3) & ~3
        configuration.define(
            PCIRegister.Status.capabilities, at: PCIRegister.status, clearable: PCIRegister.Status.errors)
        return offset
    }

    /// The guest reads `size` (1, 2 or 4) bytes of the configuration space.
    public func readConfiguration(_ offset: Int, size: Int) -> UInt32 {
        onConfigurationRead?(offset, size)
        return configuration.guestRead(offset, size: size)
    }

    /// The guest writes the low `size` bytes of `value` to the configuration space.
    public func writeConfiguration(_ offset: Int, size: Int, value: UInt32) {
        guard offset >= 0, size > 0, size <= 4, offset + size <= configuration.byteCount else { return }
        configuration.guestWrite(offset, size: size, value: value)
        let end = offset + size
        if offset < PCIRegister.command + 2, end > PCIRegister.command {
            placeBaseAddresses()
            updatePin()
        } else if offset < PCIRegister.baseAddresses + 24, end > PCIRegister.baseAddresses {
            placeBaseAddresses()
        }
        msi?.configurationChanged(offset..<end)
        msix?.configurationChanged(offset..<end)
        onConfigurationWrite?(offset, size)
    }

    /// As the reset signal does: ranges are off, interrupts silent, registers as defined.
    public func reset() {
        configuration.reset()
        placeBaseAddresses()
        isPinRaised = false
        updatePin()
        msi?.reset()
        msix?.reset()
        onReset?()
    }
}
