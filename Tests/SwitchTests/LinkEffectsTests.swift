import Testing
import Wire

@testable import Switch

/// A TCP super-packet over IPv4 of `payload` bytes, to be cut into segments of `segment` bytes, as a TAP hands it in.
func tcpSuperPacket(payload: Int, segment: Int, harness: LinkHarness) -> PacketRef {
    var model = FrameModel()
    model.payload = [UInt8](repeating: 0x5a, count: payload)
    let packet = harness.allocate(copying: model.bytes(isFinished: false))
    packet.pointee.offload = model.superOffload(segment: UInt16(segment))
    precondition(Segmentation.sanitize(packet))
    return packet
}

@Suite("Link: loss, duplication, corruption, reordering, MTU, super-packets")
struct LinkEffectsTests {
    private func share(_ count: UInt64, _ total: UInt64) -> Double { Double(count) / Double(total) }

    @Test("the share of lost packets is the one asked for", arguments: [0.001, 0.05, 0.5])
    func loss(probability: Double) {
        let harness = LinkHarness(LinkProfile(loss: .random(.init(probability: probability, correlation: 0.25))))
        for _ in 0..<100_000 { harness.send() }
        let spread = (probability * (1 - probability) / 100_000 * 1.25 / 0.75).squareRoot()
        #expect(abs(share(harness.statistics[.loss], 100_000) - probability) < 4 * spread)
        #expect(harness.statistics.isConserved)
        #expect(harness.packetsInUse == 0)
    }

    @Test("total loss and no loss")
    func lossExtremes() {
        let all = LinkHarness(LinkProfile(loss: .random(.init(probability: 1))))
        let none = LinkHarness(LinkProfile(loss: .random(.init(probability: 0))))
        for _ in 0..<1000 {
            all.send()
            none.send()
        }
        #expect(all.arrivals.isEmpty)
        #expect(none.arrivals.count == 1000)
    }

    @Test("duplicates are copies with the same bytes, and each goes its own way")
    func duplicates() {
        let harness = LinkHarness(LinkProfile(delay: 1_000, duplicate: .init(probability: 0.3)))
        for _ in 0..<10_000 { harness.send() }
        harness.drain()
        let count = harness.statistics.duplicates
        #expect(abs(share(count, 10_000) - 0.3) < 0.02)
        #expect(harness.arrivals.count == 10_000 + Int(count))
        #expect(Set(harness.ids).count == 10_000)
        #expect(harness.statistics.isConserved)
        #expect(harness.packetsInUse == 0)
    }

    @Test("corruption flips exactly one bit, never in the Ethernet header")
    func corruption() {
        let harness = LinkHarness(LinkProfile(corrupt: .init(probability: 0.5)))
        var flips: [Int] = []
        var headersTouched = 0
        harness.inspect = { packet in
            flips.append(packet.bytes.reduce(0) { $0 + $1.nonzeroBitCount })
            if packet.bytes.prefix(14).contains(where: { $0 != 0 }) { headersTouched += 1 }
        }
        for _ in 0..<2_000 {
            harness.send(byteCount: 60) { packet in
                (packet.pointee.data + 14).storeBytes(of: 0, as: UInt64.self)
            }
        }
        #expect(Set(flips) == [0, 1])
        #expect(headersTouched == 0)
        #expect(harness.statistics.corruptions == UInt64(flips.reduce(0, +)))
        #expect(abs(Double(flips.reduce(0, +)) - 1_000) < 100)
    }

    @Test("a packet with an unfinished or verified checksum is corrupted so that the receiver can see it")
    func corruptionIsVisible() {
        let harness = LinkHarness(LinkProfile(corrupt: .init(probability: 1)))
        var unseen = 0
        harness.inspect = { packet in
            let bytes = UnsafeRawBufferPointer(packet.bytes)
            let network = InternetChecksum.checksum(of: UnsafeRawBufferPointer(rebasing: bytes[14..<34]))
            var transport = InternetChecksum()
            transport.add(UnsafeRawBufferPointer(rebasing: bytes[26...]))
            transport.add(UInt16(17))
            transport.add(UInt16(bytes.count - 34))
            if packet.pointee.offload.flags != 0 || (network == 0 && transport.value == 0) { unseen += 1 }
        }
        var model = FrameModel()
        model.transport = .udp
        model.payload = [UInt8](repeating: 0x5a, count: 58)
        let frame = model.bytes(isFinished: false)
        for step in 0..<400 {
            let packet = harness.allocate(copying: frame)
            packet.pointee.offload = model.unfinishedOffload
            if step % 2 == 1 {
                Segmentation.finishChecksum(packet)
                packet.pointee.offload.flags = VirtioNetHeader.dataValid
            }
            harness.send(packet)
        }
        #expect(harness.arrivals.count == 400)
        #expect(harness.statistics.corruptions == 400)
        #expect(unseen == 0)
    }

