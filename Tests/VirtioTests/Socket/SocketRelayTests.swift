import Linux
import Testbed
import Testing
import Virtio
import VirtioMock

@Suite("Relay of Unix sockets to vsock")
struct SocketRelayTests {
    typealias Operation = SocketPacket.Operation
    let device = VirtioSocket(guestCID: SocketGuest.cid)
    let watcher = PollingWatcher()

    @Test("a program connects with a line, hears OK, and talks to the guest")
    func connect() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/vsock"
        let listener = OwnedDescriptor(try UnixSocket.listen(path, nonBlocking: true))
        let relay = SocketRelay(host: device.host, watcher: watcher, listener: listener)
        let guest = SocketGuest(device)
        let program = try UnixSocket.connect(path)
        try program.writeAll("CONN")
        watcher.pump()
        #expect(guest.take() == nil)
        try program.writeAll("ECT 1234\nhello")
        watcher.pump()
        let request = try #require(guest.take()).packet
        #expect(request.operation == Operation.request && request.destinationPort == 1234)
        guest.send(SocketGuest.packet(Operation.response, from: 1234, to: request.sourcePort))
        #expect(try program.read(upTo: 100) == Array("OK \(request.sourcePort)\n".utf8))
        watcher.pump()
        #expect(try #require(guest.take()).data == Array("hello".utf8))
        guest.send(SocketGuest.packet(Operation.data, from: 1234, to: request.sourcePort), Array("answer".utf8))
        #expect(try program.read(upTo: 100) == Array("answer".utf8))
        // The guest ends; the program reads the end.
        guest.send(SocketGuest.packet(Operation.shutdown, from: 1234, to: request.sourcePort, flags: 3))
        #expect(try program.read(upTo: 100).isEmpty)
        #expect(guest.operations() == [Operation.reset] && watcher.count == 1)
        relay.close()
        #expect(watcher.count == 0)
    }

    @Test("the program's end is told to the guest, and what the guest sends after that breaks nothing")
    func programEnds() throws {
        let relay = SocketRelay(host: device.host, watcher: watcher, listener: nil)
        let guest = SocketGuest(device)
        var program: [OwnedDescriptor] = []
        try UnixSocket.pair { (mine, theirs) throws(SystemError) in
            program = [OwnedDescriptor(mine)]
            #expect(relay.connect(OwnedDescriptor(theirs), to: 7))
        }
        let port = try #require(guest.take()).packet.sourcePort
        guest.send(SocketGuest.packet(Operation.response, from: 7, to: port))
        program.removeAll()
        watcher.pump()
        let end = try #require(guest.take()).packet
        #expect(end.operation == Operation.shutdown && end.flags == 2)
        guest.send(SocketGuest.packet(Operation.data, from: 7, to: port), [1])
        #expect(guest.operations() == [Operation.reset] && device.host.connectionCount == 0 && watcher.count == 0)
    }

    @Test("refused by the guest, the connection closes; nonsense is not answered")
    func refused() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/vsock"
        let listener = OwnedDescriptor(try UnixSocket.listen(path, nonBlocking: true))
        let relay = SocketRelay(host: device.host, watcher: watcher, listener: listener)
        let early = try UnixSocket.connect(path)
        try early.writeAll("CONNECT 5\n")
        watcher.pump()
        #expect(try early.read(upTo: 10).isEmpty)
        let guest = SocketGuest(device)
        for line in ["GET / HTTP/1.0\n", "CONNECT x\n", "CONNECT 99999999999\n", String(repeating: "a", count: 100)] {
            let program = try UnixSocket.connect(path)
            try program.writeAll(line)
            watcher.pump()
            // Unread bytes make the end a reset of the connection.
            #expect((try? program.read(upTo: 10))?.isEmpty ?? true)
        }
        #expect(guest.take() == nil)
        let program = try UnixSocket.connect(path)
        try program.writeAll("CONNECT 5\n")
        watcher.pump()
        let port = try #require(guest.take()).packet.sourcePort
        guest.send(SocketGuest.packet(Operation.reset, from: 5, to: port))
        #expect(try program.read(upTo: 10).isEmpty)
        relay.close()
    }

    @Test("a megabyte each way, through full buffers on both sides, arrives whole")
    func bulk() throws {
        var ends: [OwnedDescriptor] = []
        try UnixSocket.pair(nonBlocking: true) { (mine, other) throws(SystemError) in
            ends = [OwnedDescriptor(mine), OwnedDescriptor(other)]
        }
        let (program, theirs) = (ends[0], ends[1])
        let relay = SocketRelay(host: device.host, watcher: watcher, listener: nil) { $0 == 80 ? theirs : nil }
        let guest = SocketGuest(device)
        guest.send(SocketGuest.packet(Operation.request))
        #expect(guest.operations() == [Operation.response])
        let total = 1 << 20
        let pattern = { (index: Int) in UInt8(truncatingIfNeeded: index &* 2654435761 >> 11) }
        var fromGuest: [UInt8] = []
        var toGuest: [UInt8] = []
        var sent = 0
        var written = 0
        var credit = (limit: 256 << 10, forwarded: 0)
        while fromGuest.count < total || toGuest.count < total {
            let room = min(32 << 10, total - sent, credit.limit - (sent - credit.forwarded))
            if room > 0 {
                guest.send(
                    SocketGuest.packet(Operation.data, buffer: 1 << 16, forwarded: UInt32(toGuest.count)),
                    (sent..<sent + room).map(pattern))
                sent += room
            }
            if written < total {
                let chunk = (written..<min(written + 50000, total)).map(pattern)
                written += (try? chunk.withUnsafeBytes { try program.descriptor.write($0) }) ?? 0
            }
            watcher.pump()
            while let (packet, data) = guest.take() {
                toGuest += data
                credit.forwarded = Int(packet.forwardedCount)
                guest.offer(1)
            }
            guest.send(SocketGuest.packet(Operation.creditUpdate, buffer: 1 << 16, forwarded: UInt32(toGuest.count)))
            fromGuest += (try? program.descriptor.read(upTo: 100_000)) ?? []
        }
        let wanted = (0..<total).map(pattern)
        #expect(fromGuest == wanted && toGuest == wanted)
        relay.close()
        #expect(device.host.connectionCount == 0)
    }
}
