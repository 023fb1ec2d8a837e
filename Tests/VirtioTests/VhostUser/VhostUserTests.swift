import Board
import Glibc
import Linux
import Testing
import Virtio
import VirtioMock

@Suite("vhost-user")
final class VhostUserTests {
    let watcher = PollingWatcher()
    let file: OwnedDescriptor
    let storage: UnsafeMutableRawPointer
    let guest: MockGuest
    private static let lowByteCount = 2 << 20
    private static let byteCount = lowByteCount + MockGuest.highByteCount

    init() throws {
        file = OwnedDescriptor(try MemoryFile.make("test guest", byteCount: Self.byteCount))
        storage = mmap(nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file.rawValue, 0)!
        guest = MockGuest(byteCount: Self.lowByteCount, storage: storage)
    }

    deinit { munmap(storage, Self.byteCount) }

    private func pair() throws -> (OwnedDescriptor, OwnedDescriptor) {
        var ends: [OwnedDescriptor] = []
        try UnixSocket.pair { (mine, theirs) throws(SystemError) in
            ends = [OwnedDescriptor(mine), OwnedDescriptor(theirs)]
        }
        return (ends[0], ends[1])
    }

    private func device(
        pairs: Int = 1, features: UInt64 = LoopbackBackend.features, limit: Int = .max
    ) throws -> (VhostUserNetwork, LoopbackBackend) {
        let (mine, theirs) = try pair()
        let backend = try LoopbackBackend(theirs, features: features, limit: limit)
        let device = try VhostUserNetwork(
            socket: mine, memoryFile: file, watcher: watcher, mac: [2, 0, 0, 0, 0, 1], pairCount: pairs, mtu: 1400)
        return (device, backend)
    }

    private func roundTrip(_ driver: MockDriver, _ backend: LoopbackBackend, pair: Int = 0, _ byte: UInt8) throws
        -> Bool
    {
        let frame = [UInt8](repeating: byte, count: 100)
        driver.queues[2 * pair].add(writable: [2048])
        driver.queues[2 * pair].kick()
        driver.queues[2 * pair + 1].add(readable: [Array(frame[..<12]), Array(frame[12...])])
        driver.queues[2 * pair + 1].kick()
        try backend.pump()
        return driver.queues[2 * pair + 1].take() != nil && driver.queues[2 * pair].take()?.bytes == frame
    }

