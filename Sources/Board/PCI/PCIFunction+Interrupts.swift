extension PCIFunction {
    /// Raises or lowers the INTx pin. The guest sees the level in the status register, and on its interrupt
    /// controller unless it has switched the pin off or taken messages (PCI 3.0, 6.2.2 and 6.8.1).
    public func setPin(_ isRaised: Bool) {
        isPinRaised = isRaised
        updatePin()
    }

    func updatePin() {
        let status = configuration.load(UInt16.self, at: PCIRegister.status) & ~PCIRegister.Status.interrupt
        configuration.store(status | (isPinRaised ? PCIRegister.Status.interrupt : 0), at: PCIRegister.status)
        let isAsserted =
            isPinRaised && command & PCIRegister.Command.interruptDisable == 0 && !usesMessages
        guard isAsserted != isPinAsserted else { return }
        isPinAsserted = isAsserted
        let pin = Int(configuration.load(UInt8.self, at: PCIRegister.interruptPin))
        guard pin > 0, let address else { return }
        bus?.setPin(pin, of: address.device, asserted: isAsserted)
    }

    /// The guest has switched MSI or MSI-X on: the pin is silent.
    public var usesMessages: Bool { msi?.isEnabled == true || msix?.isEnabled == true }

    /// Interrupts with message `vector`, through MSI-X or MSI, whichever is on. A masked vector waits.
    /// - Returns: false when neither is on: the device uses its pin then.
    @discardableResult
    public func sendMessage(vector: Int) -> Bool {
        if let msix, msix.isEnabled {
            msix.signal(vector)
            return true
        }
        if let msi, msi.isEnabled {
            msi.signal(vector)
            return true
        }
        return false
    }

    /// Messages go out as writes to memory: only of bus masters.
    func send(_ message: MessageSignalledInterrupt) {
        guard isBusMaster else { return }
        bus?.interruptMessages.send(message)
    }

    /// Adds the MSI capability: `vectorCount` (1, 2, 4 … 32) messages, 64-bit addresses, a mask for each vector.
    public func addMSI(vectorCount: Int = 1) {
        precondition(msi == nil)
        msi = MSICapability(of: self, vectorCount: vectorCount)
    }

    /// Adds MSI-X with `vectorCount` (1...2048) vectors; its table and pending bits take base address register `base`.
    public func addMSIX(vectorCount: Int, base: Int) {
        precondition(msix == nil)
        let table = MSIXTable(of: self, vectorCount: vectorCount, base: base)
        msix = table
        addBaseAddress(base, .memory32, byteCount: table.byteCount, device: table)
    }
}
