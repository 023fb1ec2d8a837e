extension PCIFunction {
    /// Gives the function a range that the guest places, where `device` answers with offsets from its start.
    ///
    /// - Parameters:
    ///   - index: the register, 0...5; a 64-bit one takes the next register too.
    ///   - byteCount: a power of two, at least 16 (4 for ports).
    public func addBaseAddress(
        _ index: Int, _ kind: PCIBaseAddress.Kind, byteCount: UInt64, isPrefetchable: Bool = false,
        device: any IODevice
    ) {
        precondition(byteCount.nonzeroBitCount == 1 && byteCount >= (kind == .ports ? 4 : 16))
        precondition(index >= 0 && index + (kind == .memory64 ? 1 : 0) < 6)
        precondition(!baseAddresses.contains { $0.index == index || $0.kind == .memory64 && $0.index + 1 == index })
        let register = PCIRegister.baseAddresses + 4 * index
        // The guest finds the size by writing ones: the bits below it stay zero.
        let mask = ~(byteCount - 1)
        switch kind {
        case .ports:
            configuration.define(UInt32(1), at: register, writable: UInt32(truncatingIfNeeded: mask))
        case .memory32:
            configuration.define(
                UInt32(isPrefetchable ? 8 : 0), at: register, writable: UInt32(truncatingIfNeeded: mask))
        case .memory64:
            configuration.define(UInt64(isPrefetchable ? 12 : 4), at: register, writable: mask)
        }
        let bit = kind == .ports ? PCIRegister.Command.ports : PCIRegister.Command.memory
        let errors = PCIRegister.Command.parityError | PCIRegister.Command.systemError
        let present = baseAddresses.reduce(bit) {
            $0 | ($1.kind == .ports ? PCIRegister.Command.ports : PCIRegister.Command.memory)
        }
        configuration.define(
            UInt16(0), at: PCIRegister.command,
            writable: present | errors | PCIRegister.Command.busMaster | PCIRegister.Command.interruptDisable)
        baseAddresses.append(
            PCIBaseAddress(
                index: index, kind: kind, byteCount: byteCount, device: device, name: "\(name) BAR \(index)"))
    }

    /// Where the registers say that a range lies; nil when it is switched off.
    ///
    /// All ones is what a guest writes to find the size, and zero is where nothing has been placed yet: neither is
    /// an address where a PC would put a device.
    func wantedAddress(of base: PCIBaseAddress) -> UInt64? {
        let register = PCIRegister.baseAddresses + 4 * base.index
        let enable = base.kind == .ports ? PCIRegister.Command.ports : PCIRegister.Command.memory
        guard command & enable != 0 else { return nil }
        let limit: UInt64
        var address: UInt64
        switch base.kind {
        case .ports:
            limit = 0xffff
            address = UInt64(configuration.load(UInt32.self, at: register))
        case .memory32:
            limit = 0xffff_ffff
            address = UInt64(configuration.load(UInt32.self, at: register))
        case .memory64:
            limit = .max
            address = configuration.load(UInt64.self, at: register)
        }
        address &= ~(base.byteCount - 1)
        guard address != 0, address <= limit, base.byteCount - 1 < limit - address else { return nil }
        return address
    }

    /// Moves the ranges to where the registers say, in the bus's address spaces.
    func placeBaseAddresses() {
        var hasFreed = false
        for slot in baseAddresses.indices {
            guard let old = baseAddresses[slot].address, wantedAddress(of: baseAddresses[slot]) != old else { continue }
            bus?.space(of: baseAddresses[slot].kind).unmap(at: old)
            baseAddresses[slot].address = nil
            hasFreed = true
            onBaseAddressChange?(baseAddresses[slot].index, nil)
        }
        mapBaseAddresses()
        // What was in the way of another function may be gone now.
        if hasFreed { bus?.mapWaitingBaseAddresses() }
    }

    func mapBaseAddresses() {
        guard let bus else { return }
        for slot in baseAddresses.indices where baseAddresses[slot].address == nil {
            let base = baseAddresses[slot]
            guard let wanted = wantedAddress(of: base) else { continue }
            let taken = bus.space(of: base.kind).map(
                base.device, at: wanted, byteCount: base.byteCount, name: base.name)
            guard taken == nil else { continue }
            baseAddresses[slot].address = wanted
            onBaseAddressChange?(base.index, wanted)
        }
    }
}
