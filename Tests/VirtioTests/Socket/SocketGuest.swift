import Virtio
import VirtioMock

/// The guest's side of a socket device: packets as a kernel sends and receives them.
struct SocketGuest {
    let driver: MockDriver

    init(_ device: VirtioSocket, buffers: Int = 16) {
        driver = MockDriver(device)
        driver.start()
        offer(buffers)
    }

    static let cid: UInt64 = 3

    func offer(_ count: Int, byteCount: Int = 4096) {
        for _ in 0..<count { driver.queues[0].add(writable: [byteCount]) }
        driver.queues[0].kick()
    }

    static func packet(
        _ operation: UInt16, from port: UInt32 = 1000, to hostPort: UInt32 = 80, flags: UInt32 = 0,
        buffer: UInt32 = 1 << 16, forwarded: UInt32 = 0
    ) -> SocketPacket {
        var packet = SocketPacket()
        packet.sourceCID = cid
        packet.destinationCID = 2
        packet.sourcePort = port
        packet.destinationPort = hostPort
        packet.operation = operation
        packet.flags = flags
        packet.bufferByteCount = buffer
        packet.forwardedCount = forwarded
        return packet
    }

    func send(_ packet: SocketPacket, _ data: [UInt8] = []) {
        var packet = packet
        packet.dataByteCount = UInt32(data.count)
        driver.queues[1].add(readable: [packet.bytes] + (data.isEmpty ? [] : [data]))
        driver.queues[1].kick()
        _ = driver.queues[1].take()
    }

    /// The next packet that the device sent.
    func take() -> (packet: SocketPacket, data: [UInt8])? {
        guard let answer = driver.queues[0].take() else { return nil }
        let packet = SocketPacket(Array(answer.bytes.prefix(44)))
        precondition(answer.written == 44 + Int(packet.dataByteCount))
        return (packet, Array(answer.bytes.dropFirst(44)))
    }

    func operations() -> [UInt16] {
        var all: [UInt16] = []
        while let (packet, _) = take() { all.append(packet.operation) }
        return all
    }
}
