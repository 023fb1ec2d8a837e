import Board
import Testing
import Virtio
import VirtioMock

@Suite("virtio-net")
struct VirtioNetworkTests {
    let port = RecordingPort()
    static let mac: [UInt8] = [2, 0, 0, 0, 0, 1]

    private func start(pairs: Int = 1, features: UInt64 = .max, mtu: UInt16? = nil) -> (VirtioNetwork, MockDriver) {
        let device = VirtioNetwork(port: port, mac: Self.mac, pairCount: pairs, mtu: mtu)
        let driver = MockDriver(device)
        driver.start(features: features)
        return (device, driver)
    }

    /// A header and a frame to an address; UDP over IPv4 between two ports.
    private func frame(
        to destination: [UInt8] = mac, byteCount: Int = 60, flags: UInt8 = 0, kind: UInt8 = 0, port: UInt8 = 1,
        reply: Bool = false, vlan: UInt16? = nil
    ) -> [UInt8] {
        var bytes: [UInt8] = [flags, kind] + [UInt8](repeating: 0, count: 10) + destination + [2, 0, 0, 0, 0, 9]
        if let vlan { bytes += [0x81, 0, UInt8(vlan >> 8), UInt8(truncatingIfNeeded: vlan)] }
        let (a, b): ([UInt8], [UInt8]) = ([10, 0, 0, 1], [10, 0, 0, 2])
        let ports: [UInt8] = reply ? [0, port, 0, 99] : [0, 99, 0, port]
        bytes += [8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0] + (reply ? b + a : a + b) + ports
        return bytes + (bytes.count..<max(byteCount + 12, bytes.count)).map { UInt8(truncatingIfNeeded: $0) }
    }

    private func isReceived(_ frame: [UInt8], _ driver: MockDriver) -> Bool {
        driver.queues[0].add(writable: [2048])
        driver.queues[0].kick()
        port.deliver(frame)
        if let answer = driver.queues[0].take() {
            return Array(answer.bytes.dropFirst(12)) == Array(frame.dropFirst(12))
        }
        // The buffer stays for the next one: use it up, with a frame that nobody refuses.
        return false
    }

    @Test("a frame goes out whole, however its buffers are cut, and its header is kept")
    func send() {
        let (device, driver) = start()
        var big = frame(byteCount: 40000, flags: 1, kind: 1)
        big[4] = 0xb4
        big[5] = 5
        let queue = driver.queues[1]
        #expect(queue.request([Array(big[..<5]), Array(big[5..<70]), Array(big[70...])])?.written == 0)
        #expect(port.sent == [big] && device.sentCount == 1)
        #expect(driver.transport.takeInterrupts().queues == [1])
    }

    @Test("without room in the port frames wait, in order, and none is lost or sent twice")
    func backPressure() {
        let (_, driver) = start()
        port.room = 2
        let queue = driver.queues[1]
        for number: UInt8 in 1...5 { queue.add(readable: [frame(port: number)]) }
        queue.kick()
        #expect(port.sent.count == 2)
        #expect(queue.take() != nil && queue.take() != nil && queue.take() == nil)
        port.room = 9
        port.onWritable?()
        #expect(port.sent == (1...5).map { frame(port: $0) })
        queue.add(readable: [frame(port: 6)])
        queue.kick()
        #expect(port.sent.count == 6)
    }

    @Test("frames that were not agreed on, too long or too short are dropped and counted, and the queue goes on")
    func badFrames() {
        let (device, driver) = start(features: ~(NetworkFeature.hostTSO6 | NetworkFeature.hostUSO))
        let queue = driver.queues[1]
        for bad in [frame(kind: 4), frame(kind: 5), frame(kind: 3), frame(kind: 2), frame(kind: 77)] {
            #expect(queue.request([bad])?.written == 0)
        }
        #expect(queue.request([[1, 2, 3]]) != nil)
        let long = [UInt8](repeating: 0, count: 40000)
        #expect(queue.request([long, long]) != nil)
        #expect(port.sent.isEmpty && device.drops.malformedSent == 2 && device.drops.offloadSent == 5)
        device.isLinkUp = false
        _ = queue.request([frame()])
        #expect(port.sent.isEmpty && device.drops.linkDown == 1)
        device.isLinkUp = true
        _ = queue.request([frame(flags: 1, kind: 0x81)])
        #expect(port.sent.count == 1 && !driver.needsReset)
    }

