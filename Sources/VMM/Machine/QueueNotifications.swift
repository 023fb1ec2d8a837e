import Board
import Linux
import Virtio

/// Notifications of a virtio device's queues as eventfds of the kernel's (ioeventfd): the guest that writes one goes on at
/// once, and the I/O thread has the device look at its queue.
///
/// A notification that comes late finds its queue reset, or not yet set up; the device is not called then, and a
/// notification too many is none of a device's business. Used with the device lock held.
final class QueueNotifications {
    /// How a transport's driver says which queue it means.
    enum Form {
        /// By the address that it writes to, so many bytes apart; writes of `size` bytes are tied, 0: of any size. Others come
        /// as exits.
        case addresses(stride: Int, size: Int)
        /// By the number that it writes, in 32 bits, to one address.
        case numbers
    }

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
    private let form: Form
    private var bells: [Bell] = []

    init(
        _ registers: VirtioRegisters, _ form: Form, _ backEnd: any CPUBackEnd, bus: DeviceBus, loop: EventLoop
    ) throws(SystemError) {
        self.registers = registers
        self.form = form
        self.backEnd = backEnd
        self.bus = bus
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

    /// The registers that are notified are here now; nil: nowhere.
    func move(to base: UInt64?) {
        for (queue, bell) in bells.enumerated() {
            if let old = bell.address { _ = tie(bell, queue, old, isAttached: false) }
            bell.address = base.map {
                switch form {
                case .addresses(let stride, _): $0 + UInt64(queue * stride)
                case .numbers: $0
                }
            }
            if let new = bell.address, !tie(bell, queue, new, isAttached: true) { bell.address = nil }
        }
    }

    private func tie(_ bell: Bell, _ queue: Int, _ address: UInt64, isAttached: Bool) -> Bool {
        let (size, value): (Int, UInt64?) =
            switch form {
            case .addresses(_, let size): (size, nil)
            case .numbers: (4, UInt64(queue))
            }
        return backEnd.tieWrites(
            to: bell.rawValue, address: address, size: size, value: value, isAttached: isAttached)
    }
}

extension Machine {
    /// Notifications of the device's queues go by eventfds, where the back end has such.
    func letKernelNotify(_ transport: VirtioPCI) throws(SystemError) {
        guard let size = backEnd.tiedWriteSize else { return }
        let form = QueueNotifications.Form.addresses(stride: VirtioPCI.notifyStride, size: size)
        let notifications = try QueueNotifications(transport.registers, form, backEnd, bus: bus, loop: loop)
        transport.onNotifyAddressChange = { [unowned notifications] in notifications.move(to: $0) }
        devices.append(notifications)
    }

    /// - Parameter address: of the transport's registers, which stay there.
    func letKernelNotify(_ transport: VirtioMMIO, at address: UInt64) throws(SystemError) {
        guard backEnd.tiedWriteSize != nil else { return }
        let notifications = try QueueNotifications(transport.registers, .numbers, backEnd, bus: bus, loop: loop)
        notifications.move(to: address + VirtioMMIO.notifyOffset)
        devices.append(notifications)
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
