import Board
import Testing
import Virtio
import VirtioMock

@Suite("Virtqueue")
struct VirtqueueTests {
    let device = EchoDevice()
    let driver: MockDriver
    var queue: MockQueue { driver.queues[0] }

    init() {
        driver = MockDriver(device)
        driver.start()
    }

    @Test("a chain comes back with what was written, however it is cut", arguments: [false, true])
    func chains(isIndirect: Bool) throws {
        let answer = try #require(queue.request([[1, 2], [3], [4, 5, 6]], room: [1, 4, 9], isIndirect: isIndirect))
        #expect(answer.written == 6)
        #expect(answer.room == [6, 5, 4, 3, 2, 1] + [UInt8](repeating: 0xa5, count: 8))
        let short = try #require(queue.request([[1, 2, 3, 4]], room: [2], isIndirect: isIndirect))
        #expect(short.bytes == [4, 3])
        #expect(try #require(queue.request([[1]], isIndirect: isIndirect)).written == 0)
        #expect(try #require(queue.request([], room: [1], isIndirect: isIndirect)).written == 0)
    }

    @Test("indices wrap around: more chains than 16 bits count")
    func wrapAround() throws {
        let driver = MockDriver(EchoDevice())
        driver.start(size: 8)
        let queue = driver.queues[0]
        for round in 0..<8200 {
            // 8 chains of one descriptor fill the queue.
            for index in 0..<8 { queue.add(readable: [[UInt8(truncatingIfNeeded: round &+ index)]]) }
            queue.kick()
            for _ in 0..<8 { _ = try #require(queue.take()) }
            #expect(queue.take() == nil)
        }
        #expect(queue.usedIndex == UInt16(truncatingIfNeeded: 65600))
        #expect(!driver.needsReset)
    }

    @Test("with an event index, interrupts come when the driver's index is passed, and not before")
    func eventIndex() {
        for _ in 0..<3 { queue.add(readable: [[1]]) }
        queue.setUsedEvent(2)
        device.isBusy = true
        queue.kick()
        device.isBusy = false
        device.work(0)
        #expect(driver.transport.takeInterrupts().queues == [0])
        queue.setUsedEvent(10)
        for _ in 0..<5 { queue.add(readable: [[1]]) }
        queue.kick()
        #expect(driver.transport.takeInterrupts().queues == [])
        // The device wants to hear of the next chain.
        #expect(queue.availableEvent == queue.availableIndex)
    }

    @Test("without an event index, the driver's flag keeps interrupts away, and the device's flag kicks")
    func flags() throws {
        driver.start(features: ~Virtio.Feature.eventIndex)
        try driver.guest.memory.store(UInt16(1), at: queue.available)
        _ = queue.request([[1]])
        #expect(driver.transport.takeInterrupts().queues == [])
        try driver.guest.memory.store(UInt16(0), at: queue.available)
        _ = queue.request([[1]])
        #expect(driver.transport.takeInterrupts().queues == [0])
        #expect(try driver.guest.memory.load(UInt16.self, at: queue.used) == 0)
    }

    @Test("some descriptors and then a table of more are one chain")
    func directThenIndirect() throws {
        let memory = driver.guest.memory
        let (first, second, room) = (queue.buffer(4), queue.buffer(4), queue.buffer(8))
        try memory.write([1, 2, 3, 4], at: first)
        try memory.write([5, 6, 7, 8], at: second)
        // A table that is not aligned: nothing forbids it.
        let table = queue.buffer(64) + 3
        queue.setDescriptor(0, address: second, byteCount: 4, flags: 1, next: 1, table: table)
        queue.setDescriptor(1, address: room, byteCount: 8, flags: 2, table: table)
        queue.setDescriptor(9, address: first, byteCount: 4, flags: 1, next: 3)
        queue.setDescriptor(3, address: table, byteCount: 32, flags: 4)
        queue.makeAvailable(9)
        queue.kick()
        #expect(try memory.bytes(at: room, count: 8) == [8, 7, 6, 5, 4, 3, 2, 1])
        #expect(try memory.load(UInt32.self, at: queue.used + 4) == 9)
        #expect(try memory.load(UInt32.self, at: queue.used + 8) == 8)
    }

    enum Break: String, CaseIterable {
        case headOutOfTable, nextOutOfTable, loop, loopInTable, outsideRAM, acrossRAMEnd, wrapsAround, readableLast
        case tableInTable, tableWithNext, tableOfOddSize, emptyTable, tableOutsideRAM, tooManyAvailable
    }

    @Test("a chain that breaks a rule stops the device until it is reset", arguments: Break.allCases)
    func malformed(_ what: Break) throws {
        let table = queue.buffer(64)
        let buffer = queue.buffer(16)
        queue.setDescriptor(0, address: buffer, byteCount: 16, flags: 2)
        switch what {
        case .headOutOfTable: queue.makeAvailable(64)
        case .nextOutOfTable: queue.setDescriptor(0, address: buffer, byteCount: 16, flags: 1, next: 64)
        case .loop: queue.setDescriptor(0, address: buffer, byteCount: 16, flags: 1, next: 0)
        case .loopInTable:
            queue.setDescriptor(0, address: buffer, byteCount: 0, flags: 1, next: 0, table: table)
            queue.setDescriptor(0, address: table, byteCount: 16, flags: 4)
        case .outsideRAM: queue.setDescriptor(0, address: 0x8000_0000, byteCount: 1, flags: 2)
        case .acrossRAMEnd: queue.setDescriptor(0, address: MockGuest.highAddress + 0xffff, byteCount: 2, flags: 2)
        case .wrapsAround: queue.setDescriptor(0, address: .max - 1, byteCount: 16, flags: 2)
        case .readableLast:
            queue.setDescriptor(0, address: buffer, byteCount: 8, flags: 3, next: 1)
            queue.setDescriptor(1, address: buffer, byteCount: 8, flags: 0)
        case .tableInTable:
            queue.setDescriptor(0, address: table, byteCount: 16, flags: 4, table: table)
            queue.setDescriptor(0, address: table, byteCount: 16, flags: 4)
        case .tableWithNext:
            queue.setDescriptor(0, address: buffer, byteCount: 16, flags: 2, table: table)
            queue.setDescriptor(0, address: table, byteCount: 16, flags: 5, next: 1)
        case .tableOfOddSize:
            queue.setDescriptor(0, address: table, byteCount: 17, flags: 4)
        case .emptyTable: queue.setDescriptor(0, address: table, byteCount: 0, flags: 4)
        case .tableOutsideRAM: queue.setDescriptor(0, address: 0xffff_f000, byteCount: 0x2000, flags: 4)
        case .tooManyAvailable: queue.setAvailableIndex(65)
        }
        if what != .headOutOfTable && what != .tooManyAvailable { queue.makeAvailable(0) }
        var log = ""
        driver.transport.registers.onFailure = { log = $0 }
        queue.kick()
        #expect(driver.needsReset)
        #expect(log.hasPrefix("echo: "))
        #expect(driver.transport.takeInterrupts().configuration)
        // Deaf until the reset, and well after it.
        let count = device.notified.count
        queue.kick()
        #expect(device.notified.count == count)
        driver.start()
        #expect(!driver.needsReset)
        #expect(driver.queues[0].request([[7]], room: [1])?.bytes == [7])
    }

    @Test("a table is refused when the driver did not take the feature")
    func tableWithoutFeature() {
        driver.start(features: ~Virtio.Feature.indirectDescriptors)
        queue.add(readable: [[1]], isIndirect: true)
        queue.kick()
        #expect(driver.needsReset)
    }

    @Test("queues that are not all in RAM, or not aligned, are refused at DRIVER_OK", arguments: 0..<6)
    func misplaced(_ which: Int) {
        let transport = driver.transport
        transport.status = 0
        transport.status = 3
        transport.takeFeatures(Virtio.Feature.version1)
        transport.status = 11
        let good: UInt64 = 0x1000
        let parts: [(UInt64, UInt64, UInt64)] = [
            (0x8000_0000, good, good), (good, 0x8000_0000, good), (good, good, 0x8000_0000),
            (good + 8, good, good), (good, good + 1, good), (MockGuest.highAddress + 0xfff0, good, good),
        ]
        let (descriptors, available, used) = parts[which]
        transport.setUp(queue: 0, size: 64, descriptors: descriptors, available: available, used: used)
        transport.status = 15
        #expect(driver.needsReset)
        transport.kick(0)
        #expect(device.notified.isEmpty)
    }

    @Test("a queue goes on where another device left off")
    func start() throws {
        let memory = driver.guest.memory
        let base = driver.guest.allocate(4096)
        let engine = try Virtqueue(
            memory: memory, size: 4, descriptorTable: base, availableRing: base + 64, usedRing: base + 128,
            features: 0, start: 0xffff)
        try memory.store(UInt16(0xffff), at: base + 66)
        #expect(try engine.next() == nil)
        try memory.store(UInt16(1), at: base + 66)
        try memory.store(base + 512, at: base)
        try memory.store(UInt32(4), at: base + 8)
        for _ in 0..<2 {
            let chain = try #require(try engine.next())
            #expect(chain.readableByteCount == 4)
            engine.giveBack(chain.head, written: 0)
        }
        #expect(engine.publish())
        #expect(try memory.load(UInt16.self, at: base + 130) == 1)
        #expect(throws: VirtqueueError.badSize(3)) {
            try Virtqueue(
                memory: memory, size: 3, descriptorTable: base, availableRing: base, usedRing: base, features: 0)
        }
    }
}