    @Test("a received frame takes as many buffers as it needs, and says how many")
    func mergedBuffers() throws {
        let (_, driver) = start()
        let queue = driver.queues[0]
        for _ in 0..<4 { queue.add(writable: [100]) }
        queue.kick()
        let big = frame(byteCount: 250)
        port.deliver(big)
        let first = try #require(queue.take())
        let second = try #require(queue.take())
        let third = try #require(queue.take())
        #expect(queue.take() == nil)
        #expect(Array(first.bytes[10..<12]) == [3, 0])
        #expect(Array((first.bytes + second.bytes + third.bytes).dropFirst(12)) == Array(big.dropFirst(12)))
        // One buffer is left, 150 bytes need two: the frame waits for it and is not lost.
        let next = frame(byteCount: 150)
        port.deliver(next)
        port.deliver(frame(byteCount: 60))
        #expect(queue.take() == nil && port.waiting.count == 1)
        queue.add(writable: [1000])
        queue.add(writable: [1000])
        queue.kick()
        let parts = [queue.take(), queue.take(), queue.take()].map { $0?.bytes ?? [] }
        #expect(Array((parts[0] + parts[1]).dropFirst(12)) == Array(next.dropFirst(12)) && parts[0][10] == 2)
        #expect(parts[2].count == 72)
        #expect(driver.transport.takeInterrupts().queues == [0])
    }

    @Test("a waiting frame is delivered by the kick that the driver's event index asks for")
    func waitsWithEventIndex() {
        let (_, driver) = start()
        let queue = driver.queues[0]
        queue.add(writable: [20])
        queue.kick()
        port.deliver(frame())
        #expect(queue.take() == nil && queue.availableEvent == queue.availableIndex)
    }

    @Test("without merging a frame needs one buffer, and is dropped when that is too small")
    func notMerged() {
        let (device, driver) = start(features: ~NetworkFeature.mergeableBuffers)
        let queue = driver.queues[0]
        queue.add(writable: [12, 100])
        queue.kick()
        port.deliver(frame(byteCount: 200))
        #expect(device.drops.noBuffer == 1 && queue.take() == nil)
        port.deliver(frame(byteCount: 90))
        #expect(queue.take()?.bytes.count == 102)
    }

    @Test("buffers without room stop the device", arguments: [0, 11])
    func tinyBuffers(size: Int) {
        let (_, driver) = start()
        if size == 0 { driver.queues[0].add(readable: [[1]]) } else { driver.queues[0].add(writable: [size]) }
        driver.queues[0].kick()
        port.deliver(frame())
        #expect(driver.needsReset)
    }

    @Test("the port learns what the driver takes, and what it does not take is dropped")
    func guestOffloads() {
        let (device, driver) = start(features: ~(NetworkFeature.guestTSO6 | NetworkFeature.guestUSO4))
        #expect(port.offloads == 0x1 | 0x2 | 0x8 | 0x40)
        #expect(!isReceived(frame(kind: 4), driver) && device.drops.offloadReceived == 1)
        #expect(command(driver, 5, 0, [2, 0, 0, 0, 0, 0, 0, 0]) == 0)
        #expect(port.offloads == 1)
        #expect(!isReceived(frame(kind: 1), driver) && device.drops.offloadReceived == 2)
        // Only what was agreed on can be switched.
        #expect(command(driver, 5, 0, [0, 1, 0, 0, 0, 0, 0, 0]) == 1)
        driver.transport.status = 0
        #expect(port.offloads == 0)
    }

    private func command(_ driver: MockDriver, _ kind: UInt8, _ number: UInt8, _ data: [UInt8], queue: Int = 2)
        -> UInt8?
    {
        driver.queues[queue].request([[kind, number], data], room: [1])?.bytes.first
    }

