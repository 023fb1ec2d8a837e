import Board

/// What both transports do behind their registers: status, features, the set-up of queues (virtio 1.2, clauses 2 and 3).
/// Called with the device lock held.
public final class VirtioRegisters {
    /// How the driver has set up a queue.
    struct QueueSetup {
        let maximumSize: UInt16
        var size: UInt16
        var isEnabled = false
        var descriptorTable: UInt64 = 0
        var availableRing: UInt64 = 0
        var usedRing: UInt64 = 0
    }

    public let device: any VirtioDevice
    public let memory: GuestMemory
    public private(set) var status: UInt8 = 0
    public private(set) var session: VirtioSession?
    /// Changes with the configuration space, so that a driver that reads it in pieces sees that.
    private(set) var configurationGeneration: UInt32 = 0
    /// A reset waits for the device's work under way.
    private var isResetting = false

    var deviceFeatureSelect: UInt32 = 0
    var driverFeatureSelect: UInt32 = 0
    private var driverFeatures: UInt64 = 0
    var queueSelect: UInt16 = 0
    var queues: [QueueSetup]

    /// Takes a driver's notification elsewhere, say to an eventfd of another thread, which calls `notify` later, or to
    /// another process. False: the device is called at once.
    public var onKick: ((_ queue: Int) -> Bool)?
    /// The driver broke a rule, or its device cannot go on: for the log.
    public var onFailure: ((_ text: String) -> Void)?
    /// How the transport interrupts.
    var interruptQueue: (Int) -> Void = { _ in }
    var interruptConfiguration: () -> Void = {}
    /// The transport's own registers go back with a reset.
    var onReset: () -> Void = {}

    public init(device: any VirtioDevice, memory: GuestMemory) {
        self.device = device
        self.memory = memory
        queues = device.queueSizes.map { QueueSetup(maximumSize: $0, size: $0) }
    }

    public var offeredFeatures: UInt64 { device.features | device.queueFeatures }

    var deviceFeatureWord: UInt32 { word(offeredFeatures, deviceFeatureSelect) }
    var driverFeatureWord: UInt32 { word(driverFeatures, driverFeatureSelect) }

    private func word(_ features: UInt64, _ select: UInt32) -> UInt32 {
        select < 2 ? UInt32(truncatingIfNeeded: features >> (32 * UInt64(select))) : 0
    }

    func setDriverFeatureWord(_ value: UInt32) {
        // After FEATURES_OK nothing is negotiated any more (clause 3.1.1).
        guard driverFeatureSelect < 2, status & Virtio.Status.featuresOK == 0 else { return }
        let shift = 32 * UInt64(driverFeatureSelect)
        driverFeatures = driverFeatures & ~(0xffff_ffff << shift) | UInt64(value) << shift
    }

    /// The queue that the driver has selected; nil where there is none: its size then reads as zero.
    var selected: QueueSetup? { queueSelect < queues.count ? queues[Int(queueSelect)] : nil }

    /// Changes the selected queue's set-up, unless it is in use.
    func changeSelected(_ change: (inout QueueSetup) -> Void) {
        guard queueSelect < queues.count, !queues[Int(queueSelect)].isEnabled, session == nil else { return }
        change(&queues[Int(queueSelect)])
    }

    /// The driver takes back what it has set up, as long as it has not begun; the set-up stays.
    func disableSelected() {
        guard queueSelect < queues.count, session == nil else { return }
        queues[Int(queueSelect)].isEnabled = false
    }

    /// What the driver reads; stays as it was while a reset waits.
    public var statusForDriver: UInt8 { status }

    func writeStatus(_ value: UInt8) {
        if value == 0 { return reset() }
        guard !isResetting else { return }
        // Bits are only ever added; this one is the device's.
        var new = status | value & ~Virtio.Status.needsReset
        if new & ~status & Virtio.Status.featuresOK != 0, !agrees { new &= ~Virtio.Status.featuresOK }
        let begins = new & ~status & Virtio.Status.driverOK != 0 && new & Virtio.Status.featuresOK != 0
        status = new
        if begins, session == nil { begin() }
    }

    /// The driver took only what was offered, and knows virtio 1.
    private var agrees: Bool {
        driverFeatures & ~offeredFeatures == 0 && driverFeatures & Virtio.Feature.version1 != 0
    }

    private func begin() {
        var built: [Virtqueue?] = []
        for setup in queues {
            guard setup.isEnabled else {
                built.append(nil)
                continue
            }
            do throws(VirtqueueError) {
                built.append(
                    try Virtqueue(
                        memory: memory, size: setup.size, descriptorTable: setup.descriptorTable,
                        availableRing: setup.availableRing, usedRing: setup.usedRing, features: driverFeatures))
            } catch {
                return fail(error.description)
            }
        }
        let session = VirtioSession(memory: memory, features: driverFeatures, queues: built, registers: self)
        self.session = session
        device.activate(session)
    }

    /// What a write of zero to the status does, and the machine's reset. The status reads as it was until the device has
    /// finished its work under way: drivers wait for zero (clause 2.4.1).
    public func reset() {
        guard !isResetting else { return }
        isResetting = true
        session?.end()
        session = nil
        if device.reset(finished: { [weak self] in self?.finishReset() }) { finishReset() }
    }

    private func finishReset() {
        guard isResetting else { return }
        isResetting = false
        status = 0
        deviceFeatureSelect = 0
        driverFeatureSelect = 0
        driverFeatures = 0
        queueSelect = 0
        for index in queues.indices {
            queues[index] = QueueSetup(
                maximumSize: queues[index].maximumSize, size: queues[index].maximumSize)
        }
        onReset()
    }

    /// The driver has written to the notification register of a queue.
    func kick(_ queue: Int) {
        guard session != nil, queue < queues.count else { return }
        if onKick?(queue) == true { return }
        notify(queue)
    }

    /// Has the device look at a queue.
    public func notify(_ queue: Int) {
        guard let session, !session.isOver, session.queue(queue) != nil else { return }
        device.queueNotified(queue)
    }

    func interrupt(queue: Int) { interruptQueue(queue) }

    func configurationChanged() {
        configurationGeneration &+= 1
        if status & Virtio.Status.driverOK != 0 { interruptConfiguration() }
    }

    func fail(_ text: String) {
        onFailure?("\(device.name): \(text); waiting for a reset")
        status |= Virtio.Status.needsReset
        if status & Virtio.Status.driverOK != 0 { interruptConfiguration() }
    }

    func readConfiguration(_ offset: UInt64, size: Int) -> UInt64 {
        let bytes = device.configuration
        guard offset < UInt64(bytes.count), size <= 8 else { return 0 }
        var value: UInt64 = 0
        for index in 0..<min(size, bytes.count - Int(offset)) {
            value |= UInt64(bytes[Int(offset) + index]) << UInt64(8 * index)
        }
        return value
    }

    func writeConfiguration(_ offset: UInt64, size: Int, value: UInt64) {
        let count = UInt64(device.configuration.count)
        guard offset < count, UInt64(size) <= count - offset, size <= 8 else { return }
        device.writeConfiguration(
            (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }, at: Int(offset))
    }
}
