import Board
import Glibc
import Linux
import Testing
import Virtio

@Suite("a cable to a vhost-user device")
final class VhostUserPortTests {
    let watcher = PollingWatcher()
    static let features =
        Virtio.Feature.ofQueues | NetworkFeature.allOffloads | NetworkFeature.mergeableBuffers

    private func pair(
        features: UInt64 = VhostUserPortTests.features
    ) throws -> (VhostUserPort, LoopbackBackend) {
        var ends: [OwnedDescriptor] = []
        try UnixSocket.pair { (mine, theirs) throws(SystemError) in
            ends = [OwnedDescriptor(mine), OwnedDescriptor(theirs)]
        }
        let backend = try LoopbackBackend(ends[1], features: features, ringCount: 2)
        return (try VhostUserPort(socket: ends[0], watcher: watcher), backend)
    }

    private func send(_ bytes: [UInt8], _ port: VhostUserPort) -> Bool {
        bytes.withUnsafeBytes { all in
            port.send([
                UnsafeRawBufferPointer(rebasing: all[..<12]), UnsafeRawBufferPointer(rebasing: all[12...]),
            ])
        }
    }

    private func receive(_ port: VhostUserPort, room: Int = 16384) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0xa5, count: room)
        let count = bytes.withUnsafeMutableBytes { port.receive(into: $0) }
        return count > 0 ? Array(bytes[..<count]) : nil
    }

    @Test(
        "frames come back in order, whatever their size, and each arrival is told of once",
        arguments: [features, features & ~Virtio.Feature.eventIndex])
    func frames(features: UInt64) throws {
        let (port, backend) = try pair(features: features)
        var tellings = 0
        port.onReadable = { tellings += 1 }
        for round in 0..<700 {
            let frame = [UInt8](repeating: 0, count: 12) + (0..<60 + round % 1400).map { UInt8(($0 + round) & 0xff) }
            #expect(send(frame, port))
            try backend.pump()
            watcher.pump()
            #expect(tellings == round + 1)
            let back = try #require(receive(port))
            #expect(back[12...] == frame[12...])
            #expect(receive(port) == nil)
        }
        #expect(backend.failure == nil && port.droppedCount == 0)
        // Longer than a buffer, shorter than the adapter's.
        let long = [UInt8](repeating: 0, count: 12) + [UInt8](repeating: 7, count: 9014)
        #expect(send(long, port))
        try backend.pump()
        #expect(receive(port).map { $0.count } == long.count)
        // And one that is too long for it.
        #expect(send(long, port))
        try backend.pump()
        #expect(receive(port, room: 4096) == nil && port.droppedCount == 1)
    }

    @Test("without room the sender waits, and is told")
    func waiting() throws {
        let (port, backend) = try pair()
        var isWritable = false
        port.onWritable = { isWritable = true }
        let frame = [UInt8](repeating: 0, count: 12 + 60)
        var count = 0
        while send(frame, port) { count += 1 }
        #expect(count == 64)
        watcher.pump()
        #expect(!isWritable)
        try backend.pump()
        watcher.pump()
        #expect(isWritable && send(frame, port))
        #expect(backend.received.count == 64)
    }

    /// A TCP segment of `payload` bytes with the header that asks for it to be cut.
    private func segment(payload: Int, isIPv4: Bool, tags: Int, options: Int = 12, size: UInt16 = 1448) -> [UInt8] {
        let ip = 14 + 4 * tags
        let tcp = ip + (isIPv4 ? 20 : 40)
        let count = tcp + 20 + options + payload
        var frame = [UInt8](repeating: 0x11, count: 12)
        for _ in 0..<tags { frame += [0x81, 0x00, 0x00, 0x05] }
        func word(_ value: Int) -> [UInt8] {
            [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
        }
        let addresses: [UInt8]
        if isIPv4 {
            addresses = [10, 0, 0, 1, 10, 0, 0, 2]
            frame += [0x08, 0x00, 0x45, 0] + word(count - ip) + [0xff, 0xfe, 0x40, 0, 64, 6, 0, 0] + addresses
        } else {
            addresses = [0xfd] + [UInt8](repeating: 1, count: 15) + [0xfd] + [UInt8](repeating: 2, count: 15)
            frame += [0x86, 0xdd, 0x60, 0, 0, 0] + word(count - ip - 40) + [6, 64] + addresses
        }
        // Ports, sequence number near its end, acknowledgement; CWR, PSH, FIN; window.
        frame += [0x12, 0x34, 0x14, 0x51, 0xff, 0xff, 0xf0, 0x00, 0, 0, 0, 9]
        frame += [UInt8((20 + options) / 4) << 4, 0x80 | 0x10 | 0x08 | 0x01, 1, 0]
        frame += word(Int(sum(addresses + [0, 6] + word(count - tcp)))) + [0, 0]
        frame += [UInt8](repeating: 1, count: options) + (0..<payload).map { UInt8($0 % 251) }
        let kind: UInt8 = (isIPv4 ? 1 : 4) | 0x80
        func little(_ value: Int) -> [UInt8] { word(value).reversed() }
        return [1, kind] + little(tcp + 20 + options) + little(Int(size)) + little(tcp) + little(16) + [0, 0] + frame
    }

    private func sum(_ bytes: [UInt8]) -> UInt16 {
        var total = 0
        for (index, byte) in bytes.enumerated() { total += Int(byte) << (index & 1 == 0 ? 8 : 0) }
        while total > 0xffff { total = total & 0xffff + total >> 16 }
        return UInt16(total)
    }

    @Test(
        "a segment leaves whole; one that comes is cut, with lengths, numbers, flags and checksums as on a wire",
        arguments: [
            (65000, true, 0), (65000, false, 0), (40001, true, 1), (2896, true, 2), (1449, false, 1), (1, true, 0),
        ])
    func segments(payload: Int, isIPv4: Bool, tags: Int) throws {
        let (port, backend) = try pair()
        let whole = segment(payload: payload, isIPv4: isIPv4, tags: tags)
        #expect(send(whole, port))
        try backend.pump()
        #expect(backend.received == [whole])
        let ip = 14 + 4 * tags
        let tcp = ip + (isIPv4 ? 20 : 40)
        var bytes: [UInt8] = []
        var number = 0
        while let frame = receive(port) {
            #expect(frame[0] == 2 && frame[1] == 0)
            let packet = Array(frame[12...])
            func word(_ offset: Int) -> Int { Int(packet[offset]) << 8 | Int(packet[offset + 1]) }
            let part = packet.count - tcp - 32
            #expect(packet[..<ip] == whole[12..<12 + ip])
            if isIPv4 {
                #expect(word(ip + 2) == packet.count - ip && word(ip + 4) == (0xfffe + number) & 0xffff)
                #expect(sum(Array(packet[ip..<tcp])) == 0xffff)
            } else {
                #expect(word(ip + 4) == packet.count - ip - 40)
            }
            let addresses = isIPv4 ? packet[ip + 12..<ip + 20] : packet[ip + 8..<ip + 40]
            let length = packet.count - tcp
            let pseudo = Array(addresses) + [0, 6, UInt8(length >> 8), UInt8(length & 0xff)]
            #expect(sum(pseudo + Array(packet[tcp...])) == 0xffff)
            let sequence = UInt32(word(tcp + 4)) << 16 | UInt32(word(tcp + 6))
            #expect(sequence == 0xffff_f000 &+ UInt32(bytes.count))
            bytes += packet[(tcp + 32)...]
            let isLast = bytes.count == payload
            #expect(part == 1448 || isLast)
            #expect(packet[tcp + 13] == 0x10 | (number == 0 ? 0x80 : 0) | (isLast ? 0x09 : 0))
            number += 1
        }
        #expect(bytes == Array(whole[(12 + tcp + 32)...]))
        #expect(number == (payload + 1447) / 1448)
    }

    @Test("an adapter that takes checksums unfinished, or segments whole, gets them so")
    func offloads() throws {
        let (port, backend) = try pair()
        let whole = segment(payload: 3000, isIPv4: true, tags: 0)
        port.setOffloads(1)
        #expect(send(whole, port))
        try backend.pump()
        #expect(try #require(receive(port))[0] == 1)
        while receive(port) != nil {}
        port.setOffloads(1 | 2 | 8)
        #expect(send(whole, port))
        try backend.pump()
        #expect(try #require(receive(port))[12...] == whole[12...])
    }

    @Test("segments that contradict themselves are dropped, and nothing else")
    func broken() throws {
        let (port, backend) = try pair()
        let good = segment(payload: 3000, isIPv4: true, tags: 0)
        for (offset, value): (Int, UInt8) in [
            (1, 3), (4, 0), (6, 20), (7, 0xff), (8, 6), (26, 0x65), (26, 0x46), (58, 0x40), (58, 0xf0), (0, 0),
        ] {
            var bad = good
            bad[offset] = value
            if offset == 4 { bad[5] = 0 }
            #expect(send(bad, port))
            try backend.pump()
            // Options that are longer than they were make no segment wrong.
            while let frame = receive(port) { #expect(offset == 58 && frame.count < 1600) }
        }
        #expect(send(good, port))
        try backend.pump()
        #expect(receive(port) != nil && port.isConnected)
    }

    @Test("when the other side goes, what is sent is lost, and somebody is told")
    func end() throws {
        let (port, backend) = try pair()
        var errors: [String] = []
        port.onDisconnect = { errors.append("\($0)") }
        shutdown(backend.socketNumber, Int32(SHUT_RDWR))
        backend.wait()
        watcher.pump()
        #expect(errors == ["vhost-user: the backend has gone"] && !port.isConnected && watcher.count == 0)
        for _ in 0..<100 { #expect(send([UInt8](repeating: 0, count: 72), port)) }
        #expect(receive(port) == nil)
    }

    @Test(
        "another side that gives back what it has not got, or more than fits, is not believed",
        arguments: [(0, 300, 60), (0, 3, 5000), (0, 3, 4), (1, 5, 0)] as [(Int, UInt16, Int)])
    func nonsense(ring: Int, head: UInt16, written: Int) throws {
        let (port, backend) = try pair()
        var isTold = false
        port.onDisconnect = { _ in isTold = true }
        backend.giveBackNonsense(on: ring, head: head, written: written)
        #expect(receive(port) == nil)
        _ = send([UInt8](repeating: 0, count: 72), port)
        #expect(isTold && !port.isConnected)
    }

    @Test("however much waits, others have their turn")
    func turns() throws {
        let (port, backend) = try pair()
        var tellings = 0
        port.onReadable = { tellings += 1 }
        // One segment that is to be cut into 1000 frames.
        #expect(send(segment(payload: 1000, isIPv4: true, tags: 0, size: 1), port))
        try backend.pump()
        var counts: [Int] = []
        while counts.reduce(0, +) < 1000, counts.count < 10 {
            watcher.pump(rounds: 1)
            var count = 0
            while receive(port) != nil { count += 1 }
            counts.append(count)
        }
        #expect(counts == [255, 256, 256, 233] && tellings == 4)
        #expect(receive(port) == nil && port.droppedCount == 0)
    }

    @Test("a frame of more buffers than there are is not believed")
    func tooManyBuffers() throws {
        let (port, backend) = try pair()
        var isTold = false
        port.onDisconnect = { _ in isTold = true }
        var frame = [UInt8](repeating: 0, count: 72)
        frame[10...11] = [1, 1]
        #expect(send(frame, port))
        try backend.pump()
        #expect(receive(port) == nil && isTold)
    }

    @Test("when the other side is found gone by who sends, the sender is not called from within")
    func endWhileSending() throws {
        let (port, backend) = try pair()
        let frame = [UInt8](repeating: 0, count: 72)
        while send(frame, port) {}
        var isSending = false
        port.onWritable = { #expect(!isSending) }
        backend.giveBackNonsense(on: 1, head: 300, written: 0)
        isSending = true
        #expect(send(frame, port) && !port.isConnected)
    }

    @Test("another side that speaks unasked is let go")
    func unasked() throws {
        let (port, backend) = try pair()
        try backend.speak()
        watcher.pump()
        #expect(!port.isConnected && watcher.count == 0)
    }

    @Test("another side that cannot take segments is refused")
    func lessCapable() throws {
        for missing in [NetworkFeature.checksum, NetworkFeature.hostTSO4, Virtio.Feature.version1] {
            #expect(throws: VhostUserError.self) { _ = try pair(features: Self.features & ~missing) }
        }
        // Without merged buffers whole segments do not come.
        let (port, backend) = try pair(features: Self.features & ~NetworkFeature.mergeableBuffers)
        #expect(send([UInt8](repeating: 0, count: 72), port))
        try backend.pump()
        #expect(receive(port).map { $0.count } == 72)
    }
}
