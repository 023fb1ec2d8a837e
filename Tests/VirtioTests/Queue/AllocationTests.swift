import AllocationCount
import Board
import Testing
import Virtio
import VirtioMock

@Suite("Allocations of rings")
struct RingAllocationTests {
    @Test("chains are taken, filled and given back without one call of malloc")
    func none() throws {
        try #require(allocation_count_works() != 0)
        let guest = MockGuest()
        let memory = guest.memory
        let place = guest.allocate(0x4000, alignment: 4096)
        let features = Virtio.Feature.ofQueues
        let queue = try Virtqueue(
            memory: memory, size: 64, descriptorTable: place, availableRing: place + 0x1000, usedRing: place + 0x2000,
            features: features)
        for index in 0..<64 as Range<UInt64> {
            try memory.store(MockGuest.highAddress + 512 * index, at: place + 16 * index)
            try memory.store(UInt32(512), at: place + 16 * index + 8)
            try memory.store(UInt16(2), at: place + 16 * index + 12)
            try memory.store(UInt16(index), at: place + 0x1004 + 2 * index)
        }
        let frame = [UInt8](repeating: 7, count: 60)
        var index: UInt16 = 0
        var count = 0
        func round() throws {
            index &+= 32
            try memory.store(index, at: place + 0x1002)
            while let chain = try queue.next() {
                queue.giveBack(chain.head, written: frame.withUnsafeBytes { chain.write($0) })
                count += 1
            }
            _ = queue.publish()
            _ = queue.enableNotifications()
        }
        try round()
        allocation_count_start()
        for _ in 0..<3000 { try round() }
        #expect(allocation_count() == 0 && count == 32 * 3001)
    }
}
