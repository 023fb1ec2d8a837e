import Glibc
import Linux
import Ports
import Switch
import Synchronization
import Testbed
import Testing
import Virtio

@Suite("vhost-user: guests' rings on the poller")
struct VhostUserTests {
    private final class Faults: Sendable {
        private let texts = Mutex([String]())
        var count: Int { texts.withLock { $0.count } }
        func note(_ text: String) { texts.withLock { $0.append(text) } }
    }

    /// Two guests' doors on one bridge.
    private final class Pair {
        let directory = TemporaryDirectory()
        let poller: Poller
        var doors: [VhostUserDoor] = []
        let faults = Faults()

        init(_ mechanism: PollerMechanism) throws {
            poller = try Poller(datapath: Datapath(seed: 1, now: MonotonicClock.now()), mechanism: mechanism)
            poller.start()
            var devices: [Int32] = []
            for name in ["vm1", "vm2"] {
                let device = RingDevice(ringCount: 2)
                devices.append(poller.addRingDevice(name: name, device))
                doors.append(
                    try VhostUserDoor(path: directory.path + "/" + name, poller: poller, device: device) {
                        [faults] fault in faults.note(fault)
                    })
            }
            let numbers = devices
            poller.run { datapath, now in
                let bridge = datapath.addBridge(name: "s1", address: 0x0200_0000_ff00)
                for (index, device) in numbers.enumerated() {
                    let port = datapath.addPort(bridge: bridge, number: UInt32(index + 1), name: "p\(index + 1)")
                    _ = datapath.addLink(.device(device), .port(port), forward: LinkProfile(), now: now)
                }
            }
        }

        deinit {
            for door in doors { door.close() }
            poller.stop()
        }
    }

    private func frame(_ fill: UInt8, count: Int = 60) -> [UInt8] {
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5] + [UInt8](repeating: fill, count: count - 14)
    }

    @Test("frames go from guest to guest, more than the rings hold", arguments: PollerMechanism.allCases)
    func frames(mechanism: PollerMechanism) throws {
        let pair = try Pair(mechanism)
        let sender = try RingGuest(door: pair.doors[0].path)
        let receiver = try RingGuest(door: pair.doors[1].path)
        receiver.offerBuffers(8)
        for round in 0..<50 {
            sender.transmit(frame(UInt8(round), count: 60 + round * 20))
            #expect(receiver.receive() == frame(UInt8(round), count: 60 + round * 20))
            receiver.offerBuffers(1)
        }
        #expect(sender.waitForTransmitted())
    }

    @Test("a frame larger than a buffer takes several; without room it is dropped and the buffers stay")
    func mergedBuffers() throws {
        let pair = try Pair(.ioUring)
        let sender = try RingGuest(door: pair.doors[0].path)
        let receiver = try RingGuest(door: pair.doors[1].path)
        receiver.offerBuffers(1, byteCount: 1024)
        sender.transmit(frame(7, count: 2000))
        #expect(sender.waitForTransmitted())
        receiver.offerBuffers(1, byteCount: 1024)
        sender.transmit(frame(8, count: 2000))
        #expect(receiver.receive() == frame(8, count: 2000))
        let dropped = pair.poller.run { [device = pair.doors[1].device] _, _ in device.dropped }
        #expect(dropped == 1)
    }

    @Test("a ring that breaks the rules is lost, and the other guest's goes on; a new connection starts anew")
    func hostile() throws {
        let pair = try Pair(.ioUring)
        let receiver = try RingGuest(door: pair.doors[1].path)
        receiver.offerBuffers(4)
        do {
            let sender = try RingGuest(door: pair.doors[0].path)
            sender.transmitFromNowhere()
            sender.transmit(frame(1))
            #expect(try sender.stop(ring: 0) == 0)
        }
        let sender = try RingGuest(door: pair.doors[0].path)
        sender.transmit(frame(2))
        #expect(receiver.receive() == frame(2))
        let fault = pair.poller.run { [device = pair.doors[0].device] _, _ in device.fault }
        #expect(fault?.contains("not RAM") == true)
    }

    @Test("a stopped ring says where it stood, and goes on from there")
    func base() throws {
        let pair = try Pair(.ioUring)
        let sender = try RingGuest(door: pair.doors[0].path)
        for fill in 1...3 { sender.transmit(frame(UInt8(fill))) }
        #expect(sender.waitForTransmitted())
        #expect(try sender.stop(ring: 1) == 3)
    }

    @Test(
        "messages that are none end the connection with a word about it",
        arguments: [
            [UInt8](repeating: 0xff, count: 12), VhostUserMessage(.setMemoryTable, payload: [9, 0, 0, 0]).bytes,
            VhostUserMessage(.setRingSize, payload: [7, 0, 0, 0, 1, 0, 0, 0]).bytes, VhostUserMessage(99).bytes,
        ])
    func badMessages(bytes: [UInt8]) throws {
        let pair = try Pair(.ioUring)
        let connection = try UnixSocket.connect(pair.doors[0].path)
        try UnixSocket.send(bytes, on: connection)
        var buffer = [UInt8](repeating: 0, count: 64)
        let end = try buffer.withUnsafeMutableBytes { try UnixSocket.receive(into: $0, on: connection) }
        #expect(end?.byteCount == 0)
        #expect(pair.faults.count == 1)
        let sender = try RingGuest(door: pair.doors[0].path)
        sender.transmit(frame(2))
        #expect(sender.waitForTransmitted())
    }
}