    @Test("receive modes, tables of addresses and VLANs filter")
    func filter() {
        let (device, driver) = start(features: ~NetworkFeature.multiQueue)
        let other: [UInt8] = [2, 0, 0, 0, 0, 7]
        let group: [UInt8] = [1, 0, 0x5e, 0, 0, 1]
        let everybody = [UInt8](repeating: 0xff, count: 6)
        #expect(isReceived(frame(to: other), driver))
        #expect(command(driver, 0, 0, [0]) == 0)
        #expect(!isReceived(frame(to: other), driver) && !isReceived(frame(to: group), driver))
        #expect(isReceived(frame(), driver) && isReceived(frame(to: everybody), driver))
        #expect(command(driver, 1, 0, [1, 0, 0, 0] + other + [1, 0, 0, 0] + group) == 0)
        #expect(isReceived(frame(to: other), driver) && isReceived(frame(to: group), driver))
        #expect(command(driver, 1, 0, [2, 0, 0, 0] + other) == 1)
        #expect(command(driver, 1, 1, [2, 0, 0, 0, 0, 3]) == 0)
        #expect(!isReceived(frame(), driver) && isReceived(frame(to: [2, 0, 0, 0, 0, 3]), driver))
        #expect(driver.configuration(0, count: 6) == [2, 0, 0, 0, 0, 3])
        #expect(command(driver, 0, 5, [1]) == 0)
        #expect(!isReceived(frame(to: everybody), driver))
        #expect(!isReceived(frame(to: other, vlan: 5), driver))
        #expect(command(driver, 2, 0, [5, 0]) == 0)
        #expect(isReceived(frame(to: other, vlan: 5), driver))
        #expect(command(driver, 2, 1, [5, 0]) == 0 && command(driver, 2, 0, [0, 16]) == 1)
        #expect(!isReceived(frame(to: other, vlan: 5), driver))
        #expect(device.drops.filtered == 6)
        // A table too long to keep lets all pass.
        let many = [70, 0, 0, 0] + [UInt8](repeating: 2, count: 420) + [0, 0, 0, 0]
        #expect(command(driver, 1, 0, many) == 0)
        #expect(isReceived(frame(to: [2, 9, 9, 9, 9, 9]), driver))
        #expect(command(driver, 9, 0, [0]) == 1)
        #expect(driver.queues[2].request([[] + [0]], room: [1])?.bytes == [1])
        // The device has its own address again after a reset.
        driver.start()
        #expect(driver.configuration(0, count: 6) == Self.mac)
    }

    @Test("with several pairs a frame goes where its flow was sent from")
    func steering() {
        let (device, driver) = start(pairs: 4)
        #expect(driver.queues.count == 9 && driver.configuration(8, count: 2) == [4, 0])
        #expect(command(driver, 4, 0, [4, 0], queue: 8) == 0)
        for pair in 0..<4 {
            for _ in 0..<8 { driver.queues[2 * pair].add(writable: [256]) }
            driver.queues[2 * pair].kick()
        }
        for number: UInt8 in 0..<4 { _ = driver.queues[2 * Int(number) + 1].request([frame(port: number)]) }
        for number: UInt8 in 0..<4 { port.deliver(frame(port: number, reply: true)) }
        for pair in 0..<4 {
            let answer = driver.queues[2 * pair].take()?.bytes ?? []
            #expect(Array(answer.dropFirst(12)) == Array(frame(port: UInt8(pair), reply: true).dropFirst(12)))
        }
        #expect(command(driver, 4, 0, [5, 0], queue: 8) == 1 && command(driver, 4, 0, [0, 0], queue: 8) == 1)
        #expect(command(driver, 4, 0, [1, 0], queue: 8) == 0)
        port.deliver(frame(port: 3, reply: true))
        #expect(driver.queues[0].take() != nil && device.receivedCount == 5)
    }

    @Test("link, MTU and announcement are in the configuration, and their changes interrupt")
    func status() {
        let (device, driver) = start(mtu: 1400)
        #expect(driver.configuration(6, count: 6) == [1, 0, 1, 0, 0x78, 5])
        device.isLinkUp = false
        #expect(driver.configuration(6, count: 1) == [0] && driver.transport.takeInterrupts().configuration)
        device.isLinkUp = true
        device.announce()
        #expect(driver.configuration(6, count: 1) == [3])
        #expect(command(driver, 3, 0, [0]) == 0 && driver.configuration(6, count: 1) == [1])
        #expect(command(driver, 3, 0, [0]) == 1)
    }

    @Test("frames that came before the driver, or in the middle of a reset, do not break the next session")
    func reset() {
        let (_, driver) = start()
        port.deliver(frame(byteCount: 500))
        driver.transport.status = 0
        port.deliver(frame(byteCount: 70))
        driver.start()
        #expect(isReceived(frame(byteCount: 80), driver) == false)
        #expect(driver.queues[0].usedIndex == 1)
    }
}
