import Testing
import Virtio
import VirtioMock

@Suite("virtio-console")
struct VirtioConsoleTests {
    let channel = RecordingChannel()

    @Test("output goes to the channel, input waits for buffers, and a long input takes several")
    func bothWays() {
        let driver = MockDriver(VirtioConsole(channel: channel))
        channel.type("early ")
        driver.start()
        let (input, output) = (driver.queues[0], driver.queues[1])
        #expect(output.request([Array("hello, ".utf8), Array("world\n".utf8)])?.written == 0)
        #expect(channel.output == Array("hello, world\n".utf8))
        input.add(writable: [4])
        input.add(writable: [2, 2])
        input.kick()
        #expect(input.take()?.bytes == Array("earl".utf8))
        #expect(input.take()?.bytes == Array("y ".utf8))
        #expect(input.take() == nil)
        channel.type("late")
        #expect(input.take() == nil)
        input.add(writable: [64])
        input.kick()
        #expect(input.take()?.bytes == Array("late".utf8))
        input.add(writable: [64])
        input.kick()
        #expect(input.take() == nil && driver.transport.takeInterrupts().queues == [0, 1])
        channel.type("!")
        #expect(input.take()?.bytes == [0x21] && driver.transport.takeInterrupts().queues == [0])
    }

    @Test("the size of the terminal is in the configuration, and its change interrupts")
    func size() {
        let console = VirtioConsole(channel: channel, columns: 132, rows: 300)
        let driver = MockDriver(console)
        driver.start()
        #expect(driver.configuration(0, count: 4) == [132, 0, 0x2c, 1])
        console.resize(columns: 80, rows: 24)
        #expect(driver.configuration(0, count: 4) == [80, 0, 24, 0])
        #expect(driver.transport.takeInterrupts().configuration)
        console.resize(columns: 80, rows: 24)
        #expect(!driver.transport.takeInterrupts().configuration)
        driver.transport.writeConfiguration(8, size: 4, value: 0x41)
        #expect(channel.output == [0x41])
    }

    @Test("input that comes between two sessions waits for the second")
    func reset() {
        let driver = MockDriver(VirtioConsole(channel: channel))
        driver.start()
        driver.queues[0].add(writable: [16])
        driver.queues[0].kick()
        driver.transport.status = 0
        channel.type("abc")
        #expect(driver.queues[0].take() == nil)
        driver.start()
        driver.queues[0].add(writable: [16])
        driver.queues[0].kick()
        #expect(driver.queues[0].take()?.bytes == Array("abc".utf8))
    }
}
