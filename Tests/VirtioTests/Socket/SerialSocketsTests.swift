import Glibc
import Linux
import Testbed
import Testing

@testable import Virtio

@Suite("Sockets over a serial line")
struct SerialSocketsTests {
    typealias Operation = SocketPacket.Operation
    let line = SerialSockets(guestCID: SocketGuest.cid)

    /// A frame as RFC 1055 has it, of a packet of the guest's.
    private func frame(_ packet: SocketPacket, _ data: [UInt8] = []) -> [UInt8] {
        var packet = packet
        packet.dataByteCount = UInt32(data.count)
        var bytes: [UInt8] = [0xc0]
        for byte in packet.bytes + data {
            switch byte {
            case 0xc0: bytes += [0xdb, 0xdc]
            case 0xdb: bytes += [0xdb, 0xdd]
            default: bytes.append(byte)
            }
        }
        return bytes + [0xc0]
    }

    private func hello() { line.write(frame(SocketGuest.packet(SerialSockets.hello))) }

    /// All that waits for the guest, a FIFO's worth at a time.
    private func sent() -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let part = line.read(limit: 16)
            if part.isEmpty { return all }
            all += part
        }
    }

    /// The packets in what was sent, each between two ends.
    private func packets() -> [(packet: SocketPacket, data: [UInt8])] {
        sent().split(separator: 0xc0).map { frame in
            var bytes: [UInt8] = []
            var isEscaped = false
            for byte in frame {
                if byte == 0xdb, !isEscaped {
                    isEscaped = true
                    continue
                }
                bytes.append(isEscaped ? (byte == 0xdc ? 0xc0 : 0xdb) : byte)
                isEscaped = false
            }
            return (SocketPacket(Array(bytes[..<44])), Array(bytes[44...]))
        }
    }

    @Test("nothing is sent before the guest's end has said that it is there")
    func silence() throws {
        let stream = RecordingStream()
        #expect(line.host.connect(to: 1024, stream) == nil)
        #expect(sent().isEmpty)
        var isTold = false
        line.onReadable = { isTold = true }
        hello()
        #expect(line.host.connect(to: 1024, stream) != nil)
        #expect(isTold)
        let request = try #require(packets().first).packet
        #expect(request.operation == Operation.request && request.destinationPort == 1024)
        #expect(request.destinationCID == SocketGuest.cid)
    }

    @Test("bytes of every value go both ways, in packets that leave others their turn")
    func everyByte() throws {
        hello()
        let stream = RecordingStream()
        line.host.connect(to: 1024, stream)
        let port = try #require(packets().first).packet.sourcePort
        func packet(_ operation: UInt16) -> SocketPacket { SocketGuest.packet(operation, from: 1024, to: port) }
        line.write(frame(packet(Operation.response)))
        #expect(stream.events == ["established"])

        let all = (0..<4096).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256) }
        // Byte by byte, as a UART brings them.
        for byte in frame(packet(Operation.data), all) { line.write([byte]) }
        #expect(stream.received == all)
        stream.send(all)
        let answers = packets().filter { $0.packet.operation == Operation.data }
        #expect(answers.flatMap(\.data) == all)
        #expect(answers.allSatisfy { $0.data.count <= SerialSockets.longestData })
    }

    @Test("what is no packet is passed over: text, frames cut off, too long, with a wrong escape or length")
    func noise() throws {
        line.write(Array("login: ".utf8))
        hello()
        #expect(line.host.isReady)
        let stream = RecordingStream()
        line.host.onConnect = { _ in stream }
        let request = frame(SocketGuest.packet(Operation.request))
        let bad: [[UInt8]] = [
            Array(request.dropLast(10)), Array(request.dropFirst(10)), [0xc0, 0xdb, 0x41] + request.dropFirst(),
            [UInt8](repeating: 0x41, count: 1 << 16), [0xc0, 0xdb, 0xc0], [0xc0, 0xc0, 0xc0],
            [0xc0] + SocketGuest.packet(Operation.request).bytes + [1, 2, 3, 0xc0],
        ]
        for bad in bad {
            line.write(bad)
            line.write([0xc0])
            #expect(stream.events.isEmpty, "\(bad.prefix(50))")
        }
        line.write(request)
        #expect(stream.events == ["established"])
    }

    @Test("a guest's end that starts again, and a machine that does, end all connections")
    func again() throws {
        hello()
        let first = RecordingStream()
        line.host.connect(to: 1024, first)
        hello()
        #expect(first.events == ["closed"] && line.host.isReady)
        let second = RecordingStream()
        line.host.connect(to: 1024, second)
        line.reset()
        #expect(second.events == ["closed"] && !line.host.isReady && sent().isEmpty)
    }

    /// The guest's program on one end of a terminal, this on the other: what comes in at the socket comes back by `cat`.
    @Test("the guest's end, rookery-agent, carries several connections at once, with their ends")
    func agent() throws {
        let directory = TemporaryDirectory()
        let watcher = PollingWatcher()
        let path = directory.path + "/sockets"
        let relay = SocketRelay(
            host: line.host, watcher: watcher,
            listener: OwnedDescriptor(try UnixSocket.listen(path, nonBlocking: true)))
        defer { relay.close() }
        let terminal = try PseudoTerminal()
        let device = "/proc/\(getpid())/fd/\(terminal.terminal.rawValue)"
        let agent = try RunningProgram([BuiltPrograms.path("rookery-agent"), "--line", device, "/bin/cat"])
        try terminal.controller.setNonBlocking(true)
        // What the UART does: a few bytes at a time, and the next when those are taken.
        var waiting: [UInt8] = []
        func turn() {
            watcher.pump()
            if waiting.isEmpty { waiting = line.read(limit: 16) }
            if !waiting.isEmpty {
                let count = write(terminal.controller.rawValue, waiting, waiting.count)
                if count > 0 { waiting.removeFirst(count) }
            }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = read(terminal.controller.rawValue, &bytes, bytes.count)
            if count > 0 { line.write(Array(bytes[..<count])) }
        }
        #expect(
            eventually(within: 10) {
                turn()
                return line.host.isReady
            })

        let texts = (0..<3).map { number in (0..<30_000).map { UInt8(truncatingIfNeeded: $0 &* (number + 3)) } }
        let callers = try texts.map { text in
            let caller = OwnedDescriptor(try UnixSocket.connect(path))
            try caller.descriptor.writeAll("CONNECT 1024\n")
            try caller.descriptor.setNonBlocking(true)
            return (socket: caller, text: text)
        }
        var sentCounts = [0, 0, 0]
        var received: [[UInt8]] = [[], [], []]
        var ended = [false, false, false]
        let isDone = eventually(within: 60) {
            for (index, caller) in callers.enumerated() {
                let number = caller.socket.rawValue
                let rest = Array(caller.text[sentCounts[index]...])
                // The answer to CONNECT first: what follows is the program's.
                if received[index].contains(10), !rest.isEmpty {
                    let count = write(number, rest, rest.count)
                    if count > 0 { sentCounts[index] += count }
                    if sentCounts[index] == caller.text.count { shutdown(number, Int32(SHUT_WR)) }
                }
                var bytes = [UInt8](repeating: 0, count: 4096)
                let count = read(number, &bytes, bytes.count)
                if count > 0 { received[index] += bytes[..<count] }
                if count == 0 { ended[index] = true }
            }
            for _ in 0..<64 { turn() }
            return ended == [true, true, true]
        }
        #expect(isDone, "\(received.map(\.count)) \(sentCounts)")
        for (index, bytes) in received.enumerated() {
            let end = try #require(bytes.firstIndex(of: 10))
            #expect(String(decoding: bytes[..<end], as: UTF8.self).hasPrefix("OK "))
            #expect(Array(bytes[(end + 1)...]) == texts[index])
        }
        #expect(
            eventually(within: 10) {
                turn()
                return line.host.connectionCount == 0
            })
        withExtendedLifetime(agent) {}
    }
}
