import Board
import Testing
import Virtio
import VirtioMock

@Suite("virtio-blk")
struct VirtioBlockTests {
    let storage = MemoryStorage()
    let executor = SteppedExecutor()
    let driver: MockDriver

    init() {
        driver = MockDriver(
            VirtioBlock(storage: storage, executor: executor, identity: "disk-7", queueCount: 2))
        driver.start()
    }

    static func header(_ kind: UInt32, sector: UInt64 = 0) -> [UInt8] {
        octets(kind) + octets(UInt32(0)) + octets(sector)
    }

    static func octets<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: value >> T(8 * $0)) }
    }

    /// A request; its status and its data.
    private func request(
        _ kind: UInt32, sector: UInt64 = 0, data: [UInt8] = [], room: [Int] = [], queue: Int = 0
    ) -> (status: UInt8, data: [UInt8], written: Int)? {
        let readable = [Self.header(kind, sector: sector)] + (data.isEmpty ? [] : [data])
        guard let answer = driver.queues[queue].request(readable, room: room + [1]) else { return nil }
        return (answer.room.last!, Array(answer.room.dropLast()), answer.written)
    }

    @Test("what is written is read again, at its place and nowhere else; both queues work")
    func readWrite() throws {
        let data = (0..<1024).map { UInt8(truncatingIfNeeded: $0 * 7) }
        #expect(try #require(request(1, sector: 5, data: data)).status == 0)
        let answer = try #require(request(0, sector: 4, room: [512, 1024, 512], queue: 1))
        #expect(answer.status == 0 && answer.written == 2049)
        #expect(answer.data == [UInt8](repeating: 4, count: 512) + data + [UInt8](repeating: 7, count: 512))
        #expect(storage.log == ["write 2560 1024"])
        #expect(driver.transport.takeInterrupts().queues == [0, 1])
    }

    @Test("header, data and status in one descriptor each, or cut anywhere")
    func anyLayout() throws {
        let header = Self.header(1, sector: 1)
        let data = [UInt8](repeating: 9, count: 512)
        let answer = try #require(
            driver.queues[0].request(
                [Array(header[..<3]), Array(header[3...] + data[..<100]), Array(data[100...])], room: [1]))
        #expect(answer.bytes == [0] && storage.bytes[512..<1024].allSatisfy { $0 == 9 })
        let read = try #require(driver.queues[0].request([Self.header(0, sector: 1)], room: [500, 13]))
        #expect(read.written == 513 && read.room == data + [0])
    }

    @Test("the configuration says size, limits and queues")
    func configuration() {
        let bytes = driver.configuration(0, count: 60)
        #expect(Array(bytes[0..<8]) == Self.octets(UInt64(2048)))
        #expect(Array(bytes[20..<24]) == Self.octets(UInt32(512)))
        #expect(Array(bytes[34..<36]) == [2, 0])
        #expect(driver.features & (1 << 9 | 1 << 12 | 1 << 13 | 1 << 14) == 1 << 9 | 1 << 12 | 1 << 13 | 1 << 14)
    }

    @Test("flush, identity, discard and write zeroes")
    func others() throws {
        #expect(try #require(request(4)).status == 0)
        let name = try #require(request(8, room: [20]))
        #expect(name.status == 0 && name.data == Array("disk-7".utf8) + [UInt8](repeating: 0, count: 14))
        let segment = { (sector: UInt64, count: UInt32, flags: UInt32) in
            Self.octets(sector) + Self.octets(count) + Self.octets(flags)
        }
        #expect(try #require(request(11, data: segment(8, 16, 0) + segment(100, 1, 0))).status == 0)
        #expect(try #require(request(13, data: segment(1, 2, 1))).status == 0)
        #expect(storage.log == ["flush", "discard 4096 8192", "discard 51200 512", "zero 512 1024"])
        // Flags and ranges that are not allowed.
        #expect(try #require(request(11, data: segment(8, 16, 1))).status == 2)
        #expect(try #require(request(13, data: segment(8, 16, 2))).status == 2)
        #expect(try #require(request(13, data: segment(2047, 2, 0))).status == 1)
        #expect(try #require(request(13, data: segment(.max, 1, 0))).status == 1)
        #expect(try #require(request(11, data: Array(segment(0, 1, 0).dropLast()))).status == 1)
        #expect(try #require(request(11)).status == 1)
        #expect(try #require(request(99)).status == 2)
        #expect(storage.log.count == 4)
    }

    @Test(
        "requests beyond the disk, or of parts of sectors, are I/O errors",
        arguments: [(2047, 1024), (2048, 512), (UInt64.max, 512), (1 << 55, 512), (0, 100)] as [(UInt64, Int)])
    func outOfRange(sector: UInt64, byteCount: Int) throws {
        #expect(try #require(request(0, sector: sector, room: [byteCount])).status == 1)
        let data = [UInt8](repeating: 1, count: byteCount)
        #expect(try #require(request(1, sector: sector, data: data)).status == 1)
        #expect(storage.log.isEmpty && !driver.needsReset)
    }

    @Test("a storage that fails is an I/O error, and a disk that is read-only says so")
    func failures() throws {
        storage.failure = BlockStorageError(.noSpace, "no space")
        #expect(try #require(request(0, room: [512])).status == 1)
        #expect(try #require(request(1, data: [UInt8](repeating: 0, count: 512))).status == 1)
        #expect(try #require(request(4)).status == 1)
        storage.failure = nil
        storage.isReadOnly = true
        driver.start()
        #expect(driver.features & 1 << 5 != 0)
        #expect(try #require(request(1, data: [UInt8](repeating: 0, count: 512))).status == 1)
        #expect(try #require(request(0, room: [512])).status == 0)
    }

    @Test("a driver that cannot flush has its writes safe before they are answered")
    func writeThrough() throws {
        driver.start(features: ~(1 << 9))
        #expect(try #require(request(1, data: [UInt8](repeating: 0, count: 512))).status == 0)
        #expect(storage.log == ["write 0 512", "flush"])
    }

    @Test("a reset waits for requests under way, and they are answered to nobody")
    func resetInTheMiddle() {
        executor.isHeld = true
        driver.queues[0].add(readable: [Self.header(0)], writable: [512, 1])
        driver.queues[0].kick()
        let old = driver.queues[0]
        driver.transport.status = 0
        #expect(driver.transport.status != 0)
        executor.run()
        #expect(driver.transport.status == 0 && old.take() == nil)
        executor.isHeld = false
        driver.start()
        #expect(request(0, sector: 3, room: [512])?.data.first == 3)
    }

    @Test("requests without header or status stop the device", arguments: [0, 1, 2])
    func malformed(_ which: Int) {
        let queue = driver.queues[0]
        switch which {
        case 0: queue.add(readable: [[0, 0, 0]], writable: [1])
        case 1: queue.add(readable: [Self.header(0)])
        default: queue.add(writable: [17])
        }
        queue.kick()
        #expect(driver.needsReset && queue.take() == nil)
    }

    @Test("guest pages that were read into are marked")
    func dirty() throws {
        let memory = driver.guest.memory
        for page in 0..<memory.pageCount { memory.setFlags(PageFlags.isLogged, page: page) }
        executor.isHeld = true
        let place = driver.queues[0].buffer(0)
        driver.queues[0].add(readable: [Self.header(0)], writable: [8192, 1])
        driver.queues[0].kick()
        for page in 0..<memory.pageCount { memory.clearFlags(PageFlags.dirty, page: page) }
        executor.run()
        let first = Int(place / 4096) + 1
        #expect(memory.pageFlags[first] & PageFlags.dirty != 0)
    }
}
