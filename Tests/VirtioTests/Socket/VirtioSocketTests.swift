import Testing
import Virtio
import VirtioMock

@Suite("virtio-vsock")
struct VirtioSocketTests {
    typealias Operation = SocketPacket.Operation
    let device = VirtioSocket(guestCID: SocketGuest.cid)
    let stream = RecordingStream()

    @Test("headers are as the specification lays them out")
    func layout() {
        var packet = SocketGuest.packet(5, from: 0x0102_0304, to: 0x0506_0708, flags: 3, buffer: 0xaabb, forwarded: 7)
        packet.dataByteCount = 9
        let bytes = packet.bytes
        #expect(Array(bytes[0..<16]) == [3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[16..<32]) == [4, 3, 2, 1, 8, 7, 6, 5, 9, 0, 0, 0, 1, 0, 5, 0])
        #expect(Array(bytes[32...]) == [3, 0, 0, 0, 0xbb, 0xaa, 0, 0, 7, 0, 0, 0])
        #expect(SocketPacket(bytes) == packet)
    }

    @Test("the guest connects, bytes go both ways, both ends close")
    func guestConnects() throws {
        device.host.onConnect = { $0 == 80 ? stream : nil }
        let guest = SocketGuest(device)
        #expect(guest.driver.configuration(0, count: 8) == [3, 0, 0, 0, 0, 0, 0, 0])
        guest.send(SocketGuest.packet(Operation.request))
        let answer = try #require(guest.take())
        #expect(answer.packet.operation == Operation.response && answer.packet.sourcePort == 80)
        #expect(answer.packet.destinationPort == 1000 && answer.packet.bufferByteCount == 256 << 10)
        guest.send(SocketGuest.packet(Operation.data), Array("GET /".utf8))
        #expect(stream.received == Array("GET /".utf8))
        stream.send(Array("200".utf8))
        let data = try #require(guest.take())
        #expect(data.packet.operation == Operation.data && data.data == Array("200".utf8))
        #expect(data.packet.forwardedCount == 5)
        stream.ends = true
        stream.connection?.readable()
        let end = try #require(guest.take())
        #expect(end.packet.operation == Operation.shutdown && end.packet.flags == 2)
        // Half closed: the guest may still send.
        guest.send(SocketGuest.packet(Operation.data), [33])
        #expect(stream.received.last == 33)
        guest.send(SocketGuest.packet(Operation.shutdown, flags: 3))
        #expect(guest.operations() == [Operation.reset])
        #expect(stream.events == ["established", "ended", "closed"] && device.host.connectionCount == 0)
    }

    @Test("the host connects; the guest accepts or refuses")
    func hostConnects() throws {
        #expect(device.host.connect(to: 22, stream) == nil)
        let guest = SocketGuest(device)
        let connection = try #require(device.host.connect(to: 22, stream))
        let request = try #require(guest.take()).packet
        #expect(request.operation == Operation.request && request.destinationPort == 22)
        #expect(request.sourcePort == 1 << 30 && request.destinationCID == 3)
        #expect(stream.events == [])
        guest.send(SocketGuest.packet(Operation.response, from: 22, to: 1 << 30))
        #expect(stream.events == ["established"] && connection.guestPort == 22)
        let second = RecordingStream()
        device.host.connect(to: 23, second)
        guest.send(SocketGuest.packet(Operation.reset, from: 23, to: 1 << 30 + 1))
        #expect(second.events == ["closed"] && device.host.connectionCount == 1)
        connection.close()
        #expect(guest.operations() == [Operation.request, Operation.reset] && device.host.connectionCount == 0)
    }

    @Test("what belongs to no connection is answered by a reset; resets, and foreign senders, by nothing")
    func refusals() {
        let guest = SocketGuest(device)
        for operation in [Operation.request, Operation.data, Operation.shutdown, Operation.creditUpdate, 99] {
            guest.send(SocketGuest.packet(operation))
        }
        guest.send(SocketGuest.packet(Operation.reset))
        var foreign = SocketGuest.packet(Operation.request)
        foreign.sourceCID = 4
        guest.send(foreign)
        var elsewhere = SocketGuest.packet(Operation.request)
        elsewhere.destinationCID = 1
        guest.send(elsewhere)
        var datagram = SocketGuest.packet(Operation.request)
        datagram.type = 3
        guest.send(datagram)
        #expect(guest.operations() == [UInt16](repeating: Operation.reset, count: 7))
        #expect(!guest.driver.needsReset)
    }

