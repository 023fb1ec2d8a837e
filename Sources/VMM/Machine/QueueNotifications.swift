import Board
import Linux
import Virtio

/// The notification registers of a virtio device as eventfds of the kernel's (ioeventfd): the guest that writes to one goes
/// on at once, and the I/O thread has the device look at its queue.
///
/// A notification that comes late finds its queue reset, or not yet set up; the device is not called then, and a
/// notification too many is none of a device's business. Used with the device lock held.
final class QueueNotifications {
    private final class Bell {
        /// Nil where another process listens, to a descriptor of its own.
        let event: EventDescriptor?
        let rawValue: Int32
        /// Where it is tied to; nil: nowhere, and writes come as exits.
        var address: UInt64?
        /// The I/O thread will come to the queue of itself.
        var isAsked = false

        init() throws(SystemError) {
            let event = try EventDescriptor()
            rawValue = event.rawValue
            self.event = consume event
        }

        init(_ descriptor: Int32) {
            event = nil
            rawValue = descriptor
        }
    }

    private let registers: VirtioRegisters
    private let backEnd: any CPUBackEnd
    private let bus: DeviceBus
    private let size: Int
    private var bells: [Bell] = []

    /// - Parameter size: of the writes that are tied, in bytes; 0: any. Others come as exits.
    init(
        _ transport: VirtioPCI, _ backEnd: any CPUBackEnd, size: Int, bus: DeviceBus, loop: EventLoop
    ) throws(SystemError) {
        registers = transport.registers
        self.backEnd = backEnd
        self.bus = bus
        self.size = size
        let shared = registers.device as? VhostUserNetwork
        for queue in registers.device.queueSizes.indices {
            if let kick = shared?.kickDescriptor(queue: queue) {
                // The switch hears of it without us, and nobody counts.
                bells.append(Bell(kick))
                continue
            }
            let bell = try Bell()
            bells.append(bell)
            try loop.watch(bell.rawValue) { [weak self, unowned bell] _ in self?.hear(bell, queue) }
        }
        transport.onNotifyAddressChange = { [unowned self] in move(to: $0) }
        // Those that come as exits all the same, and devices that have had their turn.
        registers.onKick = { [unowned self, unowned loop] queue in
            let bell = bells[queue]
            guard bell.event != nil else { return false }
            if !bell.isAsked {
                bell.isAsked = true
                loop.perform { [weak self] in
                    bell.isAsked = false
                    self?.registers.notify(queue)
                }
            }
            return true
        }
    }

    private func hear(_ bell: Bell, _ queue: Int) {
        guard let count = bell.event?.drain(), count > 0 else { return }
        bus.countNotifications(Int(clamping: count), of: self, name: registers.device.name)
        registers.notify(queue)
    }

    /// The guest has put the registers elsewhere; nil: nowhere.
    private func move(to base: UInt64?) {
        for (queue, bell) in bells.enumerated() {
            if let old = bell.address { _ = tie(bell, old, isAttached: false) }
            bell.address = base.map { $0 + UInt64(queue * VirtioPCI.notifyStride) }
            if let new = bell.address, !tie(bell, new, isAttached: true) { bell.address = nil }
        }
    }

    private func tie(_ bell: Bell, _ address: UInt64, isAttached: Bool) -> Bool {
        backEnd.tieWrites(to: bell.rawValue, address: address, size: size, value: nil, isAttached: isAttached)
    }
}

extension Machine {
    /// Notifications of the device's queues go by eventfds, where the back end has such.
    func letKernelNotify(_ transport: VirtioPCI) throws(SystemError) {
        guard let size = backEnd.tiedWriteSize else { return }
        devices.append(try QueueNotifications(transport, backEnd, size: size, bus: bus, loop: loop))
    }

    /// Interrupts of queues that another process serves go to the guest without us (irqfd), as long as their vectors have
    /// messages to send: the others wait in the table, which is ours.
    func letKernelInterrupt(_ transport: VirtioPCI) {
        guard let device = transport.registers.device as? VhostUserNetwork else { return }
        let backEnd = backEnd
        transport.onQueueMessageChange = { [unowned device] queue, message in
            guard let call = device.callDescriptor(queue: queue) else { return }
            device.setCallWatched(!backEnd.tieInterrupt(of: call, to: message), queue: queue)
        }
    }
}
