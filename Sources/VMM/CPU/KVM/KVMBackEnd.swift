import Board
import Linux

/// Processors run by the kernel's KVM, with its interrupt controllers and timer.
public final class KVMBackEnd: CPUBackEnd, @unchecked Sendable {
    public let kind = CPUKind.kvm
    public let hasInterruptControllers = true
    public var legacyInterrupts: LegacyInterrupts?

    let machine: KVMMachine
    let bus: DeviceBus
    let processorCount: Int
    private let memory: GuestMemory
    private let leaves: [CPUIDLeaf]
    private var pausedClock: UInt64?
    public let tiedWriteSize: Int?
    /// How many routes there may be, those of the controllers' pins included; 0 without irqfd.
    private let routeLimit: Int
    /// Of eventfds that were ever tied to messages, in the order of their interrupt numbers. Guarded by the device lock.
    private var eventRoutes: [EventRoute] = []

    private struct EventRoute {
        let event: Int32
        let gsi: Int
        var message: MessageSignalledInterrupt
        var isAttached = false
    }

    /// - Parameters:
    ///   - isParavirtual: the guest is told that it is one, and finds KVM's interfaces.
    /// - Throws: what the host lacks, and what mends it.
    public init(
        memory: GuestMemory, bus: DeviceBus, processorCount: Int = 1, isParavirtual: Bool = true
    ) throws(SystemError) {
        ThreadInterrupt.install()
        let kvm = try KVM()
        self.memory = memory
        self.bus = bus
        self.processorCount = processorCount
        leaves = KVMProcessorLeaves.make(
            try kvm.supportedCPUID(), hasDeadlineTimer: kvm.extent(of: .deadlineTimer) > 0,
            isParavirtual: isParavirtual)
        // Drivers notify with 16 bits, unless they were offered more.
        tiedWriteSize =
            kvm.extent(of: .writeDescriptors) == 0 ? nil : kvm.extent(of: .writeDescriptorsOfAnySize) > 0 ? 0 : 2
        routeLimit = kvm.extent(of: .interruptDescriptors) > 0 ? kvm.extent(of: .interruptRouting) : 0
        machine = try kvm.makeMachine()
        // Intel's processors need these pages; AMD's do not care.
        try machine.setReservedPages(at: PhysicalLayout.kernelReserved)
        try machine.makeInterruptControllers()
        try machine.makeTimer()
        try machine.setRoutes(Self.routes)
        try setMemory(isLogged: false)
    }

    private func setMemory(isLogged: Bool) throws(SystemError) {
        for (slot, region) in memory.regions.enumerated() {
            try machine.setMemory(
                slot: slot, address: region.address, byteCount: region.byteCount, host: region.host, isLogged: isLogged)
        }
    }

    public func makeCPU(_ number: Int) throws -> any VirtualCPU {
        let processor = try machine.makeProcessor(number)
        try processor.setCPUID(KVMProcessorLeaves.of(processor: number, among: processorCount, leaves))
        return try KVMCPU(number, processor, bus)
    }

    public func setIOAPIC(_ input: Int, _ isRaised: Bool) { try? machine.setLine(input, isRaised) }
    public func setPIC(_ input: Int, _ isRaised: Bool) { try? machine.setLine(Self.firstPIC + input, isRaised) }

    /// Interrupt numbers: 0 to 23 are the I/O APIC's inputs, 32 to 47 the PICs', from 48 on messages'. The kernel's interval timer has number 0, which
    /// is the PIC's input 0 and the I/O APIC's input 2.
    private static let firstPIC = 32
    private static let firstEvent = 48
    private static let routes: [KVMMachine.Route] =
        [.pin(gsi: 0, chip: 0, pin: 0), .pin(gsi: 0, chip: 2, pin: 2)]
        + (1..<24).map { .pin(gsi: $0, chip: 2, pin: $0) }
        + (0..<16).filter { $0 != 2 }.map { .pin(gsi: firstPIC + $0, chip: $0 / 8, pin: $0 % 8) }

    public func setLegacyInterrupt(_ isRaised: Bool) {}

    public func send(_ message: MessageSignalledInterrupt) {
        _ = try? machine.signal(address: message.address, data: message.data)
    }

    public func tieWrites(to event: Int32, address: UInt64, size: Int, value: UInt64?, isAttached: Bool) -> Bool {
        do throws(SystemError) {
            try machine.tieWrites(to: event, address: address, size: size, value: value, isAttached: isAttached)
            return true
        } catch { return false }
    }

    public func tieInterrupt(of event: Int32, to message: MessageSignalledInterrupt?) -> Bool {
        let known = eventRoutes.firstIndex { $0.event == event }
        do throws(SystemError) {
            guard let message else {
                if let known { try detach(known) }
                return false
            }
            let index = if let known { Optional(known) } else { try addRoute(event, message) }
            guard let index else { return false }
            if eventRoutes[index].message != message {
                eventRoutes[index].message = message
                try setRoutes()
            }
            if !eventRoutes[index].isAttached {
                try machine.attachInterrupt(event, gsi: eventRoutes[index].gsi)
                eventRoutes[index].isAttached = true
            }
            return true
        } catch {
            if let index = eventRoutes.firstIndex(where: { $0.event == event }) { try? detach(index) }
            return false
        }
    }

    /// The number stays the event's: a vector that is masked will be unmasked again, mostly with the same message.
    private func detach(_ index: Int) throws(SystemError) {
        guard eventRoutes[index].isAttached else { return }
        eventRoutes[index].isAttached = false
        try machine.detachInterrupt(eventRoutes[index].event, gsi: eventRoutes[index].gsi)
    }

    private func addRoute(_ event: Int32, _ message: MessageSignalledInterrupt) throws(SystemError) -> Int? {
        guard Self.routes.count + eventRoutes.count < routeLimit else { return nil }
        eventRoutes.append(EventRoute(event: event, gsi: Self.firstEvent + eventRoutes.count, message: message))
        do throws(SystemError) { try setRoutes() } catch {
            eventRoutes.removeLast()
            throw error
        }
        return eventRoutes.count - 1
    }

    private func setRoutes() throws(SystemError) {
        try machine.setRoutes(
            Self.routes
                + eventRoutes.map { .message(gsi: $0.gsi, address: $0.message.address, data: $0.message.data) })
    }

    public func setDirtyLogging(_ on: Bool) throws { try setMemory(isLogged: on) }

    public func takeDirtyPages() throws -> [Int] {
        var pages: [Int] = []
        var first = 0
        for (slot, region) in memory.regions.enumerated() {
            let count = Int(region.byteCount >> 12)
            for (index, word) in try machine.takeDirtyLog(slot: slot, pageCount: count).enumerated() where word != 0 {
                for bit in 0..<64 where word & 1 << UInt64(bit) != 0 { pages.append(first + index * 64 + bit) }
            }
            first += count
        }
        return pages
    }

    public func pauseTime() { pausedClock = try? machine.clock() }

    public func resumeTime() {
        if let pausedClock { try? machine.setClock(pausedClock) }
        pausedClock = nil
    }
}
