import Glibc
import Linux
import Switch
import Synchronization
import Wire

// The thread that moves packets.
//
// What: it waits for packets from devices (TAPs, packet sockets) and for the data path's next deadline, hands packets
// in, and writes out what comes back, in batches. It owns the data path: other threads ask it to run their calls.
// Design: on io_uring, every device has a multishot read that fills buffers of a shared ring, so that memory does not
// grow with the number of devices; the packet that was read into a buffer *is* the packet that is written, uncopied,
// and a fresh one takes its place in the ring. Where io_uring is missing or forbidden, epoll with read and write does
// the same, slower. A poller without packets and deadlines sleeps and costs nothing.
// Timing: a sleeping thread wakes late, by an amount that depends on the machine; the poller measures it, asks to be
// woken that much earlier, and spins through what remains of the last microseconds.

/// How packets get in and out of the kernel.
public enum PollerMechanism: String, Sendable, CaseIterable {
    case ioUring = "io_uring"
    case epoll
}

/// What a device's kernel side can take as it is.
public struct DeviceCapabilities: Sendable {
    /// Frames carry the virtio-net header in both directions.
    public var virtioHeader: Bool
    /// TCP super-packets may be written.
    public var tcpSegmentation: Bool
    /// UDP super-packets may be written.
    public var udpSegmentation: Bool
    /// The kernel hands the outer VLAN tag over beside the frame: so do packet sockets (PACKET_AUXDATA).
    public var separateTag: Bool

    public init(
        virtioHeader: Bool = true, tcpSegmentation: Bool = true, udpSegmentation: Bool = true,
        separateTag: Bool = false
    ) {
        self.virtioHeader = virtioHeader
        self.tcpSegmentation = tcpSegmentation
        self.udpSegmentation = udpSegmentation
        self.separateTag = separateTag
    }
}

/// A thread that owns a data path and its devices.
public final class Poller: @unchecked Sendable {
    /// A device as the poller sees it; the data path knows it by its index.
    struct Port {
        var descriptor: Int32
        var capabilities: DeviceCapabilities
        var isOpen: Bool
        /// How many devices have had this number before.
        var generation: UInt16 = 0
        /// Of a device with rings: its place in `ringDevices`; -1 of all others.
        var ringIndex: Int32 = -1
    }

    /// A call for the poller's thread; what it captures is handed over with it.
    private struct Call: @unchecked Sendable {
        let body: () -> Void
    }

    private struct Shared {
        var calls: [Call] = []
        var isStopping = false
    }

    /// Only the poller's thread touches what follows, once it runs.
    let datapath: Datapath
    /// The devices by number, in raw memory: every packet looks here.
    private(set) var ports: UnsafeMutablePointer<Port>
    private var portCount = 0
    private var portCapacity = 64

    /// Devices whose frames lie in rings that virtual machines share.
    var ringDevices: [RingPort] = []
    var hasPendingRings = false
    /// Rings started or stopped: the loop waits for other descriptors.
    var ringChanges = false
    /// The descriptors by which guests tell of frames, as far as the loop waits for them.
    var kicks: Set<Int32> = []

    private let shared = Mutex(Shared())
    let hasCalls = Atomic<Bool>(false)
    let wakeUp: EventDescriptor
    private let requested: PollerMechanism?
    private var thread = pthread_t()
    private let started = Gate()
    private let finished = Gate()

    /// What the poller came to run on; nil before `start`.
    public private(set) var mechanism: PollerMechanism?
    /// How late the thread wakes from a sleep with a deadline: a running average in nanoseconds.
    var wakeLateness: UInt64 = 30_000

    /// - Parameter mechanism: what to run on; nil: io_uring where it works, else epoll.
    public init(datapath: Datapath, mechanism: PollerMechanism? = nil) throws(SystemError) {
        self.datapath = datapath
        requested = mechanism
        wakeUp = try EventDescriptor()
        ports = .allocate(capacity: portCapacity)
    }

    deinit { ports.deallocate() }