    @Test("reordered packets go ahead without the delay; a gap keeps them apart")
    func reorder() {
        let harness = LinkHarness(
            LinkProfile(delay: 10_000_000, reorder: .init(chance: .init(probability: 1), gap: 5)))
        let start = harness.now
        for _ in 0..<20 { harness.send() }
        harness.run(until: start + 1_000_000)
        #expect(harness.ids == [4, 9, 14, 19])
        harness.drain()
        #expect(harness.ids.count == 20)
        #expect(harness.statistics.expedited == 4)
        // All sixteen delayed ones came after number 19.
        #expect(harness.statistics.reordered == 16)
    }

    @Test("jitter reorders as its draws say, and every packet's delay is within the spread")
    func jitter() {
        let harness = LinkHarness(LinkProfile(delay: 5_000_000, jitter: .init(spread: 2_000_000)))
        let start = harness.now
        for _ in 0..<2_000 { harness.send() }
        harness.drain()
        let dues = harness.arrivals.map { $0.due - start }
        #expect(dues == dues.sorted())
        #expect(dues.first! >= 3_000_000 && dues.first! < 3_050_000)
        #expect(dues.last! <= 7_000_000 && dues.last! > 6_950_000)
        #expect(harness.ids != harness.ids.sorted())
        #expect(harness.statistics.reordered > 0)
    }

    @Test("a jitter larger than the delay never makes a packet arrive before it was sent")
    func negativeDelay() {
        let harness = LinkHarness(LinkProfile(delay: 1_000, jitter: .init(spread: 1_000_000, distribution: .normal)))
        let start = harness.now
        for _ in 0..<500 { harness.send() }
        harness.drain()
        #expect(harness.arrivals.allSatisfy { $0.due >= start })
        #expect(harness.arrivals.count == 500)
    }

    @Test("the MTU bounds the payload behind the Ethernet header and its tags")
    func mtu() {
        let harness = LinkHarness(LinkProfile(mtu: 1500))
        harness.send(byteCount: 1514)
        harness.send(byteCount: 1515)
        harness.send(byteCount: 1518) { packet in
            (packet.pointee.data + 12).storeBytes(of: UInt16(0x8100).bigEndian, as: UInt16.self)
        }
        #expect(harness.ids == [0, 2])
        #expect(harness.statistics[.mtu] == 1)
    }

    @Test("a super-packet passes an MTU that its segments fit, whole, and is dropped where they do not")
    func superPacketMTU() {
        let harness = LinkHarness(LinkProfile(mtu: 1500))
        var whole: [Bool] = []
        harness.inspect = { whole.append($0.pointee.offload.isSuperPacket) }
        harness.send(tcpSuperPacket(payload: 14_600, segment: 1460, harness: harness))
        harness.send(tcpSuperPacket(payload: 14_610, segment: 1461, harness: harness))
        #expect(whole == [true])
        #expect(harness.statistics.packetsIn == 20)
        #expect(harness.statistics.packetsDelivered == 10)
        #expect(harness.statistics[.mtu] == 10)
        #expect(harness.statistics.bytesDelivered == 14_600 + 10 * 54)
    }

    @Test("super-packets stay whole on a link with a delay or a high rate")
    func whole() {
        for profile in [LinkProfile(delay: 1_000), LinkProfile(rate: 40_000_000_000)] {
            let harness = LinkHarness(profile)
            harness.send(tcpSuperPacket(payload: 43_800, segment: 1460, harness: harness))
            harness.drain()
            #expect(harness.arrivals.count == 1)
            #expect(harness.statistics.packetsDelivered == 30)
            #expect(harness.statistics.segmented == 0)
            #expect(harness.statistics.isConserved)
        }
    }

    @Test("a low rate cuts super-packets and spaces the segments by their own transmission times")
    func spaced() {
        let harness = LinkHarness(LinkProfile(rate: 100_000_000))
        let start = harness.now
        harness.send(tcpSuperPacket(payload: 14_000, segment: 1460, harness: harness))
        harness.drain()
        // Nine segments of 1,514 bytes and one of 914.
        #expect(harness.arrivals.map(\.byteCount) == [Int](repeating: 1514, count: 9) + [914])
        #expect(harness.arrivals[0].due - start == 1514 * 80)
        #expect(harness.arrivals[9].due - start == (9 * 1514 + 914) * 80)
        #expect(harness.statistics.segmented == 1)
        #expect(harness.packetsInUse == 0)
    }

    @Test("at a higher rate, as many segments stay together as take 50 µs; cut further they are the same frames")
    func together() {
        let harness = LinkHarness(LinkProfile(rate: 1_000_000_000))
        let start = harness.now
        var pieces: [[UInt8]] = []
        var pool = PacketPool()
        var sound = true
        harness.inspect = { packet in
            if !Segmentation.sanitize(packet) { sound = false }
            guard packet.pointee.offload.isSuperPacket else {
                Segmentation.finishChecksum(packet)
                pieces.append(Array(packet.bytes))
                return
            }
            guard var segmenter = try? Segmenter(packet, finishChecksums: true) else { return }
            while let segment = segmenter.next(from: &pool) {
                pieces.append(Array(segment.bytes))
                pool.release(segment)
            }
        }
        let packet = tcpSuperPacket(payload: 14_000, segment: 1460, harness: harness)
        var expected: [[UInt8]] = []
        var segmenter = try! Segmenter(packet, finishChecksums: true)
        while let segment = segmenter.next(from: &pool) {
            expected.append(Array(segment.bytes))
            pool.release(segment)
        }
        harness.send(packet)
        harness.drain()
        #expect(sound)
        // 12.1 µs each: four, four, and two with the last one short.
        #expect(harness.arrivals.map(\.byteCount) == [54 + 5840, 54 + 5840, 54 + 2320])
        #expect(harness.arrivals[0].due - start == 4 * 1514 * 8)
        #expect(harness.arrivals[2].due - start == (9 * 1514 + 914) * 8)
        #expect(harness.statistics.packetsDelivered == 10)
        #expect(harness.statistics.bytesDelivered == 9 * 1514 + 914)
        // Down to the IPv4 identification: each segment has the one that it would have had on a wire.
        #expect(pieces == expected)
        #expect(harness.packetsInUse == 0)
    }

