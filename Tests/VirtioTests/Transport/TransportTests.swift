import Board
import Testing
import Virtio
import VirtioMock

@Suite("Virtio transports")
struct TransportTests {
    let device = EchoDevice()

    @Test(
        "a driver finds the device, agrees on features, and gets answers with interrupts",
        arguments: MockDriver.Kind.allCases)
    func life(_ kind: MockDriver.Kind) throws {
        let driver = MockDriver(device, over: kind)
        #expect(driver.start())
        #expect(driver.transport.offeredFeatures == 1 << 3 | 1 << 28 | 1 << 29 | 1 << 32)
        #expect(driver.queues.map(\.size) == [64, 64])
        #expect(driver.queues[1].request([[1, 2, 3]], room: [3])?.bytes == [3, 2, 1])
        #expect(driver.transport.takeInterrupts().queues.contains(1))
        #expect(driver.transport.takeInterrupts().queues.isEmpty)
        #expect(device.notified == [1])
        driver.transport.status = 0
        #expect(driver.transport.status == 0 && device.session == nil)
        driver.transport.kick(1)
        #expect(device.notified == [1])
        #expect(driver.start(size: 8) && driver.queues[0].request([[9]], room: [1])?.bytes == [9])
    }

    @Test(
        "features that were not offered, or a driver older than virtio 1, are refused",
        arguments: MockDriver.Kind.allCases)
    func features(_ kind: MockDriver.Kind) {
        let transport = MockDriver(device, over: kind).transport
        for features in [1 << 32 | 1 << 5, 1 << 3] as [UInt64] {
            transport.status = 0
            transport.status = 3
            transport.takeFeatures(features)
            transport.status = 11
            #expect(transport.status == 3)
            transport.status = 7
            #expect(device.session == nil)
        }
    }

    @Test(
        "the configuration space is read and written at every width, and bounded", arguments: MockDriver.Kind.allCases)
    func configuration(_ kind: MockDriver.Kind) {
        let driver = MockDriver(device, over: kind)
        let transport = driver.transport
        #expect(transport.readConfiguration(1, size: 1) == 2)
        #expect(transport.readConfiguration(2, size: 2) == 0x0403)
        #expect(transport.readConfiguration(4, size: 4) == 0x0807_0605)
        #expect(transport.readConfiguration(11, size: 4) == 12)
        #expect(transport.readConfiguration(12, size: 4) == 0)
        transport.writeConfiguration(10, size: 2, value: 0xbbaa)
        transport.writeConfiguration(11, size: 2, value: 1)
        transport.writeConfiguration(0xfff, size: 4, value: 1)
        #expect(device.configurationWrites == ["10:[170, 187]"])
        driver.start()
        device.session?.configurationChanged()
        #expect(driver.transport.takeInterrupts().configuration)
    }

    @Test("a reset waits for the device's work under way; the status shows it", arguments: MockDriver.Kind.allCases)
    func slowReset(_ kind: MockDriver.Kind) {
        let driver = MockDriver(device, over: kind)
        driver.start()
        device.delaysReset = true
        driver.transport.status = 0
        #expect(driver.transport.status == 15)
        driver.transport.status = 0
        driver.transport.status = 1
        #expect(driver.transport.status == 15 && device.resetCount == 2)
        device.pendingReset?()
        #expect(driver.transport.status == 0)
        device.delaysReset = false
        #expect(driver.start() && driver.queues[0].request([[9]], room: [1])?.bytes == [9])
    }

    @Test(
        "kicks may go another way, and the device is called when somebody says so", arguments: MockDriver.Kind.allCases)
    func kickElsewhere(_ kind: MockDriver.Kind) {
        let driver = MockDriver(device, over: kind)
        driver.start()
        var kicks: [Int] = []
        driver.transport.registers.onKick = {
            kicks.append($0)
            return true
        }
        driver.queues[1].add(readable: [[1]], writable: [1])
        driver.queues[1].kick()
        #expect(kicks == [1] && device.notified.isEmpty && driver.queues[1].take() == nil)
        driver.transport.registers.notify(1)
        #expect(driver.queues[1].take()?.bytes == [1])
        driver.transport.kick(2)
        driver.transport.kick(500)
        #expect(kicks == [1])
    }

    @Test("a driver that adds chains without end does not keep the device's thread")
    func endless() {
        let driver = MockDriver(device)
        driver.start(size: 4)
        let queue = driver.queues[0]
        var kicks = 0
        driver.transport.registers.onKick = { _ in
            kicks += 1
            return true
        }
        // Each chain that is answered makes room for the next one.
        device.afterChain = {
            queue.add(readable: [[1]])
            device.session?.publish(0)
            _ = queue.take()
        }
        queue.add(readable: [[1]])
        driver.transport.registers.notify(0)
        #expect(kicks == 1 && queue.availableIndex == 9)
        driver.transport.registers.notify(0)
        #expect(kicks == 2 && queue.availableIndex == 17)
    }

    @Test(
        "queues that run cannot be set up anew; sizes must be ones the device has", arguments: MockDriver.Kind.allCases)
    func setUp(_ kind: MockDriver.Kind) {
        let driver = MockDriver(device, over: kind)
        driver.start()
        driver.transport.setUp(queue: 0, size: 2, descriptors: 0, available: 0, used: 0)
        #expect(driver.queues[0].request([[1]], room: [1])?.bytes == [1])
        #expect(driver.transport.maximumSize(queue: 2) == 0)
    }

