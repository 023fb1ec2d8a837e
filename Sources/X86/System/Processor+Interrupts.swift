import CX86
import Synchronization

// What the run loop asks before a block: is there an interrupt, and shall it be taken?

extension Processor {
    /// The local APIC has something. RFLAGS.IF is not asked here.
    var hasInterrupt: Bool { apic.hasWork }

    /// The run loop was asked to look (`Request.interrupt`, `Request.timer`).
    func noteInterruptRequest(_ taken: UInt32) {
        if taken & Request.timer != 0 { apic.timerExpired() }
        withdrawOfferedEndOfInterrupt()
        apic.merge()
        if !apic.hasWork { offerEndOfInterrupt() }
    }

    /// Delivers what is due most: INIT, start-up, NMI, an interrupt, the PIC's.
    /// - Returns: whether the processor has something to run that it had not before.
    func takeInterrupt() -> Bool {
        withdrawOfferedEndOfInterrupt()
        if apic.events.load(ordering: .acquiring) & LocalAPIC.Event.initialize != 0 {
            apic.events.bitwiseAnd(~LocalAPIC.Event.initialize, ordering: .relaxed)
            initialize()
            apic.update()
            if number == 0 { return true }
        }
        let events = apic.events.load(ordering: .acquiring)
        if events & LocalAPIC.Event.startup != 0 {
            apic.events.bitwiseAnd(~LocalAPIC.Event.startup, ordering: .relaxed)
            apic.update()
            if system.activity == .waitingForStartup {
                startup(vector: apic.takeStartup())
                return true
            }
        }
        guard system.activity == .running || system.activity == .halted else { return false }
        if events & LocalAPIC.Event.nonMaskable != 0, !system.isNonMaskableBlocked, apic.takeNonMaskable() {
            system.isNonMaskableBlocked = true
            deliverExternal(Vector.nonMaskable.rawValue)
            return true
        }
        if systemFlags & Flag.interrupt != 0 {
            if apic.legacyLine, apic.acceptsLegacy {
                let vector = bus.acknowledgeLegacyInterrupt()
                apic.merge()
                if let vector {
                    deliverExternal(vector)
                    return true
                }
            }
            if apic.isEnabled, let vector = apic.deliverable {
                apic.take(vector)
                deliverExternal(vector)
                offerEndOfInterrupt()
                return true
            }
        }
        if events & LocalAPIC.Event.kick != 0 {
            guard system.activity == .halted else { return false }
            apic.events.bitwiseAnd(~LocalAPIC.Event.kick, ordering: .relaxed)
            apic.update()
            return true
        }
        return false
    }

    private func deliverExternal(_ vector: UInt8) {
        cpu.set(StateLayout.interruptShadow, UInt8(0))
        deliver(vector: vector, errorCode: nil, kind: .external, rip: cpu.get(StateLayout.rip))
    }

    /// RFLAGS.IF, the NMI's block or a priority allows more than before: the run loop shall look before the next block.
    func interruptsMayHaveOpened() {
        if apic.hasWork { request(Request.interrupt) }
    }

    // MARK: - The local APIC's page and registers

    /// The physical page that the local APIC answers in, or one that no address is in.
    var localAPICPage: UInt64 {
        let base = apic.base
        return base & (APICBase.enable | APICBase.x2APIC) == APICBase.enable ? base & ~0xfff : .max
    }

    func readLocalAPIC(offset: UInt64, size: Int) -> UInt64 { apic.read(offset: offset, size: size) }

    func writeLocalAPIC(offset: UInt64, size: Int, value: UInt64) {
        apic.write(offset: offset, size: size, value: value)
        interruptsMayHaveOpened()
    }

    /// The guest writes the end-of-interrupt register.
    func endOfInterrupt() {
        withdrawOfferedEndOfInterrupt()
        apic.endOfInterrupt()
        interruptsMayHaveOpened()
    }

    // MARK: - KVM's end of interrupt by memory

    /// Tells a guest that asked for it that it may end the interrupt in service by clearing a flag in its memory: when it is
    /// no level-triggered one, and nothing waits for its end.
    private func offerEndOfInterrupt() {
        guard system.paravirtual.endOfInterrupt & 1 != 0, !system.paravirtual.isEndOfInterruptOffered,
            let vector = apic.inService.highest, !apic.levelTriggered.contains(vector),
            apic.requested.highest == nil
        else { return }
        guard let flag = memory.find(system.paravirtual.endOfInterrupt & ~3), !flag.isReadOnly else { return }
        _ = cx86_fetch_or8(flag.host, 1)
        noteWrite(physical: system.paravirtual.endOfInterrupt & ~3, 4)
        system.paravirtual.isEndOfInterruptOffered = true
    }

    /// Takes the offer back, and ends the interrupt if the guest has accepted it. Before anything that asks what is in service.
    func withdrawOfferedEndOfInterrupt() {
        guard system.paravirtual.isEndOfInterruptOffered else { return }
        system.paravirtual.isEndOfInterruptOffered = false
        guard let flag = memory.find(system.paravirtual.endOfInterrupt & ~3), !flag.isReadOnly else { return }
        if cx86_fetch_and8(flag.host, ~1) & 1 == 0 {
            apic.endOfInterrupt()
        }
    }

    /// The processor itself has written to memory.
    func noteWrite(physical: UInt64, _ byteCount: Int) {
        let wasAlone = isAlone
        isAlone = true
        _ = prepareWrite(physical: physical, byteCount)
        isAlone = wasAlone
        finishWrite(physical: physical, byteCount)
    }
}
