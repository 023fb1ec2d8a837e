import Board
import Testing
import Virtio
import VirtioMock

@Suite("virtio-balloon")
final class VirtioBalloonTests {
    private var discarded: [String] = []
    private lazy var device = VirtioBalloon { [unowned self] address, byteCount in
        discarded.append("\(address / 4096)+\(byteCount / 4096)")
    }
    private lazy var driver = MockDriver(device)

    private func octets<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: value >> T(8 * $0)) }
    }

    @Test("pages in the balloon are given back, neighbours together, and only those that are RAM")
    func inflate() {
        driver.start()
        device.setTarget(byteCount: 5 << 20)
        #expect(driver.transport.takeInterrupts().configuration)
        #expect(driver.configuration(0, count: 8) == octets(UInt32(1280)) + [0, 0, 0, 0])
        let numbers: [UInt32] = [7, 8, 9, 20, 19, 18, 5, 1023, 1024, 0x10_0000, 0x10_000f, 0x10_0010, .max]
        _ = driver.queues[0].request([numbers.flatMap { octets($0) } + [1]])
        #expect(discarded == ["7+3", "18+3", "5+1", "1023+1", "1048576+1", "1048591+1"])
        #expect(device.discardedByteCount == 10 * 4096)
        driver.transport.writeConfiguration(4, size: 4, value: 10)
        #expect(device.actualPageCount == 10)
        #expect(driver.queues[1].request([octets(UInt32(7))])?.written == 0)
        #expect(discarded.count == 6)
    }

    @Test("free pages that the guest reports are given back, whole pages only, and decoded code of them is dropped")
    func reporting() throws {
        driver.start()
        let memory = driver.guest.memory
        let queue = driver.queues[3]
        queue.setDescriptor(0, address: 0x20_0000, byteCount: 0x8000, flags: 3, next: 1)
        queue.setDescriptor(1, address: 0x30_0010, byteCount: 0x2000, flags: 3, next: 2)
        queue.setDescriptor(2, address: 0x30_4010, byteCount: 0x100, flags: 2)
        memory.setFlags(PageFlags.isLogged, page: 0x201)
        queue.makeAvailable(0)
        queue.kick()
        #expect(discarded == ["512+8", "769+1"])
        #expect(memory.pageFlags[0x201] & PageFlags.dirty != 0)
        #expect(try memory.load(UInt16.self, at: queue.used + 2) == 1)
    }

    @Test("statistics come when they are asked for")
    func statistics() {
        driver.start()
        var heard: [UInt64?] = []
        device.onStatistics = { heard.append($0.freeByteCount) }
        let report = { [unowned self] (free: UInt64) in
            octets(UInt16(4)) + octets(free) + octets(UInt16(5)) + octets(UInt64(1 << 30)) + [1, 2]
        }
        let queue = driver.queues[2]
        queue.add(readable: [report(100)])
        queue.kick()
        #expect(heard == [100] && queue.take() == nil && device.statistics.totalByteCount == 1 << 30)
        device.requestStatistics()
        #expect(queue.take() != nil)
        queue.add(readable: [report(50)])
        queue.kick()
        #expect(heard == [100, 50] && queue.take() == nil && device.statistics.majorFaults == nil)
        // A driver that sends twice has the first one back.
        queue.add(readable: [report(40)])
        queue.kick()
        #expect(heard == [100, 50, 40] && queue.take() != nil && queue.take() == nil)
        driver.transport.status = 0
        device.requestStatistics()
    }
}