    /// Starts the thread and returns when it polls.
    public func start() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        // A translation recurses once for each bridge on the way.
        pthread_attr_setstacksize(&attributes, 16 << 20)
        let reference = Unmanaged.passRetained(self).toOpaque()
        let result = pthread_create(
            &thread, &attributes,
            { argument in
                let poller = Unmanaged<Poller>.fromOpaque(argument!).takeRetainedValue()
                poller.main()
                return nil
            }, reference)
        precondition(result == 0, "cannot create the poller's thread: \(Errno(rawValue: result))")
        pthread_attr_destroy(&attributes)
        started.wait()
    }

    /// Stops the thread and waits for its end. Devices stay open; packets in queues are dropped.
    public func stop() {
        shared.withLock { $0.isStopping = true }
        hasCalls.store(true, ordering: .releasing)
        wakeUp.signal()
        finished.wait()
    }

    /// Runs `body` on the poller's thread, between two batches, and returns its result.
    public func run<Result>(_ body: @escaping @Sendable (Datapath, UInt64) -> Result) -> Result {
        if pthread_equal(pthread_self(), thread) != 0 { return body(datapath, MonotonicClock.now()) }
        let done = Gate()
        nonisolated(unsafe) var result: Result?
        enqueue { [datapath] in
            result = body(datapath, MonotonicClock.now())
            done.open()
        }
        done.wait()
        return result.unsafelyUnwrapped
    }

    /// Runs `body` on the poller's thread, between two batches, after the calls that were posted before it; does not wait.
    public func post(_ body: @escaping @Sendable (Datapath, UInt64) -> Void) {
        enqueue { [datapath] in body(datapath, MonotonicClock.now()) }
    }

    /// Calls that come while the thread has not yet looked share one wake-up.
    private func enqueue(_ call: @escaping () -> Void) {
        let call = Call(body: call)
        shared.withLock { $0.calls.append(call) }
        if !hasCalls.exchange(true, ordering: .acquiringAndReleasing) { wakeUp.signal() }
    }

    /// Runs the calls that wait; false when the poller is to end.
    func runCalls() -> Bool {
        // The signal goes first: one that comes behind the exchange is for a call that may have to wait for the next turn.
        wakeUp.drain()
        guard hasCalls.exchange(false, ordering: .acquiringAndReleasing) else { return true }
        let (calls, goesOn) = shared.withLock { state in
            let calls = state.calls
            state.calls.removeAll()
            return (calls, !state.isStopping)
        }
        for call in calls { call.body() }
        return goesOn
    }

    // MARK: What lives beside the data path

    private var attendants: [any PollerAttendant] = []

    /// Gives something a turn on this thread after each batch.
    public func attend(_ attendant: any PollerAttendant & Sendable) {
        run { [self] _, _ in attendants.append(attendant) }
    }

    /// Gives each attendant its turn.
    @inline(never)
    func giveTurns() {
        guard !attendants.isEmpty else { return }
        let now = MonotonicClock.now()
        for attendant in attendants { attendant.turn(now: now) }
    }

    /// When the thread has to be awake, for the data path or its attendants.
    @inline(never)
    func nextDeadline() -> UInt64? {
        var deadline = datapath.nextDeadline
        for attendant in attendants {
            if let other = attendant.nextDeadline { deadline = min(deadline ?? other, other) }
        }
        return deadline
    }

    // MARK: Devices

    /// Adds a device that reads and writes `descriptor`, which stays the caller's and must outlive the poller.
    /// - Returns: the device's number in the data path.
    public func addDevice(
        name: String, descriptor: Int32, capabilities: DeviceCapabilities = DeviceCapabilities()
    ) -> Int32 {
        run { [self] datapath, _ in
            let index = datapath.addDevice(name: name)
            var port = Port(descriptor: descriptor, capabilities: capabilities, isOpen: true)
            if Int(index) < portCount {
                // The data path gives numbers out again.
                port.generation = ports[Int(index)].generation &+ 1
                ports[Int(index)] = port
            } else {
                append(port)
            }
            newPorts.append(index)
            return index
        }
    }

    private func append(_ port: Port) {
        if portCount == portCapacity {
            let larger = UnsafeMutablePointer<Port>.allocate(capacity: portCapacity * 2)
            larger.moveInitialize(from: ports, count: portCount)
            ports.deallocate()
            ports = larger
            portCapacity *= 2
        }
        (ports + portCount).initialize(to: port)
        portCount += 1
    }

    /// Devices that the loop has not started to read yet, and those that it has not stopped to read yet.
    var newPorts: [Int32] = []
    var leavingPorts: [Int32] = []

    /// Stops reading and writing a device; then its descriptor may be closed.
    /// Not to be called on the poller's thread.
    public func removeDevice(_ device: Int32) { removeDevices([device]) }

    /// Stops reading and writing several devices.
    public func removeDevices(_ devices: [Int32]) {
        guard !devices.isEmpty else { return }
        run { [self] _, _ in
            for device in devices {
                ports[Int(device)].isOpen = false
                if ports[Int(device)].ringIndex >= 0 {
                    ringDevices.removeAll { $0.number == device }
                    ports[Int(device)].ringIndex = -1
                    for (index, ring) in ringDevices.enumerated() { ports[Int(ring.number)].ringIndex = Int32(index) }
                    ringChanges = true
                    continue
                }
                newPorts.removeAll { $0 == device }
                leavingPorts.append(device)
            }
        }
        // When the loop takes another call, it has dealt with the one before.
        run { _, _ in }
    }

    // MARK: The thread

    private func main() {
        CurrentThread.setName("rookery-poller")
        CurrentThread.setTimerSlack(nanoseconds: 1)
        CurrentThread.preferLatency()
        if requested != .epoll {
            do {
                var loop = try RingLoop(poller: self)
                mechanism = .ioUring
                started.open()
                loop.run()
                finished.open()
                return
            } catch {
                precondition(requested == nil, "\(error)")
            }
        }
        mechanism = .epoll
        started.open()
        var loop = EpollLoop(poller: self)
        loop.run()
        finished.open()
    }

    /// How long to sleep until `deadline`: less than until then, by what waking takes.
    /// - Returns: nanoseconds; 0: spin.
    func sleepTime(until deadline: UInt64, now: UInt64) -> Int64 {
        let lead = min(wakeLateness &+ wakeLateness / 4, 200_000)
        guard deadline > now &+ lead else { return 0 }
        return Int64(deadline &- now &- lead)
    }

    /// Learns from a sleep that was to last until `wanted` and lasted until `now`.
    func learnLateness(wanted: UInt64, now: UInt64) {
        guard now > wanted else { return }
        let late = min(now &- wanted, 500_000)
        wakeLateness = (wakeLateness &* 15 &+ late) / 16
    }
}