    @Test("frames go through the other process's rings, with interrupts, and the guest sees an ordinary adapter")
    func frames() throws {
        let (device, backend) = try device()
        let driver = MockDriver(device, guest: guest)
        driver.start()
        #expect(driver.features & NetworkFeature.hostTSO4 == 0 && driver.features & NetworkFeature.checksum != 0)
        #expect(driver.configuration(0, count: 12) == [2, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0x78, 5])
        for byte: UInt8 in 1...200 { #expect(try roundTrip(driver, backend, byte)) }
        watcher.pump()
        #expect(driver.transport.takeInterrupts().queues == [0, 1])
        #expect(driver.queues[2].request([[1, 1], [2, 0, 0, 0, 0, 7]], room: [1])?.bytes == [0])
        #expect(driver.configuration(0, count: 6) == [2, 0, 0, 0, 0, 7])
        #expect(driver.queues[2].request([[0, 0], [1]], room: [1])?.bytes == [1])
        // After a reset the backend has no ring, and a new driver starts from the beginning.
        driver.transport.status = 0
        #expect(backend.ringNumbers == [])
        driver.start(size: 16)
        #expect(try roundTrip(driver, backend, 7))
        #expect(backend.failure == nil)
    }

    @Test("pairs of queues are enabled when the driver asks for them")
    func pairs() throws {
        let (device, backend) = try device(pairs: 8)
        #expect(device.pairCount == 2)
        // Queue 2 is the control queue of a driver that knows one pair.
        #expect((0..<5).map { device.kickDescriptor(queue: $0) != nil } == [true, true, false, true, false])
        let driver = MockDriver(device, guest: guest)
        driver.start()
        #expect(driver.queues.count == 5 && backend.ringNumbers == [0, 1])
        #expect(driver.queues[4].request([[4, 0], [2, 0]], room: [1])?.bytes == [0])
        #expect(backend.ringNumbers == [0, 1, 2, 3])
        #expect(try roundTrip(driver, backend, pair: 1, 9))
        #expect(driver.queues[4].request([[4, 0], [3, 0]], room: [1])?.bytes == [1])
        #expect(driver.queues[4].request([[4, 0], [1, 0]], room: [1])?.bytes == [0])
        #expect(backend.ringNumbers == [0, 1])
        #expect(try roundTrip(driver, backend, pair: 0, 8))
    }

    @Test("a kernel may take kicks and calls over: the device is silent then")
    func descriptors() throws {
        let (device, backend) = try device()
        let driver = MockDriver(device, guest: guest)
        driver.start()
        device.setCallWatched(false, queue: 0)
        device.setCallWatched(false, queue: 1)
        #expect(try roundTrip(driver, backend, 3))
        watcher.pump()
        #expect(driver.transport.takeInterrupts().queues == [])
        var count: UInt64 = 0
        #expect(read(try #require(device.callDescriptor(queue: 0)), &count, 8) == 8 && count >= 1)
        #expect(read(try #require(device.kickDescriptor(queue: 1)), &count, 8) == 8 && count >= 1)
        #expect(device.kickDescriptor(queue: 2) == nil)
        // A driver that starts anew finds it the same, until the device is asked to listen again.
        driver.transport.status = 0
        driver.start()
        #expect(try roundTrip(driver, backend, 4))
        watcher.pump()
        #expect(driver.transport.takeInterrupts().queues == [])
        device.setCallWatched(true, queue: 0)
        watcher.pump()
        #expect(driver.transport.takeInterrupts().queues == [0])
    }

    @Test("when the backend goes the link is down; with a new one frames flow again, where the old one stopped")
    func reconnect() throws {
        let (device, backend) = try device()
        let driver = MockDriver(device, guest: guest)
        driver.start()
        var errors: [String] = []
        device.onDisconnect = { errors.append("\($0)") }
        for byte: UInt8 in 0..<70 { #expect(try roundTrip(driver, backend, byte)) }
        _ = driver.transport.takeInterrupts()
        shutdown(backend.socketNumber, Int32(SHUT_RDWR))
        backend.wait()
        watcher.pump()
        #expect(errors == ["vhost-user: the backend has gone"] && !device.isLinkUp)
        #expect(driver.configuration(6, count: 1) == [0] && driver.transport.takeInterrupts().configuration)
        // The guest goes on meanwhile: what it sends waits.
        driver.queues[1].add(readable: [[UInt8](repeating: 5, count: 60)])
        driver.queues[1].kick()
        driver.queues[0].add(writable: [256])
        driver.queues[0].kick()
        let (mine, theirs) = try pair()
        let second = try LoopbackBackend(theirs)
        try device.reconnect(mine)
        #expect(driver.configuration(6, count: 1) == [1])
        try second.pump()
        #expect(driver.queues[1].take() != nil && driver.queues[0].take()?.bytes.count == 60)
        #expect(try roundTrip(driver, second, 77))
    }

    @Test("a backend that can do less than promised is not taken")
    func lessCapable() throws {
        let (device, backend) = try device()
        let driver = MockDriver(device, guest: guest)
        driver.start()
        shutdown(backend.socketNumber, Int32(SHUT_RDWR))
        backend.wait()
        watcher.pump()
        let (mine, theirs) = try pair()
        let second = try LoopbackBackend(theirs, features: Virtio.Feature.ofQueues)
        #expect(throws: VhostUserError.self) { try device.reconnect(mine) }
        #expect(!device.isLinkUp)
        withExtendedLifetime(second) {}
        let (again, third) = try pair()
        let old = try LoopbackBackend(third, features: 0)
        #expect(throws: VhostUserError.self) {
            _ = try VhostUserNetwork(
                socket: again, memoryFile: file, watcher: watcher, mac: [2, 0, 0, 0, 0, 1])
        }
        withExtendedLifetime(old) {}
    }

    @Test("a backend that goes in the middle of the set-up leaves a device without a link", arguments: 6...16)
    func goesEarly(limit: Int) throws {
        let (device, backend) = try device(limit: limit)
        let driver = MockDriver(device, guest: guest)
        driver.start()
        backend.wait()
        watcher.pump()
        #expect(!device.isLinkUp && !driver.needsReset)
        driver.queues[1].add(readable: [[UInt8](repeating: 5, count: 60)])
        driver.queues[1].kick()
        driver.transport.status = 0
        #expect(driver.transport.status == 0)
    }

    @Test(
        "a backend that is silent, or slow again and again, is waited for once in all; the guest goes on without a link",
        arguments: [0, 40])
    func silence(delayMilliseconds: Int) throws {
        let (mine, theirs) = try pair()
        // It says hello, and answers to the set-up come late or never: more than eight of them.
        let backend = try LoopbackBackend(theirs, silentAfter: 5, delayMilliseconds: delayMilliseconds)
        let device = try VhostUserNetwork(
            socket: mine, memoryFile: file, watcher: watcher, mac: [2, 0, 0, 0, 0, 1], patience: .milliseconds(300))
        var errors: [String] = []
        device.onDisconnect = { errors.append("\($0)") }
        let driver = MockDriver(device, guest: guest)
        driver.start()
        #expect(errors == ["vhost-user: the other side does not answer in time"])
        #expect(!device.isLinkUp && !driver.needsReset && driver.transport.status & 4 != 0)
        // Nothing is sent to it any more, however often the guest starts the device.
        let count = backend.requests.count
        for _ in 0..<3 { driver.start(arenaByteCount: 4096) }
        watcher.pump()
        #expect(errors.count == 1 && backend.requests.count <= count + 1)
    }

    @Test("a backend that says nothing at all is no backend")
    func silentFromTheStart() throws {
        let (mine, theirs) = try pair()
        #expect(throws: VhostUserError.self) { _ = try VhostUserFrontend(mine, patience: .milliseconds(20)) }
        withExtendedLifetime(theirs) {}
    }

    @Test("a backend that speaks unasked is let go, and not heard again and again")
    func unasked() throws {
        let (device, backend) = try device()
        let driver = MockDriver(device, guest: guest)
        driver.start()
        var errors: [String] = []
        device.onDisconnect = { errors.append("\($0)") }
        try backend.speak()
        watcher.pump()
        #expect(errors == ["vhost-user: a message that nobody asked for cannot be"] && !device.isLinkUp)
    }

    @Test("events of a monitor that block are made not to: whoever moves frames writes to them")
    func blockingEvents() throws {
        let backend = VhostUserBackend(features: 0, ringCount: 2) { _, _ in
        } stop: { _ in
            0
        }
        for request in [VhostUserRequest.setRingCall, .setRingKick] {
            let (read, write) = try Pipe().split { (OwnedDescriptor($0), OwnedDescriptor($1)) }
            let sent = OwnedDescriptor(try write.descriptor.duplicate())
            let payload = VhostUserPayload.descriptorNumber(ring: 0, hasDescriptor: true)
            #expect(try backend.handle(VhostUserMessage(request, payload: payload), descriptors: [sent]) == nil)
            // More than a pipe holds.
            let bytes = [UInt8](repeating: 0, count: 1 << 20)
            #expect(Glibc.write(write.rawValue, bytes, bytes.count) < bytes.count)
            #expect(Glibc.write(write.rawValue, bytes, bytes.count) == -1 && errno == EAGAIN)
            withExtendedLifetime(read) {}
        }
    }

    @Test("memory that could shrink, or is shorter than said, is not mapped")
    func unsafeMemory() throws {
        let short = try MemoryFile.make("short", byteCount: 4096)
        let first = OwnedDescriptor(try short.duplicate())
        let path = "/tmp/rookery-unsealed-\(getpid())"
        let unsealed = try File.open(path, O_RDWR | O_CREAT)
        unlink(path)
        ftruncate(unsealed.rawValue, 1 << 20)
        let second = OwnedDescriptor(try unsealed.duplicate())
        let backend = VhostUserBackend(features: 0, ringCount: 2) { _, _ in
        } stop: { _ in
            0
        }
        let region = VhostUserPayload.Region(guestAddress: 0, byteCount: 8192, userAddress: 0, fileOffset: 0)
        for descriptor in [first, second] {
            let message = VhostUserMessage(.setMemoryTable, payload: VhostUserPayload.memoryTable([region]))
            #expect(throws: VhostUserError.self) { try backend.handle(message, descriptors: [descriptor]) }
        }
    }
}
