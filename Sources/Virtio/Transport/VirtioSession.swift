import Board

/// From the driver's DRIVER_OK to the next reset: the queues and features agreed on, and the way to interrupt.
public final class VirtioSession {
    public let memory: GuestMemory
    /// The features that the driver took.
    public let features: UInt64
    /// The queues that the driver has switched on; nil for the others.
    public let queues: [Virtqueue?]
    /// The session is over: its queues belong to nobody.
    public private(set) var isOver = false
    private weak var registers: VirtioRegisters?

    init(memory: GuestMemory, features: UInt64, queues: [Virtqueue?], registers: VirtioRegisters) {
        self.memory = memory
        self.features = features
        self.queues = queues
        self.registers = registers
    }

    public func has(_ feature: UInt64) -> Bool { features & feature == feature }

    public func queue(_ index: Int) -> Virtqueue? { index < queues.count ? queues[index] : nil }

    /// Tells the driver that chains of a queue were given back.
    public func interrupt(queue: Int) {
        if !isOver { registers?.interrupt(queue: queue) }
    }

    /// Shows the driver what was given back in a queue, and interrupts if it wants that.
    public func publish(_ index: Int) {
        guard !isOver, let queue = queues[index], queue.publish() else { return }
        interrupt(queue: index)
    }

    /// The configuration space has changed.
    public func configurationChanged() {
        if !isOver { registers?.configurationChanged() }
    }

    /// The driver broke a rule: the device stops until it is reset.
    public func fail(_ error: VirtqueueError) {
        guard !isOver else { return }
        isOver = true
        registers?.fail(error.description)
    }

    /// Handles all chains that wait in a queue with `body`, which may stop by returning false: then the chain stays.
    /// What was given back is published once, at the end.
    ///
    /// A driver that adds chains as fast as they are handled must not keep the caller for ever: where kicks go to another
    /// thread, it is kicked again and the rest waits for its turn.
    public func drain(_ index: Int, _ body: (Virtqueue, DescriptorChain) throws(VirtqueueError) -> Bool) {
        guard !isOver, let queue = queue(index) else { return }
        var budget = 2 * Int(queue.size)
        do throws(VirtqueueError) {
            repeat {
                queue.disableNotifications()
                while let chain = try queue.next() {
                    if budget == 0, registers?.onKick?(index) == true {
                        queue.putBack()
                        return publish(index)
                    }
                    budget -= budget > 0 ? 1 : 0
                    guard try body(queue, chain) else {
                        queue.putBack()
                        publish(index)
                        return
                    }
                    if isOver { return }
                }
            } while queue.enableNotifications()
            publish(index)
        } catch {
            publish(index)
            fail(error)
        }
    }

    func end() { isOver = true }
}