    @Test("a queue that cannot hold a super-packet takes the segments that fit")
    func cutForQueue() {
        let harness = LinkHarness(LinkProfile(rate: 40_000_000_000, queue: .packets(4)))
        harness.send(tcpSuperPacket(payload: 14_600, segment: 1460, harness: harness))
        harness.drain()
        #expect(harness.arrivals.count == 5)
        #expect(harness.statistics[.queueFull] == 5)
    }

    @Test("loss takes single segments out of a super-packet")
    func lossOfSegments() {
        let harness = LinkHarness(LinkProfile(loss: .random(.init(probability: 0.3))))
        for _ in 0..<100 { harness.send(tcpSuperPacket(payload: 29_200, segment: 1460, harness: harness)) }
        #expect(harness.statistics.packetsIn == 2_000)
        #expect(abs(share(harness.statistics[.loss], 2_000) - 0.3) < 0.05)
        #expect(harness.statistics.isConserved)
        #expect(harness.packetsInUse == 0)
    }

    @Test("a super-packet whose header lies is dropped where it would be cut")
    func malformed() {
        let harness = LinkHarness(LinkProfile(rate: 1_000_000))
        let packet = tcpSuperPacket(payload: 14_600, segment: 1460, harness: harness)
        packet.pointee.data.storeBytes(of: 0x46, toByteOffset: 14, as: UInt8.self)
        harness.send(packet)
        #expect(harness.statistics[.malformed] == 1)
        #expect(harness.statistics.isConserved)
        #expect(harness.packetsInUse == 0)
    }

    @Test("a packet that others hold is copied, and theirs stays as it was")
    func shared() {
        let harness = LinkHarness(LinkProfile(delay: 1_000, corrupt: .init(probability: 1)))
        let packet = harness.allocate(copying: [UInt8](repeating: 0, count: 100))
        packet.pointee.references = 2
        harness.send(packet)
        #expect(packet.pointee.references == 1)
        #expect(packet.bytes.allSatisfy { $0 == 0 })
        #expect(packet.pointee.link == -1)
        harness.release(packet)
        harness.drain()
        #expect(harness.arrivals.count == 1)
        #expect(harness.packetsInUse == 0)
    }

    @Test("at the pool's memory limit packets are lost, counted, and nothing else happens")
    func memoryLimit() {
        // Room for one slab of 16 large packets and one of 512 small ones.
        let harness = LinkHarness(
            LinkProfile(rate: 1_000_000, queue: .packets(10_000)), poolByteLimit: 16 * 69_632 + 512 * 2_048)
        for _ in 0..<16 { harness.send(tcpSuperPacket(payload: 60_000, segment: 1460, harness: harness)) }
        #expect(harness.statistics[.memory] == UInt64(16 * 42 - 512))
        #expect(harness.statistics.isConserved)
        harness.drain()
        #expect(harness.arrivals.count == 512)
        #expect(harness.packetsInUse == 0)
    }

    @Test("a shared packet that cannot be copied is lost, counted, and its other holders keep it")
    func memoryLimitShared() {
        let harness = LinkHarness(LinkProfile(delay: 1_000), poolByteLimit: 512 * 2_048)
        var held: [PacketRef] = []
        for _ in 0..<512 { held.append(harness.allocate(copying: [UInt8](repeating: 1, count: 64))) }
        held[0].pointee.references = 2
        harness.send(held[0])
        #expect(harness.statistics[.memory] == 1)
        #expect(held[0].pointee.references == 1)
        for packet in held { harness.release(packet) }
        #expect(harness.packetsInUse == 0)
    }

    @Test("a small frame that has to wait moves out of large storage; a large one stays")
    func compaction() {
        var pool = PacketPool()
        for (length, expected) in [(100, 0), (1_792, 0), (1_793, 1), (12_032, 1), (12_033, 2), (60_000, 2)] {
            let packet = pool.allocate(frameByteCount: 60_000)!
            packet.pointee.length = length
            let compacted = pool.compacted(packet)
            #expect(compacted.pointee.sizeClass == UInt8(expected))
            #expect(compacted.pointee.length == length)
            pool.release(compacted)
        }
        let left = pool.inUse
        #expect(left == 0)
    }
}