    @Test("MMIO: identity, queues that are taken back before they run, and numbers that are no queue's")
    func mmio() {
        let guest = MockGuest()
        defer { withExtendedLifetime(guest) {} }
        let mock = MockMMIO(device, memory: guest.memory)
        #expect(mock.read(0) == 0x7472_6976 && mock.read(4) == 2 && mock.read(8) == UInt32(device.kind.rawValue))
        // No shared memory: its length is all ones.
        mock.write(0xac, 0)
        #expect(mock.read(0xb0) == .max && mock.read(0xb4) == .max)
        mock.status = 3
        mock.takeFeatures(1 << 32)
        mock.status = 11
        mock.setUp(queue: 1, size: 8, descriptors: 0x1000, available: 0x2000, used: 0x3000)
        #expect(mock.read(0x44) == 1)
        mock.write(0x44, 0)
        #expect(mock.read(0x44) == 0)
        mock.setUp(queue: 1, size: 16, descriptors: 0x1000, available: 0x2000, used: 0x3000)
        mock.status = 15
        mock.write(0x44, 0)
        #expect(mock.read(0x44) == 1)
        for value: UInt32 in [0x1_0001, 0, 2, .max, 1] { mock.write(VirtioMMIO.notifyOffset, value) }
        #expect(device.notified == [1])
    }

    @Test("PCI: identity, a vector for each queue, and none where the driver asks for what is not there")
    func pci() {
        let guest = MockGuest()
        let mock = MockPCI(device, memory: guest.memory)
        let function = mock.device.function
        #expect(function.readConfiguration(0, size: 4) == 0x1044_1af4)
        #expect(function.readConfiguration(8, size: 1) == 1)
        #expect(mock.common(0x12, size: 2) == 2)
        mock.setCommon(0x16, size: 2, 1)
        mock.setCommon(0x1a, size: 2, 2)
        #expect(mock.common(0x1a, size: 2) == 2)
        mock.setCommon(0x1a, size: 2, 3)
        #expect(mock.common(0x1a, size: 2) == 0xffff)
        mock.setCommon(0x16, size: 2, 2)
        #expect(mock.common(0x18, size: 2) == 0 && mock.common(0x1a, size: 2) == 0xffff)
        // A field in pieces, and a 64-bit one whole.
        mock.setCommon(0x16, size: 2, 1)
        mock.setCommon(0x20, size: 8, 0x1_2345_6780)
        #expect(mock.common(0x20, size: 8) == 0x1_2345_6780 && mock.common(0x24, size: 4) == 1)
        #expect(mock.common(0x21, size: 1) == 0x67)
    }

    @Test("PCI: who watches messages and the notification address hears of them")
    func watching() {
        let guest = MockGuest()
        let driver = MockDriver(device, guest: guest)
        let mock = driver.transport as! MockPCI
        var events: [String] = []
        mock.device.onNotifyAddressChange = { events.append($0.map { String($0, radix: 16) } ?? "gone") }
        mock.device.onQueueMessageChange = { events.append("\($0):\($1.map { String($0.data) } ?? "-")") }
        driver.start()
        #expect(events == ["0:1", "1:2"])
        events = []
        mock.enableMessages(false)
        mock.enableMessages()
        #expect(events == ["0:-", "1:-", "0:1", "1:2"])
        events = []
        mock.device.function.writeConfiguration(4, size: 2, value: 0)
        mock.device.function.writeConfiguration(4, size: 2, value: 6)
        #expect(events == ["gone", "1000003000"])
    }

    @Test("PCI: the window in the configuration space reaches every register")
    func window() {
        let mock = MockPCI(device, memory: MockGuest().memory)
        let function = mock.device.function
        func choose(_ offset: UInt32, _ size: UInt32, base: UInt32 = 4) {
            function.writeConfiguration(mock.window + 4, size: 1, value: base)
            function.writeConfiguration(mock.window + 8, size: 4, value: offset)
            function.writeConfiguration(mock.window + 12, size: 4, value: size)
        }
        choose(0x14, 1)
        function.writeConfiguration(mock.window + 16, size: 1, value: 3)
        #expect(mock.status == 3 && function.readConfiguration(mock.window + 16, size: 1) == 3)
        choose(0x2004, 4)
        #expect(function.readConfiguration(mock.window + 16, size: 4) == 0x0807_0605)
        for (offset, size, base) in [(0x4000, 4, 4), (0x3ffe, 4, 4), (.max, 1, 4), (0, 3, 4), (0, 8, 4), (0, 4, 1)]
            as [(UInt32, UInt32, UInt32)]
        {
            choose(offset, size, base: base)
            _ = function.readConfiguration(mock.window + 16, size: 4)
            function.writeConfiguration(mock.window + 16, size: 4, value: .max)
        }
        #expect(mock.status == 3)
    }

    @Test("the pin falls when the status is read, and a bus reset ends the session")
    func pin() {
        let driver = MockDriver(device, over: .pin)
        let mock = driver.transport as! MockPCI
        driver.start()
        _ = driver.queues[0].request([[1]])
        #expect(mock.isLineRaised)
        #expect(mock.space.read(mock.structures[3]!, size: 1) == 1)
        #expect(!mock.isLineRaised)
        _ = driver.queues[0].request([[1]])
        mock.bus.reset()
        #expect(!mock.isLineRaised && device.session == nil && mock.space.entries.isEmpty)
    }
}
