import Synchronization

/// The local APICs of a machine: finds whom an interrupt is for. Any thread may send.
public final class LocalAPICs: Sendable {
    public let all: [LocalAPIC]
    /// Where the search for the lowest priority starts: equals take turns.
    private let turn = Atomic<Int>(0)

    public init(_ all: [LocalAPIC]) { self.all = all }

    /// - Returns: whether anybody accepted it.
    @discardableResult
    public func deliver(_ message: InterruptMessage) -> Bool {
        guard message.mode != .lowestPriority else { return deliverToLowest(message) }
        var isAccepted = false
        for apic in all where apic.isAddressed(by: message) {
            if apic.accept(message) { isAccepted = true }
        }
        return isAccepted
    }

    /// A message-signalled interrupt: a write of `data` to `address` (0xFEExxxxx).
    /// - Returns: whether anybody accepted it.
    @discardableResult
    public func deliver(address: UInt64, data: UInt32) -> Bool {
        guard let message = InterruptMessage(address: address, data: data) else { return false }
        return deliver(message)
    }

    /// What `sender` wrote to its interrupt command register (all 64 bits; the x2APIC's layout if it is in that mode).
    @discardableResult
    public func send(command: UInt64, from sender: LocalAPIC) -> Bool {
        let isLevel = command & 0x8000 != 0
        let mode = InterruptMessage.DeliveryMode(rawValue: UInt8(command >> 8 & 7)) ?? .fixed
        // INIT level de-assert: only for processors before the Pentium 4.
        if mode == .initialize, isLevel, command & 0x4000 == 0 { return true }
        var destination = UInt32(truncatingIfNeeded: command >> 32)
        if !sender.isX2APIC {
            destination >>= 24
            if destination == 0xff { destination = InterruptMessage.broadcast }
        }
        var message = InterruptMessage(
            destination: destination, isLogical: command & 0x800 != 0, mode: mode,
            vector: UInt8(truncatingIfNeeded: command))
        switch command >> 18 & 3 {
        case 0: return deliver(message)
        case 1: return sender.accept(message)
        case let shorthand:
            message.destination = InterruptMessage.broadcast
            message.isLogical = false
            var isAccepted = false
            for apic in all where shorthand == 2 || apic !== sender {
                if apic.accept(message) { isAccepted = true }
            }
            return isAccepted
        }
    }

    /// KVM's hypercall for inter-processor interrupts: a bit for each identifier from `first` on.
    /// - Returns: how many accepted it.
    public func send(bitmap: UInt128, from first: UInt32, command: UInt64) -> Int {
        let mode = InterruptMessage.DeliveryMode(rawValue: UInt8(command >> 8 & 7)) ?? .fixed
        var count = 0
        for apic in all where apic.number >= first && apic.number - first < 128 {
            guard bitmap >> UInt128(apic.number - first) & 1 != 0 else { continue }
            let message = InterruptMessage(
                destination: apic.number, isLogical: false, mode: mode, vector: UInt8(truncatingIfNeeded: command))
            if apic.accept(message) { count += 1 }
        }
        return count
    }

    private func deliverToLowest(_ message: InterruptMessage) -> Bool {
        let start = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        var best: LocalAPIC?
        for offset in all.indices {
            let apic = all[Int(UInt(bitPattern: start &+ offset) % UInt(all.count))]
            guard apic.acceptsFixed, apic.isAddressed(by: message) else { continue }
            if best.map({ apic.publishedPriority < $0.publishedPriority }) ?? true { best = apic }
        }
        return best?.accept(message) ?? false
    }
}
