import Testing
import Virtio
import VirtioMock

@Suite("virtio-rng")
struct VirtioEntropyTests {
    @Test("what is asked for comes, up to a limit")
    func answers() {
        var next: UInt8 = 0
        let device = VirtioEntropy { buffer in
            for index in buffer.indices {
                buffer[index] = next
                next &+= 1
            }
        }
        let driver = MockDriver(device)
        driver.start()
        #expect(driver.queues[0].request([], room: [3, 5])?.bytes == [0, 1, 2, 3, 4, 5, 6, 7])
        #expect(driver.queues[0].request([], room: [8192])?.written == 4096)
        #expect(driver.queues[0].request([[1]])?.written == 0)
    }

    @Test("the system's bytes differ")
    func system() {
        let driver = MockDriver(VirtioEntropy())
        driver.start()
        let answers = (0..<20).map { _ in driver.queues[0].request([], room: [13])!.bytes }
        #expect(Set(answers).count == 20 && answers.allSatisfy { $0.count == 13 })
    }
}