    @Test("the host sends no more than the guest has room for, and goes on when it has more")
    func hostCredit() throws {
        device.host.onConnect = { _ in stream }
        let guest = SocketGuest(device)
        guest.send(SocketGuest.packet(Operation.request, buffer: 10))
        _ = guest.take()
        stream.send(Array(0..<25))
        #expect(try #require(guest.take()).data == Array(0..<10))
        #expect(guest.operations() == [Operation.creditRequest])
        guest.send(SocketGuest.packet(Operation.creditUpdate, buffer: 10, forwarded: 4))
        #expect(try #require(guest.take()).data == [10, 11, 12, 13])
        _ = guest.operations()
        guest.send(SocketGuest.packet(Operation.creditUpdate, buffer: 100, forwarded: 14))
        #expect(try #require(guest.take()).data == Array(14..<25))
        // A guest that claims nonsense gets nothing, and breaks nothing.
        guest.send(SocketGuest.packet(Operation.creditUpdate, buffer: 5, forwarded: 4_000_000_000))
        stream.send([1])
        #expect(guest.operations() == [Operation.creditRequest])
    }

    @Test("what the host does not take is kept, told as credit, and refused when it is more than there was credit for")
    func guestCredit() throws {
        device.host.onConnect = { _ in stream }
        let guest = SocketGuest(device)
        guest.send(SocketGuest.packet(Operation.request))
        _ = guest.take()
        stream.room = 100
        let block = [UInt8](repeating: 7, count: 64 << 10)
        for _ in 0..<4 { guest.send(SocketGuest.packet(Operation.data), block) }
        #expect(stream.received.count == 100 && guest.operations() == [])
        guest.send(SocketGuest.packet(Operation.creditRequest))
        #expect(try #require(guest.take()).packet.forwardedCount == 100)
        stream.room = .max
        stream.connection?.writable()
        let update = try #require(guest.take()).packet
        #expect(update.operation == Operation.creditUpdate && update.forwardedCount == 256 << 10)
        #expect(stream.received.count == 256 << 10 && stream.received.allSatisfy { $0 == 7 })
        stream.room = 0
        for _ in 0..<5 { guest.send(SocketGuest.packet(Operation.data), block) }
        #expect(guest.operations() == [Operation.reset] && stream.events.last == "closed")
    }

    @Test("the guest's end comes after all its bytes")
    func endAfterBytes() {
        device.host.onConnect = { _ in stream }
        let guest = SocketGuest(device)
        guest.send(SocketGuest.packet(Operation.request))
        stream.room = 1
        guest.send(SocketGuest.packet(Operation.data), [1, 2, 3])
        guest.send(SocketGuest.packet(Operation.shutdown, flags: 3))
        #expect(stream.events == ["established"])
        stream.room = 9
        stream.connection?.writable()
        #expect(stream.received == [1, 2, 3] && stream.events == ["established", "ended", "closed"])
    }

    @Test("without buffers answers wait, are bounded, and the guest's packets wait behind them")
    func boundedReplies() {
        let guest = SocketGuest(device, buffers: 0)
        let queue = guest.driver.queues[1]
        for round in 0..<10 {
            for _ in 0..<30 { queue.add(readable: [SocketGuest.packet(Operation.request).bytes]) }
            queue.kick()
            while queue.take() != nil {}
            if round == 8 { break }
        }
        let inFlight = Int(queue.availableIndex &- queue.usedIndex)
        #expect(queue.usedIndex == 256 && inFlight == 14)
        var answers = 0
        for _ in 0..<10 {
            guest.offer(30)
            answers += guest.operations().count
        }
        #expect(answers == 270)
        while queue.take() != nil {}
        #expect(queue.usedIndex == queue.availableIndex)
    }

    @Test("a reset ends every connection")
    func reset() {
        device.host.onConnect = { _ in stream }
        var ready: [Bool] = []
        device.host.onReadyChange = { ready.append($0) }
        let guest = SocketGuest(device)
        guest.send(SocketGuest.packet(Operation.request))
        guest.driver.transport.status = 0
        #expect(stream.events == ["established", "closed"] && device.host.connectionCount == 0)
        #expect(ready == [true, false])
        stream.connection?.readable()
        stream.connection?.close()
    }

    @Test("after a restore the guest is told that its connections are gone")
    func transportReset() {
        let guest = SocketGuest(device)
        guest.driver.queues[2].add(writable: [4])
        device.transportReset()
        #expect(guest.driver.queues[2].take()?.bytes == [0, 0, 0, 0])
    }

    @Test("packets that are cut off, or too long, stop the device", arguments: 0..<4)
    func malformed(_ which: Int) {
        let guest = SocketGuest(device, buffers: 0)
        var packet = SocketGuest.packet(Operation.data)
        switch which {
        case 0: guest.driver.queues[1].add(readable: [Array(packet.bytes.prefix(43))])
        case 1:
            packet.dataByteCount = 10
            guest.driver.queues[1].add(readable: [packet.bytes, [1, 2, 3]])
        case 2:
            packet.dataByteCount = 1 << 20
            guest.driver.queues[1].add(readable: [packet.bytes])
        default:
            guest.send(SocketGuest.packet(Operation.request))
            guest.driver.queues[0].add(writable: [43])
            guest.driver.queues[0].kick()
        }
        guest.driver.queues[1].kick()
        #expect(guest.driver.needsReset)
    }
}
